//! What users feel first: the cost of a client, the memory that a huge answer takes, and how long
//! the command line takes for one call.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use cerebras_management_simulator::{DEFAULT_ORG, MANAGEMENT_KEY, Simulator};

use crate::Failure;
use crate::contenders::{self, HYPER, PROGENITOR, REQWEST, SDK};
use crate::counts::{self, Turn};
use crate::report::{self, Table};
use crate::responder::{Listed, Responder};
use crate::sample::Sample;
use crate::simulator::{ARCHITECTURE, world};
use crate::tools::{self, cargo, output, root};
use crate::turns::{self, Running};

const BUILT: [(&str, &str, &str); 5] = [
    ("this SDK, for loopback http", SDK, "build for http"),
    ("this SDK, for https", SDK, "build for https"),
    ("reqwest, with the platform's roots", REQWEST, "build"),
    (
        "reqwest, with compiled-in roots",
        REQWEST,
        "build with compiled-in roots",
    ),
    ("hyper-util, without TLS", HYPER, "build"),
];
const NOWHERE: &str = "http://127.0.0.1:9";

const MEBIBYTES: usize = 256;
const MIB: f64 = 1024.0 * 1024.0;

const ROUNDS: usize = 40;

pub(crate) async fn run() -> Result<(), Failure> {
    tools::need(&[tools::TASKSET, tools::VALGRIND, tools::CURL, tools::PYTHON])?;
    // What is most likely to fail, the build of `cbm`, comes first.
    let cold = cold().await?;
    report::write("client", &[building()?, memory()?, cold])
}

fn building() -> Result<Table, Failure> {
    let programs = BUILT.map(|(_, program, _)| contenders::build(program));
    let programs = programs.into_iter().collect::<Result<Vec<_>, _>>()?;
    let running = programs.iter().zip(BUILT).map(|(program, (.., case))| {
        let running = Running::start(program, NOWHERE)?;
        Ok((running, case))
    });
    let mut running = running.collect::<Result<Vec<_>, Failure>>()?;
    let times = turns::measure(&mut running, 10)?;
    let mut table = Table::new(
        "Building a client",
        &[
            "client",
            "instructions, the first in a process",
            "each further one",
            "time of a further one, µs (middle half)",
        ],
    );
    for ((way, program), time) in BUILT.into_iter().zip(&programs).zip(&times) {
        let of = Turn {
            program,
            address: NOWHERE,
            case: way.2,
        };
        let none = counts::total_instructions(of, 0)?;
        let first = counts::total_instructions(of, 1)? - none;
        let (lower, upper) = time.spread();
        table.row([
            way.0.to_owned(),
            format!("{first:.0}"),
            format!("{:.0}", counts::instructions(of, 10)?),
            format!(
                "{:.1} ({:.1} to {:.1})",
                time.median() / 1e3,
                lower / 1e3,
                upper / 1e3
            ),
        ]);
    }
    Ok(table)
}

fn memory() -> Result<Table, Failure> {
    let responder = Responder::start(Listed {
        versions: 0,
        mebibytes: MEBIBYTES,
    })?;
    let mut table = Table::new(
        "The most memory that an answer of 256 MiB takes",
        &["client", "limit, MiB", "most, MiB", "beyond the limit, MiB"],
    );
    for limit in [1, 32, 300] {
        let case = format!("list with a limit of {}", limit * 1024 * 1024);
        let most = most(&responder, SDK, &case)?;
        table.row([
            "this SDK".to_owned(),
            limit.to_string(),
            format!("{most:.1}"),
            format!("{:.1}", most - f64::from(limit)),
        ]);
    }
    for (name, program) in [
        ("reqwest and serde, by hand", REQWEST),
        ("progenitor's client, bare", PROGENITOR),
    ] {
        let most = most(&responder, program, "list")?;
        let none = String::new();
        table.row([name.to_owned(), none.clone(), format!("{most:.1}"), none]);
    }
    Ok(table)
}

fn most(responder: &Responder, program: &str, case: &str) -> Result<f64, Failure> {
    let program = contenders::build(program)?;
    let of = Turn {
        program: &program,
        address: &responder.address,
        case,
    };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let most = counts::most_resident(of, 1)? as f64;
    Ok(most / MIB)
}

/// From the start of a program to its end, for one read of a version.
async fn cold() -> Result<Table, Failure> {
    let cbm = built_cbm()?;
    let requirements = root().join("crates/bench/side_by_side/requirements.txt");
    let requirements = requirements.to_str().ok_or("the path is not UTF-8")?;
    let programs = tools::python_programs("python", &["--requirement", requirements])?;
    let simulator = Simulator::builder().world(world(10)).start().await?;
    let base = simulator.base_url();
    let version = format!("orgs/{DEFAULT_ORG}/models/{ARCHITECTURE}/versions/7");
    let path = format!("/management/v1/{version}");

    let mut show = Command::new(cbm);
    show.args(["versions", "show", &version])
        .env("CEREBRAS_MANAGEMENT_BASE_URL", &base)
        .env("CEREBRAS_MANAGEMENT_API_KEY", MANAGEMENT_KEY);
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail"])
        .args([
            "--header",
            &format!("authorization: Bearer {MANAGEMENT_KEY}"),
        ])
        .arg(format!("{base}{path}"));
    let mut python = Command::new(programs.join("python"));
    python
        .arg(root().join("crates/bench/side_by_side/one_read.py"))
        .args([&base, MANAGEMENT_KEY, &path]);

    let mut commands = [
        ("cbm versions show", show, Sample::default()),
        ("curl", curl, Sample::default()),
        (
            "the official Python SDK, client.get",
            python,
            Sample::default(),
        ),
    ];
    for (_, command, _) in &mut commands {
        // Once, so that all is in the cache of files; and so that it is known to work.
        let (said, _) = output(command)?;
        if !said.contains("s3://my-bucket/runs/7") {
            return Err(format!("this is not the version: {said}").into());
        }
        command.stdout(Stdio::null());
    }
    for _ in 0..ROUNDS {
        for (_, command, sample) in &mut commands {
            let began = Instant::now();
            let ended = command.status()?;
            sample.push(began.elapsed().as_secs_f64() * 1e3);
            if !ended.success() {
                return Err("one of the calls has failed".into());
            }
        }
    }
    let mut table = Table::new(
        "One read of a version, from the start of a program to its end",
        &["program", "ms (middle half)", "of curl's"],
    );
    let curl = commands[1].2.median();
    for (name, _, sample) in &commands {
        let (lower, upper) = sample.spread();
        table.row([
            (*name).to_owned(),
            format!("{:.1} ({lower:.1} to {upper:.1})", sample.median()),
            format!("{:.2}", sample.median() / curl),
        ]);
    }
    Ok(table)
}

pub(crate) fn built_cbm() -> Result<PathBuf, Failure> {
    eprintln!("building cbm …");
    let mut build = cargo();
    build.args(["build", "--quiet", "--release", "--locked"]);
    build.args(["--package", "cerebras-management-cli"]);
    output(build.current_dir(root()))?;
    // Beside this program, whichever the target folder is.
    let this = std::env::current_exe()?;
    Ok(this.with_file_name("cbm"))
}
