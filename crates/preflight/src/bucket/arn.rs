//! Names in AWS: principals, keys, buckets.

use std::{fmt, str::FromStr};

/// The partitions that the published policy can be meant for.
const PARTITIONS: [&str; 3] = ["aws", "aws-us-gov", "aws-cn"];

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError {
    part: &'static str,
    given: String,
    why: String,
}

impl NameError {
    fn new(part: &'static str, given: &str, why: impl Into<String>) -> Self {
        let given = given.chars().take(200).collect();
        let why = why.into();
        Self { part, given, why }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}: {}", self.part, self.given, self.why)
    }
}

impl std::error::Error for NameError {}

/// Who reads the bucket: a role, a user or a whole account.
///
/// ```text
/// arn:<partition>:iam::<account of 12 digits>:( root | role/[path/]<name> | user/[path/]<name> )
/// ```
///
/// ```
/// use cerebras_management_preflight::bucket::PrincipalArn;
///
/// let role: PrincipalArn = "arn:aws:iam::123456789012:role/cerebras-reader".parse()?;
/// assert_eq!((role.partition(), role.account()), ("aws", "123456789012"));
///
/// let error = "arn:aws:sts::123456789012:assumed-role/reader/me".parse::<PrincipalArn>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"role "arn:aws:sts::123456789012:assumed-role/reader/me": it is a session, and not the role; give arn:aws:iam::123456789012:role/reader"#,
/// );
/// # Ok::<(), cerebras_management_preflight::bucket::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalArn(String);

impl PrincipalArn {
    /// `aws`, `aws-us-gov` or `aws-cn`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }

    /// The account, twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    /// The name of a role, without its path.
    pub(super) fn role_name(&self) -> Option<&str> {
        let (_, role) = self.0.split_once(":role/")?;
        role.rsplit('/').next()
    }
}

impl FromStr for PrincipalArn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let no = |why: &str| NameError::new("role", text, why);
        if text.contains(['<', '>']) {
            return Err(no(
                "it is a placeholder; Cerebras gives the ARN of its role",
            ));
        }
        if text.contains(['*', '?']) {
            return Err(no(
                "it would let in more than one role; give the ARN of the one",
            ));
        }
        let arn = Arn::of("role", text)?;
        if arn.service == "sts" {
            let name = arn.resource.strip_prefix("assumed-role/");
            let name = name.and_then(|it| it.split('/').next()).unwrap_or("NAME");
            let (partition, account) = (arn.partition, arn.account);
            let role = format!("arn:{partition}:iam::{account}:role/{name}");
            let why = format!("it is a session, and not the role; give {role}");
            return Err(no(&why));
        }
        if arn.service != "iam" || !arn.region.is_empty() {
            return Err(no("expected arn:aws:iam::<account>:role/<name>"));
        }
        let is_named = |kind: &str| {
            let path = arn.resource.strip_prefix(kind);
            path.is_some_and(|path| path.split('/').all(is_iam_name))
        };
        if arn.resource == "root" || is_named("role/") || is_named("user/") {
            return Ok(Self(text.to_owned()));
        }
        Err(no(
            "expected role/<name>, user/<name> or root after the account",
        ))
    }
}

impl fmt::Display for PrincipalArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_iam_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    !name.is_empty() && name.len() <= 512 && name.chars().all(allowed)
}

/// The key that objects are encrypted with: `arn:aws:kms:<region>:<account>:key/<id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKeyArn(String);

impl FromStr for KmsKeyArn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let no = |why: &str| NameError::new("KMS key", text, why);
        let arn = Arn::of("KMS key", text)?;
        if arn.service != "kms" || arn.region.is_empty() {
            return Err(no("expected arn:aws:kms:<region>:<account>:key/<id>"));
        }
        if arn.resource == "alias/aws/s3" {
            return Err(no(
                "the AWS managed key can never be used by another account; encrypt with a key of your own",
            ));
        }
        if arn.resource.starts_with("alias/") {
            return Err(no(
                "it is an alias, which has no policy; `aws kms describe-key` tells the key's ARN",
            ));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let id = arn.resource.strip_prefix("key/").unwrap_or_default();
        if id.is_empty() || !id.chars().all(plain) {
            return Err(no("expected key/<id> after the account"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KmsKeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A bucket, by S3's rules: 3 to 63 lower-case letters, digits, dots and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketName(String);

impl BucketName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let no = |why: &str| NameError::new("bucket", text, why);
        if text.contains(['<', '>']) {
            return Err(no("it is a placeholder; give the bucket's name"));
        }
        if text.contains(['/', ':']) {
            return Err(no("it is an address; give the bucket's name alone"));
        }
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let inner = |c: char| edge(c) || c == '.' || c == '-';
        if !(3..=63).contains(&text.len()) {
            return Err(no("a bucket's name has 3 to 63 characters"));
        }
        if let Some(c) = text.chars().find(|c| !inner(*c)) {
            return Err(no(&format!("{c:?} cannot be in a bucket's name")));
        }
        if !text.starts_with(edge) || !text.ends_with(edge) || text.contains("..") {
            return Err(no(
                "it begins and ends with a letter or digit, without two dots in a row",
            ));
        }
        if text.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(no("an IP address is no bucket's name"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The six parts of an ARN.
struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn of(part: &'static str, text: &'a str) -> Result<Self, NameError> {
        let no = |why: String| NameError::new(part, text, why);
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else {
            return Err(no("expected an ARN, arn:aws:…".to_owned()));
        };
        if !PARTITIONS.contains(&partition) {
            let why = format!("the partition is {partition:?}; expected one of {PARTITIONS:?}");
            return Err(no(why));
        }
        if account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) {
            return Err(no(format!(
                "the account is {account:?}; expected twelve digits"
            )));
        }
        Ok(Self {
            partition,
            service,
            region,
            account,
            resource,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(text: &str) -> Result<(), String> {
        let parsed = text.parse::<PrincipalArn>();
        parsed
            .map(|arn| assert_eq!(arn.to_string(), text))
            .map_err(|it| it.why)
    }

    #[test]
    fn principals_of_all_kinds_and_partitions_are_taken() {
        for text in [
            "arn:aws:iam::123456789012:role/reader",
            "arn:aws-us-gov:iam::123456789012:role/path/to/reader",
            "arn:aws-cn:iam::123456789012:user/some.one@example",
            "arn:aws:iam::123456789012:root",
        ] {
            role(text).expect(text);
        }
    }

    #[test]
    fn what_is_no_principal_says_why() {
        let starts = [
            ("<cerebras-provided-iam-role-arn>", "it is a placeholder"),
            ("*", "it would let in more than one role"),
            (
                "arn:aws:iam::123456789012:role/*",
                "it would let in more than one role",
            ),
            ("123456789012", "expected an ARN"),
            ("arn:aws:iam::12345:role/a", "the account is \"12345\""),
            (
                "arn:azure:iam::123456789012:role/a",
                "the partition is \"azure\"",
            ),
            ("arn:aws:iam::123456789012:role/", "expected role/<name>"),
            ("arn:aws:iam::123456789012:group/a", "expected role/<name>"),
            ("arn:aws:iam::123456789012:role/a b", "expected role/<name>"),
            ("arn:aws:s3:::bucket", "the account is \"\""),
            (
                "arn:aws:iam:us-east-1:123456789012:role/a",
                "expected arn:aws:iam::",
            ),
        ];
        for (text, start) in starts {
            let why = role(text).expect_err(text);
            assert!(why.starts_with(start), "{text}: {why}");
        }
    }

    #[test]
    fn keys_are_keys_and_no_aliases() {
        let key = |text: &str| text.parse::<KmsKeyArn>().map_err(|it| it.why);
        let id = "key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert!(key(&format!("arn:aws:kms:eu-west-1:123456789012:{id}")).is_ok());
        for (resource, start) in [
            (
                "alias/aws/s3",
                "the AWS managed key can never be used by another account",
            ),
            ("alias/mine", "it is an alias"),
            ("key/", "expected key/<id>"),
        ] {
            let why = key(&format!("arn:aws:kms:eu-west-1:123456789012:{resource}"));
            let why = why.expect_err(resource);
            assert!(why.starts_with(start), "{why}");
        }
    }

    #[test]
    fn buckets_follow_the_rules_of_s3() {
        let bucket = |text: &str| text.parse::<BucketName>().map_err(|it| it.why);
        assert!(bucket("my-bucket.v2").is_ok());
        for text in [
            "my_bucket",
            "My",
            "a",
            "-ab",
            "a..b",
            "192.168.0.1",
            "s3://b",
            "<your-bucket-name>",
        ] {
            assert!(bucket(text).is_err(), "{text}");
        }
    }
}
