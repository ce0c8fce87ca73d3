//! One operation on which the engines differ, and what to ask about it.

use scimux_scim::{Attribute, AttributePath, ResourceType};
use serde_json::{Map, Value, json};

use super::Outcome;

/// One operation on one resource, and what came of it.
pub(super) struct Step<'a> {
    pub(super) kind: &'a ResourceType,
    pub(super) before: &'a Value,
    pub(super) operation: &'a Value,
    pub(super) ours: &'a Outcome,
    pub(super) theirs: &'a Outcome,
}

impl Step<'_> {
    /// The verb in lower case.
    pub(super) fn op(&self) -> String {
        self.operation["op"].as_str().unwrap_or_default().to_ascii_lowercase()
    }

    /// The value, if one is written and is not null.
    pub(super) fn value(&self) -> Option<&Value> {
        self.operation.get("value").filter(|value| !value.is_null())
    }

    /// What is written as the path, or the only key of a pathless value.
    pub(super) fn target(&self) -> Option<(&str, Option<&Value>)> {
        match self.operation.get("path") {
            Some(path) => Some((path.as_str()?, self.operation.get("value"))),
            None => match self.operation["value"].as_object()?.iter().collect::<Vec<_>>()[..] {
                [(key, value)] => Some((key, Some(value))),
                _ => None,
            },
        }
    }

    /// The path in the schema's spelling.
    pub(super) fn path(&self) -> Option<AttributePath> {
        self.kind.canonical(&AttributePath::parse(self.target()?.0, self.kind).ok()?)
    }

    /// The attribute that the path names, without filter and sub-attribute.
    pub(super) fn attribute(&self) -> Option<Attribute> {
        Some(self.kind.resolve(&self.path()?)?.attribute.clone())
    }

    /// What the path leads to: one element's attribute if it has a filter.
    pub(super) fn leaf(&self) -> Option<Attribute> {
        let path = self.path()?;
        let mut leaf = self.kind.resolve(&path)?.leaf().clone();
        if path.filter.is_some() && path.sub_attribute.is_none() {
            leaf.multi_valued = false;
        }
        Some(leaf)
    }

    /// The attribute's value before.
    pub(super) fn present(&self) -> Value {
        let Some(path) = self.path() else { return Value::Null };
        let container = path.urn.as_deref().map_or(self.before, |urn| &self.before[urn]);
        container[&*path.attribute].clone()
    }

    /// The outcomes as a pair of codes, `ok` where there is a state.
    pub(super) fn codes(&self) -> (&str, &str) {
        let code = |outcome: &'_ Outcome| -> &'static str {
            match outcome {
                Ok(_) => "ok",
                Err(refusal) => {
                    CODES.iter().find(|code| **code == refusal.trim_start_matches("400 ")).expect("a known code")
                }
            }
        };
        (code(self.ours), code(self.theirs))
    }

    /// The same operation with another value for its target.
    pub(super) fn with_value(&self, value: Value) -> Value {
        match self.operation.get("path") {
            Some(path) => json!({"op": self.op(), "path": path, "value": value}),
            None => json!({"op": self.op(), "value": {self.target().map_or("", |(key, _)| key): value}}),
        }
    }

    /// A pathless operation on each of its members.
    pub(super) fn members(&self) -> Option<&Map<String, Value>> {
        match self.operation.get("path") {
            None => self.operation["value"].as_object(),
            Some(_) => None,
        }
    }
}

const CODES: &[&str] = &["invalidSyntax", "invalidPath", "invalidFilter", "invalidValue", "noTarget", "mutability"];
