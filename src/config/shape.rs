//! The first look through the tree: unknown keys, wrong types, values out of range, missing keys. It knows the key table
//! and nothing else; what keys mean together is the builders' to check.

use figment::value::{Dict, Value};
use scimux_adapters::Setting;

use super::findings::{Findings, nearest};
use super::keys::{self, Kind, Need};

/// Looks through the whole tree.
pub(super) fn check(tree: &Dict, findings: &Findings) {
    section(tree, "", "", findings);
}

/// The keys that only some vendor has, of all vendors.
pub(super) fn settings() -> impl Iterator<Item = &'static Setting> {
    scimux_adapters::vendors().iter().flat_map(|vendor| vendor.settings)
}

/// A path as TOML would write it.
pub(super) fn dotted(path: &[String]) -> String {
    path.iter().fold(String::new(), |path, segment| keys::join(&path, &quoted(segment)))
}

/// A segment of a path as TOML would write it.
pub(super) fn quoted(segment: &str) -> String {
    if is_name(segment) { segment.to_owned() } else { format!("{segment:?}") }
}

/// Whether a target, route or client may have this name.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn section(dict: &Dict, pattern: &str, path: &str, findings: &Findings) {
    for (name, value) in dict {
        let path = keys::join(path, &quoted(name));
        match keys::find(&keys::join(pattern, name)) {
            Some(key) => one(value, key.kind, key.path, &path, findings),
            None if pattern == "targets.*" && setting(dict, name) => one(value, Kind::Text, "", &path, findings),
            None => findings.problem(&path, unknown(dict, pattern, name)),
        }
    }
    for key in keys::below(pattern).filter(|key| key.need == Need::Required) {
        let name = keys::leaf(key.path);
        if !dict.contains_key(name) {
            findings.problem(&keys::join(path, name), missing(key));
        }
    }
}

fn missing(key: &keys::Key) -> String {
    let doc = key.doc.lines().next().filter(|_| key.kind != Kind::Section).unwrap_or_default();
    let example = if key.example.is_empty() { String::new() } else { format!(", for example {}", key.example) };
    format!("missing; must be {}{example}. {doc}", key.kind.allowed()).trim_end().to_owned()
}

/// Whether a key is a setting of the target's vendor. Where the vendor is not known, any vendor's will do.
fn setting(target: &Dict, name: &str) -> bool {
    match target.get("adapter").and_then(Value::as_str).and_then(scimux_adapters::vendor) {
        Some(vendor) => vendor.settings.iter().any(|setting| setting.key == name),
        None => settings().any(|setting| setting.key == name),
    }
}

fn unknown(dict: &Dict, pattern: &str, name: &str) -> String {
    let mut known: Vec<&str> = keys::below(pattern).map(|key| keys::leaf(key.path)).collect();
    if pattern == "targets.*" {
        let vendor = dict.get("adapter").and_then(Value::as_str).and_then(scimux_adapters::vendor);
        if let Some(vendor) = vendor {
            known.extend(vendor.settings.iter().map(|setting| setting.key));
        }
        if let (Some(vendor), true) = (vendor, settings().any(|setting| setting.key == name)) {
            return format!("adapter {:?} has no key `{name}`, another adapter has; remove it", vendor.name);
        }
    }
    format!("unknown key; {}", nearest(name, known.into_iter()))
}

fn one(value: &Value, kind: Kind, pattern: &str, path: &str, findings: &Findings) {
    let refuse = |what: &str| findings.problem(path, format!("{what}; must be {}", kind.allowed()));
    match (kind, value) {
        (Kind::Section, Value::Dict(_, dict)) => section(dict, pattern, path, findings),
        (Kind::Named, Value::Dict(_, dict)) => named(dict, pattern, path, findings),
        (Kind::Text | Kind::TextOrTexts, Value::String(_, text)) if text.is_empty() => refuse("empty"),
        (Kind::OneOf(words), Value::String(_, text)) if !words.contains(&text.as_str()) => {
            findings.problem(path, format!("{text:?} is not known; must be {}", kind.allowed()));
        }
        (Kind::Map, Value::Dict(..))
        | (Kind::Secret, _)
        | (Kind::Flag, Value::Bool(..))
        | (Kind::Text | Kind::TextOrTexts | Kind::OneOf(_), Value::String(..)) => {}
        (Kind::Texts | Kind::TextOrTexts | Kind::SomeOf(_), Value::Array(_, list)) => texts(list, kind, path, findings),
        (Kind::Tokens, Value::Array(_, list)) => {
            if list.is_empty() {
                refuse("empty");
            }
        }
        (Kind::Integer(from, to), Value::Num(..)) => match integer(value) {
            Some(number) if (from..=to).contains(&number) => {}
            Some(number) => refuse(&format!("{number} is out of range")),
            None => refuse("not a whole number, or below zero"),
        },
        _ => refuse(&format!("is {}", type_of(value))),
    }
}

fn named(dict: &Dict, pattern: &str, path: &str, findings: &Findings) {
    for (name, value) in dict {
        let path = keys::join(path, &quoted(name));
        if !is_name(name) {
            findings.problem(&path, "a name may only hold A-Z a-z 0-9 _ and -");
        }
        match value {
            Value::Dict(_, dict) => section(dict, &keys::join(pattern, "*"), &path, findings),
            _ => findings.problem(&path, format!("is {}; must be a table", type_of(value))),
        }
    }
}

fn texts(list: &[Value], kind: Kind, path: &str, findings: &Findings) {
    if list.is_empty() && !matches!(kind, Kind::SomeOf(_)) {
        findings.problem(path, "the list is empty; name at least one, or leave the key out");
    }
    for value in list {
        match (value.as_str(), kind) {
            (Some(text), Kind::SomeOf(words)) if !words.contains(&text) => {
                findings.problem(path, format!("{text:?} is not known; must be {}", kind.allowed()));
            }
            (Some(text), _) if !text.is_empty() => {}
            _ => findings.problem(path, format!("must be {}, none of them empty", kind.allowed())),
        }
    }
}

/// A number that is whole and not negative.
pub(super) fn integer(value: &Value) -> Option<u64> {
    value.to_u128().and_then(|number| u64::try_from(number).ok()).or_else(|| value.to_i128()?.try_into().ok())
}

/// What a value is, to begin "is …".
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::String(..) | Value::Char(..) => "a string",
        Value::Bool(..) => "true or false",
        Value::Num(..) => "a number",
        Value::Empty(..) => "nothing",
        Value::Dict(..) => "a table",
        Value::Array(..) => "a list",
    }
}
