//! PUT at a vendor that has only PATCH (rfc-traps 330, 331): the operations that lead from the present resource to the
//! wanted one. All in vendor names.

use scimux_scim::diff::diff;
use scimux_scim::schema::{Attribute, Mutability};
use scimux_scim::{AttributePath, Object, Op, PatchOp, ScimError, Value};

use super::{reaches, remove};
use crate::lower::{changes, is_direct};
use crate::{Note, NoteKind, ServedType};

/// What a PUT becomes.
#[derive(Debug, Default)]
pub(crate) struct AsPatch {
    /// Removes first.
    pub(crate) operations: Vec<PatchOp>,
    /// What is kept although the client left it out.
    pub(crate) notes: Vec<Note>,
}

/// The operations that make `present` what the client PUTs. `cleared` are the canonical paths of what it gave as `null`
/// or `[]`.
///
/// # Errors
/// 501 for a value that the vendor's PATCH does not reach.
pub(crate) fn operations(
    present: &Object,
    wanted: &Object,
    cleared: &[String],
    served: &ServedType,
) -> Result<AsPatch, ScimError> {
    let (mut from, mut to) = (present.clone(), wanted.clone());
    let (mut removes, mut sets, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (path, attribute) in served.writable.iter() {
        let given = path.get(wanted).filter(|value| !value.is_unassigned());
        if unreadable(path, attribute, present, served) {
            from = without(from, path);
            to = without(to, path);
            match given {
                Some(value) => sets.push(replace(path.clone(), value.clone())),
                None if is_cleared(path, cleared, served) => removes.push(remove(path.clone())),
                None if attribute.mutability == Mutability::WriteOnly => {}
                None => notes.push(kept(path, "the vendor does not return it, so the client could not see it", served)),
            }
        } else if given.is_none() && path.get(present).is_some() && stays(path, attribute, cleared, served) {
            from = without(from, path);
            to = without(to, path);
            notes.push(kept(path, "a PUT that leaves it out keeps it here", served));
        } else if attribute.is_reference() {
            slim(path, &mut from, &mut to);
        }
    }
    removes.extend(changed(&from, &to, served)?);
    removes.extend(sets);
    Ok(AsPatch { operations: removes, notes })
}

/// Whether nobody can say from this read what the vendor holds: it never returns it, or cuts it off (rfc-traps 329, 331).
fn unreadable(path: &AttributePath, attribute: &Attribute, present: &Object, served: &ServedType) -> bool {
    attribute.mutability == Mutability::WriteOnly
        || served.form(path).is_some_and(|form| form.never_returned)
        || is_cut(path, present, served)
}

/// Whether a list is as long as the vendor returns at most.
pub(crate) fn is_cut(path: &AttributePath, present: &Object, served: &ServedType) -> bool {
    let length = path.get(present).and_then(Value::as_array).map_or(0, <[Value]>::len);
    served.form(path).and_then(|form| form.returned_up_to).is_some_and(|most| length >= most)
}

/// What stays although the client left it out: what the vendor demands, `active`, and what nobody says who may write.
fn stays(path: &AttributePath, attribute: &Attribute, cleared: &[String], served: &ServedType) -> bool {
    let is_active = path.urn.is_none() && attribute.name == "active";
    let unknown = served.form(path).is_some_and(|form| form.mutability_unknown);
    attribute.required || is_active || unknown && !is_cleared(path, cleared, served)
}

fn is_cleared(path: &AttributePath, cleared: &[String], served: &ServedType) -> bool {
    let name = served.mapping.path_to_canonical(path).to_string();
    cleared.iter().any(|cleared| cleared.eq_ignore_ascii_case(&name))
}

fn kept(path: &AttributePath, why: &'static str, served: &ServedType) -> Note {
    Note::new(NoteKind::Kept, served.mapping.path_to_canonical(path).to_string(), why)
}

fn replace(path: AttributePath, value: Value) -> PatchOp {
    PatchOp { op: Op::Replace, path, value: Some(value), explicit: true }
}

fn without(mut resource: Object, path: &AttributePath) -> Object {
    match &path.urn {
        None => drop(resource.remove(&path.attribute)),
        Some(urn) => {
            if let Some(Value::Object(container)) = resource.get_mut(urn) {
                container.remove(&path.attribute);
            }
        }
    }
    resource
}

/// References compare by what they name: `$ref` and `display` are the vendor's to fill in, and a `type` that the client
/// left out is the one that is there.
fn slim(path: &AttributePath, from: &mut Object, to: &mut Object) {
    let bare = |resource: &Object| path.get(resource).cloned().map(bared);
    let (before, after) = (bare(from), bare(to));
    let after = after.map(|after| match &before {
        Some(before) => typed(after, before),
        None => after,
    });
    for (resource, value) in [(from, before), (to, after)] {
        if let Some(value) = value {
            path.set(resource, value);
        }
    }
}

fn bared(value: Value) -> Value {
    match value {
        Value::Array(elements) => Value::Array(elements.into_iter().map(bared).collect()),
        Value::Object(mut parts) => {
            parts.remove("$ref");
            parts.remove("display");
            Value::Object(parts)
        }
        simple => simple,
    }
}

fn typed(after: Value, before: &Value) -> Value {
    let Value::Array(elements) = after else { return after };
    let known = before.as_array().unwrap_or_default();
    let type_of = |id: &Value| {
        let same = known.iter().filter_map(Value::as_object).find(|parts| parts.get("value") == Some(id));
        same.and_then(|parts| parts.get("type")).cloned()
    };
    let typed = elements.into_iter().map(|element| match element {
        Value::Object(mut parts) if !parts.contains("type") => {
            if let Some(kind) = parts.get("value").and_then(type_of) {
                parts.insert("type", kind);
            }
            Value::Object(parts)
        }
        other => other,
    });
    Value::Array(typed.collect())
}

/// The difference in forms that the vendor has, removes first.
fn changed(from: &Object, to: &Object, served: &ServedType) -> Result<Vec<PatchOp>, ScimError> {
    let exact = diff(from, to, &served.vendor);
    let operations =
        if exact.iter().all(|one| is_direct(one, served)) { exact } else { whole(from, to, exact, served) };
    match operations.iter().find(|one| !reaches(&one.path.whole(), served)) {
        Some(out_of_reach) => {
            let name = served.mapping.path_to_canonical(&out_of_reach.path.whole());
            let detail = format!("{name}: the vendor has no PUT, and its PATCH does not reach it");
            Err(ScimError::not_implemented(detail))
        }
        None => Ok(operations),
    }
}

/// Whole attributes, for a vendor whose PATCH lacks a form of the exact difference; what no schema knows has no other.
fn whole(from: &Object, to: &Object, exact: Vec<PatchOp>, served: &ServedType) -> Vec<PatchOp> {
    let mut operations = changes(from, to, served);
    operations.extend(exact.into_iter().filter(|one| served.vendor.resolve(&one.path).is_none()));
    operations.sort_by_key(|operation| operation.op != Op::Remove);
    operations
}

#[cfg(test)]
mod tests;
