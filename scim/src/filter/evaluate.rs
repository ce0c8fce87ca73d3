//! Compiled filters asked of resources and elements.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::filter::CompareOp;
use crate::scalar::{Decimal, Instant, bare_base64, fold, versionless};
use crate::{Object, Text, Value};

/// A filter checked against a resource type, ready to be asked many times.
#[derive(Clone, Debug)]
pub struct CompiledFilter {
    pub(super) root: Node,
}

impl CompiledFilter {
    /// Whether the resource meets the filter.
    #[must_use]
    pub fn matches(&self, resource: &Object) -> bool {
        self.root.holds(Scope::Resource(resource))
    }

    /// Whether one element of the attribute for which the filter was compiled meets it.
    pub(crate) fn matches_element(&self, element: &Value) -> bool {
        self.root.holds(Scope::Element(element))
    }
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Target, Test),
    /// Many `eq` on one target, as for the members a client names.
    OneOf(Target, BTreeSet<String>, Strings),
    SameElement(Target, Box<Node>),
}

/// Where values are found: names from the resource or the element on. No step is the element itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    pub(super) steps: Vec<Text>,
    /// `primary` absent is false (RFC 7643 section 2.4, rfc-traps 45).
    pub(super) absent_is_false: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Present,
    Absent,
    Compare(CompareOp, Operand),
}

/// A comparison value of the attribute's type.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Bool(bool),
    Number(Decimal),
    Instant(Instant),
    String(String, Strings),
}

/// How strings compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Strings {
    Exact,
    AnyCase,
    Base64,
    /// URIs of SCIM resources.
    Uri,
}

#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a Object),
    Element(&'a Value),
}

static FALSE: Value = Value::Bool(false);

impl Node {
    fn holds(&self, scope: Scope<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(scope)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(scope)),
            Self::Not(inner) => !inner.holds(scope),
            Self::Test(target, test) => test.holds(target, scope),
            Self::OneOf(target, wanted, strings) => {
                let is_wanted = |value: &Value| text(value).is_some_and(|text| wanted.contains(&strings.key(text)));
                target.values(scope).into_iter().any(is_wanted)
            }
            Self::SameElement(target, inner) => {
                target.values(scope).into_iter().any(|element| inner.holds(Scope::Element(element)))
            }
        }
    }
}

impl Target {
    /// The assigned values there, elements of arrays one by one.
    fn values<'a>(&self, scope: Scope<'a>) -> Vec<&'a Value> {
        let mut found = match (scope, self.steps.split_first()) {
            (Scope::Resource(resource), Some((first, _))) => flat(resource.get(first)),
            (Scope::Element(element), Some((first, _))) => flat(self.member(element, first, self.steps.len() == 1)),
            (Scope::Element(element), None) => vec![element],
            (Scope::Resource(_), None) => vec![],
        };
        for (index, step) in self.steps.iter().enumerate().skip(1) {
            let last = index + 1 == self.steps.len();
            found = found.into_iter().flat_map(|value| flat(self.member(value, step, last))).collect();
        }
        found
    }

    fn member<'a>(&self, value: &'a Value, step: &str, last: bool) -> Option<&'a Value> {
        let object = value.as_object()?;
        match object.get(step) {
            None | Some(Value::Null) if last && self.absent_is_false => Some(&FALSE),
            found => found,
        }
    }
}

fn flat(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => vec![],
        Some(Value::Array(elements)) => elements.iter().filter(|element| **element != Value::Null).collect(),
        Some(value) => vec![value],
    }
}

/// rfc-traps 38, 39: neither an empty string nor an object of nothing is a value.
fn is_present(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        other => !other.is_unassigned(),
    }
}

impl Test {
    fn holds(&self, target: &Target, scope: Scope<'_>) -> bool {
        let present = || target.values(scope).into_iter().any(is_present);
        match self {
            Self::Present => present(),
            Self::Absent => !present(),
            Self::Compare(CompareOp::Ne, operand) => {
                // rfc-traps 70, 72: any value may differ, and no value differs from every literal.
                let values = target.values(scope);
                values.is_empty() || values.into_iter().any(|value| !operand.meets(CompareOp::Eq, value))
            }
            Self::Compare(op, operand) => target.values(scope).into_iter().any(|value| operand.meets(*op, value)),
        }
    }
}

impl Operand {
    fn meets(&self, op: CompareOp, value: &Value) -> bool {
        match self {
            Self::String(wanted, strings) => text(value).is_some_and(|text| by_text(op, &strings.key(text), wanted)),
            Self::Bool(wanted) => value.as_bool().is_some_and(|value| by_order(op, value.cmp(wanted))),
            Self::Number(wanted) => {
                text(value).and_then(Decimal::parse).is_some_and(|value| by_order(op, value.cmp(wanted)))
            }
            Self::Instant(wanted) => {
                value.as_str().and_then(Instant::parse).is_some_and(|value| by_order(op, value.cmp(wanted)))
            }
        }
    }
}

impl Strings {
    /// The form in which texts are compared.
    pub(crate) fn key(self, text: &str) -> String {
        match self {
            Self::Exact => text.to_owned(),
            Self::AnyCase => fold(text),
            Self::Base64 => bare_base64(text),
            Self::Uri => versionless(text).into_owned(),
        }
    }
}

/// The text of a string or a number.
fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) | Value::Number(text) => Some(text),
        _ => None,
    }
}

fn by_text(op: CompareOp, value: &str, wanted: &str) -> bool {
    match op {
        CompareOp::Co => value.contains(wanted),
        CompareOp::Sw => value.starts_with(wanted),
        CompareOp::Ew => value.ends_with(wanted),
        _ => by_order(op, value.cmp(wanted)),
    }
}

fn by_order(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}
