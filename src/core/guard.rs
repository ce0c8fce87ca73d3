//! Mutations: one at a time on a resource, and never cut in the middle.

use std::sync::Arc;

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use scimux_adapters::{Action, Outcome};
use tokio::time::{Duration, timeout};
use tower::layer::layer_fn;
use tower::{Layer, service_fn};

use super::lock::{Key, Locks};
use super::{CoreError, Job, Refusal, refusal};
use crate::front::panic::{Panicked, catch};
use crate::stack::Stage;

/// Takes the lock of the resource, at most `patience` long, and then carries the mutation out in a task of its own: it
/// ends when it is done, not when its client hangs up or the deadline passes. The lock and the request's place among
/// those in flight go with it; what bounds it is the time each call may take.
///
/// Reads pass; they end with their client.
pub(crate) fn layer<S>(locks: Arc<Locks>, patience: Duration) -> impl Layer<S, Service: Stage<Job, Outcome, CoreError>>
where
    S: Stage<Job, Outcome, CoreError>,
{
    layer_fn(move |inner: S| {
        let locks = locks.clone();
        service_fn(move |job: Job| {
            let (mut inner, locks) = (inner.clone(), locks.clone());
            async move {
                if !is_mutation(&job.operation.action) {
                    return inner.call(job).await;
                }
                let lock = match key(&job) {
                    Some(key) => Some(timeout(patience, locks.lock(key)).await.map_err(|_| waited_too_long())?),
                    None => None,
                };
                let context = job.context.clone();
                let work = async move {
                    let outcome = catch(async { inner.call(job).await }, &context.trace.record.id).await;
                    drop(lock);
                    outcome
                };
                finished(tokio::spawn(work).await)
            }
        })
    })
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
    Some((job.context.target().name.clone(), job.operation.endpoint.clone(), id.to_string()))
}

type Caught = Result<Result<Outcome, CoreError>, Panicked>;

fn finished(joined: Result<Caught, tokio::task::JoinError>) -> Result<Outcome, CoreError> {
    match joined {
        Ok(Ok(outcome)) => outcome,
        // Logged where it was caught. The task itself ends early only with the process.
        Ok(Err(Panicked)) | Err(_) => Err(refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal error").into()),
    }
}

fn waited_too_long() -> Refusal {
    refusal(StatusCode::SERVICE_UNAVAILABLE, "other changes of this resource are still under way; try again soon")
        .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
}
