//! Puts the credential in, and once per token a new one when the vendor says that it is dead.

use std::sync::Arc;

use futures_util::FutureExt;
use scimux_adapters::{VendorError, VendorErrorKind};
use tower::Layer;
use tower::layer::layer_fn;

use super::status::Status;
use super::{Prepared, Sending, Understood};
use crate::stack::{Stage, station};
use crate::upstream::{Credential, Credentials};

/// Sends a call again, once, after its credential was refused and another could be had. That is legal for every
/// operation: the vendor's complete answer proves that it did nothing (CONTRACT section 5).
pub(crate) fn layer<S>(
    credentials: Arc<Credentials>,
    status: Arc<Status>,
) -> impl Layer<S, Service: Stage<Arc<Prepared>, Understood, VendorError>>
where
    S: Stage<Sending, Understood, VendorError>,
{
    layer_fn(move |inner: S| {
        let (credentials, status) = (credentials.clone(), status.clone());
        station(move |prepared: Arc<Prepared>| {
            let (inner, credentials, status) = (inner.clone(), credentials.clone(), status.clone());
            async move {
                // What is rare is boxed: it is not to make room for itself in what every call waits for.
                let credential = match credentials.at_once() {
                    Some(credential) => credential,
                    None => current(&credentials, &status).boxed().await?,
                };
                let first = inner.pass(with(&prepared, &credential)?).await;
                let refused = |error: &VendorError| error.kind == VendorErrorKind::CredentialRefused;
                let (credential, last) = match first {
                    Err(error) if refused(&error) && credentials.renew(&credential) => {
                        let credential = current(&credentials, &status).boxed().await?;
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

/// The credential. Not to get one is the target's failure as much as an answer that says so.
async fn current(credentials: &Credentials, status: &Status) -> Result<Credential, VendorError> {
    let got = credentials.current().await;
    // One that is not tried again yet says nothing new, and less than the refusal before it.
    let is_kept = |error: &VendorError| error.kind == VendorErrorKind::LoginRefused && error.retry_after.is_some();
    got.inspect_err(|error| {
        if !is_kept(error) {
            status.failed(error);
        }
    })
}

fn with(prepared: &Arc<Prepared>, credential: &Credential) -> Result<Sending, VendorError> {
    let mut request = prepared.request.clone();
    let passed = prepared.asked.trace.authorization.clone();
    credential.put_in(request.headers_mut(), &prepared.form, passed)?;
    Ok(Sending { prepared: prepared.clone(), request })
}
