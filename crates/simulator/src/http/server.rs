mod exchange;
mod unreadable;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::gate::{Closing, Gatekeeper};
use super::{Service, app};
use exchange::{Answer, Connection, Exchange};
use unreadable::Unreadable;

/// How long the head of a request may take to arrive.
const HEADERS: Duration = Duration::from_secs(30);

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
        service: Arc<Service>,
        gate: Gatekeeper,
    ) -> Self {
        Self {
            task: tokio::spawn(run(listener, address, service, gate)),
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
async fn run(
    mut listener: TcpListener,
    address: SocketAddr,
    service: Arc<Service>,
    mut gate: Gatekeeper,
) {
    let app = app(Arc::clone(&service));
    loop {
        let closing = accept(listener, &service, &app, &mut gate).await;
        listener = gate.refuse(address, closing).await;
    }
}

/// Accepts connections until the gate is to close. The set owns them, so that they end with this
/// future.
async fn accept(
    listener: TcpListener,
    service: &Arc<Service>,
    app: &Router,
    gate: &mut Gatekeeper,
) -> Closing {
    let mut connections = JoinSet::new();
    let closing = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Answers are small: without this each could wait for an acknowledgement.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(serve(stream, Arc::clone(service), app.clone()));
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

async fn serve<S>(stream: S, service: Arc<Service>, app: Router)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let hangup = Hangup::default();
    let exchange = Exchange::default();
    let app = TowerToHyperService::new(app);
    let answers = service_fn(|mut request: hyper::Request<_>| {
        request.extensions_mut().insert(hangup.clone());
        exchange.begin();
        let (answer, exchange) = (app.call(request), exchange.clone());
        async { Ok::<_, Infallible>(answer.await?.map(|body| Answer { body, exchange })) }
    });
    let stream = TokioIo::new(Connection {
        stream,
        exchange: exchange.clone(),
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new());
    http.header_read_timeout(HEADERS);
    let mut connection = http.serve_connection(stream, answers);
    let error = tokio::select! {
        ended = &mut connection => match ended {
            Ok(()) => return,
            Err(error) => error,
        },
        () = hangup.0.notified() => return,
    };
    let parts = connection.into_parts();
    // Any other error is the client's business: it went away.
    if let Some(unreadable) = Unreadable::new(&error, &parts.read_buf, exchange.phase()) {
        let stream = parts.io.into_inner().stream;
        unreadable.refuse(stream, &service).await;
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;
    use crate::journal::Journal;
    use crate::{Behaviour, Clock, SeedWorld, Timings, World};

    /// What a client gets that sends this and then only waits, and how long that is, and what is in
    /// the journal.
    async fn waiting_after(sent: &str) -> (String, Duration, Vec<String>) {
        let seed = SeedWorld::default();
        let world = World::new(&seed, Behaviour::default(), Timings::default(), 0);
        let (service, _gate) =
            Service::new(Clock::manual(), world.expect("a world"), Journal::new(2));
        let service = Arc::new(service);
        let (mut client, stream) = duplex(1 << 10);
        let app = app(Arc::clone(&service));
        let server = tokio::spawn(serve(stream, Arc::clone(&service), app));
        let began = tokio::time::Instant::now();
        client.write_all(sent.as_bytes()).await.expect("sent");
        let mut answers = String::new();
        client
            .read_to_string(&mut answers)
            .await
            .expect("an answer");
        let waited = began.elapsed();
        drop(client);
        server.await.expect("no panic");
        let entries = service.journal.read().requests.into_iter();
        let read = entries.map(|entry| entry.unreadable.unwrap_or(entry.path));
        (answers, waited, read.collect())
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_never_ends_is_a_timeout() {
        let (answer, waited, journal) = waiting_after("GET / HTTP/1.1\r\nx: ").await;
        assert!(
            answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{answer}"
        );
        let reason = "The headers took too long to arrive";
        assert!(
            answer.ends_with(&format!(r#"{{"detail":"{reason}"}}"#)),
            "{answer}"
        );
        assert_eq!(waited.as_secs(), HEADERS.as_secs());
        assert_eq!(journal, [reason]);
    }

    /// An answer that nobody asked for would be taken for that to the next request.
    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_kept_for_later_is_closed_without_a_word() {
        let (answer, _, journal) = waiting_after("").await;
        assert_eq!((answer.as_str(), journal.len()), ("", 0));
        let (answers, _, journal) = waiting_after("GET /nothing HTTP/1.1\r\n\r\n").await;
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
        assert_eq!(journal, ["/nothing"]);
    }
}
