//! Where the weights are.

use std::sync::Arc;

use super::characters::is_invisible;
use super::error::{Found, NameError};
use super::s3_forms::{OtherForm, recognise};

const PART: &str = "weight URI";
const SCHEME: &str = "s3://";
/// S3's limit, in bytes.
const MAX_KEY: usize = 1024;
const EXAMPLE: &str = r#"a weight URI looks like "s3://my-bucket/model-weights""#;

/// Where the weights of a model version are in S3, such as `s3://my-bucket/model-weights`.
///
/// The service reads all that is under this prefix. Which files it expects there is not
/// published.
///
/// # Grammar
///
/// The published examples show the form; the rules of its parts are those of S3, narrowed by
/// what is all but certainly a mistake:
///
/// ```text
/// weight-uri = "s3://" bucket [ "/" [ key ] ]
/// bucket     = 3*63( lower / digit / "." / "-" )
///              ; first and last a lower or a digit, no ".." and not an IP address
/// key        = segment *( "/" segment ) [ "/" ]     ; at most 1024 bytes
/// segment    = 1*character, but not "." or ".."
/// character  = any Unicode character except "/" "?" "#"
///              and except control, format (such as bidi) and white-space characters
///              other than a space inside
/// ```
///
/// and neither a placeholder in angle brackets, such as `<your-bucket-name>`, nor a shell
/// variable that was not expanded, such as `${RUN}`.
///
/// # Examples
///
/// ```
/// use cerebras_management::names::WeightUri;
///
/// let uri: WeightUri = "s3://my-bucket/runs/42/".parse()?;
/// assert_eq!(uri.bucket(), "my-bucket");
/// assert_eq!(uri.key(), "runs/42/");
///
/// let error = "https://s3.us-east-1.amazonaws.com/my-bucket/runs/42"
///     .parse::<WeightUri>()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"weight URI "https://s3.us-east-1.amazonaws.com/my-bucket/runs/42": byte 0: expected "s3://", found an S3 web address; try "s3://my-bucket/runs/42""#,
/// );
/// # Ok::<(), cerebras_management::names::NameError>(())
/// ```
///
/// # Errors
///
/// Parsing fails with a [`NameError`] for anything outside of the grammar. Other ways to write
/// a place in S3 (a console address, an ARN, `s3a://`) are recognised, and the error offers the
/// `s3://` form. A presigned URL is a secret: the error shows none of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeightUri(Arc<str>);

text_newtype!(WeightUri, "an S3 URI", check);

impl WeightUri {
    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        split(&self.0).0
    }

    /// The key, or key prefix, in the bucket: what follows the slash after the bucket. May be
    /// empty, which is the whole bucket.
    #[must_use]
    pub fn key(&self) -> &str {
        split(&self.0).1
    }

    /// Whether `other`, as the service returned it, is the same place: equal but for slashes
    /// at the end and the case of the scheme.
    ///
    /// ```
    /// use cerebras_management::names::WeightUri;
    ///
    /// let uri: WeightUri = "s3://my-bucket/runs/42".parse()?;
    /// assert!(uri.same_location("s3://my-bucket/runs/42/"));
    /// assert!(!uri.same_location("s3://my-bucket/runs/421"));
    /// # Ok::<(), cerebras_management::names::NameError>(())
    /// ```
    #[must_use]
    pub fn same_location(&self, other: &str) -> bool {
        let Some((scheme, place)) = other.split_at_checked(SCHEME.len()) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(SCHEME)
            && place.trim_end_matches('/') == self.0[SCHEME.len()..].trim_end_matches('/')
    }
}

/// Bucket and key of a URI that has been checked.
fn split(uri: &str) -> (&str, &str) {
    let place = &uri[SCHEME.len()..];
    place.split_once('/').unwrap_or((place, ""))
}

fn check(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::empty(PART, "\"s3://\""));
    }
    let Some(place) = text.strip_prefix(SCHEME) else {
        return Err(not_s3(text));
    };
    let bucket_end = place.find(['/', '?', '#']).unwrap_or(place.len());
    check_bucket(text, &place[..bucket_end])?;
    check_key(text, SCHEME.len() + bucket_end)
}

fn error(text: &str, position: usize, expected: &str, found: &Found<'_>) -> NameError {
    NameError::new(PART, text, position, expected, found).remedy(EXAMPLE)
}

fn not_s3(text: &str) -> NameError {
    let other = recognise(text);
    let (found, remedy) = match other.found {
        OtherForm::PresignedUrl => (
            Found::Words("a presigned URL"),
            "give the plain s3://bucket/prefix, and grant access in the bucket's policy",
        ),
        OtherForm::ConsoleAddress => (Found::Words("an S3 console address"), EXAMPLE),
        OtherForm::WebAddress => (Found::Words("an S3 web address"), EXAMPLE),
        OtherForm::Arn => (
            Found::Words("an ARN"),
            "give the bucket itself, as s3://bucket/prefix",
        ),
        OtherForm::LocalPath => (
            Found::Words("a path on this machine"),
            "copy the weights to an S3 bucket and give their s3://bucket/prefix",
        ),
        OtherForm::Scheme(scheme) => (
            Found::Words(&format!("\"{scheme}://\"")),
            "the service reads weights from S3 only: give their s3://bucket/prefix",
        ),
        OtherForm::Text => (Found::Here, EXAMPLE),
    };
    let trimmed = text.trim_matches(is_invisible);
    let candidate = other
        .s3_uri
        .or_else(|| (trimmed.len() < text.len()).then(|| trimmed.to_owned()));
    error(text, 0, "\"s3://\"", &found)
        .remedy(remedy)
        .propose(candidate)
}

fn check_bucket(text: &str, bucket: &str) -> Result<(), NameError> {
    let start = SCHEME.len();
    let rules = "a bucket name has 3 to 63 lower-case letters, digits, '.' and '-'";
    let error = |position: usize, expected: &str, found: &Found<'_>| {
        Err(error(text, start + position, expected, found).remedy(rules))
    };
    if bucket.is_empty() {
        return Err(self::error(text, start, "a bucket name", &Found::Here));
    }
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    for (position, c) in bucket.char_indices() {
        match c {
            '<' if text.contains('>') => {
                return placeholder(text, start + position, "a bucket name");
            }
            '$' => return unexpanded(text, start + position, "a bucket name"),
            c if !(is_edge(c) || c == '.' || c == '-') => {
                let expected = "a lower-case letter, a digit, '.' or '-' in the bucket name";
                return error(position, expected, &Found::Here)
                    .map_err(|error| error.propose(without_trailing(text)));
            }
            c if position == 0 && !is_edge(c) => {
                let expected = "a lower-case letter or a digit at the start of the bucket name";
                return error(position, expected, &Found::Here);
            }
            '.' if bucket[position..].starts_with("..") => {
                let expected = "a lower-case letter or a digit after the dot in the bucket name";
                return error(position + 1, expected, &Found::Here);
            }
            _ => {}
        }
    }
    if !(3..=63).contains(&bucket.len()) {
        let found = format!("{} characters", bucket.len());
        let found = match bucket.len() {
            1 => "1 character",
            _ => &found,
        };
        let found = Found::Words(found);
        return Err(self::error(
            text,
            start,
            "a bucket name of 3 to 63 characters",
            &found,
        ));
    }
    if !bucket.ends_with(is_edge) {
        let expected = "a lower-case letter or a digit at the end of the bucket name";
        return error(bucket.len() - 1, expected, &Found::Here);
    }
    if bucket.parse::<std::net::Ipv4Addr>().is_ok() {
        return error(0, "a bucket name", &Found::Words("an IP address"));
    }
    Ok(())
}

/// Checks what follows the bucket, from its slash at `start` on.
fn check_key(text: &str, start: usize) -> Result<(), NameError> {
    let key_start = start + 1;
    for (offset, c) in text[start..].char_indices() {
        let position = start + offset;
        let after = &text[position + c.len_utf8()..];
        match c {
            '?' | '#' => {
                let expected = if c == '?' { "no query" } else { "no fragment" };
                return Err(error(text, position, expected, &Found::Here)
                    .remedy("leave it out, with all that follows it")
                    .propose(Some(&text[..position])));
            }
            '/' if after.starts_with('/') => {
                return Err(error(text, position, "one slash", &Found::Words("two"))
                    .remedy("leave one out")
                    .propose(Some(one_slash(text))));
            }
            '/' if matches!(after.split(['/', '?', '#']).next(), Some("." | "..")) => {
                let found = Found::Words("a relative path");
                return Err(
                    error(text, position + 1, "a name between the slashes", &found)
                        .remedy("S3 takes \".\" and \"..\" literally; write the path without them"),
                );
            }
            '<' if after.contains('>') => return placeholder(text, position, "a key"),
            '$' if after.starts_with('{') => return unexpanded(text, position, "a key"),
            c if is_invisible(c) && (c != ' ' || after.trim_matches(is_invisible).is_empty()) => {
                return Err(error(text, position, "a visible character", &Found::Here)
                    .remedy("remove it")
                    .propose(without_trailing(text)));
            }
            _ => {}
        }
    }
    let key = text.get(key_start..).unwrap_or_default();
    if key.len() > MAX_KEY {
        let found = format!("{} bytes", key.len());
        let expected = format!("a key of at most {MAX_KEY} bytes");
        return Err(
            error(text, key_start, &expected, &Found::Words(&found)).remedy("use a shorter prefix")
        );
    }
    Ok(())
}

/// `text` without what cannot be seen at its end, such as a newline.
fn without_trailing(text: &str) -> Option<&str> {
    let visible = text.trim_end_matches(is_invisible);
    (visible.len() < text.len()).then_some(visible)
}

/// `text` with every run of slashes in its key made one.
fn one_slash(text: &str) -> String {
    let mut uri = String::from(SCHEME);
    for c in text[SCHEME.len()..].chars() {
        if c != '/' || !uri.ends_with('/') {
            uri.push(c);
        }
    }
    uri
}

/// `<your-bucket-name>`, as documentation has it.
fn placeholder(text: &str, position: usize, expected: &str) -> Result<(), NameError> {
    let rest = &text[position..];
    let end = rest.find('>').map_or(rest.len(), |end| end + 1);
    let found = Found::Piece(&rest[..end]);
    Err(error(text, position, expected, &found)
        .remedy("this is a placeholder: put your own name in its place"))
}

/// `${RUN}`, as it stays when a shell sees it in single quotes.
fn unexpanded(text: &str, position: usize, expected: &str) -> Result<(), NameError> {
    Err(error(text, position, expected, &Found::Here)
        .remedy("if this is a shell variable, it was not expanded"))
}
