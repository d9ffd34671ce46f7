//! A server of one folder, in the ways of S3 and of the Hugging Face hub: no more of each than the
//! contenders ask for. It counts what it sends.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::Failure;

pub(crate) const BUCKET: &str = "weights";
pub(crate) const PREFIX: &str = "model";
/// The same folder, to the hub's clients.
pub(crate) const REPOSITORY: &str = "weights/model";

/// It serves as long as the process runs.
pub(crate) struct Server {
    pub(crate) url: String,
    served: Arc<Served>,
}

struct Served {
    folder: PathBuf,
    /// What S3's list of the folder says.
    listing: String,
    delay: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Server {
    pub(crate) async fn start(folder: &Path) -> Result<Self, Failure> {
        let served = Arc::new(Served {
            folder: folder.to_owned(),
            listing: listing(folder)?,
            delay: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let routes = Router::new().fallback(answer).with_state(served.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { url, served })
    }

    /// How long each answer is held back.
    pub(crate) fn delay(&self, milliseconds: u64) {
        self.served.delay.store(milliseconds, Ordering::Relaxed);
    }

    /// Requests and bytes of bodies since this was asked last.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let requests = self.served.requests.swap(0, Ordering::Relaxed);
        (requests, self.served.bytes.swap(0, Ordering::Relaxed))
    }
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response {
    served.requests.fetch_add(1, Ordering::Relaxed);
    let delay = served.delay.load(Ordering::Relaxed);
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let (path, query) = (
        request.uri().path(),
        request.uri().query().unwrap_or_default(),
    );
    if query.contains("list-type=2") {
        return xml(&served, served.listing.clone());
    }
    if query.contains("uploads") {
        return xml(&served, "<ListMultipartUploadsResult/>".to_owned());
    }
    let resolved = format!("/{REPOSITORY}/resolve/main/");
    let key = path.strip_prefix(&resolved);
    let key = key.or_else(|| path.strip_prefix(&format!("/{BUCKET}/{PREFIX}/")));
    let file = key.and_then(|key| File::open(served.folder.join(key)).ok());
    match file {
        Some(file) => object(&served, &file, request.method(), request.headers()),
        None => (StatusCode::NOT_FOUND, [("x-error-code", "EntryNotFound")]).into_response(),
    }
}

/// The whole of a file, or the range that is asked for.
fn object(served: &Served, file: &File, method: &Method, headers: &HeaderMap) -> Response {
    let size = file.metadata().map_or(0, |found| found.len());
    let range = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    let range = range.and_then(|it| it.strip_prefix("bytes=")?.split_once('-'));
    let (status, first, end) = match range {
        Some((first, last)) => {
            let last = last.parse().unwrap_or(size);
            (
                StatusCode::PARTIAL_CONTENT,
                first.parse().unwrap_or(0),
                size.min(last + 1),
            )
        }
        None => (StatusCode::OK, 0, size),
    };
    let told = [
        // What the hub's clients want to be told, and S3's do not mind.
        (
            "x-repo-commit",
            "0123456789abcdef0123456789abcdef01234567".to_owned(),
        ),
        ("etag", format!("\"{size:x}\"")),
        (
            "content-range",
            format!("bytes {first}-{}/{size}", end.saturating_sub(1)),
        ),
    ];
    if method == Method::HEAD {
        return (status, told, [(header::CONTENT_LENGTH, size.to_string())]).into_response();
    }
    let mut bytes = vec![0; usize::try_from(end.saturating_sub(first)).unwrap_or_default()];
    if file.read_exact_at(&mut bytes, first).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    served
        .bytes
        .fetch_add(bytes.len() as u64, Ordering::Relaxed);
    (status, told, bytes).into_response()
}

fn xml(served: &Served, text: String) -> Response {
    served.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
    ([(header::CONTENT_TYPE, "application/xml")], text).into_response()
}

fn listing(folder: &Path) -> Result<String, Failure> {
    let mut files = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut text = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
    for file in files {
        let name = file.file_name();
        let (name, size) = (name.to_string_lossy(), file.metadata()?.len());
        write!(
            text,
            "<Contents><Key>{PREFIX}/{name}</Key><LastModified>2026-01-12T00:00:00.000Z</LastModified>\
             <ETag>&quot;{size:x}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )?;
    }
    Ok(text + "</ListBucketResult>")
}
