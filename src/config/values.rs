//! Tables with keys of the operator's choice: `urns`, `attributes`, `defaults`.

use figment::value::{Dict, Num, Value as Toml};
use scimux_scim::{Object, Value};

use super::table::Table;
use super::{keys, shape};

/// A table of strings.
pub(super) fn texts(table: &Table, key: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value, path) in leaves(table, key) {
        match value.as_str().filter(|text| !text.is_empty()) {
            Some(text) => found.push((name, text.to_owned())),
            None => {
                table
                    .findings()
                    .problem(&path, format!("is {}; must be a string that is not empty", shape::type_of(value)));
            }
        }
    }
    found
}

/// A table of values.
pub(super) fn values(table: &Table, key: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value, path) in leaves(table, key) {
        match scim(value) {
            Some(value) => found.push((name, value)),
            None => table.findings().problem(&path, "dates and numbers such as nan are written as strings here"),
        }
    }
    found
}

/// The entries of a table. `name.givenName = …` without quotes is a table `name` to TOML and a path to us.
fn leaves<'a>(table: &Table<'a>, key: &str) -> Vec<(String, &'a Toml, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<(String, &Toml, String)> = Vec::new();
    waiting.extend(table.entries(key).into_iter().rev().map(|(name, value, path)| (name.to_owned(), value, path)));
    while let Some((name, value, path)) = waiting.pop() {
        match value.as_dict().filter(|dict| !dict.is_empty() && !name.contains(':')) {
            Some(dict) => waiting.extend(
                dict.iter()
                    .rev()
                    .map(|(below, value)| (format!("{name}.{below}"), value, keys::join(&path, &shape::quoted(below)))),
            ),
            None => found.push((name, value, path)),
        }
    }
    found
}

/// A TOML value as a SCIM value; `None` for what JSON has not.
fn scim(value: &Toml) -> Option<Value> {
    Some(match value {
        Toml::String(_, text) => Value::from(text.as_str()),
        Toml::Char(_, character) => Value::String(character.to_string().into()),
        Toml::Bool(_, value) => Value::from(*value),
        Toml::Num(_, number) => Value::Number(digits(*number)?.into()),
        Toml::Empty(..) => Value::Null,
        Toml::Array(_, list) => Value::Array(list.iter().map(scim).collect::<Option<_>>()?),
        Toml::Dict(_, dict) => Value::from(object(dict)?),
    })
}

fn object(dict: &Dict) -> Option<Object> {
    if dict.keys().any(|key| key.starts_with('$')) {
        return None; // toml's own form of a date
    }
    dict.iter().map(|(name, value)| Some((name.as_str().into(), scim(value)?))).collect()
}

fn digits(number: Num) -> Option<String> {
    match (number.to_u128(), number.to_i128(), number.to_f64()) {
        (Some(whole), _, _) => Some(whole.to_string()),
        (_, Some(whole), _) => Some(whole.to_string()),
        (_, _, Some(float)) => serde_json::Number::from_f64(float).map(|float| float.to_string()),
        _ => None,
    }
}
