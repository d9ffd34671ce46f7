//! A shell in which the commands of a drill are typed one after the other.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// It keeps what is exported.
pub(crate) struct Shell {
    child: Child,
    stdin: ChildStdin,
    codes: BufReader<ChildStdout>,
    /// What the last command has printed.
    out: String,
}

impl Shell {
    /// With these variables alone; with file systems of its own where these are to be mounted.
    pub(crate) fn start(
        folder: &str,
        variables: Vec<(&'static str, String)>,
        with_mounts: bool,
    ) -> Self {
        let mut command = if with_mounts {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--mount", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.env_clear().envs(variables).current_dir(folder);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = pipes.spawn().expect("a shell");
        Self {
            stdin: child.stdin.take().expect("a pipe"),
            codes: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
            out: format!("{folder}/printed"),
        }
    }

    /// What a command prints, on standard output and standard error alike, and its exit code.
    pub(crate) fn run(&mut self, command: &str) -> (String, i32) {
        let out = &self.out;
        let line = format!("{{ {command}\n}} >'{out}' 2>&1 </dev/null; echo $?\n");
        self.stdin.write_all(line.as_bytes()).expect("it reads");
        let mut code = String::new();
        self.codes.read_line(&mut code).expect("it answers");
        let printed = std::fs::read_to_string(out).expect("what it has printed");
        let code = code.trim().parse();
        (printed, code.expect("an exit code"))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this machine lets a process mount what only it sees.
pub(crate) fn may_mount() -> bool {
    let mut tried = Command::new("unshare");
    tried.args(["--map-root-user", "--mount", "mount", "-t", "tmpfs"]);
    let tried = tried.args(["tmpfs", "/mnt"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}
