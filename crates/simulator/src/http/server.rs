use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::gate::{Closing, Gatekeeper};

/// Listens, with an error that says what to do.
pub(crate) async fn bind(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::new(address, port);
    TcpListener::bind(address).await.map_err(|error| {
        let remedy = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "the port is in use: choose another, or 0 for any that is free"
            }
            io::ErrorKind::PermissionDenied => "ports below 1024 need privileges: choose a higher",
            _ => {
                return io::Error::new(
                    error.kind(),
                    format!("cannot listen on {address}: {error}"),
                );
            }
        };
        io::Error::new(
            error.kind(),
            format!("cannot listen on {address}: {remedy}"),
        )
    })
}

/// The task that accepts connections. Dropping it ends them all.
#[derive(Debug)]
pub(crate) struct Server {
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) fn spawn(
        listener: TcpListener,
        address: SocketAddr,
        app: Router,
        gate: Gatekeeper,
    ) -> Self {
        Self {
            task: tokio::spawn(run(listener, address, app, gate)),
        }
    }

    /// Ends the server and waits until its port is free.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        // It was aborted, and there is nothing to do about a panic.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections, but for the times in which the gate is closed.
async fn run(mut listener: TcpListener, address: SocketAddr, app: Router, mut gate: Gatekeeper) {
    loop {
        let closing = accept(listener, &app, &mut gate).await;
        listener = gate.refuse(address, closing).await;
    }
}

/// Accepts connections until the gate is to close. The set owns them, so that they end with this
/// future.
async fn accept(listener: TcpListener, app: &Router, gate: &mut Gatekeeper) -> Closing {
    let mut connections = JoinSet::new();
    let closing = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, app.clone()));
                }
                // Out of file descriptors, most likely: some connection has to end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
            closing = gate.closing() => break closing,
        }
    };
    connections.shutdown().await;
    closing
}

async fn serve(stream: TcpStream, app: Router) {
    // Answers are small: without this each could wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let hangup = Hangup::default();
    let app = TowerToHyperService::new(app);
    let service = service_fn(|mut request: hyper::Request<_>| {
        request.extensions_mut().insert(hangup.clone());
        app.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new());
    tokio::select! {
        // An error is the client's business: it went away, or did not speak HTTP.
        _ = http.serve_connection(TokioIo::new(stream), service) => {}
        () = hangup.0.notified() => {}
    }
}

/// Closes the connection that a request came over, whatever is under way on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Hangup(Arc<Notify>);

impl Hangup {
    pub(super) fn hang_up(&self) {
        self.0.notify_one();
    }
}
