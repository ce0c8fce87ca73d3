//! Puts the credential in, and once per token a new one when the vendor says that it is dead.

use std::sync::Arc;

use scimux_adapters::{VendorError, VendorErrorKind};
use tower::Layer;
use tower::layer::layer_fn;

use super::{Prepared, Understood};
use crate::stack::{Stage, station};
use crate::upstream::{Credential, Credentials};

/// Sends a call again, once, after its credential was refused and another could be had. That is legal for every
/// operation: the vendor's complete answer proves that it did nothing (CONTRACT section 5).
pub(crate) fn layer<S>(
    credentials: Arc<Credentials>,
) -> impl Layer<S, Service: Stage<Prepared, Understood, VendorError>>
where
    S: Stage<Prepared, Understood, VendorError>,
{
    layer_fn(move |inner: S| {
        let credentials = credentials.clone();
        station(move |prepared: Prepared| {
            let (inner, credentials) = (inner.clone(), credentials.clone());
            async move {
                let credential = credentials.current().await?;
                let first = inner.pass(with(&prepared, &credential)?).await;
                let refused = |error: &VendorError| error.kind == VendorErrorKind::CredentialRefused;
                let (credential, last) = match first {
                    Err(error) if refused(&error) && credentials.renew(&credential) => {
                        let credential = credentials.current().await?;
                        let again = inner.pass(with(&prepared, &credential)?).await;
                        (credential, again)
                    }
                    first => (credential, first),
                };
                if last.is_ok() {
                    credential.proved();
                }
                last.map_err(|error| credential.scrub(error))
            }
        })
    })
}

fn with(prepared: &Prepared, credential: &Credential) -> Result<Prepared, VendorError> {
    let mut prepared = prepared.clone();
    let passed = prepared.asked.trace.authorization.take();
    credential.put_in(prepared.request.headers_mut(), &prepared.form, passed)?;
    Ok(prepared)
}
