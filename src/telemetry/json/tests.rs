//! Lines as they are written.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::{info, warn};
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
        info!(target: "scimux::test", text, nothing, yes = true, n = 7_u64, most = u64::MAX, m = -70, least = i64::MIN, shown = %text, "it {}", 1);
    });
    assert!(line.ends_with("}\n") && line.matches('\n').count() == 1, "{line}");
    assert!(line.starts_with("{\"timestamp\":\"20"), "{line}");
    told.as_object_mut().expect("an object").remove("timestamp");
    let expected = json!({
        "level": "INFO", "logger": "scimux::test", "message": "it 1", "text": text, "yes": true, "n": 7, "most": u64::MAX, "m": -70, "least": i64::MIN,
        "shown": text,
    });
    assert_eq!(told, expected);
}

#[test]
fn no_name_stands_twice_in_a_librarys_line() {
    let (line, told) = written(|| warn!(target: "library", level = "its own", a = 1, a = 2, "told"));
    assert_eq!(line.matches("\"level\"").count(), 1, "{line}");
    assert_eq!(line.matches("\"a\"").count(), 1, "{line}");
    assert_eq!((&told["level"], &told["logger"]), (&json!("WARN"), &json!("library")));
}
