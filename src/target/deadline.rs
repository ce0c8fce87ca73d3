//! Calls that nobody waits for any more.

use scimux_adapters::{VendorError, VendorErrorKind};
use tokio::time::timeout_at;
use tower::Layer;
use tower::layer::layer_fn;

use super::{Prepared, Understood};
use crate::stack::{Stage, station};

/// Ends a read when its client's time is over. A mutation goes on: each of its calls has its own bound of time.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Prepared, Understood, VendorError>>
where
    S: Stage<Prepared, Understood, VendorError>,
{
    layer_fn(|inner: S| {
        station(move |prepared: Prepared| {
            let asked = &prepared.asked;
            let by = asked.trace.record.deadline().filter(|_| asked.ends_with_client);
            let answer = inner.pass(prepared);
            async move {
                match by {
                    Some(by) => timeout_at(by, answer).await.unwrap_or_else(|_| Err(late())),
                    None => answer.await,
                }
            }
        })
    })
}

fn late() -> VendorError {
    VendorError::new(VendorErrorKind::TimedOut).with_hint("the time for the request ran out")
}
