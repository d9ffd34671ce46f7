//! What holds for every text, checked over all that are short and over many that are not.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use cerebras_management::names::{
    EndpointId, ModelArchitectureId, ModelVersionName, NameError, OrgName, VersionAlias, VersionId,
    VersionRef, WeightUri,
};
use proptest::prelude::*;
use regex::Regex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::parsed;

#[test]
fn no_invisible_character_of_unicode_gets_into_a_name() {
    let refused = Regex::new(r"^[\p{Cf}\p{Cc}\s/\\?#%]$").expect("a valid pattern");
    for c in '\0'..=char::MAX {
        let text = format!("a{c}b");
        assert_eq!(
            text.parse::<OrgName>().is_err(),
            refused.is_match(&c.to_string()),
            "U+{:04X}",
            u32::from(c)
        );
    }
}

const PUBLISHED_ALIAS: &str = "^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$";

/// In the `regex` crate `$` means the very end (`\z`) unless multi-line mode is on. Elsewhere,
/// in Python's `re` for one, it also matches before a newline at the end, and would let
/// `"prod\n"` through; the strict reading is the one that every server accepts.
fn published_alias() -> Regex {
    Regex::new(PUBLISHED_ALIAS).expect("a valid pattern")
}

#[test]
fn the_published_page_has_the_pattern_that_these_tests_compare_with() {
    let page = include_str!("../../openapi/pages/update-model-version-aliases.md");
    assert!(page.contains(PUBLISHED_ALIAS));
}

#[test]
fn an_alias_is_what_the_published_pattern_matches_for_all_short_texts() {
    const ALPHABET: [char; 10] = ['a', 'z', 'A', '0', '9', '-', '_', '\n', ' ', 'é'];
    let pattern = published_alias();
    let mut texts = vec![String::new()];
    let mut accepted = 0;
    for _length in 0..=4 {
        for text in &texts {
            let is_alias = text.parse::<VersionAlias>().is_ok();
            assert_eq!(is_alias, pattern.is_match(text), "{text:?}");
            accepted += usize::from(is_alias);
        }
        texts = texts
            .iter()
            .flat_map(|text| ALPHABET.map(|c| format!("{text}{c}")))
            .collect();
    }
    // 2 first characters, 4 last ones, and 6 for each of up to 2 between them.
    assert_eq!(accepted, 2 * 4 * (1 + 6 + 36));
}

#[test]
fn an_alias_is_what_the_published_pattern_matches_at_the_edges_of_its_length() {
    let pattern = published_alias();
    for length in 120..=140 {
        for last in ["a", "0", "-", "A", "\n", "é"] {
            let text = "a".repeat(length) + last;
            let is_alias = text.parse::<VersionAlias>().is_ok();
            assert_eq!(is_alias, pattern.is_match(&text), "{length} and {last:?}");
        }
    }
}

/// What the error of each type says about `text`, in both of the ways it can be printed.
fn all_errors(text: &str) -> Vec<(&'static str, NameError)> {
    [
        ("OrgName", text.parse::<OrgName>().err()),
        (
            "ModelArchitectureId",
            text.parse::<ModelArchitectureId>().err(),
        ),
        ("EndpointId", text.parse::<EndpointId>().err()),
        ("VersionAlias", text.parse::<VersionAlias>().err()),
        ("VersionId", text.parse::<VersionId>().err()),
        ("VersionRef", text.parse::<VersionRef>().err()),
        ("ModelVersionName", text.parse::<ModelVersionName>().err()),
        ("WeightUri", text.parse::<WeightUri>().err()),
    ]
    .into_iter()
    .filter_map(|(name, error)| Some((name, error?)))
    .collect()
}

fn plain_name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9._@é組-]{1,40}".prop_filter("a relative path", |text| text != "." && text != "..")
}

fn alias() -> impl Strategy<Value = String> {
    "[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]"
}

fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..=u64::MAX).prop_map(|number| number.to_string()),
        alias()
    ]
}

/// Text made of the pieces that the grammars look at, so that it is often nearly right.
fn nearly_a_name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9_.-]{1,6}",
        prop::sample::select(vec![
            "orgs/",
            "/models/",
            "/versions/",
            "/",
            "//",
            "..",
            "s3://",
            "https://",
            "arn:aws:s3:::",
            "s3.amazonaws.com",
            "console.aws.amazon.com/s3/buckets/",
            "?prefix=",
            "%2F",
            "%",
            "<",
            ">",
            "${",
            "}",
            "\n",
            " ",
            "\u{202e}",
            "\u{2028}",
            "é",
            "0",
            "007",
            "+",
            "endpoints/",
            ":",
            "\\",
            "\u{301}",
            "\0",
            "\"",
            "'",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn assert_round_trip<T>(text: &str)
where
    T: FromStr<Err = NameError> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let name: T = parsed(text);
    assert_eq!(name.to_string(), text);
    let json = serde_json::to_value(&name).expect("a name serialises");
    assert_eq!(json, serde_json::Value::from(text));
    let back: T = serde_json::from_value(json).expect("and comes back");
    assert_eq!(back, name);
}

proptest! {
    #[test]
    fn parsing_and_displaying_are_inverse(
        org in plain_name(),
        architecture in plain_name(),
        version in version(),
        alias in alias(),
        bucket in "[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        key in "([a-zA-Z0-9._=-]{3,10}/){0,4}[a-zA-Z0-9]{0,8}",
    ) {
        assert_round_trip::<OrgName>(&org);
        assert_round_trip::<ModelArchitectureId>(&architecture);
        assert_round_trip::<EndpointId>(&org);
        assert_round_trip::<VersionAlias>(&alias);
        assert_round_trip::<VersionRef>(&version);
        assert_round_trip::<ModelVersionName>(&format!("orgs/{org}/models/{architecture}/versions/{version}"));
        prop_assume!(!key.split('/').any(|segment| segment.bytes().all(|b| b == b'.') && !segment.is_empty()));
        assert_round_trip::<WeightUri>(&format!("s3://{bucket}/{key}"));
    }

    #[test]
    fn whatever_parses_is_displayed_unchanged(text in nearly_a_name()) {
        fn unchanged<T: FromStr<Err = NameError> + Display>(text: &str) -> bool {
            text.parse::<T>().map_or(true, |name| name.to_string() == text)
        }
        prop_assert!(unchanged::<OrgName>(&text));
        prop_assert!(unchanged::<EndpointId>(&text));
        prop_assert!(unchanged::<VersionAlias>(&text));
        prop_assert!(unchanged::<VersionId>(&text));
        prop_assert!(unchanged::<VersionRef>(&text));
        prop_assert!(unchanged::<ModelVersionName>(&text));
        prop_assert!(unchanged::<WeightUri>(&text));
    }

    #[test]
    fn a_path_segment_is_one_segment(text in nearly_a_name()) {
        if let Ok(org) = text.parse::<OrgName>() {
            prop_assert!(!org.as_str().contains(['/', '\\', '?', '#', '%']));
            prop_assert!(!matches!(org.as_str(), "" | "." | ".."));
        }
    }

    #[test]
    fn an_alias_is_what_the_published_pattern_matches(text in prop_oneof![nearly_a_name(), any::<String>(), "[a-zA-Z0-9-]{1,130}", alias()]) {
        prop_assert_eq!(text.parse::<VersionAlias>().is_ok(), published_alias().is_match(&text));
    }

    #[test]
    fn a_version_number_is_what_the_standard_library_reads_and_writes_the_same(text in "[0-9+-]{0,21}") {
        let read = text.parse::<u64>().ok().filter(|number| *number > 0 && number.to_string() == text);
        prop_assert_eq!(text.parse::<VersionId>().ok().map(VersionId::get), read);
    }

    #[test]
    fn an_error_is_one_printable_line(text in prop_oneof![nearly_a_name(), any::<String>()]) {
        let unprintable = Regex::new(r"[\p{Cf}\p{Cc}\p{Zl}\p{Zp}]").expect("a valid pattern");
        for (name, error) in all_errors(&text) {
            let message = error.to_string();
            prop_assert!(!unprintable.is_match(&message), "{}: {:?}", name, message);
            prop_assert!(error.position().is_none_or(|position| position <= text.len()), "{}: {}", name, message);
        }
    }

    #[test]
    fn what_an_error_offers_is_valid(text in nearly_a_name()) {
        fn offered(message: &str) -> Option<&str> {
            message.rsplit_once("try \"")?.1.strip_suffix('"')
        }
        for (name, error) in all_errors(&text) {
            let message = error.to_string();
            let Some(offer) = offered(&message) else { continue };
            // Escaped in the message; unescaping is not what this is about.
            if offer.contains('\\') {
                continue;
            }
            prop_assert_ne!(offer, &text);
            let valid = match error.part() {
                "organization name" => offer.parse::<OrgName>().is_ok(),
                "model architecture" => offer.parse::<ModelArchitectureId>().is_ok(),
                "endpoint id" => offer.parse::<EndpointId>().is_ok(),
                "alias" => offer.parse::<VersionAlias>().is_ok(),
                "version" => offer.parse::<VersionRef>().is_ok(),
                "model version name" => offer.parse::<ModelVersionName>().is_ok(),
                "weight URI" => offer.parse::<WeightUri>().is_ok(),
                part => panic!("{part}"),
            };
            prop_assert!(valid, "{}: {}", name, message);
        }
    }

    #[test]
    fn no_error_shows_a_secret(
        secret in "[A-Z]{4}[0-9]{12}",
        template in prop::sample::select(vec![
            "https://b.s3.amazonaws.com/x?X-Amz-Signature=@",
            "https://b.s3.amazonaws.com/x?X-Amz-Credential=@&X-Amz-Signature=1",
            "https://b.s3.amazonaws.com/@?x-amz-signature=1",
            "s3://b/x?AWSAccessKeyId=1&Signature=@",
            "//x?Signature=@",
            "https://s3.amazonaws.com/b/x?prefix=@",
            "https://user:@:1@host/x",
            "https://@@host/x",
            "s3a://ID:@/1@bucket/x",
            "orgs/o/models/m/versions/1?token=@",
            "orgs/o/models/m/versions/Bearer @",
            "Bearer @",
            "\"Bearer @\"",
            "csk-@/",
            " csk-@",
            "Authorization: Bearer @",
        ]),
    ) {
        let text = template.replacen('@', &secret, 1);
        for (name, error) in all_errors(&text) {
            for shown in [error.to_string(), format!("{error:?}")] {
                let shown = shown.to_ascii_lowercase();
                prop_assert!(!shown.contains(&secret.to_ascii_lowercase()), "{}: {}", name, shown);
            }
        }
    }
}
