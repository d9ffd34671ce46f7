use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, oneshot};

/// Has the server refuse connections, and accept them again.
#[derive(Debug)]
pub(crate) struct Gate(mpsc::UnboundedSender<Order>);

/// The server's side of a [`Gate`].
#[derive(Debug)]
pub(crate) struct Gatekeeper(mpsc::UnboundedReceiver<Order>);

#[derive(Debug)]
enum Order {
    /// For good, or for a while.
    Close(Option<Duration>, oneshot::Sender<()>),
    Open(oneshot::Sender<()>),
}

impl Gate {
    pub(super) fn new() -> (Self, Gatekeeper) {
        let (orders, received) = mpsc::unbounded_channel();
        (Self(orders), Gatekeeper(received))
    }

    /// Closes every connection and refuses new ones, for a while or until [`Gate::open`]. When
    /// this returns it is so; at once when there is no server.
    pub(crate) async fn close(&self, length: Option<Duration>) {
        let (done, closed) = oneshot::channel();
        // Without a server there is nothing to close.
        let _ = self.0.send(Order::Close(length, done));
        let _ = closed.await;
    }

    /// Accepts connections. When this returns it is so.
    pub(crate) async fn open(&self) {
        let (done, opened) = oneshot::channel();
        let _ = self.0.send(Order::Open(done));
        let _ = opened.await;
    }
}

/// How a server is to close.
pub(super) struct Closing {
    length: Option<Duration>,
    done: oneshot::Sender<()>,
}

impl Gatekeeper {
    /// Waits until the server is to close.
    pub(super) async fn closing(&mut self) -> Closing {
        loop {
            match self.0.recv().await {
                Some(Order::Close(length, done)) => return Closing { length, done },
                Some(Order::Open(done)) => drop(done),
                None => std::future::pending().await,
            }
        }
    }

    /// Has connections refused for as long as it is wanted. The listener must be gone.
    ///
    /// A socket that is bound and does not listen refuses connections and keeps the port from
    /// being given to others meanwhile.
    pub(super) async fn refuse(&mut self, address: SocketAddr, closing: Closing) -> TcpListener {
        let bound = bind(address);
        drop(closing.done);
        let opened = self.wait(closing.length).await;
        let mut listener = bound.and_then(|socket| socket.listen(BACKLOG));
        loop {
            match listener {
                Ok(listener) => {
                    drop(opened);
                    return listener;
                }
                // Another process has the port. It may give it back.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
            listener = bind(address).and_then(|socket| socket.listen(BACKLOG));
        }
    }

    /// Waits until the time is over, or for an order to open, and gives whom to tell.
    async fn wait(&mut self, mut length: Option<Duration>) -> Option<oneshot::Sender<()>> {
        loop {
            let over = async {
                match length {
                    Some(length) => tokio::time::sleep(length).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => return None,
                Some(order) = self.0.recv() => match order {
                    Order::Close(again, _) => length = again,
                    Order::Open(done) => return Some(done),
                },
            }
        }
    }
}

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections that were just closed still hold the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
