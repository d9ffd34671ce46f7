//! What S3's refusals mean, and what to do about each.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::store::{Error, ErrorKind};

/// A server's message is shown up to here.
const MAX_MESSAGE: usize = 300;

/// The region that an answer says the bucket is in.
pub(super) fn region_of<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let answer = error.raw_response()?;
    let told = answer.headers().get("x-amz-bucket-region");
    // What was signed for a wrong region is told the right one in the body.
    let in_body = || {
        let body = std::str::from_utf8(answer.body().bytes()?).ok()?;
        let (_, after) = body.split_once("<Region>")?;
        Some(after.split_once("</Region>")?.0)
    };
    let region = told.or_else(in_body)?.to_owned();
    // It becomes part of a host name.
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (!region.is_empty() && region.len() <= 32 && region.chars().all(plain)).then_some(region)
}

/// The error of a call that was refused, or not answered.
pub(super) fn told<E>(
    call: &'static str,
    place: &str,
    pays: bool,
    error: SdkError<E, HttpResponse>,
) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let Some(cause) = of_credentials(&error) {
        return no_credentials(call, place, &cause);
    }
    match &error {
        SdkError::ServiceError(_) => refused(call, place, pays, &error),
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            let what = format!("the answer (status {status}) is none of S3");
            let told = Error::new(ErrorKind::Other, call, place, what);
            told.with_remedy("check the endpoint URL, and what stands between here and there")
        }
        SdkError::TimeoutError(_) => {
            unreachable(call, place, "no answer in time".to_owned(), error)
        }
        SdkError::DispatchFailure(_) => {
            let cause = innermost(&error);
            unreachable(call, place, cause, error)
        }
        _ => {
            let what = format!("the request cannot be made: {}", innermost(&error));
            Error::new(ErrorKind::Other, call, place, what)
        }
    }
}

fn unreachable<E>(
    call: &'static str,
    place: &str,
    what: String,
    error: SdkError<E, HttpResponse>,
) -> Error
where
    E: StdError + Send + Sync + 'static,
{
    let told = Error::new(ErrorKind::Unreachable, call, place, what);
    let told = told.with_remedy("check the network, the proxy and the endpoint URL");
    match error.into_source() {
        Ok(source) => told.with_source(source),
        Err(_) => told,
    }
}

/// Why there are no credentials, from the innermost of what was tried.
fn of_credentials(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut below = Some(error);
    while let Some(error) = below {
        if error.is::<CredentialsError>() {
            return Some(innermost(error));
        }
        below = error.source();
    }
    None
}

fn no_credentials(call: &'static str, place: &str, cause: &str) -> Error {
    let what = format!("there are no AWS credentials: {}", shortened(cause));
    Error::new(ErrorKind::Credentials, call, place, what).with_remedy(
        "run `aws sso login` or `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY",
    )
}

fn refused<E>(
    call: &'static str,
    place: &str,
    pays: bool,
    error: &SdkError<E, HttpResponse>,
) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let answer = error.raw_response();
    let status = answer.map_or(0, |answer| answer.status().as_u16());
    let id = answer.and_then(|answer| answer.headers().get("x-amz-request-id"));
    let id = id.map(str::to_owned);
    let code = error.code().map(str::to_owned);
    let message = error.message().map(shortened);
    let kind = kind_of(code.as_deref(), status);
    let what = match (&code, message) {
        (Some(code), Some(message)) => format!("{} ({code}: {message})", said(kind)),
        (Some(code), None) => format!("{} ({code})", said(kind)),
        (None, Some(message)) => format!("{} (status {status}: {message})", said(kind)),
        (None, None) => format!("{} (status {status})", said(kind)),
    };
    let remedy = remedy(kind, call, place, pays, code.as_deref(), &what);
    let region = region_of(error);
    let told = Error::new(kind, call, place, what);
    let told = told.with_code(code).with_request_id(id);
    match (kind, region) {
        (ErrorKind::OtherRegion, Some(region)) => {
            told.with_remedy(format!("the bucket is in {region}: set the region to that"))
        }
        _ => match remedy {
            Some(remedy) => told.with_remedy(remedy),
            None => told,
        },
    }
}

/// In the order of what is certain: the code, else the status, as for a HEAD, which has no body.
fn kind_of(code: Option<&str>, status: u16) -> ErrorKind {
    match (code.unwrap_or_default(), status) {
        (
            "ExpiredToken"
            | "ExpiredTokenException"
            | "RequestExpired"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed"
            | "NotSignedUp",
            _,
        )
        | (_, 401) => ErrorKind::Credentials,
        (
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
            _,
        )
        | (_, 301 | 307) => ErrorKind::OtherRegion,
        ("InvalidObjectState", _) => ErrorKind::Archived,
        ("PreconditionFailed", _) | (_, 412) => ErrorKind::Changed,
        (
            "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequests"
            | "BandwidthLimitExceeded"
            | "ServiceUnavailable",
            _,
        )
        | (_, 429 | 503) => ErrorKind::Throttled,
        ("RequestTimeout", _) | (_, 500 | 502 | 504) => ErrorKind::Unreachable,
        ("AccessDenied" | "AllAccessDisabled", _) | (_, 403) => ErrorKind::AccessDenied,
        ("NoSuchBucket" | "NoSuchKey" | "NoSuchVersion" | "NotFound", _) | (_, 404) => {
            ErrorKind::NotFound
        }
        (code, _) if code.starts_with("KMS.") => ErrorKind::AccessDenied,
        _ => ErrorKind::Other,
    }
}

fn said(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "it is not there",
        ErrorKind::AccessDenied => "access is denied",
        ErrorKind::Credentials => "the AWS credentials are refused",
        ErrorKind::OtherRegion => "the bucket is in another region",
        ErrorKind::Archived => "it lies in an archive",
        ErrorKind::Changed => "it has changed since it was listed",
        ErrorKind::Throttled => "there are too many requests, in every attempt",
        ErrorKind::Unreachable => "the server failed, in every attempt",
        ErrorKind::Other => "it was refused",
    }
}

fn remedy(
    kind: ErrorKind,
    call: &str,
    place: &str,
    pays: bool,
    code: Option<&str>,
    what: &str,
) -> Option<String> {
    let told = match (kind, code) {
        (ErrorKind::NotFound, Some("NoSuchBucket")) => {
            "check the bucket's name, and the endpoint URL when there is one"
        }
        (ErrorKind::NotFound, _) => "check its name",
        (ErrorKind::AccessDenied, _) => return Some(permission(call, place, pays, what)),
        (ErrorKind::Credentials, Some("RequestTimeTooSkewed")) => {
            "set this machine's clock, such as with `timedatectl set-ntp true`"
        }
        (ErrorKind::Credentials, Some("InvalidAccessKeyId" | "SignatureDoesNotMatch")) => {
            "check the access key and its secret, and that they belong to this server"
        }
        (ErrorKind::Credentials, _) => {
            "run `aws sso login`, or get new credentials in the way these were made"
        }
        (ErrorKind::OtherRegion, _) => {
            "set the region to the bucket's: `aws s3api get-bucket-location` tells it"
        }
        (ErrorKind::Archived, _) => {
            "restore it (`aws s3api restore-object`), or copy it to another storage class"
        }
        (ErrorKind::Changed, _) => "let the upload to it end, and run this again",
        (ErrorKind::Throttled, _) => "wait a while, or set AWS_MAX_ATTEMPTS higher",
        (ErrorKind::Unreachable, _) => "run it again in a while",
        (ErrorKind::Other, _) => return None,
    };
    Some(told.to_owned())
}

/// Which permission a call takes, by the names that IAM has for them.
fn permission(call: &str, place: &str, pays: bool, what: &str) -> String {
    let action = match call {
        "ListObjectsV2" | "HeadBucket" => "s3:ListBucket",
        "GetObject" | "HeadObject" => "s3:GetObject",
        "ListMultipartUploads" => "s3:ListBucketMultipartUploads",
        "GetBucketEncryption" => "s3:GetEncryptionConfiguration",
        "GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock",
        "GetBucketPolicy" => "s3:GetBucketPolicy",
        "GetBucketPolicyStatus" => "s3:GetBucketPolicyStatus",
        "GetBucketLocation" => "s3:GetBucketLocation",
        "GetBucketOwnershipControls" => "s3:GetBucketOwnershipControls",
        "GetBucketRequestPayment" => "s3:GetBucketRequestPayment",
        "PutBucketPolicy" => "s3:PutBucketPolicy",
        _ => "the permission of this call",
    };
    let mut told = if what.to_ascii_lowercase().contains("kms") {
        "these credentials need kms:Decrypt on the key that the object is encrypted with".to_owned()
    } else {
        let of = place.strip_prefix("s3://").unwrap_or(place);
        let of = match action {
            "s3:GetObject" => of,
            _ => of.split('/').next().unwrap_or(of),
        };
        format!("these credentials need {action} on arn:aws:s3:::{of}")
    };
    if action == "s3:GetObject" {
        told += "; without s3:ListBucket an object that is not there is denied, too";
    }
    if !pays && matches!(call, "ListObjectsV2" | "GetObject" | "HeadObject") {
        told += "; a requester-pays bucket takes --request-payer";
    }
    told
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut error = error;
    while let Some(below) = error.source() {
        error = below;
    }
    error.to_string()
}

fn shortened(message: &str) -> String {
    let mut chars = message.trim().chars();
    let mut short: String = chars.by_ref().take(MAX_MESSAGE).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
