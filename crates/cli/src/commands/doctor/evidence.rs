//! `cbm doctor --evidence`: what the service answers, compared with what is assumed of it.
//!
//! Nothing is written to the service. All that is asked beyond reading what there is: a version and
//! an organization by names that nobody has, and two reads with a key that is made up.

mod answers;
mod checks;
mod fields;
mod names;
mod report;

use std::path::Path;

use cerebras_management::names::{ModelArchitectureId, ModelVersionName, OrgName, VersionAlias};
use cerebras_management::{Client, Model, RetryPolicy};

use answers::{Answer, Answers, Asked, Recorder};
use names::Names;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};

/// More than these tell nothing new, and each costs a request.
const MOST: usize = 25;

const NOBODYS_ORG: &str = "cbm-evidence-nobody-is-called-this";
const MADE_UP_KEY: &str = "cbm-evidence-this-key-is-made-up";
const NO_SUCH_VERSION: &str = "999999999";

/// Reads what there is, and writes the report to a file.
pub(super) async fn write(context: &Context, path: &Path) -> Result<()> {
    let is_ours = || std::fs::read(path).is_ok_and(|it| it.starts_with(report::TITLE.as_bytes()));
    if path.is_file() && !is_ours() {
        let what = format!("{} is there already, and is no report", path.display());
        let failure = Failure::usage(what).why("it was not written over");
        return Err(failure.next("name another file, as in `cbm doctor --evidence FILE`"));
    }
    let recorder = Recorder::default();
    let client = context.watched(&recorder)?;
    let org = context.org_name()?;
    ask(&client, &org, &recorder).await?;
    ask_with_a_made_up_key(&client, &org, &recorder).await?;
    let answers = recorder.answers();
    let names = Names::new(&answers, &[org.as_str(), client.base_url()]);
    let (text, totals) = report::markdown(&answers, &names, whom(&client));
    let written = std::fs::write(path, text);
    let at = path.display();
    written.map_err(|error| {
        Failure::new(
            Exit::Failed,
            "file",
            format!("{at} cannot be written: {error}"),
        )
        .next("name another file, as in `cbm doctor --evidence FILE`")
    })?;
    context.note(&format!(
        "{at}: {} assumptions confirmed, {} contradicted, {} not seen; look through it before you \
         send it",
        totals.confirmed, totals.contradicted, totals.not_seen
    ));
    Ok(())
}

impl Context {
    /// A client whose answers are recorded.
    fn watched(&self, recorder: &Recorder) -> Result<Client> {
        let recorder = recorder.clone();
        let builder = self.client_builder()?;
        let builder = builder.on_answer(move |answer| recorder.take(answer));
        builder
            .build()
            .doing(|| "the settings cannot be used".to_owned())
    }
}

/// What a report may say of the address: a simulator's tells nothing of the service.
fn whom(client: &Client) -> &'static str {
    if client.base_url() == "https://api.cerebras.ai" {
        "https://api.cerebras.ai"
    } else {
        "another address than https://api.cerebras.ai"
    }
}

/// A refusal is an answer too, and what does not parse is what is looked for: the recorder has both,
/// so that what each of these calls ends with is of no interest.
async fn ask(client: &Client, org: &OrgName, recorder: &Recorder) -> Result<()> {
    let own = client.org(org.clone()).doing(String::new)?;
    let _ = own.architectures().await;
    let _ = own.endpoints().await;
    let known = recorder.answers();
    if !known.of(&Asked::Own).any(Answer::is_good) {
        let failure = Failure::new(
            Exit::Failed,
            "no_evidence",
            "there is nothing to make evidence of",
        );
        return Err(failure.why("no read was answered well"));
    }
    for endpoint in known.endpoints().take(MOST) {
        let id = endpoint["endpoint_id"].as_str().unwrap_or_default();
        if let Ok(endpoint) = client.endpoint(id) {
            let _ = endpoint.get().await;
        }
    }
    for architecture in architectures(&known).into_iter().take(MOST) {
        let model = own.model(architecture).doing(String::new)?;
        let _ = model.versions().await;
        versions(&model, recorder).await;
    }
    if let Some(architecture) = architectures(&known).into_iter().next() {
        recorder.asking(Asked::NoSuchVersion);
        let model = own.model(architecture).doing(String::new)?;
        let _ = model
            .version(NO_SUCH_VERSION)
            .doing(String::new)?
            .get()
            .await;
    }
    recorder.asking(Asked::NoSuchOrg);
    let nobody = client.org(NOBODYS_ORG).doing(String::new)?;
    let _ = nobody.architectures().await;
    Ok(())
}

/// The first of a model, the last and one with an alias, by id; and that one by its alias.
async fn versions(model: &Model, recorder: &Recorder) {
    let known = recorder.answers();
    let mut of_model = Vec::new();
    for version in known.versions() {
        let name = version["name"].as_str().map(str::parse::<ModelVersionName>);
        if let Some(Ok(name)) = name
            && name.architecture() == model.architecture()
        {
            let aliases = version["response"]["version_aliases"].as_array();
            let mut aliases = aliases.into_iter().flatten().filter_map(|it| it.as_str());
            let alias = aliases.find_map(|it| it.parse::<VersionAlias>().ok());
            of_model.push((name, alias));
        }
    }
    let with_alias = of_model.iter().find(|(_, alias)| alias.is_some());
    let chosen = of_model.first().into_iter().chain(of_model.last());
    let mut chosen: Vec<_> = chosen.chain(with_alias).map(|(name, _)| name).collect();
    chosen.sort();
    chosen.dedup();
    for name in chosen {
        if let Ok(version) = model.version(name.version().clone()) {
            let _ = version.get().await;
        }
    }
    if let Some((name, Some(alias))) = with_alias {
        recorder.asking(Asked::ByAlias(name.to_string()));
        if let Ok(version) = model.version(alias.clone()) {
            let _ = version.get().await;
        }
        recorder.asking(Asked::Own);
    }
}

/// Those that are listed, and those of endpoints: one of the lists may be in another shape.
fn architectures(answers: &Answers) -> Vec<ModelArchitectureId> {
    let listed = answers.bodies("list_model_architectures");
    let listed = listed.filter_map(|it| it["model_architectures"].as_array());
    let of_endpoints = answers.endpoints().map(|it| &it["model_arch_id"]);
    let names = listed
        .flatten()
        .chain(of_endpoints)
        .filter_map(|it| it.as_str());
    let mut all: Vec<_> = names.filter_map(|it| it.parse().ok()).collect();
    all.sort();
    all.dedup();
    all
}

/// Two routes, with a key that opens nothing.
async fn ask_with_a_made_up_key(client: &Client, org: &OrgName, recorder: &Recorder) -> Result<()> {
    recorder.asking(Asked::MadeUpKey);
    let into = recorder.clone();
    let stranger = Client::builder()
        .key(MADE_UP_KEY)
        .base_url(client.base_url())
        .retry(RetryPolicy::none())
        .on_answer(move |answer| into.take(answer))
        .build()
        .doing(String::new)?;
    let org = stranger.org(org.clone()).doing(String::new)?;
    let _ = org.architectures().await;
    let _ = org.endpoints().await;
    recorder.asking(Asked::Own);
    Ok(())
}
