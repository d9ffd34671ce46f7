//! The third act: the answer to an upload is lost, and there is one version all the same.

use cerebras_management::{ModelVersion, Obtained, Operation};
use cerebras_management_simulator::{Fault, FaultAction, Operation as Route};

use super::super::Failure;
use super::{ARCHITECTURE, Stage};

const WEIGHTS: &str = "s3://my-bucket/run-44";
const NONCE: &str = "ci-job-7";

/// An upload with an idempotency key, whose answer does not arrive, and then the same once more.
pub(super) async fn lost_answer(stage: &Stage) -> Result<(), Failure> {
    let screen = stage.screen;
    screen.step(9, "Lose the answer to an upload");
    let base = stage.simulator.base_url();
    screen.command(&format!(
        "curl -sS -X POST {base}/_simulator/faults --json \\\n  \
         '{{\"fault\": [{{\"operation\": \"upload_model_version\", \"times\": 1, \"action\": \
         \"lose_answer\"}}]}}'"
    ));
    let before = stage.simulator.count(Route::UploadModelVersion);
    let lose = Fault::on(Route::UploadModelVersion, FaultAction::LoseAnswer);
    stage.simulator.inject(lose.once());
    let first = upload(stage).await?;
    screen.bad("the service handled the upload, and the connection broke before it answered");
    if first.obtained() != Obtained::Adopted {
        return Err("the answer was to be lost, and it came".into());
    }
    screen.good(&format!(
        "not sent again, but looked for by its idempotency key: {}",
        first.name()
    ));
    let again = upload(stage).await?;
    if again.obtained() != Obtained::Found || again.name() != first.name() {
        return Err("the job that ran again did not find its upload".into());
    }
    screen.good("the job runs again, with the same key: the same version, and nothing is sent");

    screen.command(&format!("curl -sS {base}/_simulator/journal"));
    let sent = stage.simulator.count(Route::UploadModelVersion) - before;
    let mut versions = stage.simulator.versions(ARCHITECTURE);
    versions.retain(|version| version.weight_uri == WEIGHTS);
    let made = versions.len();
    screen.good(&format!(
        "the simulator's journal: {sent} POST for two uploads; its world: {made} version of \
         {WEIGHTS}"
    ));
    if (sent, made) != (1, 1) {
        return Err("one request was to make one version".into());
    }
    Ok(())
}

async fn upload(stage: &Stage) -> cerebras_management::Result<Operation<ModelVersion>> {
    let upload = stage.model.upload(WEIGHTS);
    upload.idempotency_key(NONCE).await
}
