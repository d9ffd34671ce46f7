//! A proxy, and behind it the service under its own name: TLS, and then the simulator.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

const SERVICE: &str = "api.cerebras.ai";

/// Two proxies: one lets through to the service, the other lets nobody through.
pub(crate) struct Proxies {
    pub(crate) open: String,
    pub(crate) closed: String,
    /// The certificate of the service, in PEM.
    pub(crate) certificate: String,
    _runtime: Runtime,
}

impl Proxies {
    /// With the simulator at this address.
    pub(crate) fn start(simulator: SocketAddr) -> Self {
        let own = generate_simple_self_signed([SERVICE.to_owned()]).expect("a certificate");
        let chain = vec![own.cert.der().clone()];
        let key = own.signing_key.serialize_der().try_into().expect("a key");
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(chain, key).expect("a certificate");
        let tls = TlsAcceptor::from(Arc::new(config));
        let runtime = Runtime::new().expect("a runtime");
        let listen = || runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let (open, closed) = (listen().expect("a port"), listen().expect("a port"));
        let url = |listener: &TcpListener| {
            let address = listener.local_addr().expect("an address");
            format!("http://{address}")
        };
        let (open_url, closed_url) = (url(&open), url(&closed));
        runtime.spawn(async move {
            while let Ok((stream, _)) = open.accept().await {
                tokio::spawn(let_through(stream, tls.clone(), simulator));
            }
        });
        runtime.spawn(async move {
            while let Ok((stream, _)) = closed.accept().await {
                tokio::spawn(refuse(stream));
            }
        });
        Self {
            open: open_url,
            closed: closed_url,
            certificate: own.cert.pem(),
            _runtime: runtime,
        }
    }
}

async fn let_through(mut stream: TcpStream, tls: TlsAcceptor, simulator: SocketAddr) {
    if asked_for(&mut stream).await != format!("{SERVICE}:443") {
        return;
    }
    let established = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
    if established.await.is_err() {
        return;
    }
    // Whoever goes away in between has no answer to come.
    if let (Ok(mut client), Ok(mut service)) = (
        tls.accept(stream).await,
        TcpStream::connect(simulator).await,
    ) {
        let _ = copy_bidirectional(&mut client, &mut service).await;
    }
}

async fn refuse(mut stream: TcpStream) {
    asked_for(&mut stream).await;
    let page = "<title>Blocked by policy</title>";
    let head = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n",
        page.len()
    );
    let _ = stream.write_all((head + page).as_bytes()).await;
}

/// Whom a CONNECT names, after its headers have been read.
async fn asked_for(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.strip_prefix("CONNECT ").unwrap_or_default();
    target.split(' ').next().unwrap_or_default().to_owned()
}
