//! Calls that nobody waits for any more.

use futures_util::FutureExt;
use scimux_adapters::{VendorError, VendorErrorKind};
use tokio::time::timeout_at;
use tower::Layer;
use tower::layer::layer_fn;

use super::{Sending, Understood};
use crate::stack::{Stage, relay};

/// Ends a read when its client's time is over. A mutation goes on: each of its calls has its own bound of time.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Sending, Understood, VendorError>>
where
    S: Stage<Sending, Understood, VendorError>,
{
    layer_fn(|inner: S| {
        relay(move |sending: Sending| {
            let asked = &sending.prepared.asked;
            let by = asked.trace.record.deadline().filter(|_| asked.ends_with_client);
            let answer = inner.pass(sending);
            match by {
                Some(by) => timeout_at(by, answer).map(|answer| answer.unwrap_or_else(|_| Err(late()))).boxed(),
                None => answer,
            }
        })
    })
}

fn late() -> VendorError {
    VendorError::new(VendorErrorKind::TimedOut).with_hint("the time for the request ran out")
}
