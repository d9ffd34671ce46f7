//! The moving line, as a person sees it: `cbm` in a terminal of tmux, with the screen read back.
//!
//! Where there is no tmux they say so and pass, unless `CBM_REQUIRE_TMUX` is set, as it is in CI.

#![allow(missing_docs)]
#![cfg(unix)]

mod harness;

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cerebras_management_simulator::{Behaviour, RolloutOutcome, SeedEndpoint, Simulator};
use harness::{ARCHITECTURE, ENDPOINT, Service, is_installed, world};

/// How long a person would wait before calling it broken. Only what fails takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A shell in a terminal; it ends with the test, be it in a panic.
struct Terminal {
    socket: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Terminal {
    /// So many columns wide; none, with a note, where there is no tmux.
    fn open(service: &Service, columns: u16, environment: &[&str]) -> Option<Self> {
        if !is_installed("tmux", "CBM_REQUIRE_TMUX") {
            return None;
        }
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let socket = format!("{}/tmux-{n}", service.folder.path());
        let terminal = Self { socket };
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_cbm"));
        let folder = program.parent().expect("a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut set: Vec<_> = service
            .environment()
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        set.push(format!("PATH={folder}:{path}"));
        set.extend(["PS1=$ ".to_owned(), "LC_ALL=C.UTF-8".to_owned()]);
        set.extend(environment.iter().map(|it| (*it).to_owned()));
        let columns = columns.to_string();
        let mut arguments = vec!["new-session", "-d", "-x", &columns, "-y", "30"];
        arguments.extend(["--", "env", "-i", "TERM=screen-256color"]);
        arguments.extend(set.iter().map(String::as_str));
        arguments.push("sh");
        terminal.tmux(&arguments);
        terminal.sees("the prompt", |lines| *lines == ["$"]);
        Some(terminal)
    }

    /// A tmux of its own, which reads no settings of anybody's.
    fn command(&self) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.args(["-u", "-f", "/dev/null", "-S", &self.socket]);
        tmux.env_remove("TMUX");
        tmux
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let output = self.command().args(arguments).output().expect("tmux runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output
    }

    /// Types a line.
    fn types(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.tmux(&["send-keys", "Enter"]);
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn resize(&self, columns: u16) {
        self.tmux(&["resize-window", "-x", &columns.to_string()]);
    }

    fn capture(&self, flags: &[&str]) -> String {
        let output = self.tmux(&[&["capture-pane", "-p"], flags].concat());
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The rows that are not empty.
    fn rows(&self) -> Vec<String> {
        let shown = self.capture(&[]);
        let rows = shown.lines().map(str::trim_end);
        rows.filter(|row| !row.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    fn sees(&self, what: &str, right: impl Fn(&[String]) -> bool) -> Vec<String> {
        let began = Instant::now();
        loop {
            let rows = self.rows();
            if right(&rows) {
                return rows;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{what} does not come: {rows:#?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the last row is the moving line and says these things in this order, the first at
    /// its beginning, and gives what it says after them: the time.
    #[track_caller]
    fn moves(&self, parts: &[&str]) -> String {
        let after = |row: &String| {
            let line = moving(row)?.strip_prefix(parts[0])?;
            let rest = parts[1..]
                .iter()
                .try_fold(line, |rest, part| Some(rest.split_once(part)?.1));
            rest.map(|rest| rest.trim().to_owned())
        };
        let rows = self.sees(&parts.concat(), |rows| {
            rows.last().and_then(after).is_some()
        });
        rows.last().and_then(after).expect("it was there")
    }

    /// Waits for the prompt below everything else.
    #[track_caller]
    fn ended(&self) -> Vec<String> {
        self.sees("the prompt", |rows| {
            rows.len() > 1 && rows.last().is_some_and(|it| it == "$")
        })
    }

    fn clear(&self) {
        self.types("clear");
        self.sees("an empty screen", |rows| *rows == ["$"]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.command().arg("kill-server").output();
    }
}

/// What a row says behind its spinner, if it has one.
fn moving(row: &str) -> Option<&str> {
    let rest = row.strip_prefix(|c| ('\u{2801}'..='\u{28ff}').contains(&c))?;
    rest.strip_prefix(' ')
}

/// How many rows are the beginning of a moving line.
fn lines(rows: &[String]) -> usize {
    rows.iter().filter(|row| moving(row).is_some()).count()
}

/// Whether it is a time in whole seconds, such as `42s` or `2m 10s`.
fn is_time(time: &str) -> bool {
    let numbers = time.replace("m ", "");
    let numbers = numbers.strip_suffix('s').unwrap_or_default();
    numbers.parse::<u32>().is_ok()
}

/// Time stands still, and replicas are counted.
fn service() -> Service {
    let mut behaviour = Behaviour::default();
    behaviour.set("replica_counts", "sent").expect("a switch");
    let mut world = world();
    world.orgs[0]
        .endpoints
        .push(SeedEndpoint::new(WIDE, ARCHITECTURE));
    let builder = Simulator::builder().world(world).behaviour(behaviour);
    let service = Service::start(builder.manual_clock());
    service.simulator.advance(Duration::from_secs(5));
    service
}

/// Each of these characters takes two columns.
const WIDE: &str = "模型端点";

fn deploy() -> String {
    format!("cbm deploy candidate {ENDPOINT}")
}

fn advance(service: &Service, seconds: u64) {
    service.simulator.advance(Duration::from_secs(seconds));
}

/// That this is what is on the screen when a rollout has ended, the time it took left out.
#[track_caller]
fn serves(rows: &[String], endpoint: &str) {
    let mut rows: Vec<_> = rows
        .iter()
        .map(|row| row.split(" (").next().unwrap_or(row))
        .collect();
    rows.retain(|row| !row.starts_with("deployed  "));
    let expected = [
        format!("✓ rollout of gpt-oss-120b@2 to {endpoint}: complete, it serves"),
        format!("endpoint  {endpoint}"),
        "version   gpt-oss-120b@2".to_owned(),
        "state     complete, 4 of 4 replicas".to_owned(),
        "$".to_owned(),
    ];
    assert_eq!(rows[1..], expected, "nothing else is left");
}

#[test]
fn a_rollout_is_one_line_that_moves_until_it_serves() {
    let service = service();
    let Some(terminal) = Terminal::open(&service, 120, &[]) else {
        return;
    };
    terminal.types(&deploy());
    let title = "rollout of gpt-oss-120b@2 to my-org-gpt-oss-120b";
    let bar = |full: usize| format!("[{}{}]", "█".repeat(full), "░".repeat(20 - full));
    let none = format!("{title}: not_started, 0 of 4 replicas {} ", bar(0));
    let time = terminal.moves(&[&none]);
    assert!(is_time(&time), "{time}");
    // The time goes on while nothing else does.
    let first = time;
    terminal.sees("another time", |rows| {
        let last = rows
            .last()
            .and_then(|last| moving(last)?.strip_prefix(&none));
        last.is_some_and(|time| time != first)
    });
    advance(&service, 30);
    let one = format!("{title}: in_progress, 1 of 4 replicas {} ", bar(5));
    assert!(is_time(&terminal.moves(&[&one])));
    advance(&service, 60);
    let three = format!("{title}: in_progress, 3 of 4 replicas {} ", bar(15));
    assert!(is_time(&terminal.moves(&[&three])));
    advance(&service, 3600);
    serves(&terminal.ended(), ENDPOINT);
}

#[test]
fn an_upload_is_one_line_that_moves_until_it_is_synced() {
    let service = service();
    let Some(terminal) = Terminal::open(&service, 100, &[]) else {
        return;
    };
    terminal.types("cbm upload s3://my-bucket/run-4 --arch gpt-oss-120b --alias run-4");
    let title = "sync of gpt-oss-120b@4";
    assert!(is_time(&terminal.moves(&[title, ": queued "])));
    advance(&service, 30);
    assert!(is_time(&terminal.moves(&[title, ": in_progress "])));
    advance(&service, 24 * 3600);
    let rows = terminal.ended();
    let end = format!("✓ {title}: done (");
    assert!(rows[1].starts_with(&end), "{rows:#?}");
    assert!(rows.contains(&"sync     done".to_owned()), "{rows:#?}");
    assert!(!rows.iter().any(|row| moving(row).is_some()), "{rows:#?}");
}

#[test]
fn it_keeps_to_one_row_while_the_terminal_is_resized() {
    let service = service();
    let Some(terminal) = Terminal::open(&service, 40, &[]) else {
        return;
    };
    // The command itself takes two rows of 40 columns.
    terminal.types(&deploy());
    let status = "not_started, 0 of 4 replicas ";
    let title = "rollout of gpt-oss-120b@2 to my-org-gpt-oss-120b: ";
    for (columns, line) in [
        (40, &[status][..]),
        (41, &[status]),
        (70, &[&title[..30], "…: ", status]),
        (100, &[title, status]),
    ] {
        terminal.resize(columns);
        let time = terminal.moves(line);
        let rows = terminal.rows();
        assert_eq!(lines(&rows), 1, "at {columns}: {rows:#?}");
        assert!(is_time(&time), "{time} at {columns}");
    }
    // A terminal that becomes narrower breaks rows, and so the line as it was is there once more.
    terminal.resize(50);
    terminal.moves(&[&title[..10], "…: ", status]);
    let rows = terminal.rows();
    assert!(lines(&rows) <= 2, "{rows:#?}");
    advance(&service, 3600);
    terminal.ended();
    terminal.resize(120);
    let mut rows = terminal.ended();
    assert!(lines(&rows) <= 1, "{rows:#?}");
    rows.retain(|row| moving(row).is_none());
    serves(&rows, ENDPOINT);
}

#[test]
fn wide_characters_take_their_room() {
    let service = service();
    let Some(terminal) = Terminal::open(&service, 73, &[]) else {
        return;
    };
    terminal.types(&format!("cbm deploy candidate {WIDE}"));
    let status = ": not_started, 0 of 4 replicas ";
    terminal.moves(&["rollout of gpt-oss-120b@2 to 模型…", status]);
    terminal.resize(80);
    terminal.moves(&["rollout of gpt-oss-120b@2 to 模型端点", status]);
    advance(&service, 3600);
    serves(&terminal.ended(), WIDE);
}

#[test]
fn colours_are_for_who_wants_them() {
    let service = service();
    for (environment, coloured, version) in [
        (&[][..], true, "candidate"),
        (&["NO_COLOR=1"][..], false, "production"),
    ] {
        let Some(terminal) = Terminal::open(&service, 100, environment) else {
            return;
        };
        terminal.types(&format!("cbm deploy {version} {ENDPOINT}"));
        terminal.moves(&["rollout of gpt-oss-120b@"]);
        let during = terminal.capture(&["-e"]);
        assert_eq!(during.contains("\u{1b}["), coloured, "{during:?}");
        advance(&service, 3600);
        terminal.ended();
        let after = terminal.capture(&["-e"]);
        assert_eq!(after.contains("\u{1b}["), coloured, "{after:?}");
        advance(&service, 60);
    }
}

#[test]
fn ctrl_c_ends_the_wait_alone_and_says_how_to_go_on() {
    let service = service();
    let Some(terminal) = Terminal::open(&service, 100, &[]) else {
        return;
    };
    service
        .simulator
        .plan_rollout(ENDPOINT, RolloutOutcome::Completes)
        .expect("an endpoint");
    terminal.types(&deploy());
    terminal.moves(&["rollout of gpt-oss-120b@2 to my-org-gpt-oss-120b: not_started"]);
    terminal.press("C-c");
    let rows = terminal.ended();
    let told = [
        "error: interrupted",
        "  why: what was begun goes on at the service",
    ];
    assert_eq!(rows[1..3], told, "nothing of the line is left: {rows:#?}");
    // A long line is one line, however the terminal breaks it.
    let shown = terminal.capture(&["-J"]);
    let (_, next) = shown.split_once("  next: `").expect("what goes on");
    let (next, rest) = next.split_once('`').expect("a command");
    assert!(rest.starts_with(" goes on waiting"), "{shown}");
    let handle = next.strip_prefix("cbm wait ").expect("a wait");
    assert!(handle.starts_with("cbm1,rollout,endpoint=my-org-gpt-oss-120b,"));
    terminal.types("echo \"exit $?\"");
    terminal.sees("the exit code", |rows| {
        rows.contains(&"exit 130".to_owned())
    });

    terminal.clear();
    terminal.types(next);
    terminal.moves(&["rollout of gpt-oss-120b@2 to my-org-gpt-oss-120b: not_started"]);
    advance(&service, 3600);
    terminal.ended();
    terminal.types("echo \"exit $?\"");
    let rows = terminal.sees("the exit code", |rows| rows.contains(&"exit 0".to_owned()));
    assert!(
        rows.contains(&"state     complete, 4 of 4 replicas".to_owned()),
        "{rows:#?}"
    );
    assert_eq!(service.simulator.serving(ENDPOINT), Some(2));
}

#[test]
fn ctrl_c_at_a_question_ends_at_once_and_nothing_is_sent() {
    let service = Service::fast();
    let Some(terminal) = Terminal::open(&service, 100, &[]) else {
        return;
    };
    for command in [
        "cbm versions delete gpt-oss-120b@3",
        "cbm alias replace gpt-oss-120b@2 other",
    ] {
        terminal.types(command);
        terminal.sees("the question", |rows| {
            rows.last().is_some_and(|row| row == "Go on? [y/N]")
        });
        terminal.press("C-c");
        let rows = terminal.ended();
        let told = ["error: interrupted", "  why: nothing was changed"];
        assert!(rows.windows(2).any(|pair| pair == told), "{rows:#?}");
        terminal.clear();
        terminal.types("echo \"exit $?\"");
        terminal.sees("the prompt", |rows| {
            rows.last().is_some_and(|row| row == "$")
        });
        terminal.clear();
    }
    let journal = service.simulator.journal();
    assert!(journal.iter().all(|entry| entry.method == "GET"));
}

#[test]
fn without_progress_there_is_only_the_data() {
    let service = Service::fast();
    let Some(terminal) = Terminal::open(&service, 100, &[]) else {
        return;
    };
    for flag in ["--quiet", "--no-progress"] {
        let command = format!("{} --redeploy -o name {flag}", deploy());
        terminal.types(&command);
        let rows = terminal.ended();
        assert_eq!(rows.len(), 3, "{rows:#?}");
        assert_eq!(rows[0], format!("$ {command}"));
        terminal.clear();
    }
}

#[test]
fn events_on_the_screen_have_no_moving_line_between_them() {
    let service = service();
    // So wide that an event is a row.
    let Some(terminal) = Terminal::open(&service, 600, &[]) else {
        return;
    };
    let sees = |text: &str| {
        let rows = terminal.sees(text, |rows| rows.iter().any(|row| row.contains(text)));
        assert_eq!(lines(&rows), 0, "{rows:#?}");
        let mut events = rows.iter().filter(|row| row.contains(r#"{"event":"#));
        assert!(events.all(|row| row.starts_with('{')), "{rows:#?}");
    };
    terminal.types(&format!("{} -o ndjson", deploy()));
    sees(r#""status":"not_started"#);
    advance(&service, 30);
    sees(r#""status":"in_progress, 1"#);
    terminal.press("C-c");
    terminal.ended();
    terminal.clear();
    // By way of another program, which goes away after the first of them.
    terminal.types(&format!("cbm wait {ENDPOINT} -o ndjson | head -1"));
    sees(r#""event":"accepted"#);
    advance(&service, 60);
    sees(r#"{"kind":"interrupted""#);
}
