//! From TOML text and environment variables to one tree of values. All that figment does for us is in this file.

use std::collections::BTreeMap;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};

use super::findings::{Findings, nearest};
use super::keys::{self, Kind};
use super::{Environment, shape};

/// What a variable that overrides begins with.
const PREFIX: &str = "SCIMUX_";

/// The tree of a file with the environment over it; `None` if the text is not TOML.
pub(super) fn tree(text: &str, environment: &Environment, findings: &Findings) -> Option<Dict> {
    let file = match <Toml as Format>::from_str::<Dict>(text) {
        Ok(dict) => dict,
        Err(error) => {
            let message = format!("{}not TOML: {}", place(text, error.span()), error.message().trim());
            findings.problem("", message);
            return None;
        }
    };
    let overrides = Overrides::read(environment, &file, findings);
    match Figment::from(Toml::string(text)).merge(overrides).data() {
        Ok(mut profiles) => Some(profiles.remove(&Profile::Default).unwrap_or_default()),
        Err(error) => {
            findings.problem("", format!("cannot be read: {}", error.kind));
            None
        }
    }
}

/// Line and column, counted from 1. The line itself is not shown: it may hold a secret.
fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else { return String::new() };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: ")
}

/// The environment variables that lie over the file.
struct Overrides(Dict);

impl Provider for Overrides {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Map::from([(Profile::Default, self.0.clone())]))
    }
}

impl Overrides {
    fn read(environment: &Environment, file: &Dict, findings: &Findings) -> Self {
        let mut dict = Dict::new();
        for (variable, text) in environment {
            let Some(path) = variable.strip_prefix(PREFIX).filter(|path| path.contains("__")) else { continue };
            match resolve(path, file).and_then(|(path, kind)| Ok((path, value(kind, text)?))) {
                Ok((path, value)) => {
                    findings.overridden(&shape::dotted(&path), variable);
                    set(&mut dict, &path, value);
                }
                Err(message) => findings.problem_in(variable, &path.to_ascii_lowercase().replace("__", "."), message),
            }
        }
        Self(dict)
    }
}

/// The key that a variable names, with names of the operator's choice spelled as in the file, and its kind.
fn resolve(path: &str, file: &Dict) -> Result<(Vec<String>, Kind), String> {
    let mut resolved = Vec::new();
    let mut pattern = String::new();
    let mut kind = Kind::Section;
    let mut here = Some(file);
    for segment in path.to_ascii_lowercase().split("__") {
        if matches!(kind, Kind::Secret | Kind::Tokens) {
            break; // `…__PASSWORD__ENV` is an attempt at the secret like `…__PASSWORD`
        }
        let (name, next) = step(&pattern, segment, here)?;
        here = here.and_then(|dict| dict.get(&name)).and_then(Value::as_dict);
        kind = next.1;
        pattern = next.0;
        resolved.push(name);
    }
    match kind {
        Kind::Secret | Kind::Tokens => {
            Err("a secret is not set by an override; write { env = \"NAME\" } or { file = \"/path\" } in the file"
                .to_owned())
        }
        Kind::Section | Kind::Named | Kind::Map => Err("an override sets one key, not a table".to_owned()),
        _ => Ok((resolved, kind)),
    }
}

/// One step down: the segment as the file spells it, the pattern and the kind it leads to.
fn step(pattern: &str, segment: &str, here: Option<&Dict>) -> Result<(String, (String, Kind)), String> {
    let exact = keys::join(pattern, segment);
    if let Some(key) = keys::find(&exact) {
        return Ok((segment.to_owned(), (exact, key.kind)));
    }
    let any = keys::join(pattern, "*");
    if let Some(key) = keys::find(&any) {
        let spelled = here.and_then(|dict| dict.keys().find(|name| name.eq_ignore_ascii_case(segment)));
        return Ok((spelled.map_or(segment, String::as_str).to_owned(), (any, key.kind)));
    }
    if pattern == "targets.*" && shape::settings().any(|setting| setting.key == segment) {
        return Ok((segment.to_owned(), (exact, Kind::Text)));
    }
    let known: Vec<&str> = keys::below(pattern).map(|key| keys::leaf(key.path)).collect();
    Err(format!("no key `{segment}` here; {}", nearest(segment, known.into_iter())))
}

/// A variable's text as a value of the kind.
fn value(kind: Kind, text: &str) -> Result<Value, String> {
    let refused = || format!("must be {}", kind.allowed());
    match kind {
        Kind::Flag => text.trim().parse::<bool>().map(Value::from).map_err(|_| refused()),
        Kind::Integer(..) => text.trim().parse::<u64>().map(Value::from).map_err(|_| refused()),
        Kind::Texts | Kind::SomeOf(_) => list(text).ok_or_else(refused),
        Kind::TextOrTexts if text.trim_start().starts_with('[') => list(text).ok_or_else(refused),
        _ => Ok(Value::from(text)),
    }
}

/// A TOML list of strings, or strings with commas between them.
fn list(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with('[') {
        return Some(Value::from(text.split(',').map(str::trim).collect::<Vec<_>>()));
    }
    let parsed = <Toml as Format>::from_str::<BTreeMap<String, Vec<String>>>(&format!("list = {text}")).ok()?;
    parsed.into_values().next().map(Value::from)
}

fn set(dict: &mut Dict, path: &[String], value: Value) {
    match path {
        [] => {}
        [leaf] => drop(dict.insert(leaf.clone(), value)),
        [first, rest @ ..] => {
            let below = dict.entry(first.clone()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, below) = below {
                set(below, rest, value);
            }
        }
    }
}
