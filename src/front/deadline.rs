//! The time one request may take.

use std::convert::Infallible;
use std::sync::Arc;

use http::StatusCode;
use tokio::time::{Duration, Instant, timeout};
use tower::Layer;
use tower::layer::layer_fn;

use super::error_body::refuse;
use super::{Request, Response};
use crate::stack::{Stage, station};
use crate::telemetry::Record;

const DETAIL: &str =
    "the time for this request ran out; a change that had begun is finished nevertheless, so read before repeating it";

/// What is left of a request's time, at most, for the answer to be written when the vendor's part in it is over.
const FOR_THE_ANSWER: Duration = Duration::from_secs(1);

/// Answers 504 when `limit` is over. A mutation that has started goes on without its client.
pub(crate) fn layer<S>(limit: Duration) -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(move |inner: S| {
        station(move |request: Request| {
            if let Some(record) = request.extensions().get::<Arc<Record>>() {
                record.end_by(Instant::now() + (limit - FOR_THE_ANSWER.min(limit / 20)));
            }
            let answer = timeout(limit, inner.pass(request));
            async move { answer.await.unwrap_or_else(|_| Ok(refuse(StatusCode::GATEWAY_TIMEOUT, DETAIL))) }
        })
    })
}
