//! One line per mutation with the names of the attributes changed, never their values, and a count of what was dropped.

use std::collections::HashSet;
use std::sync::Arc;

use scimux_adapters::{Action, NoteKind, Outcome, Reply};
use scimux_scim::{AttributePath, Object, Value};
use tower::Layer;
use tower::layer::layer_fn;

use super::guard::is_mutation;
use super::{Context, CoreError, Job};
use crate::stack::{Stage, station};
use crate::telemetry::{Metrics, OTHER};

/// Writes the audit line when a mutation has ended, whether or not its client still waits.
pub(crate) fn layer<S>(metrics: Arc<Metrics>) -> impl Layer<S, Service: Stage<Job, Outcome, CoreError>>
where
    S: Stage<Job, Outcome, CoreError>,
{
    layer_fn(move |inner: S| {
        let metrics = metrics.clone();
        station(move |job: Job| {
            let (context, metrics) = (job.context.clone(), metrics.clone());
            let action = &job.operation.action;
            let mut line = is_mutation(action).then(|| Line::open(action, &context));
            let outcome = inner.pass(job);
            async move {
                let outcome = outcome.await;
                if let Ok(outcome) = &outcome {
                    count(outcome, &context, &metrics);
                }
                if let Some(line) = &mut line {
                    line.close(&outcome);
                }
                outcome
            }
        })
    })
}

/// The line, written when it is dropped: a mutation that is broken off, or panics, has its line too.
struct Line {
    context: Arc<Context>,
    operation: &'static str,
    attributes: String,
    made: Option<String>,
    outcome: &'static str,
}

impl Line {
    fn open(action: &Action, context: &Arc<Context>) -> Self {
        let attributes = names(action);
        Self { context: context.clone(), operation: action.name(), attributes, made: None, outcome: UNKNOWN }
    }

    fn close(&mut self, outcome: &Result<Outcome, CoreError>) {
        self.outcome = match outcome {
            Ok(_) => "done",
            Err(error) if error.leaves_unknown() => UNKNOWN,
            Err(_) => "failed",
        };
        if let Ok(Outcome { reply: Reply::Created(resource), .. }) = outcome {
            self.made = resource.resource.str("id").map(ToOwned::to_owned);
        }
    }
}

/// Nobody knows whether the vendor has done it.
const UNKNOWN: &str = "unknown";

impl Drop for Line {
    fn drop(&mut self) {
        let (context, record) = (&self.context, &self.context.trace.record);
        tracing::info!(
            target: "scimux::audit",
            request_id = &*record.id,
            client = context.client.as_deref(),
            route = &*context.route.name,
            target = &*context.target().name,
            operation = self.operation,
            resource = context.served().canonical.name,
            resource_id = record.resource_id.get().map(|id| &**id).or(self.made.as_deref()),
            attributes = self.attributes,
            outcome = self.outcome,
            "change asked for",
        );
    }
}

fn count(outcome: &Outcome, context: &Context, metrics: &Metrics) {
    let known = &context.served().canonical;
    for note in outcome.notes.iter().filter(|note| note.kind == NoteKind::Dropped) {
        let path = AttributePath::parse(&note.attribute, known).ok();
        let label = path.filter(|path| known.resolve(path).is_some()).and_then(|path| known.canonical(&path.bare()));
        let label = label.map_or_else(|| OTHER.to_owned(), |path| path.to_string());
        metrics.dropped(&context.target().name, label.clone());
        tracing::info!(
            request_id = &*context.trace.record.id,
            target = &*context.target().name,
            attribute = label,
            why = &*note.why,
            "attribute dropped",
        );
    }
}

/// A path without its value filter, which holds values.
trait Bare {
    fn bare(&self) -> AttributePath;
}

impl Bare for AttributePath {
    fn bare(&self) -> AttributePath {
        AttributePath { filter: None, ..self.clone() }
    }
}

/// The names of what is changed, each once, with commas between.
fn names(action: &Action) -> String {
    match action {
        Action::Create(body) | Action::Replace(_, body) => members(&body.resource),
        Action::Patch(_, patch) => {
            let mut names: Vec<_> =
                patch.operations.iter().map(|operation| operation.path.bare().to_string()).collect();
            let mut seen = HashSet::new();
            names.retain(|name| seen.insert(name.clone()));
            names.join(",")
        }
        Action::Read(_) | Action::List(_) | Action::Search(_) | Action::Delete(_) => String::new(),
    }
}

/// The names of a resource's attributes; those of extensions under their URN. None stands twice in a resource.
fn members(resource: &Object) -> String {
    let mut names = String::with_capacity(512);
    let mut add = |parts: &[&str]| {
        if !names.is_empty() {
            names.push(',');
        }
        parts.iter().for_each(|part| names.push_str(part));
    };
    for (name, value) in resource.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("schemas")) {
        match value {
            Value::Object(extension) if name.contains(':') => {
                extension.iter().for_each(|(attribute, _)| add(&[name, ":", attribute]));
            }
            _ => add(&[name]),
        }
    }
    names
}
