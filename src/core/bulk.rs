//! `/Bulk` (RFC 7644 section 3.7): many operations in one request, each carried out as a request of its own.

mod operation;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::FutureExt;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use scimux_scim::bulk::{Answer, BulkRequest, Needs, Schedule, message, read};
use scimux_scim::{ScimError, Text, value};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, timeout_at};
use tower::Layer;
use tower::layer::layer_fn;

use super::admit::enter;
use super::authenticate::Authenticated;
use super::brake::Ticket;
use super::encode::names_header;
use super::path::Endpoint;
use super::route::Route;
use super::{CoreError, Created, Refusal, body};
use crate::config::Limits;
use crate::front::headers::SCIMUX_DROPPED;
use crate::front::{Response, SCIM_JSON};
use crate::stack::{Stage, relay};
use crate::telemetry::Record;
use operation::{Caller, Done, Operation, circular};

/// Answers bulk requests by what the stations below answer to their operations; everything else passes.
pub(crate) fn layer<S>(limits: Limits) -> impl Layer<S, Service: Stage<Authenticated, Response, CoreError>>
where
    S: Stage<Authenticated, Response, CoreError>,
{
    layer_fn(move |inner: S| {
        let limits = limits.clone();
        relay(move |asked: Authenticated| match asked.place.as_ref().map(|place| &place.endpoint) {
            Some(Endpoint::Bulk) => answer(asked, limits.clone(), inner.clone()).boxed(),
            _ => inner.pass(asked),
        })
    })
}

async fn answer<S>(asked: Authenticated, limits: Limits, inner: S) -> Result<Response, CoreError>
where
    S: Stage<Authenticated, Response, CoreError>,
{
    let times = Times::within(limits.request_timeout);
    let Authenticated { request, place, client } = asked;
    let place = enter(place, client.as_deref(), request.method())?;
    let record = request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default();
    let _ = record.resource.set("Bulk".to_owned());
    let caller = Arc::new(Caller::new(&request, record, client, place));
    let body = body::read(request, &limits).await?;
    let BulkRequest { fail_on_errors, operations } = read(value::parse(&body)?, limits.bulk_operations)?;
    let operations = operations.into_iter().map(|operation| Arc::new(Operation::new(operation, &caller)));
    let operations: Vec<_> = operations.collect();
    let foreseen = operations.iter().map(|operation| operation.foreseen(&caller));
    let (needs, losses): (Vec<Needs>, Vec<bool>) = foreseen.map(|seen| (seen.needs, seen.is_loss)).unzip();
    // All before the first begins: half of what is too much would be too much.
    let tickets = tickets(&losses, &caller.route)?;
    let mut schedule = Schedule::new(&needs, fail_on_errors);
    let references = needs.into_iter().map(|needs| needs.references).collect();
    let job = Job { operations, references, caller, times };
    let came = job.carry_out(&mut schedule, tickets, inner).await;
    Ok(job.tell(came, schedule.is_stopped()))
}

/// The leave of the route's safety brake for each operation by which somebody loses access.
fn tickets(losses: &[bool], route: &Route) -> Result<Vec<Option<Ticket>>, Refusal> {
    let count = losses.iter().filter(|is_loss| **is_loss).count();
    let mut tickets = route.brake.as_ref().map_or_else(|| Ok(Vec::new()), |brake| brake.pass(count))?;
    Ok(losses.iter().map(|is_loss| is_loss.then(|| tickets.pop()).flatten()).collect())
}

/// When what happens.
#[derive(Clone, Copy)]
struct Times {
    /// From here on nothing more begins.
    begin_until: Instant,
    /// From here on nobody waits any more for what has begun.
    answer_at: Instant,
}

impl Times {
    /// Within the time of the request, which began a moment ago: what begins last has a chance to end, and the answer is
    /// written before the deadline would say nothing of any operation.
    fn within(limit: Duration) -> Self {
        let now = Instant::now();
        Self { begin_until: now + limit * 3 / 4, answer_at: now + limit * 15 / 16 }
    }
}

/// A bulk request on its way.
struct Job {
    operations: Vec<Arc<Operation>>,
    /// The bulkIds that each refers to.
    references: Vec<BTreeSet<Text>>,
    caller: Arc<Caller>,
    times: Times,
}

/// What has come of an operation so far.
enum Came {
    /// It has not begun.
    Nothing,
    /// It has begun.
    Begun,
    /// It has ended.
    Done(Box<Done>),
}

impl Job {
    /// Carries out what may be, until nothing is left or time is over. Dropped with the client's connection: nothing more
    /// begins then, and the guard finishes what has begun.
    async fn carry_out<S>(&self, schedule: &mut Schedule, mut tickets: Vec<Option<Ticket>>, inner: S) -> Vec<Came>
    where
        S: Stage<Authenticated, Response, CoreError>,
    {
        // As many as there are places at the vendor: more would only wait there, and in the way of others.
        let places = self.caller.route.target.config.upstream.concurrency.max(1);
        let mut came: Vec<Came> = self.operations.iter().map(|_| Came::Nothing).collect();
        let mut created = HashMap::new();
        let mut running = JoinSet::new();
        loop {
            while running.len() < places && Instant::now() < self.times.begin_until {
                let Some(next) = schedule.begin() else { break };
                came[next] = Came::Begun;
                let (operation, caller, inner) = (self.operations[next].clone(), self.caller.clone(), inner.clone());
                let known = self.known(next, &created);
                let refused = schedule.is_circular(next).then(circular);
                let ticket = tickets[next].take();
                running.spawn(async move { (next, operation.carry_out(&caller, known, ticket, refused, inner).await) });
            }
            match timeout_at(self.times.answer_at, running.join_next()).await {
                Ok(Some(Ok((ended, done)))) => {
                    schedule.end(ended, done.answer.response.is_some());
                    if let (Some(bulk_id), Some(id)) = (&self.operations[ended].bulk_id, &done.created) {
                        created.insert(bulk_id.clone(), id.clone());
                    }
                    came[ended] = Came::Done(Box::new(done));
                }
                // Panics are caught inside; a task ends early only with the process.
                Ok(Some(Err(_)) | None) | Err(_) => return came,
            }
        }
    }

    /// Of what was created so far, that to which an operation refers.
    fn known(&self, operation: usize, created: &HashMap<Text, Text>) -> Created {
        let pair = |bulk_id: &Text| Some((bulk_id.clone(), created.get(bulk_id)?.clone()));
        Created(Arc::new(self.references[operation].iter().filter_map(pair).collect()))
    }

    /// The answer. What did not begin because of errors is left out (rfc-traps 263); what did not because of time says so.
    fn tell(&self, came: Vec<Came>, stopped: bool) -> Response {
        let mut dropped = Vec::new();
        let mut answers: Vec<Answer> = Vec::with_capacity(came.len());
        for (operation, came) in self.operations.iter().zip(came) {
            let failed = |error| operation.failed(error, &self.caller);
            match came {
                Came::Nothing if stopped => {}
                Came::Nothing => answers.push(failed(ScimError::new(503, NOT_TRIED))),
                Came::Begun => answers.push(failed(ScimError::new(504, UNFINISHED))),
                Came::Done(done) => {
                    dropped.extend(done.dropped);
                    answers.push(done.answer);
                }
            }
        }
        self.log(&answers);
        let mut answer = Response::new(Full::new(message(&answers)));
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
        let names = dropped.iter().filter_map(|header: &HeaderValue| header.to_str().ok());
        if let Some(names) = names_header(names.flat_map(|header| header.split(", "))) {
            answer.headers_mut().insert(SCIMUX_DROPPED, names);
        }
        answer
    }

    /// One line for the whole, whose status says nothing of its operations.
    fn log(&self, answers: &[Answer]) {
        tracing::info!(
            request_id = &*self.caller.record.id,
            route = &*self.caller.route.name,
            operations = self.operations.len(),
            answered = answers.len(),
            failed = answers.iter().filter(|answer| answer.response.is_some()).count(),
            "bulk request carried out",
        );
    }
}

const NOT_TRIED: &str = "not tried: the time for the bulk request ran out before; send the operation again";
const UNFINISHED: &str = "the time for the bulk request ran out; a change that had begun is finished nevertheless, so read before repeating it";
