//! Comparing resources as SCIM does, and the PATCH operations that lead from one to another.

mod operations;

use std::collections::BTreeMap;
use std::fmt::Write;

pub use operations::diff;

use crate::scalar::{Decimal, Instant, bare_base64, fold};
use crate::schema::{Attribute, Kind};
use crate::{AttributePath, Object, ResourceType, Value};

/// Whether two resources say the same: names and case-insensitive URNs without regard to case, `null` = `[]` = absent,
/// multi-valued attributes without regard to order, date-times as instants; `meta` and `schemas` are left out.
#[must_use]
pub fn same(a: &Object, b: &Object, resource_type: &ResourceType) -> bool {
    resource_keys(a, resource_type) == resource_keys(b, resource_type)
}

/// Whether two values of one attribute say the same. A pure change of case is a difference (rfc-traps 332).
#[must_use]
pub fn same_value(a: Option<&Value>, b: Option<&Value>, attribute: Option<&Attribute>) -> bool {
    let key = |value: Option<&Value>| value.map(|value| key(value, attribute)).unwrap_or_default();
    key(a) == key(b)
}

fn resource_keys(resource: &Object, resource_type: &ResourceType) -> BTreeMap<String, String> {
    let compared = |name: &str| !["meta", "schemas"].iter().any(|left_out| left_out.eq_ignore_ascii_case(name));
    let key = |name: &str, value: &Value| match (resource_type.extension(name), value) {
        (Some(schema), Value::Object(container)) => object_key(container, |name| schema.attribute(name)),
        _ => {
            let resolved = resource_type.resolve(&AttributePath::attribute(name));
            key(value, resolved.map(|resolved| resolved.attribute))
        }
    };
    let keys = resource.iter().filter(|(name, _)| compared(name)).map(|(name, value)| (fold(name), key(name, value)));
    keys.filter(|(_, key)| !key.is_empty()).collect()
}

/// A text that is equal for values that say the same, and empty for those that say nothing.
pub(crate) fn key(value: &Value, attribute: Option<&Attribute>) -> String {
    let kind = attribute.map(|attribute| attribute.kind);
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Number(digits) => Decimal::parse(digits).map_or_else(|| digits.to_string(), |number| number.key()),
        Value::String(text) => text_key(text, kind),
        Value::Array(elements) => elements_key(elements, attribute),
        Value::Object(object) => match attribute {
            Some(attribute) => object_key(&assigned(object, attribute), |name| attribute.sub(name)),
            None => object_key(object, |_| None),
        },
    }
}

/// The length in front keeps texts from running into one another.
fn text_key(text: &str, kind: Option<Kind>) -> String {
    match kind {
        Some(Kind::DateTime) => match Instant::parse(text) {
            Some(instant) => format!("{instant:?}"),
            None => format!("{}:{text}", text.len()),
        },
        Some(Kind::Binary) => format!("b:{}", bare_base64(text)),
        _ => format!("{}:{text}", text.len()),
    }
}

fn elements_key(elements: &[Value], attribute: Option<&Attribute>) -> String {
    let mut keys: Vec<String> = elements.iter().map(|element| key(element, attribute)).collect();
    keys.retain(|key| !key.is_empty());
    keys.sort_unstable();
    keys.dedup(); // a value stands at most once (RFC 7643 section 2.4)
    if keys.is_empty() { String::new() } else { format!("[{}]", keys.join(",")) }
}

/// `primary` that is false is no different from none (rfc-traps 45).
fn assigned(object: &Object, attribute: &Attribute) -> Object {
    let mut object = object.clone();
    if attribute.multi_valued && object.get("primary") == Some(&Value::Bool(false)) {
        object.remove("primary");
    }
    object
}

fn object_key<'a>(object: &Object, attribute: impl Fn(&str) -> Option<&'a Attribute>) -> String {
    let members: BTreeMap<String, String> =
        object.iter().map(|(name, value)| (name.to_ascii_lowercase(), key(value, attribute(name)))).collect();
    let mut text = String::new();
    for (name, key) in members.iter().filter(|(_, key)| !key.is_empty()) {
        write!(text, "{}:{name}={key};", name.len()).expect("a string takes everything");
    }
    if text.is_empty() { text } else { format!("{{{text}}}") }
}
