//! What shells and `man` load.
//!
//! Where one of them is not installed they say so and pass, unless `CBM_REQUIRE_SHELLS` is set, as it
//! is in CI.

#![allow(missing_docs)]

mod harness;

use std::io::Write;
use std::process::{Command, Stdio};

use harness::{Ran, Service, is_installed};

/// Standard output of `cbm`.
fn printed(arguments: &[&str]) -> String {
    Service::fast().run(arguments).ended(0).out
}

/// Runs a program with this on standard input; nothing where it is not installed.
fn fed(program: &str, arguments: &[&str], input: &str) -> Option<Ran> {
    if !is_installed(program, "CBM_REQUIRE_SHELLS") {
        return None;
    }
    let mut child = Command::new(program)
        .args(arguments)
        .env("MANWIDTH", "100")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // All is read before anything is written by those that are called here.
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    Some(Ran::of(&child.wait_with_output().expect("it ends")))
}

/// Has bash complete the last of these words as it does when a person presses TAB.
fn completed_by_bash(words: &[&str]) -> Option<Vec<String>> {
    let last = words.len() - 1;
    let (current, before) = (words[last], words[last - 1]);
    let script = printed(&["completions", "bash"])
        + &format!(
            "\nset -- $(complete -p cbm)\nwhile [ \"$1\" != -F ]; do shift; done\n\
             COMP_WORDS=({}); COMP_CWORD={last}; \"$2\" cbm '{current}' {before}\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            words.join(" ")
        );
    let ran = fed("bash", &["--norc"], &script)?.ended(0);
    assert_eq!(ran.err, "");
    Some(ran.out.lines().map(str::to_owned).collect())
}

#[test]
fn completions_load_in_bash_and_complete() {
    for (words, expected) in [
        (&["cbm", "up"][..], &["upload"][..]),
        (&["cbm", "versions", "del"], &["delete"]),
        (&["cbm", "-o", "js"], &["json"]),
        (&["cbm", "versions", "delete", "--dry"], &["--dry-run"]),
    ] {
        let Some(completed) = completed_by_bash(words) else {
            return;
        };
        assert_eq!(completed, expected, "{words:?}");
    }
}

#[test]
fn completions_load_in_zsh_and_complete() {
    let service = Service::fast();
    let folder = std::path::PathBuf::from(service.folder.path());
    let script = printed(&["completions", "zsh"]);
    std::fs::write(folder.join("_cbm"), script).expect("a file");
    // A terminal within zsh, where TAB is pressed; what it says is read until it is what is expected.
    let session = format!(
        "zmodload zsh/zpty || exit 3\n\
         said=\n\
         sees() {{ for n in {{1..1000}}; do\n\
         zpty -r -t inner part && said+=$part\n\
         [[ $said == *$1* ]] && return; sleep 0.02; done; print -r -- \"$said\"; exit 4; }}\n\
         zpty -b inner env PS1= TERM=dumb zsh -f -i\n\
         zpty -w inner 'fpath=({} $fpath); autoload -Uz compinit && compinit -D -u; echo rea\"\"dy'\n\
         sees ready\n\
         zpty -w -n inner $'cbm up\\t'\n\
         sees upload\n\
         print -r -- \"$said\" | grep -iE 'not found|error' && exit 6\n\
         zpty -d inner\n\
         echo completed\n",
        folder.display()
    );
    let Some(ran) = fed("zsh", &["-f"], &session) else {
        return;
    };
    let ran = ran.ended(0);
    assert_eq!((&*ran.out, &*ran.err), ("completed\n", ""));
}

#[test]
fn completions_load_in_fish_and_complete() {
    let script = printed(&["completions", "fish"]) + "\ncomplete --do-complete 'cbm up'\n";
    let Some(ran) = fed("fish", &["--no-config"], &script) else {
        return;
    };
    let ran = ran.ended(0);
    assert_eq!(ran.err, "");
    let [completed] = ran.out.lines().collect::<Vec<_>>()[..] else {
        panic!("{}", ran.out);
    };
    assert!(completed.starts_with("upload\t"), "{completed}");
}

/// The commands that `cbm --help` lists.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let (_, rest) = help.split_once("Commands:\n").expect("a list");
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|it| *it != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_manual_page_renders_without_a_warning() {
    let mut pages: Vec<_> = commands()
        .into_iter()
        .map(|it| vec!["man".to_owned(), it])
        .collect();
    assert!(pages.len() > 15, "{pages:?}");
    pages.push(vec!["man".to_owned()]);
    pages.push(["man", "versions", "delete"].map(str::to_owned).to_vec());
    for command in pages {
        let command: Vec<_> = command.iter().map(String::as_str).collect();
        let page = printed(&command);
        let arguments = ["--warnings", "-E", "UTF-8", "-l", "-"];
        let Some(ran) = fed("man", &arguments, &page) else {
            return;
        };
        let ran = ran.ended(0);
        assert_eq!(ran.err, "", "{command:?}");
        for heading in ["NAME", "SYNOPSIS", "OPTIONS"] {
            assert!(ran.out.contains(heading), "{command:?}: {}", ran.out);
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
