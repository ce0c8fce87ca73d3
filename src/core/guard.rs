//! Mutations: one at a time on a resource, and never cut in the middle.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use scimux_adapters::{Action, Outcome};
use tokio::runtime::Handle;
use tokio::time::{Duration, timeout};
use tower::Layer;
use tower::layer::layer_fn;

use super::lasting::Lasting;
use super::lock::Key;
use super::{CoreError, Job, Refusal, refusal};
use crate::front::panic::{Panicked, catch};
use crate::stack::{Stage, relay};

/// Takes the lock of the resource, at most `patience` long, and then carries the mutation out whoever waits for it: it
/// ends when it is done, not when its client hangs up or the deadline passes. The lock and the request's place among
/// those in flight go with it; what bounds it is the time each call may take, and at the gateway's end the time to drain.
///
/// Reads pass; they end with their client.
pub(crate) fn layer<S>(
    lasting: Arc<Lasting>,
    patience: Duration,
) -> impl Layer<S, Service: Stage<Job, Outcome, CoreError>>
where
    S: Stage<Job, Outcome, CoreError>,
{
    layer_fn(move |inner: S| {
        let lasting = lasting.clone();
        relay(move |job: Job| {
            if is_mutation(&job.operation.action) {
                guarded(job, inner.clone(), lasting.clone(), patience).boxed()
            } else {
                inner.pass(job)
            }
        })
    })
}

async fn guarded<S>(job: Job, inner: S, lasting: Arc<Lasting>, patience: Duration) -> Result<Outcome, CoreError>
where
    S: Stage<Job, Outcome, CoreError>,
{
    let lock = match key(&job) {
        Some(key) => Some(timeout(patience, lasting.locks.lock(key)).await.map_err(|_| waited_too_long())?),
        None => None,
    };
    let context = job.context.clone();
    let work = async move {
        let work = catch(async { inner.pass(job).await }, &context.trace.record.id);
        let outcome = lasting.unless_broken_off(work).await;
        drop(lock);
        outcome
    };
    finished(Detached::new(work).await)
}

/// Work that is done to its end. When nobody waits for it any more, a task of its own goes on with it; none is needed, and
/// no other thread woken for it, as long as somebody does.
struct Detached<T: Send + 'static>(Option<BoxFuture<'static, T>>);

impl<T: Send + 'static> Detached<T> {
    fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(work.boxed()))
    }
}

impl<T: Send + 'static> Future for Detached<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<T> {
        let work = self.0.as_mut().expect("nobody polls what has ended");
        let done = ready!(work.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<T: Send + 'static> Drop for Detached<T> {
    fn drop(&mut self) {
        // Outside a runtime there is nothing any more that could do it.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

pub(super) fn is_mutation(action: &Action) -> bool {
    match action {
        Action::Create(_) | Action::Replace(..) | Action::Patch(..) | Action::Delete(_) => true,
        Action::Read(_) | Action::List(_) | Action::Search(_) => false,
    }
}

/// What has no id yet has no lock.
fn key(job: &Job) -> Option<Key> {
    let id = match &job.operation.action {
        Action::Replace(id, _) | Action::Patch(id, _) | Action::Delete(id) => id,
        Action::Create(_) | Action::Read(_) | Action::List(_) | Action::Search(_) => return None,
    };
    Some((job.context.target().name.clone(), job.operation.endpoint.clone(), String::from(&**id)))
}

type Caught = Result<Result<Outcome, CoreError>, Panicked>;

fn finished(ended: Option<Caught>) -> Result<Outcome, CoreError> {
    match ended {
        Some(Ok(outcome)) => outcome,
        None => Err(broken_off().into()),
        // Logged where it was caught.
        Some(Err(Panicked)) => Err(refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal error").into()),
    }
}

fn waited_too_long() -> Refusal {
    refusal(StatusCode::SERVICE_UNAVAILABLE, "other changes of this resource are still under way; try again soon")
        .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
}

/// No `Retry-After`: it would have a create sent twice.
fn broken_off() -> Refusal {
    let detail =
        "the gateway stops, and the time for what had begun is over; whether the vendor has done this is unknown";
    refusal(StatusCode::GATEWAY_TIMEOUT, detail)
}
