//! `cbm simulate` as a process of its own.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

/// `cbm simulate` on a free port.
pub(crate) fn simulate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cbm"));
    command.args(["simulate", "--port", "0"]);
    command.args(arguments).env_clear();
    command
}

/// A running simulator, which ends with the test.
pub(crate) struct Running {
    child: Child,
    pub(crate) out: Lines<BufReader<ChildStdout>>,
    /// Host and port.
    pub(crate) address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = simulate(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("cbm runs");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut running = Self {
            child,
            out: out.lines(),
            address: String::new(),
        };
        let line = running.line_with("BASE_URL=");
        let (_, address) = line.split_once("http://").expect("a URL");
        address.clone_into(&mut running.address);
        running
    }

    /// The next line of its output that has this in it.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        let mut lines = self.out.by_ref().map_while(Result::ok);
        let line = lines.find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("no line has {text:?}"))
    }

    /// Status line, headers and body of one request.
    pub(crate) fn ask(&self, method: &str, path: &str, key: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n\
             authorization: Bearer {key}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}
