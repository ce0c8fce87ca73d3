//! A line of the log as one JSON object, flat, each name once.
//!
//! Written here because the library's own form calls the place in the code `target`, which is a field of ours. It is written
//! as the fields come, without a tree: a request has two or three lines.

use std::fmt::{self, Write};
use std::time::SystemTime;

use scimux_scim::lex::is_plain;
use serde_json::Value;
use tracing::field::{Field, FieldSet, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::is_own;
use super::time::{Millis, push_number};

/// The form `json`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let head = event.metadata();
        let mut line = Line::begin(head.level().as_str(), head.target());
        line.foreign = (!is_own(head.target())).then(|| head.fields());
        event.record(&mut line);
        line.text.push_str("}\n");
        writer.write_str(&line.text)
    }
}

/// The names that stand in every line.
const HEAD: [&str; 3] = ["timestamp", "level", "logger"];
/// What a line of ours takes, mostly.
const USUAL: usize = 512;

/// A line as far as it is written.
struct Line<'a> {
    text: String,
    /// The names of a library's line: they may be anything. Ours are in `docs/LOGGING.md`, none of them twice in a line.
    foreign: Option<&'a FieldSet>,
}

impl Line<'_> {
    fn begin(level: &str, logger: &str) -> Self {
        let mut text = String::with_capacity(USUAL);
        text.push_str("{\"timestamp\":\"");
        text.push_str(Millis::of(SystemTime::now()).as_str());
        text.push_str("\",\"level\":\"");
        text.push_str(level);
        text.push_str("\",\"logger\":\"");
        escape(logger, &mut text);
        text.push('"');
        Self { text, foreign: None }
    }

    /// Writes a field, unless one of its name stands in the line already.
    fn set(&mut self, field: &Field, value: impl FnOnce(&mut String)) {
        if self.foreign.is_some_and(|names| is_second(names, field)) {
            return;
        }
        self.text.push_str(",\"");
        match self.foreign {
            Some(_) => escape(field.name(), &mut self.text),
            None => self.text.push_str(field.name()),
        }
        self.text.push_str("\":");
        value(&mut self.text);
    }
}

fn is_second(names: &FieldSet, field: &Field) -> bool {
    let name = field.name();
    HEAD.contains(&name) || names.iter().take(field.index()).any(|before| before.name() == name)
}

/// Appends a text as it stands inside of a JSON string.
fn escape(text: &str, line: &mut String) {
    if is_plain(text.as_bytes()) {
        line.push_str(text);
    } else {
        let quoted = Value::from(text).to_string();
        line.push_str(&quoted[1..quoted.len() - 1]);
    }
}

/// What is shown into it stands escaped in the line.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(text, self.0);
        Ok(())
    }
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, |line| {
            line.push('"');
            // It fails only where the value itself refuses to be shown.
            let _ = write!(Escaped(line), "{value:?}");
            line.push('"');
        });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, |line| {
            line.push('"');
            escape(value, line);
            line.push('"');
        });
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, |line| line.push_str(if value { "true" } else { "false" }));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, |line| push_number(value, line));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, |line| {
            if value < 0 {
                line.push('-');
            }
            push_number(value.unsigned_abs(), line);
        });
    }
}

#[cfg(test)]
mod tests;
