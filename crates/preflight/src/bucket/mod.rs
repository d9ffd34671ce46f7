//! Who may read a bucket: the policy that the service needs, and what stands in its way.

mod arn;
mod causes;
mod check;
mod evaluate;
mod glob;
mod policy;
mod seen;

pub use arn::{BucketName, KmsKeyArn, NameError, PrincipalArn};
pub use causes::{Cause, Verdict};
pub use check::{Checked, check};
pub use evaluate::{Decision, Request, decide};
pub use policy::{ACTIONS, Grant, MAX_POLICY, Merged, PolicyError};
pub use seen::{Answer, Encryption, Object, Sample, Seen, default_encryption};

use crate::store::{Error, ErrorKind, S3};

/// The policy of a bucket, as it is; empty when it has none.
pub async fn policy(s3: &S3) -> Result<String, Error> {
    let place = format!("s3://{}", s3.bucket());
    let answer = s3.call("GetBucketPolicy", &place, |client| {
        client.get_bucket_policy().bucket(s3.bucket()).send()
    });
    match answer.await {
        Ok(answer) => Ok(answer.policy.unwrap_or_default()),
        Err(error) if error.code() == Some("NoSuchBucketPolicy") => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// Puts a merged policy, when the bucket's is still the one that it was merged into, and reads it back.
///
/// S3 knows no condition for it: a change by another in the moment between is lost.
///
/// # Errors
///
/// [`ErrorKind::Changed`] when the bucket's policy is another by now, before or after.
pub async fn apply(s3: &S3, before: &str, merged: &Merged) -> Result<(), Error> {
    const CALL: &str = "PutBucketPolicy";
    let place = format!("s3://{}", s3.bucket());
    let changed = |what: &str| {
        let error = Error::new(ErrorKind::Changed, CALL, &place, what);
        error.with_remedy("look at it and run this again")
    };
    if !policy::same_policy(before, &policy(s3).await?) {
        return Err(changed(
            "the policy has been changed meanwhile; nothing was written",
        ));
    }
    let answer = s3.call(CALL, &place, |client| {
        let put = client.put_bucket_policy().bucket(s3.bucket());
        put.policy(merged.policy()).send()
    });
    answer.await?;
    if policy::same_policy(merged.policy(), &policy(s3).await?) {
        return Ok(());
    }
    Err(changed("what is read back is not what was put"))
}
