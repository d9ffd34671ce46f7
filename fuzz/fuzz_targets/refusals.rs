//! Any body of a refusal: the error is one line of bounded length, and does not hold the key.
#![no_main]

mod support;

use cerebras_management::Error;
use cerebras_management::fuzzing::{KEY, refusal};
use libfuzzer_sys::fuzz_target;

const STATUSES: [u16; 8] = [302, 401, 403, 404, 409, 422, 429, 503];

fuzz_target!(|body: &[u8]| {
    for status in STATUSES {
        check(&refusal(status, body));
    }
});

fn check(error: &Error) {
    let line = error.to_string();
    support::assert_line(&line, 5000);
    for field in error.field_errors() {
        support::assert_line(&field.to_string(), 1000);
    }
    let body = error.body().unwrap_or_default();
    assert!(body.len() <= 4096, "{} bytes", body.len());
    for text in [&line, body, &format!("{error:?}")] {
        assert!(!text.contains(KEY), "{text:?}");
    }
}
