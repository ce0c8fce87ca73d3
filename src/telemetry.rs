//! What can be watched: logs, metrics, and the record of one request that the access log is written from.
//!
//! Field names stand here first, then they are used. Nothing here takes a value of a person's attribute or a vendor's text.

mod json;
mod metrics;
mod record;
pub(crate) mod supervisor;
mod time;

pub(crate) use metrics::{Metrics, OTHER};
pub(crate) use record::{Onlooker, Record};
pub(crate) use time::rfc3339;

use std::sync::OnceLock;

use json::Json;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{Log, Problem};

type Filtered = Layered<reload::Layer<EnvFilter, Registry>, Registry>;
type Form = Box<dyn Layer<Filtered> + Send + Sync>;

/// What of the log can be changed: there is one for a process.
struct Changeable {
    filter: reload::Handle<EnvFilter, Registry>,
    form: reload::Handle<Form, Filtered>,
}

static CHANGEABLE: OnceLock<Changeable> = OnceLock::new();

/// Sends logs to standard error in the configured form, and panics into the log instead of beside it.
///
/// A second call changes nothing: the first subscriber of a process stays.
pub fn init(log: &Log) {
    let (filter_layer, filter) = reload::Layer::new(filter(log));
    let (form_layer, form) = reload::Layer::new(form(log));
    if tracing_subscriber::registry().with(filter_layer).with(form_layer).with(filter_fn(is_shown)).try_init().is_ok() {
        let _ = CHANGEABLE.set(Changeable { filter, form });
        crate::front::panic::keep_for_the_log();
    }
}

/// Writes a warning about the configuration down.
pub(crate) fn warn(Problem { origin, key, message }: &Problem) {
    tracing::warn!(origin, key, problem = message, "configuration warning");
}

/// From now on logs as `log` says, if [`init`] was this process's first.
pub(crate) fn change(log: &Log) {
    if let Some(changeable) = CHANGEABLE.get() {
        // They fail only without the subscriber, which stays as long as the process.
        let _ = changeable.filter.reload(filter(log));
        let _ = changeable.form.reload(form(log));
    }
}

/// Of the libraries only what goes wrong: their other lines show URLs and headers.
fn is_shown(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::WARN || is_own(line.target())
}

/// Whether a line is the gateway's, by where in the code it stands.
fn is_own(target: &str) -> bool {
    target.strip_prefix("scimux").is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn filter(log: &Log) -> EnvFilter {
    EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"))
}

fn form(log: &Log) -> Form {
    let form = fmt::layer().with_writer(std::io::stderr);
    if log.json { form.event_format(Json).boxed() } else { form.with_ansi(false).boxed() }
}
