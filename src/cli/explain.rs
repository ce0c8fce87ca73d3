//! `scimux explain`.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Exit, Terminal, print_problems};
use crate::config::{self, Config};
use crate::explain::{self, Answer, Change, Course, Explained, HEAD_BYTES, Step, Told};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The configuration [default: $SCIMUX_CONFIG, then scimux.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The route that the request goes to
    #[arg(long, value_name = "NAME")]
    route: String,
    /// The vendor's present resource, as the vendor answers a GET of it
    #[arg(long, value_name = "FILE")]
    current: Option<PathBuf>,
    /// Print JSON, as docs/explain.md describes it
    #[arg(long)]
    json: bool,
}

/// Reads a request from standard input and prints what would be sent for it.
pub(super) async fn explain(file: &Path, options: &Options, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let config = match config::load_without_secrets(file, &terminal.environment) {
        Ok(config) => config,
        Err(problems) => {
            print_problems(&problems, terminal.err)?;
            return Ok(Exit::Usage);
        }
    };
    match explained(&config, options, terminal.input).await {
        Ok(explained) if options.json => writeln!(terminal.out, "{}", pretty(&explained))?,
        Ok(explained) => text(&explained, terminal.out)?,
        Err(problem) => {
            writeln!(terminal.err, "{problem}")?;
            return Ok(Exit::Usage);
        }
    }
    Ok(Exit::Well)
}

async fn explained(config: &Config, options: &Options, input: &mut dyn Read) -> Result<Explained, String> {
    let current = options.current.as_deref().map(|file| current(file, config)).transpose()?;
    // One byte more than may be: the gateway itself says that it is too much.
    let most = HEAD_BYTES + config.server.limits.body_bytes + 1;
    let mut request = Vec::new();
    let read = input.take(most as u64).read_to_end(&mut request);
    read.map_err(|error| format!("cannot read the request from standard input: {error}"))?;
    explain::explain(config, &options.route, &request, current).await
}

fn current(file: &Path, config: &Config) -> Result<Vec<u8>, String> {
    let bytes = config.targets.iter().map(|target| target.upstream.response_bytes).max().unwrap_or_default();
    config::read_file(file, bytes as u64).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

fn text(explained: &Explained, out: &mut dyn Write) -> io::Result<()> {
    let Explained { route, target, adapter, client, credential, method, path, course, otherwise, not_asked } =
        explained;
    writeln!(out, "{method} {path}")?;
    writeln!(out, "  route {route}, target {target} (adapter {adapter}); nothing is sent")?;
    match client {
        Some(client) => writeln!(out, "  client: {client}")?,
        None => writeln!(out, "  client: no token known here, so neither its routes nor read_only are checked")?,
    }
    writeln!(out, "  credential at the vendor: {credential}")?;
    if let Some(what) = not_asked {
        writeln!(out, "  the provider is not asked for {what}")?;
    }
    self::course(course, 0, out)?;
    for other in otherwise {
        writeln!(out, "\nIf {}:", other.condition)?;
        self::course(&other.course, same(course, &other.course), out)?;
    }
    Ok(())
}

/// How many calls two courses begin with in common, answers included.
fn same(course: &Course, other: &Course) -> usize {
    let is_same = |(one, other): &(&Step, &Step)| {
        (&one.method, &one.path, &one.body) == (&other.method, &other.path, &other.body)
    };
    course.steps.iter().zip(&other.steps).take_while(is_same).count()
}

/// A course, the first calls of which were shown already.
fn course(course: &Course, shown: usize, out: &mut dyn Write) -> io::Result<()> {
    if shown == 0 {
        reasons(&course.because, out)?;
    } else {
        writeln!(out, "  (calls 1 to {shown} are as above)")?;
    }
    for (index, step) in course.steps.iter().enumerate().skip(shown) {
        self::step(index + 1, step, out)?;
    }
    if course.steps.is_empty() {
        writeln!(out, "\nThe vendor is sent nothing.")?;
    }
    changes(&course.changes, out)?;
    match &course.answer {
        Some(answer) => self::answer(answer, out),
        None => writeln!(
            out,
            "\nWhat follows depends on the vendor's answer. Give it with --current FILE: what the vendor answers to this."
        ),
    }
}

fn reasons(because: &[String], out: &mut dyn Write) -> io::Result<()> {
    if !because.is_empty() {
        writeln!(out, "\nBecause:")?;
    }
    because.iter().try_for_each(|reason| writeln!(out, "  - {reason}"))
}

fn step(number: usize, step: &Step, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{number}. {}", step.call)?;
    changes(&step.changes, out)?;
    writeln!(out, "  > {} {}", step.method, step.path)?;
    for (name, value) in &step.headers {
        writeln!(out, "  > {name}: {value}")?;
    }
    if let Some(body) = &step.body {
        writeln!(out, "  >")?;
        indented("  > ", &pretty(body), out)?;
    }
    match step.answer {
        Told::Current => writeln!(out, "  < as --current has it")?,
        Told::Assumed(text) => writeln!(out, "  < assumed: {text}")?,
        Told::Unknown => writeln!(out, "  < not known")?,
    }
    let told = step.answer == Told::Current;
    step.then.iter().filter(|_| !told).try_for_each(|then| writeln!(out, "  then, by that answer: {then}"))
}

fn changes(changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    for Change { kind, attribute, why } in changes {
        writeln!(out, "  * {kind}: {attribute}: {why}")?;
    }
    Ok(())
}

fn answer(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let condition = if answer.assumed { ", if the vendor does as assumed" } else { "" };
    writeln!(out, "\nThe client is answered {}{condition}", answer.status)?;
    for (name, value) in &answer.headers {
        writeln!(out, "  < {name}: {value}")?;
    }
    match &answer.body {
        Some(body) => indented("  < ", &pretty(body), out),
        None if answer.status == 204 => Ok(()),
        None => writeln!(out, "  with the resource as the vendor then has it"),
    }
}

fn indented(before: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "{before}{line}"))
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("names are texts, and nothing else can go wrong in memory")
}
