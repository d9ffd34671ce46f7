//! What is under the prefix, without reading it.

use std::time::SystemTime;

use aws_sdk_s3::types::{
    EncodingType, Object as Listed, ObjectStorageClass, OptionalObjectAttributes,
};
use percent_encoding::percent_decode_str;

use super::S3;
use crate::store::{Error, ErrorKind, Object, Unfinished};

/// More objects than this are no model, and are not held in memory.
const MAX_OBJECTS: usize = 200_000;
/// Unfinished uploads beyond these are not asked for.
const MAX_UNFINISHED: usize = 10_000;

impl S3 {
    pub(in crate::store) async fn list(&self) -> Result<Vec<Object>, Error> {
        const CALL: &str = "ListObjectsV2";
        let place = self.place("");
        let mut objects = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = self.call(CALL, &place, |client| {
                let asked = client.list_objects_v2().bucket(&self.bucket);
                let asked = asked.prefix(&self.prefix).set_request_payer(self.payer());
                // A key may hold what XML cannot.
                let asked = asked.encoding_type(EncodingType::Url);
                let restored = OptionalObjectAttributes::RestoreStatus;
                let asked = asked.optional_object_attributes(restored);
                asked.set_continuation_token(token.clone()).send()
            });
            let page = page.await?;
            let encoded = page.encoding_type == Some(EncodingType::Url);
            let listed = page.contents.unwrap_or_default().into_iter();
            objects.extend(listed.filter_map(|it| self.object(it, encoded)));
            if objects.len() > MAX_OBJECTS {
                let what = format!("there are more than {MAX_OBJECTS} objects under it");
                let error = Error::new(ErrorKind::Other, CALL, place, what);
                return Err(error.with_remedy("name the folder that holds the one model"));
            }
            let next = page.next_continuation_token.filter(|it| !it.is_empty());
            match next {
                Some(next) if page.is_truncated == Some(true) => {
                    if token.as_ref() == Some(&next) {
                        let what = "the server sends the same page again and again";
                        return Err(Error::new(ErrorKind::Other, CALL, place, what));
                    }
                    token = Some(next);
                }
                _ => break,
            }
        }
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    fn object(&self, listed: Listed, encoded: bool) -> Option<Object> {
        let key = decoded(listed.key?, encoded);
        let class = listed.storage_class;
        let restored = listed.restore_status.is_some_and(|it| {
            it.is_restore_in_progress != Some(true) && it.restore_expiry_date.is_some()
        });
        let cold = matches!(
            class,
            Some(ObjectStorageClass::Glacier | ObjectStorageClass::DeepArchive)
        );
        Some(Object {
            key: key.strip_prefix(&self.prefix)?.to_owned(),
            size: listed
                .size
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or_default(),
            modified: listed
                .last_modified
                .and_then(|time| SystemTime::try_from(time).ok()),
            etag: listed.e_tag.map(|etag| etag.trim_matches('"').to_owned()),
            archived: cold && !restored,
        })
    }

    pub(in crate::store) async fn unfinished(&self) -> Result<Option<Vec<Unfinished>>, Error> {
        let place = self.place("");
        let mut uploads = Vec::new();
        let mut after: Option<(String, Option<String>)> = None;
        loop {
            let page = self.call("ListMultipartUploads", &place, |client| {
                let asked = client.list_multipart_uploads().bucket(&self.bucket);
                let asked = asked.prefix(&self.prefix).set_request_payer(self.payer());
                let asked = asked.encoding_type(EncodingType::Url);
                let (key, upload) = after.clone().unzip();
                let asked = asked.set_key_marker(key);
                asked.set_upload_id_marker(upload.flatten()).send()
            });
            let page = match page.await {
                Ok(page) => page,
                Err(error) if cannot_be_asked(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            let encoded = page.encoding_type == Some(EncodingType::Url);
            let listed = page.uploads.unwrap_or_default().into_iter();
            uploads.extend(listed.filter_map(|upload| {
                let key = decoded(upload.key?, encoded);
                Some(Unfinished {
                    key: key.strip_prefix(&self.prefix)?.to_owned(),
                    begun: upload
                        .initiated
                        .and_then(|time| SystemTime::try_from(time).ok()),
                })
            }));
            let key = page.next_key_marker.filter(|it| !it.is_empty());
            let next = key.map(|key| (decoded(key, encoded), page.next_upload_id_marker));
            let more = page.is_truncated == Some(true) && next.is_some() && next != after;
            if !more || uploads.len() >= MAX_UNFINISHED {
                return Ok(Some(uploads));
            }
            after = next;
        }
    }
}

/// It is no fault of the weights that the server has no such call, or that the credentials may not make it.
fn cannot_be_asked(error: &Error) -> bool {
    error.kind() == ErrorKind::AccessDenied
        || matches!(error.code(), Some("NotImplemented" | "MethodNotAllowed"))
}

/// A key as it is, of one that was sent as part of a URL: a space came as `+` or `%20`, a plus as `%2B`.
fn decoded(key: String, encoded: bool) -> String {
    if !encoded {
        return key;
    }
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn a_key_is_decoded_only_when_it_was_encoded() {
        let key = "a+b%2Bc%25%20d/%C3%BC%01";
        assert_eq!(decoded(key.to_owned(), true), "a b+c% d/\u{fc}\u{1}");
        assert_eq!(decoded(key.to_owned(), false), key);
    }
}
