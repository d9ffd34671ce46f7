//! Any text: what is taken as a name is kept as it is and stays where it is put in a URL, and what
//! is not is refused in one line.
#![no_main]

mod support;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use cerebras_management::names::{
    EndpointId, ModelArchitectureId, ModelVersionName, NameError, OrgName, VersionAlias, VersionId,
    VersionRef, WeightUri,
};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

fuzz_target!(|text: &str| {
    for_segment::<OrgName>(text);
    for_segment::<ModelArchitectureId>(text);
    for_segment::<EndpointId>(text);
    for_segment::<VersionAlias>(text);
    for_segment::<VersionRef>(text);

    if let Some(id) = parsed::<VersionId>(text) {
        assert_segments(text);
        let json = serde_json::to_value(id).expect("JSON");
        assert_eq!(json, Value::from(id.get()));
        assert_eq!(serde_json::from_value::<VersionId>(json).ok(), Some(id));
    }
    if let Some(name) = checked::<ModelVersionName>(text) {
        assert_segments(text);
        let again = ModelVersionName::new(
            name.org().clone(),
            name.architecture().clone(),
            name.version().clone(),
        );
        assert_eq!(again, name);
    }
    if let Some(uri) = checked::<WeightUri>(text) {
        let whole = format!("s3://{}/{}", uri.bucket(), uri.key());
        assert!(uri.same_location(text) && uri.same_location(&whole));
        assert_eq!(whole.trim_end_matches('/'), text.trim_end_matches('/'));
    }
});

/// A name that is put into a path as one segment.
fn for_segment<T: Name>(text: &str) {
    if checked::<T>(text).is_some() {
        assert!(!text.contains('/'));
        assert_segments(text);
    }
}

trait Name:
    FromStr<Err = NameError> + Display + Debug + PartialEq + Serialize + DeserializeOwned
{
}

impl<T> Name for T where
    T: FromStr<Err = NameError> + Display + Debug + PartialEq + Serialize + DeserializeOwned
{
}

/// The text as a name, which in serde is the same text.
fn checked<T: Name>(text: &str) -> Option<T> {
    let json = Value::from(text);
    let read: Result<T, _> = serde_json::from_value(json.clone());
    let name = parsed::<T>(text);
    assert_eq!(read.ok(), name);
    if let Some(name) = &name {
        assert_eq!(serde_json::to_value(name).expect("JSON"), json);
    }
    name
}

fn parsed<T: FromStr<Err = NameError> + Display>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(name) => {
            assert_eq!(name.to_string(), text);
            Some(name)
        }
        Err(error) => {
            // The longest proposal is one of an S3 key, escaped.
            support::assert_line(&error.to_string(), 20_000);
            let at = error.position().expect("there is a text");
            assert!(text.is_char_boundary(at), "{error}");
            None
        }
    }
}

/// Whether a path in a URL has the segments that were put into it, whatever a parser makes of it.
fn assert_segments(path: &str) {
    let url = format!("https://host/before/{path}/after");
    let url = Url::parse(&url).expect("a URL");
    assert_eq!((url.query(), url.fragment()), (None, None));
    let decoded: Vec<_> = url
        .path_segments()
        .expect("a path")
        .map(|segment| percent_decode_str(segment).decode_utf8().expect("UTF-8"))
        .collect();
    let expected: Vec<_> = ["before"]
        .into_iter()
        .chain(path.split('/'))
        .chain(["after"])
        .collect();
    assert_eq!(decoded, expected);
}
