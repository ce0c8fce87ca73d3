//! PATCH operations in the forms a vendor has (`[types.patch]` of its profile).

use scimux_scim::diff::same_value;
use scimux_scim::schema::{Attribute, Kind, Mutability};
use scimux_scim::{AttributePath, Filter, Object, Op, PatchOp, ScimError, Value};

use crate::ServedType;
use crate::profile::PatchProfile;

/// What has to be done so that the vendor carries out the operations.
pub(crate) enum Lowered {
    /// They can be sent: these, in vendor names.
    Direct(Vec<PatchOp>),
    /// The result has to be computed from the present resource; what changed can then be sent by PATCH.
    Compute,
    /// The result has to be computed, and only a PUT can carry it.
    ComputeAndPut,
}

/// Decides how operations (canonical, already fitted) reach a vendor that has PATCH.
pub(crate) fn lower(operations: &[PatchOp], served: &ServedType) -> Result<Lowered, ScimError> {
    let profile = &served.profile.patch;
    let vendor = served.mapping.operations_to_vendor(operations.to_vec());
    let mut direct = Vec::with_capacity(vendor.len());
    let mut way = Way::Direct;
    for operation in vendor {
        refuse_removal(&operation, served)?;
        way = way.max(way_of(&operation, served, profile));
        spread(operation, served, profile, &mut direct);
    }
    if needs_present_state(operations, served) || repeats_one(&direct, profile) {
        way = way.max(Way::Compute);
    }
    Ok(match way {
        Way::Direct => Lowered::Direct(direct),
        Way::Compute => Lowered::Compute,
        Way::ComputeAndPut => Lowered::ComputeAndPut,
    })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Direct,
    Compute,
    ComputeAndPut,
}

/// A readOnly value in a pathless operation is refused only if it differs, an immutable one only if another is there:
/// both need the present resource.
pub(crate) fn needs_present_state(operations: &[PatchOp], served: &ServedType) -> bool {
    operations.iter().any(|operation| {
        served.canonical.resolve(&operation.path).is_some_and(|resolved| {
            let of =
                |mutability| resolved.attribute.mutability == mutability || resolved.leaf().mutability == mutability;
            of(Mutability::ReadOnly) || of(Mutability::Immutable) && !resolved.attribute.multi_valued
        })
    })
}

fn repeats_one(operations: &[PatchOp], profile: &PatchProfile) -> bool {
    profile.once.iter().any(|name| {
        let touches = |operation: &&PatchOp| operation.path.whole().to_string().eq_ignore_ascii_case(name);
        operations.iter().filter(touches).count() > 1
    })
}

fn refuse_removal(operation: &PatchOp, served: &ServedType) -> Result<(), ScimError> {
    let name = operation.path.to_string();
    let profile = &served.profile.patch;
    if operation.op == Op::Remove && profile.not_removable.iter().any(|kept| kept.eq_ignore_ascii_case(&name)) {
        let name = served.mapping.path_to_canonical(&operation.path);
        return Err(ScimError::mutability(format!("{name}: the vendor does not let it be removed; replace it")));
    }
    Ok(())
}

fn way_of(operation: &PatchOp, served: &ServedType, profile: &PatchProfile) -> Way {
    let path = &operation.path;
    let whole = path.whole().to_string();
    let in_extension = path.urn.is_some() && !profile.extensions;
    let listed =
        profile.attributes.is_empty() || profile.attributes.iter().any(|name| name.eq_ignore_ascii_case(&whole));
    if in_extension || !listed {
        return Way::ComputeAndPut;
    }
    let Some(resolved) = served.vendor.resolve(path) else { return Way::Direct };
    if has_form(operation, resolved.attribute, profile) { Way::Direct } else { Way::Compute }
}

/// Whether the vendor's PATCH takes an operation (in vendor names) as it is.
pub(crate) fn is_direct(operation: &PatchOp, served: &ServedType) -> bool {
    way_of(operation, served, &served.profile.patch) == Way::Direct
}

/// Whether the vendor has the form of the operation.
fn has_form(operation: &PatchOp, attribute: &Attribute, profile: &PatchProfile) -> bool {
    let path = &operation.path;
    let takes = |operations: &[String]| operations.iter().any(|op| op == operation.op.as_str());
    match (attribute.multi_valued, &path.filter, &path.sub_attribute) {
        (true, Some(_), _) => takes(&profile.value_filters),
        (true, None, None) => takes(&profile.multi_valued),
        (true, None, Some(_)) => takes(&profile.value_filters) && takes(&profile.multi_valued),
        (false, _, Some(_)) => profile.sub_attributes,
        (false, _, None) => {
            attribute.kind != Kind::Complex || operation.op == Op::Remove || profile.complex || profile.sub_attributes
        }
    }
}

/// Appends the operation, a complex value as one operation for each part where the vendor takes only parts.
fn spread(operation: PatchOp, served: &ServedType, profile: &PatchProfile, into: &mut Vec<PatchOp>) {
    let attribute = served.vendor.resolve(&operation.path).map(|resolved| resolved.attribute);
    let single = attribute.is_some_and(|attribute| !attribute.multi_valued);
    match operation.value {
        Some(Value::Object(parts)) if single && !profile.complex && operation.path.sub_attribute.is_none() => {
            for (part, value) in parts {
                let path = operation.path.clone().with_sub(part);
                into.push(PatchOp { op: operation.op, path, value: Some(value), explicit: true });
            }
        }
        value => into.push(PatchOp { value, ..operation }),
    }
}

/// The operations, in the vendor's forms, that lead from one resource to another; both in vendor names.
pub(crate) fn changes(from: &Object, to: &Object, served: &ServedType) -> Vec<PatchOp> {
    let mut operations = Vec::new();
    for (path, attribute) in served.writable.iter() {
        let (before, after) = (path.get(from), path.get(to));
        if !same_value(before, after, Some(attribute)) {
            change(path.clone(), attribute, before, after, &served.profile.patch, &mut operations);
        }
    }
    operations
}

fn change(
    path: AttributePath,
    attribute: &Attribute,
    before: Option<&Value>,
    after: Option<&Value>,
    profile: &PatchProfile,
    into: &mut Vec<PatchOp>,
) {
    let by_part = attribute.kind == Kind::Complex && !attribute.multi_valued && profile.sub_attributes;
    match after.filter(|value| !value.is_unassigned()) {
        None => into.push(PatchOp { op: Op::Remove, path, value: None, explicit: true }),
        Some(_) if by_part => {
            for sub in &attribute.sub_attributes {
                let (path, before, after) = (path.clone().with_sub(&*sub.name), part(before, sub), part(after, sub));
                if !same_value(before, after, Some(sub)) {
                    change(path, sub, before, after, profile, into);
                }
            }
        }
        Some(value) => into.push(PatchOp { op: Op::Replace, path, value: Some(value.clone()), explicit: true }),
    }
}

fn part<'a>(value: Option<&'a Value>, sub: &Attribute) -> Option<&'a Value> {
    value.and_then(Value::as_object).and_then(|parts| parts.get(&sub.name))
}

/// The operations cut into calls of at most `most` changed members each. What comes behind the first part of a
/// `replace` is added to it.
pub(crate) fn split(operations: Vec<PatchOp>, most: usize) -> Vec<Vec<PatchOp>> {
    let mut calls: Vec<Vec<PatchOp>> = Vec::new();
    let mut room = 0;
    for operation in operations {
        for piece in pieces(operation, most) {
            let weight = weight(&piece);
            if calls.is_empty() || weight > room {
                calls.push(Vec::new());
                room = most;
            }
            room -= weight.min(room);
            calls.last_mut().expect("a call was just pushed if there was none").push(piece);
        }
    }
    calls
}

/// A resource to be created, with only the first `most` values of each list.
pub(crate) fn first_members(resource: &Object, most: usize, served: &ServedType) -> Object {
    let mut first = resource.clone();
    for (path, attribute) in served.writable.iter() {
        if let Some(Value::Array(elements)) = path.get(resource).filter(|_| attribute.multi_valued) {
            path.set(&mut first, Value::Array(elements.iter().take(most).cloned().collect()));
        }
    }
    first
}

/// The operations that add what [`first_members`] left out.
pub(crate) fn further_members(resource: &Object, most: usize, served: &ServedType) -> Vec<PatchOp> {
    let lists = served.writable.iter().filter(|(_, attribute)| attribute.multi_valued);
    let rest = lists.filter_map(|(path, _)| {
        let rest = path.get(resource)?.as_array()?.get(most..).filter(|rest| !rest.is_empty())?;
        Some(PatchOp { op: Op::Add, value: Some(Value::Array(rest.to_vec())), path: path.clone(), explicit: true })
    });
    rest.collect()
}

/// How many members an operation changes.
pub(crate) fn weight(operation: &PatchOp) -> usize {
    match (&operation.value, operation.path.filter.as_deref()) {
        (Some(Value::Array(elements)), _) => elements.len(),
        (None, Some(Filter::Or(terms))) => terms.len(),
        (None, Some(_)) => 1,
        _ => 0,
    }
}

fn pieces(operation: PatchOp, most: usize) -> Vec<PatchOp> {
    if weight(&operation) <= most {
        return vec![operation];
    }
    let PatchOp { op, mut path, value, explicit } = operation;
    match (value, path.filter.take()) {
        (Some(Value::Array(elements)), filter) => {
            path.filter = filter;
            let piece = |(index, elements): (usize, &[Value])| {
                let op = if index == 0 { op } else { Op::Add };
                PatchOp { op, path: path.clone(), value: Some(Value::Array(elements.to_vec())), explicit }
            };
            elements.chunks(most).enumerate().map(piece).collect()
        }
        (value, Some(filter)) => match *filter {
            Filter::Or(terms) => terms
                .chunks(most)
                .map(|terms| {
                    let filter = if terms.len() == 1 { terms[0].clone() } else { Filter::Or(terms.to_vec()) };
                    let path = AttributePath { filter: Some(Box::new(filter)), ..path.clone() };
                    PatchOp { op, path, value: value.clone(), explicit }
                })
                .collect(),
            filter => {
                path.filter = Some(Box::new(filter));
                vec![PatchOp { op, path, value, explicit }]
            }
        },
        (value, None) => vec![PatchOp { op, path, value, explicit }],
    }
}
