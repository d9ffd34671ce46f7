//! Any text: what is taken for a handle, a pending write or a move is written again as one word for
//! every shell that means the same, and what is not is refused in one line.
#![no_main]

mod support;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use cerebras_management::{Handle, HandleError, MoveIntent, Pending};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fuzz_target!(|text: &str| {
    check::<Handle>(text);
    check::<Pending>(text);
    check::<MoveIntent>(text);
});

fn check<T>(text: &str)
where
    T: FromStr<Err = HandleError> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let read: Result<T, _> = serde_json::from_value(Value::from(text));
    match text.parse::<T>() {
        Ok(handle) => {
            assert_eq!(read.expect("serde agrees"), handle);
            let word = handle.to_string();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@+,=%".contains(c);
            assert!(word.chars().all(plain), "{word}");
            let again = word.parse::<T>().expect("what was written is read");
            assert_eq!(again, handle);
            assert_eq!(again.to_string(), word);
            let json = serde_json::to_value(&handle).expect("JSON");
            assert_eq!(json, Value::from(word));
        }
        Err(error) => {
            let error = error.to_string();
            support::assert_line(&error, 1000);
            assert_eq!(read.expect_err("serde agrees").to_string(), error);
        }
    }
}
