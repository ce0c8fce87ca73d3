//! The time one request may take.

use std::convert::Infallible;

use http::StatusCode;
use tokio::time::{Duration, timeout};
use tower::layer::layer_fn;
use tower::{Layer, service_fn};

use super::error_body::refuse;
use super::{Request, Response};
use crate::stack::Stage;

const DETAIL: &str =
    "the time for this request ran out; a change that had begun is finished nevertheless, so read before repeating it";

/// Answers 504 when `limit` is over. A mutation that has started goes on without its client.
pub(crate) fn layer<S>(limit: Duration) -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(move |mut inner: S| {
        service_fn(move |request: Request| {
            let answer = timeout(limit, inner.call(request));
            async move { answer.await.unwrap_or_else(|_| Ok(refuse(StatusCode::GATEWAY_TIMEOUT, DETAIL))) }
        })
    })
}
