//! One log line and one count per call to a vendor.

use std::sync::Arc;

use http::Method;
use scimux_adapters::{CallKind, VendorError};
use tokio::time::{Duration, Instant};
use tower::Layer;
use tower::layer::layer_fn;

use super::describe::has_none;
use super::status::Status;
use super::{Asked, Prepared, Understood};
use crate::stack::{Stage, station};
use crate::telemetry::Metrics;

/// Logs each call with the vendor's code. Never its URL, body or text: they may hold personal data.
pub(crate) fn layer<S>(
    target: Arc<str>,
    status: Arc<Status>,
    metrics: Arc<Metrics>,
) -> impl Layer<S, Service: Stage<Prepared, Understood, VendorError>>
where
    S: Stage<Prepared, Understood, VendorError>,
{
    layer_fn(move |inner: S| {
        let watch = (target.clone(), status.clone(), metrics.clone());
        station(move |prepared: Prepared| {
            let (target, status, metrics) = watch.clone();
            let (asked, method) = (prepared.asked.clone(), prepared.request.method().clone());
            asked.trace.record.count_call();
            let begun = Instant::now();
            let answer = inner.pass(prepared);
            async move {
                let answer = answer.await;
                let code = match &answer {
                    Ok(understood) => Some(understood.status),
                    Err(error) => error.status,
                };
                metrics.call(target.clone(), &method, code, begun.elapsed());
                match &answer {
                    Ok(_) => status.succeeded(),
                    // That a provider does not describe itself is no failure.
                    Err(error) if asked.call.kind == CallKind::Document && has_none(error) => {}
                    Err(error) => status.failed(error),
                }
                write(&target, &asked, &method, code, begun.elapsed(), answer.as_ref().err());
                answer
            }
        })
    })
}

fn write(
    target: &str,
    asked: &Asked,
    method: &Method,
    status: Option<u16>,
    taken: Duration,
    error: Option<&VendorError>,
) {
    tracing::info!(
        target: "scimux::vendor",
        request_id = &*asked.trace.record.id,
        target,
        call = asked.call.kind.name(),
        method = method.as_str(),
        status,
        duration_ms = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX),
        error = error.map(tracing::field::display),
        "vendor called",
    );
}
