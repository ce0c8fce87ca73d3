//! Which route a request takes: by host first, then by the longest path of whole segments.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::FutureExt;
use http::header::HOST;
use http::uri::Authority;
use scimux_adapters::Target;
use tokio::time::{Duration, timeout};
use tower::Layer;
use tower::layer::layer_fn;

use super::CoreError;
use super::brake::Brake;
use super::path::{Endpoint, endpoint, segments};
use crate::config::Rules;
use crate::front::{Request, Response};
use crate::stack::{Stage, relay};
use crate::target::LiveTarget;
use crate::telemetry::Record;

/// How long a request waits for the target's first answer on what it has.
const PATIENCE: Duration = Duration::from_secs(5);

/// A route that is served.
#[derive(Debug)]
pub(crate) struct Route {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Its host, in lower case.
    pub(crate) host: Option<String>,
    /// The segments of its path.
    pub(crate) segments: Vec<String>,
    /// The base of every URL written in its answers.
    pub(crate) base: String,
    /// Its target.
    pub(crate) target: Arc<LiveTarget>,
    /// Discovery without a token.
    pub(crate) public_discovery: bool,
    /// Everything without a token of ours.
    pub(crate) open: bool,
    /// What nobody may do here.
    pub(crate) rules: Rules,
    /// Its safety brake.
    pub(crate) brake: Option<Arc<Brake>>,
}

/// A request and where it leads; that it leads nowhere is told only to who may know.
#[derive(Debug)]
pub(crate) struct Located {
    /// The request.
    pub(crate) request: Request,
    /// Its place.
    pub(crate) place: Option<Place>,
}

/// A place behind the front door.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The route.
    pub(crate) route: Arc<Route>,
    /// Its target as it is known now: one and the same for the whole request, whatever is learned meanwhile.
    pub(crate) known: Arc<Target>,
    /// What the path below it names.
    pub(crate) endpoint: Endpoint,
}

/// Finds the route of each request and notes it in the request's record.
pub(crate) fn layer<S>(routes: Arc<[Arc<Route>]>) -> impl Layer<S, Service: Stage<Request, Response, CoreError>>
where
    S: Stage<Located, Response, CoreError>,
{
    let table = Arc::new(Table::new(&routes));
    layer_fn(move |inner: S| {
        let table = table.clone();
        relay(move |request: Request| {
            let Some(route) = table.find(&request).cloned() else {
                return inner.pass(Located { request, place: None });
            };
            if let Some(record) = request.extensions().get::<Arc<Record>>() {
                let _ = record.route.set(route.name.clone());
                let _ = record.target.set(route.target.name.clone());
            }
            if route.target.lasting.knowledge.is_settled() {
                let place = Some(place(route, request.uri().path()));
                return inner.pass(Located { request, place });
            }
            let inner = inner.clone();
            async move {
                // A target that hangs is asked for what the request wants all the same, and tells so itself.
                let _ = timeout(PATIENCE, route.target.lasting.knowledge.settled()).await;
                let place = Some(place(route, request.uri().path()));
                inner.pass(Located { request, place }).await
            }
            .boxed()
        })
    })
}

/// The routes by what a request says, so that a thousand are searched as fast as one.
#[derive(Debug, Default)]
struct Table {
    by_host: HashMap<String, Branch>,
    of_any_host: Branch,
}

/// The routes whose paths begin alike.
#[derive(Debug, Default)]
struct Branch {
    ends_here: Option<Arc<Route>>,
    by_segment: BTreeMap<String, Branch>,
}

impl Table {
    fn new(routes: &[Arc<Route>]) -> Self {
        let mut table = Self::default();
        for route in routes {
            let root = match &route.host {
                Some(host) => table.by_host.entry(host.clone()).or_default(),
                None => &mut table.of_any_host,
            };
            let end = route.segments.iter().fold(root, |at, segment| at.by_segment.entry(segment.clone()).or_default());
            end.ends_here = Some(route.clone());
        }
        table
    }

    fn find(&self, request: &Request) -> Option<&Arc<Route>> {
        let path = request.uri().path();
        // Most gateways have no route of one host only, and need not know which was asked for.
        let host = if self.by_host.is_empty() { None } else { host(request) };
        let of_host = host.and_then(|host| self.by_host.get(&host)?.find(path));
        of_host.or_else(|| self.of_any_host.find(path))
    }
}

impl Branch {
    /// The route with the longest path of whole segments that this one begins with.
    fn find(&self, path: &str) -> Option<&Arc<Route>> {
        let (mut at, mut found) = (self, self.ends_here.as_ref());
        for segment in segments(path) {
            let Some(next) = at.by_segment.get(segment) else { break };
            at = next;
            found = at.ends_here.as_ref().or(found);
        }
        found
    }
}

/// The host asked for, in lower case and without port: HTTP/2 has it in the URI, HTTP/1.1 in a header.
fn host(request: &Request) -> Option<String> {
    let named = || request.headers().get(HOST)?.to_str().ok()?.parse::<Authority>().ok();
    let authority = request.uri().authority().cloned().or_else(named)?;
    Some(authority.host().to_ascii_lowercase())
}

/// What a path names on its route, once the target's first answer on what it has is there or was waited for in vain.
fn place(route: Arc<Route>, path: &str) -> Place {
    let knowledge = &route.target.lasting.knowledge;
    let known = knowledge.target();
    // No path of more than two segments names anything.
    let mut below = [""; 3];
    let mut count = 0;
    for (slot, segment) in below.iter_mut().zip(segments(path).skip(route.segments.len())) {
        *slot = segment;
        count += 1;
    }
    let endpoint = match endpoint(&below[..count], &known) {
        // Never a 404 because the target could not be asked.
        Endpoint::Nothing if matches!(count, 1 | 2) && knowledge.is_unsure() => Endpoint::Unknown,
        endpoint => endpoint,
    };
    Place { route, known, endpoint }
}
