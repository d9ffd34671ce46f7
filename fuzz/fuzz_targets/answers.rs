//! Any bodies of good answers, one a line: they are read, or refused in one line, and what is made
//! of them can be asked and shown.
#![no_main]

mod support;

use std::time::SystemTime;

use cerebras_management::fuzzing::{
    self, KEY, deployed, endpoint, endpoints, others, rollout, sync, uploaded, version, versions,
};
use cerebras_management::{
    Deployment, EndpointDetails, Error, Handle, ModelVersion, Result, Serving,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bodies: &[u8]| {
    let (mut syncs, mut rollouts) = (Vec::new(), Vec::new());
    for body in bodies.split(|byte| *byte == b'\n') {
        for version in [version(body), uploaded(body)] {
            let version = told(version);
            version.iter().for_each(check_version);
            syncs.extend(version);
        }
        let listed = told(versions(body));
        listed.iter().flatten().for_each(check_version);
        for summary in told(endpoints(body)).iter().flatten() {
            let dates = [summary.created, summary.updated].into_iter().flatten();
            dates.for_each(|time| check_time(&time));
        }
        told(deployed(body)).iter().for_each(check_deployment);
        let details = told(endpoint(body));
        details.iter().for_each(check_endpoint);
        rollouts.extend(details);
        others(body).iter().flatten().for_each(check_error);
    }
    for line in sync(&syncs).iter().chain(&rollout(&rollouts)) {
        support::assert_line(line, 5000);
    }
});

fn told<T>(result: Result<T>) -> Option<T> {
    result.inspect_err(check_error).ok()
}

fn check_error(error: &Error) {
    let line = error.to_string();
    support::assert_line(&line, 5000);
    for text in [
        &line,
        error.body().unwrap_or_default(),
        &format!("{error:?}"),
    ] {
        assert!(!text.contains(KEY), "{text:?}");
    }
}

fn check_version(version: &ModelVersion) {
    if let Some(name) = version.parsed_name() {
        assert_eq!(name.to_string(), version.name());
    }
    let Some((operation, ready)) = told(fuzzing::operation(version)) else {
        assert_eq!(version.id(), None);
        return;
    };
    assert_eq!(operation.name().version().as_id(), version.id());
    let progress = operation.accepted_as();
    support::assert_line(&progress.to_string(), 400);
    // Nothing but `done` or a status that is known to be good is the end.
    let good = progress
        .status
        .as_ref()
        .is_some_and(|status| status.phase() == cerebras_management::status::Phase::Succeeded);
    assert_eq!(ready, good || progress.done && progress.status.is_none());
    let handle = operation.handle();
    assert_eq!(handle.to_string().parse::<Handle>().as_ref(), Ok(&handle));
}

fn check_endpoint(details: &EndpointDetails) {
    check_time(&details.created);
    check_time(&details.updated);
    details.deployments.iter().for_each(check_deployment);
    let serving = details.serving();
    let candidates = match &serving {
        Serving::Deployment(one) => std::slice::from_ref(one),
        Serving::Unclear(some) => {
            assert!(!some.is_empty());
            some
        }
        _ => &[],
    };
    for candidate in candidates {
        assert!(details.deployments.contains(candidate));
        let told = candidate
            .state
            .as_ref()
            .is_some_and(|state| state.is_known());
        assert!(candidate.is_complete() || !told);
    }
    let complete = details.deployments.iter().any(Deployment::is_complete);
    assert!(!complete || serving != Serving::Nothing);
    assert!(!format!("{serving:?}").is_empty());
}

fn check_deployment(deployment: &Deployment) {
    assert!(!(deployment.is_complete() && deployment.is_going()));
    deployment.created.iter().for_each(check_time);
    if let Some(version) = &deployment.version {
        assert_eq!(version.to_string(), deployment.model);
    }
    if let Some(replicas) = &deployment.replicas {
        support::assert_line(&replicas.to_string(), 100);
    }
}

fn check_time(time: &SystemTime) {
    assert!(*time >= SystemTime::UNIX_EPOCH);
}
