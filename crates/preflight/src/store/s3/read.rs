//! Ranges of objects, and what pins them.

use std::ops::Range;

use aws_sdk_s3::{operation::get_object::GetObjectOutput, primitives::ByteStream};
use bytes::{Bytes, BytesMut};

use super::S3;
use crate::store::{Error, ErrorKind, Pin};

const CALL: &str = "GetObject";
/// How often a range is begun when its body breaks off. What has come is kept, and the rest asked for.
const BODIES: usize = 4;

impl S3 {
    pub(in crate::store) async fn read(
        &self,
        key: &str,
        etag: Option<&str>,
        range: Range<u64>,
    ) -> Result<Bytes, Error> {
        let place = self.place(key);
        let mut got = BytesMut::new();
        let mut broken = None;
        // A body that goes on where another broke off has to be of the same object.
        let mut etag = etag.map(quoted);
        for _ in 0..BODIES {
            let from = range.start + got.len() as u64;
            if from >= range.end {
                return Ok(got.freeze());
            }
            let answer = self.call(CALL, &place, |client| {
                let asked = client.get_object().bucket(&self.bucket);
                let asked = asked.key(format!("{}{key}", self.prefix));
                let asked = asked.set_request_payer(self.payer());
                let asked = asked.set_if_match(etag.clone());
                asked
                    .range(format!("bytes={from}-{}", range.end - 1))
                    .send()
            });
            let answer = match answer.await {
                Ok(answer) => answer,
                // It ends before the first byte that was asked for.
                Err(error) if error.code() == Some("InvalidRange") => {
                    return Ok(got.freeze());
                }
                Err(error) => return Err(error),
            };
            let wanted = expected(&answer, from, range.end).map_err(|what| {
                let error = Error::new(ErrorKind::Other, CALL, &place, what);
                error.with_remedy("it is no S3 that weights can be checked in")
            })?;
            etag = etag.or_else(|| answer.e_tag.clone());
            match take(answer.body, wanted, &mut got).await {
                None => return Ok(got.freeze()),
                Some(error) => broken = Some(error),
            }
        }
        let what = format!("the answer broke off {BODIES} times");
        let error = Error::new(ErrorKind::Unreachable, CALL, place, what);
        let error = error.with_remedy("check the network between here and the bucket");
        Err(match broken.flatten() {
            Some(cause) => error.with_source(cause),
            None => error,
        })
    }

    pub(in crate::store) async fn pin(&self, key: &str) -> Result<Pin, Error> {
        let place = self.place(key);
        let answer = self.call("HeadObject", &place, |client| {
            let asked = client.head_object().bucket(&self.bucket);
            let asked = asked.key(format!("{}{key}", self.prefix));
            asked.set_request_payer(self.payer()).send()
        });
        let answer = answer.await?;
        Ok(Pin {
            size: answer
                .content_length
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or_default(),
            etag: answer.e_tag.map(|etag| etag.trim_matches('"').to_owned()),
            version_id: answer.version_id,
        })
    }
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// How many bytes of the body are those that were asked for: from `from` on, at most to `end`.
fn expected(answer: &GetObjectOutput, from: u64, end: u64) -> Result<u64, String> {
    let wanted = end - from;
    match &answer.content_range {
        Some(told) => {
            let (first, total) = parsed(told)
                .filter(|(first, total)| first < total)
                .ok_or_else(|| format!("Content-Range {told:?} is none"))?;
            if first != from {
                return Err(format!(
                    "bytes from {from} on were asked for, and {told:?} came"
                ));
            }
            Ok(wanted.min(total - first))
        }
        // The whole object, of which the beginning is taken and no more.
        None if from == 0 => {
            let length = answer.content_length.and_then(|it| u64::try_from(it).ok());
            Ok(length.map_or(wanted, |length| wanted.min(length)))
        }
        None => Err("the server does not know ranges, and sends the whole object".to_owned()),
    }
}

/// First byte and length of the object, of `bytes 8-15/4096`.
fn parsed(range: &str) -> Option<(u64, u64)> {
    let (bytes, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = bytes.split_once('-')?;
    Some((first.parse().ok()?, total.parse().ok()?))
}

/// Takes so many bytes and lets the rest of the body go. An answer that ends before is told by what broke
/// it, if anything did.
async fn take(
    mut body: ByteStream,
    wanted: u64,
    got: &mut BytesMut,
) -> Option<Option<aws_sdk_s3::primitives::ByteStreamError>> {
    let mut left = wanted;
    while left > 0 {
        match body.next().await {
            Some(Ok(chunk)) => {
                let some = usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len()));
                got.extend_from_slice(&chunk[..some]);
                left -= some as u64;
            }
            Some(Err(error)) => return Some(Some(error)),
            None => return Some(None),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parsed;

    #[test]
    fn a_content_range_tells_first_byte_and_length() {
        assert_eq!(parsed("bytes 8-15/4096"), Some((8, 4096)));
        assert_eq!(parsed("bytes 8-15/*"), None);
        assert_eq!(parsed("items 8-15/4096"), None);
        assert_eq!(parsed("bytes */4096"), None);
    }
}
