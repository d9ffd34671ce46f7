//! Endpoint ids.

use std::sync::Arc;

use super::plain::{Plain, segment_after};

const GRAMMAR: Plain = Plain {
    part: "endpoint id",
    example: r#"an endpoint id looks like "my-org-gpt-oss-120b""#,
    forbidden: r"/ \ ? # % :",
    pick: |text| match segment_after(text, "endpoints") {
        Some(segment) => before_action(segment),
        None if text.contains("://") => None,
        None => before_action(text),
    },
};

/// `my-endpoint` of `my-endpoint:deployModel`.
fn before_action(segment: &str) -> Option<&str> {
    segment.split(':').next()
}

/// The id of a dedicated endpoint, such as `my-org-gpt-oss-120b`.
///
/// It is the `endpoint_id` of the reference, and the `model` of an inference request
/// (published).
///
/// # Grammar
///
/// Assumed, because the service publishes none:
///
/// ```text
/// endpoint-id = 1*255 byte of character, but not "." or ".."
/// character   = any Unicode character except "/" "\" "?" "#" "%" ":"
///               and except control, format (such as bidi) and white-space characters
/// ```
///
/// There is no colon because the service writes an action on an endpoint behind one:
/// `/endpoints/my-org-gpt-oss-120b:deployModel` (published).
///
/// # Examples
///
/// ```
/// use cerebras_management::names::EndpointId;
///
/// let endpoint: EndpointId = "my-org-llama3.1-8b".parse()?;
/// assert_eq!(endpoint.as_str(), "my-org-llama3.1-8b");
///
/// let error = "my-endpoint:deployModel".parse::<EndpointId>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"endpoint id "my-endpoint:deployModel": byte 11: expected none of / \ ? # % :, found ':'; try "my-endpoint""#,
/// );
/// # Ok::<(), cerebras_management::names::NameError>(())
/// ```
///
/// # Errors
///
/// Parsing fails with a [`NameError`](super::NameError) for anything outside of the grammar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(Arc<str>);

text_newtype!(EndpointId, "an endpoint id", |text: &str| GRAMMAR
    .check(text));
