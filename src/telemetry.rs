//! What can be watched: logs, metrics, and the record of one request that the access log is written from.
//!
//! Field names stand here first, then they are used. Nothing here takes a value of a person's attribute or a vendor's text.

mod metrics;
mod record;
mod time;

pub(crate) use metrics::{Metrics, OTHER};
pub(crate) use record::{Onlooker, Record};
pub(crate) use time::rfc3339;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Log;

/// Sends logs to standard error in the configured form, and panics into the log instead of beside it.
///
/// A second call changes nothing: the first subscriber of a process stays.
pub fn init(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let form = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let first = if log.json {
        registry.with(form.json().flatten_event(true).with_current_span(false).with_span_list(false)).try_init()
    } else {
        registry.with(form.with_ansi(false)).try_init()
    };
    if first.is_ok() {
        crate::front::panic::keep_for_the_log();
    }
}
