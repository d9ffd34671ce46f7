//! Other ways to write a place in S3, recognised to offer the `s3://` form.
//!
//! What comes out of here is only ever offered, in an error; nothing is sent because of it.

/// Longer than any scheme that is in use; what is longer than this is not a scheme.
const MAX_SCHEME: usize = 12;

/// Something that is not an `s3://` URI, and the URI that was probably meant.
pub(super) struct Other<'a> {
    pub(super) found: OtherForm<'a>,
    pub(super) s3_uri: Option<String>,
}

pub(super) enum OtherForm<'a> {
    /// A URI with this scheme, which is short and safe to show.
    Scheme(&'a str),
    PresignedUrl,
    ConsoleAddress,
    WebAddress,
    Arn,
    LocalPath,
    /// None of these.
    Text,
}

/// What `text`, which does not start with `s3://`, is.
pub(super) fn recognise(text: &str) -> Other<'_> {
    let other = |found, s3_uri| Other { found, s3_uri };
    if text
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("arn:"))
    {
        return other(OtherForm::Arn, from_arn(text));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let is_path = text.starts_with(['/', '~', '.']) || text.get(1..3) == Some(":\\");
        return if is_path {
            other(OtherForm::LocalPath, None)
        } else {
            other(OtherForm::Text, from_short_scheme(text))
        };
    };
    let is_scheme_character = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    if scheme.len() > MAX_SCHEME || !scheme.bytes().all(is_scheme_character) {
        return other(OtherForm::Text, None);
    }
    let form = OtherForm::Scheme(scheme);
    match scheme.to_ascii_lowercase().as_str() {
        "s3" | "s3a" | "s3n" => other(form, Some(format!("s3://{rest}"))),
        "http" | "https" => {
            let url = Url::parse(rest);
            if url.is_presigned() {
                other(OtherForm::PresignedUrl, None)
            } else if url.is_console() {
                other(OtherForm::ConsoleAddress, url.console_place())
            } else if let Some(bucket) = url.bucket_of_host() {
                other(OtherForm::WebAddress, url.web_place(&bucket))
            } else {
                other(form, None)
            }
        }
        _ => other(form, None),
    }
}

/// `s3:bucket/key` and `s3:/bucket/key`.
fn from_short_scheme(text: &str) -> Option<String> {
    let rest = text.strip_prefix("s3:")?;
    Some(format!("s3://{}", rest.trim_start_matches('/')))
}

/// `arn:<partition>:s3:::<bucket>[/<key>]`, also with the `/*` that a policy has at its end.
/// An access point has a region and an account between the colons, and no `s3://` form.
fn from_arn(arn: &str) -> Option<String> {
    let mut fields = arn.splitn(6, ':');
    let service = fields.nth(2)?;
    let (region, account, resource) = (fields.next()?, fields.next()?, fields.next()?);
    if service != "s3" || !region.is_empty() || !account.is_empty() {
        return None;
    }
    Some(s3_uri(resource.trim_end_matches('*'), ""))
}

fn s3_uri(bucket: &str, key: &str) -> String {
    if key.is_empty() {
        format!("s3://{bucket}")
    } else {
        format!("s3://{bucket}/{key}")
    }
}

/// As much of a URL as is needed here; `path` is without its leading slash.
struct Url<'a> {
    host: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Url<'a> {
    fn parse(after_scheme: &'a str) -> Self {
        let url = after_scheme.split('#').next().unwrap_or_default();
        let (url, query) = url.split_once('?').unwrap_or((url, ""));
        let (host, path) = url.split_once('/').unwrap_or((url, ""));
        let host = host.split(':').next().unwrap_or_default();
        Self { host, path, query }
    }

    fn is_presigned(&self) -> bool {
        let query = self.query.to_ascii_lowercase();
        ["x-amz-", "signature=", "awsaccesskeyid="]
            .iter()
            .any(|mark| query.contains(mark))
    }

    fn is_console(&self) -> bool {
        [
            "console.aws.amazon.com",
            "console.amazonaws-us-gov.com",
            "console.amazonaws.cn",
        ]
        .iter()
        .any(|console| {
            self.host
                .strip_suffix(console)
                .is_some_and(|region| region.is_empty() || region.ends_with('.'))
        })
    }

    /// `https://[<region>.]console.aws.amazon.com/s3/buckets/<bucket>?prefix=<key>`, and the
    /// older `https://s3.console.aws.amazon.com/…`; also for a single object.
    fn console_place(&self) -> Option<String> {
        let mut path = self
            .path
            .split('/')
            .skip_while(|name| *name != "s3")
            .skip(1);
        let bucket = match path.next()? {
            "buckets" | "object" | "upload" => path.next()?,
            _ => return None,
        };
        let mut parameters = self.query.split('&');
        let prefix = parameters.find_map(|pair| pair.strip_prefix("prefix="));
        Some(s3_uri(bucket, &percent_decode(prefix.unwrap_or(""))?))
    }

    /// The bucket in `<bucket>.s3.<region>.amazonaws.com`, which is empty where the path starts
    /// with the bucket; also without the region, with `dualstack`, and as `s3-<region>`. `None`
    /// for any other host.
    fn bucket_of_host(&self) -> Option<String> {
        let host = self.host.strip_suffix(".cn").unwrap_or(self.host);
        let labels: Vec<&str> = host.strip_suffix(".amazonaws.com")?.split('.').collect();
        // The last such label: a bucket may itself be called `s3-something`.
        let service = labels
            .iter()
            .rposition(|label| *label == "s3" || label.starts_with("s3-"))?;
        Some(labels[..service].join("."))
    }

    fn web_place(&self, bucket: &str) -> Option<String> {
        let path = percent_decode(self.path)?;
        Some(if bucket.is_empty() {
            s3_uri(&path, "")
        } else {
            s3_uri(bucket, &path)
        })
    }
}

/// `None` if an escape is broken, or if what it spells is not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}
