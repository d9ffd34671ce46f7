//! World files with a great many versions, read piece by piece: what the parser makes of a text
//! takes some twenty times as much memory as the text.

use std::ops::Range;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer};

use super::WorldFile;
use crate::SeedVersion;

/// How many versions are read at once.
const AT_ONCE: usize = 1000;

const ORG: &[&str] = &["org"];
const VERSION: &[&str] = &["org", "version"];

/// Whether a line is the header of an item of a list, `[[org.version]]`, in whichever way it is
/// spaced and with or without a comment. Names in quotes are left to the parser.
fn is_header(line: &str, path: &[&str]) -> bool {
    let inner = line.trim().strip_prefix("[[");
    let Some((names, rest)) = inner.and_then(|inner| inner.split_once("]]")) else {
        return false;
    };
    let rest = rest.trim_start();
    let names = names.split('.').map(str::trim);
    (rest.is_empty() || rest.starts_with('#')) && names.eq(path.iter().copied())
}

/// Versions that stand one after another.
#[derive(Debug)]
struct Run {
    /// How many orgs there are up to here; the last is theirs.
    orgs: usize,
    versions: usize,
    text: Range<usize>,
}

/// What a run says, as a document of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    org: PartOfOrg,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartOfOrg {
    version: Vec<SeedVersion>,
}

/// The same as the parser makes of the whole, or none where that cannot be told from the pieces:
/// when something is wrong, or written in an unusual way.
///
/// It cuts before lines that look like headers. One that is none, in the middle of a text or a
/// list, leaves a piece that has no end, and is an error.
pub(super) fn parse(text: &str) -> Option<WorldFile> {
    let (rest, runs) = cut(text);
    let mut file = parse_rest(&rest)?;
    let orgs = rest.lines().filter(|line| is_header(line, ORG)).count();
    if file.orgs.len() != orgs {
        return None;
    }
    for run in runs {
        let org = file.orgs.get_mut(run.orgs.checked_sub(1)?)?;
        let part: Part = toml::from_str(&text[run.text]).ok()?;
        org.versions.extend(part.org.version);
    }
    Some(file)
}

/// The text without its versions, and where they are.
fn cut(text: &str) -> (String, Vec<Run>) {
    let (mut rest, mut runs) = (String::new(), Vec::<Run>::new());
    let (mut orgs, mut at, mut in_version) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let mut begins = 0;
        if line.trim_start().starts_with('[') {
            in_version = is_header(line, VERSION);
            begins = usize::from(in_version);
            orgs += usize::from(is_header(line, ORG));
        }
        if in_version {
            match runs.last_mut() {
                Some(run) if run.text.end == at && run.versions + begins <= AT_ONCE => {
                    run.versions += begins;
                    run.text.end += line.len();
                }
                _ => runs.push(Run {
                    orgs,
                    versions: 1,
                    text: at..at + line.len(),
                }),
            }
        } else {
            rest.push_str(line);
        }
        at += line.len();
    }
    (rest, runs)
}

/// The file without its versions, if they are all cut out.
fn parse_rest(rest: &str) -> Option<WorldFile> {
    let table = DeTable::parse(rest).ok()?;
    if let Some(orgs) = table.get_ref().get("org") {
        let DeValue::Array(orgs) = orgs.get_ref() else {
            return None;
        };
        let versions = |org: &DeValue<'_>| org.as_table().map(|org| org.contains_key("version"));
        if orgs
            .iter()
            .any(|org| versions(org.get_ref()) != Some(false))
        {
            return None;
        }
    }
    WorldFile::deserialize(Deserializer::from(table)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn whole(text: &str) -> Option<WorldFile> {
        toml::from_str(text).ok()
    }

    fn version(n: usize) -> String {
        format!(
            "[[org.version]]\narchitecture = \"a\"\nweight_uri = \"s3://b/{n}\"\naliases = [\n  \
             \"run-{n}\",\n]\n# one more\n\n"
        )
    }

    #[test]
    fn the_pieces_are_the_whole() {
        let org = |name, versions: Range<usize>| {
            let versions: String = versions.map(version).collect();
            let head = format!("[[org]]\nname = \"{name}\"\narchitectures = [\"a\"]\n");
            let endpoint = "  [[org.endpoint]]\r\nid = \"e\"\r\narchitecture = \"a\"\r\n";
            head + &versions + endpoint + &version(9999)
        };
        let text = "speed = 60\n\n".to_owned() + &org("o", 0..2500) + &org("p", 0..3);
        let text = text + "[timings]\nsync = 1\n";
        let file = parse(&text).expect("a world");
        assert_eq!(Some(&file), whole(&text).as_ref());
        let counts = file.orgs.iter().map(|org| org.versions.len());
        assert_eq!(counts.collect::<Vec<_>>(), [2501, 4]);
        assert_eq!(file.orgs[0].versions[1999].aliases, ["run-1999"]);
        assert!(cut(&text).1.iter().all(|run| run.versions <= AT_ONCE));
    }

    /// Such a file would else be read as a whole, and keep what the parser made of it.
    #[test]
    fn headers_may_be_spaced_and_have_comments() {
        for header in [
            "[[org.version]] # the first",
            "[[ org.version ]]",
            "  [[org . version]]#\r",
            "[[\torg\t.\tversion\t]]\t# two",
        ] {
            let versions = version(1).replace("[[org.version]]", header).repeat(2);
            let text = format!("[[ org ]] # one\nname = \"o\"\n{versions}");
            let file = parse(&text).expect(header);
            assert_eq!(Some(&file), whole(&text).as_ref(), "{header}");
            assert_eq!(cut(&text).1[0].versions, 2, "{header}");
            assert_eq!(file.orgs[0].versions.len(), 2, "{header}");
        }
        assert!(!is_header("[[org.version]] x", VERSION));
        assert!(!is_header("[[org.versions]]", VERSION));
    }

    #[test]
    fn what_is_wrong_or_unusual_is_left_to_the_parser() {
        let org = "[[org]]\nname = \"o\"\n";
        let wrong = "[[org.version]]\nweight = 1\n";
        for text in [
            version(1) + org,
            format!("{org}version = []\n{}", version(1)),
            format!(
                "{org}{}[[org.'version']]\narchitecture = \"a\"\n",
                version(1)
            ),
            format!("{org}{}{wrong}", version(1)),
            format!("{org}x = \"\"\"\n{}\"\"\"\n", version(1)),
            "org = [[\n[[org.version]]\n]]\n".to_owned(),
        ] {
            assert_eq!(parse(&text), None, "{text}");
        }
    }

    fn line() -> impl Strategy<Value = &'static str> {
        let usual = select(vec![
            "[[org]]\nname = \"o\"",
            "[[org]]\nname = \"p\"",
            "[[org.version]]\narchitecture = \"a\"\nweight_uri = \"s3://b/1\"",
            "[[org.version]]\narchitecture = \"a\"\nweight_uri = \"s3://b/2\"",
            "[[org.endpoint]]\nid = \"e\"\narchitecture = \"a\"",
            "# [[org]]",
            "",
        ]);
        let odd = select(vec![
            "[[org]]",
            "[[ org ]]",
            "[org]",
            "[[org.version]]",
            "[[org.version]] # two",
            "[[ org .version ]]",
            "[[org.'version']]\narchitecture = \"a\"\nweight_uri = \"s3://b/3\"",
            "[org.version]",
            "[org.version.x]",
            "[timings]",
            "sync = 1",
            "speed = 1",
            "version = []",
            "aliases = [\"a1\"]",
            "aliases = [",
            "]",
            "\"\"\"",
            "fingerprint_suffix = \'\'\'",
            "\'\'\'",
            "\'x\'",
        ]);
        prop_oneof![8 => usual, 1 => odd]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(2000)
        })]

        #[test]
        fn what_is_made_of_pieces_is_what_the_parser_makes(
            lines in prop::collection::vec(line(), 0..12),
        ) {
            let text = lines.join("\n");
            if let Some(file) = parse(&text) {
                prop_assert_eq!(Some(file), whole(&text), "{}", text);
            }
        }
    }
}
