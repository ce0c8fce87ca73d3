//! A line of the log as one JSON object, flat, each name once.
//!
//! Written here because the library's own form calls the place in the code `target`, which is a field of ours. It is written
//! as the fields come, without a tree: a request has two or three lines.

use std::fmt::{self, Write};
use std::time::SystemTime;

use tracing::field::{Field, FieldSet, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::is_own;
use super::time::Millis;

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
        write_head(&mut writer, head.level().as_str(), head.target())?;
        let foreign = (!is_own(head.target())).then(|| head.fields());
        let mut line = Line { writer, foreign, written: Ok(()) };
        event.record(&mut line);
        line.written?;
        line.writer.write_str("}\n")
    }
}

/// The names that stand in every line.
const HEAD: [&str; 3] = ["timestamp", "level", "logger"];

fn write_head(writer: &mut Writer<'_>, level: &str, logger: &str) -> fmt::Result {
    writer.write_str("{\"timestamp\":\"")?;
    writer.write_str(Millis::of(SystemTime::now()).as_str())?;
    writer.write_str("\",\"level\":\"")?;
    writer.write_str(level)?;
    writer.write_str("\",\"logger\":")?;
    write_text(writer, logger)
}

/// The fields of a line, behind its head.
struct Line<'a> {
    writer: Writer<'a>,
    /// The names of a library's line: they may be anything. Ours are in `docs/LOGGING.md`, none of them twice in a line.
    foreign: Option<&'a FieldSet>,
    written: fmt::Result,
}

impl Line<'_> {
    /// Writes a field, unless one of its name stands in the line already.
    fn set(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.written.is_ok() && !self.foreign.is_some_and(|names| is_second(names, field)) {
            self.written = write_name(&mut self.writer, field.name()).and_then(|()| value(&mut self.writer));
        }
    }
}

fn is_second(names: &FieldSet, field: &Field) -> bool {
    let name = field.name();
    HEAD.contains(&name) || names.iter().take(field.index()).any(|before| before.name() == name)
}

fn write_name(writer: &mut Writer<'_>, name: &str) -> fmt::Result {
    writer.write_char(',')?;
    write_text(writer, name)?;
    writer.write_char(':')
}

/// A text in quotes.
fn write_text(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    writer.write_char('"')?;
    Escaped(writer).write_str(text)?;
    writer.write_char('"')
}

/// What is written into it comes out as the inside of a JSON string.
struct Escaped<'a, W>(&'a mut W);

impl<W: Write> Write for Escaped<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            return self.0.write_str(text);
        }
        let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
        self.0.write_str(&quoted[1..quoted.len() - 1])
    }
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, |writer| {
            writer.write_char('"')?;
            // It fails only where the value itself refuses to be shown.
            let _ = write!(Escaped(writer), "{value:?}");
            writer.write_char('"')
        });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, |writer| write_text(writer, value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, |writer| writer.write_str(if value { "true" } else { "false" }));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, |writer| write!(writer, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, |writer| write!(writer, "{value}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<Vec<u8>>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// What is written at once while `log` runs, and what it says.
    fn written(log: impl FnOnce()) -> (String, Value) {
        let kept = Kept::default();
        let layer = tracing_subscriber::fmt::layer().with_writer(kept.clone()).event_format(Json);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let [line] = &kept.0.lock().expect("no panic")[..] else { panic!("not one write") };
        let line = String::from_utf8(line.clone()).expect("a text");
        let told = serde_json::from_str(&line).expect("an object");
        (line, told)
    }

    #[test]
    fn a_line_is_one_object_in_one_write() {
        let (text, nothing) = ("a \"b\" \\ \n\u{1}\u{7f} ü", None::<&str>);
        let (line, mut told) = written(|| {
            tracing::info!(target: "scimux::test", text, nothing, yes = true, n = 7_u64, m = -7, shown = %text, "it {}", 1);
        });
        assert!(line.ends_with("}\n") && line.matches('\n').count() == 1, "{line}");
        assert!(line.starts_with("{\"timestamp\":\"20"), "{line}");
        told.as_object_mut().expect("an object").remove("timestamp");
        let expected = json!({
            "level": "INFO", "logger": "scimux::test", "message": "it 1", "text": text, "yes": true, "n": 7, "m": -7,
            "shown": text,
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn no_name_stands_twice_in_a_librarys_line() {
        let (line, told) = written(|| tracing::warn!(target: "library", level = "its own", a = 1, a = 2, "told"));
        assert_eq!(line.matches("\"level\"").count(), 1, "{line}");
        assert_eq!(line.matches("\"a\"").count(), 1, "{line}");
        assert_eq!((&told["level"], &told["logger"]), (&json!("WARN"), &json!("library")));
    }
}
