//! `s3s-fs`, with what S3 has and it has not: entity tags in listings, keys encoded as asked, conditions
//! on a read.

#![allow(clippy::result_large_err, reason = "the errors are those of s3s")]

use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::{
    S3, S3Request, S3Response, S3Result,
    dto::{
        ETag, ETagCondition, EncodingType, GetObjectInput, GetObjectOutput, HeadObjectInput,
        HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output,
    },
    s3_error,
};
use s3s_fs::FileSystem;

#[derive(Debug)]
pub(crate) struct Stored(FileSystem);

impl Stored {
    pub(crate) fn new(root: &Path) -> Self {
        Self(FileSystem::new(root).expect("a file system"))
    }

    async fn etag<T>(&self, of: &S3Request<T>, bucket: &str, key: &str) -> S3Result<Option<ETag>> {
        let input = HeadObjectInput {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            ..HeadObjectInput::default()
        };
        Ok(self.0.head_object(like(of, input)).await?.output.e_tag)
    }
}

#[async_trait::async_trait]
impl S3 for Stored {
    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let encoded = request.input.encoding_type.is_some();
        let bucket = request.input.bucket.clone();
        let again = like(&request, request.input.clone());
        let mut answer = self.0.list_objects_v2(again).await?;
        for object in answer.output.contents.iter_mut().flatten() {
            let key = object.key.clone().unwrap_or_default();
            object.e_tag = self.etag(&request, &bucket, &key).await?;
            if encoded {
                let key = utf8_percent_encode(&key, NON_ALPHANUMERIC).to_string();
                object.key = Some(key.replace("%2F", "/").replace("%20", "+"));
            }
        }
        answer.output.encoding_type = encoded.then(|| EncodingType::from_static(EncodingType::URL));
        Ok(answer)
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        if let Some(ETagCondition::ETag(wanted)) = &request.input.if_match {
            let (bucket, key) = (&request.input.bucket, &request.input.key);
            let now = self.etag(&request, bucket, key).await?;
            if now.is_none_or(|now| !now.strong_cmp(wanted)) {
                return Err(s3_error!(PreconditionFailed));
            }
        }
        self.0.get_object(request).await
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.0.head_object(request).await
    }
}

/// Another request by the same caller.
fn like<T, U>(of: &S3Request<T>, input: U) -> S3Request<U> {
    S3Request {
        input,
        method: of.method.clone(),
        uri: of.uri.clone(),
        headers: of.headers.clone(),
        extensions: hyper::http::Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}
