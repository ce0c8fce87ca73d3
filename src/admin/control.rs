//! The operator's changes, on a unix socket of their own: POST `/reload` and `/brakes/ROUTE/release`.

use std::convert::Infallible;

use futures_util::future::Either;
use futures_util::future::ready;
use http::{Method, StatusCode};
use serde_json::json;

use super::{Watched, answer, typed};
use crate::front::{Request, Response};
use crate::stack::{FrontService, station};

/// What the operator may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The configuration is read again.
    Reload,
    /// The safety brake of a route is released.
    Release(String),
}

/// What came of a change.
#[derive(Debug)]
pub(crate) struct Changed {
    /// Whether it is done.
    pub(crate) done: bool,
    /// Lines for the operator.
    pub(crate) said: Vec<String>,
}

/// Answers as [`super::service`] does, and carries changes out by `carry_out`.
pub(crate) fn service<F>(
    watched: impl Fn() -> Watched + Clone + Send + Sync + 'static,
    carry_out: impl Fn(Change) -> F + Clone + Send + Sync + 'static,
) -> FrontService
where
    F: Future<Output = Changed> + Send + 'static,
{
    station(move |request: Request| {
        let answered = match change(&request) {
            Some(change) => {
                let changed = carry_out(change);
                Either::Left(async move { told(changed.await) })
            }
            None => Either::Right(ready(answer(&watched(), &request))),
        };
        async move { Ok::<_, Infallible>(answered.await) }
    })
}

fn change(request: &Request) -> Option<Change> {
    let path: Vec<&str> = request.uri().path().trim_start_matches('/').split('/').collect();
    match (request.method(), &*path) {
        (&Method::POST, ["reload"]) => Some(Change::Reload),
        (&Method::POST, ["brakes", route, "release"]) => Some(Change::Release((*route).to_owned())),
        _ => None,
    }
}

fn told(changed: Changed) -> Response {
    let status = if changed.done { StatusCode::OK } else { StatusCode::CONFLICT };
    typed(status, "application/json", json!({ "said": changed.said }).to_string())
}
