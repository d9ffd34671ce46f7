//! A service that answers as it is told, and keeps every request that it sees.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use cerebras_management::{Client, ClientBuilder};
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};
use serde_json::{Value, json};

use super::KEY;

/// A request as it came, whole.
///
/// `host` and `content-length` are left out of the headers: they follow from the port and the
/// body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, and the query if there is one.
    pub(crate) target: String,
    /// In the order of their names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}

impl Request {
    /// What a request without a body is to look like.
    pub(crate) fn expected(method: &str, target: &str) -> Self {
        let agent = concat!("cerebras-management/", env!("CARGO_PKG_VERSION"));
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![
                ("accept".to_owned(), "application/json".to_owned()),
                ("authorization".to_owned(), format!("Bearer {KEY}")),
                ("user-agent".to_owned(), agent.to_owned()),
            ],
            body: None,
        }
    }

    /// The same with a JSON body.
    pub(crate) fn with_body(self, body: Value) -> Self {
        let header = ("content-type".to_owned(), "application/json".to_owned());
        Self {
            body: Some(body),
            ..self.with_header(header)
        }
    }

    /// The same with another value of a header, or with one more header.
    pub(crate) fn with_header(mut self, (name, value): (String, String)) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self.headers.sort();
        self
    }

    /// One line: `GET /path`, or `PATCH /path {"a":1}`.
    pub(crate) fn line(&self) -> String {
        match &self.body {
            Some(body) => format!("{} {} {body}", self.method, self.target),
            None => format!("{} {}", self.method, self.target),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }
}

impl From<&HttpMockRequest> for Request {
    fn from(request: &HttpMockRequest) -> Self {
        let mut headers = request.headers_vec().clone();
        headers.retain(|(name, _)| name != "host" && name != "content-length");
        headers.sort();
        let body = request.body_ref();
        let uri = request.uri();
        Self {
            method: request.method_str().to_owned(),
            target: uri
                .path_and_query()
                .map_or("", |all| all.as_str())
                .to_owned(),
            headers,
            body: (!body.is_empty()).then(|| serde_json::from_slice(body).expect("a JSON body")),
        }
    }
}

/// What the service says to one request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// 200 with a JSON body.
pub(crate) fn ok(body: Value) -> Answer {
    status(200, body)
}

/// A JSON body under any status.
#[allow(clippy::needless_pass_by_value)] // `json!` makes values
pub(crate) fn status(status: u16, body: Value) -> Answer {
    Answer::text(status, "application/json", body.to_string())
}

/// An HTML page under any status.
pub(crate) fn page(status: u16) -> Answer {
    let body = "<!DOCTYPE html>\n<html><body>Just a moment...</body></html>";
    Answer::text(status, "text/html; charset=utf-8", body)
}

impl Answer {
    pub(crate) fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl From<Answer> for HttpMockResponse {
    fn from(answer: Answer) -> Self {
        HttpMockResponse::builder()
            .status(answer.status)
            .headers(answer.headers)
            .body(answer.body)
            .build()
    }
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    /// What is said to a method and target, in turn; the last one stays.
    answers: HashMap<(String, String), VecDeque<Answer>>,
}

/// An HTTP server on a port of its own.
pub(crate) struct Service {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start_async().await;
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        server
            .mock_async(move |_, then| {
                then.respond_with(move |request| {
                    let mut state = shared.lock().unwrap();
                    state.answer(request.into()).into()
                });
            })
            .await;
        Self { server, state }
    }

    /// Says the same to each such request.
    pub(crate) fn on(&self, method: &str, target: &str, answer: Answer) -> &Self {
        self.in_turn(method, target, [answer])
    }

    /// Says one after the other to such requests, and the last one to all that follow.
    pub(crate) fn in_turn(
        &self,
        method: &str,
        target: &str,
        answers: impl IntoIterator<Item = Answer>,
    ) -> &Self {
        let answers: VecDeque<_> = answers.into_iter().collect();
        assert!(!answers.is_empty(), "no answer to {method} {target}");
        let route = (method.to_owned(), target.to_owned());
        self.state.lock().unwrap().answers.insert(route, answers);
        self
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        super::builder(self.server.base_url())
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    pub(crate) fn url(&self) -> String {
        self.server.base_url()
    }

    /// Every request so far, whole.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Every request so far, whole, which are then forgotten.
    pub(crate) fn forget(&self) -> impl Iterator<Item = Request> {
        std::mem::take(&mut self.state.lock().unwrap().requests).into_iter()
    }

    /// Every request so far, one line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(Request::line).collect()
    }
}

impl State {
    fn answer(&mut self, request: Request) -> Answer {
        let route = (request.method.clone(), request.target.clone());
        let nothing = || {
            status(
                501,
                json!({"detail": format!("no answer to {}", request.line())}),
            )
        };
        let answer = match self.answers.get_mut(&route) {
            Some(answers) if answers.len() > 1 => answers.pop_front().expect("one of several"),
            Some(answers) => answers.front().cloned().unwrap_or_else(nothing),
            None => nothing(),
        };
        self.requests.push(request);
        answer
    }
}
