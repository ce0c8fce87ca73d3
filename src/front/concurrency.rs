//! How many requests are in flight.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use tokio::sync::Notify;
use tower::Layer;
use tower::layer::layer_fn;

use super::error_body::refuse;
use super::{Request, Response};
use crate::stack::{Stage, station};
use crate::telemetry::Record;

/// The places for requests in flight.
#[derive(Debug)]
pub(crate) struct Places {
    taken: AtomicUsize,
    limit: AtomicUsize,
    /// Told when the last one is given back.
    freed: Notify,
}

/// A place among the requests in flight; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

impl Places {
    /// As many places.
    pub(crate) fn new(limit: usize) -> Self {
        Self { taken: AtomicUsize::new(0), limit: limit.into(), freed: Notify::new() }
    }

    /// From now on as many; what is taken beyond that stays so.
    pub(crate) fn resize(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How many are taken, by requests and by mutations that outlived theirs.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }

    /// Waits until none is taken.
    pub(crate) async fn all_free(&self) {
        loop {
            let mut freed = pin!(self.freed.notified());
            // First listen, then look: what is given back between the two is heard.
            freed.as_mut().enable();
            if self.taken() == 0 {
                return;
            }
            freed.await;
        }
    }

    fn take(self: &Arc<Self>) -> Option<Place> {
        let limit = self.limit.load(Ordering::Relaxed);
        let one_more = |taken| (taken < limit).then_some(taken + 1);
        self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok().map(|_| Place(self.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.0.taken.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.freed.notify_waiters();
        }
    }
}

/// Answers 503 when all places are taken. A request gives its place back when the last holder of its record is gone.
pub(crate) fn layer<S>(places: Arc<Places>) -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(move |inner: S| {
        let places = places.clone();
        station(move |request: Request| {
            let answer = places.take().map(|place| {
                let record = request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default();
                record.keep(place);
                (inner.pass(request), record)
            });
            async move {
                match answer {
                    // The record is held until the answer is there, also where nobody below holds it.
                    Some((answer, _record)) => answer.await,
                    None => Ok(full()),
                }
            }
        })
    })
}

fn full() -> Response {
    let mut answer = refuse(StatusCode::SERVICE_UNAVAILABLE, "too many requests are in flight here; try again soon");
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}
