//! A service that writes down what it gets, byte for byte, and answers what it is told to.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Recorder {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// A request as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case, as they came, with their values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Recorder {
    /// Every request is answered with these bytes, and its connection closed.
    pub(crate) async fn start(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(exchange(stream, answer, Arc::clone(&seen)));
            }
        });
        Self { url, requests }
    }

    /// What came since this was asked last.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

async fn exchange(mut stream: TcpStream, answer: &[u8], seen: Arc<Mutex<Vec<Request>>>) {
    let mut bytes = Vec::new();
    loop {
        if let Some(request) = read(&bytes) {
            seen.lock().unwrap().push(request);
            break;
        }
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    // The client may have gone away.
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}

/// A request, if it is there whole: then nothing may come after it.
fn read(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).expect("a head in ASCII");
    let mut lines = head.split("\r\n");
    let first: Vec<_> = lines.next()?.split(' ').collect();
    let [method, path, "HTTP/1.1"] = first.as_slice() else {
        panic!("no request line: {first:?}");
    };
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").expect("a header"))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, length)| length.parse().expect("a length"));
    let body = &bytes[end + 4..];
    assert!(body.len() <= length, "something comes after the body");
    let request = || Request {
        method: (*method).to_owned(),
        path: (*path).to_owned(),
        headers: headers.clone(),
        body: String::from_utf8(body.to_vec()).expect("a body in UTF-8"),
    };
    (body.len() == length).then(request)
}
