//! Weights under a prefix of a bucket.

use std::{ops::Range, time::SystemTime};

use aws_sdk_s3::{Client, error::ProvideErrorMetadata, types::ObjectStorageClass};
use bytes::Bytes;

use super::{Error, ErrorKind, Object, Pin, Unfinished};

/// A prefix of a bucket.
#[derive(Clone, Debug)]
pub struct S3 {
    client: Client,
    bucket: String,
    /// Empty, or ends in a slash.
    prefix: String,
}

impl S3 {
    /// The objects of a bucket below a prefix, which ends in a slash whether it is given one or not.
    pub fn new(client: Client, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        let mut prefix = prefix.into();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        Self {
            client,
            bucket: bucket.into(),
            prefix,
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<Object>, Error> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(&self.prefix)
            .into_paginator()
            .send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failed("ListObjectsV2", &self.bucket, error))?;
            for object in page.contents.unwrap_or_default() {
                let Some(key) = object
                    .key
                    .as_deref()
                    .and_then(|key| key.strip_prefix(&self.prefix))
                else {
                    continue;
                };
                objects.push(Object {
                    key: key.to_owned(),
                    size: object
                        .size
                        .and_then(|size| u64::try_from(size).ok())
                        .unwrap_or_default(),
                    modified: object
                        .last_modified
                        .and_then(|time| SystemTime::try_from(time).ok()),
                    etag: object.e_tag.map(|etag| etag.trim_matches('"').to_owned()),
                    archived: matches!(
                        object.storage_class,
                        Some(ObjectStorageClass::Glacier | ObjectStorageClass::DeepArchive)
                    ),
                });
            }
        }
        Ok(objects)
    }

    pub(super) async fn read(&self, key: &str, range: Range<u64>) -> Result<Bytes, Error> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let key = format!("{}{key}", self.prefix);
        let asked = self.client.get_object().bucket(&self.bucket).key(&key);
        let answer = asked
            .range(format!("bytes={}-{}", range.start, range.end - 1))
            .send()
            .await
            .map_err(|error| failed("GetObject", &key, error))?;
        let body = answer.body.collect().await.map_err(|error| {
            Error::new(
                ErrorKind::Unreachable,
                "GetObject",
                &key,
                "the answer broke off",
            )
            .with_source(error)
        })?;
        Ok(body.into_bytes())
    }

    pub(super) async fn unfinished(&self) -> Result<Option<Vec<Unfinished>>, Error> {
        let asked = self
            .client
            .list_multipart_uploads()
            .bucket(&self.bucket)
            .prefix(&self.prefix);
        let answer = asked
            .send()
            .await
            .map_err(|error| failed("ListMultipartUploads", &self.bucket, error))?;
        let uploads = answer
            .uploads
            .unwrap_or_default()
            .into_iter()
            .filter_map(|upload| {
                Some(Unfinished {
                    key: upload.key?.strip_prefix(&self.prefix)?.to_owned(),
                    begun: upload
                        .initiated
                        .and_then(|time| SystemTime::try_from(time).ok()),
                })
            });
        Ok(Some(uploads.collect()))
    }

    pub(super) async fn pin(&self, key: &str) -> Result<Pin, Error> {
        let key = format!("{}{key}", self.prefix);
        let asked = self.client.head_object().bucket(&self.bucket).key(&key);
        let answer = asked
            .send()
            .await
            .map_err(|error| failed("HeadObject", &key, error))?;
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

fn failed<E>(call: &'static str, object: &str, error: E) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let kind = match error.code() {
        Some("NoSuchBucket" | "NoSuchKey" | "NotFound") => ErrorKind::NotFound,
        Some("AccessDenied") => ErrorKind::AccessDenied,
        Some("SlowDown") => ErrorKind::Throttled,
        Some("PermanentRedirect") => ErrorKind::OtherRegion,
        Some("InvalidObjectState") => ErrorKind::Archived,
        _ => ErrorKind::Other,
    };
    let message = error
        .message()
        .or(error.code())
        .unwrap_or("no answer")
        .to_owned();
    Error::new(kind, call, object, message).with_source(error)
}
