//! What can be watched: logs, metrics, and the record of one request that the access log is written from.
//!
//! Field names stand here first, then they are used. Nothing here takes a value of a person's attribute or a vendor's text.

mod metrics;
mod record;
mod time;

pub(crate) use metrics::{Metrics, OTHER};
pub(crate) use record::{Onlooker, Record};
pub(crate) use time::rfc3339;

use std::sync::OnceLock;

use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::Log;

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
    if tracing_subscriber::registry().with(filter_layer).with(form_layer).try_init().is_ok() {
        let _ = CHANGEABLE.set(Changeable { filter, form });
        crate::front::panic::keep_for_the_log();
    }
}

/// From now on logs as `log` says, if [`init`] was this process's first.
pub(crate) fn change(log: &Log) {
    if let Some(changeable) = CHANGEABLE.get() {
        // They fail only without the subscriber, which stays as long as the process.
        let _ = changeable.filter.reload(filter(log));
        let _ = changeable.form.reload(form(log));
    }
}

fn filter(log: &Log) -> EnvFilter {
    EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"))
}

fn form(log: &Log) -> Form {
    let form = fmt::layer().with_writer(std::io::stderr);
    if log.json {
        return form.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed();
    }
    form.with_ansi(false).boxed()
}
