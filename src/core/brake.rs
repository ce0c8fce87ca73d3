//! The safety brake of a route: at most so many deletes and deactivations within an hour. A directory that goes mad, or an
//! administrator who unassigns the wrong group, must not empty an application.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use scimux_adapters::{Action, Outcome};
use scimux_scim::patch::Op;
use scimux_scim::{Object, Value};
use tokio::time::{Duration, Instant};
use tower::Layer;
use tower::layer::layer_fn;

use super::{CoreError, Job, Refusal, refusal};
use crate::stack::{Stage, at_once, relay};
use crate::telemetry::Metrics;

const HOUR: Duration = Duration::from_secs(3600);

/// The brakes of all routes. They stay as they are over a reload: only their limits change.
#[derive(Debug, Default)]
pub(crate) struct Brakes(Mutex<BTreeMap<String, Arc<Brake>>>);

/// The brake of one route.
#[derive(Debug)]
pub(crate) struct Brake {
    route: String,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// When each of the last hour was let pass, under its number.
    passed: VecDeque<(u64, Instant)>,
    next: u64,
    /// Engaged it stays until it is released: an hour later the directory is no saner.
    engaged: bool,
}

/// What a release found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Released {
    /// Whether it was engaged.
    pub(crate) was_engaged: bool,
    /// How many it lets pass within an hour from now on.
    pub(crate) limit: usize,
}

impl Brakes {
    /// The brake of a route with this limit.
    pub(crate) fn of(&self, route: &str, limit: usize, metrics: &Arc<Metrics>) -> Arc<Brake> {
        let mut all = self.all();
        let brake = all.entry(route.to_owned()).or_insert_with(|| Arc::new(Brake::new(route, limit, metrics)));
        brake.state().limit = limit;
        brake.clone()
    }

    /// Forgets all others: their routes have none any more.
    pub(crate) fn keep(&self, routes: &[String]) {
        self.all().retain(|route, brake| {
            let kept = routes.contains(route);
            if !kept {
                brake.metrics.brake_is(route, false);
            }
            kept
        });
    }

    /// Releases the brake of a route; `None` if it has none.
    pub(crate) fn release(&self, route: &str) -> Option<Released> {
        self.all().get(route).map(|brake| brake.release())
    }

    /// The routes that have one.
    pub(crate) fn routes(&self) -> Vec<String> {
        self.all().keys().cloned().collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Brake>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Brake {
    fn new(route: &str, limit: usize, metrics: &Arc<Metrics>) -> Self {
        metrics.brake_is(route, false);
        metrics.braked(route, 0);
        let state = State { limit, passed: VecDeque::new(), next: 0, engaged: false };
        Self { route: route.to_owned(), metrics: metrics.clone(), state: Mutex::new(state) }
    }

    /// Lets as many pass, all or none: a ticket for each.
    ///
    /// # Errors
    /// The brake is engaged, by now or before.
    pub(crate) fn pass(self: &Arc<Self>, count: usize) -> Result<Vec<Ticket>, Refusal> {
        match self.count(count) {
            Ok(numbers) => Ok(numbers.map(|number| Ticket::new(self, number)).collect()),
            Err((limit, engages_now)) => {
                self.metrics.brake_is(&self.route, true);
                self.metrics.braked(&self.route, 1);
                self.tell(count, limit, engages_now);
                Err(self.refusal(limit))
            }
        }
    }

    fn count(&self, count: usize) -> Result<std::ops::Range<u64>, (usize, bool)> {
        let (mut state, now) = (self.state(), Instant::now());
        state.passed.retain(|(_, at)| now.duration_since(*at) < HOUR);
        if count == 0 {
            return Ok(0..0);
        }
        let engaged = state.engaged;
        if engaged || state.passed.len() + count > state.limit {
            state.engaged = true;
            return Err((state.limit, !engaged));
        }
        let first = state.next;
        state.next += count as u64;
        let numbers = first..state.next;
        state.passed.extend(numbers.clone().map(|number| (number, now)));
        Ok(numbers)
    }

    fn tell(&self, asked: usize, limit: usize, engages_now: bool) {
        let route = &*self.route;
        if engages_now {
            tracing::error!(target: "scimux::brake", route, limit, asked, "SAFETY BRAKE ENGAGED: deletes and deactivations are refused until it is released");
        } else {
            tracing::warn!(target: "scimux::brake", route, limit, asked, "refused by the safety brake");
        }
    }

    fn refusal(&self, limit: usize) -> Refusal {
        let detail = format!(
            "the safety brake of route {0} is engaged: there would be more than {limit} deletes and deactivations within \
             an hour. Nothing was changed; reads and other changes go on. If this is meant, an operator releases it: \
             scimux brake release {0}",
            self.route
        );
        // Not an hour: clients hold back everything for so long, not only what is refused.
        refusal(StatusCode::SERVICE_UNAVAILABLE, detail).with_header(RETRY_AFTER, HeaderValue::from_static("60"))
    }

    fn release(&self) -> Released {
        let mut state = self.state();
        let released = Released { was_engaged: state.engaged, limit: state.limit };
        state.engaged = false;
        state.passed.clear();
        drop(state);
        self.metrics.brake_is(&self.route, false);
        let was_engaged = released.was_engaged;
        tracing::warn!(target: "scimux::brake", route = &*self.route, limit = released.limit, was_engaged, "safety brake released");
        released
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave for one delete or deactivation. Dropped unused, or where nothing was done, it is as if it never was.
#[derive(Clone, Debug)]
pub(crate) struct Ticket(Arc<Leave>);

#[derive(Debug)]
struct Leave {
    brake: Arc<Brake>,
    number: u64,
    used: AtomicBool,
}

impl Ticket {
    fn new(brake: &Arc<Brake>, number: u64) -> Self {
        Self(Arc::new(Leave { brake: brake.clone(), number, used: AtomicBool::new(false) }))
    }

    /// From now on it counts.
    fn used(&self, used: bool) {
        self.0.used.store(used, Ordering::Relaxed);
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if !self.used.load(Ordering::Relaxed) {
            self.brake.state().passed.retain(|(number, _)| *number != self.number);
        }
    }
}

/// Refuses a delete or a deactivation while the brake is engaged. One of a bulk request brings its ticket along.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Job, Outcome, CoreError>>
where
    S: Stage<Job, Outcome, CoreError>,
{
    layer_fn(|inner: S| {
        relay(move |job: Job| match ticket(&job) {
            Ok(None) => inner.pass(job),
            Ok(Some(ticket)) => {
                ticket.used(true);
                let outcome = inner.pass(job);
                async move {
                    let outcome = outcome.await;
                    ticket.used(outcome.as_ref().err().is_none_or(|error| !error.proves_nothing_done()));
                    outcome
                }
                .boxed()
            }
            Err(refusal) => at_once(Err(refusal)),
        })
    })
}

fn ticket(job: &Job) -> Result<Option<Ticket>, Refusal> {
    let Some(brake) = job.context.route.brake.as_ref().filter(|_| is_loss(&job.operation.action)) else {
        return Ok(None);
    };
    match &job.context.ticket {
        Some(ticket) => Ok(Some(ticket.clone())),
        None => Ok(brake.pass(1)?.pop()),
    }
}

/// Whether somebody loses access: a delete, or `active` set to false, whatever it is now.
pub(crate) fn is_loss(action: &Action) -> bool {
    match action {
        Action::Delete(_) => true,
        Action::Replace(_, body) => deactivates(&body.resource),
        Action::Patch(_, patch) => patch.operations.iter().any(|operation| {
            let path = &operation.path;
            let is_active = path.attribute.eq_ignore_ascii_case(ACTIVE) && path.sub_attribute.is_none();
            is_active && operation.op != Op::Remove && operation.value == Some(Value::Bool(false))
        }),
        Action::Create(_) | Action::Read(_) | Action::List(_) | Action::Search(_) => false,
    }
}

const ACTIVE: &str = "active";

fn deactivates(resource: &Object) -> bool {
    resource.get(ACTIVE) == Some(&Value::Bool(false))
}

#[cfg(test)]
mod tests;
