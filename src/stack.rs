//! The page: every station between a client's connection and a vendor's, in order, each with the reason why it stands
//! where it stands. Outermost first.
//!
//! Zones differ by their request type, so that most mistakes of order do not compile: `front` passes an HTTP request,
//! `core` what has become of it, the target zone a `Call`, the transport an HTTP request again. Inside a zone the layers
//! are generic; each is a [`Station`].
//!
//! Every service here always is ready: what is too much is refused by a station, not held up by `poll_ready`.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder};

use crate::config::{Access, Client, Limits, TargetConfig};
use crate::core::authenticate::Gate;
use crate::core::route::Route;
use crate::core::{
    self, admit, audit, authenticate, body, brake, bulk, discovery, guard, rescue, route, run,
    translate as translate_request,
};
use crate::front::concurrency::{self, Places};
use crate::front::{
    Request, Response, access_log, deadline, error_body, form, headers, hold, origin, panic, request_id,
};
use crate::target::lasting::Lasting;
use crate::target::repeat::{self, Repeats};
use crate::target::{CallService, breaker, deadline as call_deadline, observe, quota, renew, translate, understand};
use crate::telemetry::Metrics;
use crate::upstream::{Credentials, HttpService};

/// A service as the stations see each other: cheap to clone, sendable, always ready, and its answers boxed.
pub(crate) trait Stage<Req, Res, Err>:
    Service<Req, Response = Res, Error = Err, Future = Promise<Res, Err>> + Clone + Send + Sync + 'static
{
    /// Hands a request over.
    fn pass(&self, request: Req) -> Promise<Res, Err>;
}

/// What a station gives back: the answer, when it is there.
pub(crate) type Promise<Res, Err> = BoxFuture<'static, Result<Res, Err>>;

/// An answer that is there.
pub(crate) fn at_once<Res, Err>(answer: Result<Res, impl Into<Err>>) -> Promise<Res, Err>
where
    Res: Send + 'static,
    Err: Send + 'static,
{
    ready(answer.map_err(Into::into)).boxed()
}

/// One station. It is shared, not copied, and its future is boxed: a future that held those of all stations below would
/// grow with every station, and be copied at each.
pub(crate) struct Station<Req, Res, Err>(Arc<Handle<Req, Res, Err>>);

type Handle<Req, Res, Err> = dyn Fn(Req) -> Promise<Res, Err> + Send + Sync;

/// A station that handles each request with `handle`.
pub(crate) fn station<Req, Res, Err, Fut>(handle: impl Fn(Req) -> Fut + Send + Sync + 'static) -> Station<Req, Res, Err>
where
    Fut: Future<Output = Result<Res, Err>> + Send + 'static,
{
    relay(move |request| handle(request).boxed())
}

/// A station that is done with a request when it hands it over: what it gives back is what the next one gave it. It costs
/// no future of its own.
pub(crate) fn relay<Req, Res, Err>(
    handle: impl Fn(Req) -> Promise<Res, Err> + Send + Sync + 'static,
) -> Station<Req, Res, Err> {
    Station(Arc::new(handle))
}

impl<Req: 'static, Res: 'static, Err: 'static> Stage<Req, Res, Err> for Station<Req, Res, Err> {
    fn pass(&self, request: Req) -> Promise<Res, Err> {
        (self.0)(request)
    }
}

impl<Req: 'static, Res: 'static, Err: 'static> Stage<Req, Res, Err> for BoxCloneSyncService<Req, Res, Err> {
    fn pass(&self, request: Req) -> Promise<Res, Err> {
        self.clone().call(request)
    }
}

impl<Req, Res, Err> Clone for Station<Req, Res, Err> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Req, Res, Err> fmt::Debug for Station<Req, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Station").finish_non_exhaustive()
    }
}

impl<Req, Res, Err> Service<Req> for Station<Req, Res, Err> {
    type Response = Res;
    type Error = Err;
    type Future = Promise<Res, Err>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Err>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        (self.0)(request)
    }
}

/// All of a stack as one station.
fn shared<Req, Res, Err>(stack: impl Stage<Req, Res, Err>) -> Station<Req, Res, Err> {
    relay(move |request| stack.pass(request))
}

/// The whole gateway behind its listeners.
pub(crate) type FrontService = Station<Request, Response, Infallible>;

/// The stations of SCIM.
pub(crate) type CoreService = Station<Request, Response, Infallible>;

/// HTTP: what every request passes before anybody asks what it means.
pub(crate) fn front(
    limits: &Limits,
    access: Access,
    places: Arc<Places>,
    metrics: Arc<Metrics>,
    core: CoreService,
) -> FrontService {
    let stack = ServiceBuilder::new()
        // First, since every station below may name the request by its id.
        .layer(request_id::layer())
        // Outside the log and the places: an answer that is held is ready, and takes nothing from others.
        .layer(hold::layer())
        // Outside everything that can answer or give up, so that each request has its line; also when the client hangs
        // up and all that is below is dropped.
        .layer(access_log::layer(metrics))
        // Outside every station that writes an answer: none of them may send a header that is not on the list.
        .layer(headers::layer())
        // Outside all that refuse in plain words: deadline, panic, concurrency.
        .layer(error_body::layer())
        // As far out as an answer can still be made, but inside the log, which has to see the 500.
        .layer(panic::layer())
        // Inside the access log: a deadline outside would drop the log with the request.
        .layer(deadline::layer(limits.request_timeout))
        // Before anything is read from a request, so that all below read the same one.
        .layer(form::layer())
        // Before a place is taken and a credential looked at: from elsewhere neither is to be had.
        .layer(origin::layer(access))
        // Inside the deadline, since a place is given back when the request is dropped. Innermost here: refusing must
        // stay cheap, but is logged and counted as well.
        .layer(concurrency::layer(places))
        .service(core);
    shared(stack)
}

/// SCIM: who, where, what; then the operation, and the answer on the way back.
pub(crate) fn core(
    clients: Arc<[Arc<Client>]>,
    routes: Arc<[Arc<Route>]>,
    limits: &Limits,
    lasting: Arc<core::lasting::Lasting>,
    metrics: Arc<Metrics>,
) -> CoreService {
    let gate = Gate { clients, lasting: lasting.clone(), failures_per_minute: limits.failed_attempts_per_min };
    let stack = ServiceBuilder::new()
        // Outside all of SCIM: the only place that turns a failure into an answer.
        .layer(rescue::layer())
        // Before the token only because an open route needs none; what it finds is not told before the token is seen.
        .layer(route::layer(routes))
        // First of all checks: without a token nobody learns which paths there are.
        .layer(authenticate::layer(gate))
        // Behind the token, which the route may not ask of it; before the rest, since it is about no resource.
        .layer(discovery::layer(limits.clone()))
        // Outside everything that one operation passes: each of many passes all of it, as a request of its own.
        .layer(bulk::layer(limits.clone()))
        // Path, method, read-only: all that needs no body is decided before a byte of it is read.
        .layer(admit::layer())
        // Reads the body only of those who may send one.
        .layer(body::layer(limits.clone()))
        // Outside the guard: a mutation that outlives its client needs no answer written.
        .layer(translate_request::layer())
        // The line between what ends with the client and what does not. A lock may be waited for half of the time that the
        // client has: who gets it can still do its work, and who does not hears so before the deadline cuts in.
        .layer(guard::layer(lasting, limits.request_timeout / 2))
        // Inside the guard: who waits for a lock has taken nothing yet. Outside the audit: what is refused here is no
        // change.
        .layer(brake::layer())
        // Inside the guard: a mutation is written down also when its client is gone.
        .layer(audit::layer(metrics))
        .service(station(run::run));
    shared(stack)
}

/// One target: a call in vendor names becomes HTTP, with a credential, within bounds.
pub(crate) fn target(
    config: &Arc<TargetConfig>,
    credentials: Arc<Credentials>,
    lasting: &Lasting,
    metrics: Arc<Metrics>,
    http: HttpService,
) -> CallService {
    let upstream = &config.upstream;
    let name: Arc<str> = config.target.settings.name.as_str().into();
    let repeats = Repeats {
        most: upstream.retries,
        target: name.clone(),
        budget: lasting.budget.clone(),
        metrics: metrics.clone(),
    };
    let stack = ServiceBuilder::new()
        // The adapter writes the request once; what follows may send it more than once.
        .layer(translate::layer())
        // Outside all that belongs to one attempt: what waits to be sent again holds nothing.
        .layer(repeat::layer(repeats))
        // Inside the repeats, so that each attempt counts, and outside all waiting: what will be refused waits for nothing. A
        // target whose login is down is down.
        .layer(breaker::layer(lasting.breaker.clone(), name.clone()))
        // Outside the queue: a call that waits for a login takes no place from others.
        .layer(renew::layer(credentials, lasting.status.clone()))
        // Outside the log of calls: waiting is not the vendor's time.
        .layer(quota::layer(lasting.quota.clone(), upstream.timeout))
        // Sees each sending by itself, with what the adapter made of the answer.
        .layer(observe::layer(name, lasting.status.clone(), metrics))
        // Inside the log of calls: one that is given up has its line.
        .layer(call_deadline::layer())
        // Next to the network: everything above speaks of meanings, not of bytes.
        .layer(understand::layer(lasting.quota.clone()))
        .service(http);
    shared(stack)
}
