//! Sockets, connections, and the end of both.

mod connection;
mod leftover;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Duration;

use crate::config::{Listen, Server as Settings, Tls};
use crate::stack::FrontService;
use socket::{Socket, Stream};

/// So long a client whose connection is taken when its socket closes may still begin its first request: it could not know.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Connections per request that may be in flight: idle ones are cheap, but not free.
const CONNECTIONS_PER_REQUEST: usize = 8;

/// A socket bound and not yet served.
#[derive(Debug)]
pub(crate) struct Bound(Socket);

/// A socket being served. Dropped, it cuts off everything.
#[derive(Debug)]
pub(crate) struct Listener {
    phase: watch::Sender<Phase>,
    /// Every task holds the sender of this channel, so that it ends with the last of them.
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

/// What a listener and its connections are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Serve.
    Serving,
    /// Take nothing new, finish what has begun.
    Closing,
}

impl Bound {
    /// Binds it; a unix socket with these permissions.
    pub(crate) async fn to(listen: &Listen, mode: u32) -> io::Result<Self> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {listen}: {error}"));
        Socket::bind(listen, mode).await.map(Self).map_err(named)
    }

    /// Its TCP address.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.0.address()
    }

    /// Serves it, as long as there are places for connections.
    pub(crate) fn serve(self, service: FrontService, connections: Arc<Connections>) -> Listener {
        let (phase, watching) = watch::channel(Phase::Serving);
        let (alive, ended) = mpsc::channel(1);
        let server = Server { service, phase: watching, alive, connections };
        tokio::spawn(server.accept_all(self.0));
        Listener { phase, ended: tokio::sync::Mutex::new(ended) }
    }
}

/// How connections are taken.
#[derive(Debug)]
pub(crate) struct Manner {
    /// TLS on TCP sockets.
    tls: Option<Arc<ServerConfig>>,
    /// For a handshake, a request's head, and the first request; a client that says nothing holds a place.
    head_timeout: Duration,
}

impl Manner {
    /// Clients'.
    pub(crate) fn front(settings: &Settings) -> Self {
        Self { tls: settings.tls.as_ref().map(Tls::server_config), head_timeout: settings.limits.header_timeout }
    }

    /// Operators'.
    pub(crate) fn admin() -> Self {
        Self { tls: None, head_timeout: Duration::from_secs(15) }
    }
}

/// The places for connections of the sockets that share them, and how they are taken.
#[derive(Debug)]
pub(crate) struct Connections {
    /// Each connection keeps what was in force when it was accepted, so that none is lost when it changes.
    manner: ArcSwap<Manner>,
    places: Arc<Semaphore>,
    most: Mutex<usize>,
}

impl Connections {
    /// Places for about `requests` requests at a time.
    pub(crate) fn new(requests: usize, manner: Manner) -> Self {
        let most = Self::most(requests);
        Self { manner: ArcSwap::from_pointee(manner), places: Arc::new(Semaphore::new(most)), most: Mutex::new(most) }
    }

    /// Takes new ones otherwise from now on.
    pub(crate) fn change(&self, manner: Manner) {
        self.manner.store(Arc::new(manner));
    }

    /// From now on for about `requests`. Nobody is sent away: where there are to be fewer, what is taken goes as it ends.
    pub(crate) fn resize(&self, requests: usize) {
        let (mut most, wanted) = (self.most.lock().unwrap_or_else(PoisonError::into_inner), Self::most(requests));
        self.places.add_permits(wanted.saturating_sub(*most));
        let fewer = u32::try_from(most.saturating_sub(wanted)).unwrap_or(u32::MAX);
        if let Ok(places) = self.places.try_acquire_many(fewer) {
            places.forget();
        } else {
            // First in the queue, so that no new connection comes before there are as few as there are to be.
            let places = self.places.clone();
            tokio::spawn(async move {
                places.acquire_many_owned(fewer).await.map(tokio::sync::OwnedSemaphorePermit::forget)
            });
        }
        *most = wanted;
    }

    fn most(requests: usize) -> usize {
        requests.saturating_mul(CONNECTIONS_PER_REQUEST).clamp(1, Semaphore::MAX_PERMITS)
    }
}

impl Listener {
    /// Closes the socket, and each connection after the request it is in.
    pub(crate) fn close(&self) {
        let _ = self.phase.send(Phase::Closing);
    }

    /// Waits until the socket and all its connections are closed.
    pub(crate) async fn finished(&self) {
        // Nothing is ever sent: this ends when the last task has dropped its sender.
        let _ = self.ended.lock().await.recv().await;
    }
}

/// One socket's server.
struct Server {
    service: FrontService,
    phase: watch::Receiver<Phase>,
    alive: mpsc::Sender<()>,
    connections: Arc<Connections>,
}

impl Server {
    async fn accept_all(mut self, socket: Socket) {
        loop {
            // At the limit new connections wait in the kernel's queue, and are refused by it when that is full.
            let next = async {
                let place = self.connections.places.clone().acquire_owned().await;
                (socket.accept().await, place)
            };
            tokio::select! {
                (stream, place) = next => self.serve(stream, place.ok()),
                closing = self.phase.changed() => match closing {
                    Ok(()) => break,
                    // The listener was dropped.
                    Err(_) => return,
                }
            }
        }
        // For their clients they are open: not to take them would break them off.
        for stream in socket.close() {
            let Ok(place) = self.connections.places.clone().try_acquire_owned() else { return };
            self.serve(stream, Some(place));
        }
    }

    fn serve(&self, stream: Stream, place: Option<OwnedSemaphorePermit>) {
        let (service, phase, alive) = (self.service.clone(), self.phase.clone(), self.alive.clone());
        let manner = self.connections.manner.load_full();
        tokio::spawn(async move {
            connection::serve(stream, service, phase, &manner).await;
            drop((place, alive));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_for_connections_grow_and_shrink() {
        let connections = Connections::new(2, Manner::admin());
        connections.resize(3);
        assert_eq!(connections.places.available_permits(), 3 * CONNECTIONS_PER_REQUEST);
        let taken = connections.places.clone().acquire_many_owned(20).await.expect("never closed");
        connections.resize(1);
        tokio::task::yield_now().await;
        assert!(connections.places.try_acquire().is_err(), "20 are open, 8 may be");
        drop(taken);
        while connections.places.available_permits() != CONNECTIONS_PER_REQUEST {
            tokio::task::yield_now().await;
        }
    }
}
