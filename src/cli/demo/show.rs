//! One scene on the screen: canonical request, vendor requests and answers, canonical answer.

use std::io::{self, Write};

use http::StatusCode;
use scimux_sandbox::Exchange;

use super::json;
use super::paint::Paint;
use super::stage::{Played, Stage};

/// The width that everything fits into.
pub(super) const WIDTH: usize = 80;
const INDENT: usize = 4;
/// Requests are what the demo is about; answers are cut sooner.
const REQUEST: usize = 40;
const ANSWER: usize = 16;

/// What is about to be seen.
pub(super) fn opening(stage: &Stage, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("scimux {}: one SCIM endpoint in front of many vendors", env!("CARGO_PKG_VERSION"));
    writeln!(out, "{}\n", paint.heading(title))?;
    writeln!(out, "The gateway listens on {}. Behind it, imitations of:", stage.origin())?;
    for sandbox in stage.sandboxes() {
        writeln!(out, "  {:<8} {:<18} -> {}", sandbox.vendor(), stage.route(sandbox.vendor()), sandbox.base_url())?;
    }
    writeln!(out, "\nEvery request below is plain RFC 7644, sent to the gateway over HTTP.")
}

/// One scene.
pub(super) fn scene(index: usize, of: usize, played: &Played, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let scene = played.scene;
    let title = format!("── {index}/{of} {}: {} ", scene.vendor, scene.title);
    writeln!(out, "\n{}", paint.heading(format!("{title:─<WIDTH$}")))?;
    for line in wrap(&scene.note, WIDTH - 2) {
        writeln!(out, "  {}", paint.quiet(line))?;
    }
    let arrow = "client -> scimux";
    start(out, &paint.canonical(arrow), arrow, &format!("{} {}", scene.method, played.path))?;
    body(out, &scene.body.as_ref().map(ToString::to_string).unwrap_or_default(), REQUEST)?;
    for exchange in &played.exchanges {
        vendor(exchange, scene.vendor, paint, out)?;
    }
    if played.exchanges.is_empty() {
        writeln!(out, "{}", paint.vendor(format!("scimux -> {}", scene.vendor)) + "  nothing is sent")?;
    }
    answer(played, paint, out)
}

fn vendor(exchange: &Exchange, vendor: &str, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let there = format!("scimux -> {vendor}");
    start(out, &paint.vendor(&there), &there, &format!("{} {}", exchange.method, exchange.path))?;
    if let Some(credential) = header(exchange, "authorization") {
        writeln!(out, "    {}", paint.quiet(format!("Authorization: {}", form(credential))))?;
    }
    if let Some(kind) = header(exchange, "content-type").filter(|_| !exchange.body.is_empty()) {
        writeln!(out, "    {}", paint.quiet(format!("Content-Type: {kind}")))?;
    }
    body(out, &exchange.body, REQUEST)?;
    let back = format!("{vendor} -> scimux");
    let status = if exchange.status == 0 { "connection broken".to_owned() } else { status(exchange.status) };
    start(out, &paint.vendor(&back), &back, &status)?;
    body(out, &exchange.answer, ANSWER)
}

fn answer(played: &Played, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let arrow = "scimux -> client";
    let verdict = if played.as_expected() {
        paint.good("as expected")
    } else {
        paint.bad(format!("expected {}", played.scene.expect_status))
    };
    let text = format!("{}, {verdict}", status(played.status));
    writeln!(out, "{}  {text}", paint.canonical(arrow))?;
    if let Some(dropped) = &played.dropped {
        body(out, &format!("scimux-dropped: {dropped}"), ANSWER)?;
    }
    body(out, &String::from_utf8_lossy(&played.answer), ANSWER)
}

/// An arrow and what goes along it. Long paths go on below.
fn start(out: &mut dyn Write, painted: &str, arrow: &str, text: &str) -> io::Result<()> {
    let indent = arrow.chars().count() + 2;
    let mut lines = split(text, WIDTH - indent).into_iter();
    writeln!(out, "{painted}  {}", lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| writeln!(out, "{:indent$}{line}", ""))
}

fn body(out: &mut dyn Write, text: &str, limit: usize) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    json::lines(text, WIDTH - INDENT, limit).iter().try_for_each(|line| writeln!(out, "{:INDENT$}{line}", ""))
}

fn header<'a>(exchange: &'a Exchange, name: &str) -> Option<&'a str> {
    exchange.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A credential's form without the credential.
fn form(credential: &str) -> String {
    match credential.split_once(' ') {
        Some((scheme, _)) => format!("{scheme} ***"),
        None => "*** (without a scheme)".to_owned(),
    }
}

fn status(code: u16) -> String {
    let reason = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    format!("{code} {reason}").trim_end().to_owned()
}

/// Text in lines, broken between words.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A path in lines, broken before a slash where there is one.
fn split(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > width {
        let slash = rest.iter().take(width).rposition(|character| matches!(character, '/' | '?' | '&'));
        let at = slash.filter(|at| *at > width / 3).unwrap_or(width);
        lines.push(rest.drain(..at).collect());
    }
    lines.push(rest.into_iter().collect());
    lines
}
