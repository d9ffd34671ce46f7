use super::*;
use crate::{
    bucket::{
        Grant,
        seen::{Encryption, Object, Sample},
    },
    store::Error,
};

const BUCKET: &str = "my-bucket";
const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

fn sample(objects: &[(Encryption, bool)], all: bool) -> Sample {
    let object = |(n, (encryption, archived)): (usize, &(Encryption, bool))| Object {
        key: format!("runs/42/{n}"),
        encryption: encryption.clone(),
        archived: *archived,
    };
    let objects = objects.iter().enumerate().map(object).collect();
    Sample { objects, all }
}

/// A bucket in which nothing is in the way.
fn good() -> Seen {
    let grant = Grant {
        bucket: BUCKET.parse().expect("a bucket"),
        role: ROLE.parse().expect("a role"),
        prefix: None,
    };
    Seen {
        policy: Ok(grant.policy().expect("a policy")),
        public: Ok(false),
        region: Ok("eu-west-1".to_owned()),
        encryption: Ok(Encryption::OfS3),
        ownership: Ok(Some("BucketOwnerEnforced".to_owned())),
        restricts_public: Ok(true),
        requester_pays: Ok(false),
        sample: Ok(sample(&[(Encryption::OfS3, false)], true)),
    }
}

fn own_key() -> Encryption {
    Encryption::Kms(Some("arn:aws:kms:eu-west-1:1:key/2".to_owned()))
}

fn causes(seen: &Seen) -> Vec<Cause> {
    let (bucket, role) = (
        BUCKET.parse().expect("a bucket"),
        ROLE.parse().expect("a role"),
    );
    all(seen, &bucket, &role, "runs/42/")
}

fn that(seen: &Seen, verdict: Verdict) -> Vec<&'static str> {
    let causes = causes(seen);
    for cause in &causes {
        assert_eq!(
            cause.remedy.is_none(),
            cause.verdict == Verdict::DoesNot,
            "{cause:?}"
        );
    }
    let causes = causes.into_iter().filter(|it| it.verdict == verdict);
    causes.map(|it| it.name).collect()
}

/// What is at the role's side, whatever the bucket is like.
const NEVER_SEEN: [&str; 4] = [
    "the role's own policies",
    "policies of an organization",
    "the policy of a VPC endpoint",
    "the reader's credentials",
];

#[test]
fn of_a_good_bucket_nothing_applies_and_the_other_side_is_not_seen() {
    assert_eq!(that(&good(), Verdict::Applies), [""; 0]);
    assert_eq!(that(&good(), Verdict::Unseen), NEVER_SEEN);
}

#[test]
fn each_cause_is_found_alone() {
    let deny = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},
        {"Effect":"Deny","Principal":"*","Action":"s3:GetObject*","Resource":"*"}]}"#;
    let aws_key = Encryption::Kms(Some("arn:aws:kms:eu-west-1:1:alias/aws/s3".to_owned()));
    let cases: Vec<(Seen, &[&str])> = vec![
        (
            Seen {
                policy: Ok(String::new()),
                ..good()
            },
            &["the bucket's policy does not allow it"],
        ),
        (
            Seen {
                policy: Ok(deny.to_owned()),
                ..good()
            },
            &["the bucket's policy denies it"],
        ),
        (
            Seen {
                public: Ok(true),
                ..good()
            },
            &["Block Public Access"],
        ),
        (
            Seen {
                sample: Ok(sample(
                    &[
                        (own_key(), false),
                        (Encryption::OfS3, false),
                        (aws_key, false),
                    ],
                    false,
                )),
                ..good()
            },
            &["encryption with a KMS key"],
        ),
        (
            Seen {
                sample: Ok(sample(&[(Encryption::OfS3, true)], false)),
                ..good()
            },
            &["objects in an archive"],
        ),
    ];
    for (seen, expected) in &cases {
        assert_eq!(that(seen, Verdict::Applies), *expected, "{seen:?}");
    }
}

#[test]
fn what_cannot_be_told_is_not_claimed() {
    let condition = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},
        {"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*",
         "Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}]}"#;
    let cases: Vec<(Seen, &str)> = vec![
        (
            Seen {
                sample: Ok(sample(
                    &[(Encryption::OfS3, false), (own_key(), false)],
                    true,
                )),
                ..good()
            },
            "encryption with a KMS key",
        ),
        (
            Seen {
                sample: Ok(sample(&[], true)),
                ..good()
            },
            "encryption with a KMS key",
        ),
        (
            Seen {
                sample: Ok(sample(&[(Encryption::OfS3, false)], false)),
                ..good()
            },
            "encryption with a KMS key",
        ),
        (
            Seen {
                sample: Ok(sample(&[(Encryption::OfS3, false)], false)),
                ..good()
            },
            "objects in an archive",
        ),
        (
            Seen {
                sample: Ok(sample(&[(Encryption::Kms(None), false)], true)),
                ..good()
            },
            "encryption with a KMS key",
        ),
        (
            Seen {
                sample: Ok(sample(
                    &[(Encryption::Other("aws:fsx".to_owned()), false)],
                    true,
                )),
                ..good()
            },
            "encryption with a KMS key",
        ),
        (
            Seen {
                requester_pays: Ok(true),
                ..good()
            },
            "requester pays",
        ),
        (
            Seen {
                ownership: Ok(None),
                ..good()
            },
            "objects that another account owns",
        ),
        (
            Seen {
                policy: Ok(condition.to_owned()),
                ..good()
            },
            "a condition in the bucket's policy",
        ),
        (
            Seen {
                public: Ok(true),
                restricts_public: Ok(false),
                ..good()
            },
            "Block Public Access",
        ),
    ];
    for (seen, name) in &cases {
        assert!(that(seen, Verdict::Unseen).contains(name), "{name}");
        assert_eq!(that(seen, Verdict::Applies), [""; 0], "{name}");
    }
}

/// The verdict on a cause under a policy of these statements.
fn under(statements: &str, name: &str) -> Verdict {
    let policy = Ok(format!(r#"{{"Statement":[{statements}]}}"#));
    let seen = Seen { policy, ..good() };
    let found = causes(&seen).into_iter().find(|it| it.name == name);
    found.expect("the cause").verdict
}

const ALLOW: &str = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#;

#[test]
fn a_deny_that_depends_is_not_said_to_be_none() {
    const DENY: &str = "the bucket's policy denies it";
    for deny in [
        r#""Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        r#""Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::my-bucket/runs/42/a*""#,
        r#""NotPrincipal":{"AWS":"arn:aws:iam::1:root"},"Action":"s3:*","Resource":"*""#,
    ] {
        let deny = format!(r#"{{"Effect":"Deny",{deny}}}"#);
        assert_eq!(
            under(&format!("{ALLOW},{deny}"), DENY),
            Verdict::Unseen,
            "{deny}"
        );
        // Even where nothing allows it.
        assert_eq!(under(&deny, DENY), Verdict::Unseen, "{deny}");
    }
    assert_eq!(under(ALLOW, DENY), Verdict::DoesNot);
}

#[test]
fn an_action_that_a_reader_may_do_without_is_not_said_to_keep_it_out() {
    const LACKS: &str = "the bucket's policy does not allow it";
    let without = |action: &str| {
        format!(r#"{{"Effect":"Allow","Principal":"*","NotAction":"{action}","Resource":"*"}}"#)
    };
    for (action, verdict) in [
        ("s3:GetObjectVersion", Verdict::Unseen),
        ("s3:GetBucketLocation", Verdict::Unseen),
        ("s3:ListBucket", Verdict::Applies),
        ("s3:GetObject", Verdict::Applies),
    ] {
        assert_eq!(under(&without(action), LACKS), verdict, "{action}");
        let deny = format!(
            r#"{ALLOW},{{"Effect":"Deny","Principal":"*","Action":"{action}","Resource":"*"}}"#
        );
        assert_eq!(
            under(&deny, "the bucket's policy denies it"),
            verdict,
            "{action}"
        );
    }
}

#[test]
fn no_object_is_said_to_be_missing() {
    const MISSING: &str = "an object that is not there";
    assert_eq!(under("", MISSING), Verdict::Unseen);
    assert_eq!(under(ALLOW, MISSING), Verdict::DoesNot);
    let narrow = r#"{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"*","Condition":{"StringEquals":{"s3:prefix":"runs/42"}}}"#;
    assert_eq!(under(narrow, MISSING), Verdict::Unseen);
}

#[test]
fn a_default_says_nothing_of_objects_that_are_there() {
    for default in [Encryption::Kms(None), own_key()] {
        let seen = Seen {
            encryption: Ok(default),
            ..good()
        };
        assert_eq!(that(&seen, Verdict::Applies), [""; 0]);
        assert_eq!(that(&seen, Verdict::Unseen), NEVER_SEEN);
        let none_there = Seen {
            sample: Ok(sample(&[], true)),
            ..seen
        };
        assert!(that(&none_there, Verdict::Unseen).contains(&"encryption with a KMS key"));
    }
}

#[test]
fn what_may_not_be_asked_is_said_with_the_permission_for_it() {
    fn no<T>() -> Answer<T> {
        let error = Error::new(
            ErrorKind::AccessDenied,
            "GetIt",
            "s3://my-bucket",
            "access is denied",
        );
        Err(error.with_remedy("these credentials need s3:GetIt"))
    }
    let blind = Seen {
        policy: no(),
        public: no(),
        region: no(),
        encryption: no(),
        ownership: no(),
        restricts_public: no(),
        requester_pays: no(),
        sample: no(),
    };
    assert_eq!(that(&blind, Verdict::Applies), [""; 0]);
    // These are certain whatever the bucket is like.
    let certain = ["the policy of an access point", "CloudFront", "Object Lock"];
    assert_eq!(that(&blind, Verdict::DoesNot), certain);
    let policy = &causes(&blind)[0];
    assert_eq!(policy.why, "GetIt is not answered: access is denied");
    assert_eq!(
        policy.remedy.as_deref(),
        Some("these credentials need s3:GetIt")
    );
}
