//! Explicit operations applied to a resource, all or none.

use std::borrow::Cow;

use crate::diff::same_value;
use crate::filter::compile_element;
use crate::patch::list;
use crate::patch::{Op, PatchOp};
use crate::schema::{Attribute, Kind, Mutability, Resolved};
use crate::{AttributePath, Object, ResourceType, ScimError, ScimType, Text, Value};

/// The most elements of lists that the operations of one request may look at, each operation anew: what is beyond would keep a
/// processor busy for longer than others may wait.
pub const MAX_VISITS: usize = 5_000_000;

/// Applies operations in order, all or none. The result has `schemas` true to the extensions present.
///
/// # Errors
/// The `scimType` of RFC 7644 table 9 for each mistake; 400 `tooMany` beyond [`MAX_VISITS`].
pub fn apply(resource: &Object, operations: &[PatchOp], resource_type: &ResourceType) -> Result<Object, ScimError> {
    let mut result = resource.clone();
    let mut visits = 0;
    for operation in joined(operations, resource_type).iter() {
        visits += elements_to_visit(&result, operation);
        if visits > MAX_VISITS {
            return Err(ScimError::bad_request(
                ScimType::TooMany,
                format!("the operations would look at more than {MAX_VISITS} elements of lists; send fewer at once"),
            ));
        }
        apply_one(&mut result, operation, resource_type)?;
    }
    list_schemas(&mut result, resource_type);
    match resource_type.extensions.iter().find(|extension| {
        let urn = &extension.schema.id;
        extension.required && resource.contains(urn) && !result.contains(urn)
    }) {
        Some(lost) => Err(ScimError::mutability(format!("{} is required", lost.schema.id))), // rfc-traps 189
        None => Ok(result),
    }
}

/// Consecutive additions to one list as one: each by itself would look at the whole list again. One that brings a primary
/// element ends the primary before it, and stays by itself.
fn joined<'a>(operations: &'a [PatchOp], resource_type: &ResourceType) -> Vec<Cow<'a, PatchOp>> {
    let mut joined: Vec<Cow<'a, PatchOp>> = Vec::new();
    for operation in operations {
        match joined.last_mut() {
            Some(last) if continues(last, operation, resource_type) => last.to_mut().value = both(last, operation),
            _ => joined.push(Cow::Borrowed(operation)),
        }
    }
    joined
}

fn continues(last: &PatchOp, next: &PatchOp, resource_type: &ResourceType) -> bool {
    let adds = |operation: &PatchOp| operation.op == Op::Add && operation.value.is_some();
    let path = &next.path;
    adds(last)
        && adds(next)
        && last.explicit == next.explicit
        && last.path == *path
        && path.filter.is_none()
        && path.sub_attribute.is_none()
        && !next.value.iter().any(list::brings_primary)
        && resource_type.resolve(path).is_some_and(|resolved| resolved.attribute.multi_valued)
}

fn both(last: &mut Cow<'_, PatchOp>, next: &PatchOp) -> Option<Value> {
    let mut all = last.to_mut().value.take().map(list::elements).unwrap_or_default();
    all.extend(next.value.clone().into_iter().flat_map(list::elements));
    Some(Value::Array(all))
}

/// How many elements of lists an operation looks at.
fn elements_to_visit(resource: &Object, operation: &PatchOp) -> usize {
    let length = |value: Option<&Value>| value.and_then(Value::as_array).map_or(1, <[Value]>::len);
    length(operation.path.whole().get(resource)) + length(operation.value.as_ref())
}

fn apply_one(resource: &mut Object, operation: &PatchOp, resource_type: &ResourceType) -> Result<(), ScimError> {
    let path = &operation.path;
    match resource_type.resolve(path) {
        Some(_) if is_schemas(path) => change_schemas(operation, resource_type),
        Some(resolved) => change_known(resource, operation, resolved),
        None if path.is_container() => remove_extension(resource, operation, resource_type),
        None if resource_type.is_open_to(path) && path.filter.is_none() => change_untyped(resource, operation),
        None => Err(ScimError::invalid_path(format!("no schema here has an attribute {path}"))),
    }
}

/// `schemas` follows from the content; only an attempt to take the base away is told (rfc-traps 191).
fn change_schemas(operation: &PatchOp, resource_type: &ResourceType) -> Result<(), ScimError> {
    let base = Value::String(resource_type.schema.id.clone());
    let keeps_base = match (operation.op, &operation.value, &operation.path.filter) {
        (Op::Add, ..) => true,
        (Op::Replace, Some(Value::Array(urns)), None) => {
            urns.iter().filter_map(Value::as_str).any(|urn| resource_type.is_base(urn))
        }
        (Op::Remove, _, Some(filter)) => {
            let schemas = crate::schema::common().iter().find(|attribute| attribute.name == "schemas");
            let schemas = schemas.expect("schemas is a common attribute");
            !compile_element(filter, schemas)?.matches_element(&base)
        }
        _ => false,
    };
    match keeps_base {
        true => Ok(()),
        false => Err(ScimError::mutability("schemas must list the base schema")),
    }
}

fn remove_extension(resource: &mut Object, operation: &PatchOp, resource_type: &ResourceType) -> Result<(), ScimError> {
    let urn = operation.path.urn.as_deref().unwrap_or_default();
    if operation.op != Op::Remove {
        return Err(ScimError::invalid_path(format!("name the attributes of {urn}")));
    }
    if resource_type.is_base(urn) {
        return Err(ScimError::mutability("the base schema cannot be removed"));
    }
    let Some(Value::Object(container)) = resource.get_mut(urn) else { return Ok(()) };
    let Some(schema) = resource_type.extension(urn) else {
        resource.remove(urn);
        return Ok(());
    };
    let is = |name: &str, mutability| schema.attribute(name).is_some_and(|known| known.mutability == mutability);
    if let Some((name, _)) =
        container.iter().find(|(name, value)| is(name, Mutability::Immutable) && !value.is_unassigned())
    {
        return Err(ScimError::mutability(format!("{urn}:{name} is immutable")));
    }
    container.retain(|name, _| is(name, Mutability::ReadOnly));
    if container.is_empty() {
        resource.remove(urn);
    }
    Ok(())
}

/// Without a schema an object is taken for a complex value, an array for a multi-valued attribute.
fn change_untyped(resource: &mut Object, operation: &PatchOp) -> Result<(), ScimError> {
    let path = &operation.path;
    let value = match (operation.op, operation.value.clone()) {
        (Op::Remove, _) | (_, None) => {
            path.take(resource);
            return Ok(());
        }
        (op, Some(value)) => match (op, path.get(resource), value) {
            (_, Some(Value::Object(old)), Value::Object(new)) => {
                let mut merged = old.clone();
                new.into_iter().for_each(|(name, value)| merged.insert(name, value));
                merged.retain(|_, value| !value.is_unassigned());
                Value::Object(merged)
            }
            (Op::Add, Some(Value::Array(old)), Value::Array(new)) => {
                let missing = new.into_iter().filter(|new| !old.contains(new));
                Value::Array(old.iter().cloned().chain(missing).collect())
            }
            (_, _, value) => value,
        },
    };
    path.set(resource, value);
    Ok(())
}

fn change_known(resource: &mut Object, operation: &PatchOp, resolved: Resolved<'_>) -> Result<(), ScimError> {
    let path = &operation.path;
    if is_read_only(resolved) {
        return read_only(resource, operation, resolved);
    }
    let whole = operation.op == Op::Remove && path.filter.is_none();
    if whole && resolved.leaf().required {
        return Err(required(path)); // rfc-traps 169, 184
    }
    if resolved.leaf().required && operation.value.as_ref().and_then(Value::as_str) == Some("") {
        return Err(ScimError::invalid_value(format!("{path} is required and cannot be empty"))); // rfc-traps 52
    }
    let parent = match &path.urn {
        None => resource,
        Some(urn) => {
            if !matches!(resource.get(urn), Some(Value::Object(_))) {
                resource.insert(urn.clone(), Object::new());
            }
            match resource.get_mut(urn) {
                Some(Value::Object(container)) => container,
                _ => unreachable!("the container was put there above"),
            }
        }
    };
    let had = parent.get(&path.attribute).is_some_and(|value| !value.is_unassigned());
    change_member(parent, &path.attribute, resolved.attribute, path, |old| changed(old, operation, resolved))?;
    match had && resolved.attribute.required && !parent.contains(&path.attribute) {
        true => Err(required(path)),
        false => Ok(()),
    }
}

fn required(path: &AttributePath) -> ScimError {
    ScimError::mutability(format!("{path} is required"))
}

/// Named by the client: refused (rfc-traps 150, 185). In a value without path: harmless where it says what is so
/// (rfc-traps 174).
fn read_only(resource: &Object, operation: &PatchOp, resolved: Resolved<'_>) -> Result<(), ScimError> {
    let path = &operation.path;
    let present = path.get(resource);
    let same = same_value(present, operation.value.as_ref(), Some(resolved.leaf()));
    match !operation.explicit && path.filter.is_none() && same {
        true => Ok(()),
        false => Err(ScimError::mutability(format!("{path} is readOnly"))),
    }
}

/// Changes a member in place; unassigned it goes. An immutable one with a value must not change (rfc-traps 149).
pub(super) fn change_member(
    parent: &mut Object,
    name: &Text,
    attribute: &Attribute,
    at: &AttributePath,
    change: impl FnOnce(Value) -> Result<Value, ScimError>,
) -> Result<(), ScimError> {
    let fixed = attribute.mutability == Mutability::Immutable;
    let before = parent.get(name).filter(|value| fixed && !value.is_unassigned()).cloned();
    let old = parent.get_mut(name).map(|value| std::mem::replace(value, Value::Null)).unwrap_or(Value::Null);
    let new = change(old)?;
    if before.is_some() && !same_value(before.as_ref(), Some(&new), Some(attribute)) {
        return Err(ScimError::mutability(format!("{at} is immutable and has a value")));
    }
    match new.is_unassigned() {
        true => drop(parent.remove(name)),
        false => parent.insert(name.clone(), new),
    }
    Ok(())
}

/// The attribute's value after the operation.
fn changed(old: Value, operation: &PatchOp, resolved: Resolved<'_>) -> Result<Value, ScimError> {
    let path = &operation.path;
    let attribute = resolved.attribute;
    match (&path.filter, resolved.sub_attribute) {
        (None, None) => assigned(old, operation.op, operation.value.clone(), attribute, path),
        (None, Some(sub)) if !attribute.multi_valued => part_changed(old, operation, attribute, sub),
        (Some(_), _) if !attribute.multi_valued => {
            Err(ScimError::invalid_path(format!("{} holds one value, so there is nothing to choose", path.whole())))
        }
        _ => list::changed(old, operation, resolved),
    }
}

/// The value after an operation on the whole of an attribute or sub-attribute.
fn assigned(
    old: Value,
    op: Op,
    value: Option<Value>,
    attribute: &Attribute,
    at: &AttributePath,
) -> Result<Value, ScimError> {
    match (op, value) {
        (Op::Remove, _) | (_, None) => Ok(Value::Null),
        (op, Some(value)) if attribute.multi_valued => list::assigned(old, op, value, attribute, at),
        (_, Some(value)) if attribute.kind == Kind::Complex => merged(old, value, attribute, at),
        (_, Some(value)) => Ok(value),
    }
}

/// A complex value after an operation on one of its parts.
pub(super) fn part_changed(
    old: Value,
    operation: &PatchOp,
    attribute: &Attribute,
    sub: &Attribute,
) -> Result<Value, ScimError> {
    let mut object = match old {
        Value::Object(object) => object,
        _ => Object::new(),
    };
    let (op, value, at) = (operation.op, operation.value.clone(), &operation.path);
    let id = object.get("value").cloned();
    change_member(&mut object, &sub.name.clone(), sub, at, |old| assigned(old, op, value, sub, at))?;
    if sub.name != "$ref" {
        forget_stale_ref(&mut object, id.as_ref(), attribute);
    }
    Ok(Value::Object(object))
}

/// `add` and `replace` of a complex value merge (rfc-traps 132, 155, 161); parts that clients may not write stay.
pub(super) fn merged(old: Value, new: Value, attribute: &Attribute, at: &AttributePath) -> Result<Value, ScimError> {
    let (Value::Object(mut object), Value::Object(new)) = (old, new.clone()) else { return Ok(new) };
    let id = object.get("value").cloned();
    let names_ref = new.contains("$ref");
    for (name, value) in new {
        match attribute.sub(&name) {
            Some(sub) if sub.is_read_only() => {}
            Some(sub) => change_member(&mut object, &name, sub, at, |_| Ok(value))?,
            None => object.insert(name, value),
        }
    }
    if !names_ref {
        forget_stale_ref(&mut object, id.as_ref(), attribute);
    }
    Ok(Value::Object(object))
}

/// A new id makes the URI beside the old one point elsewhere.
fn forget_stale_ref(object: &mut Object, id: Option<&Value>, attribute: &Attribute) {
    if attribute.is_reference() && id.is_some() && object.get("value") != id {
        object.remove("$ref");
    }
}

fn is_read_only(resolved: Resolved<'_>) -> bool {
    resolved.attribute.is_read_only() || resolved.leaf().is_read_only()
}

/// Whether the path is that of `schemas` itself.
fn is_schemas(path: &AttributePath) -> bool {
    path.urn.is_none() && *path.attribute == *"schemas"
}

/// Makes `schemas` true: the base and the extensions present; what it listed keeps its order. Empty containers go
/// (rfc-traps 17 to 19, 151, 187, 188).
pub(crate) fn list_schemas(resource: &mut Object, resource_type: &ResourceType) {
    resource.retain(|name, value| !is_container(name, resource_type) || !value.is_unassigned());
    let mut urns: Vec<Text> = vec![];
    let mut list = |urn: &str| {
        if !urns.iter().any(|other| other.eq_ignore_ascii_case(urn)) {
            urns.push(resource_type.urns().find(|known| known.eq_ignore_ascii_case(urn)).unwrap_or(urn).into());
        }
    };
    let is_true = |urn: &str| resource_type.is_base(urn) || resource.contains(urn);
    let before = resource.get("schemas").and_then(Value::as_array).unwrap_or_default();
    before.iter().filter_map(Value::as_str).filter(|urn| is_true(urn)).for_each(&mut list);
    list(&resource_type.schema.id);
    resource.iter().filter(|(name, _)| is_container(name, resource_type)).for_each(|(name, _)| list(name));
    resource.insert("schemas", Value::Array(urns.into_iter().map(Value::String).collect()));
}

/// Whether a member of a resource is the container of an extension, also of one that no schema here describes: the names
/// of attributes hold no colon.
pub(crate) fn is_container(name: &str, resource_type: &ResourceType) -> bool {
    resource_type.extension(name).is_some() || name.contains(':')
}
