//! Values written otherwise than their attribute's type has them.

use scimux_scim::Attribute;
use scimux_scim::schema::Kind;
use serde_json::{Value, json};

use super::Meaning;
use crate::patch::step::Step;

/// The operation with its value, or parts of it, in the form that the schema wants.
pub(super) fn retyped(step: &Step<'_>, form: fn(&Attribute, &Value) -> Option<Value>) -> Option<Meaning> {
    let value = step.target()?.1?;
    let mended = mended(&step.leaf()?, value, form);
    (mended != *value).then(|| Meaning::As(vec![step.with_value(mended)]))
}

fn mended(attribute: &Attribute, value: &Value, form: fn(&Attribute, &Value) -> Option<Value>) -> Value {
    let value = form(attribute, value).unwrap_or_else(|| value.clone());
    match value {
        Value::Array(elements) if attribute.multi_valued => {
            let one = Attribute { multi_valued: false, ..attribute.clone() };
            let mended = elements.iter().map(|element| mended(&one, element, form));
            mended.filter(|element| !element.is_null()).collect()
        }
        Value::Object(parts) => {
            let part = |(name, value): (String, Value)| match attribute.sub(&name) {
                Some(sub) => (name, mended(sub, &value, form)),
                None => (name, value),
            };
            Value::Object(parts.into_iter().map(part).collect())
        }
        other => other,
    }
}

pub(super) fn boolean(attribute: &Attribute, value: &Value) -> Option<Value> {
    let text = value.as_str().filter(|_| attribute.kind == Kind::Boolean)?;
    text.to_ascii_lowercase().parse::<bool>().ok().map(Value::from)
}

pub(super) fn digits(attribute: &Attribute, value: &Value) -> Option<Value> {
    let is_text = matches!(attribute.kind, Kind::String | Kind::Reference);
    value.as_number().filter(|_| is_text).map(|number| number.to_string().into())
}

pub(super) fn unwrapped(attribute: &Attribute, value: &Value) -> Option<Value> {
    match &value.as_array().filter(|_| !attribute.multi_valued)?[..] {
        [] => Some(Value::Null),
        [one] => Some(one.clone()),
        _ => None,
    }
}

pub(super) fn wrapped(attribute: &Attribute, value: &Value) -> Option<Value> {
    (attribute.multi_valued && !value.is_array() && !value.is_null()).then(|| json!([value]))
}

pub(super) fn in_value(attribute: &Attribute, value: &Value) -> Option<Value> {
    if attribute.kind != Kind::Complex || attribute.multi_valued || !(value.is_string() || value.is_number()) {
        return None;
    }
    let embedded = value.as_str().and_then(|text| serde_json::from_str(text).ok()).filter(Value::is_object);
    embedded.or_else(|| attribute.sub("value").map(|_| json!({"value": value})))
}

pub(super) fn emptied(attribute: &Attribute, value: &Value) -> Option<Value> {
    match attribute.kind {
        Kind::Reference => (*value == "").then_some(Value::Null),
        Kind::Complex if attribute.is_reference() => (value["value"] == "").then_some(Value::Null),
        Kind::Complex => (*value == "" || *value == json!({"value": ""})).then_some(Value::Null),
        _ => None,
    }
}

/// An object without what its schema does not know.
pub(super) fn known_parts(attribute: &Attribute, value: &Value) -> Option<Value> {
    let parts = value.as_object().filter(|_| attribute.kind == Kind::Complex)?;
    let known = parts.iter().filter(|(name, _)| attribute.sub(name).is_some());
    Some(Value::Object(known.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

fn says_nothing(step: &Step<'_>) -> bool {
    match step.target() {
        Some((_, Some(Value::Object(_)))) if step.leaf().is_some_and(|leaf| leaf.kind != Kind::Complex) => false,
        Some((_, Some(value))) => is_nothing(value),
        _ => false,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.iter().all(is_nothing),
        Value::Object(parts) => parts.values().all(is_nothing),
        _ => false,
    }
}

/// An `add` that says no value.
pub(super) fn nothing_added(step: &Step<'_>) -> Option<Meaning> {
    (step.op() == "add" && says_nothing(step)).then(|| Meaning::As(vec![]))
}

/// A `replace` that says no value.
pub(super) fn nothing_put(step: &Step<'_>) -> Option<Meaning> {
    let (path, _) = step.target()?;
    (step.op() == "replace" && says_nothing(step)).then(|| Meaning::As(vec![json!({"op": "remove", "path": path})]))
}

pub(super) fn parsed(step: &Step<'_>) -> Option<Meaning> {
    let text = step.operation["value"].as_str().filter(|_| step.operation.get("path").is_none())?;
    let value: Value = serde_json::from_str(text).ok().filter(Value::is_object)?;
    Some(Meaning::As(vec![json!({"op": step.op(), "value": value})]))
}
