//! How many calls to one vendor are under way, and how long another waits for its turn.

use std::sync::Arc;

use scimux_adapters::{VendorError, VendorErrorKind};
use tokio::sync::Semaphore;
use tokio::time::{Duration, timeout};
use tower::layer::layer_fn;
use tower::{Layer, service_fn};

use super::{Prepared, Understood};
use crate::stack::Stage;

/// As many places for calls under way.
pub(crate) fn places(limit: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS)))
}

/// Lets a call be under way for each place; others wait at most `patience`, then it is 429.
pub(crate) fn layer<S>(
    places: Arc<Semaphore>,
    patience: Duration,
) -> impl Layer<S, Service: Stage<Prepared, Understood, VendorError>>
where
    S: Stage<Prepared, Understood, VendorError>,
{
    layer_fn(move |inner: S| {
        let places = places.clone();
        service_fn(move |prepared: Prepared| {
            let (mut inner, places) = (inner.clone(), places.clone());
            async move {
                let _place = timeout(patience, places.acquire_owned()).await.map_err(|_| full())?;
                inner.call(prepared).await
            }
        })
    })
}

fn full() -> VendorError {
    let error = VendorError::new(VendorErrorKind::RateLimited);
    VendorError { retry_after: Some(1), ..error }.with_hint("the gateway's own limit of calls under way is reached")
}
