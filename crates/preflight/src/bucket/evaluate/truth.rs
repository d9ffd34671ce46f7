//! What is certain of something, and what is not.

use serde_json::Value;

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    /// Whatever it is that cannot be seen.
    Yes,
    /// Whatever it is that cannot be seen.
    No,
    /// That turns on what cannot be seen, which is told.
    Depends(String),
}

impl Truth {
    pub(super) fn known(it: bool) -> Self {
        if it { Self::Yes } else { Self::No }
    }

    pub(super) fn depends(why: impl Into<String>) -> Self {
        Self::Depends(why.into())
    }

    /// Whether all of them hold.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut why = Vec::new();
        for part in parts {
            match part {
                Self::Yes => {}
                Self::No => return Self::No,
                Self::Depends(reason) => why.push(reason),
            }
        }
        if why.is_empty() {
            Self::Yes
        } else {
            Self::Depends(why.join(", and "))
        }
    }
}

/// The texts of a part that is one or a list; none when it is or has anything else, or nothing.
pub(super) fn texts(part: &Value) -> Option<Vec<&str>> {
    match part {
        Value::String(one) => Some(vec![one]),
        Value::Array(all) if !all.is_empty() => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}
