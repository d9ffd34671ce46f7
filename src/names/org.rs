//! Organization names.

use std::sync::Arc;

use super::plain::{Plain, segment_after};

const GRAMMAR: Plain = Plain {
    part: "organization name",
    example: r#"an organization name looks like "my-org""#,
    forbidden: r"/ \ ? # %",
    pick: |text| segment_after(text, "orgs"),
};

/// The name of an organization, such as `my-org`.
///
/// It is the `org_name` of the reference, which is *not to be confused with the `org_id`*
/// (published). An id in the place of a name is not refused here, because the service
/// publishes no pattern for either; see [`looks_like_org_id`](Self::looks_like_org_id).
///
/// # Grammar
///
/// Assumed, because the service publishes none:
///
/// ```text
/// org-name  = 1*255 byte of character, but not "." or ".."
/// character = any Unicode character except "/" "\" "?" "#" "%"
///             and except control, format (such as bidi) and white-space characters
/// ```
///
/// # Examples
///
/// ```
/// use cerebras_management::names::OrgName;
///
/// let org: OrgName = "my-org".parse()?;
/// assert_eq!(org.to_string(), "my-org");
///
/// for wrong in ["", ".", "..", r"..\..\x", "my/org", "my%2Dorg", "my org", "my-org\n", "my\u{202e}org"] {
///     assert!(wrong.parse::<OrgName>().is_err(), "{wrong:?}");
/// }
/// # Ok::<(), cerebras_management::names::NameError>(())
/// ```
///
/// # Errors
///
/// Parsing fails with a [`NameError`](super::NameError) for anything outside of the grammar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgName(Arc<str>);

text_newtype!(OrgName, "an organization name", |text: &str| GRAMMAR
    .check(text));

impl OrgName {
    /// Whether this looks like the organization's id rather than its name: `org_` or `org-`
    /// and then one long token (16 or more letters and digits) or a UUID.
    ///
    /// A guess, good for a hint after a 403 or 404 and for nothing more.
    ///
    /// ```
    /// use cerebras_management::names::OrgName;
    ///
    /// assert!(OrgName::try_from("org_01hzx3v9k2m4n6p8q0r1s2t3")?.looks_like_org_id());
    /// assert!(!OrgName::try_from("org-one")?.looks_like_org_id());
    /// # Ok::<(), cerebras_management::names::NameError>(())
    /// ```
    #[must_use]
    pub fn looks_like_org_id(&self) -> bool {
        let Some(token) = self
            .0
            .strip_prefix("org_")
            .or_else(|| self.0.strip_prefix("org-"))
        else {
            return false;
        };
        let long = token.len() >= 16 && token.bytes().all(|b| b.is_ascii_alphanumeric());
        long || is_uuid(token)
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}
