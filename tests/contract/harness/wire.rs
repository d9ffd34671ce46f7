//! A raw TCP listener, for what no HTTP server would do.

use std::sync::{Arc, Mutex};

use cerebras_management::ClientBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use super::operations::{Operation, nine};
use super::published;

/// What goes wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody listens any more.
    Refuses,
    /// The request is read, and the connection closed.
    Closes,
    /// Less comes than `content-length` announced.
    CutShort,
    /// The last chunk never comes.
    CutShortChunked,
    /// The status of a refusal comes whole, its body does not.
    RefusalCutShort,
    /// Nothing comes.
    Silence,
    /// The head comes, and then nothing.
    SilenceAfterHead,
    /// 40 MiB are announced, and nothing of them comes.
    HugeAnnounced,
    /// 40 MiB, announced.
    Huge,
    /// 40 MiB, not announced.
    HugeChunked,
}

const HUGE: usize = 40 * 1024 * 1024;

/// The listener; it ends with the value.
pub(crate) struct Wire {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
    /// Keeps the port of a refusing one from anybody else.
    _bound: Option<TcpSocket>,
}

impl Wire {
    /// Reads of an operation that reads first are answered well; what it is about goes wrong.
    pub(crate) async fn start(operation: &Operation, fault: Fault) -> Self {
        let seen = Arc::default();
        if fault == Fault::Refuses && !operation.reads_first {
            let bound = TcpSocket::new_v4().expect("a socket");
            let any = "127.0.0.1:0".parse().expect("an address");
            bound.bind(any).expect("a free port");
            return Self {
                url: format!("http://{}", bound.local_addr().expect("an address")),
                seen,
                serving: tokio::spawn(async {}),
                _bound: Some(bound),
            };
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self {
            url: format!("http://{}", listener.local_addr().expect("an address")),
            serving: tokio::spawn(serve(listener, operation.method, fault, Arc::clone(&seen))),
            seen,
            _bound: None,
        }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        super::builder(&self.url)
    }

    /// The first lines of the requests so far, without the version of HTTP.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    listener: TcpListener,
    method: &'static str,
    fault: Fault,
    seen: Arc<Mutex<Vec<String>>>,
) {
    // The connections end with this task.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        if fault == Fault::Refuses {
            let line = read_request(&mut stream).await.expect("a request");
            seen.lock().unwrap().push(line.clone());
            drop(listener);
            return answer_well(&mut stream, &line, true).await;
        }
        let seen = Arc::clone(&seen);
        connections.spawn(async move {
            while let Some(line) = read_request(&mut stream).await {
                let goes_wrong = line.starts_with(method);
                seen.lock().unwrap().push(line.clone());
                if goes_wrong {
                    return go_wrong(stream, fault).await;
                }
                answer_well(&mut stream, &line, false).await;
            }
        });
    }
}

/// Reads a request to its end and gives its first line; none when the connection has ended.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let head = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| {
        let value = line.strip_prefix("content-length:")?;
        value.trim().parse::<usize>().ok()
    });
    while read.len() < head + length.unwrap_or(0) {
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
    let first = read.split(|byte| *byte == b'\r').next()?;
    let first = String::from_utf8_lossy(first).into_owned();
    Some(first.trim_end_matches(" HTTP/1.1").to_owned())
}

/// As published.
async fn answer_well(stream: &mut TcpStream, line: &str, last: bool) {
    let asked = nine().into_iter().find(|known| known.line() == line);
    let body = published::answer(asked.expect(line).id).to_string();
    let close = if last { "connection: close\r\n" } else { "" };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{close}content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await.expect("to write");
}

async fn go_wrong(mut stream: TcpStream, fault: Fault) {
    const HEAD: &str = "content-type: application/json\r\nx-request-id: req-1\r\n";
    let text = match fault {
        Fault::Refuses | Fault::Closes => return,
        Fault::Silence => String::new(),
        Fault::SilenceAfterHead => format!("HTTP/1.1 200 OK\r\n{HEAD}content-length: 90\r\n\r\n"),
        Fault::CutShort => {
            format!("HTTP/1.1 200 OK\r\n{HEAD}content-length: 900\r\n\r\n{{\"name\": \"orgs/my")
        }
        Fault::CutShortChunked => {
            format!("HTTP/1.1 200 OK\r\n{HEAD}transfer-encoding: chunked\r\n\r\n4\r\n{{\"na\r\n")
        }
        Fault::RefusalCutShort => {
            format!("HTTP/1.1 404 Not Found\r\n{HEAD}content-length: 900\r\n\r\n{{\"detail\": \"No")
        }
        Fault::Huge | Fault::HugeAnnounced => {
            format!("HTTP/1.1 200 OK\r\n{HEAD}content-length: {HUGE}\r\n\r\n")
        }
        Fault::HugeChunked => {
            format!("HTTP/1.1 200 OK\r\n{HEAD}transfer-encoding: chunked\r\n\r\n")
        }
    };
    stream.write_all(text.as_bytes()).await.expect("to write");
    match fault {
        Fault::Silence | Fault::SilenceAfterHead | Fault::HugeAnnounced => {
            std::future::pending::<()>().await;
        }
        Fault::Huge | Fault::HugeChunked => flood(&mut stream, fault).await,
        _ => {}
    }
}

/// Writes until all is written or the client has had enough.
async fn flood(stream: &mut TcpStream, fault: Fault) {
    let spaces = vec![b' '; 1024 * 1024];
    for _ in 0..HUGE / spaces.len() {
        let head = format!("{:x}\r\n", spaces.len());
        let written = match fault {
            Fault::HugeChunked => {
                let chunk = [head.as_bytes(), &spaces, b"\r\n"].concat();
                stream.write_all(&chunk).await
            }
            _ => stream.write_all(&spaces).await,
        };
        if written.is_err() {
            return;
        }
    }
}
