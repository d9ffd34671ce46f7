use super::*;
use crate::bucket::{ACTIONS, Grant};

const ROLE: &str = "arn:aws:iam::123456789012:role/team/reader";

fn role() -> PrincipalArn {
    ROLE.parse().expect("a role")
}

/// What a policy of these statements says of reading what is under `runs/`.
#[track_caller]
fn read(statements: &str) -> Decision {
    ask(statements, "s3:GetObject", "arn:aws:s3:::b/runs/*", None)
}

#[track_caller]
fn ask(statements: &str, action: &str, resource: &str, prefix: Option<&str>) -> Decision {
    let role = role();
    let request = Request {
        role: &role,
        action,
        resource,
        prefix,
    };
    decide(&format!(r#"{{"Statement":[{statements}]}}"#), request).expect("a policy")
}

fn depends(decision: Decision) -> String {
    match decision {
        Decision::Depends(why) => why.join("; "),
        other => panic!("{other:?}"),
    }
}

const ALLOW: &str = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#;

#[test]
fn what_we_write_allows_what_is_needed() {
    for prefix in [None, Some("runs".to_owned())] {
        let bucket = "my-bucket".parse().expect("a bucket");
        let grant = Grant {
            bucket,
            role: role(),
            prefix,
        };
        let policy = grant.policy().expect("a policy");
        for action in ACTIONS {
            let role = role();
            let object = action.starts_with("s3:GetObject");
            let resource = if object {
                "arn:aws:s3:::my-bucket/runs/*"
            } else {
                "arn:aws:s3:::my-bucket"
            };
            let request = Request {
                role: &role,
                action,
                resource,
                prefix: Some("runs/"),
            };
            assert_eq!(decide(&policy, request), Ok(Decision::Allowed), "{action}");
        }
    }
}

#[test]
fn nothing_is_allowed_that_is_not_mentioned() {
    assert_eq!(read(""), Decision::NotMentioned);
    for other in [
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},"Action":"s3:*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Principal":"*","Action":["s3:Put*","s3:ListBucket"],"Resource":"*"}"#,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"}"#,
        r#"{"Effect":"Allow","Principal":"*","NotAction":"s3:get*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}"#,
    ] {
        assert_eq!(read(other), Decision::NotMentioned, "{other}");
    }
}

#[test]
fn a_role_is_named_in_several_ways() {
    for principal in [
        "\"*\"",
        r#"{"AWS":"*"}"#,
        r#"{"AWS":["arn:aws:iam::1:root","arn:aws:iam::123456789012:role/team/reader"]}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:root"}"#,
        r#"{"AWS":"123456789012"}"#,
    ] {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"S3:Get*","Resource":["arn:aws:s3:::b/*"]}}"#
        );
        assert_eq!(read(&statement), Decision::Allowed, "{principal}");
    }
}

#[test]
fn a_deny_comes_before_every_allow() {
    let deny =
        r#"{"Sid":"No","Effect":"Deny","Principal":"*","NotAction":"s3:List*","Resource":"*"}"#;
    let denied = Decision::Denied("statement \"No\"".to_owned());
    assert_eq!(read(&format!("{ALLOW},{deny}")), denied);
    assert_eq!(read(&format!("{deny},{ALLOW}")), denied);
    let other =
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/secret/*"}"#;
    assert_eq!(read(&format!("{ALLOW},{other}")), Decision::Allowed);
}

#[test]
fn tls_is_what_every_client_has() {
    let deny = |value| {
        format!(
            r#"{ALLOW},{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{{"Bool":{{"aws:SecureTransport":"{value}"}}}}}}"#
        )
    };
    assert_eq!(read(&deny("false")), Decision::Allowed);
    assert_eq!(
        read(&deny("true")),
        Decision::Denied("statement 2".to_owned())
    );
}

#[test]
fn what_depends_on_the_request_is_neither_allowed_nor_denied() {
    let cases = [
        (
            r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#,
            "aws:SourceVpce",
        ),
        (
            r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
            "aws:SourceIp",
        ),
        (
            r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#,
            "aws:PrincipalOrgID",
        ),
        (
            r#""Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::1:root"},"Action":"s3:*","Resource":"*""#,
            "NotPrincipal",
        ),
        (
            r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/runs/1/*""#,
            "a part of what is there",
        ),
        (
            r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*""#,
            "variable",
        ),
        (
            r#""Effect":"Deny","Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/reader/me"},"Action":"s3:*","Resource":"*""#,
            "one session",
        ),
        (
            r#""Effect":"Deny","Principal":{"AWS":"AROAEXAMPLEID"},"Action":"s3:*","Resource":"*""#,
            "has been deleted",
        ),
        (
            r#""Effect":"Perhaps","Principal":"*","Action":"s3:*","Resource":"*""#,
            "no effect that is known",
        ),
    ];
    for (statement, reason) in cases {
        let why = depends(read(&format!("{ALLOW},{{{statement}}}")));
        assert!(
            why.contains(reason) && why.starts_with("statement 2"),
            "{why}"
        );
    }
}

#[test]
fn an_allow_in_part_or_under_a_condition_is_not_certain() {
    let part = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/runs/1/*"}"#;
    assert!(depends(read(part)).contains("a part of what is there"));
    assert_eq!(read(&format!("{part},{ALLOW}")), Decision::Allowed);
    let org = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#;
    assert!(depends(read(org)).contains("only where a condition holds"));
}

#[test]
fn a_listing_is_allowed_for_the_prefix_that_is_asked_for() {
    let list = r#"{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":["runs/*"]}}}"#;
    let of = |prefix| ask(list, "s3:ListBucket", "arn:aws:s3:::b", prefix);
    assert_eq!(of(Some("runs/42/")), Decision::Allowed);
    assert_eq!(of(Some("other/")), Decision::NotMentioned);
    assert!(depends(of(None)).contains("s3:prefix"));
}
