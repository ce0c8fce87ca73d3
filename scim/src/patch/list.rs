//! Operations on multi-valued attributes: elements appended, chosen, changed and removed; `primary` kept exclusive.

use std::collections::BTreeMap;

use crate::coerce::{Seen, single};
use crate::diff::{key, same_value};
use crate::filter::{CompareOp, Filter, Literal, compile_element};
use crate::patch::apply::{merged, part_changed};
use crate::patch::{Op, PatchOp};
use crate::scalar::fold;
use crate::schema::{Attribute, Kind, Resolved};
use crate::{AttributePath, Object, ScimError, Value};

/// The list after `add` or `replace` of the whole.
pub(super) fn assigned(
    old: Value,
    op: Op,
    value: Value,
    attribute: &Attribute,
    at: &AttributePath,
) -> Result<Value, ScimError> {
    // rfc-traps 172: the same set in another order is no change.
    if op == Op::Replace && same_value(Some(&old), Some(&value), Some(attribute)) {
        return Ok(old);
    }
    let new = elements(value);
    let (elements, touched) = match op {
        Op::Add => append(elements(old), new, attribute, at)?,
        Op::Replace | Op::Remove => {
            let primaries = positions(&new, is_primary);
            (new, primaries)
        }
    };
    exclusive(elements, &touched, at)
}

pub(super) fn elements(value: Value) -> Vec<Value> {
    match value {
        Value::Null => vec![],
        Value::Array(elements) => elements,
        one => vec![one],
    }
}

fn positions(elements: &[Value], wanted: impl Fn(&Value) -> bool) -> Vec<usize> {
    elements.iter().enumerate().filter(|(_, element)| wanted(element)).map(|(index, _)| index).collect()
}

/// Appends what is not there yet (rfc-traps 136 to 139). The second part tells which elements became primary.
fn append(
    mut elements: Vec<Value>,
    new: Vec<Value>,
    attribute: &Attribute,
    at: &AttributePath,
) -> Result<(Vec<Value>, Vec<usize>), ScimError> {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (index, element) in elements.iter().enumerate() {
        known.entry(identity(element, attribute)).or_insert(index);
    }
    let mut primaries = Vec::new();
    for element in new {
        let primary = is_primary(&element);
        let index = *known.entry(identity(&element, attribute)).or_insert(elements.len());
        match elements.get_mut(index) {
            None => elements.push(element),
            Some(present) if attribute.kind == Kind::Complex && !attribute.is_reference() => {
                *present = merged(std::mem::replace(present, Value::Null), element, attribute, at)?;
            }
            Some(_) => {}
        }
        if primary {
            primaries.push(index);
        }
    }
    Ok((elements, primaries))
}

/// What makes an element the same one: the id in references; `value` and `type` elsewhere, since a pair should stand only
/// once (RFC 7643 section 2.4); else all of it.
fn identity(element: &Value, attribute: &Attribute) -> String {
    let text = |name: &str| element.as_object().and_then(|object| object.str(name));
    match text("value") {
        Some(value) if attribute.is_reference() => value.to_owned(),
        Some(value) => format!("{}:{value}{}", value.len(), fold(text("type").unwrap_or_default())),
        None => key(element, Some(attribute)),
    }
}

/// RFC 7644 section 3.5.2: a new primary ends the old one. Two at once are refused (rfc-traps 141, 165).
fn exclusive(mut elements: Vec<Value>, touched: &[usize], at: &AttributePath) -> Result<Value, ScimError> {
    let primaries: Vec<usize> =
        touched.iter().copied().filter(|index| elements.get(*index).is_some_and(is_primary)).collect();
    match primaries.as_slice() {
        [] => {}
        [chosen] => {
            let others =
                elements.iter_mut().enumerate().filter(|(index, element)| index != chosen && is_primary(element));
            for (_, other) in others {
                if let Value::Object(other) = other {
                    other.insert("primary", false);
                }
            }
        }
        _ => return Err(ScimError::invalid_value(format!("{}: at most one element may be primary", at.whole()))),
    }
    Ok(Value::Array(elements))
}

/// The list after an operation on elements chosen by a value filter, or on a part of every element.
pub(super) fn changed(old: Value, operation: &PatchOp, resolved: Resolved<'_>) -> Result<Value, ScimError> {
    let (path, attribute) = (&operation.path, resolved.attribute);
    let elements = elements(old);
    let chosen = match &path.filter {
        None => (0..elements.len()).collect(),
        Some(filter) => {
            let filter = compile_element(filter, attribute)?;
            positions(&elements, |element| filter.matches_element(element))
        }
    };
    match (operation.op, &path.filter) {
        (Op::Remove, _) if chosen.is_empty() => Ok(Value::Array(elements)), // rfc-traps 181
        (Op::Add, Some(filter)) if chosen.is_empty() => create(elements, filter, operation, resolved),
        _ if chosen.is_empty() => Err(ScimError::no_target(format!("nothing is there at {path}"))), // rfc-traps 159
        (Op::Remove, _) if path.sub_attribute.is_none() => Ok(without(elements, &chosen)),
        _ => change_each(elements, &chosen, operation, resolved),
    }
}

/// The elements but for those at these positions, which ascend.
fn without(elements: Vec<Value>, positions: &[usize]) -> Value {
    let kept = elements.into_iter().enumerate().filter(|(index, _)| positions.binary_search(index).is_err());
    Value::Array(kept.map(|(_, element)| element).collect())
}

fn change_each(
    mut elements: Vec<Value>,
    chosen: &[usize],
    operation: &PatchOp,
    resolved: Resolved<'_>,
) -> Result<Value, ScimError> {
    for index in chosen {
        let element = std::mem::replace(&mut elements[*index], Value::Null);
        elements[*index] = element_changed(element, operation, resolved)?;
    }
    let touched: &[usize] = if writes_primary(operation) { chosen } else { &[] };
    let Value::Array(mut elements) = exclusive(elements, touched, &operation.path)? else { return Ok(Value::Null) };
    elements.retain(|element| !element.is_unassigned()); // rfc-traps 180
    Ok(Value::Array(elements))
}

fn writes_primary(operation: &PatchOp) -> bool {
    match (&operation.path.sub_attribute, &operation.value) {
        (Some(sub), Some(Value::Bool(true))) => **sub == *"primary",
        (None, Some(value)) => is_primary(value),
        _ => false,
    }
}

fn element_changed(element: Value, operation: &PatchOp, resolved: Resolved<'_>) -> Result<Value, ScimError> {
    let value = operation.value.clone().unwrap_or(Value::Null);
    match resolved.sub_attribute {
        Some(sub) => part_changed(element, operation, resolved.attribute, sub),
        None if resolved.attribute.kind == Kind::Complex => merged(element, value, resolved.attribute, &operation.path),
        None => Ok(value),
    }
}

/// `add` where the filter finds nothing makes the element it describes (rfc-traps 144 to 147).
fn create(
    mut elements: Vec<Value>,
    filter: &Filter,
    operation: &PatchOp,
    resolved: Resolved<'_>,
) -> Result<Value, ScimError> {
    let path = &operation.path;
    let seed = seed(filter, resolved.attribute, path).ok_or_else(|| {
        ScimError::no_target(format!("nothing is there at {path}, and nothing can be made of the filter"))
    })?;
    let element = element_changed(seed, operation, resolved)?;
    if !compile_element(filter, resolved.attribute)?.matches_element(&element) {
        return Err(ScimError::no_target(format!(
            "nothing is there at {path}, and the value is not what the filter describes"
        )));
    }
    elements.push(element);
    let touched = elements.len() - 1;
    exclusive(elements, &[touched], path)
}

/// The element that an `eq`, or several joined by `and`, describes.
fn seed(filter: &Filter, attribute: &Attribute, at: &AttributePath) -> Option<Value> {
    let parts = match filter {
        Filter::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut seed = Object::new();
    for part in parts {
        let Filter::Compare(path, CompareOp::Eq, literal) = part else { return None };
        let value = match literal {
            Literal::Null => continue,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Number(digits) => Value::Number(digits.clone()),
            Literal::String(text) => Value::String(text.clone()),
        };
        seed.insert(path.attribute.clone(), value);
    }
    let mut seed = if attribute.kind == Kind::Complex { Value::Object(seed) } else { seed.remove("value")? };
    let mut seen = Seen { drop_read_only: true, ..Seen::default() };
    let says_something = single(&mut seed, attribute, &at.to_string(), &mut seen).ok()?;
    says_something.then_some(seed)
}

/// Whether a value has a preferred element.
pub(super) fn brings_primary(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(is_primary),
        one => is_primary(one),
    }
}

/// Whether an element is the preferred one.
fn is_primary(element: &Value) -> bool {
    element.as_object().and_then(|object| object.get("primary")).and_then(Value::as_bool) == Some(true)
}
