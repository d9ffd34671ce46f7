//! A bucket read over HTTP: what is there, and each way in which S3 says no.

#![allow(missing_docs)]

mod s3_server;

use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use cerebras_management_preflight::{
    Check, Layout, Preflight, Store,
    store::{Error, ErrorKind, S3, S3Settings},
};
use s3_server::{ACCESS_KEY, BUCKET, Fault, SECRET, Server, refuse};
use s3s::{
    S3Request, S3Response, S3Result,
    dto::{ListObjectsV2Input, ListObjectsV2Output, Object},
    service::S3ServiceBuilder,
};

async fn store(server: &Server, prefix: &str) -> Store {
    Store::S3(server.open(prefix).await)
}

fn keys(objects: &[cerebras_management_preflight::store::Object]) -> Vec<&str> {
    objects.iter().map(|object| object.key.as_str()).collect()
}

#[track_caller]
fn failed<T: std::fmt::Debug>(outcome: Result<T, Error>, kind: ErrorKind) -> String {
    let error = outcome.expect_err("an error");
    assert_eq!(error.kind(), kind, "{error}");
    error.to_string()
}

#[tokio::test]
async fn keys_are_listed_below_the_prefix_as_they_are() {
    let server = Server::start().await;
    let odd = [
        "a b.json",
        "c+d.json",
        "e%20f.json",
        "g\u{1}h.json",
        "ü/ж.json",
    ];
    for key in odd {
        server.put(&format!("runs/4 2/{key}"), b"{}");
    }
    server.put("runs/4 21/other.json", b"{}");
    let store = store(&server, "runs/4 2").await;
    let objects = store.list().await.expect("a list");
    assert_eq!(keys(&objects), odd);
    assert!(
        objects
            .iter()
            .all(|it| it.size == 2 && it.etag.is_some() && it.modified.is_some())
    );
    for object in &objects {
        let read = store.read_listed(object, 0..100).await.expect("bytes");
        assert_eq!(&read[..], b"{}", "{}", object.key);
    }
}

#[tokio::test]
async fn ranges_are_read_and_end_with_the_object() {
    let server = Server::start().await;
    server.put("m/a", b"0123456789");
    let store = store(&server, "m/").await;
    let read = |range| store.read("a", range);
    assert_eq!(&read(2..5).await.expect("bytes")[..], b"234");
    assert_eq!(&read(8..100).await.expect("bytes")[..], b"89");
    assert_eq!(&read(10..12).await.expect("bytes")[..], b"");
    assert_eq!(&read(4..4).await.expect("bytes")[..], b"");
    let pin = store.pin("a").await.expect("a pin");
    // The MD5 of ten digits, which is their ETag.
    let md5 = "781e5e245d69b566979b86e28d23f2c7";
    assert_eq!((pin.size, pin.etag.as_deref()), (10, Some(md5)));
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_so() {
    let server = Server::start().await;
    let here = store(&server, "none").await;
    assert_eq!(here.list().await.expect("a list"), []);
    let told = failed(here.read("a", 0..8).await, ErrorKind::NotFound);
    assert!(
        told.starts_with("GetObject of s3://weights/none/a: it is not there (NoSuchKey"),
        "{told}"
    );
    failed(here.pin("a").await, ErrorKind::NotFound);
    let nowhere = Store::S3(S3::open(&server.settings(), "no-such-bucket", "").await);
    let told = failed(nowhere.list().await, ErrorKind::NotFound);
    assert!(told.contains("check the bucket's name"), "{told}");
}

#[tokio::test]
async fn an_archive_and_a_prefix_without_objects_hold_nothing_in_any_layout() {
    let server = Server::start().await;
    server.put("run/model.tar.gz", b"\x1f\x8b");
    for (prefix, archive) in [("run/model.tar.gz", true), ("run/typo", false)] {
        let store = store(&server, prefix).await;
        let report = Preflight::new(&store).run().await.expect("a report");
        let checks: Vec<_> = report.findings.iter().map(|it| it.check).collect();
        let archive = archive.then_some(Check::Archive);
        let expected: Vec<_> = [Check::NothingThere].into_iter().chain(archive).collect();
        assert_eq!(checks, expected, "{prefix}");
        assert!(!report.is_good(Layout::Any), "{prefix}");
    }
}

#[tokio::test]
async fn an_object_that_changed_since_it_was_listed_is_not_read() {
    let server = Server::start().await;
    server.put("m/a", b"0123456789");
    let store = store(&server, "m").await;
    let listed = store.list().await.expect("a list").remove(0);
    server.put("m/a", b"abcdefghij");
    let told = failed(store.read_listed(&listed, 0..4).await, ErrorKind::Changed);
    assert!(
        told.contains("it has changed since it was listed"),
        "{told}"
    );
    assert_eq!(&store.read("a", 0..4).await.expect("bytes")[..], b"abcd");
}

#[tokio::test]
async fn what_s3_refuses_is_told_with_what_to_do() {
    let cases = [
        (
            403,
            "AccessDenied",
            ErrorKind::AccessDenied,
            "need s3:GetObject on arn:aws:s3:::weights/m/a",
        ),
        (
            403,
            "AccessDenied",
            ErrorKind::AccessDenied,
            "requester-pays bucket takes --request-payer",
        ),
        (
            400,
            "KMS.DisabledException",
            ErrorKind::AccessDenied,
            "kms:Decrypt",
        ),
        (400, "ExpiredToken", ErrorKind::Credentials, "aws sso login"),
        (
            403,
            "InvalidAccessKeyId",
            ErrorKind::Credentials,
            "check the access key",
        ),
        (403, "RequestTimeTooSkewed", ErrorKind::Credentials, "clock"),
        (403, "InvalidObjectState", ErrorKind::Archived, "restore it"),
        (503, "SlowDown", ErrorKind::Throttled, "AWS_MAX_ATTEMPTS"),
        (
            301,
            "PermanentRedirect",
            ErrorKind::OtherRegion,
            "get-bucket-location",
        ),
        (500, "InternalError", ErrorKind::Unreachable, "run it again"),
        (404, "NoSuchBucket", ErrorKind::NotFound, "bucket's name"),
        (
            418,
            "Teapot",
            ErrorKind::Other,
            "it was refused (Teapot: The message of Teapot)",
        ),
    ];
    let server = Server::start().await;
    server.put("m/a", b"0123456789");
    let store = store(&server, "m").await;
    for (status, code, kind, remedy) in cases {
        server.when(move |_| Some(refuse(status, code)));
        let told = failed(store.read("a", 0..4).await, kind);
        assert!(told.contains(remedy), "{told}");
        assert!(told.ends_with("(request R1)"), "{told}");
    }
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let server = Server::start().await;
    server.put("m/a", b"0123456789");
    server.when(|asked| (asked.before < 2).then(|| refuse(503, "SlowDown")));
    let store = store(&server, "m").await;
    assert_eq!(store.list().await.expect("a list").len(), 1);
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_range_that_is_cut_is_gone_on_with_where_it_broke_off() {
    let server = Server::start().await;
    let bytes: Vec<u8> = (0..=255).cycle().take(50_000).collect();
    server.put("m/a", &bytes);
    server.when(|asked| (asked.before < 2).then_some(Fault::Cut(20_000)));
    let store = store(&server, "m").await;
    let read = store.read("a", 0..50_000).await.expect("bytes");
    assert!(read == bytes, "the bytes are those of the object");
    let ranges: Vec<_> = server
        .asked()
        .iter()
        .map(|it| it.header("range").map(str::to_owned))
        .collect();
    let expected = ["bytes=0-49999", "bytes=20000-49999", "bytes=40000-49999"];
    assert_eq!(ranges, expected.map(|it| Some(it.to_owned())));
    // The rest is of the same object.
    assert!(server.asked()[1].header("if-match").is_some());
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up_and_gone_on_with() {
    let server = Server::start().await;
    server.put("m/a", &vec![7; 50_000]);
    server.when(|asked| (asked.before == 0).then_some(Fault::Stall(20_000)));
    let store = store(&server, "m").await;
    let read = store.read("a", 0..50_000).await.expect("bytes");
    assert_eq!(read.len(), 50_000);
    let rest = server.asked()[1].header("range").map(str::to_owned);
    assert_eq!(rest.as_deref(), Some("bytes=20000-49999"));
}

#[tokio::test]
async fn a_range_that_is_always_cut_is_given_up() {
    let server = Server::start().await;
    server.put("m/a", &vec![7; 50_000]);
    server.when(|_| Some(Fault::Cut(1)));
    let store = store(&server, "m").await;
    let told = failed(store.read("a", 0..50_000).await, ErrorKind::Unreachable);
    assert!(told.contains("broke off 4 times"), "{told}");
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_server_that_does_not_know_ranges_sends_no_more_than_is_asked_for() {
    let server = Server::start().await;
    server.put("m/a", &vec![7; 50_000]);
    let store = store(&server, "m").await;
    server.when(|_| Some(Fault::WithoutRange));
    assert_eq!(store.read("a", 0..8).await.expect("bytes").len(), 8);
    let told = failed(store.read("a", 8..16).await, ErrorKind::Other);
    assert!(told.contains("does not know ranges"), "{told}");
    server.when(|_| Some(Fault::Endless));
    assert_eq!(
        store.read("a", 0..100_000).await.expect("bytes").len(),
        100_000
    );
}

#[tokio::test]
async fn a_bucket_elsewhere_is_followed_once_and_said_to_be_there() {
    let server = Server::signed().await;
    server.put("m/a", b"0123456789");
    server.when(|asked| {
        let elsewhere = asked
            .header("authorization")
            .is_some_and(|it| it.contains("/us-east-1/"));
        let there = vec![("x-amz-bucket-region", "eu-west-1".to_owned())];
        elsewhere.then_some(Fault::Refuse(301, "PermanentRedirect", there))
    });
    let s3 = signed(&server);
    assert_eq!(s3.was_asked_in(), None);
    let store = Store::S3(s3.clone());
    assert_eq!(keys(&store.list().await.expect("a list")), ["a"]);
    assert_eq!(&store.read("a", 0..2).await.expect("bytes")[..], b"01");
    assert_eq!(
        (s3.region(), s3.was_asked_in()),
        ("eu-west-1", Some("us-east-1"))
    );
    // The list twice, and the range at once where it is.
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_bucket_that_is_sent_from_region_to_region_is_an_error() {
    let server = Server::start().await;
    server.when(|asked| {
        let n = asked.before;
        let there = vec![("x-amz-bucket-region", format!("eu-west-{n}"))];
        Some(Fault::Refuse(301, "PermanentRedirect", there))
    });
    let store = Store::S3(signed(&server));
    let told = failed(store.list().await, ErrorKind::OtherRegion);
    assert!(
        told.contains("the bucket is in eu-west-1: set the region to that"),
        "{told}"
    );
    assert_eq!(server.asked().len(), 2);
}

/// With credentials of nobody, so that the region is in what is signed.
fn signed(server: &Server) -> S3 {
    let keys = Credentials::new(ACCESS_KEY, SECRET, None, None, "this test");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .endpoint_url(&server.url)
        .force_path_style(true)
        .credentials_provider(keys);
    S3::new(aws_sdk_s3::Client::from_conf(config.build()), BUCKET, "m")
}

#[tokio::test]
async fn no_credential_is_in_an_error_nor_in_debug() {
    let server = Server::start().await;
    server.when(|_| Some(refuse(403, "SignatureDoesNotMatch")));
    let s3 = signed(&server);
    let error = Store::S3(s3.clone()).list().await.expect_err("an error");
    let told = format!("{error} {error:?} {s3:?}");
    assert!(
        !told.contains("S3cret") && !told.contains("Signature="),
        "{told}"
    );
}

#[tokio::test]
async fn who_pays_says_so_in_every_request() {
    let server = Server::start().await;
    server.put("m/a", b"0123456789");
    let settings = S3Settings {
        request_payer: true,
        ..server.settings()
    };
    let store = Store::S3(S3::open(&settings, BUCKET, "m").await);
    store.list().await.expect("a list");
    store.read("a", 0..2).await.expect("bytes");
    store.pin("a").await.expect("a pin");
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .all(|it| it.header("x-amz-request-payer") == Some("requester"))
    );
}

#[tokio::test]
async fn a_server_that_cannot_list_uploads_is_no_error() {
    let server = Server::start().await;
    let store = store(&server, "m").await;
    assert_eq!(store.unfinished().await.expect("an answer"), None);
    server.when(|_| Some(refuse(403, "AccessDenied")));
    assert_eq!(store.unfinished().await.expect("an answer"), None);
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let server = Server::start().await;
    let settings = S3Settings {
        endpoint: Some("http://127.0.0.1:1".to_owned()),
        ..server.settings()
    };
    let store = Store::S3(S3::open(&settings, BUCKET, "m").await);
    let told = failed(store.list().await, ErrorKind::Unreachable);
    assert!(told.contains("check the network"), "{told}");
}

/// A bucket with so many objects, of which the first is a folder marker.
struct Many(usize);

#[async_trait::async_trait]
impl s3s::S3 for Many {
    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let from = request
            .input
            .continuation_token
            .map_or(0, |it| it.parse().expect("a number"));
        let to = self.0.min(from + 1000);
        let objects = (from..to).map(|n| Object {
            key: Some(if n == 0 {
                "m/".to_owned()
            } else {
                format!("m/{n:06}")
            }),
            size: Some(1),
            ..Object::default()
        });
        Ok(S3Response::new(ListObjectsV2Output {
            contents: Some(objects.collect()),
            is_truncated: Some(to < self.0),
            next_continuation_token: (to < self.0).then(|| to.to_string()),
            ..ListObjectsV2Output::default()
        }))
    }
}

#[tokio::test]
async fn a_hundred_thousand_objects_are_listed_and_no_more_than_twice_as_many() {
    let many = |n| S3ServiceBuilder::new(Many(n)).build();
    let server = Server::of(many(100_000), PathBuf::new()).await;
    let objects = store(&server, "m").await.list().await.expect("a list");
    assert_eq!(objects.len(), 100_000);
    assert_eq!(
        (objects[0].key.as_str(), objects[99_999].key.as_str()),
        ("", "099999")
    );
    assert_eq!(server.asked().len(), 100);

    let server = Server::of(many(1_000_000), PathBuf::new()).await;
    let told = failed(store(&server, "m").await.list().await, ErrorKind::Other);
    assert!(told.contains("more than 200000 objects"), "{told}");
    assert_eq!(server.asked().len(), 201);
}
