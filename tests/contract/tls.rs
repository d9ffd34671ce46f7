//! Whom an https base URL is trusted by. Each client is in a process of its own, since certificates
//! are read once in a process, and by what its environment says.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use cerebras_management::Client;
use rcgen::{CertifiedKey, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::harness::KEY;

const URL: &str = "TLS_TEST_URL";

/// What the process with the client does: one call. The tests below begin it anew with an address,
/// and read what it prints; on its own it calls a service over plain http.
#[tokio::test]
async fn calls() {
    let told = std::env::var(URL).ok();
    let base = match &told {
        Some(base) => base.clone(),
        None => service(None).await,
    };
    let built = Client::builder().key(KEY).base_url(base).build();
    println!("built: {}", built.is_ok());
    let org = built.unwrap().org("my-org").unwrap();
    let said = match org.architectures().await {
        Ok(architectures) => format!("answered: {architectures:?}"),
        Err(error) => format!("{:?}: {error}", error.kind()),
    };
    println!("{said}");
    if told.is_none() {
        assert_eq!(said, r#"answered: ["gpt-oss-120b"]"#);
    }
}

/// What a client prints that calls there, and trusts what is in that file.
async fn called(base: &str, trusted: &Path) -> String {
    let mut client = Command::new(std::env::current_exe().unwrap());
    client
        .args(["tls::calls", "--exact", "--nocapture"])
        .env(URL, base)
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR")
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || client.output()).await;
    let output = output.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    let lines = told.lines().skip_while(|line| !line.starts_with("built"));
    let told: Vec<_> = lines.take(2).collect();
    told.join("; ")
}

fn certificate() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

/// A service that answers each request alike, and its address.
async fn service(certificate: Option<&CertifiedKey<KeyPair>>) -> String {
    let acceptor = certificate.map(|certificate| {
        let chain = vec![certificate.cert.der().clone()];
        let key = certificate.signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()))
    });
    let listener = TcpListener::bind("localhost:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            match &acceptor {
                Some(acceptor) => {
                    // It is given up where it is not trusted.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        answer(stream).await;
                    }
                }
                None => answer(stream).await,
            }
        }
    });
    format!("{scheme}://localhost:{port}")
}

async fn answer(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    let body = r#"{"model_architectures":["gpt-oss-120b"]}"#;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all((head + body).as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
}

fn written(folder: &tempfile::TempDir, certificate: &CertifiedKey<KeyPair>) -> std::path::PathBuf {
    let file = folder.path().join("roots.pem");
    std::fs::write(&file, certificate.cert.pem()).unwrap();
    file
}

const ANSWERED: &str = r#"built: true; answered: ["gpt-oss-120b"]"#;

#[tokio::test]
async fn a_service_is_trusted_by_the_certificates_of_ssl_cert_file() {
    let folder = tempfile::tempdir().unwrap();
    let own = certificate();
    let base = service(Some(&own)).await;
    assert_eq!(called(&base, &written(&folder, &own)).await, ANSWERED);

    let told = called(&base, &written(&folder, &certificate())).await;
    let refused = "built: true; Transport: organization my-org: no connection: invalid peer \
                   certificate: ";
    assert!(told.starts_with(refused), "{told}");
}

#[tokio::test]
async fn where_there_are_no_certificates_a_call_says_what_to_do() {
    let base = service(Some(&certificate())).await;
    assert_eq!(
        called(&base, Path::new("/nonexistent.pem")).await,
        "built: true; InvalidInput: organization my-org: no certificates to trust: unexpected \
         error: No CA certificates were loaded from the system; install the package \
         ca-certificates, or set SSL_CERT_FILE to a file with the certificates to trust, in PEM \
         (list_model_architectures)"
    );
}

#[tokio::test]
async fn plain_http_needs_no_certificates() {
    let base = service(None).await;
    assert_eq!(called(&base, Path::new("/nonexistent.pem")).await, ANSWERED);
}
