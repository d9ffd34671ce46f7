use super::*;
use crate::bucket::{ACTIONS, Grant};

const ROLE: &str = "arn:aws:iam::123456789012:role/team/reader";

fn role() -> PrincipalArn {
    ROLE.parse().expect("a role")
}

/// What a policy of these statements says of reading what is under `runs/`.
#[track_caller]
fn read(statements: &str) -> Decision {
    ask(statements, "s3:GetObject", "arn:aws:s3:::b/runs/*")
}

#[track_caller]
fn ask(statements: &str, action: &str, resource: &str) -> Decision {
    let role = role();
    let request = Request {
        role: &role,
        action,
        resource,
        under: "runs/",
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
            prefix: prefix.clone(),
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
                under: "runs/",
            };
            let decision = decide(&policy, request).expect("a policy");
            if prefix.is_some() && action == "s3:ListBucket" {
                // What the service lists is not known.
                assert!(depends(decision).contains("s3:prefix"));
            } else {
                assert_eq!(decision, Decision::Allowed, "{action}");
            }
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

fn allow_where(condition: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{{{condition}}}}}"#
    )
}

fn deny_where(condition: &str) -> String {
    let deny = allow_where(condition).replace("\"Allow\"", "\"Deny\"");
    format!("{ALLOW},{deny}")
}

fn list(statements: &str) -> Decision {
    ask(statements, "s3:ListBucket", "arn:aws:s3:::b")
}

#[test]
fn the_prefix_comes_with_listings_alone() {
    let like = r#""StringLike":{"s3:prefix":"runs/*"}"#;
    assert_eq!(read(&allow_where(like)), Decision::NotMentioned);
    assert!(depends(list(&allow_where(like))).contains("s3:prefix"));
    let equals = r#""StringEquals":{"s3:prefix":"runs/"}"#;
    assert_eq!(read(&deny_where(equals)), Decision::Allowed);
    for absent in [
        r#""StringNotEquals":{"s3:prefix":"runs/"}"#,
        r#""StringLikeIfExists":{"s3:prefix":"other/"}"#,
        r#""Null":{"s3:prefix":"true"}"#,
    ] {
        assert_eq!(read(&allow_where(absent)), Decision::Allowed, "{absent}");
    }
}

#[test]
fn what_is_listed_is_known_no_further_than_that_it_leads_to_the_weights() {
    for value in [
        "",
        "run",
        "runs",
        "runs/",
        "runs/42/",
        "runs/*",
        "*",
        "r?ns",
        "${aws:username}",
    ] {
        for operator in [
            "StringEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIfExists",
        ] {
            let condition = format!(r#""{operator}":{{"s3:prefix":"{value}"}}"#);
            let is_pattern = value.contains(['*', '?']);
            if operator.contains("Equals") && is_pattern && value != "runs/*" {
                continue;
            }
            depends(list(&allow_where(&condition)));
            depends(list(&deny_where(&condition)));
        }
    }
    for (value, operator) in [
        ("other/", "StringEquals"),
        ("other/*", "StringLike"),
        ("*x", "StringEquals"),
    ] {
        let condition = format!(r#""{operator}":{{"s3:prefix":"{value}"}}"#);
        assert_eq!(
            list(&allow_where(&condition)),
            Decision::NotMentioned,
            "{value}"
        );
        assert_eq!(list(&deny_where(&condition)), Decision::Allowed, "{value}");
    }
}

#[test]
fn only_operators_of_patterns_take_a_value_for_one() {
    for never in [
        r#""StringEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}"#,
        r#""StringEquals":{"aws:PrincipalAccount":"1234567890*"}"#,
        r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::999999999999:role/*"}"#,
    ] {
        assert_eq!(read(&allow_where(never)), Decision::NotMentioned, "{never}");
        assert_eq!(read(&deny_where(never)), Decision::Allowed, "{never}");
    }
    for always in [
        r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}"#,
        r#""ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::1234*:role/team/*"}"#,
        r#""StringEquals":{"aws:PrincipalAccount":["1","123456789012"]}"#,
        r#""StringNotEquals":{"aws:principalarn":["arn:aws:iam::123456789012:role/*"]}"#,
    ] {
        assert_eq!(read(&allow_where(always)), Decision::Allowed, "{always}");
        let denied = Decision::Denied("statement 2".to_owned());
        assert_eq!(read(&deny_where(always)), denied, "{always}");
    }
    // Of which it is not told whether a star may stand for a colon.
    depends(read(&allow_where(r#""ArnLike":{"aws:PrincipalArn":"*"}"#)));
}

#[test]
fn a_condition_holds_when_one_of_its_values_does() {
    let both = r#""Bool":{"aws:SecureTransport":["false","true"]}"#;
    assert_eq!(read(&allow_where(both)), Decision::Allowed);
    assert_eq!(
        read(&deny_where(both)),
        Decision::Denied("statement 2".to_owned())
    );
    assert_eq!(
        read(&allow_where(r#""Bool":{"aws:SecureTransport":[true]}"#)),
        Decision::Allowed
    );
}

#[test]
fn a_part_that_cannot_be_read_is_neither() {
    for odd in [
        r#""Bool":{"aws:SecureTransport":"TRUE"}"#,
        r#""Bool":{"aws:SecureTransport":[]}"#,
        r#""StringEquals":{"aws:PrincipalAccount":["1",{}]}"#,
        r#""StringEquals":"aws:PrincipalAccount""#,
        r#""ForAllValues:StringEquals":{"aws:PrincipalAccount":"123456789012"}"#,
    ] {
        depends(read(&allow_where(odd)));
        depends(read(&deny_where(odd)));
    }
    depends(read(
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":[]}"#,
    ));
    depends(read(
        r#"{"Effect":"Allow","Principal":"*","Action":[1],"Resource":"*"}"#,
    ));
    depends(read(
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":[{}]}"#,
    ));
}

#[test]
fn an_account_by_its_canonical_id_may_be_that_of_the_role() {
    for effect in ["Allow", "Deny"] {
        let of_id = format!(
            r#"{{"Effect":"{effect}","Principal":{{"CanonicalUser":"79a59df900b949e5"}},"Action":"s3:*","Resource":"*"}}"#
        );
        let statements = if effect == "Deny" {
            format!("{ALLOW},{of_id}")
        } else {
            of_id
        };
        assert!(depends(read(&statements)).contains("canonical user id"));
    }
}

#[test]
fn a_principal_of_an_account_that_reads_as_a_whole_may_be_the_one() {
    let role: PrincipalArn = "arn:aws:iam::123456789012:root"
        .parse()
        .expect("an account");
    let request = Request {
        role: &role,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::b/runs/*",
        under: "runs/",
    };
    let one = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/a"},"Action":"s3:*","Resource":"*"}}"#;
    assert!(depends(decide(one, request).expect("a policy")).contains("one of the account"));
}
