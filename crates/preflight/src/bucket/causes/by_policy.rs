//! The causes that the bucket's policy tells of.

use super::{
    super::{
        ACTIONS, BucketName, PrincipalArn,
        evaluate::{Request, Said, Says, said},
        policy::PolicyError,
        seen::Seen,
    },
    Cause,
};

const ALLOW: &str = "the bucket's policy does not allow it";
const DENY: &str = "the bucket's policy denies it";
const CONDITION: &str = "a condition in the bucket's policy";
const MISSING: &str = "an object that is not there";

/// Without these nobody reads what is in a folder; that a reader needs the others, too, is not certain.
const NEEDED: [&str; 2] = ["s3:GetObject", "s3:ListBucket"];

/// What the bucket's policy says of each of the four actions.
pub(super) fn by_policy(
    seen: &Seen,
    bucket: &BucketName,
    role: &PrincipalArn,
    prefix: &str,
) -> Vec<Cause> {
    let names = [ALLOW, DENY, CONDITION, MISSING];
    let Ok(policy) = &seen.policy else {
        let told = |name: &&'static str| Cause::refused(name, &seen.policy);
        return names.iter().filter_map(told).collect();
    };
    let said = match of_each_action(policy, bucket, role, prefix) {
        Ok(said) => said,
        Err(error) => {
            let remedy = "`aws s3api get-bucket-policy` shows it";
            let told = |name: &&'static str| Cause::unseen(name, error.to_string(), remedy);
            return names.iter().map(told).collect();
        }
    };
    let add = format!("`cbm bucket policy --bucket {bucket} --role {role} --apply` adds it");
    vec![
        allow(&said, policy.trim().is_empty(), add),
        deny(&said),
        condition(&said),
        missing(&said),
    ]
}

type OfActions = Vec<(&'static str, Said)>;

fn of_each_action(
    policy: &str,
    bucket: &BucketName,
    role: &PrincipalArn,
    prefix: &str,
) -> Result<OfActions, PolicyError> {
    let arn = format!("arn:{}:s3:::{bucket}", role.partition());
    let objects = format!("{arn}/{prefix}*");
    let of = |action: &'static str| {
        let on_objects = action.starts_with("s3:GetObject");
        let request = Request {
            role,
            action,
            resource: if on_objects { &objects } else { &arn },
            under: prefix,
        };
        Ok((action, said(policy, request)?))
    };
    ACTIONS.into_iter().map(of).collect()
}

fn allow(said: &OfActions, none: bool, add: String) -> Cause {
    let lacking: Vec<_> = said.iter().filter(|(_, it)| it.allow == Says::No).collect();
    let lacking: Vec<_> = lacking.iter().map(|(action, _)| *action).collect();
    let depends = told(said, |it| &it.allow);
    if none {
        Cause::applies(ALLOW, "the bucket has no policy", add)
    } else if lacking.iter().any(|it| NEEDED.contains(it)) {
        let why = format!("no statement lets it {}", lacking.join(", "));
        Cause::applies(ALLOW, why, add)
    } else if !lacking.is_empty() {
        let why = format!(
            "no statement lets it {}, for which the published policy asks; whether the service reads without \
             is not known",
            lacking.join(", ")
        );
        Cause::unseen(ALLOW, why, add)
    } else if !depends.is_empty() {
        Cause::unseen(ALLOW, depends.join("; "), "see the conditions below")
    } else if said.iter().all(|(_, it)| it.deny == Says::No) {
        Cause::does_not(ALLOW, "all four actions are allowed")
    } else {
        Cause::does_not(
            ALLOW,
            "all four actions are allowed; what denies them is told next",
        )
    }
}

fn deny(said: &OfActions) -> Cause {
    let denied = |(action, it): &(&'static str, Said)| match &it.deny {
        Says::Yes(by) => Some((*action, format!("{action} by {by}"))),
        _ => None,
    };
    let denied: Vec<_> = said.iter().filter_map(denied).collect();
    let by: Vec<_> = denied.iter().map(|(_, by)| by.as_str()).collect();
    let by = by.join("; ");
    let depends = told(said, |it| &it.deny);
    let remedy = "take the role out of the statement: a deny comes before every allow";
    if denied.iter().any(|(action, _)| NEEDED.contains(action)) {
        Cause::applies(DENY, by, remedy)
    } else if !denied.is_empty() {
        let why = format!("{by}; whether the service reads without is not known");
        Cause::unseen(DENY, why, remedy)
    } else if !depends.is_empty() {
        Cause::unseen(DENY, depends.join("; "), "see the conditions below")
    } else {
        Cause::does_not(DENY, "no statement denies any of the four actions")
    }
}

fn condition(said: &OfActions) -> Cause {
    let depends = [told(said, |it| &it.allow), told(said, |it| &it.deny)].concat();
    if depends.is_empty() {
        return Cause::does_not(CONDITION, "nothing depends on one");
    }
    let remedy = "ask Cerebras from which addresses, endpoint or organization it reads, and what it lists, and hold that against it";
    Cause::unseen(CONDITION, depends.join("; "), remedy)
}

fn missing(said: &OfActions) -> Cause {
    let list = said.iter().find(|(action, _)| *action == "s3:ListBucket");
    match list {
        Some((_, list)) if matches!((&list.allow, &list.deny), (Says::Yes(_), Says::No)) => {
            Cause::does_not(
                MISSING,
                "the policy lets the role list, and S3 then answers 404 for one that is not there",
            )
        }
        _ => Cause::unseen(
            MISSING,
            "that the role may list is not certain, and without s3:ListBucket S3 answers 403, and not 404, for \
             an object that is not there; whether the service asks for one is not known",
            "allow s3:ListBucket, and check the address of the weights: `cbm preflight` looks at what is there",
        ),
    }
}

/// What depends on the request, of the statements of one effect.
fn told(said: &OfActions, which: impl Fn(&Said) -> &Says) -> Vec<String> {
    let of = |(action, it): &(&'static str, Said)| match which(it) {
        Says::Depends(why) => Some(format!("{action}: {}", why.join("; "))),
        _ => None,
    };
    said.iter().filter_map(of).collect()
}
