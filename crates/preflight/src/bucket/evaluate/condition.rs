//! Whether a statement's conditions hold.

use serde_json::Value;

use super::{
    super::glob::{covers, meets},
    Request,
    truth::Truth,
};

pub(super) fn condition(statement: &Value, denies: bool, request: Request<'_>) -> Truth {
    let operators = match statement.get("Condition") {
        None => return Truth::Yes,
        Some(Value::Object(operators)) => operators,
        Some(_) => return unreadable(),
    };
    let mut unknown = Vec::new();
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else {
            return unreadable();
        };
        for (key, values) in keys {
            let holds = values_of(values).and_then(|values| {
                Test::of(operator)?.holds(&Context::of(key, request), key, &values)
            });
            match holds {
                Some(true) => {}
                // All of them have to hold.
                Some(false) => return Truth::No,
                None => unknown.push(format!("{operator} of {key}")),
            }
        }
    }
    if unknown.is_empty() {
        return Truth::Yes;
    }
    let word = if denies { "where" } else { "only where" };
    Truth::Depends(format!(
        "{word} a condition holds that depends on the request ({})",
        unknown.join(", ")
    ))
}

fn unreadable() -> Truth {
    Truth::depends("under a condition that cannot be read")
}

fn values_of(values: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(it) => Some(it.to_string()),
        _ => None,
    };
    match values {
        Value::Array(all) if all.is_empty() => None,
        Value::Array(all) => all.iter().map(one).collect(),
        other => Some(vec![one(other)?]),
    }
}

/// What a request brings along under a key.
enum Context<'a> {
    /// This.
    Is(String),
    /// Nothing.
    Absent,
    /// What a listing is asked for: nothing, a part of the weights' folder's name, that, or what is in it.
    Listing(&'a str),
    /// That is not known, nor whether it brings anything.
    Unknown,
}

impl<'a> Context<'a> {
    fn of(key: &str, request: Request<'a>) -> Self {
        match key.to_ascii_lowercase().as_str() {
            // S3's clients all use TLS.
            "aws:securetransport" => Self::Is("true".to_owned()),
            "aws:principalaccount" => Self::Is(request.role.account().to_owned()),
            "aws:principalarn" => match request.role.to_string() {
                // Anybody of the account.
                account if account.ends_with(":root") => Self::Unknown,
                role => Self::Is(role),
            },
            "s3:prefix" if request.action.eq_ignore_ascii_case("s3:ListBucket") => {
                Self::Listing(request.under)
            }
            // It comes with listings alone.
            "s3:prefix" => Self::Absent,
            _ => Self::Unknown,
        }
    }
}

/// How an operator compares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compare {
    Exact,
    AnyCase,
    Pattern,
    Arn,
    Bool,
    Null,
}

/// What an operator asks.
struct Test {
    compare: Compare,
    negated: bool,
    if_exists: bool,
}

impl Test {
    /// None for an operator that is not understood.
    fn of(operator: &str) -> Option<Self> {
        let base = operator.strip_suffix("IfExists");
        let if_exists = base.is_some();
        let (compare, negated) = match base.unwrap_or(operator) {
            "StringEquals" => (Compare::Exact, false),
            "StringNotEquals" => (Compare::Exact, true),
            "StringEqualsIgnoreCase" => (Compare::AnyCase, false),
            "StringNotEqualsIgnoreCase" => (Compare::AnyCase, true),
            "StringLike" => (Compare::Pattern, false),
            "StringNotLike" => (Compare::Pattern, true),
            "ArnEquals" | "ArnLike" => (Compare::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Compare::Arn, true),
            "Bool" => (Compare::Bool, false),
            "Null" if !if_exists => (Compare::Null, false),
            _ => return None,
        };
        Some(Self {
            compare,
            negated,
            if_exists,
        })
    }

    fn holds(&self, context: &Context<'_>, key: &str, values: &[String]) -> Option<bool> {
        if self.compare == Compare::Null {
            let wants_none = match values {
                [one] if one == "true" => true,
                [one] if one == "false" => false,
                _ => return None,
            };
            return match context {
                Context::Is(_) => Some(!wants_none),
                Context::Absent => Some(wants_none),
                Context::Listing(_) | Context::Unknown => None,
            };
        }
        match context {
            Context::Unknown => None,
            Context::Absent => Some(self.negated || self.if_exists),
            Context::Is(text) => {
                let told = values.iter().map(|value| self.matches(value, key, text));
                let told: Vec<_> = told.collect();
                let any = if told.contains(&Some(true)) {
                    true
                } else if told.contains(&None) {
                    return None;
                } else {
                    false
                };
                Some(any != self.negated)
            }
            Context::Listing(under) => {
                // Whatever it is that is asked for, it may be left out.
                let may = values.iter().any(|value| self.may_list(value, under));
                match (may, self.negated, self.if_exists) {
                    (false, true, _) => Some(true),
                    (false, false, false) => Some(false),
                    _ => None,
                }
            }
        }
    }

    /// Whether a value is, or stands for, this text; none where that depends.
    fn matches(&self, value: &str, key: &str, text: &str) -> Option<bool> {
        if value.contains("${") {
            return None;
        }
        let is_bool = key.eq_ignore_ascii_case("aws:SecureTransport");
        match self.compare {
            Compare::Bool if is_bool => match value {
                "true" | "false" => Some(value == text),
                _ => None,
            },
            Compare::Exact if !is_bool => Some(value == text),
            Compare::AnyCase if !is_bool => Some(value.eq_ignore_ascii_case(text)),
            Compare::Pattern if !is_bool => Some(covers(value, text)),
            Compare::Arn if key.eq_ignore_ascii_case("aws:PrincipalArn") => arn_like(value, text),
            _ => None,
        }
    }

    /// Whether there is a prefix that the weights' folder can be listed with, and that the value is or stands
    /// for. When in doubt, there is.
    fn may_list(&self, value: &str, under: &str) -> bool {
        if under.is_empty() || value.contains("${") {
            return true;
        }
        let within = format!("{under}*");
        let parts = (0..=under.len()).filter_map(|end| under.get(..end));
        match self.compare {
            Compare::Exact => value.starts_with(under) || under.starts_with(value),
            Compare::AnyCase => {
                let (value, under) = (value.to_lowercase(), under.to_lowercase());
                value.starts_with(&under) || under.starts_with(&value)
            }
            Compare::Pattern => {
                meets(value, &within) || parts.into_iter().any(|part| meets(value, part))
            }
            Compare::Arn | Compare::Bool | Compare::Null => true,
        }
    }
}

/// Whether an ARN is like a pattern, each of whose six parts is a pattern of its own.
fn arn_like(pattern: &str, arn: &str) -> Option<bool> {
    if !covers(pattern, arn) {
        return Some(false);
    }
    let (patterns, parts) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    let (patterns, parts): (Vec<_>, Vec<_>) = (patterns.collect(), parts.collect());
    let each = patterns.len() == parts.len()
        && patterns
            .iter()
            .zip(&parts)
            .all(|(pattern, part)| covers(pattern, part));
    // As a whole it does; whether a star may stand for a colon is not told.
    each.then_some(true)
}
