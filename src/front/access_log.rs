//! One log line and one count per request, also for a client that hangs up.

use std::convert::Infallible;
use std::sync::Arc;

use http::Method;
use tokio::time::Instant;
use tower::Layer;
use tower::layer::layer_fn;

use super::{Request, Response};
use crate::stack::{Stage, station};
use crate::telemetry::{Metrics, Record};

/// The status of a request whose client went away before the answer, or that was cut off when the time to drain was over.
const UNANSWERED: u16 = 499;

/// Logs and counts each request when its answer is ready or its future is dropped. Never its query: it holds names and
/// mail addresses.
pub(crate) fn layer<S>(metrics: Arc<Metrics>) -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(move |inner: S| {
        let metrics = metrics.clone();
        station(move |request: Request| {
            let mut line = Line::open(&request, metrics.clone());
            let answer = inner.pass(request);
            async move {
                let answer = answer.await?;
                line.answered(&answer);
                Ok(answer)
            }
        })
    })
}

/// The line, written when it is dropped.
struct Line {
    record: Arc<Record>,
    method: Method,
    begun: Instant,
    status: u16,
    metrics: Arc<Metrics>,
}

impl Line {
    fn open(request: &Request, metrics: Arc<Metrics>) -> Self {
        let record = request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default();
        Self { record, method: request.method().clone(), begun: Instant::now(), status: UNANSWERED, metrics }
    }

    fn answered(&mut self, answer: &Response) {
        self.status = answer.status().as_u16();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let (record, taken) = (&self.record, self.begun.elapsed());
        self.metrics.request(record.route.get(), &self.method, self.status, taken);
        tracing::info!(
            target: "scimux::access",
            request_id = &*record.id,
            route = record.route.get().map(|name| &**name),
            target = record.target.get().map(|name| &**name),
            client = record.client.get().map(|name| &**name),
            method = self.method.as_str(),
            resource = record.resource.get().map(String::as_str),
            resource_id = record.resource_id.get().map(|id| &**id),
            status = self.status,
            duration_ms = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX),
            upstream_calls = record.calls(),
            "request",
        );
    }
}
