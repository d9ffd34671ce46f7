//! Each cause of `AccessDenied` across accounts: whether it applies.

use super::{
    BucketName, PrincipalArn, Seen,
    causes::{self, Cause},
};
use crate::store::{Error, S3};

/// What a check has found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checked {
    /// Each cause.
    pub causes: Vec<Cause>,
    /// Why the bucket's policy was not seen, when it was not: then next to nothing is known of the access.
    pub blind: Option<Error>,
}

/// Asks the bucket of `s3`, and says of each cause that AWS lists for `AccessDenied` across accounts whether it
/// keeps `role` from reading what is under the prefix of `s3`.
///
/// Only the bucket is asked, with the credentials of `s3`; whatever is on the side of the role cannot be seen
/// from here, and is said to be so.
///
/// # Errors
///
/// When there is no such bucket, no credentials, or no answer: then there is nothing to say of any cause.
pub async fn check(s3: &S3, bucket: &BucketName, role: &PrincipalArn) -> Result<Checked, Error> {
    let seen = Box::pin(Seen::of(s3)).await;
    let fatal = |error: &Error| {
        use crate::store::ErrorKind::{Credentials, NotFound, OtherRegion, Throttled, Unreachable};
        matches!(
            error.kind(),
            Credentials | NotFound | OtherRegion | Throttled | Unreachable
        )
    };
    match seen.region {
        Err(error) if fatal(&error) => Err(error),
        _ => Ok(Checked {
            causes: causes::all(&seen, bucket, role, s3.prefix()),
            blind: seen.policy.err(),
        }),
    }
}
