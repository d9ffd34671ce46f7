//! What is said to be certain, held against every request that there could be: each is decided by an
//! evaluator of its own, which knows all of the request and nothing of what is certain.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Decision, PrincipalArn, Request, Says, said};

const ROLE: &str = "arn:aws:iam::123456789012:role/team/reader";
const UNDER: &str = "run/";

/// All that is not seen of a request.
#[derive(Clone, Copy, Debug)]
struct Unseen {
    /// What a listing is asked for.
    prefix: Option<&'static str>,
    key: &'static str,
    session: &'static str,
    canonical: &'static str,
    /// The role's own id, where a policy names one.
    id: &'static str,
    endpoint: Option<&'static str>,
    user: &'static str,
}

fn every_request() -> Vec<Unseen> {
    let mut all = Vec::new();
    for prefix in [
        None,
        Some(""),
        Some("r"),
        Some("run"),
        Some("run/"),
        Some("run/a"),
        Some("run/x/y"),
    ] {
        for key in ["run/a", "run/b/c", "run/x/y"] {
            for (session, user) in [("me", "a"), ("you", "b")] {
                for (canonical, id) in [("c1", "AROAONE"), ("c2", "AROATWO")] {
                    for endpoint in [None, Some("vpce-1"), Some("vpce-2")] {
                        all.push(Unseen {
                            prefix,
                            key,
                            session,
                            canonical,
                            id,
                            endpoint,
                            user,
                        });
                    }
                }
            }
        }
    }
    all
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some(b'*'), _) => {
            glob(&pattern[1..], text) || (!text.is_empty() && glob(pattern, &text[1..]))
        }
        (Some(p), Some(c)) => (p == c || *p == b'?') && glob(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn like(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes())
}

fn list(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it.as_str().expect("a text"))
        .collect()
}

/// Whether a statement applies to a request of which all is known.
fn applies(statement: &Value, action: &str, unseen: Unseen) -> bool {
    let resource = if action == "s3:GetObject" {
        format!("arn:aws:s3:::b/{}", unseen.key)
    } else {
        "arn:aws:s3:::b".to_owned()
    };
    let named = |it: &str| match it {
        "*" | ROLE | "arn:aws:iam::123456789012:root" | "123456789012" => true,
        id if id.starts_with("AROA") => id == unseen.id,
        other => {
            other
                == format!(
                    "arn:aws:sts::123456789012:assumed-role/reader/{}",
                    unseen.session
                )
        }
    };
    let principal = |part: &Value| {
        part == "*"
            || part.as_object().is_some_and(|kinds| {
                kinds.iter().any(|(kind, names)| match kind.as_str() {
                    "AWS" => list(names).iter().any(|it| named(it)),
                    "CanonicalUser" => list(names).contains(&unseen.canonical),
                    _ => false,
                })
            })
    };
    let pick = |part: &str, matches: &dyn Fn(&Value) -> bool| match &statement[part] {
        Value::Null => !matches(&statement[format!("Not{part}").as_str()]),
        it => matches(it),
    };
    let actions = |it: &Value| {
        list(it)
            .iter()
            .any(|it| like(&it.to_lowercase(), &action.to_lowercase()))
    };
    let resources = |it: &Value| {
        let filled = |it: &&str| like(&it.replace("${aws:username}", unseen.user), &resource);
        list(it).iter().any(filled)
    };
    let nothing = Map::new();
    let conditions = statement["Condition"].as_object().unwrap_or(&nothing);
    let tests = conditions.iter().flat_map(|(operator, keys)| {
        let keys = keys.as_object().expect("keys");
        keys.iter()
            .map(move |(key, values)| (operator.as_str(), key.as_str(), list(values)))
    });
    pick("Action", &actions)
        && pick("Resource", &resources)
        && pick("Principal", &principal)
        && tests
            .into_iter()
            .all(|(operator, key, values)| holds(operator, key, &values, action, unseen))
}

fn holds(operator: &str, key: &str, values: &[&str], action: &str, unseen: Unseen) -> bool {
    let context = match key {
        "aws:SecureTransport" => Some("true"),
        "aws:PrincipalArn" => Some(ROLE),
        "aws:PrincipalAccount" => Some("123456789012"),
        "aws:SourceVpce" => unseen.endpoint,
        "s3:prefix" if action == "s3:ListBucket" => unseen.prefix,
        _ => None,
    };
    if operator == "Null" {
        return values.contains(&if context.is_none() { "true" } else { "false" });
    }
    let (base, if_exists) = match operator.strip_suffix("IfExists") {
        Some(base) => (base, true),
        None => (operator, false),
    };
    let negated = base.contains("Not");
    let Some(text) = context else {
        return negated || if_exists;
    };
    let one = |value: &&str| {
        let value = value.replace("${aws:username}", unseen.user);
        match base {
            "StringLike" | "StringNotLike" => like(&value, text),
            "ArnLike" | "ArnEquals" | "ArnNotLike" => {
                let (a, b): (Vec<_>, Vec<_>) = (
                    value.splitn(6, ':').collect(),
                    text.splitn(6, ':').collect(),
                );
                a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| like(a, b))
            }
            "StringEqualsIgnoreCase" => value.eq_ignore_ascii_case(text),
            _ => value == text,
        }
    };
    values.iter().any(one) != negated
}

/// One or two of these.
fn some(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec(prop::sample::select(of), 1..3).prop_map(|it| json!(it))
}

fn conditions() -> impl Strategy<Value = Option<Value>> {
    const TEXTS: &[&str] = &[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringNotLikeIfExists",
        "StringLikeIfExists",
        "StringEqualsIgnoreCase",
    ];
    const ARNS: &[&str] = &[
        "StringEquals",
        "StringLike",
        "ArnLike",
        "ArnEquals",
        "ArnNotLike",
        "StringNotEquals",
    ];
    let operator = |of: &'static [&'static str]| prop::sample::select(of);
    let prefix = some(&[
        "",
        "ru",
        "run",
        "RUN/",
        "run/",
        "run/*",
        "run/a",
        "other/",
        "*",
        "*x*",
        "${aws:username}",
    ]);
    let role = some(&[
        ROLE,
        "arn:aws:iam::123456789012:role/*",
        "arn:aws:iam::9*:role/*",
        "arn:aws:iam::*",
        "*",
        "arn:aws:iam::123456789012:role/${aws:username}",
    ]);
    let one = prop_oneof![
        3 => (operator(TEXTS), Just("s3:prefix"), prefix),
        2 => (operator(ARNS), Just("aws:PrincipalArn"), role),
        2 => (operator(TEXTS), Just("aws:PrincipalAccount"), some(&["123456789012", "1234*", "999999999999"])),
        1 => (operator(TEXTS), Just("aws:SourceVpce"), some(&["vpce-1", "vpce-*", "vpce-9"])),
        1 => (Just("Bool"), Just("aws:SecureTransport"), some(&["true", "false"])),
        1 => (
            Just("Null"),
            prop::sample::select(&["s3:prefix", "aws:SourceVpce", "aws:PrincipalArn"][..]),
            prop::sample::select(&["true", "false"][..]).prop_map(|it| json!([it])),
        ),
    ];
    prop::collection::vec(one, 0..3).prop_map(|all| {
        let mut condition = Map::new();
        for (operator, key, values) in all {
            condition.insert(operator.to_owned(), json!({ key: values }));
        }
        (!condition.is_empty()).then_some(Value::Object(condition))
    })
}

fn statement() -> impl Strategy<Value = Value> {
    let principals = prop_oneof![
        4 => Just(json!("*")),
        3 => some(&[
            ROLE, "123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::999999999999:root",
            "arn:aws:iam::123456789012:role/other", "AROAONE",
            "arn:aws:sts::123456789012:assumed-role/reader/me",
        ]).prop_map(|it| json!({ "AWS": it })),
        1 => some(&["c1", "c3"]).prop_map(|it| json!({ "CanonicalUser": it })),
        1 => Just(json!({ "Service": ["cloudfront.amazonaws.com"] })),
    ];
    let actions = some(&[
        "s3:*",
        "s3:getobject",
        "s3:Get*",
        "s3:ListBucket",
        "s3:List*",
        "s3:PutObject",
        "*",
    ]);
    let resources = some(&[
        "*",
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/run/*",
        "arn:aws:s3:::b/run/a",
        "arn:aws:s3:::b/run/?/*",
        "arn:aws:s3:::b/other/*",
        "arn:aws:s3:::b*",
        "arn:aws:s3:::b/run/${aws:username}*",
    ]);
    let part = |name: &'static str| {
        prop::bool::weighted(0.15).prop_map(move |not| {
            if not {
                format!("Not{name}")
            } else {
                name.to_owned()
            }
        })
    };
    let names = (part("Principal"), part("Action"), part("Resource"));
    let effect = prop::sample::select(&["Allow", "Allow", "Deny"][..]);
    let parts = (effect, names, principals, actions, resources, conditions());
    parts.prop_map(
        |(effect, (p, a, r), principal, action, resource, condition)| {
            let mut all = Map::new();
            all.insert("Effect".to_owned(), json!(effect));
            all.insert(p, principal);
            all.insert(a, action);
            all.insert(r, resource);
            all.extend(condition.map(|it| ("Condition".to_owned(), it)));
            Value::Object(all)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn what_is_certain_holds_whatever_is_not_seen(
        statements in prop::collection::vec(statement(), 1..4),
        lists in any::<bool>(),
    ) {
        let role: PrincipalArn = ROLE.parse().expect("a role");
        let (action, resource) = if lists {
            ("s3:ListBucket", "arn:aws:s3:::b")
        } else {
            ("s3:GetObject", "arn:aws:s3:::b/run/*")
        };
        let request = Request { role: &role, action, resource, under: UNDER };
        let told = said(&json!({ "Statement": statements }).to_string(), request).expect("a policy");
        let any = |effect: &str, unseen| statements.iter().any(|it| it["Effect"] == effect && applies(it, action, unseen));
        for unseen in every_request() {
            let (allow, deny) = (any("Allow", unseen), any("Deny", unseen));
            for (says, is) in [(&told.allow, allow), (&told.deny, deny)] {
                match says {
                    Says::Yes(_) => prop_assert!(is, "{told:?} {unseen:?}"),
                    Says::No => prop_assert!(!is, "{told:?} {unseen:?}"),
                    Says::Depends(_) => {}
                }
            }
            match told.clone().decision() {
                Decision::Allowed => prop_assert!(allow && !deny, "{told:?} {unseen:?}"),
                Decision::Denied(_) => prop_assert!(deny, "{told:?} {unseen:?}"),
                Decision::NotMentioned => prop_assert!(!allow, "{told:?} {unseen:?}"),
                Decision::Depends(_) => {}
            }
        }
    }
}
