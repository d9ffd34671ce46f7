//! What is no request of HTTP/1.1, or is too large for one: a 4xx in the service's own shape, a line
//! in the journal, and a service that goes on.

mod common;

use cerebras_management_simulator::{Entry, MANAGEMENT_KEY};
use common::Rig;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ARCHITECTURES: &str = "/management/v1/orgs/my-org/models";
const UPLOAD: &str = "/management/v1/orgs/my-org/models:upload";

/// The headers of a good request that is the last of its connection.
fn headers() -> String {
    format!("host: simulator\r\nconnection: close\r\nauthorization: Bearer {MANAGEMENT_KEY}\r\n")
}

/// An answer as it came.
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1);
        status.and_then(|s| s.parse().ok()).expect("a status")
    }

    fn json(&self) -> Value {
        assert!(
            self.head.contains("\r\ncontent-type: application/json\r\n"),
            "{}",
            self.head
        );
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// All that comes back on a connection of its own.
async fn send(rig: &Rig, bytes: &[u8]) -> String {
    let stream = TcpStream::connect(rig.simulator.addr()).await;
    let mut stream = stream.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

async fn ask(rig: &Rig, bytes: &[u8]) -> Answer {
    answer(&send(rig, bytes).await)
}

fn answer(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    Answer {
        head: format!("{head}\r\n"),
        body: body.to_owned(),
    }
}

/// The journal as far as it is about what could not be read.
fn unreadable(journal: &[Entry]) -> Vec<(&str, &str, u16, &str)> {
    let seen = |entry| match entry {
        &Entry {
            ref method,
            ref path,
            status: Some(status),
            unreadable: Some(ref reason),
            ..
        } => (method.as_str(), path.as_str(), status, reason.as_str()),
        other => panic!("{other:?} is not about what could not be read"),
    };
    journal.iter().map(seen).collect()
}

async fn assert_refused(bytes: &[u8], status: u16, reason: &str) {
    let rig = Rig::start().await;
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
    let answer = ask(&rig, bytes).await;
    assert_eq!(answer.status(), status, "{shown}");
    assert_eq!(answer.json(), json!({ "detail": reason }), "{shown}");
    let journal = rig.simulator.journal();
    assert_eq!(unreadable(&journal), [("", "", status, reason)], "{shown}");
    rig.get("orgs/my-org/models").await.ok();
}

#[tokio::test]
async fn what_is_not_http_is_a_bad_request() {
    let mut every_byte: Vec<u8> = (0..=255).collect();
    every_byte.extend(b"\r\n\r\n");
    let get = format!("GET {ARCHITECTURES} HTTP/1.1\r\n");
    let post = format!("POST {UPLOAD} HTTP/1.1\r\n");
    for bytes in [
        b"nonsense\r\n\r\n".as_slice(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        &every_byte,
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        format!("GET {ARCHITECTURES}\r\n").as_bytes(),
        format!("GET {ARCHITECTURES} HTTP/3.0\r\n\r\n").as_bytes(),
        b"GET http:// HTTP/1.1\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        format!("{get}no colon\r\n\r\n").as_bytes(),
        format!("{get}: no name\r\n\r\n").as_bytes(),
        format!("{get}a name: 1\r\n\r\n").as_bytes(),
        format!("{get}a: 1\0\r\n\r\n").as_bytes(),
        format!("{get}{}folded: 1\r\n 2\r\n\r\n", headers()).as_bytes(),
        format!("{post}content-length: nine\r\n\r\n").as_bytes(),
        format!("{post}content-length: -1\r\n\r\n").as_bytes(),
        format!("{post}content-length: 18446744073709551616\r\n\r\n").as_bytes(),
        format!("{post}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}").as_bytes(),
        format!("{post}transfer-encoding: gzip\r\n\r\n").as_bytes(),
        format!("POST {UPLOAD} HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n").as_bytes(),
    ] {
        assert_refused(bytes, 400, "Invalid HTTP request").await;
    }
}

#[tokio::test]
async fn a_client_that_begins_with_http_2_is_told_so() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    assert_refused(preface, 400, "HTTP/2 is not served here: use HTTP/1.1").await;
}

#[tokio::test]
async fn a_uri_can_be_too_long() {
    for length in [65_535, 1 << 20, 5 << 20] {
        let uri = format!("/{}", "a".repeat(length - 1));
        let request = format!("GET {uri} HTTP/1.1\r\n{}\r\n", headers());
        assert_refused(request.as_bytes(), 414, "URI too long").await;
    }
    // The longest is a name that nothing has.
    let rig = Rig::start().await;
    let uri = format!("/{}", "a".repeat(65_533));
    let request = format!("GET {uri} HTTP/1.1\r\n{}\r\n", headers());
    let answer = ask(&rig, request.as_bytes()).await;
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json(), json!({ "detail": "Not Found" }));
}

/// No number of bytes is that large.
#[tokio::test]
async fn a_length_can_be_too_large() {
    let post = format!("POST {UPLOAD} HTTP/1.1\r\n{}", headers());
    let request = format!("{post}content-length: {}\r\n\r\n", u64::MAX);
    assert_refused(request.as_bytes(), 413, "Request Entity Too Large").await;
}

#[tokio::test]
async fn headers_can_be_too_many_or_too_long() {
    let reason = "Too many headers, or too long ones";
    let get = format!("GET {ARCHITECTURES} HTTP/1.1\r\n{}", headers());
    let many: Vec<_> = (0..200).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let many = many.concat();
    assert_refused(format!("{get}{many}\r\n").as_bytes(), 431, reason).await;
    let long = "a".repeat(1 << 20);
    assert_refused(format!("{get}x: {long}\r\n\r\n").as_bytes(), 431, reason).await;
    assert_refused(format!("{get}{long}: x\r\n\r\n").as_bytes(), 431, reason).await;
    let name = "a".repeat(1 << 16);
    assert_refused(format!("{get}{name}: x\r\n\r\n").as_bytes(), 431, reason).await;
}

#[tokio::test]
async fn a_refusal_has_the_shape_that_the_service_is_to_have() {
    let rig = Rig::behaving(&[("error_body", "inference")]).await;
    let expected = json!({
        "message": "Invalid HTTP request",
        "type": "invalid_request_error",
        "param": "",
        "code": "invalid_request"
    });
    assert_eq!(ask(&rig, b"nonsense\r\n\r\n").await.json(), expected);
}

/// The good answer is whole, and the refusal is an answer of its own.
#[tokio::test]
async fn a_good_request_may_come_before_a_bad_one() {
    let rig = Rig::start().await;
    let get = format!(
        "GET {ARCHITECTURES} HTTP/1.1\r\nhost: simulator\r\n\
         authorization: Bearer {MANAGEMENT_KEY}\r\n\r\n"
    );
    let head = format!("HEAD {ARCHITECTURES} HTTP/1.1\r\nhost: simulator\r\n\r\n");
    let posted = "{\"model\": 1}";
    let post = format!(
        "POST {UPLOAD} HTTP/1.1\r\nhost: simulator\r\nexpect: 100-continue\r\n\
         content-length: {}\r\n\r\n{posted}",
        posted.len()
    );
    for (good, status, body) in [
        (
            &get,
            200,
            r#"{"model_architectures":["gpt-oss-120b","llama3.1-8b"]}"#,
        ),
        (&head, 405, ""),
        (&post, 401, r#"{"detail":"Not authenticated"}"#),
    ] {
        let text = send(&rig, format!("{good}nonsense\r\n\r\n").as_bytes()).await;
        let text = text.replace("HTTP/1.1 100 Continue\r\n\r\n", "");
        let (first, second) = text.rsplit_once("HTTP/1.1 ").expect("two answers");
        let first = answer(first);
        assert_eq!((first.status(), first.body.as_str()), (status, body));
        let second = answer(&format!("HTTP/1.1 {second}"));
        assert_eq!(second.status(), 400);
        assert_eq!(second.json(), json!({ "detail": "Invalid HTTP request" }));
    }
    let statuses: Vec<_> = rig.simulator.journal().iter().map(|e| e.status).collect();
    let expected = [200, 400, 405, 400, 401, 400].map(Some);
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn a_client_may_go_away_at_any_time() {
    let rig = Rig::start().await;
    let connect = async || {
        let stream = TcpStream::connect(rig.simulator.addr()).await;
        stream.expect("a connection")
    };
    // With nothing sent there is nothing to say.
    let mut stream = connect().await;
    stream.shutdown().await.expect("closed");
    let mut nothing = Vec::new();
    stream.read_to_end(&mut nothing).await.expect("an end");
    assert_eq!(nothing, b"");
    assert_eq!(rig.simulator.journal(), []);

    let reason = "The connection ended before the headers did";
    let begun = format!("GET {ARCHITECTURES} HTTP/1.1\r\nhost: sim");
    let mut stream = connect().await;
    stream.write_all(begun.as_bytes()).await.expect("sent");
    stream.shutdown().await.expect("closed for writing");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    let refusal = answer(&text);
    assert_eq!(refusal.status(), 400);
    assert_eq!(refusal.json(), json!({ "detail": reason }));

    let mut stream = connect().await;
    stream.write_all(begun.as_bytes()).await.expect("sent");
    drop(stream);
    while rig.simulator.journal().len() < 2 {
        tokio::task::yield_now().await;
    }
    let journal = rig.simulator.journal();
    assert_eq!(unreadable(&journal), [("", "", 400, reason); 2]);
    rig.get("orgs/my-org/models").await.ok();
}

/// One byte at a time is slow, and no mistake.
#[tokio::test]
async fn a_request_may_come_in_pieces() {
    let rig = Rig::start().await;
    let stream = TcpStream::connect(rig.simulator.addr()).await;
    let mut stream = stream.expect("a connection");
    stream.set_nodelay(true).expect("set");
    let request = format!("GET {ARCHITECTURES} HTTP/1.1\r\n{}\r\n", headers());
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).await.expect("sent");
        tokio::task::yield_now().await;
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    assert_eq!(answer(&text).status(), 200);
}

/// What is odd and can be read is the service's to answer.
#[tokio::test]
async fn odd_requests_that_are_http_are_answered_as_others_are() {
    let rig = Rig::start().await;
    let names = json!({ "model_architectures": ["gpt-oss-120b", "llama3.1-8b"] });
    let detail = |text: &str| json!({ "detail": text });
    for (line, status, body) in [
        (
            format!("get {ARCHITECTURES} HTTP/1.1"),
            405,
            detail("Method Not Allowed"),
        ),
        (
            format!("GET http://simulator{ARCHITECTURES} HTTP/1.1"),
            200,
            names.clone(),
        ),
        (format!("GET {ARCHITECTURES} HTTP/1.0"), 200, names),
        (
            "CONNECT simulator:443 HTTP/1.1".into(),
            404,
            detail("Not Found"),
        ),
        ("OPTIONS * HTTP/1.1".into(), 404, detail("Not Found")),
        ("GET no-slash HTTP/1.1".into(), 404, detail("Not Found")),
        ("POST / HTTP/1.1".into(), 404, detail("Not Found")),
        (
            "POST /openapi.json HTTP/1.1".into(),
            405,
            detail("Method Not Allowed"),
        ),
        (
            "PATCH /_simulator/world HTTP/1.1".into(),
            405,
            detail("Method Not Allowed"),
        ),
    ] {
        let answer = ask(&rig, format!("{line}\r\n{}\r\n", headers()).as_bytes()).await;
        assert_eq!(answer.status(), status, "{line}");
        assert_eq!(answer.json(), body, "{line}");
    }
}

/// Of two lengths the chunks count, and the connection is closed, as RFC 9112 section 6.3 wants.
#[tokio::test]
async fn a_request_with_two_lengths_is_read_by_its_chunks() {
    let rig = Rig::start().await;
    let upload = r#"{"model_arch_id":"gpt-oss-120b","model":{"weight_uri":"s3://b/w"}}"#;
    let chunks = format!("{:x}\r\n{upload}\r\n0\r\n\r\n", upload.len());
    for lengths in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    ] {
        let head = format!(
            "POST {UPLOAD} HTTP/1.1\r\nhost: simulator\r\nauthorization: Bearer {MANAGEMENT_KEY}\r\n\
             {lengths}\r\n"
        );
        let good = ask(&rig, format!("{head}{chunks}").as_bytes()).await;
        assert_eq!(good.status(), 200, "{}", good.body);
        let bad = ask(&rig, format!("{head}{upload}").as_bytes()).await;
        assert_eq!(bad.status(), 400, "{}", bad.body);
        assert_eq!(
            bad.json(),
            json!({ "detail": "There was an error parsing the body" })
        );
    }
    assert_eq!(rig.simulator.versions("gpt-oss-120b").len(), 2);
}
