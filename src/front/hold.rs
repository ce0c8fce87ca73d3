//! Answers that are to come late.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::time::{Duration, sleep};
use tower::Layer;
use tower::layer::layer_fn;

use super::{Request, Response};
use crate::stack::{Stage, station};
use crate::telemetry::Record;

/// How late. Long for who tries one credential after the other, no time for who mistook one.
const LATE: Duration = Duration::from_secs(1);

/// Holds the answer to a request that [`Record::hold`] was called for.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(|inner: S| {
        station(move |request: Request| {
            let record = request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default();
            let answer = inner.pass(request);
            async move {
                let answer = answer.await?;
                let held = record.is_held();
                // With it the place goes, so that who waits here takes none from others.
                drop(record);
                if held {
                    sleep(LATE).await;
                }
                Ok(answer)
            }
        })
    })
}
