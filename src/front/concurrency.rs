//! How many requests are in flight.

use std::convert::Infallible;
use std::sync::Arc;

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use tokio::sync::Semaphore;
use tower::layer::layer_fn;
use tower::{Layer, service_fn};

use super::error_body::refuse;
use super::{Request, Response};
use crate::stack::Stage;
use crate::telemetry::Record;

/// The places for requests in flight.
#[derive(Debug)]
pub(crate) struct Places {
    places: Arc<Semaphore>,
    limit: u32,
}

impl Places {
    /// As many places.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX).max(1);
        Self { places: Arc::new(Semaphore::new(limit as usize)), limit }
    }

    /// How many are taken, by requests and by mutations that outlived theirs.
    pub(crate) fn taken(&self) -> usize {
        (self.limit as usize).saturating_sub(self.places.available_permits())
    }

    /// Waits until none is taken.
    pub(crate) async fn all_free(&self) {
        // Nobody closes the semaphore, so this ends only when every place is given back.
        let _ = self.places.acquire_many(self.limit).await;
    }
}

/// Answers 503 when all places are taken. A request gives its place back when the last holder of its record is gone.
pub(crate) fn layer<S>(places: Arc<Places>) -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(move |mut inner: S| {
        let places = places.clone();
        service_fn(move |request: Request| {
            let permit = places.places.clone().try_acquire_owned();
            let answer = permit.ok().map(|permit| {
                let record = request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default();
                record.keep(permit);
                (inner.call(request), record)
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
