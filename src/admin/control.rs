//! The operator's changes, on a unix socket of their own: POST `/reload`.

use std::convert::Infallible;

use futures_util::future::Either;
use futures_util::future::ready;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tower::service_fn;
use tower::util::BoxCloneSyncService;

use super::{Watched, answer, typed};
use crate::config::Problem;
use crate::front::{Request, Response};
use crate::stack::FrontService;

/// What the operator may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The configuration is read again.
    Reload,
}

/// What came of a change, as `scimux` prints it.
#[derive(Debug)]
pub(crate) enum Changed {
    /// It is done, with warnings.
    Done(Vec<Problem>),
    /// It is not, and why.
    Refused(Vec<Problem>),
}

/// Answers as [`super::service`] does, and carries changes out by `carry_out`.
pub(crate) fn service<F>(
    watched: impl Fn() -> Watched + Clone + Send + Sync + 'static,
    carry_out: impl Fn(Change) -> F + Clone + Send + Sync + 'static,
) -> FrontService
where
    F: Future<Output = Changed> + Send + 'static,
{
    BoxCloneSyncService::new(service_fn(move |request: Request| {
        let answered = match change(&request) {
            Some(change) => {
                let changed = carry_out(change);
                Either::Left(async move { told(changed.await) })
            }
            None => Either::Right(ready(answer(&watched(), &request))),
        };
        async move { Ok::<_, Infallible>(answered.await) }
    }))
}

fn change(request: &Request) -> Option<Change> {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/reload") => Some(Change::Reload),
        _ => None,
    }
}

fn told(changed: Changed) -> Response {
    let (status, name, problems) = match changed {
        Changed::Done(warnings) => (StatusCode::OK, "warnings", warnings),
        Changed::Refused(problems) => (StatusCode::CONFLICT, "problems", problems),
    };
    let problems: Value = problems.iter().map(|problem| Value::from(problem.to_string())).collect();
    typed(status, "application/json", json!({ name: problems }).to_string())
}
