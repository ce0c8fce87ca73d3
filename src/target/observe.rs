//! One log line and one count per call to a vendor.

use std::sync::Arc;

use scimux_adapters::{CallKind, VendorError};
use tokio::time::{Duration, Instant};
use tower::Layer;
use tower::layer::layer_fn;

use super::describe::has_none;
use super::status::Status;
use super::{Prepared, Sending, Understood};
use crate::stack::{Stage, station};
use crate::telemetry::Metrics;

/// Logs each call with the vendor's code. Never its URL, body or text: they may hold personal data.
pub(crate) fn layer<S>(
    target: Arc<str>,
    status: Arc<Status>,
    metrics: Arc<Metrics>,
) -> impl Layer<S, Service: Stage<Sending, Understood, VendorError>>
where
    S: Stage<Sending, Understood, VendorError>,
{
    layer_fn(move |inner: S| {
        let watch = (target.clone(), status.clone(), metrics.clone());
        station(move |sending: Sending| {
            let (target, status, metrics) = watch.clone();
            let prepared = sending.prepared.clone();
            prepared.asked.trace.record.count_call();
            let begun = Instant::now();
            let answer = inner.pass(sending);
            async move {
                let answer = answer.await;
                let code = match &answer {
                    Ok(understood) => Some(understood.status),
                    Err(error) => error.status,
                };
                let taken = begun.elapsed();
                metrics.call(target.clone(), prepared.request.method(), code, taken);
                match &answer {
                    Ok(_) => status.succeeded(),
                    // That a provider does not describe itself is no failure.
                    Err(error) if prepared.asked.call.kind == CallKind::Document && has_none(error) => {}
                    Err(error) => status.failed(error),
                }
                write(&target, &prepared, code, taken, answer.as_ref().err());
                answer
            }
        })
    })
}

fn write(
    target: &str,
    Prepared { asked, request, .. }: &Prepared,
    status: Option<u16>,
    taken: Duration,
    error: Option<&VendorError>,
) {
    tracing::info!(
        target: "scimux::vendor",
        request_id = &*asked.trace.record.id,
        target,
        call = asked.call.kind.name(),
        method = request.method().as_str(),
        status,
        duration_ms = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX),
        error = error.map(tracing::field::display),
        "vendor called",
    );
}
