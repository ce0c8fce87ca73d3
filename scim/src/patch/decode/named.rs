//! `remove` with a `value`, which is not in the RFC: the values that it names, as a filter that finds them.

use crate::coerce::{Seen, coerce, single};
use crate::filter::{CompareOp, Literal};
use crate::schema::{Attribute, Kind, Resolved};
use crate::value::try_retain;
use crate::{AttributePath, Filter, ScimError, Value};

/// A filter that finds the named values; `None` if none is named.
pub(super) fn values_named(
    value: Value,
    resolved: Resolved<'_>,
    path: &AttributePath,
) -> Result<Option<Filter>, ScimError> {
    let (attribute, mut seen) = (resolved.attribute, Seen::default());
    let name = path.to_string();
    let mut terms: Vec<Filter> = match resolved.sub_attribute {
        None => {
            let mut value = unwrapped(value, attribute);
            match (coerce(&mut value, attribute, &name, &mut seen)?, value) {
                (true, Value::Array(elements)) => {
                    elements.iter().filter_map(|element| finds(element, attribute)).collect()
                }
                _ => Vec::new(),
            }
        }
        // That part of the values which have it so.
        Some(sub) => {
            let mut values = if let Value::Array(values) = value { values } else { vec![value] };
            try_retain(&mut values, |value| single(value, sub, &name, &mut seen))?;
            values.iter().filter_map(|value| equals(&sub.name, value)).collect()
        }
    };
    Ok(match terms.len() {
        0 => None,
        1 => terms.pop(),
        _ => Some(Filter::Or(terms)),
    })
}

/// clients.md rule 1: under the path `members`, `{"members":[…]}` is what the key holds.
pub(super) fn unwrapped(value: Value, attribute: &Attribute) -> Value {
    match value {
        Value::Object(mut parts) if parts.len() == 1 && attribute.sub(&attribute.name).is_none() => {
            match parts.remove(&attribute.name) {
                Some(inner) => inner,
                None => Value::Object(parts),
            }
        }
        value => value,
    }
}

/// A filter that finds one element: a reference by its id; else by `value` and, since the same value may stand under two
/// (rfc-traps 46), `type`; else by all its parts.
fn finds(element: &Value, attribute: &Attribute) -> Option<Filter> {
    if attribute.kind != Kind::Complex {
        return equals("value", element);
    }
    let parts = element.as_object()?;
    let has_value = parts.contains("value");
    let tells = |name: &str| match name {
        "value" => true,
        "type" => !attribute.is_reference() || !has_value,
        _ => !has_value,
    };
    let told = parts.iter().filter(|(name, _)| tells(name));
    let mut terms: Vec<Filter> = told.filter_map(|(name, value)| equals(name, value)).collect();
    if terms.len() > 1 { Some(Filter::And(terms)) } else { terms.pop() }
}

fn equals(name: &str, value: &Value) -> Option<Filter> {
    literal(value).map(|value| Filter::Compare(AttributePath::attribute(name), CompareOp::Eq, value))
}

fn literal(value: &Value) -> Option<Literal> {
    match value {
        Value::Bool(value) => Some(Literal::Bool(*value)),
        Value::Number(digits) => Some(Literal::Number(digits.clone())),
        Value::String(text) => Some(Literal::String(text.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
