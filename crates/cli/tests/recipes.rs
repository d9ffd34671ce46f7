//! The two recipes of docs/ci.md, read as YAML: their scripts run against a simulator, as GitHub's and
//! GitLab's runners would run them.
//!
//! `aws` stands for nothing here, and `cbm preflight` looks at a folder in the place of the bucket; both
//! write down how they were called. Where bash is not installed the tests say so and pass, unless
//! `CBM_REQUIRE_SHELLS` is set, as it is in CI.

#![allow(missing_docs)]
#![cfg(unix)]

mod harness;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use harness::{ENDPOINT, Ran, Service, is_installed};
use serde_json::Value;

/// The recipe that has this text in it.
fn recipe(text: &str) -> Value {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ci.md");
    let page = std::fs::read_to_string(page).expect("a page");
    let mut blocks = page.split("```yaml\n").skip(1);
    let blocks = blocks.by_ref().filter_map(|it| it.split("```").next());
    let found: Vec<_> = blocks.filter(|it| it.contains(text)).collect();
    let [block] = found[..] else {
        panic!("{text:?} is in {} recipes", found.len());
    };
    serde_saphyr::from_str(block).expect("YAML")
}

type Variables = BTreeMap<String, String>;

/// A runner: what is on its path, and what its jobs have left.
struct Runner {
    service: Service,
}

impl Runner {
    fn new(service: Service) -> Self {
        let runner = Self { service };
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/preflight.in");
        let tests = tests.display();
        let calls = runner.path("calls");
        runner.program("aws", &format!("echo aws \"$@\" >> {calls}"));
        runner.program(
            "cbm",
            &format!(
                "echo cbm \"$@\" >> {calls}\n\
                 if [ \"$1\" = preflight ]; then\n\
                 set -- preflight {tests}/whole --arch tiny-gpt-oss \
                 --architectures {tests}/architectures.toml\n\
                 fi\n\
                 exec {} \"$@\"",
                env!("CARGO_BIN_EXE_cbm")
            ),
        );
        runner
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.service.folder.path())
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file");
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&path, mode).expect("permissions");
    }

    /// One shell, with nothing of this machine's environment but the path.
    fn runs(&self, options: &str, script: &str, variables: &Variables) -> Ran {
        let mut bash = Command::new("bash");
        let path = std::env::var("PATH").unwrap_or_default();
        bash.args([options, script]).env_clear();
        bash.envs(self.service.environment()).envs(variables);
        bash.env("PATH", format!("{}:{path}", self.service.folder.path()));
        bash.current_dir(self.service.folder.path());
        Ran::of(&bash.output().expect("bash runs"))
    }

    /// What a step has left as `NAME=value`, in a file.
    fn left(&self, file: &str) -> Variables {
        let text = std::fs::read_to_string(self.path(file)).unwrap_or_default();
        let pairs = text.lines().filter_map(|it| it.split_once('='));
        pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    fn calls(&self) -> String {
        std::fs::read_to_string(self.path("calls")).expect("calls")
    }
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

/// A value of a workflow, where it is an expression with the output of a step or of a job.
fn expanded(value: &str, outputs: &Variables) -> Option<String> {
    let Some(inner) = value.strip_prefix("${{ ") else {
        return Some(value.to_owned());
    };
    let inner = inner.strip_suffix(" }}").expect("its end");
    // The key is in the environment of the test already.
    if inner.starts_with("secrets.") {
        return None;
    }
    let found = outputs.get(inner);
    Some(
        found
            .unwrap_or_else(|| panic!("{inner} is not in {outputs:?}"))
            .clone(),
    )
}

fn environment(of: &Value, outputs: &Variables) -> Variables {
    let Some(pairs) = of["env"].as_object() else {
        return Variables::new();
    };
    let pairs = pairs.iter().filter_map(|(name, value)| {
        let value = expanded(text(value), outputs)?;
        Some((name.clone(), value))
    });
    pairs.collect()
}

/// The steps of a job of GitHub, each in a shell of its own, until one fails. Gives how the last ended.
fn github(runner: &Runner, job: &Value, outputs: &mut Variables) -> Ran {
    let mut last = None;
    for step in job["steps"].as_array().expect("steps") {
        let Some(script) = step["run"].as_str() else {
            continue;
        };
        let mut variables = environment(job, outputs);
        variables.extend(environment(step, outputs));
        variables.insert("GITHUB_RUN_ID".to_owned(), "77".to_owned());
        variables.insert("GITHUB_OUTPUT".to_owned(), runner.path("output"));
        let ran = runner.runs("-ec", script, &variables);
        if let Some(id) = step["id"].as_str() {
            for (name, value) in runner.left("output") {
                outputs.insert(format!("steps.{id}.outputs.{name}"), value);
            }
        }
        let failed = ran.code != Some(0);
        last = Some(ran);
        if failed {
            break;
        }
    }
    last.expect("a step that runs")
}

/// What the jobs that need it see of a job's outputs.
fn handed_on(job: &Value, outputs: &Variables) -> Variables {
    let given = job["outputs"].as_object().expect("outputs");
    let given = given.iter().filter_map(|(name, value)| {
        let value = expanded(text(value), outputs)?;
        Some((format!("needs.deploy.outputs.{name}"), value))
    });
    given.collect()
}

const UPLOADED: &str = "aws s3 sync ./weights s3://my-bucket/run-77\n";

#[test]
fn the_recipe_for_github_deploys_and_its_second_job_goes_on() {
    if !is_installed("bash", "CBM_REQUIRE_SHELLS") {
        return;
    }
    let recipe = recipe("runs-on");
    let jobs = &recipe["jobs"];
    let runner = Runner::new(Service::fast());
    let mut outputs = Variables::new();
    github(&runner, &jobs["deploy"], &mut outputs).ended(0);
    assert_eq!(runner.service.simulator.serving(ENDPOINT), Some(4));
    let calls = runner.calls();
    let preflight = "cbm preflight s3://my-bucket/run-77 --arch gpt-oss-120b\n";
    assert!(
        calls.starts_with(&format!("{UPLOADED}{preflight}")),
        "{calls}"
    );
    let mut needs = handed_on(&jobs["deploy"], &outputs);
    assert_eq!(needs["needs.deploy.outputs.code"], "0");
    assert_eq!(
        text(&jobs["go-on"]["if"]),
        "needs.deploy.outputs.code == '6'"
    );
    let ran = github(&runner, &jobs["go-on"], &mut needs).ended(0);
    assert!(ran.out.contains("gpt-oss-120b@4"), "{ran:#?}");
}

#[test]
fn the_recipe_for_github_fails_with_a_rollout_that_fails() {
    if !is_installed("bash", "CBM_REQUIRE_SHELLS") {
        return;
    }
    let recipe = recipe("runs-on");
    let runner = Runner::new(Service::fast());
    let planned = runner.service.simulator.fail_next_rollout(ENDPOINT);
    planned.expect("an endpoint");
    let mut outputs = Variables::new();
    github(&runner, &recipe["jobs"]["deploy"], &mut outputs).ended(1);
    assert_eq!(outputs["steps.wait.outputs.code"], "1");
}

/// The lines of a job of GitLab, in one shell.
fn gitlab(runner: &Runner, job: &Value, variables: &Variables) -> Ran {
    let lines = job["script"].as_array().expect("a script");
    let lines: Vec<_> = lines.iter().map(text).collect();
    let script = format!("set -eo pipefail\n{}", lines.join("\n"));
    runner.runs("-c", &script, variables)
}

#[test]
fn the_recipe_for_gitlab_deploys_and_its_second_job_goes_on() {
    if !is_installed("bash", "CBM_REQUIRE_SHELLS") {
        return;
    }
    let recipe = recipe("stage: deploy");
    let given = |id: &str| {
        let pairs = [("CI_PIPELINE_ID", id), ("AWS_TOKEN", "a.b.c")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Variables::from(pairs)
    };
    let runner = Runner::new(Service::fast());
    gitlab(&runner, &recipe["deploy"], &given("77")).ended(0);
    assert_eq!(runner.service.simulator.serving(ENDPOINT), Some(4));
    assert!(runner.calls().starts_with(UPLOADED), "{}", runner.calls());
    let left = runner.left("deploy.env");
    gitlab(&runner, &recipe["go-on"], &left).ended(0);
    // And with a rollout that fails.
    let planned = runner.service.simulator.fail_next_rollout(ENDPOINT);
    planned.expect("an endpoint");
    gitlab(&runner, &recipe["deploy"], &given("78")).ended(1);
    gitlab(&runner, &recipe["go-on"], &runner.left("deploy.env")).ended(1);
}
