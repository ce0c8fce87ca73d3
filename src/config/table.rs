//! Typed reading of a section that [`super::shape`] has looked at: what is of the wrong kind reads as absent here, because
//! it is reported already.

use std::time::Duration;

use figment::value::{Dict, Value};

use super::findings::Findings;
use super::keys::{self, Key, Kind, Need};
use super::shape;

/// One section.
#[derive(Clone, Debug)]
pub(super) struct Table<'a> {
    /// Its keys; `None`: the section is absent.
    dict: Option<&'a Dict>,
    path: String,
    pattern: String,
    findings: &'a Findings,
}

impl<'a> Table<'a> {
    /// The whole tree.
    pub(super) fn top(dict: &'a Dict, findings: &'a Findings) -> Self {
        Self { dict: Some(dict), path: String::new(), pattern: String::new(), findings }
    }

    pub(super) fn findings(&self) -> &'a Findings {
        self.findings
    }

    /// The dotted path of a key.
    pub(super) fn path(&self, key: &str) -> String {
        keys::join(&self.path, key)
    }

    pub(super) fn problem(&self, key: &str, message: impl Into<String>) {
        self.findings.problem(&self.path(key), message);
    }

    /// Whether the section is there.
    pub(super) fn is_present(&self) -> bool {
        self.dict.is_some()
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// The names of the keys that are there.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.dict.into_iter().flat_map(|dict| dict.keys()).map(String::as_str)
    }

    /// A key's value.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.key(key);
        self.dict?.get(key)
    }

    /// A section below.
    pub(super) fn section(&self, key: &str) -> Table<'a> {
        let dict = self.value(key).and_then(Value::as_dict);
        Table { dict, path: self.path(key), pattern: keys::join(&self.pattern, key), findings: self.findings }
    }

    /// The sections below that the operator named.
    pub(super) fn named(&self, key: &str) -> Vec<(&'a str, Table<'a>)> {
        let all = self.section(key);
        let pattern = keys::join(&all.pattern, "*");
        let tables = all.dict.into_iter().flatten().filter_map(|(name, value)| {
            let path = all.path(&shape::quoted(name));
            let dict = Some(value.as_dict()?);
            Some((name.as_str(), Table { dict, path, pattern: pattern.clone(), findings: self.findings }))
        });
        tables.collect()
    }

    /// The entries of a [`Kind::Map`], each with its path.
    pub(super) fn entries(&self, key: &str) -> Vec<(&'a str, &'a Value, String)> {
        let map = self.section(key);
        let entries = map.dict.into_iter().flatten();
        entries.map(|(name, value)| (name.as_str(), value, map.path(&shape::quoted(name)))).collect()
    }

    /// A string; its default where it has one.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        let words = match self.key(key).kind {
            Kind::OneOf(words) => Some(words),
            _ => None,
        };
        let fits = |text: &&str| !text.is_empty() && words.is_none_or(|words| words.contains(text));
        match self.value(key) {
            Some(value) => value.as_str().filter(fits),
            None => self.default(key).map(|default| default.trim_matches('"')),
        }
    }

    /// A vendor's own string, which does not stand in the key table.
    pub(super) fn setting(&self, key: &str) -> Option<&'a str> {
        self.dict?.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// A string or a list of strings.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<&'a str>> {
        match self.value(key) {
            Some(Value::Array(_, list)) => Some(list.iter().filter_map(Value::as_str).collect()),
            Some(_) | None => self.text(key).filter(|default| *default != "[]").map(|text| vec![text]),
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.value(key).map_or_else(|| self.default(key) == Some("true"), |value| value.to_bool() == Some(true))
    }

    /// A whole number; its default where it has one.
    pub(super) fn integer(&self, key: &str) -> Option<u64> {
        match self.value(key) {
            Some(value) => shape::integer(value),
            None => self.default(key).and_then(|default| default.parse().ok()),
        }
    }

    /// A whole number that has a default. Where it is wrong the result does not matter: the configuration is refused.
    pub(super) fn count(&self, key: &str) -> u64 {
        self.integer(key).unwrap_or_default()
    }

    /// The same for memory and queues.
    pub(super) fn size(&self, key: &str) -> usize {
        usize::try_from(self.count(key)).unwrap_or(usize::MAX)
    }

    /// The same for a number of seconds.
    pub(super) fn seconds(&self, key: &str) -> Duration {
        Duration::from_secs(self.count(key))
    }

    fn default(&self, key: &str) -> Option<&'static str> {
        match self.key(key).need {
            Need::Default(text) => Some(text),
            Need::Optional | Need::Required => None,
        }
    }

    fn key(&self, key: &str) -> &'static Key {
        keys::find(&keys::join(&self.pattern, key)).expect("every key that is read stands in the key table")
    }
}
