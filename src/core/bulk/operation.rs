//! One operation of a bulk request: what it waits for, the request that it is, and its answer.

use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::{BodyExt, Full};
use percent_encoding::percent_decode_str;
use scimux_adapters::Target;
use scimux_scim::bulk::{Answer, Asked, BulkOperation, Data, Needs, bulk_id};
use scimux_scim::{ScimError, Text};
use tower::ServiceExt;

use super::super::admit::ask;
use super::super::authenticate::Authenticated;
use super::super::brake::{self, Ticket};
use super::super::decode::{action, data};
use super::super::path::{Endpoint, encode, endpoint, id, segments};
use super::super::route::{Place, Route};
use super::super::{CoreError, Created, Refusal, rescue, rules};
use crate::config::Client;
use crate::front::headers::SCIMUX_DROPPED;
use crate::front::panic::{Panicked, catch};
use crate::front::{Request, Response, SCIM_JSON};
use crate::stack::Stage;
use crate::telemetry::Record;

/// Who sent the bulk request, and what of its head belongs to each operation.
pub(super) struct Caller {
    pub(super) route: Arc<Route>,
    known: Arc<Target>,
    client: Option<Arc<Client>>,
    pub(super) record: Arc<Record>,
    headers: HeaderMap,
}

impl Caller {
    pub(super) fn new(request: &Request, record: Arc<Record>, client: Option<Arc<Client>>, place: Place) -> Self {
        let theirs = [AUTHORIZATION, HeaderName::from_static("traceparent")];
        let given = |name: HeaderName| Some((name.clone(), request.headers().get(name)?.clone()));
        let mut headers: HeaderMap = theirs.into_iter().filter_map(given).collect();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
        Self { route: place.route, known: place.known, client, record, headers }
    }
}

/// One operation.
pub(super) struct Operation {
    /// Its name for those that refer to it.
    pub(super) bulk_id: Option<Text>,
    method: Option<Text>,
    asked: Result<Asked, ScimError>,
    endpoint: Endpoint,
}

/// What is known of it before it begins.
#[derive(Default)]
pub(super) struct Foreseen {
    /// What it waits for.
    pub(super) needs: Needs,
    /// Whether somebody loses access by it.
    pub(super) is_loss: bool,
}

/// What came of it.
pub(super) struct Done {
    /// For the client.
    pub(super) answer: Answer,
    /// The id of what it created.
    pub(super) created: Option<Text>,
    /// The names of what was left out.
    pub(super) dropped: Option<HeaderValue>,
}

/// Why an operation that refers to itself is refused (RFC 7644 section 3.7.1).
pub(super) fn circular() -> ScimError {
    ScimError::new(409, "this operation is part of a circle of references; create without them, then refer by PATCH")
}

impl Operation {
    /// An operation of a request on this route.
    pub(super) fn new(operation: BulkOperation, caller: &Caller) -> Self {
        let BulkOperation { method, bulk_id, asked } = operation;
        let path = asked.as_ref().map(|asked| &*asked.path).unwrap_or_default();
        let segments: Vec<&str> = segments(path).collect();
        let endpoint = endpoint(&segments, &caller.known);
        Self { bulk_id, method, asked, endpoint }
    }

    /// What is known of it before it begins. What will be refused anyway waits for nothing, and takes nothing from anybody.
    pub(super) fn foreseen(&self, caller: &Caller) -> Foreseen {
        self.decoded(caller).unwrap_or_default()
    }

    fn decoded(&self, caller: &Caller) -> Option<Foreseen> {
        let asked = self.asked.as_ref().ok()?;
        let (served, ask) = ask(self.endpoint.clone(), &method(asked)).ok()?;
        rules::check(&caller.route, &caller.known, served, &ask).ok()?;
        let known = &caller.known.types[served].canonical;
        let quirks = caller.client.as_ref().map(|client| client.quirks.reading).unwrap_or_default();
        let body = || Ok(asked.data.clone().unwrap_or_default());
        let mut action = action(ask, body, known, quirks).ok();
        let is_loss = action.as_ref().is_some_and(brake::is_loss);
        let data = action.as_mut().map_or(Data::Nothing, data);
        let needs = match (&self.endpoint, data) {
            (Endpoint::Resource(_, id), data) => Needs::of_change(id, asked.method, data, known),
            (_, Data::Resource(resource)) => Needs::of_creation(self.bulk_id.clone()?, resource, known),
            _ => return None,
        };
        Some(Foreseen { needs, is_loss })
    }

    /// Sends it on its way through the stations below, unless it is `refused`. A panic in it fails it alone.
    pub(super) async fn carry_out<S>(
        &self,
        caller: &Caller,
        known: Created,
        ticket: Option<Ticket>,
        refused: Option<ScimError>,
        inner: S,
    ) -> Done
    where
        S: Stage<Authenticated, Response, CoreError>,
    {
        let carried_out = async {
            let (asked, at) = match refused.map_or_else(|| self.prepare(caller, known, ticket), Err) {
                Ok(prepared) => prepared,
                Err(error) => return self.failed(error, caller).into(),
            };
            match inner.oneshot(asked).await {
                Ok(answer) => self.succeeded(&answer, self.location(&at, caller)),
                Err(error) => self.failed_at(told(rescue::refusal(error)), &at, caller).into(),
            }
        };
        let caught = catch(carried_out, &caller.record.id).await;
        caught.unwrap_or_else(|Panicked| self.failed(ScimError::new(500, "internal error"), caller).into())
    }

    /// The request that it is by itself.
    fn prepare(
        &self,
        caller: &Caller,
        known: Created,
        ticket: Option<Ticket>,
    ) -> Result<(Authenticated, Endpoint), ScimError> {
        let asked = self.asked.as_ref().map_err(Clone::clone)?;
        let endpoint = self.resolved(&known, caller)?;
        let body = asked.data.as_ref().map(|data| data.to_bytes()).unwrap_or_default();
        let mut request = http::Request::new(
            Full::new(body).map_err(|never: std::convert::Infallible| match never {}).boxed_unsync(),
        );
        *request.method_mut() = method(asked);
        *request.headers_mut() = caller.headers.clone();
        if let Some(version) = asked.version.as_ref().filter(|_| matches!(endpoint, Endpoint::Resource(..))) {
            // What no header can hold names no version, so that the condition fails.
            let version = HeaderValue::from_str(version).unwrap_or(HeaderValue::from_static(""));
            request.headers_mut().insert(IF_MATCH, version);
        }
        request.extensions_mut().insert(Arc::new(Record::part(&caller.record)));
        request.extensions_mut().insert(known);
        if let Some(ticket) = ticket {
            request.extensions_mut().insert(ticket);
        }
        let (route, target) = (caller.route.clone(), caller.known.clone());
        let place = Place { route, known: target, endpoint: endpoint.clone() };
        Ok((Authenticated { request, place: Some(place), client: caller.client.clone() }, endpoint))
    }

    /// Where it happens, with the id of what it refers to. An operation is about resources, so never about another bulk
    /// request (rfc-traps 267).
    fn resolved(&self, Created(ids): &Created, caller: &Caller) -> Result<Endpoint, ScimError> {
        match &self.endpoint {
            Endpoint::Resource(served, id) => match bulk_id(id) {
                None => Ok(self.endpoint.clone()),
                Some(bulk_id) => match ids.get(bulk_id) {
                    // Read as a path, as if the client had written the id.
                    Some(id) => Ok(created_at(*served, id, &caller.known)),
                    None => Err(ScimError::new(409, format!("no resource was created under the bulkId {bulk_id}"))),
                },
            },
            Endpoint::Bulk | Endpoint::Root | Endpoint::Search(_) | Endpoint::Discovery(_) | Endpoint::Me => {
                Err(ScimError::invalid_value("path must name a resource or a resource type, such as /Users"))
            }
            other => Ok(other.clone()),
        }
    }

    fn succeeded(&self, answer: &Response, location: String) -> Done {
        let header = |name: HeaderName| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
        let made = header(LOCATION);
        let answer_of_it = Answer {
            location: Some(made.clone().unwrap_or(location)),
            version: header(ETAG),
            status: answer.status().as_u16(),
            ..self.answer()
        };
        let created = made.as_deref().and_then(last_segment);
        Done { answer: answer_of_it, created, dropped: answer.headers().get(SCIMUX_DROPPED).cloned() }
    }

    /// Its answer if it failed without getting anywhere.
    pub(super) fn failed(&self, error: ScimError, caller: &Caller) -> Answer {
        self.failed_at(error, &self.endpoint, caller)
    }

    fn failed_at(&self, error: ScimError, at: &Endpoint, caller: &Caller) -> Answer {
        // rfc-traps 256.
        let is_creation = self.method.as_deref() == Some("POST");
        let location = (!is_creation).then(|| self.location(at, caller));
        Answer { location, status: error.status, response: Some(error), ..self.answer() }
    }

    /// The URL of what is at this place; as the client wrote it where it names no resource, and of the route where that
    /// could lead elsewhere.
    fn location(&self, at: &Endpoint, caller: &Caller) -> String {
        if let Endpoint::Resource(served, id) = at {
            let kind = &caller.known.types[*served].canonical.endpoint;
            return format!("{}{kind}/{}", caller.route.base, encode(id));
        }
        let path = self.asked.as_ref().map(|asked| &*asked.path).unwrap_or_default();
        let harmless: Option<Vec<Text>> = segments(path).map(id).collect();
        let path = harmless.unwrap_or_default().into_iter().map(|segment| format!("/{}", encode(&segment)));
        format!("{}{}", caller.route.base, path.collect::<String>())
    }

    fn answer(&self) -> Answer {
        let (method, bulk_id) = (self.method.clone(), self.bulk_id.clone());
        Answer { location: None, method, bulk_id, version: None, status: 200, response: None }
    }
}

/// The error of a refusal. Its header `Retry-After` has no place but the detail.
fn told(refusal: Refusal) -> ScimError {
    let Refusal { mut error, headers } = refusal;
    let seconds = headers.iter().find(|(name, _)| name == RETRY_AFTER).and_then(|(_, value)| value.to_str().ok());
    if let Some(seconds) = seconds {
        error.detail.push_str(&format!(" (Retry-After: {seconds})"));
    }
    error
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        Self { answer, created: None, dropped: None }
    }
}

fn method(asked: &Asked) -> Method {
    Method::from_bytes(asked.method.as_str().as_bytes()).expect("the four are HTTP's")
}

fn created_at(served: usize, id: &str, target: &Target) -> Endpoint {
    let kind = target.types[served].canonical.endpoint.trim_start_matches('/');
    endpoint(&[kind, &encode(id).to_string()], target)
}

/// The id at the end of a URL that the gateway wrote.
fn last_segment(url: &str) -> Option<Text> {
    let id = percent_decode_str(url.rsplit('/').next()?).decode_utf8().ok()?;
    Some(Text::from(&*id))
}
