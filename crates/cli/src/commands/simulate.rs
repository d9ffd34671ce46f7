//! `cbm simulate`: the simulator, for as long as it is wanted.

use cerebras_management_simulator::{
    Behaviour, DEFAULT_ENDPOINTS, DEFAULT_ORG, INFERENCE_KEY, MANAGEMENT_KEY, Simulator,
};
use clap::Args;

use super::Failure;
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

    /// How many simulated seconds pass in a real one
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,

    /// Have it behave otherwise where the published pages leave it open; can be repeated
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
        Ok(factor) if factor > 0.0 && f64::is_finite(factor) => Ok(factor),
        _ => Err("expected a number above 0, such as 60".to_owned()),
    }
}

pub(crate) async fn run(arguments: Simulate) -> Result<(), Failure> {
    let mut behaviour = Behaviour::default();
    for (name, value) in &arguments.behaviour {
        behaviour.set(name, value)?;
    }
    let simulator = Simulator::builder()
        .port(arguments.port)
        .speed(arguments.speed)
        .behaviour(behaviour)
        .start()
        .await
        .map_err(|error| format!("the simulator cannot start: {error}"))?;
    let screen = Screen::new();
    screen.title("A simulator of the Cerebras Management API. It is not the service.");
    print_environment(screen, &simulator);
    keep(screen, simulator).await
}

/// What a shell needs to talk to it.
pub(crate) fn print_environment(screen: Screen, simulator: &Simulator) {
    screen.blank();
    screen.line(&format!(
        "export CEREBRAS_MANAGEMENT_BASE_URL={}",
        simulator.base_url()
    ));
    screen.line(&format!(
        "export CEREBRAS_MANAGEMENT_API_KEY={MANAGEMENT_KEY}"
    ));
    screen.line(&format!("export CEREBRAS_API_KEY={INFERENCE_KEY}"));
    screen.line(&format!("export CEREBRAS_ORG_NAME={DEFAULT_ORG}"));
    screen.blank();
    screen.note("Try:");
    screen.line(&format!(
        "curl -H 'Authorization: Bearer {MANAGEMENT_KEY}' {}/management/v1/endpoints/{}",
        simulator.base_url(),
        DEFAULT_ENDPOINTS[0],
    ));
}

/// Goes on until Ctrl-C.
pub(crate) async fn keep(screen: Screen, simulator: Simulator) -> Result<(), Failure> {
    screen.blank();
    screen.note("It runs until Ctrl-C.");
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}
