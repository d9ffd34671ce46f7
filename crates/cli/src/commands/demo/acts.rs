//! The first two acts: new weights, and a rollout that fails with the way back.

use std::time::Duration;

use cerebras_management::names::VersionAlias;
use cerebras_management::{
    Deployment, ErrorKind, ModelVersion, MoveStep, Operation, Schedule, Serving, Tracked,
};

use cerebras_management_simulator::INFERENCE_KEY;

use super::super::Failure;
use super::traffic::{Traffic, weights};
use super::{ARCHITECTURE, ENDPOINT, Stage};
use crate::screen::Going;

/// Polls that suit a clock 60 times as fast.
fn schedule() -> Schedule {
    Schedule::default()
        .floor(Duration::from_millis(50))
        .fraction(0.0)
}

/// What serves before anything is done.
pub(super) async fn what_serves(stage: &Stage) -> Result<(), Failure> {
    stage.screen.step(1, "What serves now");
    stage
        .screen
        .command(&format!("api GET /endpoints/{ENDPOINT}"));
    stage.screen.command(&format!(
        "curl -sS {}/v1/chat/completions -H 'Authorization: Bearer {INFERENCE_KEY}' --json \\\n  \
         '{{\"model\": \"{ENDPOINT}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello!\"}}]}}'",
        stage.simulator.base_url()
    ));
    who_answers(stage).await
}

/// Upload, sync, deploy, rollout, a request that the new weights answer, and the alias moved.
pub(super) async fn new_weights(stage: &Stage) -> Result<(), Failure> {
    stage
        .screen
        .step(3, "Upload new weights, and wait for their sync");
    upload(stage, "run-42").await?;

    stage
        .screen
        .step(4, "Deploy them, and wait for the rollout");
    let rollout = deploy(stage, "2").await?;
    finish(stage, rollout).await?;
    who_answers(stage).await?;

    stage.screen.step(5, "Move `production` to them");
    move_production(stage, "1", "2").await
}

/// A rollout that fails, while requests go on.
pub(super) async fn failing_rollout(stage: &Stage) -> Result<(), Failure> {
    stage.screen.step(
        6,
        "Deploy a third version, whose rollout will fail, under steady traffic",
    );
    upload(stage, "run-43").await?;
    stage.simulator.fail_next_rollout(ENDPOINT)?;
    let traffic = Traffic::start(stage.traffic.clone());
    let rollout = deploy(stage, "3").await?;
    let (going, ended) = follow(stage, &rollout, "rollout").await;
    let tally = traffic.stop();
    match ended {
        Err(error) if error.kind() == ErrorKind::OperationFailed => {
            going.failed(&format!("the wait says so: {error}"));
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("the rollout was to fail, and it did not".into()),
    }
    stage.screen.good(&tally.to_string());
    if tally.failed > 0 {
        return Err("requests failed during the rollout".into());
    }
    who_answers(stage).await
}

/// Back to what served first, and the failed version deleted.
pub(super) async fn back(stage: &Stage) -> Result<(), Failure> {
    stage.screen.step(7, "Go back to the first version");
    let rollout = deploy(stage, "run-41").await?;
    finish(stage, rollout).await?;
    move_production(stage, "2", "1").await?;
    who_answers(stage).await?;

    stage.screen.step(8, "Delete the version that failed");
    let third = stage.model.version("3")?;
    match third.delete().await {
        Err(error) if error.kind() == ErrorKind::Conflict => {
            stage.screen.bad(&format!("guarded: {error}"));
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a version with an alias was deleted without a word".into()),
    }
    stage
        .screen
        .command(&format!("api DELETE {}", path("versions/3")));
    third.delete().even_if_aliased().await?;
    stage
        .screen
        .good("version 3 is gone from the service; s3://my-bucket/run-43 stays");
    Ok(())
}

async fn upload(stage: &Stage, run: &str) -> Result<ModelVersion, Failure> {
    let uri = format!("s3://my-bucket/{run}");
    let org = stage.model.org();
    stage.screen.command(&format!(
        "api POST /orgs/{org}/models:upload \\\n  '{{\"model_arch_id\": \"{ARCHITECTURE}\", \"model\": {{\"weight_uri\": \"{uri}\",\n    \
         \"version_aliases\": [\"{run}\"], \"system_fingerprint_suffix\": \"{run}\"}}}}'"
    ));
    let upload = stage
        .model
        .upload(uri)
        .alias(run)
        .fingerprint_suffix(run)
        .await?;
    stage.screen.good(&format!("accepted as {}", upload.name()));
    stage.screen.command(&format!(
        "api GET {}   # until it is done",
        path(&format!("versions/{}", upload.name().version()))
    ));
    let (going, ended) = follow(stage, &upload, "sync").await;
    let version = ended?;
    going.done(&format!("synced: aliases {}", version.aliases().join(", ")));
    Ok(version)
}

async fn deploy(stage: &Stage, version: &str) -> Result<Operation<Deployment>, Failure> {
    let rollout = stage.endpoint.deploy(version).await?;
    stage.screen.command(&format!(
        "api POST /endpoints/{ENDPOINT}:deployModel '{{\"model\": \"{}\"}}'",
        rollout.version()
    ));
    stage
        .screen
        .good(&format!("queued as deployment {}", rollout.deployment_id()));
    stage.screen.command(&format!(
        "api GET /endpoints/{ENDPOINT}   # until it is complete"
    ));
    Ok(rollout)
}

async fn finish(stage: &Stage, rollout: Operation<Deployment>) -> Result<(), Failure> {
    let (going, ended) = follow(stage, &rollout, "rollout").await;
    ended?;
    going.done("complete");
    Ok(())
}

/// Waits, and shows each change on the way.
async fn follow<T: Tracked>(
    stage: &Stage,
    operation: &Operation<T>,
    what: &str,
) -> (Going, cerebras_management::Result<T>) {
    let going = stage.screen.going(what);
    let shown = going.clone();
    let ended = operation
        .wait()
        .schedule(schedule())
        .on_change(move |progress| shown.change(progress))
        .await;
    (going, ended)
}

/// The alias is unique, so it leaves one version before it comes to the other.
async fn move_production(stage: &Stage, from: &str, to: &str) -> Result<(), Failure> {
    let moving = stage.model.move_alias("production", to).from(from);
    let plan = moving.plan().await?;
    for step in plan.steps() {
        let (MoveStep::Remove {
            version, aliases, ..
        }
        | MoveStep::Add {
            version, aliases, ..
        }) = step
        else {
            continue;
        };
        let aliases: Vec<_> = aliases.iter().map(VersionAlias::as_str).collect();
        stage.screen.command(&format!(
            "api PATCH {} '{{\"version_aliases\": {aliases:?}}}'",
            path(&format!("versions/{}", version.version())),
        ));
    }
    let moved = plan.run().await?;
    let gap = moved.without_alias.unwrap_or_default();
    stage.screen.good(&format!(
        "production names version {to}; for {:.0} ms it named none",
        gap.as_secs_f64() * 1000.0
    ));
    Ok(())
}

/// Asks the endpoint's deployments, and then the endpoint itself.
async fn who_answers(stage: &Stage) -> Result<(), Failure> {
    let Serving::Deployment(serving) = stage.endpoint.serving().await? else {
        return Err("nothing serves".into());
    };
    let answer = stage.endpoint.chat("Which weights are you?").await?;
    stage.screen.good(&format!(
        "{ENDPOINT} serves version {}; a chat request is answered by {}",
        serving
            .version
            .map_or(serving.model, |name| name.version().to_string()),
        weights(answer.system_fingerprint.as_deref())
    ));
    Ok(())
}

fn path(rest: &str) -> String {
    format!("/orgs/my-org/models/{ARCHITECTURE}/{rest}")
}
