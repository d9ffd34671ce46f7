//! `cbm preflight`: weights, looked at before they are uploaded.

mod lock_file;

use std::path::{Path, PathBuf};

use cerebras_management::names::WeightUri;
use cerebras_management_preflight::{
    Architectures, Layout, Lock, Preflight, Report, Severity, Store,
    store::{self, ErrorKind, Folder, S3, S3Settings},
};
use clap::{Args, ValueEnum};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::record::PreflightRecord;

#[expect(
    clippy::doc_markdown,
    reason = "it is the help, in the form that clap has for it"
)]
/// Check weights in S3 or in a folder before they are uploaded, by reading kilobytes of them
///
/// Finds what keeps weights from being served: missing and damaged files, an index or a config.json that
/// contradicts them, another layout than a model's, another model than the architecture. Weights are not
/// read, but for the header of each file. S3 is reached as AWS's tools reach it: by AWS_PROFILE,
/// AWS_REGION, AWS_ENDPOINT_URL and so on. docs/preflight.md lists the checks.
#[derive(Args, Debug)]
pub(crate) struct PreflightArgs {
    /// Where the weights are: `s3://my-bucket/run-42`, or a folder
    // Not parsed by clap, which would repeat a presigned URL.
    weights: String,

    /// The model architecture that the weights are to be of
    #[arg(long, visible_alias = "architecture", value_name = "ARCHITECTURE")]
    arch: Option<String>,

    /// Which layouts are good
    #[arg(long, value_enum, default_value_t, value_name = "LAYOUT")]
    layout: LayoutArg,

    /// Keep the size, the entity tag and the version id of every object in this file, if all is good
    ///
    /// Nothing is written where --check-lock finds a change, nor over a file that is no lock.
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,

    /// Say what has changed since this file was written by --lock
    #[arg(long, value_name = "FILE")]
    check_lock: Option<PathBuf>,

    /// Go by this table of architectures, in the form of crates/preflight/architectures.toml
    #[arg(long, value_name = "FILE")]
    architectures: Option<PathBuf>,

    /// Pay for the requests to a requester-pays bucket
    #[arg(long)]
    request_payer: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LayoutArg {
    /// That of a model on the Hugging Face hub
    #[default]
    Standard,
    /// Any; the service publishes none
    Any,
}

impl From<LayoutArg> for Layout {
    fn from(layout: LayoutArg) -> Self {
        match layout {
            LayoutArg::Standard => Self::Standard,
            LayoutArg::Any => Self::Any,
        }
    }
}

impl PreflightArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let layout = self.layout.into();
        let before = self
            .check_lock
            .as_deref()
            .map(lock_file::read)
            .transpose()?;
        if let Some(file) = &self.lock {
            lock_file::check_place(file)?;
        }
        let table = self.architectures.as_deref().map(read_table).transpose()?;
        let store = self.store().await?;

        let line = context
            .progress
            .line(&format!("preflight of {}", store.place()));
        line.change("listing", None);
        let shown = line.clone();
        let mut preflight = Preflight::new(&store)
            .architectures(table.unwrap_or_default())
            .on_progress(move |progress| {
                let total = progress.total as u64;
                shown.change("reading headers", Some((0, total)));
                shown.part(progress.done as u64, total);
            });
        if let Some(architecture) = &self.arch {
            preflight = preflight.architecture(architecture);
        }
        let cannot = |error: &store::Error| {
            line.clear();
            Failure::of_store(error, format!("cannot look at {}", store.place()))
        };
        let report = preflight.run().await.map_err(|error| cannot(&error))?;
        let now = if before.is_some() || self.lock.is_some() {
            line.change("asking for the version of each object", None);
            Some(
                Lock::of(&store, &report)
                    .await
                    .map_err(|error| cannot(&error))?,
            )
        } else {
            None
        };
        line.done("done");

        let differences = before
            .zip(now.as_ref())
            .map(|(before, now)| before.changes(now));
        let changed = differences.as_ref().map_or(0, Vec::len);
        let unfit = unfit(&report, layout);
        let record = PreflightRecord::new(report, layout, differences);
        context.out.text(&record.text(), &record)?;
        if let Some(unfit) = unfit {
            return Err(unfit);
        }
        if let (Some(file), 1..) = (&self.check_lock, changed) {
            let what = format!("{changed} objects are not what {} says", file.display());
            let failure = Failure::new(Exit::Conflict, "changed", what);
            return Err(failure.next(
                "upload what was checked, or check what is there now and write the lock anew",
            ));
        }
        if let (Some(file), Some(now)) = (&self.lock, &now) {
            lock_file::write(file, now)?;
            context.note(&format!(
                "{} objects are pinned in {}",
                now.objects(),
                file.display()
            ));
        }
        Ok(())
    }

    async fn store(&self) -> Result<Store> {
        if !self.weights.contains("://") {
            let locks = [&self.lock, &self.check_lock].into_iter().flatten();
            let folder = Folder::new(&self.weights);
            return Ok(Store::Folder(
                locks.fold(folder, |folder, lock| folder.without(lock)),
            ));
        }
        let uri: WeightUri = self.weights.parse()?;
        let settings = S3Settings {
            request_payer: self.request_payer,
            ..S3Settings::default()
        };
        Ok(Store::S3(
            S3::open(&settings, uri.bucket(), uri.key()).await,
        ))
    }
}

/// Why the weights are not to be uploaded, if so.
fn unfit(report: &Report, layout: Layout) -> Option<Failure> {
    let bad: Vec<_> = report.bad(layout).collect();
    let worst = bad.first()?;
    let mut words: Vec<_> = bad.iter().map(|finding| finding.check.word()).collect();
    words.dedup();
    let what = format!(
        "the weights are not fit to be uploaded: {}",
        words.join(", ")
    );
    let failure = Failure::new(Exit::Failed, "preflight", what).next(&worst.remedy);
    let only_layout = worst.severity == Severity::Layout;
    Some(if only_layout {
        failure.then("run it again; `--layout any` takes any layout")
    } else {
        failure
    })
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!("{} cannot be read", file.display())).why(error.to_string())
    })
}

fn unusable(file: &Path, why: String) -> Failure {
    Failure::usage(format!("{} cannot be used", file.display())).why(why)
}

fn read_table(file: &Path) -> Result<Architectures> {
    Architectures::parse(&read(file)?).map_err(|why| unusable(file, why))
}

impl Failure {
    /// An error of a bucket or a folder, while something was being done.
    pub(crate) fn of_store(error: &store::Error, what: impl Into<String>) -> Self {
        let (exit, kind) = match error.kind() {
            ErrorKind::NotFound => (Exit::NotFound, "not_found"),
            ErrorKind::AccessDenied => (Exit::Access, "access_denied"),
            ErrorKind::Credentials => (Exit::Access, "credentials"),
            ErrorKind::OtherRegion => (Exit::Usage, "other_region"),
            ErrorKind::Archived => (Exit::Conflict, "archived"),
            ErrorKind::Changed => (Exit::Conflict, "changed"),
            ErrorKind::Throttled => (Exit::Unreachable, "throttled"),
            ErrorKind::Unreachable => (Exit::Unreachable, "unreachable"),
            _ => (Exit::Internal, "store"),
        };
        let why = format!(
            "{} of {}: {}",
            error.call(),
            error.object(),
            error.message()
        );
        let failure = Self::new(exit, kind, what).why(why);
        match error.remedy() {
            Some(remedy) => failure.next(remedy),
            None => failure,
        }
    }
}
