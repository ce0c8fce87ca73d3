//! One client connection: TLS where it is to be, then HTTP/1.1 or HTTP/2, whichever the client begins with.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::{Duration, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::leftover::Leftover;
use super::socket::Stream;
use super::{LAST_WORDS, Manner, Phase};
use crate::certificate::names;
use crate::front::Response;
use crate::front::peer::Peer;
use crate::stack::{FrontService, Stage};

/// The most header fields of a request, and the most bytes of them.
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: u32 = 32 * 1024;
/// Requests at a time on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;
/// How often a silent HTTP/2 client is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);

/// Serves a connection to its end, or until the phase ends it.
pub(super) async fn serve(stream: Stream, service: FrontService, phase: watch::Receiver<Phase>, manner: &Manner) {
    let door = |peer| Door { service, phase: phase.clone(), peer: Arc::new(peer), head_timeout: manner.head_timeout };
    match (stream, &manner.tls) {
        (Stream::Unix(io), _) => door(Peer::default()).serve(TokioIo::new(io)).await,
        (Stream::Tcp(io, from), None) => {
            let peer = Peer { address: Some(from.ip().to_canonical()), names: Vec::new() };
            door(peer).serve(TokioIo::new(io)).await;
        }
        (Stream::Tcp(io, from), Some(tls)) => {
            let Some(io) = handshake(io, tls.clone(), phase.clone(), manner.head_timeout).await else { return };
            let certificate = io.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let names = certificate.map(names).unwrap_or_default();
            let peer = Peer { address: Some(from.ip().to_canonical()), names };
            door(peer).serve(TokioIo::new(io)).await;
        }
    }
}

/// The connection once TLS stands. Who cannot or will not in time is nobody to answer.
async fn handshake(
    io: TcpStream,
    tls: Arc<ServerConfig>,
    mut phase: watch::Receiver<Phase>,
    limit: Duration,
) -> Option<TlsStream<TcpStream>> {
    let accepted = tokio::select! {
        accepted = timeout(limit, TlsAcceptor::from(tls).accept(io)) => accepted.ok()?,
        () = last_words(&mut phase) => return None,
    };
    accepted.inspect_err(|error| tracing::debug!(%error, "no TLS with a client")).ok()
}

/// Ends when the socket has closed, and who was there then had time to speak.
async fn last_words(phase: &mut watch::Receiver<Phase>) {
    // The only change after that, as any error, is that the listener is dropped.
    if phase.wait_for(|phase| *phase == Phase::Closing).await.is_ok() {
        let _ = timeout(LAST_WORDS, phase.changed()).await;
    }
}

/// What a connection is served with.
struct Door {
    service: FrontService,
    phase: watch::Receiver<Phase>,
    peer: Arc<Peer>,
    head_timeout: Duration,
}

impl Door {
    async fn serve<I>(mut self, io: I)
    where
        I: Read + Write + Unpin + Send + 'static,
    {
        let asked = Arc::new(Notify::new());
        let service = noting(self.service, self.peer, asked.clone());
        let builder = builder(self.head_timeout);
        let mut connection = pin!(builder.serve_connection(io, service));
        let mut phase = self.phase.clone();
        let first = async {
            tokio::select! {
                asked = timeout(self.head_timeout, asked.notified()) => asked.is_ok(),
                () = last_words(&mut phase) => true,
            }
        };
        // What the HTTP parser refuses is answered by it, and what breaks off is nobody's fault here.
        tokio::select! {
            _ = connection.as_mut() => return,
            spoke = first => if !spoke { return },
        }
        loop {
            let now = *self.phase.borrow_and_update();
            if now == Phase::Closing {
                connection.as_mut().graceful_shutdown();
            }
            tokio::select! {
                // Who is cut off is told nothing of what is broken off then.
                biased;
                // An error means that the listener was dropped.
                changed = self.phase.changed() => if changed.is_err() { return },
                _ = connection.as_mut() => return,
            }
        }
    }
}

fn builder(head_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES as usize)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEADER_BYTES)
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}

/// The front door for this connection, which learns whose it is; tells `asked` of the first request.
fn noting(
    service: FrontService,
    peer: Arc<Peer>,
    asked: Arc<Notify>,
) -> impl Service<http::Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Clone {
    service_fn(move |mut request: http::Request<Incoming>| {
        asked.notify_one();
        request.extensions_mut().insert(peer.clone());
        service.pass(request.map(|body| Leftover::new(body).boxed_unsync()))
    })
}
