//! What a bucket's policy says of one principal, one action and one resource; as far as that can be told
//! without knowing the request.
//!
//! It follows the evaluation logic that AWS documents for resource policies: a deny that applies wins, then
//! an allow that applies. Whatever turns on what is not known here is neither: a statement applies for certain
//! only where it applies whatever that is, and does not only where it does not whatever that is.

use serde_json::Value;

use super::{
    PrincipalArn,
    glob::{covers, meets},
    policy::{Existing, PolicyError},
};

mod condition;
mod principal;
mod truth;

use condition::condition;
use principal::principal;
use truth::{Truth, texts};

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
    /// The folder that the weights are in, which ends in a slash; empty for the whole bucket. What a listing
    /// is asked for beyond that is not known.
    pub under: &'a str,
}

/// Whether a policy's statements of one effect apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// By the statement that is named, whatever the request is.
    Yes(String),
    /// None does, whatever the request is.
    No,
    /// Each that may, and where it does.
    Depends(Vec<String>),
}

/// What a policy's statements say, each kind by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) allow: Says,
    pub(super) deny: Says,
}

/// What a policy says of a request. An empty policy is that of a bucket without one.
///
/// # Errors
///
/// When it is no policy.
pub fn decide(policy: &str, request: Request<'_>) -> Result<Decision, PolicyError> {
    Ok(said(policy, request)?.decision())
}

impl Said {
    fn decision(self) -> Decision {
        match (self.deny, self.allow) {
            (Says::Yes(by), _) => Decision::Denied(by),
            (_, Says::No) => Decision::NotMentioned,
            (Says::No, Says::Yes(_)) => Decision::Allowed,
            (Says::Depends(against), Says::Yes(_)) => Decision::Depends(against),
            (Says::No, Says::Depends(towards)) => Decision::Depends(towards),
            (Says::Depends(against), Says::Depends(towards)) => {
                Decision::Depends([towards, against].concat())
            }
        }
    }
}

/// What the statements of a policy say of a request.
pub(super) fn said(policy: &str, request: Request<'_>) -> Result<Said, PolicyError> {
    let policy = Existing::read(policy)?;
    let (mut allow, mut deny) = (Says::No, Says::No);
    for (n, statement) in policy.statements.iter().enumerate() {
        let statement: Value = serde_json::from_str(statement.get()).unwrap_or_default();
        let name = match statement["Sid"].as_str() {
            Some(sid) if !sid.is_empty() => format!("statement {sid:?}"),
            _ => format!("statement {}", n + 1),
        };
        let (says, verb, denies) = match statement["Effect"].as_str() {
            Some("Allow") => (&mut allow, "allows", false),
            Some("Deny") => (&mut deny, "denies", true),
            _ => {
                let why = format!("{name} has no effect that is known");
                allow.may(why.clone());
                deny.may(why);
                continue;
            }
        };
        match applies(&statement, denies, request) {
            Truth::No => {}
            Truth::Yes => says.does(name),
            Truth::Depends(why) => says.may(format!("{name} {verb} it {why}")),
        }
    }
    Ok(Said { allow, deny })
}

impl Says {
    fn does(&mut self, name: String) {
        if !matches!(self, Self::Yes(_)) {
            *self = Self::Yes(name);
        }
    }

    fn may(&mut self, why: String) {
        match self {
            Self::Yes(_) => {}
            Self::No => *self = Self::Depends(vec![why]),
            Self::Depends(all) => all.push(why),
        }
    }
}

fn applies(statement: &Value, denies: bool, request: Request<'_>) -> Truth {
    Truth::all([
        action(statement, request.action),
        resource(statement, request.resource),
        principal(statement, request.role),
        condition(statement, denies, request),
    ])
}

fn action(statement: &Value, action: &str) -> Truth {
    let (part, other) = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(part), None) => (part, false),
        (None, Some(part)) => (part, true),
        (Some(_), Some(_)) => return Truth::depends("but names actions in two ways"),
        (None, None) => return Truth::depends("but names no action"),
    };
    let Some(patterns) = texts(part) else {
        return Truth::depends("but its actions cannot be read");
    };
    let action = action.to_ascii_lowercase();
    let mut patterns = patterns.into_iter().map(str::to_ascii_lowercase);
    Truth::known(patterns.any(|it| covers(&it, &action)) != other)
}

fn resource(statement: &Value, resource: &str) -> Truth {
    let (part, other) = match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(part), None) => (part, false),
        (None, Some(part)) => (part, true),
        (Some(_), Some(_)) => return Truth::depends("but names resources in two ways"),
        (None, None) => return Truth::depends("but names no resource"),
    };
    let Some(patterns) = texts(part) else {
        return Truth::depends("but its resources cannot be read");
    };
    if patterns.iter().any(|it| it.contains("${")) {
        return Truth::depends("where a variable has a certain value");
    }
    let all = patterns.iter().any(|it| covers(it, resource));
    let some = patterns.iter().any(|it| meets(it, resource));
    let (all, some) = if other { (!some, !all) } else { (all, some) };
    match (all, some) {
        (true, _) => Truth::Yes,
        (false, false) => Truth::No,
        // Many keys, of which these are some.
        (false, true) => {
            let some = patterns.join(", ");
            Truth::Depends(format!("for a part of what is there ({some})"))
        }
    }
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
