//! What was meant, when what was named is not there: the service is asked what there is.

use cerebras_management::names::{
    EndpointId, ModelArchitectureId, ModelVersionName, OrgName, VersionRef,
};
use cerebras_management::{Client, ModelVersion, MoveIntent};

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::nearest::nearest;
use crate::target::VersionArg;

/// How many names a line shows.
const SHOWN: usize = 5;

/// Adds the nearest endpoint to an error that says there is none of that id.
pub(crate) async fn endpoint<T>(
    context: &Context,
    client: &Client,
    id: &EndpointId,
    result: Result<T>,
) -> Result<T> {
    let failure = match result {
        Err(failure) if failure.is_not_found() => failure,
        other => return other,
    };
    Err(match endpoints(context, client).await {
        Some(ids) if !ids.iter().any(|there| there == id.as_str()) => {
            let ids: Vec<_> = ids.iter().map(String::as_str).collect();
            failure.next(meant(id.as_str(), &ids, "`cbm endpoints` lists them"))
        }
        _ => failure,
    })
}

async fn endpoints(context: &Context, client: &Client) -> Option<Vec<String>> {
    let org = client.org(context.org_name().ok()?).ok()?;
    let endpoints = org.endpoints().await.ok()?;
    Some(endpoints.into_iter().map(|it| it.id).collect())
}

/// The same for a version: its architecture, its alias or its number.
pub(crate) async fn version<T>(
    client: &Client,
    name: &ModelVersionName,
    result: Result<T>,
) -> Result<T> {
    let failure = match result {
        Err(failure) if failure.is_not_found() => failure,
        other => return other,
    };
    let (org, architecture) = (name.org(), name.architecture());
    let failure = match unknown_architecture(client, org, architecture, failure).await {
        Ok(failure) => failure,
        Err(explained) => return Err(explained),
    };
    let Some(versions) = versions(client, name).await else {
        return Err(failure);
    };
    let mut ids: Vec<_> = versions.iter().filter_map(ModelVersion::id).collect();
    ids.sort_unstable();
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let aliases = versions.iter().flat_map(ModelVersion::aliases);
    let there: Vec<_> = aliases.chain(&ids).map(String::as_str).collect();
    let typed = name.version().to_string();
    if there.contains(&typed.as_str()) {
        return Err(failure);
    }
    // A number that is near is another version all the same.
    let near = match name.version() {
        VersionRef::Id(_) => None,
        VersionRef::Alias(_) => nearest(&typed, there.iter().copied()),
    };
    let whole = |version: &str| format!("{architecture}@{version}");
    let near = near.map(whole);
    let shown: Vec<_> = match name.version() {
        // The newest have the highest numbers.
        VersionRef::Id(_) => ids.iter().rev().map(|id| whole(id)).collect(),
        VersionRef::Alias(_) => there.iter().map(|it| whole(it)).collect(),
    };
    let shown: Vec<_> = shown.iter().map(String::as_str).collect();
    let list = format!("`cbm versions --arch {architecture}` lists them");
    Err(failure.next(said(near.as_deref(), &shown, &list)))
}

/// The same for what is deployed; one alone is of the endpoint's architecture.
pub(crate) async fn deployed<T>(
    context: &Context,
    client: &Client,
    id: &EndpointId,
    typed: &VersionArg,
    result: Result<T>,
) -> Result<T> {
    let result = endpoint(context, client, id, result).await;
    if let (Err(failure), VersionArg::Bare(version)) = (&result, typed)
        && failure.is_not_found()
        && let Some(ids) = endpoints(context, client).await
        && ids.iter().any(|there| *there == version.to_string())
        && id.as_str().parse::<VersionRef>().is_ok()
    {
        return result.map_err(|failure| {
            failure.next(format!(
                "{version} is an endpoint, which comes second: cbm deploy {id} {version}"
            ))
        });
    }
    if !matches!(&result, Err(failure) if failure.is_not_found()) {
        return result;
    }
    let name = match typed {
        VersionArg::Bare(reference) => of_endpoint(client, id, reference).await,
        named => context.version_name(named).ok(),
    };
    match name {
        Some(name) => version(client, &name, result).await,
        None => result,
    }
}

async fn of_endpoint(
    client: &Client,
    id: &EndpointId,
    reference: &VersionRef,
) -> Option<ModelVersionName> {
    let details = client.endpoint(id.clone()).ok()?.get().await.ok()?;
    let (org, architecture) = (details.managing_org, details.architecture);
    Some(ModelVersionName::new(
        org.parse().ok()?,
        architecture.parse().ok()?,
        reference,
    ))
}

/// The same for an architecture alone.
pub(crate) async fn architecture<T>(
    client: &Client,
    org: &OrgName,
    architecture: &ModelArchitectureId,
    result: Result<T>,
) -> Result<T> {
    match result {
        Err(failure) if failure.is_not_found() => Err(
            match unknown_architecture(client, org, architecture, failure).await {
                Ok(failure) | Err(failure) => failure,
            },
        ),
        other => other,
    }
}

/// The error with the nearest architecture, if it is that which is not there.
async fn unknown_architecture(
    client: &Client,
    org: &OrgName,
    architecture: &ModelArchitectureId,
    failure: Failure,
) -> Result<Failure> {
    let Ok(org) = client.org(org.clone()) else {
        return Ok(failure);
    };
    match org.architectures().await {
        Ok(there) if !there.iter().any(|it| it == architecture.as_str()) => {
            let there: Vec<_> = there.iter().map(String::as_str).collect();
            let next = meant(architecture.as_str(), &there, "`cbm archs` lists them");
            Err(failure.next(next))
        }
        _ => Ok(failure),
    }
}

/// That no version had an alias that is moved, and which of those that there are is near.
pub(crate) async fn new_alias(client: &Client, intent: &MoveIntent) -> String {
    let alias = intent.alias().as_str();
    let versions = versions(client, intent.to()).await.unwrap_or_default();
    let there = versions.iter().flat_map(ModelVersion::aliases);
    let said = format!("no version had the alias {alias}, it is a new one");
    match nearest(alias, there.map(String::as_str)) {
        Some(near) => format!("warning: {said}; there is {near}, which stays as it is"),
        None => said,
    }
}

async fn versions(client: &Client, name: &ModelVersionName) -> Option<Vec<ModelVersion>> {
    let org = client.org(name.org().clone()).ok()?;
    let model = org.model(name.architecture().clone()).ok()?;
    model.versions().await.ok()
}

fn meant(typed: &str, there: &[&str], list: &str) -> String {
    said(nearest(typed, there.iter().copied()), there, list)
}

fn said(near: Option<&str>, there: &[&str], list: &str) -> String {
    if let Some(near) = near {
        return format!("did you mean {near}? {list}");
    }
    match there {
        [] => format!("there are none yet; {list}"),
        all if all.len() <= SHOWN => format!("there are: {}", all.join(", ")),
        all => format!(
            "there are: {}, and {} more; {list}",
            all[..SHOWN].join(", "),
            all.len() - SHOWN
        ),
    }
}
