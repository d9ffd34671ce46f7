//! `cbm bucket policy`: the policy that lets the service read, alone or beside what is there.

use std::path::PathBuf;

use cerebras_management_preflight::{
    bucket::{self, Encryption, Grant, KmsKeyArn, Merged, PolicyError},
    store::{S3, S3Settings},
};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::{Reader, tell_region};
use crate::confirm::confirm;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::Record;

/// Print the published bucket policy that lets the service read, or put it beside what is there
///
/// It is the published policy: four actions, on the whole bucket. Given a policy that there is, it keeps
/// every other statement, says what would change, and with --apply puts it.
#[derive(Args, Debug)]
pub(crate) struct Policy {
    #[command(flatten)]
    reader: Reader,

    /// The KMS key that the objects are encrypted with: print the statement for its policy, too. With
    /// --existing and --apply it is the bucket's default where none is given
    #[arg(long, value_name = "ARN")]
    kms_key: Option<KmsKeyArn>,

    /// Merge it into the policy in this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["existing", "apply"])]
    merge: Option<PathBuf>,

    /// Merge it into the policy that the bucket has
    #[arg(long)]
    existing: bool,

    /// Merge it into the policy that the bucket has, and put the result
    #[arg(long)]
    apply: bool,

    /// Put it without asking
    #[arg(long, short, requires = "apply")]
    yes: bool,
}

/// The policy. The names of the fields are public.
#[derive(Serialize)]
struct PolicyRecord {
    bucket: String,
    role: String,
    prefix: Option<String>,
    policy: Value,
    /// For the policy of the key, where one was named or is the bucket's default.
    key_statement: Option<Value>,
    /// The Sids of statements that are not in the policy that there is.
    added: Vec<String>,
    /// The Sids of statements of an earlier call, which give way.
    replaced: Vec<String>,
    /// The roles that those let in, where they are others than this one.
    shut_out: Vec<String>,
    diff: Option<String>,
    applied: bool,
    #[serde(skip)]
    text: String,
}

impl Record for PolicyRecord {
    const COLUMNS: &'static [&'static str] = &["BUCKET", "ROLE", "APPLIED"];

    fn row(&self) -> Vec<String> {
        let applied = if self.applied { "yes" } else { "no" };
        vec![self.bucket.clone(), self.role.clone(), applied.to_owned()]
    }

    fn name(&self) -> String {
        self.bucket.clone()
    }
}

impl Policy {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let Reader {
            bucket,
            role,
            prefix,
        } = self.reader;
        let grant = Grant {
            bucket,
            role,
            prefix,
        };
        let published = grant.policy().map_err(|error| cannot(&error))?;
        let s3 = if self.existing || self.apply {
            Some(S3::open(&S3Settings::default(), grant.bucket.as_str(), "").await)
        } else {
            None
        };
        let key = match (&self.kms_key, &s3) {
            (Some(key), _) => Some(key.to_string()),
            (None, Some(s3)) => default_key(s3, context).await,
            (None, None) => None,
        };
        for warning in grant.warnings(key.as_deref()) {
            context.note(&format!("warning: {warning}"));
        }
        let merged = match (&self.merge, &s3) {
            (Some(file), _) => Some(grant.merged(&read(file)?).map_err(|error| cannot(&error))?),
            (None, Some(s3)) => {
                Some(merge_or_put(s3, &grant, self.apply, self.yes, context).await?)
            }
            (None, None) => None,
        };
        if merged.as_ref().is_some_and(|it| it.wider) {
            context.note(
                "warning: another statement lets the role read the whole bucket; take it out to narrow that",
            );
        }
        for role in merged.iter().flat_map(|it| &it.shut_out) {
            context.note(&format!(
                "warning: {role} was let in by an earlier call, and is so no more; the statements are for one role"
            ));
        }
        let key_statement = key.as_ref().map(|_| grant.key_statement());
        let text = merged.as_ref().map_or(published, Merged::pretty);
        let applied = self.apply && merged.as_ref().is_some_and(Merged::changes);
        let record = PolicyRecord {
            bucket: grant.bucket.to_string(),
            role: grant.role.to_string(),
            prefix: grant.prefix.clone(),
            policy: json(&text),
            key_statement: key_statement.as_deref().map(json),
            added: merged
                .as_ref()
                .map(|it| it.added.clone())
                .unwrap_or_default(),
            replaced: merged
                .as_ref()
                .map(|it| it.replaced.clone())
                .unwrap_or_default(),
            shut_out: merged
                .as_ref()
                .map(|it| it.shut_out.clone())
                .unwrap_or_default(),
            diff: merged.as_ref().map(Merged::diff),
            applied,
            text,
        };
        if let Some(merged) = &merged
            && !self.apply
        {
            show(context, merged);
        }
        context.out.text(&record.text, &record)?;
        if let (Some(key), Some(statement)) = (&key, &key_statement) {
            context.note(&format!("in the policy of {key}:"));
            statement.lines().for_each(|line| context.note(line));
        }
        if applied {
            context.note(&format!(
                "bucket {} has it now, as was read back",
                record.bucket
            ));
        }
        Ok(())
    }
}

/// The key of a bucket's default, where it is one whose policy can let others in. What else there is to know of
/// the default is said.
async fn default_key(s3: &S3, context: &Context) -> Option<String> {
    let default = bucket::default_encryption(s3).await;
    tell_region(s3, context);
    let warning = match default {
        Ok(Encryption::OfS3) => return None,
        Ok(Encryption::Kms(Some(key))) if !key.contains("alias/aws/s3") => return Some(key),
        Ok(Encryption::Kms(_)) => {
            "the bucket's default is the AWS managed key (aws/s3), which no other \
             account can ever use; set a key of your own, and copy the objects onto themselves"
                .to_owned()
        }
        Ok(other) => format!("the bucket's default encryption is not known here: {other:?}"),
        Err(error) => format!(
            "whether the bucket's default is a KMS key was not seen, since {} is not answered: {}; with one, \
             the key's policy needs a statement, too, which --kms-key prints",
            error.call(),
            error.message()
        ),
    };
    context.note(&format!("warning: {warning}"));
    None
}

/// Merges into the policy of the bucket, and puts the result when it is to be applied.
async fn merge_or_put(
    s3: &S3,
    grant: &Grant,
    apply: bool,
    yes: bool,
    context: &Context,
) -> Result<Merged> {
    let name = grant.bucket.as_str();
    let failed = |error| Failure::of_store(&error, format!("cannot change the policy of {name}"));
    let before = bucket::policy(s3).await;
    let before = before
        .map_err(|error| Failure::of_store(&error, format!("cannot read the policy of {name}")))?;
    let merged = grant.merged(&before).map_err(|error| cannot(&error))?;
    if !apply {
        return Ok(merged);
    }
    show(context, &merged);
    if merged.changes() {
        let mut lost: Vec<_> = merged
            .replaced
            .iter()
            .map(|sid| format!("statement {sid}"))
            .collect();
        lost.extend(
            merged
                .shut_out
                .iter()
                .map(|role| format!("the access of {role}")),
        );
        lost.push("what another changes in the policy in the same moment".to_owned());
        let what = format!("put the policy of bucket {name}");
        confirm(yes, &what, &lost, &context.interrupt).await?;
        bucket::apply(s3, &before, &merged).await.map_err(failed)?;
    }
    Ok(merged)
}

/// What changes, for a person.
fn show(context: &Context, merged: &Merged) {
    if merged.changes() {
        merged.diff().lines().for_each(|line| context.note(line));
    } else {
        context.note("the policy says it already: nothing changes");
    }
}

fn cannot(error: &PolicyError) -> Failure {
    Failure::usage("there is no such policy").why(error.to_string())
}

fn read(file: &std::path::Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!("{} cannot be read", file.display())).why(error.to_string())
    })
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
