//! What serde says of a file that is wrong, in the words of who writes the file.

/// An example of each action and outcome, and of each field that is no text.
const EXAMPLES: &[(&str, &str)] = &[
    ("delay", "action = { delay = { milliseconds = 500 } }"),
    (
        "status",
        "action = { status = { status = 503, retry_after = 2 } }",
    ),
    (
        "rate_limit",
        "action = { rate_limit = { burst = 20, per_minute = 120 } }",
    ),
    (
        "answer",
        "action = { answer = { status = 200, content_type = \"text/plain\", body = \"ok\" } }",
    ),
    ("edge_page", "action = { edge_page = { status = 502 } }"),
    (
        "handled_then",
        "action = { handled_then = { status = 504 } }",
    ),
    ("refuse", "action = { refuse = { milliseconds = 2000 } }"),
    ("close", "action = \"close\""),
    ("lose_answer", "action = \"lose_answer\""),
    ("cut_body", "action = \"cut_body\""),
    (
        "trickle",
        "action = { trickle = { bytes = 16, milliseconds = 100 } }",
    ),
    ("invalid_json", "action = \"invalid_json\""),
    ("wrong_shape", "action = \"wrong_shape\""),
    ("unknown_fields", "action = \"unknown_fields\""),
    (
        "unknown_status",
        "action = { unknown_status = { status = \"paused\" } }",
    ),
    ("huge_body", "action = { huge_body = { bytes = 1000000 } }"),
    ("ends", "outcome = { ends = { status = \"cancelled\" } }"),
    ("rolls_back", "outcome = { rolls_back = { replicas = 1 } }"),
    ("errors", "outcome = { errors = { replicas = 1 } }"),
    ("stalls", "outcome = { stalls = { replicas = 2 } }"),
    ("seed", "seed = 42"),
    ("after", "after = 1"),
    ("times", "times = 2"),
    ("probability", "probability = 0.1"),
    ("speed", "speed = 60"),
    ("started", "started = 1736700000"),
    ("journal_limit", "journal_limit = 1000"),
    ("sync_queued", "sync_queued = 5"),
    ("sync", "sync = 120"),
    ("rollout_queued", "rollout_queued = 5"),
    ("rollout", "rollout = 90"),
    ("rollback", "rollback = 30"),
    ("lag", "lag = 10"),
    ("replicas", "replicas = 4"),
    ("serving", "serving = 1"),
    ("architectures", "architectures = [\"gpt-oss-120b\"]"),
    ("aliases", "aliases = [\"production\"]"),
    // What a table can do, when it names nothing that is known.
    ("action", "action = { delay = { milliseconds = 500 } }"),
    ("outcome", "outcome = { stalls = { replicas = 2 } }"),
];

/// What begins a table.
const HEADERS: &[(&str, &str)] = &[
    ("fault", "[[fault]]"),
    ("sync", "[[sync]]"),
    ("rollout", "[[rollout]]"),
    ("org", "[[org]]"),
    ("version", "[[org.version]]"),
    ("endpoint", "[[org.endpoint]]"),
    ("timings", "[timings]"),
    ("behaviour", "[behaviour]"),
];

/// A message of serde's in plain words, with an example of what the names lead to: those around
/// the place, the most telling first.
pub(super) fn plain(message: &str, names: &[&str]) -> String {
    let found = |examples: &[(&str, &'static str)]| {
        let known = |name: &&str| examples.iter().find(|(known, _)| known == name);
        names.iter().find_map(|name| Some(known(name)?.1))
    };
    let is = |name| names.contains(&name);
    // A name that has a table, in a place for a name without one.
    if let Some(given) = message.strip_prefix("expected table, found ") {
        let alone = found(EXAMPLES).filter(|example| !example.contains('{'));
        let line = format!("expected the name alone, not a name for a value ({given})");
        return with_example(&line, alone.or(Some("action = \"close\"")));
    }
    if message.starts_with("wanted exactly 1 element") {
        let what = if is("outcome") { "outcome" } else { "action" };
        return with_example(&format!("expected exactly one {what}"), found(EXAMPLES));
    }
    if message == "wanted string or table" {
        return match found(EXAMPLES) {
            Some(example) => with_example("expected a name, or a table", Some(example)),
            None => "expected a name between quotes".into(),
        };
    }
    let Some((given, wanted)) = mismatch(message) else {
        let of_field =
            message.starts_with("missing field") || message.starts_with("unexpected keys in table");
        let example = found(EXAMPLES).filter(|_| of_field && (is("action") || is("outcome")));
        return with_example(message, example);
    };
    let header = wanted == "a sequence" || wanted.starts_with("struct ");
    let header = header && !wanted.starts_with("struct variant");
    let example = found(HEADERS).filter(|_| header).or(found(EXAMPLES));
    let line = format!("expected {}, not {}", in_words(wanted), in_words(given));
    with_example(&line, example)
}

/// A message of `serde_json`'s about a body, with the example in JSON.
pub(crate) fn of_json(error: &serde_json::Error, body: &str) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let Some(message) = message.strip_suffix(&place) else {
        return message;
    };
    let line = body.lines().nth(error.line().saturating_sub(1));
    let before = line.and_then(|line| line.get(..error.column()));
    let mut names: Vec<_> = words(before.unwrap_or_default()).collect();
    names.reverse();
    let plain = plain(message, &names);
    let Some((line, example)) = plain.split_once("; for example `") else {
        return format!("{plain}{place}");
    };
    let example = toml::from_str::<serde_json::Value>(example.trim_end_matches('`'));
    match example {
        Ok(example) if !line.starts_with("expected a list") => {
            format!("{line}{place}; for example `{example}`")
        }
        _ => format!("{line}{place}"),
    }
}

fn with_example(line: &str, example: Option<&str>) -> String {
    match example {
        Some(example) => format!("{line}; for example `{example}`"),
        None => line.to_owned(),
    }
}

/// What was given, and what was expected, in serde's words.
fn mismatch(message: &str) -> Option<(&str, &str)> {
    let rest = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))?;
    rest.rsplit_once(", expected ")
}

fn in_words(serde: &str) -> &str {
    match serde {
        "f64" => "a number",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number of 0 or more",
        "a sequence" | "sequence" => "a list",
        "a boolean" => "true or false",
        "a string" => "a text between quotes",
        "map" => "a table",
        "unit variant" => "the name alone",
        "unit" | "null" => "nothing",
        _ if serde.starts_with("struct") => "a table",
        // integer `5`, floating point `1.5`, boolean `true`
        _ => serde.split('`').nth(1).unwrap_or(serde),
    }
}

/// The names in a line of TOML, without what follows a `#`.
pub(super) fn names(line: &str) -> Vec<&str> {
    let words = words(line.split('#').next().unwrap_or(line));
    let mut words: Vec<_> = words.collect();
    // `action` and `outcome` come last: what they are set to tells more.
    words.sort_by_key(|word| *word == "action" || *word == "outcome");
    words
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FaultPlan, WorldFile};

    #[test]
    fn every_example_is_right() {
        for (name, example) in EXAMPLES {
            let text = if example.starts_with("action") {
                format!("[[fault]]\n{example}\n")
            } else if example.starts_with("outcome") {
                let list = if *name == "ends" { "sync" } else { "rollout" };
                format!("[[{list}]]\n{example}\n")
            } else {
                // A field of one of these.
                let places = [
                    String::new(),
                    "[[fault]]\naction = \"close\"\n".into(),
                    "[timings]\n".into(),
                ];
                let seed = "[[org]]\nname = \"o\"\n";
                let version =
                    "[[org.version]]\narchitecture = \"gpt-oss-120b\"\nweight_uri = \"s3://b/w\"\n";
                let architecture = "architectures = [\"gpt-oss-120b\"]\n";
                let endpoint = "[[org.endpoint]]\nid = \"e\"\narchitecture = \"gpt-oss-120b\"\n";
                let org = format!("{seed}{architecture}{version}");
                let others = [seed.to_owned(), org.clone(), org + endpoint];
                let mut all = places.into_iter().chain(others);
                let fits = all.any(|place| {
                    let text = place + example;
                    FaultPlan::parse(&text).is_ok() || WorldFile::parse(&text).is_ok()
                });
                assert!(fits, "{example}");
                continue;
            };
            FaultPlan::parse(&text).expect(example);
        }
    }

    #[test]
    fn over_http_the_example_is_json() {
        for (json, expected) in [
            (
                r#"{"fault":[{"action":"delay"}]}"#,
                "expected a table, not the name alone at line 1 column 28; for example \
                 `{\"action\":{\"delay\":{\"milliseconds\":500}}}`",
            ),
            (
                r#"{"seed":"x"}"#,
                "expected a whole number of 0 or more, not string \"x\" at line 1 column 11; for \
                 example `{\"seed\":42}`",
            ),
            (
                r#"{"fault":7}"#,
                "expected a list, not 7 at line 1 column 10",
            ),
            ("{", "EOF while parsing an object at line 1 column 1"),
        ] {
            let error = serde_json::from_str::<FaultPlan>(json).expect_err(json);
            assert_eq!(of_json(&error, json), expected);
        }
    }

    #[test]
    fn every_action_has_an_example() {
        let error = serde_json::from_str::<crate::FaultAction>("\"none\"").err();
        let error = error.expect("there is none").to_string();
        let (_, all) = error.split_once("expected one of ").expect("a list");
        for name in all.split('`').skip(1).step_by(2) {
            assert!(EXAMPLES.iter().any(|(known, _)| *known == name), "{name}");
        }
    }
}
