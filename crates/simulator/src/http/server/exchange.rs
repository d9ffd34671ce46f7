//! Keeps back what hyper answers by itself.
//!
//! What hyper cannot read it refuses with a 4xx that has no body, and no setting prevents that. But
//! it does so while no answer of ours is under way, and writes nothing else then: so whatever is
//! written between two exchanges is such a refusal, and is dropped, for us to answer instead.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How far the current request of a connection is.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchange(Arc<Mutex<Phase>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// No request has been read, or the answer to the last one has been written.
    #[default]
    Between,
    /// A request is with the service, or its answer is on its way.
    Answering,
    /// All of the answer is known, and some of it may not have been written.
    Ending,
    /// hyper has refused what it could not read, and it was kept back.
    Refused,
}

impl Exchange {
    pub(super) fn begin(&self) {
        self.set(Phase::Answering);
    }

    pub(super) fn phase(&self) -> Phase {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, phase: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    /// Whether what is written now is to be kept back.
    fn keeps_back(&self) -> bool {
        if self.phase() == Phase::Between {
            self.set(Phase::Refused);
        }
        self.phase() == Phase::Refused
    }
}

/// The body of an answer. When it is gone, so is what is left to say.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Body,
    pub(super) exchange: Exchange,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.exchange.set(Phase::Ending);
    }
}

/// A connection, without what hyper writes between two exchanges.
#[derive(Debug)]
pub(super) struct Connection<S> {
    pub(super) stream: S,
    pub(super) exchange: Exchange,
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.exchange.keeps_back() {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.exchange.keeps_back() {
            return Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()));
        }
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has written all that it had.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_flush(context))?;
        if this.exchange.phase() == Phase::Ending {
            this.exchange.set(Phase::Between);
        }
        Poll::Ready(Ok(()))
    }

    /// After what was kept back something is still to be written.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.exchange.phase() == Phase::Refused {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
