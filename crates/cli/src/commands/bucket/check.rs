//! `cbm bucket check`: each cause of a denied access, held against the bucket.

use cerebras_management_preflight::{
    bucket::{self, Cause, Checked, Verdict},
    store::{S3, S3Settings},
};
use clap::Args;
use serde::Serialize;

use super::{Reader, tell_region};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Record;

/// Say of each cause of AccessDenied across accounts whether it keeps the service from reading
///
/// Each cause that AWS lists applies, does not, or cannot be seen from here; with why, and what to do. Nothing
/// is written. The exit code is 1 when one applies; when none does and the bucket's policy could not be
/// read, it is that of the failure, 3 for a denied access.
#[expect(
    clippy::doc_markdown,
    reason = "it is the help, in the form that clap has for it"
)]
#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    reader: Reader,

    /// Pay for the requests to a requester-pays bucket
    #[arg(long)]
    request_payer: bool,
}

/// One cause. The names of the fields are public.
#[derive(Serialize)]
struct CauseRecord {
    cause: &'static str,
    /// `applies`, `does_not_apply` or `cannot_be_seen`.
    verdict: &'static str,
    why: String,
    remedy: Option<String>,
}

impl From<Cause> for CauseRecord {
    fn from(cause: Cause) -> Self {
        Self {
            cause: cause.name,
            verdict: match cause.verdict {
                Verdict::Applies => "applies",
                Verdict::DoesNot => "does_not_apply",
                Verdict::Unseen => "cannot_be_seen",
            },
            why: cause.why,
            remedy: cause.remedy,
        }
    }
}

impl Record for CauseRecord {
    const COLUMNS: &'static [&'static str] = &["CAUSE", "VERDICT", "WHY"];

    fn row(&self) -> Vec<String> {
        let remedy = self.remedy.as_ref();
        let remedy = remedy.map_or_else(String::new, |it| format!("; next: {it}"));
        let verdict = self.verdict.replace('_', " ");
        vec![
            self.cause.to_owned(),
            verdict,
            format!("{}{remedy}", self.why),
        ]
    }

    fn name(&self) -> String {
        format!("{}: {}", self.cause, self.verdict)
    }
}

impl Check {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let Reader {
            bucket,
            role,
            prefix,
        } = self.reader;
        let settings = S3Settings {
            request_payer: self.request_payer,
            ..S3Settings::default()
        };
        let s3 = S3::open(&settings, bucket.as_str(), prefix.unwrap_or_default()).await;
        let checked = Box::pin(bucket::check(&s3, &bucket, &role)).await;
        tell_region(&s3, context);
        let Checked { causes, blind, .. } = checked.map_err(|error| {
            Failure::of_store(&error, format!("cannot look at bucket {bucket}"))
        })?;
        let records: Vec<_> = causes.into_iter().map(CauseRecord::from).collect();
        context.out.list(&records)?;
        let mut apply = records.iter().filter(|it| it.verdict == "applies");
        let Some(first) = apply.next() else {
            if let Some(error) = blind {
                let what = format!(
                    "the policy of bucket {bucket} was not seen, so whether the service can read it is not known"
                );
                return Err(Failure::of_store(&error, what));
            }
            let unseen = records.iter().filter(|it| it.verdict == "cannot_be_seen");
            context.note(&format!(
                "nothing that can be seen from here is in the way; {} of {} causes cannot be seen",
                unseen.count(),
                records.len()
            ));
            return Ok(());
        };
        let names: Vec<_> = std::iter::once(first)
            .chain(apply)
            .map(|it| it.cause)
            .collect();
        let what = format!(
            "the service cannot read bucket {bucket}: {}",
            names.join(", ")
        );
        let failure = Failure::new(Exit::Failed, "access_denied", what);
        Err(match &first.remedy {
            Some(remedy) => failure.next(remedy),
            None => failure,
        })
    }
}
