//! Names: what parses, what is written back, and what the types can do. What is refused, and
//! the whole message for each refusal, is in `names/messages.rs`.

#[path = "names/messages.rs"]
mod messages;
#[path = "names/properties.rs"]
mod properties;

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::str::FromStr;

use cerebras_management::names::{
    EndpointId, ModelArchitectureId, ModelVersionName, NameError, OrgName, VersionAlias, VersionId,
    VersionRef, WeightUri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn parsed<T: FromStr<Err = NameError>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn refused<T: FromStr<Err = NameError> + Debug>(text: &str) -> NameError {
    match text.parse::<T>() {
        Ok(name) => panic!("{text:?} is accepted: {name:?}"),
        Err(error) => error,
    }
}

#[track_caller]
fn assert_accepted<T: FromStr<Err = NameError> + Display>(texts: &[&str]) {
    for text in texts {
        assert_eq!(parsed::<T>(text).to_string(), *text);
    }
}

#[test]
fn names_without_a_published_grammar_are_taken_as_they_are() {
    let longest = "x".repeat(255);
    let plain = [
        "my-org",
        "llama3.1-8b",
        "...",
        ".hidden",
        "My_Org+1",
        "Größe-組織",
        "a@b~c",
        "'\"",
        &longest,
    ];
    assert_accepted::<OrgName>(&plain);
    assert_accepted::<ModelArchitectureId>(&plain);
    assert_accepted::<EndpointId>(&plain);
    assert_accepted::<OrgName>(&["org:one"]);
}

#[test]
fn the_length_limit_is_in_bytes_and_never_cuts_a_character() {
    assert_accepted::<OrgName>(&[&"é".repeat(127), &format!("{}x", "é".repeat(127))]);
    assert_eq!(refused::<OrgName>(&"é".repeat(128)).position(), Some(254));
}

#[test]
fn an_organization_id_in_the_place_of_a_name_is_recognised() {
    for id in [
        "org_01hzx3v9k2m4n6p8q0r1s2t3",
        "org-01hzx3v9k2m4n6p8q0r1s2t3",
        "org_550e8400-e29b-41d4-a716-446655440000",
        "org_0123456789abcdef",
    ] {
        assert!(parsed::<OrgName>(id).looks_like_org_id(), "{id}");
    }
    for name in [
        "my-org",
        "org",
        "org-one",
        "org_eu_west",
        "organization0123456789",
        "org-a-team-with-many-words",
        "org_zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz",
        "org_550e8400-e29b-41d4-a716",
    ] {
        assert!(!parsed::<OrgName>(name).looks_like_org_id(), "{name}");
    }
}

#[test]
fn a_full_name_has_its_parts() {
    let name: ModelVersionName = parsed("orgs/my-org/models/gpt-oss-120b/versions/production");
    assert_eq!(name.org(), &"my-org");
    assert_eq!(name.architecture(), &"gpt-oss-120b");
    assert_eq!(name.version(), &VersionRef::Alias(parsed("production")));
    assert_eq!(
        name,
        ModelVersionName::new(
            parsed("my-org"),
            parsed("gpt-oss-120b"),
            parsed::<VersionAlias>("production")
        )
    );
    assert_eq!(
        format!("{name:?}"),
        r#"ModelVersionName("orgs/my-org/models/gpt-oss-120b/versions/production")"#
    );
}

#[test]
fn a_weight_uri_has_a_bucket_and_a_key() {
    for (text, bucket, key) in [
        ("s3://my-bucket", "my-bucket", ""),
        ("s3://my-bucket/", "my-bucket", ""),
        ("s3://my-bucket/model-weights", "my-bucket", "model-weights"),
        ("s3://my.bucket/runs/42/", "my.bucket", "runs/42/"),
        (
            "s3://0a0/my run/größe=1/x@y:z*",
            "0a0",
            "my run/größe=1/x@y:z*",
        ),
        ("s3://my-bucket/a%20b/...", "my-bucket", "a%20b/..."),
        ("s3://my-bucket/a<b/$c", "my-bucket", "a<b/$c"),
    ] {
        let uri: WeightUri = parsed(text);
        assert_eq!((uri.bucket(), uri.key()), (bucket, key), "{text}");
        assert_eq!(uri.to_string(), text);
    }
    assert_accepted::<WeightUri>(&[
        &format!("s3://{}/k", "b".repeat(63)),
        &format!("s3://abc/{}", "k".repeat(1024)),
    ]);
}

#[test]
fn the_same_place_is_recognised_as_the_service_writes_it() {
    let uri: WeightUri = parsed("s3://my-bucket/runs/42/");
    for same in [
        "s3://my-bucket/runs/42",
        "s3://my-bucket/runs/42//",
        "S3://my-bucket/runs/42",
    ] {
        assert!(uri.same_location(same), "{same}");
    }
    for other in [
        "",
        "s3:/",
        "s3://my-bucket/runs",
        "s3://my-bucket/runs/421",
        "s3://My-Bucket/runs/42",
        "https://my-bucket/runs/42",
        "é".repeat(9).as_str(),
    ] {
        assert!(!uri.same_location(other), "{other}");
    }
    assert!(parsed::<WeightUri>("s3://my-bucket").same_location("s3://my-bucket/"));
}

#[test]
fn serde_reads_only_what_parses() {
    fn message<T: DeserializeOwned + Debug>(json: &str) -> String {
        serde_json::from_str::<T>(json)
            .expect_err("it should not parse")
            .to_string()
    }
    assert_eq!(
        message::<VersionAlias>(r#""prod_eu""#),
        r#"alias "prod_eu": byte 4: expected an ASCII letter, a digit or '-', found '_'; try "prod-eu" at line 1 column 9"#
    );
    assert_eq!(
        message::<OrgName>("3"),
        "invalid type: integer `3`, expected an organization name at line 1 column 1"
    );
    assert_eq!(
        message::<ModelVersionName>("null"),
        "invalid type: null, expected the full name of a model version at line 1 column 4"
    );
    assert_eq!(
        message::<VersionId>("0"),
        r#"version "0": expected a number from 1 up, found zero; the first version of a model architecture is 1 at line 1 column 1"#
    );
    assert_eq!(
        message::<VersionId>("-1"),
        "invalid value: integer `-1`, expected a version number from 1 up at line 1 column 2"
    );
    assert_eq!(
        message::<VersionRef>("true"),
        "invalid type: boolean `true`, expected a version number or an alias at line 1 column 4"
    );
}

#[test]
fn a_version_number_is_an_integer_in_json_and_a_reference_is_a_string() {
    let id = VersionId::try_from(3).expect("three is a version");
    assert_eq!(u64::from(id), 3);
    assert_eq!(serde_json::to_string(&id).expect("it serialises"), "3");
    assert_eq!(
        serde_json::from_str::<VersionId>("3").expect("it parses"),
        id
    );

    let reference = VersionRef::from(id);
    assert_eq!(
        serde_json::to_string(&reference).expect("it serialises"),
        r#""3""#
    );
    for json in [r#""3""#, "3"] {
        assert_eq!(
            serde_json::from_str::<VersionRef>(json).expect("it parses"),
            reference
        );
    }
}

#[test]
fn versions_are_ordered_by_number_and_before_aliases() {
    let mut versions: Vec<VersionRef> = ["prod", "10", "eu", "9"].map(parsed).into();
    versions.sort();
    assert_eq!(
        versions,
        ["9", "10", "eu", "prod"].map(parsed::<VersionRef>)
    );

    let mut names: Vec<ModelVersionName> = [
        "orgs/b/models/m/versions/1",
        "orgs/a/models/m/versions/10",
        "orgs/a/models/m/versions/9",
    ]
    .map(parsed)
    .into();
    names.sort();
    assert_eq!(
        names.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "orgs/a/models/m/versions/9",
            "orgs/a/models/m/versions/10",
            "orgs/b/models/m/versions/1"
        ]
    );
}

#[test]
fn a_map_by_name_can_be_asked_with_text() {
    let map = HashMap::from([(parsed::<OrgName>("my-org"), 1)]);
    assert_eq!(map.get("my-org"), Some(&1));
    assert_eq!(map.get("other"), None);
}

#[test]
fn names_line_up_in_a_table() {
    let name: ModelVersionName = parsed("orgs/o/models/m/versions/1");
    assert_eq!(format!("{:<8}|", parsed::<OrgName>("my-org")), "my-org  |");
    assert_eq!(format!("{:>4}|", parsed::<VersionId>("42")), "  42|");
    assert_eq!(format!("{:<6}|", parsed::<VersionRef>("prod")), "prod  |");
    assert_eq!(format!("{name:<28}|"), "orgs/o/models/m/versions/1  |");
    assert_eq!(
        format!("{:?}", parsed::<OrgName>("my-org")),
        r#"OrgName("my-org")"#
    );
    assert_eq!(format!("{:?}", parsed::<VersionId>("42")), "VersionId(42)");
}

#[test]
fn a_setter_takes_text_and_names_alike() {
    fn org(name: impl TryInto<OrgName, Error: Into<NameError>>) -> Result<OrgName, NameError> {
        name.try_into().map_err(Into::into)
    }
    fn version(
        version: impl TryInto<VersionRef, Error: Into<NameError>>,
    ) -> Result<VersionRef, NameError> {
        version.try_into().map_err(Into::into)
    }
    let name: OrgName = parsed("my-org");
    let text = String::from("my-org");
    for taken in [
        org("my-org"),
        org(&text),
        org(text.clone()),
        org(&name),
        org(name.clone()),
    ] {
        assert_eq!(taken.as_ref(), Ok(&name));
    }
    assert_eq!(
        org("..").map_err(|error| error.part()),
        Err("organization name")
    );

    let id: VersionId = parsed("3");
    for taken in [
        version(3),
        version("3"),
        version(id),
        version(VersionRef::from(&id)),
        version(VersionRef::Id(id)),
    ] {
        assert_eq!(taken, Ok(VersionRef::Id(id)));
    }
    let alias: VersionAlias = parsed("prod");
    for taken in [version("prod"), version(&alias), version(alias.clone())] {
        assert_eq!(taken, Ok(VersionRef::Alias(alias.clone())));
    }
    assert_eq!(version(0).map_err(|error| error.part()), Err("version"));
}

#[test]
fn names_go_anywhere() {
    fn everything<T>()
    where
        T: Send
            + Sync
            + Unpin
            + Clone
            + Debug
            + Display
            + Eq
            + Ord
            + Hash
            + Serialize
            + DeserializeOwned
            + 'static,
        T: FromStr<Err = NameError>
            + for<'a> TryFrom<&'a str, Error = NameError>
            + TryFrom<String, Error = NameError>,
    {
    }
    fn an_error<T: std::error::Error + Send + Sync + Clone + Eq + 'static>() {}
    everything::<OrgName>();
    everything::<ModelArchitectureId>();
    everything::<EndpointId>();
    everything::<VersionAlias>();
    everything::<VersionId>();
    everything::<VersionRef>();
    everything::<ModelVersionName>();
    everything::<WeightUri>();
    an_error::<NameError>();
}
