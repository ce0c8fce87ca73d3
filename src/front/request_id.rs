//! The request's id: the client's own where it is harmless, else one made here.

use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use http::{HeaderMap, HeaderName, HeaderValue};
use tower::Layer;
use tower::layer::layer_fn;
use uuid::{Builder, Uuid};

use super::{Request, Response};
use crate::stack::{Stage, station};
use crate::telemetry::Record;

/// The header that carries the id, to the vendor and back to the client.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Opens the request's [`Record`] under its id, and answers with the id.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(|inner: S| {
        station(move |mut request: Request| {
            let text: Arc<str> = match given(request.headers()) {
                Some(given) => given.into(),
                None => (&*fresh().hyphenated().encode_lower(&mut Uuid::encode_buffer())).into(),
            };
            let id = HeaderValue::from_str(&text).expect("ids are made of letters, digits and -._");
            request.extensions_mut().insert(Arc::new(Record::new(text)));
            let answer = inner.pass(request);
            async move {
                let mut answer = answer.await?;
                answer.headers_mut().insert(X_REQUEST_ID, id);
                Ok(answer)
            }
        })
    })
}

/// An id that nobody has had or can foresee: a count, hashed under keys that are this process's. Random numbers of the
/// system's would be a call to it for each request.
fn fresh() -> Uuid {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let [high, low] = KEYS.each_ref().map(|keys| u128::from(keys.hash_one(count)));
    Builder::from_random_bytes((high << 64 | low).to_be_bytes()).into_uuid()
}

/// The client's own id, if it may be used.
pub(crate) fn given(headers: &HeaderMap) -> Option<&str> {
    headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_harmless(id))
}

/// Ids go into logs and to vendors, so a client's must be short and plain.
fn is_harmless(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
