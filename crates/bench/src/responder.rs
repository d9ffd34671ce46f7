//! The least of a server: it reads a request over a connection that stays open, and writes an
//! answer that was made before.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::Failure;

const ONE: &str = r#"{"name":"orgs/my-org/models/gpt-oss-120b/versions/42","done":true,"response":{"customer_s3_uri":"s3://my-bucket/runs/42","version_aliases":["production-jan-12-2026-finetuned"],"sync_status":"done"}}"#;
const DEPLOYED: &str = r#"{"name":"550e8400-e29b-41d4-a716-446655440000","done":false,"response":{"deployment_id":"550e8400-e29b-41d4-a716-446655440000","endpoint_id":"my-org-gpt-oss-120b","org_name":"my-org","model_arch_id":"gpt-oss-120b","version_id":42,"rollout_status":"not_started","created":1736700000,"updated":1736700000}}"#;

/// What the list of versions answers with.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Listed {
    /// How many versions are listed
    pub(crate) versions: usize,
    /// Or that it is one version with a name of so many mebibytes, in chunks; none where it is 0
    pub(crate) mebibytes: usize,
}

/// What is answered with.
struct Answers {
    one: Vec<u8>,
    deployed: Vec<u8>,
    list: Vec<u8>,
    mebibytes: usize,
}

impl Answers {
    fn new(listed: Listed) -> Result<Self, Failure> {
        let mut list = r#"{"model_versions":["#.to_owned();
        for n in 1..=listed.versions {
            let comma = if n == 1 { "" } else { "," };
            write!(
                list,
                r#"{comma}{{"name":"orgs/my-org/models/gpt-oss-120b/versions/{n}","done":true,"response":{{"customer_s3_uri":"s3://my-bucket/runs/{n}","version_aliases":["run-{n}"],"sync_status":"done"}}}}"#
            )?;
        }
        list.push_str("]}");
        Ok(Self {
            one: whole(ONE),
            deployed: whole(DEPLOYED),
            list: whole(&list),
            mebibytes: listed.mebibytes,
        })
    }

    /// Answers a request of which this is the first line.
    fn answer(&self, to: &mut impl Write, line: &str) -> io::Result<()> {
        let lists = line.contains("/versions ");
        match () {
            () if line.starts_with("POST ") => to.write_all(&self.deployed),
            () if lists && self.mebibytes > 0 => {
                write!(to, "{HEAD}transfer-encoding: chunked\r\n\r\n")?;
                huge(to, self.mebibytes)
            }
            () if lists => to.write_all(&self.list),
            () => to.write_all(&self.one),
        }
    }
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
    date: Mon, 12 Jan 2026 16:40:00 GMT\r\nx-request-id: 7c9e6679-7425-40de-944b-e07fc1f90ae7\r\n";

fn whole(body: &str) -> Vec<u8> {
    format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// One version with a name of so many mebibytes, in chunks, so that its length is not announced.
fn huge(to: &mut impl Write, mebibytes: usize) -> io::Result<()> {
    let mut chunk = |text: &[u8]| {
        write!(to, "{:x}\r\n", text.len())?;
        to.write_all(text)?;
        to.write_all(b"\r\n")
    };
    let part = vec![b'a'; 64 * 1024];
    chunk(br#"{"model_versions":[{"done":true,"name":""#)?;
    for _ in 0..mebibytes * 16 {
        chunk(&part)?;
    }
    chunk(br#""}]}"#)?;
    chunk(b"")
}

/// Prints its address, and answers until its standard input is closed.
pub(crate) fn serve(listed: Listed) -> Result<(), Failure> {
    let answers: &'static Answers = Box::leak(Box::new(Answers::new(listed)?));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that has gone is no failure.
            thread::spawn(move || converse(&stream, answers));
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn converse(stream: &TcpStream, answers: &Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut from = BufReader::new(stream);
    let (mut first, mut line, mut body) = (String::new(), String::new(), Vec::new());
    loop {
        first.clear();
        if from.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            line.clear();
            from.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
                Some(_) => {}
                None => break,
            }
        }
        body.resize(length, 0);
        from.read_exact(&mut body)?;
        answers.answer(&mut &*stream, &first)?;
    }
}

/// A responder in a process of its own, on the second core. It ends when this is dropped.
pub(crate) struct Responder {
    process: Child,
    pub(crate) address: String,
}

impl Responder {
    pub(crate) fn start(listed: Listed) -> Result<Self, Failure> {
        let mut process = Command::new("taskset")
            .args(["--cpu-list", "1"])
            .arg(std::env::current_exe()?)
            .arg("responder")
            .args([listed.versions.to_string(), listed.mebibytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = process.stdout.take().ok_or("no output")?;
        let mut responder = Self {
            process,
            address: String::new(),
        };
        BufReader::new(said).read_line(&mut responder.address)?;
        responder
            .address
            .truncate(responder.address.trim_end().len());
        if responder.address.is_empty() {
            return Err("the responder has not started; it needs a second core".into());
        }
        Ok(responder)
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // There is nothing to do about a process that has ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
