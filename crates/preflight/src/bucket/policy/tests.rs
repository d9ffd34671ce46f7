use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/cerebras-reader";

fn grant(prefix: Option<&str>) -> Grant {
    Grant {
        bucket: "my-bucket".parse().expect("a bucket"),
        role: ROLE.parse().expect("a role"),
        prefix: prefix.map(str::to_owned),
    }
}

#[test]
fn it_is_the_published_policy_to_the_byte() {
    // The block of the published page, with both placeholders filled in.
    let published = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::123456789012:role/cerebras-reader"
      },
      "Action": [
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:GetBucketLocation"
      ],
      "Resource": [
        "arn:aws:s3:::my-bucket",
        "arn:aws:s3:::my-bucket/*"
      ]
    }
  ]
}
"#;
    assert_eq!(grant(None).policy().expect("a policy"), published);
    assert_eq!(grant(None).warnings(None), Vec::<String>::new());
}

#[test]
fn the_partition_is_that_of_the_role() {
    let role = "arn:aws-us-gov:iam::123456789012:role/r"
        .parse()
        .expect("a role");
    let policy = Grant {
        role,
        ..grant(None)
    }
    .policy()
    .expect("a policy");
    assert!(
        policy.contains("\"arn:aws-us-gov:s3:::my-bucket/*\""),
        "{policy}"
    );
}

#[test]
fn it_is_narrowed_only_when_asked_and_with_a_warning() {
    let narrow = grant(Some("/runs/42/"));
    let policy: Value = serde_json::from_str(&narrow.policy().expect("a policy")).expect("JSON");
    let statements = &policy["Statement"];
    assert_eq!(
        statements[0]["Resource"],
        json!(["arn:aws:s3:::my-bucket/runs/42/*"])
    );
    let under = json!({ "StringLike": { "s3:prefix": ["runs/42", "runs/42/*"] } });
    assert_eq!(statements[1]["Condition"], under);
    assert_eq!(statements[2]["Action"], json!(["s3:GetBucketLocation"]));
    let warning = &narrow.warnings(None)[0];
    assert!(warning.starts_with("the published policy asks for the whole bucket"));
    assert!(
        warning.contains("what is under runs/42/ alone"),
        "{warning}"
    );
    for wrong in ["", "/", "a*", "a?", "${aws:username}"] {
        assert!(
            matches!(grant(Some(wrong)).policy(), Err(PolicyError::Prefix(_))),
            "{wrong}"
        );
    }
}

const OTHERS: &str = r#"{"Version":"2012-10-17","Id":"mine","Statement":[{"Sid":"Tls","Effect":"Deny",  "Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Effect":"Allow","Principal":{"AWS":["999999999999"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::my-bucket/*"}]}"#;

#[test]
fn other_statements_stay_byte_for_byte_and_in_their_order() {
    let merged = grant(None).merged(OTHERS).expect("a policy");
    assert_eq!(merged.added, ["CerebrasWeightsRead"]);
    assert_eq!(merged.replaced, Vec::<String>::new());
    let kept = OTHERS.strip_suffix("]}").expect("its end");
    let ours = merged
        .policy()
        .strip_prefix(kept)
        .expect("the same beginning");
    assert!(ours.starts_with(",{") && ours.contains(ROLE), "{ours}");
    let diff = merged.diff();
    let removed = diff
        .lines()
        .filter(|it| it.starts_with('-') && !it.starts_with("---"));
    // The bracket after what was the last statement, which now has a comma.
    assert!(removed.clone().count() <= 1, "{diff}");
    assert!(
        diff.contains("+      \"Sid\": \"CerebrasWeightsRead\""),
        "{diff}"
    );
}

#[test]
fn a_second_merge_changes_nothing() {
    for prefix in [None, Some("runs/42")] {
        let once = grant(prefix).merged(OTHERS).expect("a policy");
        let twice = grant(prefix).merged(once.policy()).expect("a policy");
        assert!(once.changes() && !twice.changes());
        assert_eq!((twice.policy(), twice.diff().as_str()), (once.policy(), ""));
    }
}

#[test]
fn the_published_policy_that_is_there_already_is_not_added_again() {
    let published = grant(None).policy().expect("a policy");
    assert!(!grant(None).merged(&published).expect("a policy").changes());
    // One statement without brackets, lists of one as texts, another order, another case.
    let other = format!(
        r#"{{"Statement":{{"Sid":"Mine","Effect":"Allow","Principal":{{"AWS":["{ROLE}"]}},
        "Action":["s3:listbucket","s3:GetBucketLocation","s3:GetObjectVersion","s3:GetObject"],
        "Resource":["arn:aws:s3:::my-bucket/*","arn:aws:s3:::my-bucket"]}}}}"#
    );
    assert!(!grant(None).merged(&other).expect("a policy").changes());
}

#[test]
fn what_an_earlier_merge_added_gives_way() {
    let whole = grant(None).merged(OTHERS).expect("a policy");
    let narrow = grant(Some("runs"))
        .merged(whole.policy())
        .expect("a policy");
    assert_eq!(narrow.replaced, ["CerebrasWeightsRead"]);
    let sids = [
        "CerebrasWeightsRead",
        "CerebrasWeightsList",
        "CerebrasWeightsLocate",
    ];
    assert_eq!(narrow.added, sids);
    assert!(
        !narrow.policy().contains("my-bucket\",\"arn"),
        "{}",
        narrow.policy()
    );
    let back = grant(None).merged(narrow.policy()).expect("a policy");
    assert!(
        same_policy(back.policy(), whole.policy()),
        "{}",
        back.policy()
    );
}

/// A policy of one statement under a Sid of ours, changed in one part.
fn under_our_sid(change: impl Fn(&mut Value)) -> String {
    let ours = grant(None).merged("").expect("a policy");
    let mut policy: Value = serde_json::from_str(ours.policy()).expect("JSON");
    change(&mut policy["Statement"][0]);
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        policy["Statement"][0]
    )
}

#[test]
fn a_statement_of_somebodys_own_is_kept_whatever_its_sid_begins_with() {
    let changes: [fn(&mut Value); 8] = [
        |it| {
            it["Sid"] = json!("CerebrasWeightsBlockInterns");
            it["Effect"] = json!("Deny");
            it["Principal"]["AWS"] = json!("arn:aws:iam::123456789012:role/intern");
        },
        |it| it["Sid"] = json!("CerebrasWeightsReadToo"),
        |it| it["Effect"] = json!("Deny"),
        |it| it["Action"] = json!(["s3:GetObject", "s3:PutObject"]),
        |it| it["Principal"]["AWS"] = json!([ROLE, "arn:aws:iam::999999999999:root"]),
        |it| it["Resource"] = json!(["arn:aws:s3:::my-bucket-too/*"]),
        |it| it["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } }),
        |it| it["NotResource"] = json!("arn:aws:s3:::my-bucket/secret/*"),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let theirs = under_our_sid(change);
        match grant(Some("runs")).merged(&theirs) {
            Ok(merged) => {
                let kept = theirs.strip_suffix("]}").expect("its end");
                assert!(
                    merged
                        .policy()
                        .contains(kept.split_once('[').expect("a list").1),
                    "{n}"
                );
                assert_eq!(merged.replaced, [""; 0], "{n}");
            }
            Err(error) => {
                assert_eq!(
                    error,
                    PolicyError::SidTaken("CerebrasWeightsRead".to_owned()),
                    "{n}"
                );
                assert!(n >= 2, "{error}");
            }
        }
    }
}

#[test]
fn a_role_that_is_let_in_no_more_is_told() {
    let first = grant(None).merged("").expect("a policy");
    let other = Grant {
        role: "arn:aws:iam::123456789012:role/next"
            .parse()
            .expect("a role"),
        ..grant(None)
    };
    let second = other.merged(first.policy()).expect("a policy");
    assert_eq!(second.replaced, ["CerebrasWeightsRead"]);
    assert_eq!(second.shut_out, [ROLE]);
    let narrow = grant(Some("runs")).merged(first.policy());
    assert_eq!(narrow.expect("a policy").shut_out, [""; 0]);
}

#[test]
fn a_statement_of_others_that_allows_more_than_the_prefix_is_told() {
    let published = grant(None).policy().expect("a policy");
    let narrow = grant(Some("runs"));
    assert!(narrow.merged(&published).expect("a policy").wider);
    assert!(!narrow.merged(OTHERS).expect("a policy").wider);
    assert!(!grant(None).merged(&published).expect("a policy").wider);
}

#[test]
fn a_bucket_without_a_policy_gets_ours_alone() {
    let merged = grant(None).merged("").expect("a policy");
    let policy: Value = serde_json::from_str(merged.policy()).expect("JSON");
    assert_eq!(policy["Version"], "2012-10-17");
    assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_is_no_policy_is_refused() {
    for text in [
        "[]",
        "{",
        "{\"Statement\":[1]}",
        "{\"Statements\":[]}",
        "{\"Version\":1}",
    ] {
        let error = grant(None).merged(text).expect_err(text);
        assert!(
            error.to_string().starts_with("it is no bucket policy: "),
            "{error}"
        );
    }
}

#[test]
fn a_policy_that_would_be_too_long_is_refused() {
    let long = "x".repeat(MAX_POLICY - 100);
    let existing = format!(r#"{{"Statement":[{{"Sid":"{long}"}}]}}"#);
    let error = grant(None).merged(&existing).expect_err("too long");
    assert!(
        matches!(error, PolicyError::TooLong(bytes) if bytes > MAX_POLICY),
        "{error}"
    );
}

#[test]
fn the_key_needs_a_statement_of_its_own() {
    let statement: Value = serde_json::from_str(&grant(None).key_statement()).expect("JSON");
    let expected = json!({
        "Sid": "CerebrasWeightsDecrypt", "Effect": "Allow", "Principal": { "AWS": ROLE },
        "Action": ["kms:Decrypt"], "Resource": ["*"],
    });
    assert_eq!(statement, expected);
}
