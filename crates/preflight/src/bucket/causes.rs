//! The causes that AWS lists in "Troubleshoot access denied (403 Forbidden) errors in Amazon S3", held
//! against what a bucket tells of itself.

use super::{
    BucketName, PrincipalArn,
    seen::{Answer, Seen},
};
use crate::store::ErrorKind;

mod by_policy;
mod objects;

use by_policy::by_policy;
use objects::{archived, encryption};

/// Whether a cause keeps the role from reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Applies,
    /// It does not.
    DoesNot,
    /// That cannot be seen from here.
    Unseen,
}

/// One cause of `AccessDenied`, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// What it is, in a few words.
    pub name: &'static str,
    /// Whether it applies.
    pub verdict: Verdict,
    /// By what that is known, or why it is not.
    pub why: String,
    /// What to do, unless it does not apply.
    pub remedy: Option<String>,
}

impl Cause {
    fn applies(name: &'static str, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(name, Verdict::Applies, why.into(), Some(remedy.into()))
    }

    fn does_not(name: &'static str, why: impl Into<String>) -> Self {
        Self::new(name, Verdict::DoesNot, why.into(), None)
    }

    fn unseen(name: &'static str, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(name, Verdict::Unseen, why.into(), Some(remedy.into()))
    }

    /// What was asked and refused.
    fn refused<T>(name: &'static str, answer: &Answer<T>) -> Option<Self> {
        let error = answer.as_ref().err()?;
        let why = format!("{} is not answered: {}", error.call(), error.message());
        let remedy = match error.remedy() {
            Some(remedy) => remedy.to_owned(),
            None => "ask whoever owns the bucket".to_owned(),
        };
        Some(Self::unseen(name, why, remedy))
    }

    fn new(name: &'static str, verdict: Verdict, why: String, remedy: Option<String>) -> Self {
        Self {
            name,
            verdict,
            why,
            remedy,
        }
    }
}

/// Each cause, in the order in which they are worth looking at.
pub(super) fn all(
    seen: &Seen,
    bucket: &BucketName,
    role: &PrincipalArn,
    prefix: &str,
) -> Vec<Cause> {
    let mut causes = by_policy(seen, bucket, role, prefix);
    causes.extend([
        block_public_access(seen),
        encryption(seen),
        ownership(seen),
        requester_pays(seen),
        archived(seen),
        region(seen),
    ]);
    causes.extend(elsewhere(role));
    causes
}

fn block_public_access(seen: &Seen) -> Cause {
    const NAME: &str = "Block Public Access";
    const ACCOUNT: &str =
        "look at the account's own setting: `aws s3control get-public-access-block`";
    if let Some(cause) = Cause::refused(NAME, &seen.public) {
        return cause;
    }
    let public = matches!(seen.public, Ok(true));
    match (public, &seen.restricts_public) {
        (false, _) => Cause::does_not(
            NAME,
            "the policy is not public, and this blocks nothing else",
        ),
        (true, Ok(true)) => Cause::applies(
            NAME,
            "the policy is public, and RestrictPublicBuckets then keeps every other account out",
            "take the statements out that let everybody in",
        ),
        (true, Ok(false)) => Cause::unseen(
            NAME,
            "the policy is public; the bucket does not restrict that, the account may",
            ACCOUNT,
        ),
        (true, answer) => Cause::refused(NAME, answer)
            .unwrap_or_else(|| Cause::unseen(NAME, "the setting is not told", ACCOUNT)),
    }
}

fn ownership(seen: &Seen) -> Cause {
    const NAME: &str = "objects that another account owns";
    match &seen.ownership {
        Ok(Some(it)) if it == "BucketOwnerEnforced" => Cause::does_not(
            NAME,
            "the bucket's owner owns every object (BucketOwnerEnforced)",
        ),
        Ok(other) => {
            let what = other
                .as_deref()
                .unwrap_or("ObjectWriter, as nothing is set");
            Cause::unseen(
                NAME,
                format!(
                    "ownership is {what}: an object that another account wrote may belong to it, and the bucket's policy then says nothing of it"
                ),
                "set the ownership to BucketOwnerEnforced, or copy the objects onto themselves with the bucket's own account",
            )
        }
        answer => Cause::refused(NAME, answer).unwrap_or_else(|| {
            Cause::unseen(NAME, "it is not told", "ask whoever owns the bucket")
        }),
    }
}

fn requester_pays(seen: &Seen) -> Cause {
    const NAME: &str = "requester pays";
    match &seen.requester_pays {
        Ok(false) => Cause::does_not(NAME, "the bucket's owner pays"),
        Ok(true) => Cause::unseen(
            NAME,
            "the requester pays, and a request that does not say so is refused; whether the service's do is not published",
            "set the payer to BucketOwner: `aws s3api put-bucket-request-payment`",
        ),
        answer => Cause::refused(NAME, answer).unwrap_or_else(|| {
            Cause::unseen(NAME, "it is not told", "ask whoever owns the bucket")
        }),
    }
}

fn region(seen: &Seen) -> Cause {
    const NAME: &str = "the region";
    match &seen.region {
        Ok(region) => Cause::does_not(
            NAME,
            format!(
                "the bucket is in {region}; a reader in another region is told so, and not denied"
            ),
        ),
        Err(error) if error.kind() == ErrorKind::AccessDenied => Cause::refused(NAME, &seen.region)
            .unwrap_or_else(|| {
                Cause::unseen(NAME, "it is not told", "ask whoever owns the bucket")
            }),
        Err(error) => Cause::unseen(NAME, error.to_string(), "ask whoever owns the bucket"),
    }
}

/// What is not the bucket's, or has no part in it.
fn elsewhere(role: &PrincipalArn) -> Vec<Cause> {
    let other = format!("account {}", role.account());
    vec![
        Cause::unseen(
            "the role's own policies",
            format!(
                "{role} needs the four actions in a policy of its own, and no boundary or session policy against them; that is in {other}"
            ),
            "ask Cerebras",
        ),
        Cause::unseen(
            "policies of an organization",
            format!(
                "a service control policy over {other}, or a resource control policy over the bucket's account, can deny it"
            ),
            "ask who runs the organizations: `aws organizations list-policies`",
        ),
        Cause::unseen(
            "the policy of a VPC endpoint",
            "if the service reads through one, its policy has to allow the bucket",
            "ask Cerebras",
        ),
        Cause::does_not(
            "the policy of an access point",
            "s3:// and a bucket's name go to the bucket itself, past its access points",
        ),
        Cause::does_not(
            "CloudFront",
            "s3:// and a bucket's name go to the bucket itself",
        ),
        Cause::does_not(
            "Object Lock",
            "it keeps objects from being deleted or written over, not from being read",
        ),
        Cause::unseen(
            "the reader's credentials",
            "whether they are valid and those of the role is known to the reader alone",
            "ask Cerebras, with the time of the failure",
        ),
    ]
}

#[cfg(test)]
mod tests;
