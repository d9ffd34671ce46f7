//! What a bucket's policy says of one principal, one action and one resource; as far as that can be told
//! without knowing the request.
//!
//! It follows the evaluation logic that AWS documents for resource policies: a deny that applies wins, then
//! an allow that applies. A statement of which a part depends on what is not known here neither applies nor
//! does not: what it says is passed on.

use serde_json::Value;

use super::{
    PrincipalArn,
    glob::{covers, meets},
    policy::{Existing, PolicyError},
};

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It allows it.
    Allowed,
    /// It denies it, by the statement that is named.
    Denied(String),
    /// No statement is about it: another account then has no access.
    NotMentioned,
    /// It depends on what is not known here: each reason, with its statement.
    Depends(Vec<String>),
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub role: &'a PrincipalArn,
    /// `s3:GetObject`
    pub action: &'a str,
    /// An ARN, in which `*` stands for every key.
    pub resource: &'a str,
    /// What a listing is asked for, where it is one and that is known.
    pub prefix: Option<&'a str>,
}

/// Whether something applies to the request.
enum Applies {
    Yes,
    No,
    Depends(String),
}

/// What a policy says of a request. An empty policy is that of a bucket without one.
///
/// # Errors
///
/// When it is no policy.
pub fn decide(policy: &str, request: Request<'_>) -> Result<Decision, PolicyError> {
    let policy = Existing::read(policy)?;
    let mut allowed = false;
    // What may deny it, and what may allow it.
    let (mut against, mut towards) = (Vec::new(), Vec::new());
    for (n, statement) in policy.statements.iter().enumerate() {
        let statement: Value = serde_json::from_str(statement.get()).unwrap_or_default();
        let name = match statement["Sid"].as_str() {
            Some(sid) if !sid.is_empty() => format!("statement {sid:?}"),
            _ => format!("statement {}", n + 1),
        };
        let denies = match statement["Effect"].as_str() {
            Some("Allow") => false,
            Some("Deny") => true,
            _ => {
                against.push(format!("{name} has no effect that is known"));
                continue;
            }
        };
        match applies(&statement, denies, request) {
            Applies::No => {}
            Applies::Yes if denies => return Ok(Decision::Denied(name)),
            Applies::Yes => allowed = true,
            Applies::Depends(why) if denies => against.push(format!("{name} denies it {why}")),
            Applies::Depends(why) => towards.push(format!("{name} allows it {why}")),
        }
    }
    Ok(match (allowed, against.is_empty(), towards.is_empty()) {
        (true, true, _) => Decision::Allowed,
        (true, false, _) => Decision::Depends(against),
        (false, _, true) => Decision::NotMentioned,
        (false, _, false) => Decision::Depends([towards, against].concat()),
    })
}

fn applies(statement: &Value, denies: bool, request: Request<'_>) -> Applies {
    let parts = [
        action(statement, request.action),
        resource(statement, request.resource),
        principal(statement, request.role),
        condition(statement, denies, request),
    ];
    let mut why = Vec::new();
    for part in parts {
        match part {
            Applies::Yes => {}
            Applies::No => return Applies::No,
            Applies::Depends(reason) => why.push(reason),
        }
    }
    if why.is_empty() {
        Applies::Yes
    } else {
        Applies::Depends(why.join(", and "))
    }
}

/// The texts of a part that is one or a list.
fn texts(part: &Value) -> Vec<&str> {
    match part {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn action(statement: &Value, action: &str) -> Applies {
    let action = action.to_ascii_lowercase();
    let listed = |part: &Value| {
        let mut patterns = texts(part).into_iter().map(str::to_ascii_lowercase);
        patterns.any(|pattern| covers(&pattern, &action))
    };
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(part), _) => yes(listed(part)),
        (None, Some(part)) => yes(!listed(part)),
        (None, None) => Applies::Depends("but names no action".to_owned()),
    }
}

fn yes(it: bool) -> Applies {
    if it { Applies::Yes } else { Applies::No }
}

fn resource(statement: &Value, resource: &str) -> Applies {
    let (patterns, other) = match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(part), _) => (texts(part), false),
        (None, Some(part)) => (texts(part), true),
        (None, None) => return Applies::Depends("but names no resource".to_owned()),
    };
    if patterns.iter().any(|it| it.contains("${")) {
        return Applies::Depends("where a variable has a certain value".to_owned());
    }
    let all = patterns.iter().any(|it| covers(it, resource));
    let some = patterns.iter().any(|it| meets(it, resource));
    let (all, some) = if other { (!some, !all) } else { (all, some) };
    match (all, some) {
        (true, _) => Applies::Yes,
        (false, false) => Applies::No,
        // Many keys, of which these are some.
        (false, true) => {
            let some = patterns.join(", ");
            Applies::Depends(format!("for a part of what is there ({some})"))
        }
    }
}

fn principal(statement: &Value, role: &PrincipalArn) -> Applies {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(part), _) => named(part, role),
        (None, Some(_)) => Applies::Depends(
            "to all but some principals (NotPrincipal), among which a role's sessions count by themselves"
                .to_owned(),
        ),
        (None, None) => Applies::Depends("but names no principal".to_owned()),
    }
}

fn named(part: &Value, role: &PrincipalArn) -> Applies {
    let names = match part {
        Value::String(_) => texts(part),
        _ => texts(&part["AWS"]),
    };
    let whole = role.to_string();
    let root = format!("arn:{}:iam::{}:root", role.partition(), role.account());
    let own = |name: &str| name == "*" || name == whole || name == root || name == role.account();
    if names.iter().any(|name| own(name)) {
        return Applies::Yes;
    }
    let sessions = role.role_name().map(|name| {
        let (partition, account) = (role.partition(), role.account());
        format!("arn:{partition}:sts::{account}:assumed-role/{name}/")
    });
    let session = |name: &&&str| {
        sessions
            .as_ref()
            .is_some_and(|it| name.starts_with(it.as_str()))
    };
    if let Some(session) = names.iter().find(session) {
        return Applies::Depends(format!("to the one session {session}"));
    }
    // What the ARN of a principal becomes when that is deleted.
    let is_id = |name: &&&str| name.starts_with("AROA") || name.starts_with("AIDA");
    match names.iter().find(is_id) {
        Some(id) => Applies::Depends(format!("to {id}, a principal that has been deleted")),
        None => Applies::No,
    }
}

fn condition(statement: &Value, denies: bool, request: Request<'_>) -> Applies {
    let Some(Value::Object(operators)) = statement.get("Condition") else {
        return Applies::Yes;
    };
    let mut unknown = Vec::new();
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else {
            return Applies::Depends("under a condition that cannot be read".to_owned());
        };
        for (key, values) in keys {
            let values = texts(values);
            let holds = match (operator.as_str(), key.to_ascii_lowercase().as_str()) {
                // S3's clients all use TLS.
                ("Bool", "aws:securetransport") => values.first().map(|it| *it == "true"),
                ("StringEquals" | "ArnEquals" | "ArnLike" | "StringLike", "aws:principalarn") => {
                    let role = request.role.to_string();
                    Some(values.iter().any(|it| covers(it, &role)))
                }
                ("StringEquals" | "StringLike", "aws:principalaccount") => {
                    Some(values.iter().any(|it| covers(it, request.role.account())))
                }
                ("StringLike" | "StringEquals", "s3:prefix") => request
                    .prefix
                    .map(|prefix| values.iter().any(|it| covers(it, prefix))),
                _ => None,
            };
            match holds {
                Some(true) => {}
                Some(false) => return Applies::No,
                None => unknown.push(format!("{operator} of {key}")),
            }
        }
    }
    if unknown.is_empty() {
        return Applies::Yes;
    }
    let word = if denies { "where" } else { "only where" };
    Applies::Depends(format!(
        "{word} a condition holds that depends on the request ({})",
        unknown.join(", ")
    ))
}

#[cfg(test)]
mod tests;
