//! `cbm bucket policy` without a bucket: what is printed, merged and refused.

#![allow(missing_docs)]

mod harness;

use harness::{Ran, Service};

const ROLE: &str = "arn:aws:iam::123456789012:role/cerebras-reader";

fn policy(service: &Service, more: &[&str]) -> Ran {
    let arguments = ["bucket", "policy", "--bucket", "my-bucket", "--role", ROLE];
    service.run(&[&arguments, more].concat())
}

#[test]
fn the_published_policy_is_printed_and_nothing_else() {
    let ran = policy(&Service::fast(), &[]).ended(0);
    assert_eq!(ran.err, "");
    let policy = ran.json();
    assert_eq!(policy["Version"], "2012-10-17");
    let statement = serde_json::json!([{
        "Effect": "Allow",
        "Principal": { "AWS": ROLE },
        "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketLocation"],
        "Resource": ["arn:aws:s3:::my-bucket", "arn:aws:s3:::my-bucket/*"],
    }]);
    assert_eq!(policy["Statement"], statement);
}

#[test]
fn less_than_the_bucket_and_a_key_come_with_a_warning() {
    let service = Service::fast();
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
    let ran = policy(&service, &["--prefix", "runs/42", "--kms-key", key]).ended(0);
    assert!(ran.err.contains("asks for the whole bucket"), "{ran:#?}");
    assert!(ran.err.contains("\"kms:Decrypt\""), "{ran:#?}");
    let ran = policy(&service, &["--kms-key", key, "-o", "json"]).ended(0);
    let record = ran.json();
    assert_eq!(record["key_statement"]["Action"][0], "kms:Decrypt");
    assert_eq!(
        (&record["applied"], &record["diff"]),
        (&false.into(), &serde_json::Value::Null)
    );
}

#[test]
fn a_policy_in_a_file_is_merged_and_the_difference_shown() {
    let service = Service::fast();
    let file = format!("{}/policy.json", service.folder.path());
    let mine = r#"{"Version":"2012-10-17","Statement":{"Sid":"Mine","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"*"}}"#;
    std::fs::write(&file, mine).expect("a file");
    let merged = policy(&service, &["--merge", &file]).ended(0);
    assert!(
        merged
            .err
            .contains("+      \"Sid\": \"CerebrasWeightsRead\""),
        "{merged:#?}"
    );
    assert_eq!(merged.json()["Statement"][0]["Sid"], "Mine");
    std::fs::write(&file, &merged.out).expect("a file");
    let again = policy(&service, &["--merge", &file]).ended(0);
    assert!(again.err.contains("nothing changes"), "{again:#?}");
    assert_eq!(again.json(), merged.json());

    std::fs::write(&file, "[]").expect("a file");
    let ran = policy(&service, &["--merge", &file]).ended(2);
    assert!(ran.err.contains("it is no bucket policy"), "{ran:#?}");
    policy(&service, &["--merge", "/no/such/file"]).ended(2);
    policy(&service, &["--merge", &file, "--apply"]).ended(2);
    policy(&service, &["--yes"]).ended(2);
}

#[test]
fn what_is_no_role_says_why() {
    let service = Service::fast();
    for (role, why) in [
        ("<cerebras-provided-iam-role-arn>", "it is a placeholder"),
        ("*", "more than one role"),
        (
            "arn:aws:sts::123456789012:assumed-role/reader/me",
            "give arn:aws:iam::123456789012:role/reader",
        ),
    ] {
        let arguments = ["bucket", "policy", "--bucket", "my-bucket", "--role", role];
        let ran = service.run(&arguments).ended(2);
        assert!(ran.err.contains(why), "{ran:#?}");
    }
}
