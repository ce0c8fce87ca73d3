//! What the vendor's complete answer means; only the adapter knows.

use bytes::Bytes;
use scimux_adapters::VendorError;
use tower::layer::layer_fn;
use tower::{Layer, service_fn};

use super::{Asked, Prepared, Understood};
use crate::stack::Stage;

/// Lets the adapter read the answer.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Prepared, Understood, VendorError>>
where
    S: Stage<http::Request<Bytes>, http::Response<Bytes>, VendorError>,
{
    layer_fn(|mut inner: S| {
        service_fn(move |prepared: Prepared| {
            let answer = inner.call(prepared.request);
            async move {
                let (head, body) = answer.await?.into_parts();
                let Asked { call, target, .. } = &prepared.asked;
                let answer = target.vendor.adapter.answer(call, target, &head, &body)?;
                Ok(Understood { status: head.status.as_u16(), answer })
            }
        })
    })
}
