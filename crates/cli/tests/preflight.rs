//! `cbm preflight` on folders, as in `tests/cmd/preflight.trycmd`: a session in a folder of small models,
//! which is written anew each time.
//!
//! `TRYCMD=overwrite` writes what is printed into the session; then put `[..]` back where times are.

#![allow(missing_docs)]

#[path = "../../preflight/tests/support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use support::defects::{DEFECTS, Defect};
use support::model::Model;

/// Writes a model as if at a time.
fn write(model: &Model, folder: &Path, time: SystemTime) {
    model.write(folder);
    for name in model.files.keys() {
        let file = File::options()
            .write(true)
            .open(folder.join(name))
            .expect("a file");
        file.set_modified(time).expect("a time");
    }
}

fn defect(name: &str) -> &'static Defect {
    let found = DEFECTS.iter().find(|defect| defect.name == name);
    found.unwrap_or_else(|| panic!("no defect is called {name:?}"))
}

#[test]
fn weights_in_folders() {
    // Commands run in a folder of this name beside the session.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/preflight.in");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("architectures.toml"), support::TABLE).expect("a file");
    // By the machine's clock, which is what `cbm` goes by.
    let time = SystemTime::now() - Duration::from_hours(1);
    write(&Model::gpt_oss(), &folder.join("whole"), time);
    let mut other = Model::gpt_oss();
    other.put("chat_template.jinja", "{{ messages[0] }}");
    other.files.remove("README.md");
    write(&other, &folder.join("other"), time);
    let broken = [
        "a file that is not there",
        "a file that was cut off",
        "no chat template",
    ];
    write(
        &Model::with(&broken.map(defect)),
        &folder.join("broken"),
        time,
    );
    write(
        &Model::with(&[defect("a folder around it")]),
        &folder.join("nested"),
        time,
    );

    fs::create_dir_all(folder.join("empty")).expect("a folder");

    let cases = trycmd::TestCases::new();
    cases.register_bin("cbm", Path::new(env!("CARGO_BIN_EXE_cbm")));
    cases
        .env("CBM_PROFILE", "")
        .env("CBM_CONFIG", "")
        .env("NO_COLOR", "1");
    cases.case("tests/cmd/preflight.trycmd");
    cases.run();
}

#[cfg(unix)]
#[test]
fn a_name_of_several_lines_is_one_line() {
    let folder = empty("lines");
    Model::tied().write(&folder);
    let name = "a\nresult        good.pt";
    fs::write(folder.join(name), "a").expect("a file");
    let shown = preflight(&folder);
    assert!(
        shown.contains("warning       pickle in a\\u{a}result        good.pt\n"),
        "{shown}"
    );
}

#[test]
fn files_without_tensors_have_none_of_any_type() {
    let folder = empty("none");
    let mut model = Model::tied();
    model.put("model.safetensors", support::model::safetensors(&[]));
    model.write(&folder);
    let shown = preflight(&folder);
    assert!(shown.contains("\ntensors       0 in 1 file\n"), "{shown}");
    assert!(
        shown.contains("broken        incomplete-model\n"),
        "{shown}"
    );
}

fn empty(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("preflight-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// What `cbm preflight` prints of a folder.
fn preflight(folder: &Path) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cbm"));
    let command = command.args(["preflight", "--no-progress"]).arg(folder);
    let done = command
        .env("CBM_PROFILE", "")
        .env("CBM_CONFIG", "")
        .output()
        .expect("a run");
    String::from_utf8(done.stdout).expect("a text")
}
