//! `cbm upload`: weights in S3 as a new version.

use cerebras_management::names::{ModelArchitectureId, VersionAlias};
use cerebras_management::{Client, ModelVersion, Obtained, Operation};
use clap::Args;

use super::suggest;
use crate::context::Context;
use crate::dry_run::DryRun;
use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};
use crate::following::{Waiting, follow};

/// Upload weights from S3 as a new version, and wait until they are there
///
/// The service copies them from your bucket, which must allow it. With --key it is safe to run
/// again, as a CI job does that is repeated: there is one version for a key.
#[derive(Args, Debug)]
pub(crate) struct Upload {
    /// Where the weights are, such as `s3://my-bucket/run-42`
    // Not parsed by clap, which would repeat a presigned URL.
    weights: String,

    /// The model architecture that the weights are of
    #[arg(long, visible_alias = "architecture", value_name = "ARCHITECTURE")]
    arch: ModelArchitectureId,

    /// An alias of the new version, such as production; can be repeated
    #[arg(long, value_name = "ALIAS")]
    alias: Vec<VersionAlias>,

    /// What the fingerprint of inference answers is to end in
    #[arg(long, value_name = "SUFFIX")]
    suffix: Option<String>,

    /// What names this one upload, such as the id of a CI job: with the same one, running it
    /// again comes to the same version
    #[arg(long, value_name = "NONCE")]
    key: Option<String>,

    #[command(flatten)]
    waiting: Waiting,

    #[command(flatten)]
    dry_run: DryRun,
}

impl Upload {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let shown = self.dry_run.shown();
        let client = context.writer(shown.as_ref())?;
        let org = context.org(&client)?;
        let model = org.model(self.arch.clone()).doing(String::new)?;
        let mut upload = model.upload(self.weights.as_str());
        for alias in &self.alias {
            upload = upload.alias(alias.clone());
        }
        if let Some(suffix) = &self.suffix {
            upload = upload.fingerprint_suffix(suffix);
        }
        if let Some(nonce) = &self.key {
            upload = upload.idempotency_key(nonce);
        }
        context.interrupt.sending(match &self.key {
            Some(_) => "run it again with the same --key: what was made is found then".to_owned(),
            None => format!(
                "`cbm versions --arch {}` shows whether it was made",
                self.arch
            ),
        });
        let operation = upload
            .await
            .doing(|| format!("cannot upload as {}", self.arch));
        context.interrupt.over();
        let operation = suggest::architecture(&client, org.name(), &self.arch, operation).await;
        let operation = match operation {
            Ok(operation) => self.has_the_aliases(&client, operation).await,
            failed => failed,
        };
        if let Some(shown) = shown {
            return shown.conclude(context.out, operation);
        }
        let operation = operation?;
        if operation.obtained() == Obtained::Found {
            context.note("it was uploaded before with this key; nothing was sent");
        }
        follow(context, &operation, &self.waiting).await
    }

    /// What was found by its key was uploaded with the aliases of then, and gets no others.
    async fn has_the_aliases(
        &self,
        client: &Client,
        operation: Operation<ModelVersion>,
    ) -> Result<Operation<ModelVersion>> {
        if operation.obtained() != Obtained::Found || self.alias.is_empty() {
            return Ok(operation);
        }
        let name = operation.name();
        let what = || format!("cannot upload as {}", self.arch);
        let version = client.version(name.clone()).doing(what)?;
        let version = version.get().await.doing(what)?;
        let held = version.aliases();
        let missing = self.alias.iter().map(VersionAlias::as_str);
        let missing: Vec<_> = missing
            .filter(|alias| !held.iter().any(|it| it == alias))
            .collect();
        if missing.is_empty() {
            return Ok(operation);
        }
        let missing = missing.join(" ");
        Err(Failure::new(Exit::Conflict, "conflict", what())
            .why(format!(
                "it was uploaded before with this key, as {name}, which has no alias {missing}; \
                 nothing was sent"
            ))
            .next(format!(
                "`cbm alias add {name} {missing}` gives it; or leave that --alias out"
            ))
            .with_handle(&operation.handle()))
    }
}
