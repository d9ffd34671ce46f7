//! What stands in a report for what is the owner's: numbered words. And which words of the service
//! may stand there as they are.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::answers::Answers;

/// Parts of a full name that are in all of them.
const FIXED: [&str; 3] = ["orgs", "models", "versions"];

/// Shorter texts are in too many words to tell anything, and so are shorter parts of names.
const SHORTEST: usize = 3;
const SHORTEST_PART: usize = 5;

/// Words that tell nothing of anybody, whatever they are part of: of the answers that are known, and
/// of HTTP.
const PUBLIC: [&str; 17] = [
    "model_architectures",
    "model_versions",
    "endpoints",
    "deployed_models",
    "model_arch_id",
    "detail",
    "loc",
    "msg",
    "type",
    "message",
    "param",
    "code",
    "error",
    "content-type",
    "content-length",
    "x-request-id",
    "request-id",
];

#[derive(Debug)]
pub(super) struct Names {
    /// Every text of the service that may name something, and its parts, in lower case.
    owned: BTreeSet<String>,
    /// What stands for each word that is not shown.
    numbered: RefCell<HashMap<String, String>>,
}

impl Names {
    /// `own` is what is known to be the owner's whatever is answered.
    pub(super) fn new(answers: &Answers, own: &[&str]) -> Self {
        let mut owned = BTreeSet::new();
        for text in own {
            collect(text, &mut owned);
        }
        for body in answers.0.iter().filter_map(|it| it.body.as_ref()) {
            texts(body, &mut |text| collect(text, &mut owned));
        }
        Self {
            owned,
            numbered: RefCell::default(),
        }
    }

    /// A word of the service's own vocabulary, such as a status or a field: itself, unless it does
    /// not look like one or has something in it that is the owner's. Then it is `word-1` or so, the
    /// same for the same one.
    pub(super) fn word(&self, word: &str) -> String {
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if PUBLIC.contains(&word) {
            return format!("`{word}`");
        }
        let looks_right = word.len() <= 40
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(plain);
        if looks_right && !self.owned.iter().any(|it| word.contains(&**it)) {
            format!("`{word}`")
        } else {
            let mut numbered = self.numbered.borrow_mut();
            let next = 1 + numbered.len();
            let number = numbered.entry(word.to_owned());
            number.or_insert_with(|| format!("word-{next}")).clone()
        }
    }
}

fn collect(text: &str, into: &mut BTreeSet<String>) {
    let text = text.to_lowercase();
    let names = text.split(['/', ':']);
    let names = names.filter(|it| it.len() >= SHORTEST && !FIXED.contains(it));
    for name in names {
        let parts = name.split(|c: char| !c.is_alphanumeric());
        let parts = parts.filter(|it| it.len() >= SHORTEST_PART);
        into.extend(parts.chain([name]).map(str::to_owned));
    }
}

/// Every text in a body that is not a status.
fn texts(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => {
            let others = fields
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "state" | "sync_status"));
            others.for_each(|(_, value)| texts(value, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_something_of_the_owners_in_it_is_numbered() {
        let own = [
            "acme",
            "https://api.example:8080",
            "the-detail",
            "first-tango",
        ];
        let names = Names::new(&Answers::default(), &own);
        for (word, expected) in [
            ("in_progress", "`in_progress`"),
            ("x-request-id", "`x-request-id`"),
            ("acme_limit", "word-1"),
            ("detail", "`detail`"),
            ("x-8080-id", "word-2"),
            ("Rolling Out", "word-3"),
            ("acme_limit", "word-1"),
            ("tango_state", "word-4"),
            ("the_state", "`the_state`"),
            ("", "word-5"),
        ] {
            assert_eq!(names.word(word), expected);
        }
    }
}
