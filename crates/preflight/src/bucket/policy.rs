//! The policy that lets the service read a bucket, and its place beside what is there.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    BucketName, PrincipalArn,
    evaluate::{Decision, Request, decide},
};

/// What the published policy allows.
pub const ACTIONS: [&str; 4] = [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:GetBucketLocation",
];

/// S3's limit for the policy of a bucket, in bytes.
pub const MAX_POLICY: usize = 20 * 1024;

mod existing;
mod ours;

pub(super) use existing::{Existing, same_policy};
use existing::{raw, same, value};

const VERSION: &str = "2012-10-17";
/// What the Sid of each statement of ours begins with, where statements have others beside them: `Read`, `List`
/// and `Locate` follow.
const OURS: &str = "CerebrasWeights";

/// Whom a bucket is opened for, and how far.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The bucket.
    pub bucket: BucketName,
    /// Who may read.
    pub role: PrincipalArn,
    /// What begins the keys that may be read, without a slash at the end; the whole bucket without it, as
    /// the published policy has it.
    pub prefix: Option<String>,
}

/// One statement, in the order in which the published one has its parts.
#[derive(Serialize)]
struct Statement {
    #[serde(rename = "Sid", skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(rename = "Effect")]
    effect: &'static str,
    #[serde(rename = "Principal")]
    principal: Principal,
    #[serde(rename = "Action")]
    action: Vec<&'static str>,
    #[serde(rename = "Resource")]
    resource: Vec<String>,
    #[serde(rename = "Condition", skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

#[derive(Serialize)]
struct Principal {
    #[serde(rename = "AWS")]
    aws: String,
}

#[derive(Serialize)]
struct Document<S> {
    #[serde(rename = "Version")]
    version: &'static str,
    #[serde(rename = "Statement")]
    statement: Vec<S>,
}

/// Why a policy cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// What is there is no policy; with what is wrong.
    NotAPolicy(String),
    /// It would be longer than S3 takes: this many bytes.
    TooLong(usize),
    /// The prefix cannot be one of a policy.
    Prefix(&'static str),
    /// Another's statement has the Sid that ours would have.
    SidTaken(String),
}

impl std::fmt::Display for PolicyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAPolicy(why) => write!(f, "it is no bucket policy: {why}"),
            Self::TooLong(bytes) => write!(
                f,
                "the policy would have {bytes} bytes, and S3 takes {MAX_POLICY}; take a statement out of it \
                 that is no longer needed"
            ),
            Self::Prefix(why) => write!(f, "the prefix {why}"),
            Self::SidTaken(sid) => write!(
                f,
                "a statement that is not of this tool's making has the Sid {sid:?}, and each Sid may be there \
                 once; give it another"
            ),
        }
    }
}

impl std::error::Error for PolicyError {}

impl Grant {
    /// The policy, as it is published; or narrowed to the prefix. It is the whole policy of a bucket that has
    /// no other.
    ///
    /// # Errors
    ///
    /// [`PolicyError::Prefix`]
    pub fn policy(&self) -> Result<String, PolicyError> {
        let statement = self.statements(false)?;
        let document = Document {
            version: VERSION,
            statement,
        };
        Ok(pretty(&document))
    }

    /// The same statements in a policy that has others.
    ///
    /// Each other statement stays as it is, in its place. A statement that says the same, in whatever order
    /// and under whatever Sid, is not added again. What an earlier call has added gives way, for whatever role
    /// it was: a statement counts as that by its Sid and by all that it says.
    ///
    /// # Errors
    ///
    /// When `existing` is no policy, another's statement has a Sid of ours, or the whole would be too long.
    pub fn merged(&self, existing: &str) -> Result<Merged, PolicyError> {
        let before = Existing::read(existing)?;
        let wanted = self.statements(true)?.into_iter();
        let wanted = wanted.map(|it| serde_json::to_value(it).unwrap_or_default());
        let wanted: Vec<Value> = wanted.collect();
        let told: Vec<Value> = before.statements.iter().map(|it| value(it)).collect();
        let has = |it: &Value| told.iter().any(|other| same(other, it));
        let mut statements: Vec<Box<RawValue>> = Vec::new();
        let (mut replaced, mut kept) = (Vec::new(), Vec::new());
        let mut others = BTreeSet::new();
        let bucket = self.arn();
        for (raw, it) in before.statements.iter().zip(&told) {
            let sid = it["Sid"].as_str().unwrap_or_default();
            if ours::is_ours(it, &bucket) && !wanted.iter().any(|ours| same(ours, it)) {
                replaced.push(sid.to_owned());
                others.extend(ours::role(it).map(str::to_owned));
            } else {
                kept.push(sid);
                statements.push(raw.clone());
            }
        }
        others.remove(&self.role.to_string());
        let mut added = Vec::new();
        for it in wanted.iter().filter(|it| !has(it)) {
            let sid = it["Sid"].as_str().unwrap_or_default();
            if kept.contains(&sid) {
                return Err(PolicyError::SidTaken(sid.to_owned()));
            }
            added.push(sid.to_owned());
            statements.extend(raw(it));
        }
        let after = Existing {
            statements,
            ..before.clone()
        };
        let bytes = after.text().len();
        if bytes > MAX_POLICY {
            return Err(PolicyError::TooLong(bytes));
        }
        let after = after.text();
        let beyond = Request {
            role: &self.role,
            action: ACTIONS[0],
            resource: &format!("{}/*", self.arn()),
            under: "",
        };
        let wider = self.prefix.is_some() && decide(&after, beyond)? == Decision::Allowed;
        Ok(Merged {
            added,
            replaced,
            shut_out: others.into_iter().collect(),
            wider,
            before: existing.to_owned(),
            after,
        })
    }

    fn statements(&self, beside_others: bool) -> Result<Vec<Statement>, PolicyError> {
        let sid = |what: &str| beside_others.then(|| format!("{OURS}{what}"));
        let statement = |what, action: &[&'static str], resource, condition| Statement {
            sid: sid(what),
            effect: "Allow",
            principal: Principal {
                aws: self.role.to_string(),
            },
            action: action.to_vec(),
            resource,
            condition,
        };
        let bucket = self.arn();
        let Some(prefix) = &self.prefix else {
            let all = format!("{bucket}/*");
            return Ok(vec![statement("Read", &ACTIONS, vec![bucket, all], None)]);
        };
        let prefix = checked(prefix)?;
        let [get, version, list, location] = ACTIONS;
        let under = json!({ "StringLike": { "s3:prefix": [prefix, format!("{prefix}/*")] } });
        Ok(vec![
            statement(
                "Read",
                &[get, version],
                vec![format!("{bucket}/{prefix}/*")],
                None,
            ),
            statement("List", &[list], vec![bucket.clone()], Some(under)),
            statement("Locate", &[location], vec![bucket], None),
        ])
    }

    /// The bucket's ARN, in the partition of the role.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.role.partition(), self.bucket)
    }

    /// The statement that the policy of a KMS key needs, for objects that are encrypted with it.
    #[must_use]
    pub fn key_statement(&self) -> String {
        pretty(&Statement {
            sid: Some(format!("{OURS}Decrypt")),
            effect: "Allow",
            principal: Principal {
                aws: self.role.to_string(),
            },
            action: vec!["kms:Decrypt"],
            // In the policy of a key it is the key.
            resource: vec!["*".to_owned()],
            condition: None,
        })
    }

    /// What a person has to know beside the policy, and beside the key that objects are encrypted with.
    #[must_use]
    pub fn warnings(&self, key: Option<&str>) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(prefix) = self.prefix.as_deref().map(|it| it.trim_matches('/')) {
            warnings.push(format!(
                "the published policy asks for the whole bucket; this one allows what is under {prefix}/ \
                 alone, and whether the service is content with that is not published"
            ));
        }
        if let Some(key) = key {
            warnings.push(format!(
                "the bucket's policy is not enough for objects encrypted with {key}: the key's own policy \
                 needs the statement, too"
            ));
        }
        warnings
    }
}

fn checked(prefix: &str) -> Result<&str, PolicyError> {
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() {
        return Err(PolicyError::Prefix(
            "is empty; leave it out for the whole bucket",
        ));
    }
    if prefix.contains(['*', '?']) || prefix.contains("${") {
        return Err(PolicyError::Prefix(
            "has *, ? or ${, which mean something else in a policy",
        ));
    }
    Ok(prefix)
}

/// What a merge makes of a policy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Merged {
    /// The Sids of the statements that it adds.
    pub added: Vec<String>,
    /// The Sids of the statements that give way.
    pub replaced: Vec<String>,
    /// Other roles than the one that is let in, whose statements are among those that give way.
    pub shut_out: Vec<String>,
    /// Whether a statement that is not ours lets the role read beyond the prefix.
    pub wider: bool,
    before: String,
    after: String,
}

impl Merged {
    /// Whether anything changes.
    #[must_use]
    pub fn changes(&self) -> bool {
        !self.added.is_empty() || !self.replaced.is_empty()
    }

    /// The policy, as it is put: in one line.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.after
    }

    /// The policy for a person.
    #[must_use]
    pub fn pretty(&self) -> String {
        shown(&self.after)
    }

    /// What changes, as a unified diff of both policies; empty when nothing does.
    #[must_use]
    pub fn diff(&self) -> String {
        let (before, after) = (shown(&self.before), shown(&self.after));
        let diff = similar::TextDiff::from_lines(&before, &after);
        let mut diff = diff.unified_diff();
        diff.context_radius(3).header("before", "after").to_string()
    }
}

fn shown(policy: &str) -> String {
    if policy.trim().is_empty() {
        return String::new();
    }
    let value: Result<Value, _> = serde_json::from_str(policy);
    value.map_or_else(|_| policy.to_owned(), |it| pretty(&it))
}

fn pretty(it: &impl Serialize) -> String {
    serde_json::to_string_pretty(it).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests;
