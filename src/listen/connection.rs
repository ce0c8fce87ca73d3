//! One client connection: HTTP/1.1 or HTTP/2, whichever the client begins with.

use std::pin::pin;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{Notify, watch};
use tokio::time::{Duration, timeout};
use tower::{ServiceExt, service_fn};

use super::Phase;
use super::leftover::Leftover;
use super::socket::Stream;
use crate::front::Response;
use crate::stack::FrontService;

/// For a request's head, and for the first request of a connection; a client that says nothing holds a place.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The most header fields of a request, and the most bytes of them.
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: u32 = 32 * 1024;
/// Requests at a time on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;
/// How often a silent HTTP/2 client is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);

/// Serves a connection to its end, or until the phase ends it.
pub(super) async fn serve(stream: Stream, service: FrontService, phase: watch::Receiver<Phase>) {
    match stream {
        Stream::Tcp(io) => serve_io(io, service, phase).await,
        Stream::Unix(io) => serve_io(io, service, phase).await,
    }
}

async fn serve_io<I>(io: I, service: FrontService, mut phase: watch::Receiver<Phase>)
where
    I: Read + Write + Unpin + Send + 'static,
{
    let asked = Arc::new(Notify::new());
    let service = TowerToHyperService::new(noting(service, asked.clone()));
    let builder = builder();
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut idle = pin!(async move {
        if timeout(HEAD_TIMEOUT, asked.notified()).await.is_ok() {
            std::future::pending::<()>().await;
        }
    });
    loop {
        let now = *phase.borrow_and_update();
        if now == Phase::Closing {
            connection.as_mut().graceful_shutdown();
        }
        tokio::select! {
            // What the HTTP parser refuses is answered by it, and what breaks off is nobody's fault here.
            _ = connection.as_mut() => return,
            () = idle.as_mut() => return,
            // An error means that the listener was dropped.
            changed = phase.changed() => if changed.is_err() { return },
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
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

/// The front door for this connection; tells `asked` of the first request.
fn noting(
    service: FrontService,
    asked: Arc<Notify>,
) -> impl tower::Service<http::Request<Incoming>, Response = Response, Error = std::convert::Infallible, Future: Send> + Clone
{
    service_fn(move |request: http::Request<Incoming>| {
        asked.notify_one();
        service.clone().oneshot(request.map(|body| Leftover::new(body).boxed_unsync()))
    })
}
