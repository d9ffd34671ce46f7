//! docs/drills.md: each failure is made to happen, `cbm` prints what the page says, and the way
//! out that it prints leads out.
//!
//! To write anew what is printed: `CBM_DRILLS=overwrite cargo test -p cerebras-management-cli
//! --test drills`. The commands are those of the page.

#![allow(missing_docs)]
#![cfg(target_os = "linux")]

mod alike;
#[path = "../harness/mod.rs"]
mod harness;
mod page;
mod proxy;
mod shell;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use alike::Alike;
use cerebras_management_simulator::{FaultPlan, Simulator};
use harness::{Folder, Service};
use page::{Drill, Page, Session, Step};
use proxy::Proxies;
use shell::{Shell, may_mount};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/drills.md");
/// Where the page has the simulator, and the home of the person.
const URL: &str = "http://127.0.0.1:8080";
const HOME: &str = "/home/me";
/// Where it has a proxy that lets nobody through.
const CLOSED: &str = "http://127.0.0.1:3128";
/// The keys of its world.
const KEYS: [&str; 2] = ["csk-my-management-key", "csk-my-inference-key"];
/// How many commands lead out at most.
const MOST: usize = 2;
/// How many drills go on at once: most of their time is waiting.
const AT_ONCE: usize = 6;

#[test]
fn each_failure_is_as_it_is_written_and_so_is_the_way_out() {
    let text = std::fs::read_to_string(PAGE).expect("the page");
    let page = Page::read(&text);
    let mounts = may_mount();
    assert!(
        mounts || std::env::var_os("CBM_REQUIRE_MOUNT").is_none(),
        "CBM_REQUIRE_MOUNT is set, and nothing may be mounted here"
    );
    let (queue, done) = (Mutex::new(page.drills.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(drill) = next(&queue) {
                    if drill.mounts() && !mounts {
                        eprintln!("skipped: {}: nothing may be mounted here", drill.title);
                        continue;
                    }
                    let ran = run(&page.world, drill);
                    done.lock().expect("no panic").extend(ran);
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(drill, session, _)| (session.place.start, drill.title.clone()));
    let mut written = text.clone();
    let mut other = Vec::new();
    for (drill, session, ran) in done.iter().rev() {
        if written[session.place.clone()] != **ran {
            let before = &text[session.place.clone()];
            other.push(format!("### {}\n{before}--- is now\n{ran}", drill.title));
            written.replace_range(session.place.clone(), ran);
        }
    }
    if std::env::var("CBM_DRILLS").is_ok_and(|it| it == "overwrite") {
        std::fs::write(PAGE, written).expect("the page is written");
        return;
    }
    assert!(
        other.is_empty(),
        "CBM_DRILLS=overwrite writes docs/drills.md anew:\n{}",
        other.join("\n")
    );
    let shortcomings = page.drills.iter().flat_map(Drill::shortcomings);
    assert_eq!(shortcomings.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn there_are_enough_of_them_and_each_is_another() {
    let text = std::fs::read_to_string(PAGE).expect("the page");
    let page = Page::read(&text);
    let titles: BTreeSet<_> = page.drills.iter().map(|drill| &drill.title).collect();
    assert_eq!(titles.len(), page.drills.len());
    assert!(titles.len() >= 20, "{titles:#?}");
}

fn next<'a>(queue: &Mutex<std::slice::Iter<'a, Drill>>) -> Option<&'a Drill> {
    queue.lock().expect("no panic").next()
}

/// Both sessions of a drill as they went.
fn run<'a>(world: &str, drill: &'a Drill) -> Vec<(&'a Drill, &'a Session, String)> {
    let folder = Folder::new();
    let file = format!("{}/world.toml", folder.path());
    std::fs::write(&file, world).expect("a file");
    let builder = Simulator::builder().world_file(&file);
    let service = Service::start(builder.expect("a world"));
    if let Some(faults) = &drill.faults {
        let faults = FaultPlan::parse(faults).expect(&drill.title);
        service.simulator.set_faults(faults).expect(&drill.title);
    }
    let home = service.folder.path();
    let url = service.simulator.base_url();
    let proxies = Proxies::start(service.simulator.addr());
    let mut shell = Shell::start(&home, variables(&service, &proxies), drill.mounts());
    let places = [(URL, url), (HOME, home), (CLOSED, proxies.closed.clone())];
    let mut alike = Alike::new(places.map(|(page, here)| (page.to_owned(), here)).into());
    [&drill.failure, &drill.way_out]
        .into_iter()
        .map(|session| {
            let ran = session.steps.iter().map(|step| {
                let (printed, code) = shell.run(&alike.here(&step.command));
                for key in KEYS {
                    assert!(!printed.contains(key), "{}: {printed}", drill.title);
                }
                let step = Step {
                    command: step.command.clone(),
                    printed: alike.on_the_page(&printed, &step.printed),
                    code,
                };
                step.shown()
            });
            (drill, session, ran.collect())
        })
        .collect()
}

/// Settings that are right, and what only the person knows.
fn variables(service: &Service, proxies: &Proxies) -> Vec<(&'static str, String)> {
    let roots = format!("{}/roots.pem", service.folder.path());
    std::fs::write(&roots, &proxies.certificate).expect("a file");
    let program = Path::new(env!("CARGO_BIN_EXE_cbm"));
    let programs = program.parent().expect("a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let [key, inference_key] = KEYS.map(str::to_owned);
    vec![
        ("PATH", format!("{programs}:{path}")),
        ("HOME", service.folder.path()),
        ("CEREBRAS_MANAGEMENT_BASE_URL", service.simulator.base_url()),
        ("CEREBRAS_MANAGEMENT_API_KEY", key.clone()),
        ("CEREBRAS_API_KEY", inference_key.clone()),
        ("CEREBRAS_ORG_NAME", "my-org".to_owned()),
        ("SSL_CERT_FILE", roots),
        ("MY_PROXY", proxies.open.clone()),
        ("MY_KEY", key),
        ("MY_INFERENCE_KEY", inference_key),
        ("MY_ORG", "my-org".to_owned()),
        ("MY_URL", service.simulator.base_url()),
        (
            "MY_OTHER_FILE",
            format!("{}/cbm.toml", service.folder.path()),
        ),
        ("MY_WEIGHTS", "s3://my-bucket/run-4".to_owned()),
        ("MY_OTHER_KEY", "job-18".to_owned()),
        ("MY_OTHER_VERSION", "gpt-oss-120b@2".to_owned()),
    ]
}

impl Drill {
    fn mounts(&self) -> bool {
        let steps = self.failure.steps.iter();
        steps.clone().any(|step| step.command.contains("mount"))
    }

    /// What speaks against it that one or two commands lead out, and that somebody can type them
    /// who has seen nothing but what was typed before and what was printed.
    fn shortcomings(&self) -> Vec<String> {
        let title = &self.title;
        let mut found = Vec::new();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                found.push(format!("{title}: {what}"));
            }
        };
        let failed = self.failure.steps.last().expect(title);
        let warned = failed.code == 0 && failed.printed.starts_with("warning: ");
        let told = failed.code != 0 && failed.printed.contains("\n  next: ");
        check(warned || told, "it does not fail and say what to do");
        let steps = &self.way_out.steps;
        check((1..=MOST).contains(&steps.len()), "too many commands");
        check(steps[steps.len() - 1].code == 0, "it does not lead out");
        let mut known = BTreeSet::new();
        for step in &self.failure.steps {
            known.extend(words(&step.command));
            known.extend(words(&step.printed));
        }
        for step in steps {
            for word in words(&step.command) {
                let of_the_shell =
                    ["echo", "export", "printf", "%s", "rm", "unset", "--yes"].contains(&word);
                let told = of_the_shell || word.starts_with("$MY_") || known.contains(word);
                check(told, &format!("nothing has told {word:?}"));
            }
            known.extend(words(&step.printed));
        }
        found
    }
}

/// The words of a text, without what is about them; of a setting its name and its value.
fn words(text: &str) -> Vec<&str> {
    let around = |c: char| "`\"'.,;:()?|".contains(c);
    let words = text.split_whitespace().flat_map(|word| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let is_setting = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        if is_setting {
            [name, value]
        } else {
            [word, ""]
        }
    });
    let words = words.map(|word| word.trim_matches(around));
    words.filter(|word| !word.is_empty()).collect()
}
