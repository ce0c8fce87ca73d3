//! Targets for tests: a real configuration over a vendor that answers as the test says.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use scimux_adapters::VendorError;
use serde_json::Value;
use tokio::time::Instant;
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use super::LiveTarget;
use crate::config::{self, Client, Config, Environment, Limits};
use crate::core::brake::Brakes;
use crate::core::route::Route;
use crate::front::{Request, Response};
use crate::stack::{self, CoreService};
use crate::telemetry::{Metrics, Record};
use crate::upstream::HttpService;

/// Where clients reach the gateway in these tests.
pub(crate) const PUBLIC: &str = "https://scim.example.com";

/// A target and a client to begin with.
pub(crate) const PLAIN: &str = r#"
[server]
public_url = "https://scim.example.com"
[clients.test]
tokens = ["good"]
[targets.t]
adapter = "scim"
base_url = "http://vendor.example/v2"
auth = { scheme = "bearer", token = "canary-secret" }
allow_plaintext = true
"#;

/// A checked configuration.
pub(crate) fn config(toml: &str) -> Config {
    match config::parse(toml, "test", &Environment::new()) {
        Ok((config, _)) => config,
        Err(problems) => panic!("{problems:?}"),
    }
}

/// What a scripted vendor was sent.
pub(crate) type Seen = Arc<Mutex<Vec<http::Request<Bytes>>>>;

/// A vendor that answers as `script` says.
pub(crate) fn vendor<F>(script: F) -> (HttpService, Seen)
where
    F: Fn(&http::Request<Bytes>) -> Result<http::Response<Bytes>, VendorError> + Send + Sync + 'static,
{
    let seen = Seen::default();
    let (kept, script) = (seen.clone(), Arc::new(script));
    let http = service_fn(move |request: http::Request<Bytes>| {
        let (kept, script) = (kept.clone(), script.clone());
        async move {
            let answer = script(&request);
            kept.lock().expect("no panic").push(request);
            answer
        }
    });
    (BoxCloneSyncService::new(http), seen)
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &Value) -> http::Response<Bytes> {
    let answer = http::Response::builder().status(status).header("content-type", "application/scim+json");
    answer.body(body.to_string().into()).expect("a response")
}

/// An answer without a body.
pub(crate) fn empty(status: u16) -> http::Response<Bytes> {
    http::Response::builder().status(status).body(Bytes::new()).expect("a response")
}

/// SCIM in front of a vendor, without the front zone.
pub(crate) fn core(config: &Config, http: &HttpService) -> CoreService {
    let live = |target| Arc::new(LiveTarget::new(target, http.clone(), PUBLIC, &Arc::new(Metrics::new()), None));
    core_of(config, config.targets.iter().map(live).collect())
}

/// The first target of a configuration.
pub(crate) fn live(config: &Config, http: &HttpService) -> Arc<LiveTarget> {
    Arc::new(LiveTarget::new(&config.targets[0], http.clone(), PUBLIC, &Arc::new(Metrics::new()), None))
}

/// SCIM in front of these targets.
pub(crate) fn core_of(config: &Config, targets: Vec<Arc<LiveTarget>>) -> CoreService {
    let metrics = Arc::new(Metrics::new());
    let brakes = Brakes::default();
    let routes: Arc<[Arc<Route>]> = crate::serve::routes(config, PUBLIC, &targets, &brakes, &metrics).into();
    let clients: Arc<[Arc<Client>]> = config.clients.iter().cloned().map(Arc::new).collect();
    let limits: &Limits = &config.server.limits;
    stack::core(clients, routes, limits, Arc::default(), metrics.clone())
}

/// A request with headers and a body.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Full::new(Bytes::from(body.to_owned())).map_err(|never| match never {});
    request.body(body.boxed_unsync()).expect("a request")
}

/// Sends a request as the client `test`, whose time is over at `deadline`.
pub(crate) async fn send_by(core: &CoreService, deadline: Instant, method: &str, path: &str) -> (Response, Value) {
    let mut request = request(method, path, &[("authorization", "Bearer good")], "");
    let record = Arc::new(Record::default());
    record.end_by(deadline);
    request.extensions_mut().insert(record);
    read(core.clone().oneshot(request).await).await
}

/// Sends a request as the client `test`.
pub(crate) async fn send(core: &CoreService, method: &str, path: &str, body: &str) -> (Response, Value) {
    read(core.clone().oneshot(request(method, path, &[("authorization", "Bearer good")], body)).await).await
}

/// An answer and its body.
pub(crate) async fn read<E: std::fmt::Debug>(answer: Result<Response, E>) -> (Response, Value) {
    let answer = answer.expect("stations answer");
    let body = answer.body().clone().collect().await.expect("a whole body").to_bytes();
    let value = serde_json::from_slice(&body).unwrap_or_default();
    (answer, value)
}
