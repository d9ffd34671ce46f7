//! `cbm login`: a profile with the keys and the organization name, checked before it is written.

use std::io::{BufRead, IsTerminal, Write};

use cerebras_management::names::OrgName;
use cerebras_management::{ApiKey, Client, Error, ErrorKind};
use clap::Args;
use console::Term;
use serde::Serialize;

use crate::config::{self, NewProfile, Secret, ToWrite};
use crate::confirm::confirm;
use crate::context::Global;
use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};
use crate::interrupt::Interrupt;
use crate::output::{Output, Record, printable, to_stderr};

/// Write a profile: asks for the organization name and both keys, and checks the management key
///
/// On a terminal the keys are not shown. Elsewhere they are lines of standard input: the
/// organization name, unless --org or the environment gives it, the Management API key, and, if
/// there is one, the inference key. The profile is called as --profile says, and "default"
/// otherwise.
///
/// The keys are told apart by listing the architectures with each: nothing is written at the
/// service. Whether inference takes the inference key is not checked here: the first `cbm chat`
/// tells.
#[derive(Args, Debug)]
pub(crate) struct Login {
    /// Write over a profile of the same name without asking
    #[arg(long, short)]
    yes: bool,
}

/// What was written, without the keys.
#[derive(Serialize)]
struct Written {
    profile: String,
    org: String,
    base_url: Option<String>,
    file: String,
    inference_key: bool,
}

impl Record for Written {
    const COLUMNS: &'static [&'static str] = &["PROFILE", "ORG", "FILE"];

    fn row(&self) -> Vec<String> {
        vec![self.profile.clone(), self.org.clone(), self.file.clone()]
    }

    fn name(&self) -> String {
        self.profile.clone()
    }
}

impl Login {
    pub(crate) async fn run(self, global: &Global) -> Result<()> {
        let flags = global.flags();
        let ToWrite {
            profiles,
            base_url,
            org,
        } = config::to_write(&flags)?;
        let name = flags.profile.unwrap_or_else(|| "default".to_owned());
        if profiles.has(&name) {
            let what = format!("profile {name:?} of {}", profiles.path().display());
            let lost = ["its settings and keys".to_owned()];
            // It ends by Ctrl-C on its own.
            confirm(self.yes, &what, &lost, &Interrupt::default()).await?;
        }
        let org = match org {
            Some(org) => org,
            None => the_org(&ask("Organization name, which is not its id", Asked::Name)?)?,
        };
        let management = ask("Management API key", Asked::Key)?;
        let inference = ask(
            "Inference key, for cbm chat (none: Enter)",
            Asked::KeyOrNone,
        )?;
        let given = Given {
            org,
            base_url,
            management: key("the Management API key", &management)?,
            inference: match inference.trim() {
                "" => None,
                text => Some(key("the inference key", text)?),
            },
        };
        let (mut management, mut inference) = (Secret::new(management), Secret::new(inference));
        if given.are_swapped().await? {
            std::mem::swap(&mut management, &mut inference);
            if !(global.quiet || global.output.is_json()) {
                to_stderr("note: the keys came the other way round, and were put in their places");
            }
        }
        let written = Written {
            profile: name.clone(),
            org: given.org.to_string(),
            base_url: given.base_url.clone(),
            file: profiles.path().display().to_string(),
            inference_key: given.inference.is_some(),
        };
        let is_unchecked = written.inference_key;
        profiles.put(&NewProfile {
            name,
            org: given.org.to_string(),
            base_url: given.base_url,
            key: management,
            inference_key: given.inference.map(|_| inference),
        })?;
        if is_unchecked && !(global.quiet || global.output.is_json()) {
            to_stderr(
                "note: the inference key was not checked; the first `cbm chat` tells whether it is taken",
            );
        }
        Output {
            format: global.output,
        }
        .one(&written)
    }
}

/// What was given, each in itself well formed.
struct Given {
    org: OrgName,
    base_url: Option<String>,
    management: ApiKey,
    inference: Option<ApiKey>,
}

impl Given {
    /// Finds out which key is which. An error where neither order is right.
    async fn are_swapped(&self) -> Result<bool> {
        let first = self.manages(&self.management).await;
        let Some(inference) = &self.inference else {
            return match first {
                Err(error) if !is_refused(&error) => Err(error).doing(not_checked),
                first => first.doing(not_accepted).map(|()| false),
            };
        };
        if *inference == self.management {
            return Err(both_manage("both keys are the same"));
        }
        match first {
            Ok(()) => match self.manages(inference).await {
                Ok(()) => Err(both_manage("the Management API takes both keys")),
                Err(error) if is_refused(&error) => Ok(false),
                Err(error) => Err(error).doing(not_checked),
            },
            Err(error) if is_refused(&error) => match self.manages(inference).await {
                Ok(()) => Ok(true),
                Err(_) => Err(error).doing(not_accepted),
            },
            Err(error) => Err(error).doing(not_checked),
        }
    }

    /// Whether the Management API takes a key, by a request that only reads.
    async fn manages(&self, key: &ApiKey) -> Result<(), Error> {
        let mut builder = Client::builder().key(key.clone());
        if let Some(url) = &self.base_url {
            builder = builder.base_url(url);
        }
        let client = builder.build()?;
        client.org(self.org.clone())?.architectures().await?;
        Ok(())
    }
}

fn not_accepted() -> String {
    "nothing was written: the Management API key cannot be used".to_owned()
}

fn not_checked() -> String {
    "nothing was written: the keys cannot be checked".to_owned()
}

fn is_refused(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unauthorized | ErrorKind::PermissionDenied | ErrorKind::NotFound
    )
}

fn both_manage(why: &str) -> Failure {
    Failure::new(
        Exit::Access,
        "unauthorized",
        "nothing was written: the inference key is no inference key",
    )
    .why(why)
    .next(
        "give a key found under \"API keys\" at https://cloud.cerebras.ai as the inference key, or none",
    )
}

fn key(what: &str, text: &str) -> Result<ApiKey> {
    ApiKey::new(text).map_err(|error| {
        let (why, next) = crate::advice::split(&error);
        let what = format!("nothing was written: {what} cannot be used");
        let failure = Failure::new(Exit::Access, "unauthorized", what).why(why);
        failure.next(next.unwrap_or(LINES))
    })
}

/// The organization name that was typed, or the first line of standard input.
fn the_org(typed: &str) -> Result<OrgName> {
    let org = config::org_name(typed, "the first answer");
    org.map_err(|failure| {
        if std::io::stdin().is_terminal() {
            failure
        } else {
            failure.next(LINES)
        }
    })
}

/// What a pipe is to bring.
const LINES: &str = "the answers are lines of standard input: the organization name, unless --org \
                     or CEREBRAS_ORG_NAME gives it; the Management API key; and, if there is one, \
                     the inference key";

/// What is asked for.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    Name,
    /// It is not shown while it is typed.
    Key,
    KeyOrNone,
}

/// Asks a person, or takes the next line of standard input.
fn ask(what: &str, asked: Asked) -> Result<String> {
    let not_read = |error: std::io::Error| {
        Failure::usage(format!("{what}: it cannot be read")).why(error.to_string())
    };
    let mut line = String::new();
    if !std::io::stdin().is_terminal() {
        let read = std::io::stdin().lock().read_line(&mut line);
        let is_over = read.map_err(not_read)? == 0;
        if is_over && asked != Asked::KeyOrNone {
            return Err(
                Failure::usage(format!("{what}: no line of standard input is left"))
                    .why("nothing was written")
                    .next(LINES),
            );
        }
        return Ok(line.trim().to_owned());
    }
    if !std::io::stderr().is_terminal() {
        return Err(
            Failure::usage("cannot ask where standard error is no terminal")
                .next("run it on a terminal, or give the answers as lines of standard input"),
        );
    }
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{}: ", printable(what)).and_then(|()| err.flush());
    drop(err);
    if asked == Asked::Name {
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(not_read)?;
    } else {
        line = Term::stderr().read_secure_line().map_err(not_read)?;
    }
    Ok(line.trim().to_owned())
}
