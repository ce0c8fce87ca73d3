//! A panic in one request is that request's 500 and nobody else's trouble.

use std::cell::RefCell;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::StatusCode;
use tower::layer::layer_fn;
use tower::{Layer, service_fn};

use super::error_body::refuse;
use super::{Request, Response};
use crate::stack::Stage;
use crate::telemetry::Record;

thread_local! {
    static WHERE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What is left of a future that panicked.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Notes where a panic happens instead of printing it. Its message is left out: it may hold a person's data.
pub(crate) fn keep_for_the_log() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        WHERE.with(|kept| *kept.borrow_mut() = place);
    }));
}

/// Carries out a future; a panic in it is logged once, here.
///
/// # Errors
/// The future panicked.
pub(crate) async fn catch<F: Future>(future: F, request_id: &str) -> Result<F::Output, Panicked> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|_| {
        // The hook ran on this thread, just before.
        let place = WHERE.with(|kept| kept.borrow_mut().take());
        tracing::error!(request_id, place, "a request panicked");
        Panicked
    })
}

/// Answers 500 for a request that panicked.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(|mut inner: S| {
        service_fn(move |request: Request| {
            let record = request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default();
            // The call itself may panic too, not only the future it returns.
            let answer = std::panic::catch_unwind(AssertUnwindSafe(|| inner.call(request)));
            async move {
                let answer = async { answer.unwrap_or_else(|payload| std::panic::resume_unwind(payload)).await };
                let caught = catch(answer, &record.id).await;
                caught.unwrap_or_else(|Panicked| Ok(refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal error")))
            }
        })
    })
}
