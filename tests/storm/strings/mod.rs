//! Texts that are made to break a path, a header, a line of a log or a JSON text, in every place
//! where a caller can give a text.
//!
//! What is refused is refused before anything is sent. What is accepted is in the request where it
//! belongs and nowhere else: as one segment of the path, or one string of the body.

mod texts;
mod ways;

use std::collections::BTreeMap;

use cerebras_management::names::{
    EndpointId, ModelArchitectureId, ModelVersionName, OrgName, VersionAlias, VersionId,
    VersionRef, WeightUri,
};
use cerebras_management::{ErrorKind, RetryPolicy, Sent};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::leaks;
use crate::recorder::{Recorder, Request};
use crate::world::{builder, tell};
use ways::Lands;

/// Nothing is found, so that each call ends with its first request.
const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\n\
    content-length: 15\r\nconnection: close\r\n\r\n{\"detail\":\"no\"}";

#[tokio::test]
async fn no_text_breaks_a_request() {
    let watch = leaks::watch();
    let recorder = Recorder::start(NOT_FOUND).await;
    let client = builder(&recorder.url).retry(RetryPolicy::none());
    let client = client.build().unwrap();
    let mut counts = BTreeMap::new();
    for way in ways::all() {
        for text in texts::all() {
            let start: String = text.chars().take(60).collect();
            let place = format!("{} with {start:?}", way.name);
            let result = (way.take)(client.clone(), text.clone()).await;
            let requests = recorder.take();
            requests.iter().for_each(check_request);
            if let Err(error) = &result {
                watch.error(error);
            }
            let refused = result.as_ref().err();
            let refused = refused.filter(|error| error.kind() == ErrorKind::InvalidInput);
            let (refusals, acceptances) = counts.entry(way.name).or_insert((0, 0));
            if let Some(error) = refused {
                *refusals += 1;
                assert_eq!(requests, [], "{place}: {error}");
                assert_eq!(error.was_sent(), Sent::No, "{place}");
                let length = error.to_string().len();
                assert!(length < 4_000, "{place}: a line of {length} bytes");
                continue;
            }
            *acceptances += 1;
            let lines = text.contains(['\r', '\n', '\0']);
            assert!(!lines || may_hold_lines(way.name), "{place} is accepted");
            if let Lands::Segment(_) | Lands::Deploying = way.lands {
                assert!(!breaks_a_path(&text), "{place} is sent: {requests:?}");
            }
            assert!(
                !requests.is_empty(),
                "{place}: neither refused nor sent: {result:?}"
            );
            assert!(lands(way.lands, &text, &requests), "{place}: {requests:?}");
        }
    }
    for (way, (refused, accepted)) in counts {
        tell(&format!(
            "{way:<36} {refused:>3} refused, {accepted:>3} accepted"
        ));
        assert!(
            refused > 0 || way == "Endpoint::chat",
            "{way} refuses nothing"
        );
    }
}

/// A chat is a text of its own, and the two others are compared with what the service tells, and
/// never sent.
fn may_hold_lines(way: &str) -> bool {
    matches!(
        way,
        "Endpoint::chat" | "Handle, deployment" | "Pending, suffix"
    )
}

/// What must never be part of a path, whatever else is allowed.
fn breaks_a_path(text: &str) -> bool {
    let bad = |c: char| {
        matches!(c, '/' | '\\' | '?' | '#' | '%')
            || c.is_control()
            || c.is_whitespace()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    matches!(text, "" | "." | "..") || text.len() > 255 || text.chars().any(bad)
}

/// The segments of a path, decoded. None of them may be more than one, or a step elsewhere.
fn segments(request: &Request) -> Vec<String> {
    let path = &request.path;
    assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
    assert!(!path.contains(['?', '#', '\\']), "{path}");
    let decoded = path.split('/').map(|segment| {
        let segment = percent_decode_str(segment).decode_utf8().unwrap();
        assert!(!matches!(&*segment, "." | ".."), "{path}");
        assert!(!segment.contains(['/', '\\']), "{path}");
        assert!(!segment.contains(char::is_control), "{path}");
        segment.into_owned()
    });
    decoded.collect()
}

/// The shape of every path that this crate may ask.
fn is_a_route(segments: &[String]) -> bool {
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [
            "",
            "management",
            "v1",
            "orgs",
            _,
            "models" | "models:upload" | "endpoints",
        ]
        | ["", "management", "v1", "orgs", _, "models", _, "versions"]
        | [
            "",
            "management",
            "v1",
            "orgs",
            _,
            "models",
            _,
            "versions",
            _,
        ]
        | ["", "v1", "chat", "completions"] => true,
        ["", "management", "v1", "endpoints", endpoint] => {
            let id = endpoint.strip_suffix(":deployModel").unwrap_or(endpoint);
            !id.contains(':')
        }
        _ => false,
    }
}

/// The headers and the fields that this crate sends.
const HEADERS: [&str; 6] = [
    "accept",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
];
const FIELDS: [&str; 4] = ["messages", "model", "model_arch_id", "version_aliases"];

/// Nothing is in a request that does not belong there.
fn check_request(request: &Request) {
    assert!(is_a_route(&segments(request)), "{}", request.path);
    let mut names: Vec<_> = request.headers.iter().map(|(name, _)| &**name).collect();
    assert!(names.iter().all(|name| HEADERS.contains(name)), "{names:?}");
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "a header twice: {:?}", request.headers);
    if !request.body.is_empty() {
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        let fields = body.as_object().expect("an object");
        assert!(
            fields.keys().all(|name| FIELDS.contains(&&**name)),
            "{body}"
        );
    }
}

/// Whether the text is where it belongs.
fn lands(lands: Lands, text: &str, requests: &[Request]) -> bool {
    let is_there = |request: &Request| match lands {
        Lands::Nowhere => true,
        Lands::Segment(n) => segments(request).get(n).is_some_and(|there| there == text),
        Lands::Deploying => {
            let last = segments(request).pop();
            last.is_some_and(|last| last.strip_suffix(":deployModel") == Some(text))
        }
        Lands::Body(place) => {
            let body: Option<Value> = serde_json::from_str(&request.body).ok();
            let there = body.as_ref().and_then(|body| body.pointer(place)?.as_str());
            there == Some(text)
        }
        Lands::Header(name) => {
            let mut values = request.headers.iter().filter(|(header, _)| header == name);
            values.any(|(_, value)| value.trim().ends_with(text.trim()))
        }
    };
    requests.iter().any(is_there)
}

/// What is parsed is what is sent: no name is changed on its way.
#[test]
fn no_name_is_changed_by_parsing_it() {
    macro_rules! check {
        ($($name:ty),+) => {
            for text in texts::all() {
                $(if let Ok(name) = text.parse::<$name>() {
                    assert_eq!(name.to_string(), text, stringify!($name));
                })+
            }
        };
    }
    check!(
        OrgName,
        ModelArchitectureId,
        EndpointId,
        VersionAlias,
        VersionId,
        VersionRef,
        ModelVersionName,
        WeightUri
    );
}
