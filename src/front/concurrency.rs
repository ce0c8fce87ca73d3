//! How many requests are in flight.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use tokio::sync::watch;
use tower::Layer;
use tower::layer::layer_fn;

use super::error_body::refuse;
use super::{Request, Response};
use crate::stack::{Stage, station};
use crate::telemetry::Record;

/// The places for requests in flight.
#[derive(Debug)]
pub(crate) struct Places {
    taken: watch::Sender<usize>,
    limit: AtomicUsize,
}

/// A place among the requests in flight; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

impl Places {
    /// As many places.
    pub(crate) fn new(limit: usize) -> Self {
        Self { taken: watch::Sender::new(0), limit: limit.into() }
    }

    /// From now on as many; what is taken beyond that stays so.
    pub(crate) fn resize(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How many are taken, by requests and by mutations that outlived theirs.
    pub(crate) fn taken(&self) -> usize {
        *self.taken.borrow()
    }

    /// Waits until none is taken.
    pub(crate) async fn all_free(&self) {
        let mut watching = self.taken.subscribe();
        // It fails only without a sender, and that is borrowed here.
        drop(watching.wait_for(|taken| *taken == 0).await);
    }

    fn take(self: &Arc<Self>) -> Option<Place> {
        let free = self.taken.send_if_modified(|taken| {
            let free = *taken < self.limit.load(Ordering::Relaxed);
            *taken += usize::from(free);
            free
        });
        free.then(|| Place(self.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.send_modify(|taken| *taken -= 1);
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
