//! Whether a statement is about whoever reads.

use serde_json::Value;

use super::{
    super::PrincipalArn,
    truth::{Truth, texts},
};

pub(super) fn principal(statement: &Value, role: &PrincipalArn) -> Truth {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(Value::String(one)), None) if one == "*" => Truth::Yes,
        (Some(Value::Object(kinds)), None) => {
            let mut why = Vec::new();
            for (kind, names) in kinds {
                match of_kind(kind, names, role) {
                    Truth::Yes => return Truth::Yes,
                    Truth::No => {}
                    Truth::Depends(reason) => why.push(reason),
                }
            }
            if why.is_empty() {
                Truth::No
            } else {
                Truth::Depends(why.join(" or "))
            }
        }
        (None, Some(_)) => Truth::depends(
            "to all but some principals (NotPrincipal), among which a role's sessions count by themselves",
        ),
        (None, None) => Truth::depends("but names no principal"),
        _ => Truth::depends("but its principal cannot be read"),
    }
}

fn of_kind(kind: &str, names: &Value, role: &PrincipalArn) -> Truth {
    let Some(names) = texts(names) else {
        return Truth::depends("but its principal cannot be read");
    };
    match kind {
        "AWS" => named(&names, role),
        // No role is a service of AWS.
        "Service" => Truth::No,
        "CanonicalUser" => Truth::Depends(format!(
            "to an account by its canonical user id ({}), which may be that of the role",
            names.join(", ")
        )),
        other => Truth::Depends(format!(
            "to a principal by {other} ({}), which may be the role",
            names.join(", ")
        )),
    }
}

fn named(names: &[&str], role: &PrincipalArn) -> Truth {
    let whole = role.to_string();
    let (partition, account) = (role.partition(), role.account());
    let root = format!("arn:{partition}:iam::{account}:root");
    let all = |name: &str| name == "*" || name == whole || name == root || name == account;
    if names.iter().any(|name| all(name)) {
        return Truth::Yes;
    }
    let find = |is: &dyn Fn(&str) -> bool| names.iter().find(|name| is(name));
    // An account as a whole: which principal of it reads is not known.
    if whole == root
        && let Some(one) = find(&|name| name.contains(&format!("::{account}:")))
    {
        return Truth::Depends(format!("to {one}, one of the account"));
    }
    let sessions = role.role_name();
    let sessions =
        sessions.map(|name| format!("arn:{partition}:sts::{account}:assumed-role/{name}/"));
    if let Some(sessions) = sessions
        && let Some(session) = find(&|name| name.starts_with(&sessions))
    {
        return Truth::Depends(format!("to the one session {session}"));
    }
    // What the ARN of a principal becomes when that is deleted.
    if let Some(id) = find(&|name| name.starts_with("AROA") || name.starts_with("AIDA")) {
        return Truth::Depends(format!("to {id}, a principal that has been deleted"));
    }
    let plain = |name: &str| {
        let is_account = name.len() == 12 && name.bytes().all(|it| it.is_ascii_digit());
        is_account || (name.starts_with("arn:") && !name.contains(['*', '?', '$']))
    };
    match find(&|name| !plain(name)) {
        Some(odd) => Truth::Depends(format!("to {odd}, whoever that is")),
        None => Truth::No,
    }
}
