//! What a request would make the gateway send, without sending anything: the stations that serve, over a vendor that is
//! only imagined.
//!
//! Nothing here knows how a request becomes vendor calls. `stack::core` finds it out as it does for `serve`; only the
//! target's service is another: [`stand_in`] writes each call down as the adapter makes it, and answers as the vendor would.

mod raw;
mod stand_in;
mod story;
mod told;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Full};
use scimux_adapters::{VendorError, VendorErrorKind};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use crate::config::{Auth, Client, Config, Listen, Route, Server};
use crate::core::authenticate::caller;
use crate::core::brake::Brakes;
use crate::core::path::{Endpoint, endpoint, segments};
use crate::core::redact::Redactor;
use crate::front::request_id;
use crate::serve;
use crate::stack;
use crate::target::LiveTarget;
use crate::target::lasting::Lasting;
use crate::telemetry::{Metrics, Record};
use crate::upstream::{Credentials, HttpService};
pub(crate) use raw::HEAD_BYTES;
use stand_in::{Habit, StandIn};
use story::Story;
use told::Otherwise;
pub(crate) use told::{Answer, Change, Course, Explained, Step, Told};

/// What stands for the id that the gateway gives each request which brings none.
const NEW_ID: &str = "made-for-each-request";

/// Explains a raw HTTP request on a route. `current` is the vendor's present resource as its GET would answer.
///
/// # Errors
/// What is wrong with the route's name, the request's form or `current`.
pub(crate) async fn explain(
    config: &Config,
    route: &str,
    request: &[u8],
    current: Option<Vec<u8>>,
) -> Result<Explained, String> {
    let route = config.routes.iter().find(|known| known.name == route).ok_or_else(|| unknown(route, config))?;
    let request = raw::parse(request)?.below(route)?;
    if is_bulk(&request, route) {
        return Err("a bulk request is many requests; ask for each of its operations by itself".to_owned());
    }
    let clients: Vec<Arc<Client>> = config.clients.iter().cloned().map(Arc::new).collect();
    let caller = caller(&clients, request.headers(), &[]);
    let name = caller.as_ref().map(|client| client.name.clone());
    // No secret is needed: whoever brings no token that is known here is taken for one who may do everything.
    let clients: Arc<[_]> = if caller.is_some() { clients.into() } else { Arc::new([]) };
    let setting = Setting { config, route, clients, request, current: current.map(Bytes::from) };
    let course = setting.course(Habit::default()).await?;
    let otherwise = setting.otherwise(&course).await?;
    Ok(Explained {
        route: route.name.clone(),
        target: route.target.target.settings.name.clone(),
        adapter: route.target.target.vendor.name,
        client: name,
        credential: credential(&route.target.auth),
        not_asked: route.target.target.describes_itself().then_some(NOT_ASKED),
        method: setting.request.method().to_string(),
        path: setting.request.uri().to_string(),
        course,
        otherwise,
    })
}

/// What a running gateway knows better.
const NOT_ASKED: &str =
    "its own description: resource types and attributes that only it names are not known here, and serve may know them";

/// Whether the request holds operations, whose calls would be told in one heap.
fn is_bulk(request: &http::Request<Bytes>, route: &Route) -> bool {
    let own = segments(&route.path).count();
    let below: Vec<&str> = segments(request.uri().path()).skip(own).collect();
    *request.method() == Method::POST && endpoint(&below, &route.target.target) == Endpoint::Bulk
}

fn unknown(route: &str, config: &Config) -> String {
    let known: Vec<&str> = config.routes.iter().map(|route| route.name.as_str()).collect();
    format!("there is no route {route:?}; known here: {}", known.join(", "))
}

fn credential(auth: &Auth) -> &'static str {
    match auth {
        Auth::None => "none",
        Auth::Passthrough => "the client's own, passed through",
        Auth::Bearer(_) | Auth::Basic(..) | Auth::Header(..) => "as configured",
        Auth::OAuth2 { .. } => "a token from the token endpoint, fetched first where there is none",
        Auth::Session { .. } => "a session from the vendor's login, which comes first where there is none",
    }
}

/// Everything that does not depend on what the vendor does.
struct Setting<'a> {
    config: &'a Config,
    route: &'a Route,
    clients: Arc<[Arc<Client>]>,
    request: http::Request<Bytes>,
    current: Option<Bytes>,
}

impl Setting<'_> {
    /// What happens if the vendor does what nobody says it does, as far as other calls come of it.
    async fn otherwise(&self, main: &Course) -> Result<Vec<Otherwise>, String> {
        let mut found: Vec<Otherwise> = Vec::new();
        for habit in Habit::OTHERS {
            let course = self.course(habit).await?;
            let known = |other: &Course| other.sends_as(&course);
            if !known(main) && !found.iter().any(|other| known(&other.course)) {
                found.push(Otherwise { condition: habit.condition(), course });
            }
        }
        Ok(found)
    }

    /// Plays the request through once.
    async fn course(&self, habit: Habit) -> Result<Course, String> {
        let story = Arc::new(Story::default());
        let core = self.stations(habit, &story);
        let Ok(answer) = core.oneshot(self.front_request(&story)).await;
        let (head, body) = answer.into_parts();
        let Ok(body) = body.collect().await;
        story.end(&head, &body.to_bytes())
    }

    /// The stations that serve, with this route alone.
    fn stations(&self, habit: Habit, story: &Arc<Story>) -> stack::CoreService {
        let metrics = Arc::new(Metrics::new());
        let limits = &self.config.server.limits;
        let public_url = public_url(&self.config.server);
        let target = Arc::new(self.target(habit, story, &public_url, &metrics));
        let routes = serve::routes(self.config, &public_url, &[target], &Brakes::default(), &metrics);
        let this = routes.into_iter().filter(|route| *route.name == *self.route.name).collect();
        stack::core(self.clients.clone(), this, limits, Arc::default(), metrics)
    }

    fn target(&self, habit: Habit, story: &Arc<Story>, public_url: &str, metrics: &Arc<Metrics>) -> LiveTarget {
        let config = &self.route.target;
        LiveTarget {
            name: config.target.settings.name.as_str().into(),
            config: config.clone(),
            lasting: Lasting::new(config),
            credentials: Arc::new(Credentials::new(config, &nowhere(), metrics, None)),
            redactor: Redactor::new([], public_url),
            service: StandIn::new(config.clone(), self.current.clone(), habit, story.clone()).service(),
        }
    }

    fn front_request(&self, story: &Arc<Story>) -> crate::front::Request {
        let id = request_id::given(self.request.headers()).unwrap_or(NEW_ID);
        let (mut head, body) = self.request.clone().into_parts();
        head.extensions.insert(Arc::new(Record::watched(id.into(), story.clone())));
        http::Request::from_parts(head, Full::new(body).map_err(|never| match never {}).boxed_unsync())
    }
}

/// A way to no vendor: nothing here may open a connection.
fn nowhere() -> HttpService {
    BoxCloneSyncService::new(service_fn(|_: http::Request<Bytes>| async {
        Err::<http::Response<Bytes>, _>(VendorError::new(VendorErrorKind::Unreachable))
    }))
}

/// As the gateway would write it; where it takes the address bound, the address configured.
fn public_url(server: &Server) -> String {
    let first = || {
        server.listen.iter().find_map(|listen| match listen {
            Listen::Tcp(address) => Some(format!("http://{address}")),
            Listen::Unix(_) => None,
        })
    };
    server.public_url.clone().or_else(first).unwrap_or_default()
}

/// Headers as they may be shown: a credential by its form only.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let one = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let secret = value.is_sensitive() || *name == http::header::AUTHORIZATION;
        (name.to_string(), if secret { form(name, &text) } else { text.into_owned() })
    };
    headers.iter().map(one).collect()
}

fn form(name: &http::HeaderName, credential: &str) -> String {
    match credential.split_once(' ') {
        Some((scheme, _)) if *name == http::header::AUTHORIZATION => format!("{scheme} ***"),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests;
