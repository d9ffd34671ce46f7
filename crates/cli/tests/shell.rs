//! What shells and `man` load.

#![allow(missing_docs)]

mod harness;

use std::io::Write;
use std::process::{Command, Stdio};

use harness::{Ran, Service};

/// Standard output of `cbm`.
fn printed(arguments: &[&str]) -> String {
    Service::fast().run(arguments).ended(0).out
}

/// Runs a program with this on standard input; nothing where it is not installed.
fn fed(program: &str, arguments: &[&str], input: &str) -> Option<Ran> {
    let child = Command::new(program)
        .args(arguments)
        .env("MANWIDTH", "100")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    // All is read before anything is written by those that are called here.
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    Some(Ran::of(&child.wait_with_output().expect("it ends")))
}

#[test]
fn completions_load_in_bash_and_complete() {
    let script = printed(&["completions", "bash"])
        + "\nCOMP_WORDS=(cbm roll); COMP_CWORD=1; _cbm cbm roll cbm; echo \"${COMPREPLY[*]}\"\n";
    let Some(ran) = fed("bash", &["--norc"], &script) else {
        return;
    };
    let ran = ran.ended(0);
    assert_eq!((&*ran.out, &*ran.err), ("rollback\n", ""));
}

#[test]
fn completions_load_in_zsh() {
    let script = "autoload -Uz compinit && compinit -D -u\n".to_owned()
        + &printed(&["completions", "zsh"])
        + "\n[[ ${_comps[cbm]} == _cbm ]] && echo loaded\n";
    let Some(ran) = fed("zsh", &["-f"], &script) else {
        return;
    };
    let ran = ran.ended(0);
    assert_eq!((&*ran.out, &*ran.err), ("loaded\n", ""));
}

#[test]
fn manual_pages_render_without_a_warning() {
    for command in [&["man"][..], &["man", "versions", "delete"]] {
        let page = printed(command);
        let arguments = ["--warnings", "-E", "UTF-8", "-l", "-"];
        let Some(ran) = fed("man", &arguments, &page) else {
            return;
        };
        let ran = ran.ended(0);
        assert_eq!(ran.err, "");
        for heading in ["NAME", "SYNOPSIS", "OPTIONS"] {
            assert!(ran.out.contains(heading), "{}", ran.out);
        }
    }
    assert!(printed(&["man", "versions", "delete"]).contains("cbm-versions-delete"));
}

#[test]
fn a_manual_page_of_nothing_suggests_the_nearest() {
    let ran = Service::fast().run(&["man", "stauts"]).ended(2);
    assert_eq!(
        ran.err,
        "error: cbm has no command \"stauts\"\n  next: did you mean \"status\"?\n"
    );
}
