//! A call in the vendor's form, made once however often it is sent, with the headers that go to every vendor.

use std::sync::Arc;

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};
use tower::Layer;
use tower::layer::layer_fn;

use super::{Asked, CallError, Heard, Prepared, Trace, Understood};
use crate::front::request_id::X_REQUEST_ID;
use crate::stack::{Stage, station};
use scimux_adapters::{Note, Translated, VendorError};
use scimux_scim::ScimError;

const OWN_NAME: HeaderValue = HeaderValue::from_static(concat!("scimux/", env!("CARGO_PKG_VERSION")));

/// Lets the adapter write the request.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Asked, Heard, CallError>>
where
    S: Stage<Arc<Prepared>, Understood, VendorError>,
{
    layer_fn(|inner: S| {
        station(move |asked: Asked| {
            let sent = prepare(asked).map(|(prepared, notes)| (inner.pass(Arc::new(prepared)), notes));
            async move {
                let (understood, notes) = sent.map_err(CallError::Refused)?;
                Ok(Heard { answer: understood.await?.answer, notes })
            }
        })
    })
}

/// A call as the adapter writes it, with what it changed, but without the credential.
///
/// # Errors
/// What this vendor cannot be asked.
pub(crate) fn prepare(asked: Asked) -> Result<(Prepared, Vec<Note>), ScimError> {
    let target = &asked.target;
    let Translated { request, credential, notes } = target.vendor.adapter.request(&asked.call, target)?;
    let request = with_trace(request, &asked.trace);
    Ok((Prepared { asked, request, form: credential }, notes))
}

fn with_trace(mut request: http::Request<Bytes>, trace: &Trace) -> http::Request<Bytes> {
    let headers: &mut HeaderMap = request.headers_mut();
    headers.insert(USER_AGENT, OWN_NAME);
    if let Ok(id) = HeaderValue::from_str(&trace.record.id)
        && !id.is_empty()
    {
        headers.insert(X_REQUEST_ID, id);
    }
    if let Some(parent) = &trace.traceparent {
        headers.insert("traceparent", parent.clone());
    }
    request
}
