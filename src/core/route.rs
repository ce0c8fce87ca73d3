//! Which route a request takes: by host first, then by the longest path of whole segments.

use std::sync::Arc;

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
use crate::stack::{Stage, station};
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
    layer_fn(move |inner: S| {
        let routes = routes.clone();
        station(move |request: Request| {
            let route = find(&routes, host(&request).as_deref(), request.uri().path()).cloned();
            if let (Some(route), Some(record)) = (&route, request.extensions().get::<Arc<Record>>()) {
                let _ = record.route.set(route.name.clone());
                let _ = record.target.set(route.target.name.clone());
            }
            let inner = inner.clone();
            async move {
                let place = match route {
                    Some(route) => Some(place(route, request.uri().path()).await),
                    None => None,
                };
                inner.pass(Located { request, place }).await
            }
        })
    })
}

/// The host asked for, in lower case and without port: HTTP/2 has it in the URI, HTTP/1.1 in a header.
fn host(request: &Request) -> Option<String> {
    let named = || request.headers().get(HOST)?.to_str().ok()?.parse::<Authority>().ok();
    let authority = request.uri().authority().cloned().or_else(named)?;
    Some(authority.host().to_ascii_lowercase())
}

fn find<'a>(routes: &'a [Arc<Route>], host: Option<&str>, path: &str) -> Option<&'a Arc<Route>> {
    let asked: Vec<&str> = segments(path).collect();
    let fits = |route: &&Arc<Route>| {
        let host_fits = route.host.as_deref().is_none_or(|own| Some(own) == host);
        host_fits
            && asked.len() >= route.segments.len()
            && route.segments.iter().zip(&asked).all(|(own, got)| own == got)
    };
    routes.iter().filter(fits).max_by_key(|route| (route.host.is_some(), route.segments.len()))
}

/// What a path names on its route, once the target's first answer on what it has is there.
async fn place(route: Arc<Route>, path: &str) -> Place {
    let knowledge = &route.target.lasting.knowledge;
    // A target that hangs is asked for what the request wants all the same, and tells so itself.
    let _ = timeout(PATIENCE, knowledge.settled()).await;
    let known = knowledge.target();
    let below: Vec<&str> = segments(path).skip(route.segments.len()).collect();
    let endpoint = match endpoint(&below, &known) {
        // Never a 404 because the target could not be asked.
        Endpoint::Nothing if matches!(below.len(), 1 | 2) && knowledge.is_unsure() => Endpoint::Unknown,
        endpoint => endpoint,
    };
    Place { route, known, endpoint }
}
