//! What holds for every public type.

use std::collections::BTreeSet;
use std::future::{Future, IntoFuture};

use cerebras_management::names::{
    EndpointId, ModelArchitectureId, ModelVersionName, NameError, OrgName, VersionAlias, VersionId,
    VersionRef, WeightUri,
};
use cerebras_management::status::{
    DeploymentState, Phase, RolloutStatus, SyncStatus, UnknownStatus,
};
use cerebras_management::{
    AliasMove, AliasNames, ApiKey, Change, Chat, ChatAnswer, Client, ClientBuilder, Delete,
    Deleted, Deploy, DeployTarget, Deployment, Endpoint, EndpointDetails, EndpointSummary, Error,
    ErrorKind, FieldError, First, Handle, HandleError, Model, ModelVersion, MoveAlias, MoveIntent,
    MoveLeft, MovePlan, MoveStep, Obtained, Operation, Org, Pending, RawAnswer, Replicas, Resumed,
    RetryPolicy, Rollback, RolloutProgress, Schedule, Sent, Serving, SyncProgress, Upload, Version,
    Wait, Waited, Watch, first_of, wait_all,
};

use crate::harness::{builder, endpoint, model, version_1};

fn can_be_shared<T: Send + Sync + 'static>() {}
fn can_be_shown<T: std::fmt::Debug>() {}

/// Each type, checked when this is compiled, and its name.
macro_rules! types {
    ($($name:ident $(<$of:ty>)?),+ $(,)?) => {{
        $(
            can_be_shared::<$name$(<$of>)?>();
            can_be_shown::<$name$(<$of>)?>();
        )+
        BTreeSet::from([$(stringify!($name)),+])
    }};
}

/// The names that a file makes public with `pub use`, and those that it declares.
fn public_names(source: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in syn::parse_file(source).expect("Rust").items {
        match item {
            syn::Item::Use(item) if matches!(item.vis, syn::Visibility::Public(_)) => {
                add_leaves(&item.tree, &mut names);
            }
            syn::Item::Enum(item) if matches!(item.vis, syn::Visibility::Public(_)) => {
                names.insert(item.ident.to_string());
            }
            syn::Item::Struct(item) if matches!(item.vis, syn::Visibility::Public(_)) => {
                names.insert(item.ident.to_string());
            }
            // The three statuses are declared by a macro, with their name before a brace.
            syn::Item::Macro(item) if item.mac.path.is_ident("open_status") => {
                let body = item.mac.tokens.to_string();
                let head = body.split('{').next().expect("a head");
                let name = head.split_whitespace().last().expect("a name");
                names.insert(name.to_owned());
            }
            _ => {}
        }
    }
    names
}

fn add_leaves(tree: &syn::UseTree, names: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(path) => add_leaves(&path.tree, names),
        syn::UseTree::Name(name) => {
            names.insert(name.ident.to_string());
        }
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|tree| add_leaves(tree, names));
        }
        syn::UseTree::Rename(_) | syn::UseTree::Glob(_) => panic!("a re-export by another name"),
    }
}

/// Names that are no types: traits, aliases and functions.
const NO_TYPES: [&str; 6] = [
    "KeyFuture",
    "KeyProvider",
    "Result",
    "Tracked",
    "first_of",
    "wait_all",
];

#[test]
fn every_public_type_is_send_and_sync_and_shows_itself() {
    let mut checked = types![
        AliasMove,
        AliasNames,
        ApiKey,
        Change<Deployment>,
        Chat,
        ChatAnswer,
        Client,
        ClientBuilder,
        Delete,
        Deleted,
        Deploy,
        DeployTarget,
        Deployment,
        Endpoint,
        EndpointDetails,
        EndpointSummary,
        Error,
        ErrorKind,
        FieldError,
        First<Deployment>,
        Handle,
        HandleError,
        Model,
        ModelVersion,
        MoveAlias,
        MoveIntent,
        MoveLeft,
        MovePlan,
        MoveStep,
        Obtained,
        Operation<Deployment>,
        Org,
        Pending,
        RawAnswer,
        Replicas,
        Resumed,
        RetryPolicy,
        Rollback,
        RolloutProgress,
        Schedule,
        Sent,
        Serving,
        SyncProgress,
        Upload,
        Version,
        Wait<Deployment>,
        Waited,
        Watch<Deployment>,
    ];
    checked.extend(types![
        Change<ModelVersion>,
        First<ModelVersion>,
        Operation<ModelVersion>,
        Wait<ModelVersion>,
        Watch<ModelVersion>,
    ]);
    let mut public = public_names(include_str!("../../src/lib.rs"));
    public.retain(|name| !NO_TYPES.contains(&name.as_str()));
    assert!(checked.iter().eq(&public), "{checked:?}\n{public:?}");

    let checked = types![
        EndpointId,
        ModelArchitectureId,
        ModelVersionName,
        NameError,
        OrgName,
        VersionAlias,
        VersionId,
        VersionRef,
        WeightUri,
    ];
    let public = public_names(include_str!("../../src/names/mod.rs"));
    assert!(checked.iter().eq(&public), "{checked:?}\n{public:?}");

    let checked = types![
        DeploymentState,
        Phase,
        RolloutStatus,
        SyncStatus,
        UnknownStatus
    ];
    let public = public_names(include_str!("../../src/status.rs"));
    assert!(checked.iter().eq(&public), "{checked:?}\n{public:?}");
}

fn can_be_spawned(future: impl Future<Output: Send + 'static> + Send + 'static) {
    drop(future);
}

fn can_be_sent(future: impl Future + Send) {
    drop(future);
}

#[test]
fn every_future_is_send() {
    let client = builder("http://127.0.0.1:1").build().unwrap();
    let org = client.org("my-org").unwrap();
    let (model, version, endpoint) = (model(&client), version_1(&client), endpoint(&client));

    can_be_sent(org.architectures());
    can_be_sent(org.endpoints());
    can_be_sent(model.versions());
    can_be_sent(version.get());
    can_be_sent(version.track());
    can_be_sent(version.add_alias("run-42"));
    can_be_sent(version.remove_alias("run-42"));
    can_be_sent(version.set_aliases(["run-42"]));
    can_be_sent(version.replace_aliases(["run-41"], ["run-42"]));
    can_be_sent(model.move_alias("production", "2").plan());
    can_be_sent(endpoint.get());
    can_be_sent(endpoint.serving());
    can_be_sent(endpoint.track("dep-1"));

    can_be_spawned(model.upload("s3://my-bucket/x").into_future());
    can_be_spawned(version.delete().into_future());
    can_be_spawned(model.move_alias("production", "2").into_future());
    can_be_spawned(endpoint.deploy("run-42").into_future());
    can_be_spawned(endpoint.chat("Hello!").into_future());
    can_be_spawned(async move { org.endpoints().await });
    can_be_spawned(async move { version.set_aliases(vec!["run-42".to_owned()]).await });
    can_be_spawned(async move {
        let operation = endpoint.deploy("run-42").await?;
        operation.wait().await
    });
    can_be_spawned(wait_all(Vec::<Wait<Deployment>>::new()));
    can_be_spawned(first_of(Vec::<Wait<ModelVersion>>::new()));
    can_be_spawned(async move {
        let operation = model.upload("s3://my-bucket/x").await?;
        let wait = operation.wait().into_future();
        drop(operation);
        wait.await
    });
}
