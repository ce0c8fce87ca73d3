//! A panic in one request is that request's 500 and nobody else's trouble.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http::StatusCode;
use tower::Layer;
use tower::layer::layer_fn;

use super::error_body::refuse;
use super::{Request, Response};
use crate::stack::{Stage, station};
use crate::telemetry::Record;

thread_local! {
    /// Whether what runs on this thread now is caught, and so logged here.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// Where the last caught panic of this thread happened.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What is left of a future that panicked.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Keeps panics that are caught off standard error: they are logged, by place and without their message, which may hold
/// a person's data. Others are printed as ever.
pub(crate) fn keep_for_the_log() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if CAUGHT.get() {
            PLACE.set(info.location().map(ToString::to_string));
        } else {
            before(info);
        }
    }));
}

/// Carries out a future; a panic in it is logged once, here.
///
/// # Errors
/// The future panicked.
pub(crate) async fn catch<F: Future>(future: F, request_id: &str) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    let caught = poll_fn(|context| match at_once(|| future.as_mut().poll(context)) {
        Ok(polled) => polled.map(Ok),
        Err(Panicked) => Poll::Ready(Err(Panicked)),
    });
    caught.await.inspect_err(|Panicked| tell(request_id))
}

/// Does something that may panic.
fn at_once<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let outer = CAUGHT.replace(true);
    let caught = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(outer);
    caught.map_err(|_| Panicked)
}

fn tell(request_id: &str) {
    let place = PLACE.take();
    tracing::error!(request_id, place, "a request panicked");
}

/// Answers 500 for a request that panicked.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(|inner: S| {
        station(move |request: Request| {
            let record = request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default();
            // The call itself may panic too, not only the future it returns.
            let called = at_once(|| inner.pass(request)).inspect_err(|Panicked| tell(&record.id));
            async move {
                let caught = match called {
                    Ok(answer) => catch(answer, &record.id).await,
                    Err(Panicked) => Err(Panicked),
                };
                caught.unwrap_or_else(|Panicked| Ok(refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal error")))
            }
        })
    })
}
