//! Bodies that do not come as they should.

use std::future;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};

/// The first half of a body, and then an error, at which the server closes the connection.
pub(super) fn cut(mut whole: Bytes, kept: usize) -> Body {
    whole.truncate(kept);
    let cut = async {
        // What was given before goes out while this waits.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    };
    let first = stream::once(future::ready(Ok::<Bytes, io::Error>(whole)));
    Body::from_stream(first.chain(stream::once(cut)))
}

/// A body in pieces, with a pause before each but the first.
pub(super) fn trickle(whole: Bytes, piece: usize, pause: Duration) -> Body {
    let pieces = stream::unfold((whole, false), move |(mut rest, began)| async move {
        if rest.is_empty() {
            return None;
        }
        if began {
            tokio::time::sleep(pause).await;
        }
        let next = rest.split_to(piece.clamp(1, rest.len()));
        Some((Ok::<Bytes, io::Error>(next), (rest, true)))
    });
    Body::from_stream(pieces)
}

/// A body followed by so many spaces.
pub(super) fn followed_by_spaces(whole: Bytes, spaces: u64) -> Body {
    static PIECE: [u8; 64 << 10] = [b' '; 64 << 10];
    let spaces = stream::unfold(spaces, |left| async move {
        if left == 0 {
            return None;
        }
        let length = usize::try_from(left).map_or(PIECE.len(), |left| left.min(PIECE.len()));
        let piece = Bytes::from_static(&PIECE).slice(..length);
        Some((Ok::<Bytes, io::Error>(piece), left - length as u64))
    });
    let first = stream::once(future::ready(Ok::<Bytes, io::Error>(whole)));
    Body::from_stream(first.chain(spaces))
}
