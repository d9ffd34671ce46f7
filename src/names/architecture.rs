//! Model architectures.

use std::sync::Arc;

use super::plain::{Plain, segment_after};

const GRAMMAR: Plain = Plain {
    part: "model architecture",
    example: r#"a model architecture looks like "gpt-oss-120b""#,
    forbidden: r"/ \ ? # %",
    pick: |text| segment_after(text, "models").or_else(|| model_of_owner(text)),
};

/// `owner/model`, as model hubs write it.
fn model_of_owner(text: &str) -> Option<&str> {
    let (owner, model) = text.split_once('/')?;
    let is_name = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(':');
    (is_name(owner) && is_name(model)).then_some(model)
}

/// The name of a model architecture that the service can run, such as `gpt-oss-120b`.
///
/// It is the `model_arch_id` of the reference: the base model that a model version is a
/// variant of.
///
/// # Grammar
///
/// Assumed, because the service publishes none:
///
/// ```text
/// model-architecture-id = 1*255 byte of character, but not "." or ".."
/// character             = any Unicode character except "/" "\" "?" "#" "%"
///                         and except control, format (such as bidi) and white-space characters
/// ```
///
/// # Examples
///
/// ```
/// use cerebras_management::names::ModelArchitectureId;
///
/// let architecture: ModelArchitectureId = "llama3.1-8b".parse()?;
/// assert_eq!(architecture.as_str(), "llama3.1-8b");
///
/// let error = "my-org/gpt-oss-120b".parse::<ModelArchitectureId>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"model architecture "my-org/gpt-oss-120b": byte 6: expected none of / \ ? # %, found '/'; try "gpt-oss-120b""#,
/// );
/// # Ok::<(), cerebras_management::names::NameError>(())
/// ```
///
/// # Errors
///
/// Parsing fails with a [`NameError`](super::NameError) for anything outside of the grammar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelArchitectureId(Arc<str>);

text_newtype!(ModelArchitectureId, "a model architecture", |text: &str| {
    GRAMMAR.check(text)
});
