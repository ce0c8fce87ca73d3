//! References to resources in what operations carry: every place by the schema where one can stand, and none else, so
//! that a display name that begins with `bulkId:` stays what it is (rfc-traps 259).

use crate::filter::Literal;
use crate::schema::{Attribute, Kind, Schema, common};
use crate::{Filter, Object, PatchOp, ResourceType, ScimError, Text, Value};

/// What stands before a bulkId where it is referred to (RFC 7644 section 3.7.2).
const PREFIX: &str = "bulkId:";

/// What an operation carries, in canonical form.
#[derive(Debug)]
pub enum Data<'a> {
    /// Nothing.
    Nothing,
    /// A resource, of POST and PUT.
    Resource(&'a mut Object),
    /// The operations of PATCH.
    Operations(&'a mut [PatchOp]),
}

/// The bulkId that a text refers to: the whole text, or the end of a URL.
#[must_use]
pub fn bulk_id(text: &str) -> Option<&str> {
    behind_prefix(text).or_else(|| behind_prefix(text.rsplit_once('/')?.1)).filter(|bulk_id| !bulk_id.is_empty())
}

fn behind_prefix(text: &str) -> Option<&str> {
    let (start, rest) = text.split_at_checked(PREFIX.len())?;
    start.eq_ignore_ascii_case(PREFIX).then_some(rest)
}

/// Puts the ids of created resources where they are referred to by bulkId.
///
/// # Errors
/// 409 for a resource that has not been created (rfc-traps 260, 262): a literal `bulkId:x` never reaches a vendor.
pub fn resolve(
    data: Data<'_>,
    resource_type: &ResourceType,
    created: impl Fn(&str) -> Option<Text>,
) -> Result<(), ScimError> {
    let mut missing = None;
    each_reference(data, resource_type, &mut |text| {
        let Some(bulk_id) = bulk_id(text) else { return };
        match created(bulk_id) {
            Some(id) => {
                let url = &text[..text.len() - bulk_id.len() - PREFIX.len()];
                *text = if url.is_empty() { id } else { format!("{url}{id}").into() };
            }
            None => missing = Some(ScimError::new(409, format!("no resource was created under the bulkId {bulk_id}"))),
        }
    });
    missing.map_or(Ok(()), Err)
}

/// Shows every text that names a resource: ids, `bulkId:x`, and URLs. Where no schema tells, only what begins as a bulkId
/// does counts.
pub(super) fn each_reference(data: Data<'_>, resource_type: &ResourceType, see: &mut dyn FnMut(&mut Text)) {
    match data {
        Data::Nothing => {}
        Data::Resource(resource) => in_resource(resource, resource_type, see),
        Data::Operations(operations) => {
            for operation in operations {
                in_operation(operation, resource_type, see);
            }
        }
    }
}

fn in_resource(resource: &mut Object, resource_type: &ResourceType, see: &mut dyn FnMut(&mut Text)) {
    let core = |name: &str| {
        let common = || common().iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        resource_type.schema.attribute(name).or_else(common)
    };
    for (name, value) in resource.iter_mut() {
        match (resource_type.extension(name), value) {
            (Some(schema), Value::Object(members)) => in_extension(members, schema, see),
            (_, value) => in_attribute(value, core(name), see),
        }
    }
}

fn in_extension(members: &mut Object, schema: &Schema, see: &mut dyn FnMut(&mut Text)) {
    for (name, value) in members.iter_mut() {
        in_attribute(value, schema.attribute(name), see);
    }
}

fn in_operation(operation: &mut PatchOp, resource_type: &ResourceType, see: &mut dyn FnMut(&mut Text)) {
    let resolved = resource_type.resolve(&operation.path);
    if let (Some(filter), Some(resolved)) = (&mut operation.path.filter, resolved) {
        in_filter(filter, resolved.attribute, see);
    }
    let Some(value) = &mut operation.value else { return };
    match resolved.map(|resolved| (resolved.attribute, resolved.sub_attribute)) {
        Some((attribute, Some(sub))) => in_part(value, attribute, sub, see),
        Some((attribute, None)) => in_attribute(value, Some(attribute), see),
        None => in_attribute(value, None, see),
    }
}

fn in_attribute(value: &mut Value, attribute: Option<&Attribute>, see: &mut dyn FnMut(&mut Text)) {
    match (value, attribute) {
        (Value::Array(elements), _) => elements.iter_mut().for_each(|element| in_attribute(element, attribute, see)),
        (Value::Object(parts), _) => {
            for (name, value) in parts.iter_mut() {
                match attribute.and_then(|attribute| Some((attribute, attribute.sub(name)?))) {
                    Some((attribute, sub)) => in_part(value, attribute, sub, see),
                    None => in_attribute(value, None, see),
                }
            }
        }
        (Value::String(text), Some(attribute)) if points_here(attribute) => see(text),
        (Value::String(text), None) if behind_prefix(text).is_some() => see(text),
        _ => {}
    }
}

fn in_part(value: &mut Value, attribute: &Attribute, sub: &Attribute, see: &mut dyn FnMut(&mut Text)) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| in_part(element, attribute, sub, see)),
        Value::String(text) if is_reference(attribute, sub) => see(text),
        _ => {}
    }
}

fn in_filter(filter: &mut Filter, attribute: &Attribute, see: &mut dyn FnMut(&mut Text)) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter_mut().for_each(|part| in_filter(part, attribute, see)),
        Filter::Not(inner) | Filter::ValuePath(_, inner) => in_filter(inner, attribute, see),
        Filter::Compare(path, _, Literal::String(text)) => {
            if attribute.sub(&path.attribute).is_some_and(|sub| is_reference(attribute, sub)) {
                see(text);
            }
        }
        Filter::Compare(..) | Filter::Present(_) => {}
    }
}

fn is_reference(attribute: &Attribute, sub: &Attribute) -> bool {
    points_here(sub) || attribute.is_reference() && sub.name.eq_ignore_ascii_case("value")
}

/// Whether it refers to a resource, and not to something elsewhere (RFC 7643 section 7, `referenceTypes`).
fn points_here(attribute: &Attribute) -> bool {
    let elsewhere = |kind: &String| kind == "external" || kind == "uri";
    attribute.kind == Kind::Reference && !attribute.reference_types.iter().any(elsewhere)
}
