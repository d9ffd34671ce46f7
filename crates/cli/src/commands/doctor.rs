//! `cbm doctor`: what a command needs, looked at one by one.

mod evidence;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use cerebras_management::Client;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};
use crate::output::Record;

/// Check the management key, the organization name, the network, the proxy and the clock. Nothing is written
///
/// Each check that fails comes with what to do about it. The exit code is that of the worst, the
/// highest number.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Also write a report of how the service's answers compare with what this project assumes
    ///
    /// It holds shapes, counts and words of the service, and no key, name or address. Everything is
    /// read, nothing written; beside what is there, a version and an organization are asked for that
    /// are not, and two reads have a key that is made up. The file is cbm-evidence.md unless named.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "cbm-evidence.md")]
    evidence: Option<PathBuf>,
}

/// One check. The names of the fields are public.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    /// `ok`, `failed`, or `skipped` where it could not be looked at or there is nothing to look at.
    result: &'static str,
    found: String,
    remedy: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

impl Finding {
    fn of(check: &'static str, outcome: Result<String>) -> Self {
        match outcome {
            Ok(found) => Self::without_fault(check, "ok", found),
            Err(failure) => Self {
                check,
                result: "failed",
                found: failure.message(),
                remedy: failure.remedy().map(str::to_owned),
                exit: failure.exit(),
            },
        }
    }

    fn skipped(check: &'static str, why: &str) -> Self {
        Self::without_fault(check, "skipped", why.to_owned())
    }

    fn without_fault(check: &'static str, result: &'static str, found: String) -> Self {
        Self {
            check,
            result,
            found,
            remedy: None,
            exit: Exit::Done,
        }
    }
}

impl Record for Finding {
    const COLUMNS: &'static [&'static str] = &["CHECK", "RESULT", "FOUND"];

    fn row(&self) -> Vec<String> {
        let remedy = self.remedy.as_ref();
        let remedy = remedy.map_or_else(String::new, |it| format!("; next: {it}"));
        let found = format!("{}{remedy}", self.found);
        vec![self.check.to_owned(), self.result.to_owned(), found]
    }

    fn name(&self) -> String {
        format!("{} {}", self.check, self.result)
    }
}

impl Doctor {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let checks = checks(context).await;
        context.out.list(&checks)?;
        let evidence = match &self.evidence {
            Some(path) => evidence::write(context, path).await,
            None => Ok(()),
        };
        let failed: Vec<_> = checks.iter().filter(|it| it.result == "failed").collect();
        let worst = failed.iter().max_by_key(|it| it.exit.number());
        match worst {
            None => evidence,
            Some(worst) => {
                if let Err(failure) = evidence {
                    context.note(&format!("no evidence: {}", failure.message()));
                }
                let names: Vec<_> = failed.iter().map(|it| it.check).collect();
                let failure = Failure::new(
                    worst.exit,
                    "checks_failed",
                    format!("not all is well: {}", names.join(", ")),
                );
                Err(failure.next("mend what failed, from the top, and run `cbm doctor` again"))
            }
        }
    }
}

async fn checks(context: &Context) -> Vec<Finding> {
    let address = context.address().map_err(|failure| context.placed(failure));
    let is_known = address.is_ok();
    let (network, clock) = match address {
        Ok(url) => reach(context, &url).await,
        Err(failure) => (
            Finding::of("network", Err(failure)),
            Finding::skipped("clock", NO_ADDRESS),
        ),
    };
    let (org, key) = access(context, is_known).await;
    let inference_key = if context.has_inference_key() {
        let told = "not checked: there is one; `cbm chat` tells whether it is taken";
        Finding::skipped("inference key", told)
    } else {
        Finding::skipped("inference key", "there is none; only `cbm chat` needs one")
    };
    vec![org, proxy(), network, clock, key, inference_key]
}

const NO_ADDRESS: &str = "it takes the address of the service first";

/// The organization name and the management key, which only a request with both tells apart: where
/// a key is not refused, and has no access, the name is looked at first.
async fn access(context: &Context, is_address_known: bool) -> (Finding, Finding) {
    let (org, key) = ("organization name", "management key");
    let name = context.org_name().map(|name| name.to_string());
    let of_name = |name| Finding::of(org, name);
    if !is_address_known {
        return (of_name(name), Finding::skipped(key, NO_ADDRESS));
    }
    let client = match context.client() {
        Ok(client) => client,
        Err(failure) => {
            let failure = context.placed(failure);
            return (of_name(name), Finding::of(key, Err(failure)));
        }
    };
    if name.is_err() {
        let skipped = Finding::skipped(key, "it takes an organization name first");
        return (of_name(name), skipped);
    }
    match accepted(context, &client).await {
        Err(failure) if matches!(failure.kind(), "permission_denied" | "not_found") => (
            Finding::of(org, Err(context.placed(failure))),
            Finding::skipped(key, "it is not refused, and has no access by that name"),
        ),
        outcome => {
            let outcome = outcome.map_err(|failure| context.placed(failure));
            (of_name(name), Finding::of(key, outcome))
        }
    }
}

async fn accepted(context: &Context, client: &Client) -> Result<String> {
    let org = context.org(client)?;
    let all = org.architectures().await;
    let all = all.doing(|| "the architectures cannot be listed".to_owned())?;
    Ok(format!("it is taken; {} architectures", all.len()))
}

/// The variables that an HTTP client follows, by name: a value may hold a password.
fn proxy() -> Finding {
    let names = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"];
    let set = |name: &String| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let names = names
        .iter()
        .flat_map(|it| [(*it).to_owned(), it.to_lowercase()]);
    let set: Vec<_> = names.filter(set).collect();
    let found = if set.is_empty() {
        "none is set".to_owned()
    } else {
        format!("set: {}", set.join(", "))
    };
    Finding::without_fault("proxy", "ok", found)
}

/// Asks for the root of the service, without a key: any answer tells that it is there.
async fn reach(context: &Context, url: &str) -> (Finding, Finding) {
    let began = SystemTime::now();
    match ask(url).await {
        Ok(answer) => {
            let date = answer
                .headers()
                .get("date")
                .and_then(|date| date.to_str().ok());
            let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
            let clock = match date {
                Some(date) => Finding::of("clock", in_time(began, SystemTime::now(), date)),
                None => Finding::skipped("clock", "the answer has no date"),
            };
            (Finding::of("network", Ok(format!("{url} answers"))), clock)
        }
        Err(error) => {
            let failure = Failure::new(
                Exit::Unreachable,
                "transport",
                format!("{url} does not answer"),
            );
            let failure = failure.why(innermost(&error)).next(
                "check the base URL, the network and the proxy settings (HTTPS_PROXY, NO_PROXY)",
            );
            let clock = Finding::skipped("clock", "there is no answer to take the time from");
            let network = Finding::of("network", Err(context.placed(failure)));
            (network, clock)
        }
    }
}

async fn ask(url: &str) -> reqwest::Result<reqwest::Response> {
    let none = reqwest::redirect::Policy::none();
    let builder = reqwest::Client::builder().redirect(none);
    let mut builder = builder.timeout(Duration::from_secs(20));
    let host = reqwest::Url::parse(url).ok();
    let host = host.as_ref().and_then(reqwest::Url::host_str);
    // As the client does: no proxy can reach it.
    if matches!(host, Some("localhost" | "127.0.0.1" | "[::1]")) {
        builder = builder.no_proxy();
    }
    builder.build()?.get(url).send().await
}

fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

const LEEWAY: Duration = Duration::from_mins(1);

/// Whether the service's date lies about where this machine asked and was answered.
fn in_time(asked: SystemTime, answered: SystemTime, date: SystemTime) -> Result<String> {
    let behind = date.duration_since(answered).unwrap_or_default();
    let ahead = asked.duration_since(date).unwrap_or_default();
    let (by, how) = if behind > ahead {
        (behind, "behind")
    } else {
        (ahead, "ahead of")
    };
    if by <= LEEWAY {
        return Ok("within a minute of the service's".to_owned());
    }
    let seconds = by.as_secs();
    let what = format!("this machine's clock is {seconds} s {how} the service's");
    Err(Failure::new(Exit::Failed, "clock", what).next(
        "set it, such as with `timedatectl set-ntp true`: ages in tables are wrong by as much",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_only_when_no_delay_explains_it() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let told = |date| in_time(at(1000), at(1010), at(date)).map_err(|it| it.message());
        assert!(told(940).is_ok() && told(1070).is_ok());
        let ahead = "this machine's clock is 61 s ahead of the service's";
        assert_eq!(told(939), Err(ahead.to_owned()));
        let behind = "this machine's clock is 61 s behind the service's";
        assert_eq!(told(1071), Err(behind.to_owned()));
    }
}
