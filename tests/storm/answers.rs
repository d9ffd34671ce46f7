//! What a service, or something in front of it, can put into an answer to break a line or to take
//! the key elsewhere.

use std::sync::{Arc, Mutex};

use cerebras_management::{Client, Error, ErrorKind};

use crate::leaks;
use crate::recorder::Recorder;
use crate::world::{ENDPOINT, INFERENCE_KEY, MANAGEMENT_KEY, ORG, builder, http};

async fn error_of(answer: &'static [u8]) -> Error {
    let recorder = Recorder::start(answer).await;
    let client = builder(&recorder.url);
    let client = client
        .retry(cerebras_management::RetryPolicy::none())
        .build()
        .unwrap();
    let error = client.endpoint(ENDPOINT).unwrap().get().await.unwrap_err();
    assert_eq!(recorder.take().len(), 1, "it is asked once");
    leaks::watch().error(&error);
    error
}

/// The texts of an error that a person sees.
fn is_clean(error: &Error) {
    for text in [
        Some(error.to_string().as_str()),
        error.request_id(),
        error.ray_id(),
        error.remedy(),
    ]
    .into_iter()
    .flatten()
    {
        let bad = |c: char| {
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!text.contains(bad), "{text:?}");
        assert!(text.len() < 2_000, "{} bytes", text.len());
    }
}

#[tokio::test]
async fn what_a_header_says_cannot_break_a_line() {
    let error = error_of(
        b"HTTP/1.1 403 \x80\xe2\x80\xae\r\nx-request-id: a\tb\r\ncf-ray: \xe2\x80\xaec\r\n\
          content-length: 0\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.request_id(), Some("a b"));
    assert_eq!(error.ray_id(), None);
    is_clean(&error);

    // What no header can hold is no answer, and is not repeated.
    for answer in [
        &b"HTTP/1.1 403 Forbidden\r\nx-request-id: \x1b[31mred\r\ncontent-length: 0\r\n\r\n"[..],
        b"HTTP/1.1 403 \x1b[31mred\r\ncontent-length: 0\r\n\r\n",
        b"\x1b[31mred\xe2\x80\xae\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
    ] {
        let error = error_of(answer).await;
        is_clean(&error);
        assert!(!error.to_string().contains("red"), "{error}");
    }
}

#[tokio::test]
async fn a_long_header_is_cut() {
    let mut answer = b"HTTP/1.1 503 Down\r\nx-request-id: ".to_vec();
    answer.extend(std::iter::repeat_n(b'x', 20_000));
    answer.extend(b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let error = error_of(answer.leak()).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    is_clean(&error);
}

#[tokio::test]
async fn a_redirect_takes_no_request_elsewhere_and_its_target_breaks_no_line() {
    let elsewhere = Recorder::start(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    for status in [301, 302, 303, 307, 308] {
        for target in [
            format!("{}/management/v1/endpoints/x", elsewhere.url),
            format!("https://evil.example/{MANAGEMENT_KEY}?key={MANAGEMENT_KEY}"),
            format!("https://{}.example/", MANAGEMENT_KEY.to_lowercase()),
            "//evil.example/x".to_owned(),
            "javascript:alert(1)".to_owned(),
            "https://user:pass@evil.example/x".to_owned(),
        ] {
            let answer = format!(
                "HTTP/1.1 {status} Elsewhere\r\nlocation: {target}\r\ncontent-length: 0\r\n\
                 connection: close\r\n\r\n"
            );
            let error = error_of(answer.leak().as_bytes()).await;
            assert_eq!(error.kind(), ErrorKind::Rejected);
            assert!(!error.to_string().contains("pass"), "{error}");
            is_clean(&error);
        }
    }
    assert_eq!(elsewhere.take(), []);
}

/// Plain http goes to this machine alone, whatever a name looks like, unless it is asked for.
#[test]
fn a_key_goes_over_plain_http_to_this_machine_alone() {
    for (url, allowed) in [
        ("http://127.0.0.1:1", true),
        ("http://127.1.2.3:1", true),
        ("http://[::1]:1", true),
        ("http://localhost:1", true),
        ("http://0.0.0.0:1", false),
        ("http://localhost.evil.example", false),
        ("http://127.0.0.1.evil.example", false),
        ("http://evil.example", false),
        ("http://169.254.169.254", false),
        ("http://[::ffff:8.8.8.8]", false),
        ("http://127.0.0.1@evil.example", false),
        ("http:\\\\evil.example", false),
        ("HTTP://EVIL.EXAMPLE", false),
        ("ws://127.0.0.1", false),
        ("file:///etc/passwd", false),
    ] {
        let built = builder(url).build();
        assert_eq!(built.is_ok(), allowed, "{url}");
        if let Err(error) = built {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            leaks::watch().error(&error);
        }
    }
}

/// Nothing that can be printed holds a key: not what is built, and not what it panics with.
#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_key() {
    let watch = leaks::watch();
    let texts: Arc<Mutex<Vec<String>>> = Arc::default();
    let recorder = Recorder::start(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").await;
    let settings = builder(&recorder.url).org(ORG);
    let show = |text: String| texts.lock().unwrap().push(text);
    show(format!("{settings:?} {settings:#?}"));
    let client: Client = settings.build().unwrap();
    let org = client.org(ORG).unwrap();
    let model = org.model("a").unwrap();
    let version = model.version("2").unwrap();
    let endpoint = client.endpoint(ENDPOINT).unwrap();
    let upload = model.upload("s3://my-bucket/a").idempotency_key("n");
    show(format!(
        "{client:#?} {org:#?} {model:#?} {version:#?} {endpoint:#?} {upload:#?}"
    ));
    let (deploy, rollback) = (endpoint.deploy(1).if_serving(2), endpoint.rollback());
    let (delete, moving) = (version.delete(), model.move_alias("production", 2_u64));
    let chat = endpoint.chat("Hello!");
    show(format!(
        "{deploy:#?} {rollback:#?} {delete:#?} {moving:#?} {chat:#?}"
    ));
    let handle = format!(
        "cbm1,upload,version=orgs/o/models/a/versions/1,base={}",
        recorder.url
    );
    let resumed = client.resume(&handle.parse().unwrap()).unwrap();
    show(format!("{resumed:#?}"));
    let cerebras_management::Resumed::Upload(operation) = resumed else {
        panic!("{handle} is of an upload");
    };
    let (mut wait, watched) = (operation.wait(), operation.watch());
    show(format!("{wait:#?} {watched:#?}"));

    // What is unwrapped by mistake, and what is polled after its end.
    let error = (&mut wait).await.unwrap_err();
    watch.error(&error);
    let unwrapped = tokio::spawn(async move { panic!("{error:?}") });
    let polled = tokio::spawn(wait);
    show(told(unwrapped.await.unwrap_err()));
    show(told(polled.await.unwrap_err()));
    // What a caller's own function does is in no text of ours either.
    let answers = client.endpoint(ENDPOINT).unwrap();
    show(told(
        tokio::spawn(async move { answers.get().await.unwrap() })
            .await
            .unwrap_err(),
    ));

    let texts = texts.lock().unwrap();
    assert_eq!(texts.len(), 7 + 1);
    for text in texts.iter() {
        assert!(!text.is_empty());
        watch.text("what can be printed", text);
        assert!(!text.contains(&MANAGEMENT_KEY[4..]) && !text.contains(&INFERENCE_KEY[4..]));
    }
}

fn told(panicked: tokio::task::JoinError) -> String {
    let payload = panicked.into_panic();
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| {
        payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    })
    .unwrap()
}

/// The HTTP client that a caller brings is not to be talked into telling, either.
#[tokio::test]
async fn a_callers_own_http_client_does_not_show_the_key() {
    let own = http().default_headers(
        [(
            reqwest::header::AUTHORIZATION,
            reqwest::header::HeaderValue::from_static("Basic d3Jvbmc="),
        )]
        .into_iter()
        .collect(),
    );
    let recorder = Recorder::start(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").await;
    let client = builder(&recorder.url)
        .http(own.connection_verbose(true))
        .build()
        .unwrap();
    let error = client.endpoint(ENDPOINT).unwrap().get().await.unwrap_err();
    leaks::watch().error(&error);
    let requests = recorder.take();
    let sent = requests[0]
        .headers
        .iter()
        .filter(|(name, _)| name == "authorization");
    let sent: Vec<_> = sent.map(|(_, value)| value.as_str()).collect();
    assert_eq!(sent, [format!("Bearer {MANAGEMENT_KEY}")]);
}
