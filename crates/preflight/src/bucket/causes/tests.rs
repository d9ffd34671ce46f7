use super::*;
use crate::{
    bucket::{Grant, seen::Sample},
    store::Error,
};

const BUCKET: &str = "my-bucket";
const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

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
        sample: Ok(vec![Sample {
            key: "runs/42/config.json".to_owned(),
            encryption: Encryption::OfS3,
            archived: false,
        }]),
    }
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

/// What is at the role's side, whatever the bucket is like; and the archive, of which some is looked at.
const NEVER_SEEN: [&str; 5] = [
    "objects in an archive",
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
    let sample = |encryption, archived| {
        Ok(vec![Sample {
            key: "a".to_owned(),
            encryption,
            archived,
        }])
    };
    let aws_key = Encryption::Kms(Some("arn:aws:kms:eu-west-1:1:alias/aws/s3".to_owned()));
    let cases: Vec<(Seen, &[&str])> = vec![
        (
            Seen {
                policy: Ok(String::new()),
                ..good()
            },
            &[
                "the bucket's policy does not allow it",
                "an object that is not there",
            ],
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
                encryption: Ok(Encryption::Kms(None)),
                ..good()
            },
            &["encryption with a KMS key"],
        ),
        (
            Seen {
                encryption: Ok(aws_key),
                ..good()
            },
            &["encryption with a KMS key"],
        ),
        (
            Seen {
                sample: sample(Encryption::Kms(None), false),
                ..good()
            },
            &["encryption with a KMS key"],
        ),
        (
            Seen {
                requester_pays: Ok(true),
                ..good()
            },
            &["requester pays"],
        ),
        (
            Seen {
                sample: sample(Encryption::OfS3, true),
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
    let own_key = Encryption::Kms(Some("arn:aws:kms:eu-west-1:1:key/2".to_owned()));
    let condition = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},
        {"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*",
         "Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}]}"#;
    let cases: Vec<(Seen, &str)> = vec![
        (
            Seen {
                encryption: Ok(own_key),
                ..good()
            },
            "encryption with a KMS key",
        ),
        (
            Seen {
                sample: Ok(Vec::new()),
                ..good()
            },
            "encryption with a KMS key",
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
