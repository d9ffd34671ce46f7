//! `cbm bucket`: what is printed, merged and refused without a bucket; and with one of moto's server, where
//! there is one (`crates/preflight/tests/moto/run`).

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

#[test]
fn without_credentials_it_is_3_with_what_to_do() {
    let service = Service::fast();
    let mut cbm = service.cbm(&["bucket", "check", "--bucket", "my-bucket", "--role", ROLE]);
    cbm.env("AWS_EC2_METADATA_DISABLED", "true");
    cbm.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(3);
    assert!(ran.err.contains("there are no AWS credentials"), "{ran:#?}");
    assert!(ran.err.contains("aws sso login"), "{ran:#?}");
}

/// A server whose bucket is in eu-west-1, and denies everything.
fn denying() -> String {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            std::thread::spawn(move || {
                let reader = BufReader::new(stream.try_clone().expect("the same"));
                let lines = reader.lines().map_while(Result::ok);
                let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
                let there = head.iter().any(|line| line.contains("/eu-west-1/s3/"));
                let (status, code) = if there {
                    ("403 Forbidden", "AccessDenied")
                } else {
                    ("301 Moved Permanently", "PermanentRedirect")
                };
                let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
                let answer = format!(
                    "HTTP/1.1 {status}\r\nx-amz-bucket-region: eu-west-1\r\nContent-Type: application/xml\r\n\
                     Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                // A client that has gone is none of its business.
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    url
}

#[test]
fn credentials_that_may_ask_nothing_are_no_reason_to_go_on() {
    let service = Service::fast();
    let url = denying();
    let bucket = |verb: &str, more: &[&str]| {
        let arguments = ["bucket", verb, "--bucket", "my-bucket", "--role", ROLE];
        let mut cbm = service.cbm(&[&arguments, more].concat());
        cbm.env("AWS_ENDPOINT_URL", &url)
            .env("AWS_REGION", "us-east-1");
        cbm.env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing");
        Ran::of(&cbm.output().expect("cbm runs"))
    };
    let ran = bucket("check", &["-o", "json"]).ended(3);
    assert!(
        ran.err
            .contains("the policy of bucket my-bucket was not seen"),
        "{ran:#?}"
    );
    assert!(!ran.err.contains("in the way"), "{ran:#?}");
    let causes = ran.json();
    assert_eq!(causes[0]["verdict"], "cannot_be_seen");
    // Where it is comes with the refusal.
    let ran = bucket("check", &[]).ended(3);
    assert!(
        ran.err.contains("bucket my-bucket is in eu-west-1"),
        "{ran:#?}"
    );
    let ran = bucket("policy", &["--existing"]).ended(3);
    assert!(
        ran.err.contains("GetBucketEncryption is not answered"),
        "{ran:#?}"
    );
    assert!(
        ran.err.contains("bucket my-bucket is in eu-west-1"),
        "{ran:#?}"
    );
}

/// A bucket of moto's server, by way of a profile of AWS's files.
#[test]
fn a_policy_is_put_only_when_told_to_and_the_check_is_then_content() {
    let Ok(url) = std::env::var("CBM_MOTO_URL") else {
        assert!(
            std::env::var_os("CBM_REQUIRE_MOTO").is_none(),
            "CBM_MOTO_URL is not set"
        );
        eprintln!("left out: CBM_MOTO_URL is not set");
        return;
    };
    let service = Service::fast();
    let name = format!("weights-of-cbm-{}", std::process::id());
    make_bucket(&url, &name);
    let files = service.folder.path();
    let config = format!(
        "[profile lab]\nregion = us-east-1\nservices = lab\n[services lab]\ns3 =\n  endpoint_url = {url}\n"
    );
    std::fs::write(format!("{files}/config"), config).expect("a file");
    let keys = "[lab]\naws_access_key_id = testing\naws_secret_access_key = S3cret\n";
    std::fs::write(format!("{files}/credentials"), keys).expect("a file");
    let bucket = |verb: &str, more: &[&str]| {
        let arguments = ["bucket", verb, "--bucket", &name, "--role", ROLE];
        let mut cbm = service.cbm(&[&arguments, more].concat());
        cbm.env("AWS_PROFILE", "lab");
        cbm.env("AWS_CONFIG_FILE", format!("{files}/config"));
        cbm.env(
            "AWS_SHARED_CREDENTIALS_FILE",
            format!("{files}/credentials"),
        );
        let ran = Ran::of(&cbm.output().expect("cbm runs"));
        assert!(!format!("{ran:?}").contains("S3cret"));
        ran
    };
    let ran = bucket("check", &[]).ended(1);
    assert!(
        ran.err.contains("the bucket's policy does not allow it"),
        "{ran:#?}"
    );
    assert!(ran.err.contains("cbm bucket policy --bucket"), "{ran:#?}");
    // Nobody can be asked.
    let ran = bucket("policy", &["--apply"]).ended(2);
    assert!(ran.err.contains("not without --yes"), "{ran:#?}");
    bucket("check", &[]).ended(1);

    let ran = bucket("policy", &["--apply", "--yes", "-o", "json"])
        .ended(0)
        .json();
    assert_eq!(
        (&ran["applied"], &ran["added"][0]),
        (&true.into(), &"CerebrasWeightsRead".into())
    );
    let ran = bucket("policy", &["--apply", "--yes", "-o", "json"])
        .ended(0)
        .json();
    assert_eq!(ran["applied"], false);
    let causes = bucket("check", &["-o", "json"]).ended(0).json();
    assert_eq!(causes[0]["verdict"], "does_not_apply");
    let unseen = causes.as_array().expect("a list").iter();
    assert!(
        unseen
            .filter(|it| it["verdict"] == "cannot_be_seen")
            .all(|it| it["remedy"].is_string())
    );
    let existing = bucket("policy", &["--existing"]).ended(0);
    assert!(existing.err.contains("nothing changes"), "{existing:#?}");
    assert!(!existing.err.contains("kms:Decrypt"), "{existing:#?}");

    let rules = |key: &str| {
        format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>aws:kms</SSEAlgorithm>{key}</ApplyServerSideEncryptionByDefault></Rule>\
             </ServerSideEncryptionConfiguration>"
        )
    };
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
    let own = format!("<KMSMasterKeyID>{key}</KMSMasterKeyID>");
    put(&url, &format!("{name}?encryption"), &rules(&own));
    let record = bucket("policy", &["--existing", "-o", "json"]).ended(0);
    assert_eq!(record.json()["key_statement"]["Action"][0], "kms:Decrypt");
    let existing = bucket("policy", &["--existing"]).ended(0);
    assert!(
        existing.err.contains(&format!("in the policy of {key}:")),
        "{existing:#?}"
    );
    put(&url, &format!("{name}?encryption"), &rules(""));
    let existing = bucket("policy", &["--existing"]).ended(0);
    assert!(
        existing.err.contains("the AWS managed key (aws/s3)"),
        "{existing:#?}"
    );
    assert!(!existing.err.contains("kms:Decrypt"), "{existing:#?}");

    // Another role takes the place of the first, and not without a word.
    let other = "arn:aws:iam::123456789012:role/next";
    let mut cbm = service.cbm(&[
        "bucket", "policy", "--bucket", &name, "--role", other, "--apply", "--yes",
    ]);
    cbm.env("AWS_ENDPOINT_URL", &url)
        .env("AWS_REGION", "us-east-1");
    cbm.env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing");
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(0);
    assert!(
        ran.err.contains(&format!("warning: {ROLE} was let in")),
        "{ran:#?}"
    );
}

fn make_bucket(url: &str, name: &str) {
    put(url, name, "");
}

/// Puts something at a path of moto's server, which asks for no signature.
fn put(url: &str, path: &str, body: &str) {
    use std::io::{Read as _, Write as _};
    let address = url.strip_prefix("http://").expect("an address");
    let mut server = std::net::TcpStream::connect(address).expect("a connection");
    let request = format!(
        "PUT /{path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    server.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    server.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
