//! A vendor that fails in every way that its moods and the seed say, and that knows the truth.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};
use scimux_adapters::{VendorError, VendorErrorKind};
use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant, sleep, timeout};
use tower::service_fn;
use tower::util::BoxCloneSyncService;

use super::random::Random;
use super::witness::{Call, Witness};
use crate::target::breaker::{Breaker, Phase};
use crate::target::fixture::{empty, json as answer};
use crate::telemetry::rfc3339;
use crate::upstream::HttpService;

/// How the vendor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Slow,
    Flaky,
    Busy,
    Down,
}

/// What its moods change between in a life: in some it hardly ever is there.
pub(super) const MOODS: [&[Mood]; 2] = [
    &[Mood::Well, Mood::Slow, Mood::Flaky, Mood::Flaky, Mood::Busy, Mood::Down],
    &[Mood::Down, Mood::Down, Mood::Slow],
];

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answered,
    /// No byte arrives.
    Unreachable,
    /// The connection breaks, and it is done or not.
    Broken(bool),
    /// No answer comes in time, and it is done or not.
    Silent(bool),
    /// An error; it is done or not.
    Status(u16, Option<u64>, bool),
    /// All tokens are dead.
    Revoked,
}

impl Fate {
    /// Whether the gateway can know that nothing is done.
    fn proves_nothing_done(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Revoked | Self::Status(429, _, false) | Self::Status(503, Some(_), false)
        )
    }
}

/// The vendor, shared by all generations of the gateway.
pub(super) struct Vendor(Mutex<State>);

pub(super) struct State {
    pub(super) random: Random,
    pub(super) mood: Mood,
    pub(super) login_mood: Mood,
    pub(super) witness: Witness,
    /// All resources by id.
    pub(super) held: BTreeMap<String, Map<String, Value>>,
    /// When each token ends.
    pub(super) tokens: BTreeMap<String, Instant>,
    /// The gateway's, whose answers it must follow.
    pub(super) breaker: Arc<Breaker>,
    versioned: bool,
    serial: usize,
}

/// A call under way; over when it is dropped.
struct Visit<'a>(&'a Vendor, Option<Call>);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        match &self.1 {
            Some(call) => state.witness.leaves(call),
            None => state.witness.login_ends(),
        }
    }
}

impl Vendor {
    pub(super) fn new(seed: u64, versioned: bool) -> Arc<Self> {
        let state = State {
            random: Random::new(seed),
            mood: Mood::Well,
            login_mood: Mood::Well,
            witness: Witness::new(),
            held: BTreeMap::new(),
            tokens: BTreeMap::new(),
            breaker: Arc::default(),
            versioned,
            serial: 0,
        };
        Arc::new(Self(Mutex::new(state)))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic while it is held")
    }

    /// The way there, in the place of the transport: a call may take `limit`.
    pub(super) fn http(self: &Arc<Self>, limit: Duration) -> HttpService {
        let vendor = self.clone();
        BoxCloneSyncService::new(service_fn(move |request: Request<Bytes>| {
            let vendor = vendor.clone();
            async move {
                let late = |_| Err(VendorError::new(VendorErrorKind::TimedOut));
                match request.uri().host() {
                    Some("login.example") => timeout(limit, vendor.log_in()).await.unwrap_or_else(late),
                    _ => timeout(limit, vendor.call(&request)).await.unwrap_or_else(late),
                }
            }
        }))
    }

    async fn log_in(&self) -> Result<Response<Bytes>, VendorError> {
        self.state().witness.login_begins();
        let _visit = Visit(self, None);
        let (fate, takes) = self.state().login_fate();
        sleep(takes).await;
        let mut state = self.state();
        match fate {
            Fate::Unreachable => Err(VendorError::new(VendorErrorKind::Unreachable)),
            Fate::Broken(_) => Err(VendorError::new(VendorErrorKind::BrokenOff)),
            Fate::Status(status, retry_after, _) => {
                // A refusal is not tried again for 30 seconds at least.
                state.witness.no_login_for(if status == 401 { 30 } else { retry_after.unwrap_or(0) });
                Ok(failure(status, retry_after))
            }
            _ => Ok(state.grant()),
        }
    }

    async fn call(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, VendorError> {
        let call = called(request);
        let (fate, before, after) = self.state().arrive(request, &call);
        let _visit = Visit(self, Some(call));
        sleep(before).await;
        match fate {
            Fate::Unreachable => Err(VendorError::new(VendorErrorKind::Unreachable)),
            Fate::Broken(done) => {
                self.do_if(done, request);
                sleep(after).await;
                Err(VendorError::new(VendorErrorKind::BrokenOff))
            }
            Fate::Silent(done) => {
                self.do_if(done, request);
                std::future::pending().await
            }
            Fate::Status(status, retry_after, done) => {
                self.do_if(done, request);
                if let (429, Some(seconds)) = (status, retry_after) {
                    self.state().witness.quiet_for(seconds);
                }
                Ok(failure(status, retry_after))
            }
            Fate::Revoked => Ok(failure(401, None)),
            Fate::Answered => {
                let answer = self.state().apply(request);
                sleep(after).await;
                Ok(answer)
            }
        }
    }

    fn do_if(&self, done: bool, request: &Request<Bytes>) {
        if done {
            drop(self.state().apply(request));
        }
    }
}

fn called(request: &Request<Bytes>) -> Call {
    let by = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    Call { by, method: request.method().to_string(), id: id_of(request) }
}

fn id_of(request: &Request<Bytes>) -> String {
    let path = request.uri().path();
    path.strip_prefix("/v2/Users").unwrap_or(path).trim_start_matches('/').to_owned()
}

fn failure(status: u16, retry_after: Option<u64>) -> Response<Bytes> {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
    let body =
        json!({"schemas": schemas, "status": status.to_string(), "detail": "so it is", "error": "invalid_client"});
    let mut failure = answer(status, &body);
    if let Some(seconds) = retry_after {
        failure.headers_mut().insert("retry-after", seconds.into());
    }
    failure
}

impl State {
    /// What becomes of a call, and how long it takes before and after it is done.
    fn arrive(&mut self, request: &Request<Bytes>, call: &Call) -> (Fate, Duration, Duration) {
        let takes = if self.mood == Mood::Slow { 8000 } else { 60 };
        let (before, after) = (self.random.within_millis(takes), self.random.within_millis(takes));
        let fate = if self.knows(request) { self.fate() } else { Fate::Revoked };
        if fate == Fate::Revoked {
            self.tokens.clear();
        }
        let is_open = self.breaker.phase(Instant::now()) == Phase::Open;
        self.witness.passes_breaker(call, is_open);
        self.witness.arrives(call, fate.proves_nothing_done());
        (fate, before, after)
    }

    fn knows(&self, request: &Request<Bytes>) -> bool {
        let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let ends = token.and_then(|token| self.tokens.get(token.strip_prefix("Bearer ")?));
        ends.is_some_and(|ends| *ends > Instant::now())
    }

    fn fate(&mut self) -> Fate {
        let done = self.random.chance(50);
        let wait = Some(1 + self.random.below(7) as u64);
        let bad = match self.mood {
            Mood::Well | Mood::Slow => return Fate::Answered,
            Mood::Flaky if self.random.chance(55) => return Fate::Answered,
            Mood::Busy if self.random.chance(50) => return Fate::Answered,
            Mood::Flaky => self.random.below(7),
            Mood::Busy => 5 + self.random.below(3),
            Mood::Down if self.random.chance(5) => return Fate::Answered,
            Mood::Down => self.random.pick(&[0, 0, 0, 0, 1, 2]),
        };
        match bad {
            0 => Fate::Unreachable,
            1 => Fate::Broken(done),
            2 => Fate::Silent(done),
            3 => Fate::Status(self.random.pick(&[500, 502, 503, 504]), None, done),
            4 => Fate::Revoked,
            5 => Fate::Status(503, wait, false),
            6 => Fate::Status(429, wait, false),
            _ => Fate::Status(429, None, false),
        }
    }

    fn login_fate(&mut self) -> (Fate, Duration) {
        let wait = Some(1 + self.random.below(40) as u64);
        let takes = if self.login_mood == Mood::Slow { 8000 } else { 60 };
        let fate = match self.login_mood {
            Mood::Well | Mood::Slow => Fate::Answered,
            Mood::Flaky if self.random.chance(60) => Fate::Answered,
            Mood::Flaky => self.random.pick(&[Fate::Unreachable, Fate::Broken(false), Fate::Status(401, None, false)]),
            Mood::Busy => self.random.pick(&[Fate::Answered, Fate::Status(429, wait, false)]),
            Mood::Down => self.random.pick(&[Fate::Unreachable, Fate::Status(503, None, false)]),
        };
        (fate, self.random.within_millis(takes))
    }

    /// A token that may end before it was said to.
    fn grant(&mut self) -> Response<Bytes> {
        self.serial += 1;
        let (token, lifetime) = (format!("token-{}", self.serial), self.random.pick(&[3, 20, 90, 1000]));
        let lives = if self.random.chance(20) { lifetime / 2 } else { lifetime };
        self.tokens.insert(token.clone(), Instant::now() + Duration::from_secs(lives));
        answer(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": lifetime}))
    }

    fn apply(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let (id, body) = (id_of(request), serde_json::from_slice(request.body()).unwrap_or(Value::Null));
        if id.is_empty() {
            return if request.method() == "POST" { self.create(body) } else { self.list(request.uri().query()) };
        }
        let Some(held) = self.held.get(&id) else { return failure(404, None) };
        if request.headers().get("if-match").is_some_and(|version| Some(version.as_bytes()) != version_of(held)) {
            return failure(412, None);
        }
        match request.method().as_str() {
            "PUT" => self.put(&id, body),
            "PATCH" => self.patch(&id, &body),
            "DELETE" => {
                self.held.remove(&id);
                return empty(204);
            }
            _ => {}
        }
        answer(200, &self.held[&id].clone().into())
    }

    fn create(&mut self, body: Value) -> Response<Bytes> {
        self.serial += 1;
        let id = format!("made-{}", self.serial);
        self.put(&id, body);
        answer(201, &self.held[&id].clone().into())
    }

    /// All, or those of the `userName` that the filter has in quotes.
    fn list(&self, query: Option<&str>) -> Response<Bytes> {
        let wanted = query.unwrap_or_default().split("%22").nth(1);
        let found: Vec<&Map<_, _>> =
            self.held.values().filter(|held| wanted.is_none_or(|name| held["userName"] == name)).collect();
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
        let body = json!({"schemas": schemas, "totalResults": found.len(), "startIndex": 1, "itemsPerPage": found.len(),
            "Resources": found});
        answer(200, &body)
    }

    /// Holds exactly this from now on.
    pub(super) fn put(&mut self, id: &str, body: Value) {
        self.serial += 1;
        let Value::Object(mut new) = body else { return };
        let mut meta = json!({"resourceType": "User", "created": rfc3339(SystemTime::now())});
        if self.versioned {
            meta["version"] = format!("W/\"{}\"", self.serial).into();
        }
        new.insert("id".to_owned(), id.into());
        new.insert("meta".to_owned(), meta);
        self.held.insert(id.to_owned(), new);
    }

    /// `add` to a list, and nothing else.
    fn patch(&mut self, id: &str, body: &Value) {
        let mut new = self.held[id].clone();
        for operation in body["Operations"].as_array().into_iter().flatten() {
            let added = match &operation["value"] {
                Value::Array(values) => values.clone(),
                value => vec![value.clone()],
            };
            let path = operation["path"].as_str().unwrap_or_default();
            let list = new.entry(path).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.extend(added);
            }
        }
        self.put(id, new.into());
    }
}

fn version_of(held: &Map<String, Value>) -> Option<&[u8]> {
    held["meta"]["version"].as_str().map(str::as_bytes)
}
