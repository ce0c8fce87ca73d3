//! What the vendor's complete answer means; only the adapter knows.

use std::sync::Arc;

use bytes::Bytes;
use scimux_adapters::{VendorError, VendorErrorKind, rate};
use tokio::time::Duration;
use tower::Layer;
use tower::layer::layer_fn;

use super::quota::Quota;
use super::{Asked, Sending, Understood};
use crate::stack::{Stage, station};

/// Lets the adapter read the answer, and the quota hear what it says of the vendor's bounds.
pub(crate) fn layer<S>(quota: Arc<Quota>) -> impl Layer<S, Service: Stage<Sending, Understood, VendorError>>
where
    S: Stage<http::Request<Bytes>, http::Response<Bytes>, VendorError>,
{
    layer_fn(move |inner: S| {
        let quota = quota.clone();
        station(move |Sending { prepared, request }: Sending| {
            let quota = quota.clone();
            let answer = inner.pass(request);
            async move {
                let (head, body) = answer.await?.into_parts();
                let Asked { call, target, .. } = &prepared.asked;
                if let Some(allowance) = rate::allowance(&target.profile, &head) {
                    quota.learn(allowance);
                }
                match target.vendor.adapter.answer(call, target, &head, &body) {
                    Ok(answer) => Ok(Understood { status: head.status.as_u16(), answer }),
                    Err(error) => Err(heard(error, &quota)),
                }
            }
        })
    })
}

/// A 429 with `Retry-After` is meant for everybody who would call.
fn heard(error: VendorError, quota: &Quota) -> VendorError {
    if let (VendorErrorKind::RateLimited, Some(seconds)) = (error.kind, error.retry_after) {
        quota.pause(Duration::from_secs(seconds));
    }
    error
}
