//! Who calls. Without a valid token or certificate every path is 401, so that nobody learns which paths there are.

use std::sync::Arc;

use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use tower::Layer;
use tower::layer::layer_fn;

use super::lasting::Lasting;
use super::path::Endpoint;
use super::route::{Located, Place};
use super::{CoreError, Refusal, refusal};
use crate::certificate::Name;
use crate::config::Client;
use crate::front::origin::Origin;
use crate::front::peer::peer;
use crate::front::{Request, Response};
use crate::stack::{Stage, at_once, relay};
use crate::telemetry::Record;

const X_HTTP_METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// A request whose caller may be here.
#[derive(Debug)]
pub(crate) struct Authenticated {
    /// The request.
    pub(crate) request: Request,
    /// Its place.
    pub(crate) place: Option<Place>,
    /// Its caller; `None` where nobody has to say.
    pub(crate) client: Option<Arc<Client>>,
}

/// Who may pass, and who failed to.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    /// The clients; none: everybody passes.
    pub(crate) clients: Arc<[Arc<Client>]>,
    /// Where failures are counted.
    pub(crate) lasting: Arc<Lasting>,
    /// How many of them an address has in a minute.
    pub(crate) failures_per_minute: u32,
}

/// Lets pass who brings a client's token or certificate, and everybody where no client is configured or the route says so.
pub(crate) fn layer<S>(gate: Gate) -> impl Layer<S, Service: Stage<Located, Response, CoreError>>
where
    S: Stage<Authenticated, Response, CoreError>,
{
    layer_fn(move |inner: S| {
        let gate = gate.clone();
        relay(move |Located { mut request, place }: Located| {
            let passed = gate.pass(&request, place.as_ref());
            let passed = passed.and_then(|client| heed(&mut request, client.as_deref()).map(|()| client));
            match passed {
                Ok(client) => inner.pass(Authenticated { request, place, client }),
                Err(refusal) => at_once(Err(refusal)),
            }
        })
    })
}

impl Gate {
    fn pass(&self, request: &Request, place: Option<&Place>) -> Result<Option<Arc<Client>>, Refusal> {
        // On an open route the credential is the vendor's business; it is not even compared.
        if self.clients.is_empty() || place.is_some_and(|place| place.route.open) {
            return Ok(None);
        }
        let names = peer(request).map_or(&[][..], |peer| &peer.names);
        // A client's credential from elsewhere is as good as none, and told so: it may have been stolen.
        let comes = |client: &Arc<Client>| Origin::of(request).is_among(client.allow_from.as_deref());
        let client = caller(&self.clients, request.headers(), names).filter(comes);
        let public = |place: &Place| place.route.public_discovery && matches!(place.endpoint, Endpoint::Discovery(_));
        if client.is_none() && !place.is_some_and(public) {
            let tried = request.headers().contains_key(AUTHORIZATION) || !names.is_empty();
            return Err(if tried { self.failed(request) } else { unknown() });
        }
        Ok(client)
    }

    /// A wrong credential, or one too many of them.
    fn failed(&self, request: &Request) -> Refusal {
        let Some(wait) = self.lasting.attempts.failed(Origin::of(request), self.failures_per_minute) else {
            return unknown();
        };
        if let Some(record) = request.extensions().get::<Arc<Record>>() {
            record.hold();
        }
        let seconds = wait.as_secs_f64().ceil().max(1.0);
        refusal(StatusCode::TOO_MANY_REQUESTS, "too many wrong credentials came from this address")
            .with_header(RETRY_AFTER, HeaderValue::from_str(&seconds.to_string()).expect("digits"))
    }
}

/// The client whose token a request brings; without `Authorization`, the one whose name the certificate bears.
pub(crate) fn caller(clients: &[Arc<Client>], headers: &HeaderMap, names: &[Name]) -> Option<Arc<Client>> {
    if headers.contains_key(AUTHORIZATION) { identify(clients, token(headers)?) } else { bearer(clients, names) }
}

/// The client that a certificate names. One that names two clients names nobody.
fn bearer(clients: &[Arc<Client>], names: &[Name]) -> Option<Arc<Client>> {
    let mut named = clients.iter().filter(|client| client.certificates.iter().any(|name| names.contains(name)));
    let (client, second) = (named.next()?, named.next());
    second.is_none().then(|| client.clone())
}

/// The bearer token; two `Authorization` headers are none.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, second) = (values.next()?, values.next());
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (second.is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
}

/// The client with this token. Hashes are compared in constant time, and all of them, whichever fits.
fn identify(clients: &[Arc<Client>], token: &str) -> Option<Arc<Client>> {
    let presented: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let mut found = None;
    for client in clients {
        let none = Choice::from(0);
        let fits = client.token_hashes.iter().fold(none, |fits, known| fits | presented.ct_eq(known));
        if bool::from(fits) {
            found = Some(client);
        }
    }
    found.cloned()
}

/// What follows from who it is: the name in the log, and the client's quirks of HTTP.
fn heed(request: &mut Request, client: Option<&Client>) -> Result<(), Refusal> {
    let Some(client) = client else { return Ok(()) };
    if let Some(record) = request.extensions().get::<Arc<Record>>() {
        let _ = record.client.set(client.name.as_str().into());
        if client.quirks.json_answers {
            record.force_json();
        }
    }
    if client.quirks.method_override { override_method(request) } else { Ok(()) }
}

/// `X-HTTP-Method-Override` on POST (clients.md rule 20). It is looked at before everything that depends on the method,
/// so that it opens nothing that the method itself would not.
fn override_method(request: &mut Request) -> Result<(), Refusal> {
    let meant = request.headers().get(X_HTTP_METHOD_OVERRIDE).filter(|_| *request.method() == Method::POST);
    if let Some(meant) = meant {
        let method = Method::from_bytes(meant.as_bytes().to_ascii_uppercase().trim_ascii());
        let unreadable = |_| refusal(StatusCode::BAD_REQUEST, "X-HTTP-Method-Override holds no method");
        *request.method_mut() = method.map_err(unreadable)?;
    }
    Ok(())
}

fn unknown() -> Refusal {
    let detail =
        "a valid bearer token of this gateway is needed in the Authorization header, or a client's certificate";
    refusal(StatusCode::UNAUTHORIZED, detail)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scimux\""))
}
