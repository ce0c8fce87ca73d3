//! Connections to one place, used again and again.
//!
//! hyper-util has a pool too, but for all places of the world: at each call it looks the place up three times by hashing its
//! name, and writes the `Host` header anew. Most targets have one place.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::Either;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri, uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Duration, Instant, sleep_until};
use tower::ServiceExt;

use super::connect::Connector;
use crate::front::BoxError;

/// Shorter than what vendors keep idle connections: a change sent on one that the vendor is just closing has an outcome
/// that nobody knows.
const IDLE: Duration = Duration::from_secs(20);

/// The connections to one scheme and authority.
pub(super) struct Pool {
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    host: HeaderValue,
    connector: Connector,
    idle: Arc<Mutex<Idle>>,
    /// So many are kept at most while nobody uses them.
    most: usize,
}

/// The connections that nobody uses, with when they were last used.
#[derive(Default)]
struct Idle {
    /// Who was given back last is last.
    http1: Vec<(Http1, Instant)>,
    /// One carries all calls.
    http2: Option<(Http2, Instant)>,
    /// Whether somebody looks after those that are idle for too long.
    is_watched: bool,
}

type Message = Request<Full<Bytes>>;
type Http1 = http1::SendRequest<Full<Bytes>>;
type Http2 = http2::SendRequest<Full<Bytes>>;

enum Connection {
    Http1(Http1),
    Http2(Http2),
}

/// Why there is no answer.
pub(super) enum Failure {
    /// There is no connection: no byte of the request reached the vendor.
    Connecting(BoxError),
    /// It broke off.
    Broken(BoxError),
}

/// An answer whose body is still to be read, on a connection that [`Pool::give_back`] takes when it was.
pub(super) type Answer = (Response<Incoming>, Option<Http1>);

impl Pool {
    /// Connections to the place of a URL, which are made by `connector`; none so far.
    pub(super) fn new(place: &Uri, connector: Connector, most: usize) -> Self {
        let (scheme, authority) = (place.scheme().cloned(), place.authority().cloned());
        let host = HeaderValue::from_str(&host(place)).expect("what is legal in a URL is legal in a header");
        Self { scheme, authority, host, connector, idle: Arc::default(), most }
    }

    /// Whether a URL is of this place.
    pub(super) fn reaches(&self, uri: &Uri) -> bool {
        let same =
            || with_port(self.scheme.as_ref(), self.authority.as_ref()) == with_port(uri.scheme(), uri.authority());
        // Mostly they are the same to the letter.
        self.scheme.as_ref() == uri.scheme() && (self.authority.as_ref() == uri.authority() || same())
    }

    /// Sends a request, at once where a connection is idle, and waits for the head of its answer. A connection that was
    /// closed before the request began on it is no reason to give up.
    pub(super) fn send(self: &Arc<Self>, request: Message) -> impl Future<Output = Result<Answer, Failure>> + use<> {
        let pool = self.clone();
        let sent = match self.take() {
            Some(connection) => Ok(self.send_on(connection, request)),
            None => Err(request),
        };
        async move {
            let unsent = match sent {
                Ok(answer) => match answer.await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => unsent(error)?,
                },
                Err(request) => request,
            };
            // Rare, and large: it is not to make room for itself in what every call waits for.
            pool.send_anew(unsent).boxed().await
        }
    }

    async fn send_anew(&self, mut request: Message) -> Result<Answer, Failure> {
        while let Some(connection) = self.take() {
            match self.send_on(connection, request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => request = unsent(error)?,
            }
        }
        let connection = self.connect().await?;
        self.send_on(connection, request).await.map_err(|error| Failure::Broken(error.into_error().into()))
    }

    fn send_on(
        &self,
        connection: Connection,
        mut request: Message,
    ) -> impl Future<Output = Result<Answer, TrySendError<Message>>> + use<> {
        let (answer, connection) = match connection {
            Connection::Http1(mut connection) => {
                request.headers_mut().insert(HOST, self.host.clone());
                let path = request.uri().path_and_query().cloned();
                *request.uri_mut() = path.unwrap_or_else(|| PathAndQuery::from_static("/")).into();
                (Either::Left(connection.try_send_request(request)), Some(connection))
            }
            Connection::Http2(mut connection) => {
                request.headers_mut().remove(HOST);
                *request.uri_mut() = self.absolute(request.uri());
                (Either::Right(connection.try_send_request(request)), None)
            }
        };
        async move { Ok((answer.await?, connection)) }
    }

    /// A URL of this place.
    fn absolute(&self, of: &Uri) -> Uri {
        let mut parts = uri::Parts::default();
        parts.scheme = self.scheme.clone();
        parts.authority = self.authority.clone();
        parts.path_and_query = Some(of.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
        Uri::from_parts(parts).unwrap_or_else(|_| of.clone())
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let place = self.absolute(&Uri::default());
        let io = self.connector.clone().oneshot(place).await.map_err(Failure::Connecting)?;
        let broken = |error: hyper::Error| Failure::Broken(error.into());
        if io.connected().is_negotiated_h2() {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.timer(TokioTimer::new()).adaptive_window(true);
            let (sender, connection) = builder.handshake(io).await.map_err(broken)?;
            tokio::spawn(connection);
            let mut idle = self.idle();
            idle.http2 = Some((sender.clone(), Instant::now()));
            self.watch(&mut idle);
            drop(idle);
            Ok(Connection::Http2(sender))
        } else {
            let (sender, connection) = http1::handshake(io).await.map_err(broken)?;
            tokio::spawn(connection);
            Ok(Connection::Http1(sender))
        }
    }

    /// A connection that was used already, and stands as far as anybody knows.
    fn take(&self) -> Option<Connection> {
        let (mut idle, now) = (self.idle(), Instant::now());
        idle.http2.take_if(|(connection, used)| connection.is_closed() || *used + IDLE <= now);
        if let Some((connection, used)) = &mut idle.http2 {
            *used = now;
            return Some(Connection::Http2(connection.clone()));
        }
        for at in (0..idle.http1.len()).rev() {
            let (connection, used) = &idle.http1[at];
            if connection.is_closed() || *used + IDLE <= now {
                idle.http1.remove(at);
            } else if connection.is_ready() {
                return Some(Connection::Http1(idle.http1.remove(at).0));
            }
        }
        None
    }

    /// Keeps a connection for others when the whole answer has been read.
    pub(super) fn give_back(&self, connection: Http1) {
        let mut idle = self.idle();
        if !connection.is_closed() && idle.http1.len() < self.most {
            idle.http1.push((connection, Instant::now()));
            self.watch(&mut idle);
        }
    }

    /// Has somebody close what is idle for too long.
    fn watch(&self, idle: &mut Idle) {
        if !std::mem::replace(&mut idle.is_watched, true) {
            tokio::spawn(close_idle(Arc::downgrade(&self.idle)));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that did not begin.
fn unsent(mut error: TrySendError<Message>) -> Result<Message, Failure> {
    match error.take_message() {
        Some(unsent) => Ok(unsent),
        None => Err(Failure::Broken(error.into_error().into())),
    }
}

/// Closes connections when they have been idle for too long, until there are none or the pool is gone.
async fn close_idle(idle: Weak<Mutex<Idle>>) {
    loop {
        let next = {
            let Some(idle) = idle.upgrade() else { return };
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            idle.http1.retain(|(connection, used)| !connection.is_closed() && *used + IDLE > now);
            idle.http2.take_if(|(connection, used)| connection.is_closed() || *used + IDLE <= now);
            let used = idle.http1.iter().map(|(_, used)| *used).chain(idle.http2.iter().map(|(_, used)| *used));
            let Some(oldest) = used.min() else {
                idle.is_watched = false;
                return;
            };
            oldest + IDLE
        };
        sleep_until(next).await;
    }
}

/// The `Host` header for a place; the port that its scheme has anyway is not told (RFC 9110 section 7.2).
fn host(place: &Uri) -> String {
    let default = default_port(place.scheme());
    let host = place.host().unwrap_or_default();
    match place.port_u16().filter(|port| *port != default) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn with_port(scheme: Option<&Scheme>, authority: Option<&Authority>) -> Option<(String, u16)> {
    let port = |own: &Authority| own.port_u16().unwrap_or(default_port(scheme));
    authority.map(|own| (own.host().to_ascii_lowercase(), port(own)))
}

fn default_port(scheme: Option<&Scheme>) -> u16 {
    if scheme == Some(&Scheme::HTTPS) { 443 } else { 80 }
}
