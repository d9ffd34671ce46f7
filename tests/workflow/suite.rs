//! The workflow as a team runs it: upload, deploy, ask, move aliases, and delete.
//!
//! One suite for the simulator and for a live service. It runs against the simulator unless the
//! environment names another:
//!
//! | variable | |
//! | --- | --- |
//! | `CEREBRAS_WORKFLOW_BASE_URL` | the service, such as `https://api.cerebras.ai` |
//! | `CEREBRAS_WORKFLOW_ORG` | the organization's name |
//! | `CEREBRAS_WORKFLOW_ARCHITECTURE` | a model architecture of it |
//! | `CEREBRAS_WORKFLOW_ENDPOINT` | an endpoint that runs this architecture |
//! | `CEREBRAS_MANAGEMENT_API_KEY` | the Management API key, or `…_FILE` |
//! | `CEREBRAS_WORKFLOW_WEIGHTS` | an `s3://` URI; without it a live run only reads |
//! | `CEREBRAS_WORKFLOW_DEPLOY` | `yes` to deploy as well; without it what serves is not touched |
//! | `CEREBRAS_API_KEY` | the inference key, needed to deploy |
//!
//! A live run makes one version and deletes it again, and deploys what served before again. When
//! it fails on the way, what it has made stays: its alias begins with `workflow-`.
//!
//! ```text
//! cargo test -p cerebras-management --test workflow -- suite --nocapture
//! ```

use std::time::SystemTime;

use cerebras_management::{
    Client, Endpoint, ErrorKind, Model, ModelVersion, Operation, Schedule, Serving, Tracked, Wait,
};

use crate::harness::{ARCHITECTURE, ENDPOINT, ORG, Rig, quick, refused};

/// Where the suite runs, and how far it goes.
struct Target {
    client: Client,
    org: String,
    architecture: String,
    endpoint: String,
    weights: Option<String>,
    deploys: bool,
    schedule: Schedule,
    /// The simulator, as long as it is to run.
    rig: Option<Rig>,
}

impl Target {
    async fn from_environment() -> Self {
        match variable("CEREBRAS_WORKFLOW_BASE_URL") {
            Some(base_url) => Self::live(base_url),
            None => Self::simulated().await,
        }
    }

    async fn simulated() -> Self {
        let rig = Rig::serving_the_first_of_two().await;
        Self {
            client: rig.client.clone(),
            org: ORG.to_owned(),
            architecture: ARCHITECTURE.to_owned(),
            endpoint: ENDPOINT.to_owned(),
            weights: Some("s3://my-bucket/workflow".to_owned()),
            deploys: true,
            schedule: quick(),
            rig: Some(rig),
        }
    }

    fn live(base_url: String) -> Self {
        let needed = |name| variable(name).unwrap_or_else(|| panic!("{name} is not set"));
        let client = cerebras_management::ClientBuilder::from_env().unwrap();
        Self {
            client: client.base_url(base_url).build().unwrap(),
            org: needed("CEREBRAS_WORKFLOW_ORG"),
            architecture: needed("CEREBRAS_WORKFLOW_ARCHITECTURE"),
            endpoint: needed("CEREBRAS_WORKFLOW_ENDPOINT"),
            weights: variable("CEREBRAS_WORKFLOW_WEIGHTS"),
            deploys: variable("CEREBRAS_WORKFLOW_DEPLOY").is_some_and(|answer| answer == "yes"),
            schedule: Schedule::default(),
            rig: None,
        }
    }

    fn model(&self) -> Model {
        let org = self.client.org(self.org.as_str()).unwrap();
        org.model(self.architecture.as_str()).unwrap()
    }

    fn endpoint(&self) -> Endpoint {
        self.client.endpoint(self.endpoint.as_str()).unwrap()
    }

    /// A wait that tells how it goes, for who looks on.
    fn wait<T: Tracked>(&self, operation: &Operation<T>) -> Wait<T> {
        let wait = operation.wait().schedule(self.schedule.clone());
        wait.on_change(|progress| println!("  {progress}"))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[tokio::test]
async fn the_whole_workflow() {
    let target = Target::from_environment().await;
    everything_can_be_read(&target).await;
    let Some(weights) = &target.weights else {
        println!("CEREBRAS_WORKFLOW_WEIGHTS is not set: nothing is written");
        return;
    };
    let version = weights_become_a_version(&target, weights).await;
    aliases_come_and_go(&target, &version).await;
    if target.deploys {
        the_version_serves_and_makes_room(&target, &version).await;
    }
    the_version_is_deleted(&target, &version).await;
    if let Some(rig) = &target.rig {
        // Two versions to begin with, and the third is gone.
        assert_eq!(rig.simulator.versions(ARCHITECTURE).len(), 2);
        assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
    }
}

async fn everything_can_be_read(target: &Target) {
    let org = target.client.org(target.org.as_str()).unwrap();
    let architectures = org.architectures().await.unwrap();
    assert!(
        architectures.contains(&target.architecture),
        "{architectures:?}"
    );

    let endpoints = org.endpoints().await.unwrap();
    let listed = endpoints.iter().find(|e| e.id == target.endpoint);
    let architecture = listed
        .expect("the endpoint is listed")
        .architecture
        .as_deref();
    assert_eq!(architecture, Some(target.architecture.as_str()));

    let details = target.endpoint().get().await.unwrap();
    assert_eq!(details.id, target.endpoint);
    assert_eq!(details.architecture, target.architecture);
    assert_eq!(details.managing_org, target.org);
    let serving = details.serving();
    println!("{} serves {:?}", details.id, serving.version());
    let writes = target.weights.is_some() && target.deploys;
    assert!(
        !writes || serving.version().is_some(),
        "nothing serves that could be put back: deploy something first"
    );

    for version in target.model().versions().await.unwrap() {
        let id = version.id().expect("a name of the published form");
        let read = target.model().version(id).unwrap().get().await.unwrap();
        assert_eq!(
            (read.name(), read.aliases()),
            (version.name(), version.aliases())
        );
    }
}

async fn weights_become_a_version(target: &Target, weights: &str) -> ModelVersion {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let alias = format!("workflow-{}", since.unwrap().as_secs());
    println!("upload of {weights} as {alias}");
    let upload = target.model().upload(weights);
    let upload = upload
        .alias(alias.as_str())
        .fingerprint_suffix(alias.as_str());
    let operation = upload.await.unwrap();
    let version = target.wait(&operation).await.unwrap();

    assert_eq!(version.parsed_name(), Some(operation.name()));
    assert_eq!(version.aliases(), [alias.as_str()]);
    let by_alias = target.model().version(alias.as_str()).unwrap();
    assert_eq!(by_alias.get().await.unwrap(), version);
    let by_id = target.model().version(version.id().unwrap()).unwrap();
    assert_eq!(by_id.get().await.unwrap(), version);
    version
}

async fn aliases_come_and_go(target: &Target, version: &ModelVersion) {
    let own = version.aliases()[0].clone();
    let more = format!("{own}-more");
    let resource = target.model().version(version.id().unwrap()).unwrap();

    let added = resource.add_alias(more.as_str()).await.unwrap();
    assert_eq!(added.aliases(), [own.as_str(), more.as_str()]);
    let removed = resource.remove_alias(more.as_str()).await.unwrap();
    assert_eq!(removed.aliases(), [own.as_str()]);
    let set = resource
        .set_aliases([more.as_str(), own.as_str()])
        .await
        .unwrap();
    assert_eq!(set.aliases(), [more.as_str(), own.as_str()]);
    let set = resource.set_aliases([own.as_str()]).await.unwrap();
    assert_eq!(set.aliases(), [own.as_str()]);
}

async fn the_version_serves_and_makes_room(target: &Target, version: &ModelVersion) {
    let endpoint = target.endpoint();
    let serving = endpoint.serving().await.unwrap();
    let before = serving.version().expect("what serves").clone();

    println!("deployment of {} to {}", version.name(), endpoint.id());
    let operation = endpoint.deploy(version).await.unwrap();
    let deployment = target.wait(&operation).await.unwrap();
    assert_eq!(deployment.id, operation.deployment_id());
    assert_eq!(deployment.version.as_ref(), version.parsed_name());
    assert_eq!(
        endpoint.serving().await.unwrap(),
        Serving::Deployment(deployment)
    );
    let again = endpoint.deploy(version).await.unwrap();
    assert!(again.already_serves().is_some());

    let answer = endpoint.chat("Hello!").max_tokens(16).await.unwrap();
    println!("  answered by {:?}", answer.system_fingerprint);
    if target.rig.is_some() {
        let fingerprint = answer.system_fingerprint.unwrap();
        assert!(
            fingerprint.ends_with(&version.aliases()[0]),
            "{fingerprint}"
        );
        assert_eq!(
            answer.text,
            format!("Simulated answer from {}.", version.name())
        );
    }

    let resource = target.model().version(version.id().unwrap()).unwrap();
    let error = refused(resource.delete().even_if_aliased().await);
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");

    println!("deployment of {before}, which served before");
    let operation = endpoint.deploy(&before).await.unwrap();
    target.wait(&operation).await.unwrap();
    let serving = endpoint.serving().await.unwrap();
    assert_eq!(serving.version(), Some(&before));
}

async fn the_version_is_deleted(target: &Target, version: &ModelVersion) {
    let resource = target.model().version(version.id().unwrap()).unwrap();
    let error = refused(resource.delete().await);
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");

    println!("deletion of {}", version.name());
    let deleted = resource.delete().even_if_aliased().await.unwrap();
    assert_eq!(&deleted.version, version);
    let error = refused(resource.get().await);
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}
