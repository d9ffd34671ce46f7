//! An S3 server in this process: `s3s-fs` over HTTP, and what can go wrong in front of it.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{
    convert::Infallible,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use cerebras_management_preflight::store::{S3, S3Settings};
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Body as _, Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;

pub(crate) mod stored;

pub(crate) const BUCKET: &str = "weights";
pub(crate) const ACCESS_KEY: &str = "AKIDNOBODY";
pub(crate) const SECRET: &str = "S3cretOfNobody";

type Body = UnsyncBoxBody<Bytes, std::io::Error>;
type Rule = Box<dyn Fn(&Asked) -> Option<Fault> + Send>;

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    /// How many came before it.
    pub(crate) before: usize,
}

impl Asked {
    pub(crate) fn is_listing(&self) -> bool {
        self.target.contains("list-type=2")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|it| it.to_str().ok())
    }
}

/// What is done in the place of an answer, or to it.
pub(crate) enum Fault {
    /// This answer, with the XML that S3 has for a code.
    Refuse(u16, &'static str, Vec<(&'static str, String)>),
    /// The answer's body, cut after so many bytes.
    Cut(usize),
    /// The answer's body, of which no more than so many bytes ever come.
    Stall(usize),
    /// The answer to the request without its range.
    WithoutRange,
    /// Zeros that do not end, as the whole of a large object.
    Endless,
    /// No answer, and no connection any more.
    HangUp,
}

pub(crate) struct Server {
    pub(crate) url: String,
    /// Its folder, in which each bucket is one.
    pub(crate) root: PathBuf,
    asked: Arc<Mutex<Vec<Asked>>>,
    rule: Arc<Mutex<Rule>>,
    folder: Option<tempfile::TempDir>,
}

impl Server {
    /// An empty bucket that is open to all.
    pub(crate) async fn start() -> Self {
        Self::with(S3ServiceBuilder::build).await
    }

    /// The same, but it takes signed requests alone, and checks them.
    pub(crate) async fn signed() -> Self {
        Self::with(|mut builder| {
            builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET));
            builder.build()
        })
        .await
    }

    async fn with(build: impl FnOnce(S3ServiceBuilder) -> S3Service) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().to_owned();
        std::fs::create_dir(root.join(BUCKET)).expect("a folder for the bucket");
        let service = build(S3ServiceBuilder::new(stored::Stored::new(&root)));
        let mut server = Self::of(service, root).await;
        server.folder = Some(folder);
        server
    }

    /// Any service of S3.
    pub(crate) async fn of(service: S3Service, root: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(Box::new(|_| None)));
        let (log, rules) = (asked.clone(), rule.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (service, log, rules) = (service.clone(), log.clone(), rules.clone());
                let answer = service_fn(move |request| {
                    answer(service.clone(), log.clone(), rules.clone(), request)
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), answer);
                tokio::spawn(async move { drop(connection.await) });
            }
        });
        Self {
            url: format!("http://{address}"),
            root,
            asked,
            rule,
            folder: None,
        }
    }

    /// Decides of each request from now on.
    pub(crate) fn when(&self, rule: impl Fn(&Asked) -> Option<Fault> + Send + 'static) {
        *self.rule.lock().expect("the rule") = Box::new(rule);
    }

    /// What has come so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the log").clone()
    }

    /// Writes an object.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root.join(BUCKET).join(key);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    pub(crate) fn settings(&self) -> S3Settings {
        S3Settings {
            region: Some("us-east-1".to_owned()),
            endpoint: Some(self.url.clone()),
            anonymous: true,
            ..S3Settings::default()
        }
    }

    pub(crate) async fn open(&self, prefix: &str) -> S3 {
        S3::open(&self.settings(), BUCKET, prefix).await
    }
}

async fn answer(
    service: S3Service,
    log: Arc<Mutex<Vec<Asked>>>,
    rules: Arc<Mutex<Rule>>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let fault = {
        let mut log = log.lock().expect("the log");
        let asked = Asked {
            method: request.method().clone(),
            target: request.uri().to_string(),
            headers: request.headers().clone(),
            before: log.len(),
        };
        log.push(asked.clone());
        let rule = rules.lock().expect("the rule");
        rule(&asked)
    };
    match fault {
        Some(Fault::Refuse(status, code, headers)) => {
            let head = *request.method() == Method::HEAD;
            return Ok(refusal(status, code, headers, head));
        }
        Some(Fault::HangUp) => return Err(std::io::Error::other("hung up")),
        Some(Fault::Endless) => {
            let zeros = Bytes::from(vec![0; 65536]);
            let zeros = stream::repeat_with(move || Ok(Frame::data(zeros.clone())));
            return Ok(Response::new(StreamBody::new(zeros).boxed_unsync()));
        }
        Some(Fault::WithoutRange) => drop(request.headers_mut().remove("range")),
        Some(Fault::Cut(_) | Fault::Stall(_)) | None => {}
    }
    let answer = service.call(request.map(Into::into)).await;
    let answer = answer.map_err(|error| std::io::Error::other(format!("{error:?}")))?;
    let (parts, body) = answer.into_parts();
    let body = match fault {
        Some(Fault::Cut(after)) => cut(body, after, false).await,
        Some(Fault::Stall(after)) => cut(body, after, true).await,
        _ => body.map_err(std::io::Error::other).boxed_unsync(),
    };
    Ok(Response::from_parts(parts, body))
}

/// The first bytes, and then an error, by which hyper closes the connection; or nothing any more.
async fn cut(body: s3s::Body, after: usize, stall: bool) -> Body {
    assert!(!body.is_end_stream(), "there is nothing to cut");
    let all = http_body_util::BodyExt::collect(body)
        .await
        .expect("the whole body")
        .to_bytes();
    assert!(after < all.len(), "the cut is inside of the body");
    let frames = [
        Ok(Frame::data(all.slice(..after))),
        Err(std::io::Error::other("cut")),
    ];
    // What has been written is to reach the other side before the connection is closed.
    let frames = stream::iter(frames).then(move |frame| async move {
        match (&frame, stall) {
            (Ok(_), _) => {}
            (Err(_), true) => std::future::pending().await,
            (Err(_), false) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        frame
    });
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

fn refusal(
    status: u16,
    code: &str,
    headers: Vec<(&'static str, String)>,
    head: bool,
) -> Response<Body> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>The message of {code}</Message><RequestId>R1</RequestId></Error>"
    );
    let text = if head { String::new() } else { text };
    let body = Full::from(text).map_err(|never: Infallible| match never {});
    let mut answer = Response::new(body.boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    let own = [
        ("content-type", "application/xml".to_owned()),
        ("x-amz-request-id", "R1".to_owned()),
    ];
    for (name, value) in own.into_iter().chain(headers) {
        let value = value.parse().expect("a header's value");
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// A refusal without headers of its own.
pub(crate) fn refuse(status: u16, code: &'static str) -> Fault {
    Fault::Refuse(status, code, Vec::new())
}
