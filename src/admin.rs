//! What the operator sees, on a listener of its own: `/livez`, `/readyz`, `/metrics`, `/targets`. What it may change is in
//! [`control`].

pub(crate) mod control;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::Full;
use scimux_adapters::capabilities;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::front::{Request, Response};
use crate::stack::{FrontService, at_once, relay};
use crate::target::LiveTarget;
use crate::telemetry::{Metrics, rfc3339};

/// Requests of operators at a time, for the limit of connections.
pub(crate) const REQUESTS: usize = 8;

/// What is shown.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    /// Whether the gateway takes requests.
    pub(crate) ready: bool,
    /// `/metrics`.
    pub(crate) metrics: Arc<Metrics>,
    /// `scimux_in_flight`.
    pub(crate) in_flight: usize,
    /// `/targets`.
    pub(crate) targets: Arc<[Arc<LiveTarget>]>,
}

/// Answers GET requests about what is watched.
pub(crate) fn service(watched: impl Fn() -> Watched + Clone + Send + Sync + 'static) -> FrontService {
    relay(move |request: Request| at_once(Ok::<_, Infallible>(answer(&watched(), &request))))
}

fn answer(watched: &Watched, request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    match request.uri().path() {
        "/livez" => plain(StatusCode::OK, "alive\n"),
        "/readyz" if watched.ready => plain(StatusCode::OK, "ready\n"),
        "/readyz" => plain(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        "/metrics" => metrics(watched),
        "/targets" => targets(watched),
        _ => plain(StatusCode::NOT_FOUND, "there are /livez, /readyz, /metrics and /targets\n"),
    }
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response {
    typed(status, "text/plain; charset=utf-8", text)
}

fn typed(status: StatusCode, kind: &'static str, text: impl Into<Bytes>) -> Response {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn metrics(watched: &Watched) -> Response {
    watched.metrics.in_flight().set(i64::try_from(watched.in_flight).unwrap_or(i64::MAX));
    let now = Instant::now();
    let stands = |target: &LiveTarget| target.lasting.breaker.phase(now) as i64;
    watched.metrics.breakers(watched.targets.iter().map(|target| (&*target.name, stands(target))));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    typed(StatusCode::OK, kind, watched.metrics.text())
}

fn targets(watched: &Watched) -> Response {
    let targets: Vec<Value> = watched.targets.iter().map(|target| describe(target)).collect();
    typed(StatusCode::OK, "application/json", Value::from(targets).to_string())
}

fn describe(live: &LiveTarget) -> Value {
    let target = &live.lasting.knowledge.target();
    let last = live.lasting.status.last();
    let failure = last.failure.map(|(at, what)| json!({ "at": rfc3339(at), "error": what }));
    let mut types = Map::new();
    for served in &target.types {
        let words = capabilities(target, served).into_iter().map(|(name, who)| (name.to_owned(), who.as_str().into()));
        types.insert(served.canonical.name.clone(), Value::Object(words.collect()));
    }
    json!({
        "name": &*live.name,
        "adapter": target.vendor.name,
        "base_url": target.settings.base_url.to_string(),
        "breaker": live.lasting.breaker.phase(Instant::now()).as_str(),
        "rate": rate(live),
        "retries": live.lasting.budget.spent(),
        "last_success": last.success.map(rfc3339),
        "last_failure": failure,
        "credential": { "scheme": target.settings.scheme, "expires": live.credentials.expires().map(rfc3339) },
        "learned": learned(live),
        "description": description(live),
        "resource_types": types,
    })
}

/// How fast it is asked at most, and for how long it is not asked since it said so.
fn rate(live: &LiveTarget) -> Value {
    let (per_sec, paused) = live.lasting.quota.pace();
    json!({ "per_sec": per_sec, "paused_secs": paused.as_secs() })
}

/// What the target showed of itself: methods that it lacks for a resource type, and since when that is known.
fn learned(live: &LiveTarget) -> Vec<Value> {
    let known = live.lasting.knowledge.lacks().into_iter();
    let words = known.map(|known| {
        json!({
            "endpoint": known.lack.endpoint,
            "lacks": known.lack.method.as_str(),
            "status": known.lack.status,
            "at": rfc3339(known.at),
        })
    });
    words.collect()
}

/// How asking the target for its resource types and schemas went.
fn description(live: &LiveTarget) -> Value {
    let known = live.lasting.knowledge.description();
    let failure = known.failure.map(|(at, why)| json!({ "at": rfc3339(at), "error": why }));
    json!({ "at": known.at.map(rfc3339), "left_out": known.left_out, "last_failure": failure })
}
