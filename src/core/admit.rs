//! Whether the caller may do this here: route, then method, then read-only.

use std::sync::Arc;

use http::header::{ALLOW, AUTHORIZATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use scimux_adapters::{Target, check_operation};
use scimux_scim::Text;
use tower::Layer;
use tower::layer::layer_fn;

use super::authenticate::Authenticated;
use super::path::Endpoint;
use super::route::{Place, Route};
use super::{Context, CoreError, Refusal, refusal, rules};
use crate::config::{Auth, Client};
use crate::front::{Request, Response};
use crate::stack::{Stage, at_once, relay};
use crate::target::Trace;
use crate::telemetry::Record;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What is asked of a resource type; bodies are still unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// POST.
    Create,
    /// GET of many.
    List,
    /// GET of many of all types.
    ListAll,
    /// POST of a SearchRequest over the context's type.
    Search,
    /// POST of a SearchRequest over all types.
    SearchAll,
    /// GET of one.
    Read(Text),
    /// PUT.
    Replace(Text),
    /// PATCH.
    Patch(Text),
    /// DELETE.
    Delete(Text),
}

impl Ask {
    /// Whether it is said in a body.
    pub(super) fn has_body(&self) -> bool {
        match self {
            Self::Create | Self::Replace(_) | Self::Patch(_) | Self::Search | Self::SearchAll => true,
            Self::List | Self::ListAll | Self::Read(_) | Self::Delete(_) => false,
        }
    }

    /// The name of the operation, if it changes something.
    fn change(&self) -> Option<&'static str> {
        Some(match self {
            Self::Create => "create",
            Self::Replace(_) => "replace",
            Self::Patch(_) => "patch",
            Self::Delete(_) => "delete",
            Self::List | Self::ListAll | Self::Search | Self::SearchAll | Self::Read(_) => return None,
        })
    }
}

/// A request that may be carried out.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// Its context.
    pub(crate) context: Arc<Context>,
    /// What it asks.
    pub(crate) ask: Ask,
    /// The request, for its body, media type and query.
    pub(crate) request: Request,
}

/// Refuses what the caller may not do or what is not there.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Authenticated, Response, CoreError>>
where
    S: Stage<Admitted, Response, CoreError>,
{
    layer_fn(|inner: S| {
        relay(move |Authenticated { request, place, client }: Authenticated| match admit(request, place, client) {
            Ok(admitted) => inner.pass(admitted),
            Err(refusal) => at_once(Err(refusal)),
        })
    })
}

fn admit(request: Request, place: Option<Place>, client: Option<Arc<Client>>) -> Result<Admitted, Refusal> {
    let Place { route, known, endpoint } = enter(place, client.as_deref(), request.method())?;
    let (served, ask) = ask(endpoint, request.method())?;
    if known.types.is_empty() {
        return Err(nothing());
    }
    rules::check(&route, &known, served, &ask)?;
    let context = Arc::new(context(&request, (route, known), client.as_deref(), served));
    note(&context, &ask);
    if let Some(operation) = ask.change() {
        // What nobody does with any body is not 400 for this one.
        check_operation(operation, &context.known, context.served())?;
    }
    Ok(Admitted { context, ask, request })
}

/// The place, if this client may use its route, and may do this there.
pub(super) fn enter(place: Option<Place>, client: Option<&Client>, method: &Method) -> Result<Place, Refusal> {
    let place = place.filter(|place| may_use(client, &place.route)).ok_or_else(nothing)?;
    check(&place.endpoint, method, client)?;
    Ok(place)
}

fn may_use(client: Option<&Client>, route: &Route) -> bool {
    let names = client.and_then(|client| client.routes.as_ref());
    names.is_none_or(|names| names.iter().any(|name| **name == *route.name))
}

fn not_known_yet() -> Refusal {
    let detail = "the target could not be asked for its resource types yet; try again soon";
    refusal(StatusCode::SERVICE_UNAVAILABLE, detail).with_header(RETRY_AFTER, HeaderValue::from_static("30"))
}

fn nothing() -> Refusal {
    refusal(StatusCode::NOT_FOUND, "there is nothing at this path")
}

/// Method and read-only, in this order.
fn check(endpoint: &Endpoint, method: &Method, client: Option<&Client>) -> Result<(), Refusal> {
    let allowed = match endpoint {
        Endpoint::Nothing => return Err(nothing()),
        Endpoint::Unknown => return Err(not_known_yet()),
        Endpoint::Lacking => return Err(missing("this target's vendor has no such resource type")),
        Endpoint::Me => return Err(missing("/Me would be the gateway's own account at the vendor; use /Users/{id}")),
        Endpoint::Collection(_) => &["GET", "HEAD", "POST"][..],
        Endpoint::Resource(..) => &["GET", "HEAD", "PUT", "PATCH", "DELETE"],
        Endpoint::Discovery(_) | Endpoint::Root => &["GET", "HEAD"],
        Endpoint::Search(_) | Endpoint::Bulk => &["POST"],
    };
    if !allowed.contains(&method.as_str()) {
        return Err(not_allowed(&allowed.join(", ")));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD) || matches!(endpoint, Endpoint::Search(_));
    if !reads && client.is_some_and(|client| client.read_only) {
        return Err(refusal(StatusCode::FORBIDDEN, "this client may only read"));
    }
    Ok(())
}

fn not_allowed(allowed: &str) -> Refusal {
    let detail = format!("this path takes {allowed}");
    let allowed = HeaderValue::from_str(allowed).expect("names of methods");
    refusal(StatusCode::METHOD_NOT_ALLOWED, detail).with_header(ALLOW, allowed)
}

/// What is asked of which resource type.
pub(super) fn ask(endpoint: Endpoint, method: &Method) -> Result<(usize, Ask), Refusal> {
    Ok(match (endpoint, method.as_str()) {
        (Endpoint::Collection(served), "POST") => (served, Ask::Create),
        (Endpoint::Collection(served), _) => (served, Ask::List),
        (Endpoint::Resource(served, id), "PUT") => (served, Ask::Replace(id)),
        (Endpoint::Resource(served, id), "PATCH") => (served, Ask::Patch(id)),
        (Endpoint::Resource(served, id), "DELETE") => (served, Ask::Delete(id)),
        (Endpoint::Resource(served, id), _) => (served, Ask::Read(id)),
        (Endpoint::Search(Some(served)), _) => (served, Ask::Search),
        // No type is meant; the first stands in where one is needed, such as to probe the target.
        (Endpoint::Search(None), _) => (0, Ask::SearchAll),
        (Endpoint::Root, _) => (0, Ask::ListAll),
        // Documents and bulk requests are answered before this station.
        (
            Endpoint::Discovery(_)
            | Endpoint::Bulk
            | Endpoint::Me
            | Endpoint::Lacking
            | Endpoint::Unknown
            | Endpoint::Nothing,
            _,
        ) => {
            return Err(nothing());
        }
    })
}

fn missing(detail: &str) -> Refusal {
    refusal(StatusCode::NOT_IMPLEMENTED, detail)
}

fn context(
    request: &Request,
    (route, known): (Arc<Route>, Arc<Target>),
    client: Option<&Client>,
    served: usize,
) -> Context {
    let passthrough = matches!(route.target.config.auth, Auth::Passthrough);
    let trace = Trace {
        record: request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default(),
        traceparent: traceparent(request.headers()),
        authorization: request.headers().get(AUTHORIZATION).filter(|_| passthrough).cloned(),
    };
    let quirks = client.map(|client| client.quirks.reading).unwrap_or_default();
    let (created, ticket) = (request.extensions().get().cloned(), request.extensions().get().cloned());
    // The record has its name, but where it is one of a part of a request.
    let noted = || trace.record.client.get().cloned();
    let client = client.map(|client| noted().unwrap_or_else(|| client.name.as_str().into()));
    Context { trace, client, quirks, route, known, served, created, ticket }
}

/// The client's place in a trace (W3C Trace Context), if that is what it is: it goes to the vendor.
fn traceparent(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(TRACEPARENT).filter(|_| headers.get_all(TRACEPARENT).iter().count() == 1)?;
    let parts: Vec<&str> = value.to_str().ok()?.split('-').collect();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let lengths = parts.iter().map(|part| part.len()).take(4).eq([2, 32, 16, 2]);
    // A later version may have more at its end.
    let whole = parts.len() == 4 || parts.len() > 4 && parts[0] != "00" && value.len() <= 256;
    (lengths && whole && parts[0] != "ff" && parts.iter().all(|part| digits(part))).then(|| value.clone())
}

fn note(context: &Context, ask: &Ask) {
    let record = &context.trace.record;
    if !matches!(ask, Ask::ListAll | Ask::SearchAll) {
        let _ = record.resource.set(context.served().canonical.name.clone());
    }
    if let Ask::Read(id) | Ask::Replace(id) | Ask::Patch(id) | Ask::Delete(id) = ask {
        let _ = record.resource_id.set(id.clone());
    }
}
