//! The causes that AWS lists in "Troubleshoot access denied (403 Forbidden) errors in Amazon S3", held
//! against what a bucket tells of itself.

use super::{
    ACTIONS, BucketName, PrincipalArn,
    evaluate::{Decision, Request, decide},
    seen::{Answer, Encryption, Seen},
};
use crate::store::ErrorKind;

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
    let mut causes = of_policy(seen, bucket, role, prefix);
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

/// What the bucket's policy says of each of the four actions.
fn of_policy(seen: &Seen, bucket: &BucketName, role: &PrincipalArn, prefix: &str) -> Vec<Cause> {
    const ALLOW: &str = "the bucket's policy does not allow it";
    const DENY: &str = "the bucket's policy denies it";
    const CONDITION: &str = "a condition in the bucket's policy";
    const MISSING: &str = "an object that is not there";
    let names = [ALLOW, DENY, CONDITION, MISSING];
    let Ok(policy) = &seen.policy else {
        return names
            .iter()
            .filter_map(|name| Cause::refused(name, &seen.policy))
            .collect();
    };
    let arn = format!("arn:{}:s3:::{bucket}", role.partition());
    let (mut lacking, mut denied, mut depends) = (Vec::new(), Vec::new(), Vec::new());
    let mut lists = None;
    for action in ACTIONS {
        let on_objects = action.starts_with("s3:GetObject");
        let resource = if on_objects {
            format!("{arn}/{prefix}*")
        } else {
            arn.clone()
        };
        let request = Request {
            role,
            action,
            resource: &resource,
            prefix: (!prefix.is_empty()).then_some(prefix),
        };
        let decision = match decide(policy, request) {
            Ok(decision) => decision,
            Err(error) => {
                let told = |name: &&'static str| {
                    let remedy = "`aws s3api get-bucket-policy` shows it";
                    Cause::unseen(name, error.to_string(), remedy)
                };
                return names.iter().map(told).collect();
            }
        };
        if action == "s3:ListBucket" {
            lists = Some(decision.clone());
        }
        match decision {
            Decision::Allowed => {}
            Decision::NotMentioned => lacking.push(action),
            Decision::Denied(by) => denied.push(format!("{action} by {by}")),
            Decision::Depends(why) => depends.push(format!("{action}: {}", why.join("; "))),
        }
    }
    let add = format!("`cbm bucket policy --bucket {bucket} --role {role} --apply` adds it");
    let allow = match (lacking.is_empty(), depends.is_empty()) {
        (false, _) if policy.is_empty() => Cause::applies(ALLOW, "the bucket has no policy", add),
        (false, _) => Cause::applies(
            ALLOW,
            format!("no statement lets it {}", lacking.join(", ")),
            add,
        ),
        (true, true) if denied.is_empty() => Cause::does_not(ALLOW, "all four actions are allowed"),
        (true, true) => Cause::does_not(ALLOW, "what it lacks is denied, not left out"),
        (true, false) => Cause::unseen(ALLOW, depends.join("; "), "see the conditions below"),
    };
    let deny = if denied.is_empty() {
        Cause::does_not(DENY, "no deny applies for certain")
    } else {
        let remedy = "take the role out of the statement: a deny comes before every allow";
        Cause::applies(DENY, denied.join("; "), remedy)
    };
    let condition = if depends.is_empty() {
        Cause::does_not(CONDITION, "nothing depends on one")
    } else {
        let remedy = "ask Cerebras from which addresses, endpoint or organization it reads, and hold that against it";
        Cause::unseen(CONDITION, depends.join("; "), remedy)
    };
    let missing = match lists {
        Some(Decision::Allowed) => Cause::does_not(
            MISSING,
            "the role may list, and so is told 404 for one that is not there",
        ),
        Some(Decision::Depends(why)) => Cause::unseen(
            MISSING,
            format!(
                "whether the role may list is not certain: {}",
                why.join("; ")
            ),
            "allow s3:ListBucket",
        ),
        _ => Cause::applies(
            MISSING,
            "without s3:ListBucket S3 answers 403, and not 404, for an object that is not there",
            "allow s3:ListBucket, and check the address of the weights",
        ),
    };
    vec![allow, deny, condition, missing]
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

fn encryption(seen: &Seen) -> Cause {
    const NAME: &str = "encryption with a KMS key";
    let sample = seen.sample.as_deref().unwrap_or_default();
    let default = seen.encryption.as_ref().ok();
    let of_samples = sample
        .iter()
        .map(|it| (&it.encryption, format!("{} is", it.key)));
    let told = default.map(|it| (it, "the bucket's default is".to_owned()));
    let all: Vec<_> = of_samples.chain(told).collect();
    for (encryption, what) in &all {
        if let Encryption::Kms(key) = encryption
            && key
                .as_deref()
                .is_none_or(|key| key.contains("alias/aws/s3"))
        {
            return Cause::applies(
                NAME,
                format!("{what} the AWS managed key (aws/s3), which no other account can ever use"),
                "set a key of your own as the bucket's default, and copy the objects onto themselves",
            );
        }
    }
    let own = all.iter().find_map(|(encryption, what)| match encryption {
        Encryption::Kms(Some(key)) => Some((key, what)),
        _ => None,
    });
    if let Some((key, what)) = own {
        return Cause::unseen(
            NAME,
            format!(
                "{what} {key}; whether its policy lets the role decrypt is told by KMS alone, as is whether it is the AWS managed key"
            ),
            "add the statement to the key's policy that `cbm bucket policy --kms-key` prints; the role's own \
             account has to allow kms:Decrypt, too",
        );
    }
    match (default, sample.len()) {
        (Some(_), 0) => Cause::unseen(
            NAME,
            "the bucket's default takes no KMS key; objects may have been written with one all the same, and none was looked at",
            "give --prefix, so that some are looked at",
        ),
        (Some(_), n) => Cause::does_not(
            NAME,
            format!("neither the bucket's default nor any of the {n} objects looked at has one"),
        ),
        (None, _) => Cause::refused(NAME, &seen.encryption).unwrap_or_else(|| {
            Cause::unseen(NAME, "it is not told", "ask whoever owns the bucket")
        }),
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
        Ok(true) => Cause::applies(
            NAME,
            "the requester pays, and a request that does not say so is refused; nothing published says that the service does",
            "set the payer to BucketOwner: `aws s3api put-bucket-request-payment`",
        ),
        answer => Cause::refused(NAME, answer).unwrap_or_else(|| {
            Cause::unseen(NAME, "it is not told", "ask whoever owns the bucket")
        }),
    }
}

fn archived(seen: &Seen) -> Cause {
    const NAME: &str = "objects in an archive";
    match &seen.sample {
        Ok(sample) => match sample.iter().find(|it| it.archived) {
            Some(it) => Cause::applies(
                NAME,
                format!("{} is archived, and answers 403 InvalidObjectState", it.key),
                "restore it, or copy it to another storage class",
            ),
            None if sample.is_empty() => Cause::unseen(
                NAME,
                "there is no object under the prefix",
                "`cbm preflight` looks at every object of a model",
            ),
            None => Cause::unseen(
                NAME,
                format!(
                    "the {} objects looked at are not; the others were not looked at",
                    sample.len()
                ),
                "`cbm preflight` looks at every object of a model",
            ),
        },
        answer => Cause::refused(NAME, answer).unwrap_or_else(|| {
            Cause::unseen(
                NAME,
                "it is not told",
                "`cbm preflight` looks at every object",
            )
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
