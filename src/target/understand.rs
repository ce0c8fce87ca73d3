//! What the vendor's complete answer means; only the adapter knows.

use std::sync::Arc;

use bytes::Bytes;
use scimux_adapters::VendorError;
use tower::layer::layer_fn;
use tower::{Layer, service_fn};

use super::{Prepared, Understood};
use crate::config::TargetConfig;
use crate::stack::Stage;

/// Lets the adapter read the answer.
pub(crate) fn layer<S>(config: Arc<TargetConfig>) -> impl Layer<S, Service: Stage<Prepared, Understood, VendorError>>
where
    S: Stage<http::Request<Bytes>, http::Response<Bytes>, VendorError>,
{
    layer_fn(move |mut inner: S| {
        let config = config.clone();
        service_fn(move |prepared: Prepared| {
            let config = config.clone();
            let answer = inner.call(prepared.request);
            async move {
                let (head, body) = answer.await?.into_parts();
                let target = &config.target;
                let answer = target.vendor.adapter.answer(&prepared.asked.call, target, &head, &body)?;
                Ok(Understood { status: head.status.as_u16(), answer })
            }
        })
    })
}
