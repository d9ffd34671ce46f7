//! Names by the `regex` crate, and by splitting strings.

use std::hint::black_box;

use harness::{ALIAS, ALIAS_NAME, Contender, Failure, no_such, repeat};
use regex::Regex;

const ALIAS_PATTERN: &str = "^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$";
const NAME_PATTERN: &str = "^orgs/([^/]+)/models/([^/]+)/versions/([^/]+)$";

struct Names {
    alias: Regex,
    name: Regex,
}

/// A full name's parts, as strings of their own.
struct Parts {
    _org: String,
    _architecture: String,
    _version: String,
}

fn alias_by_regex(pattern: &Regex, text: &str) -> Result<String, Failure> {
    if pattern.is_match(text) {
        return Ok(text.to_owned());
    }
    Err("no alias".into())
}

fn alias_by_hand(text: &str) -> Result<String, Failure> {
    let [first, middle @ .., last] = text.as_bytes() else {
        return Err("too short".into());
    };
    let right = text.len() <= 128
        && first.is_ascii_lowercase()
        && middle
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && (last.is_ascii_lowercase() || last.is_ascii_digit());
    if right {
        return Ok(text.to_owned());
    }
    Err("no alias".into())
}

fn name_by_regex(pattern: &Regex, text: &str) -> Result<Parts, Failure> {
    let parts = pattern.captures(text).ok_or("no name")?;
    Ok(Parts {
        _org: parts[1].to_owned(),
        _architecture: parts[2].to_owned(),
        _version: parts[3].to_owned(),
    })
}

fn name_by_hand(text: &str) -> Result<Parts, Failure> {
    let mut parts = text.split('/');
    let mut next = || parts.next().unwrap_or_default();
    let (orgs, org, models) = (next(), next(), next());
    let (architecture, versions, version) = (next(), next(), next());
    let right = (orgs, models, versions) == ("orgs", "models", "versions");
    if !right || org.is_empty() || architecture.is_empty() || parts.next().is_some() {
        return Err("no name".into());
    }
    Ok(Parts {
        _org: org.to_owned(),
        _architecture: architecture.to_owned(),
        _version: version.to_owned(),
    })
}

impl Contender for Names {
    fn new(_: &str) -> Result<Self, Failure> {
        Ok(Self {
            alias: Regex::new(ALIAS_PATTERN)?,
            name: Regex::new(NAME_PATTERN)?,
        })
    }

    async fn run(&mut self, case: &str, turns: u64) -> Result<(), Failure> {
        let (alias, name) = (|| black_box(ALIAS), || black_box(ALIAS_NAME));
        match case {
            "alias" => repeat(turns, || alias_by_regex(&self.alias, alias())),
            "alias by hand" => repeat(turns, || alias_by_hand(alias())),
            "name" => repeat(turns, || name_by_regex(&self.name, name())),
            "name by hand" => repeat(turns, || name_by_hand(name())),
            _ => no_such(case),
        }
    }
}

fn main() -> Result<(), Failure> {
    harness::main::<Names>()
}
