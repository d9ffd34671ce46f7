//! `cbm simulate`: the simulator, for as long as it is wanted.

use std::io;
use std::path::PathBuf;

use cerebras_management_simulator::{Behaviour, Builder, Simulator, WorldFile};
use clap::Args;

use super::{BadInput, Failure};
use crate::screen::Screen;

/// Run a simulator of the Management API on this machine, until Ctrl-C
///
/// It keeps its state in memory and never talks to Cerebras. Its keys are public, and this
/// project's SDK sends them to no host but this one.
#[derive(Args)]
#[command(after_long_help = switches())]
pub(crate) struct Simulate {
    /// The port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// What is there and how it behaves, in TOML; one org with nothing deployed unless given
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// What goes wrong, in TOML; nothing unless given
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,

    /// How many simulated seconds pass in a real one, before what the world file says; with 0
    /// the clock stands still, and only POST /_simulator/advance moves it [default: 1]
    #[arg(long, allow_negative_numbers = true, value_parser = speed)]
    speed: Option<f64>,

    /// Have it behave otherwise where the published pages leave it open, before what the world
    /// file says; can be repeated
    #[arg(long, value_name = "SWITCH=VALUE", value_parser = switch)]
    behaviour: Vec<(String, String)>,
}

/// The end of the long help.
fn switches() -> String {
    let mut text = "Switches of --behaviour, with their values, the usual one first:\n".to_owned();
    for switch in Behaviour::SWITCHES {
        text.extend(["  ", switch.name, ": ", &switch.values.join(", "), "\n"]);
    }
    text
}

fn switch(given: &str) -> Result<(String, String), String> {
    let (name, value) = given
        .split_once('=')
        .ok_or("expected SWITCH=VALUE; `cbm simulate --help` lists them")?;
    Behaviour::default()
        .set(name, value)
        .map_err(|error| error.to_string())?;
    Ok((name.to_owned(), value.to_owned()))
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if factor >= 0.0 && f64::is_finite(factor) => Ok(factor),
        _ => Err("expected a number of 0 or more, such as 60".to_owned()),
    }
}

pub(crate) async fn run(arguments: Simulate) -> Result<(), Failure> {
    let simulator = builder(&arguments)?.start().await.map_err(|error| {
        // A contradiction between the files; the rest is about the port.
        if error.kind() == io::ErrorKind::InvalidInput {
            return BadInput::from(error).into();
        }
        let what = format!("the simulator cannot start: {error}");
        Failure::from(io::Error::new(error.kind(), what))
    })?;
    let screen = Screen::new();
    screen.title("A simulator of the Cerebras Management API. It is not the service.");
    print_environment(screen, &simulator);
    keep(screen, simulator).await
}

/// The files, and before what they say, the other arguments.
fn builder(arguments: &Simulate) -> Result<Builder, BadInput> {
    let mut file = match &arguments.world {
        Some(path) => WorldFile::read(path).map_err(BadInput::from)?,
        None => WorldFile::default(),
    };
    for (name, value) in &arguments.behaviour {
        file.behaviour.set(name, value).map_err(BadInput::from)?;
    }
    file.speed = arguments.speed.or(file.speed);
    let builder = Builder::from(file).port(arguments.port);
    match &arguments.faults {
        Some(path) => builder.fault_file(path).map_err(BadInput::from),
        None => Ok(builder),
    }
}

/// What a shell needs to talk to it, as the first of its orgs by name.
pub(crate) fn print_environment(screen: Screen, simulator: &Simulator) {
    let url = simulator.base_url();
    let world = simulator.snapshot();
    let Some((org, others)) = world.orgs.split_first() else {
        return;
    };
    screen.blank();
    screen.line(&format!("export CEREBRAS_MANAGEMENT_BASE_URL={url}"));
    for (variable, value) in [
        ("CEREBRAS_MANAGEMENT_API_KEY", &org.management_key),
        ("CEREBRAS_API_KEY", &org.inference_key),
        ("CEREBRAS_ORG_NAME", &org.name),
    ] {
        screen.line(&format!("export {variable}={}", quoted(value)));
    }
    screen.blank();
    if !others.is_empty() {
        let own = quoted(&org.name);
        let others: Vec<_> = others.iter().map(|org| quoted(&org.name)).collect();
        let others = others.join(", ");
        screen.note(&format!(
            "This is for the org {own}. There are others: {others}. Their keys: {url}/_simulator/world"
        ));
    }
    screen.note(&format!("Watch it in a browser: {url}"));
    let own = world.endpoints.iter().find(|e| e.org == org.name);
    if let Some(endpoint) = own {
        let authorization = quoted(&format!("Authorization: Bearer {}", org.management_key));
        let endpoint = quoted(&format!("{url}/management/v1/endpoints/{}", endpoint.id));
        screen.note("Try:");
        screen.line(&format!("curl -H {authorization} {endpoint}"));
    }
}

/// As one word of a shell. What a world file names can have any character in it.
fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Goes on until Ctrl-C.
pub(crate) async fn keep(screen: Screen, simulator: Simulator) -> Result<(), Failure> {
    screen.blank();
    screen.note("It runs until Ctrl-C.");
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}
