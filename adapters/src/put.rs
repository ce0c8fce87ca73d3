//! Bodies of PUT for vendors whose PUT is not the RFC's (`[types.put]` of a profile). All in vendor names.

pub(crate) mod by_patch;

use scimux_scim::diff::same_value;
use scimux_scim::schema::{Attribute, Kind, Mutability};
use scimux_scim::{AttributePath, Object, Op, PatchOp, ScimError, Value};

use crate::{Note, NoteKind, ServedType};

/// What of the vendor's attributes concerns a POST or PUT, worked out with the configuration.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// What the vendor demands, or demands a part of.
    demanded: Vec<(AttributePath, Attribute)>,
    /// What must not be missing in a PUT, or lack a part.
    completed: Vec<(AttributePath, Attribute)>,
    /// What is fixed once it is set.
    fixed: Vec<(AttributePath, Attribute)>,
    /// The lists that the vendor does not return, or not in full.
    pub(crate) hidden: Vec<AttributePath>,
}

impl Rules {
    pub(crate) fn new(served: &ServedType) -> Self {
        let of = |concerns: &dyn Fn(&AttributePath, &Attribute) -> bool| {
            served.writable.iter().filter(|(path, attribute)| concerns(path, attribute)).cloned().collect::<Vec<_>>()
        };
        let is_hidden = |path: &AttributePath, attribute: &Attribute| {
            let form = served.form(path).filter(|_| attribute.multi_valued);
            form.is_some_and(|form| form.never_returned || form.returned_up_to.is_some())
        };
        Self {
            demanded: of(&|_, attribute| attribute.required || demands_part(attribute)),
            completed: of(&|path, attribute| must_stay(path, attribute, served) || demands_part(attribute)),
            fixed: fixed(&served.writable),
            hidden: of(&is_hidden).into_iter().map(|(path, _)| path).collect(),
        }
    }
}

/// Whether a PUT of `body` has to be completed from the present resource: it lacks what the vendor demands, or `active`
/// at a vendor that may reset it.
pub(crate) fn lacks(body: &Object, served: &ServedType) -> bool {
    served.put.completed.iter().any(|(path, attribute)| {
        let is_lacking = must_stay(path, attribute, served) && path.get(body).is_none();
        is_lacking || demands_part(attribute) && lacks_part(path.get(body), attribute)
    })
}

/// Whether an attribute that the client did not name must be sent all the same: the vendor demands it, or it is `active`
/// and the vendor may reset it (a leaver must not come back).
fn must_stay(path: &AttributePath, attribute: &Attribute, served: &ServedType) -> bool {
    let kept = || served.profile.put.keeps.iter().any(|kept| kept.eq_ignore_ascii_case(&path.to_string()));
    let is_active = path.urn.is_none() && attribute.name == "active";
    attribute.required || (is_active && !kept())
}

fn demands_part(attribute: &Attribute) -> bool {
    attribute.sub_attributes.iter().any(|sub| sub.required)
}

fn lacks_part(value: Option<&Value>, attribute: &Attribute) -> bool {
    let parts = value.and_then(Value::as_object);
    parts.is_some_and(|parts| attribute.sub_attributes.iter().any(|sub| sub.required && !parts.contains(&sub.name)))
}

/// Adds to `body` what [`lacks`] asks for, from the present resource.
pub(crate) fn complete(body: &mut Object, current: &Object, served: &ServedType) -> Vec<AttributePath> {
    let mut added = Vec::new();
    for (path, attribute) in served.writable.iter() {
        if path.get(body).is_none() && must_stay(path, attribute, served) {
            if let Some(present) = path.get(current) {
                path.set(body, present.clone());
                added.push(path.clone());
            }
        } else if attribute.kind == Kind::Complex && !attribute.multi_valued {
            for sub in attribute.sub_attributes.iter().filter(|sub| sub.required) {
                let part = path.clone().with_sub(&*sub.name);
                let lacking = path.get(body).is_some() && part.get(body).is_none();
                if let Some(present) = part.get(current).filter(|_| lacking) {
                    part.set(body, present.clone());
                    added.push(part);
                }
            }
        }
    }
    added
}

/// Refuses a body that lacks what the vendor demands, naming all of it canonically.
pub(crate) fn demand(body: &Object, served: &ServedType) -> Result<(), ScimError> {
    let mut missing = Vec::new();
    for (path, attribute) in &served.put.demanded {
        let value = path.get(body).filter(|value| is_given(value));
        if attribute.required && value.is_none() {
            missing.push(path.clone());
        } else if let Some(parts) = value.and_then(Value::as_object) {
            let given = |sub: &Attribute| parts.get(&sub.name).is_some_and(is_given);
            let lacking = attribute.sub_attributes.iter().filter(|sub| sub.required && !given(sub));
            missing.extend(lacking.map(|sub| path.clone().with_sub(&*sub.name)));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|path| served.mapping.path_to_canonical(path).to_string()).collect();
    Err(ScimError::invalid_value(format!("the vendor demands {}: add it to the request", names.join(", "))))
}

/// What is demanded must not be empty either (rfc-traps 52).
fn is_given(value: &Value) -> bool {
    !value.is_unassigned() && value.as_str() != Some("")
}

/// Whether a body holds what is fixed once it is set.
pub(crate) fn names_fixed(body: &Object, served: &ServedType) -> bool {
    served.put.fixed.iter().any(|(path, _)| path.get(body).is_some())
}

/// Refuses a body that changes what is fixed once it is set; the same value may stand in it (rfc-traps 204).
pub(crate) fn check_fixed(present: &Object, wanted: &Object, served: &ServedType) -> Result<(), ScimError> {
    for (path, attribute) in &served.put.fixed {
        let of = |resource| path.get(resource).filter(|value: &&Value| !value.is_unassigned());
        let (before, after) = (of(present), of(wanted));
        if before.is_some() && after.is_some() && !same_value(before, after, Some(attribute)) {
            let name = served.mapping.path_to_canonical(path);
            return Err(ScimError::mutability(format!("{name} is immutable and has another value")));
        }
    }
    Ok(())
}

/// Single immutable attributes and parts; in lists whole values come and go.
fn fixed(writable: &[(AttributePath, Attribute)]) -> Vec<(AttributePath, Attribute)> {
    let is_fixed = |attribute: &Attribute| attribute.mutability == Mutability::Immutable;
    let mut fixed = Vec::new();
    for (path, attribute) in writable.iter().filter(|(_, attribute)| !attribute.multi_valued) {
        if is_fixed(attribute) {
            fixed.push((path.clone(), attribute.clone()));
        } else {
            let parts = attribute.sub_attributes.iter().filter(|sub| is_fixed(sub));
            fixed.extend(parts.map(|sub| (path.clone().with_sub(&*sub.name), sub.clone())));
        }
    }
    fixed
}

/// The body of a PUT at a vendor whose PUT merges: as requested, with explicit `null` or `[]` for what the present
/// resource has, the client left out, and the gateway may clear. What is kept all the same is a note.
///
/// May be cleared: what the profile knows to be readWrite, in the core schema or in an extension that the request names.
/// Never: required attributes, `active`, and what nobody says who may write: a client that knows only the RFC's schemas
/// must not wipe a licence or a security policy.
pub(crate) fn merged(mut body: Object, current: &Object, named: &[String], served: &ServedType) -> (Object, Vec<Note>) {
    let mut notes = Vec::new();
    for (path, attribute) in served.writable.iter() {
        let Some(present) = path.get(current).filter(|value| !value.is_unassigned()) else { continue };
        if path.get(&body).is_some() {
            clear_parts(path, attribute, present, &mut body);
        } else if let Some(why) = why_kept(path, attribute, named, served) {
            notes.push(Note::new(NoteKind::Kept, served.mapping.path_to_canonical(path).to_string(), why));
        } else {
            path.set(&mut body, if attribute.multi_valued { Value::Array(Vec::new()) } else { Value::Null });
        }
    }
    (body, notes)
}

/// Sends a complex attribute whole: whether the vendor merges its parts is not documented, so parts that should go are
/// `null`, and required ones that the client left out are sent as they are.
fn clear_parts(path: &AttributePath, attribute: &Attribute, present: &Value, body: &mut Object) {
    let Some(parts) = present.as_object() else { return };
    for sub in attribute.sub_attributes.iter().filter(|sub| sub.mutability != Mutability::ReadOnly) {
        let part = path.clone().with_sub(&*sub.name);
        let Some(present) = parts.get(&sub.name).filter(|_| part.get(body).is_none()) else { continue };
        let is_reference = sub.kind == Kind::Reference;
        if !is_reference {
            part.set(body, if sub.required { present.clone() } else { Value::Null });
        }
    }
}

fn why_kept(
    path: &AttributePath,
    attribute: &Attribute,
    named: &[String],
    served: &ServedType,
) -> Option<&'static str> {
    let unknown = served.form(path).is_some_and(|profile| profile.mutability_unknown);
    let foreign = path.urn.as_ref().is_some_and(|urn| !named.iter().any(|named| named.eq_ignore_ascii_case(urn)));
    if attribute.required {
        Some("the vendor demands it")
    } else if path.urn.is_none() && attribute.name == "active" {
        Some("a PUT without active leaves it as it is")
    } else if unknown {
        Some("it is not documented who may write it")
    } else if foreign {
        Some("the request does not name its extension")
    } else {
        None
    }
}

/// The body of a PUT that carries only what differs, for a vendor whose PUT merges: `null` or `[]` for what is to go.
pub(crate) fn changed_only(from: &Object, to: &Object, served: &ServedType) -> Object {
    let mut body = Object::new();
    for (path, attribute) in served.writable.iter() {
        let (before, after) = (path.get(from), path.get(to).filter(|value| !value.is_unassigned()));
        if same_value(before, after, Some(attribute)) {
            continue;
        }
        match after {
            Some(value) => {
                path.set(&mut body, value.clone());
                if let Some(before) = before {
                    clear_parts(path, attribute, before, &mut body);
                }
            }
            None => path.set(&mut body, unassigned(attribute)),
        }
    }
    body
}

fn unassigned(attribute: &Attribute) -> Value {
    if attribute.multi_valued { Value::Array(Vec::new()) } else { Value::Null }
}

/// The body of a PUT that the operations alone determine, for a vendor whose PUT merges; `None` if the present resource
/// is needed. Operations in vendor names.
pub(crate) fn from_operations(operations: &[PatchOp], served: &ServedType) -> Option<Object> {
    let mut body = Object::new();
    for operation in operations {
        let path = &operation.path;
        let resolved = served.vendor.resolve(path)?;
        let alone = path.urn.is_none()
            && path.filter.is_none()
            && path.sub_attribute.is_none()
            && !resolved.attribute.multi_valued
            && resolved.attribute.kind != Kind::Complex;
        if !alone {
            return None;
        }
        path.set(&mut body, operation.value.clone().unwrap_or(Value::Null));
    }
    (!body.is_empty()).then_some(body)
}

/// What a PUT left over at a vendor of whose PUT nobody says whether it clears.
#[derive(Debug, Default)]
pub(crate) struct LeftOver {
    /// Operations that remove it.
    pub(crate) operations: Vec<PatchOp>,
    /// What the vendor's PATCH does not reach.
    pub(crate) kept: Vec<AttributePath>,
}

/// Compares what was asked with what was answered.
pub(crate) fn left_over(asked: &Object, answered: &Object, served: &ServedType) -> LeftOver {
    let mut found = LeftOver::default();
    for (path, attribute) in served.writable.iter() {
        let Some(left) = path.get(answered).filter(|value| !value.is_unassigned()) else { continue };
        let removable = !attribute.required
            && attribute.name != "active"
            && !served.form(path).is_some_and(|profile| profile.mutability_unknown);
        let operations = match path.get(asked).filter(|value| !value.is_unassigned()) {
            None if removable => vec![remove(path.clone())],
            None => Vec::new(),
            Some(asked) => left_over_parts(path, attribute, asked, left, served),
        };
        if operations.is_empty() || reaches(path, served) {
            found.operations.extend(operations);
        } else {
            found.kept.push(path.clone());
        }
    }
    found
}

/// Whether the vendor's PATCH reaches an attribute.
fn reaches(path: &AttributePath, served: &ServedType) -> bool {
    let profile = &served.profile.patch;
    let name = path.to_string();
    let listed =
        profile.attributes.is_empty() || profile.attributes.iter().any(|known| known.eq_ignore_ascii_case(&name));
    listed && (path.urn.is_none() || profile.extensions)
}

fn left_over_parts(
    path: &AttributePath,
    attribute: &Attribute,
    asked: &Value,
    left: &Value,
    served: &ServedType,
) -> Vec<PatchOp> {
    let whole = || PatchOp { op: Op::Replace, path: path.clone(), value: Some(asked.clone()), explicit: true };
    match (asked, left) {
        (Value::Object(wanted), Value::Object(left)) => {
            let is_left = |sub: &&Attribute| {
                sub.mutability == Mutability::ReadWrite && left.contains(&sub.name) && !wanted.contains(&sub.name)
            };
            let mut gone = attribute.sub_attributes.iter().filter(is_left).peekable();
            if gone.peek().is_some() && !served.profile.patch.sub_attributes {
                return vec![whole()];
            }
            gone.map(|sub| remove(path.clone().with_sub(&*sub.name))).collect()
        }
        (Value::Array(asked), Value::Array(left)) if left.len() > asked.len() => vec![whole()],
        _ => Vec::new(),
    }
}

fn remove(path: AttributePath) -> PatchOp {
    PatchOp { op: Op::Remove, path, value: None, explicit: true }
}
