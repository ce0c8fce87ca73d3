//! Sockets, connections, and the end of both.

mod connection;
mod leftover;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, watch};

use crate::config::Listen;
use crate::stack::FrontService;
use socket::Socket;

/// Connections per request that may be in flight: idle ones are cheap, but not free.
const CONNECTIONS_PER_REQUEST: usize = 8;

/// Sockets bound and not yet served.
#[derive(Debug)]
pub(crate) struct Bound {
    sockets: Vec<Socket>,
}

/// Sockets being served.
#[derive(Debug)]
pub(crate) struct Listeners {
    phase: watch::Sender<Phase>,
    /// Every task holds the sender of this channel, so that it ends with the last of them.
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

/// What listeners and connections are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Serve.
    Serving,
    /// Take nothing new, finish what has begun.
    Closing,
    /// Stop at once.
    Cut,
}

impl Bound {
    /// Binds all or fails.
    pub(crate) async fn all(wanted: &[Listen]) -> io::Result<Self> {
        let mut sockets = Vec::with_capacity(wanted.len());
        for listen in wanted {
            let named =
                |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {listen:?}: {error}"));
            sockets.push(Socket::bind(listen).await.map_err(named)?);
        }
        Ok(Self { sockets })
    }

    /// The TCP addresses among them.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets.iter().filter_map(Socket::address).collect()
    }

    /// Serves them all, for about `requests` requests at a time.
    pub(crate) fn serve(self, service: FrontService, requests: usize) -> Listeners {
        let (phase, watching) = watch::channel(Phase::Serving);
        let (alive, ended) = mpsc::channel(1);
        let most = requests.saturating_mul(CONNECTIONS_PER_REQUEST).clamp(1, Semaphore::MAX_PERMITS);
        let connections = Arc::new(Semaphore::new(most));
        for socket in self.sockets {
            let server = Server {
                service: service.clone(),
                phase: watching.clone(),
                alive: alive.clone(),
                connections: connections.clone(),
            };
            tokio::spawn(server.accept_all(socket));
        }
        Listeners { phase, ended: tokio::sync::Mutex::new(ended) }
    }
}

impl Listeners {
    /// Closes the sockets, and each connection after the request it is in.
    pub(crate) fn close(&self) {
        let _ = self.phase.send(Phase::Closing);
    }

    /// Waits until all sockets and connections are closed.
    pub(crate) async fn finished(&self) {
        // Nothing is ever sent: this ends when the last task has dropped its sender.
        let _ = self.ended.lock().await.recv().await;
    }

    /// Cuts everything off.
    pub(crate) fn cut(&self) {
        let _ = self.phase.send(Phase::Cut);
    }
}

/// One socket's server.
#[derive(Clone)]
struct Server {
    service: FrontService,
    phase: watch::Receiver<Phase>,
    alive: mpsc::Sender<()>,
    connections: Arc<Semaphore>,
}

impl Server {
    async fn accept_all(mut self, socket: Socket) {
        loop {
            // At the limit new connections wait in the kernel's queue, and are refused by it when that is full.
            let next = async {
                let place = self.connections.clone().acquire_owned().await;
                (socket.accept().await, place)
            };
            let (stream, place) = tokio::select! {
                next = next => next,
                // An error means that the gateway was dropped.
                _ = self.phase.changed() => return,
            };
            let (service, phase, alive) = (self.service.clone(), self.phase.clone(), self.alive.clone());
            tokio::spawn(async move {
                connection::serve(stream, service, phase).await;
                drop((place, alive));
            });
        }
    }
}
