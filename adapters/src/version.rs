//! Versions of a target's resources: the vendor's own where it has them, else a tag over what the resource says.

use scimux_scim::version::{self, Tags};
use scimux_scim::{AttributePath, Object, ScimError, Text, Value};

use crate::ServedType;
use crate::operation::Conditions;

/// The vendor's own version of a resource, as the vendor writes it.
pub(crate) fn own<'a>(resource: &'a Object, served: &ServedType) -> Option<&'a str> {
    let meta = resource.get("meta").filter(|_| served.profile.versions)?;
    meta.as_object()?.str("version").filter(|version| !version.is_empty())
}

/// The version of a canonical resource as clients see it.
pub(crate) fn of(canonical: &Object, served: &ServedType) -> Text {
    let own = own(canonical, served).and_then(version::weak);
    own.unwrap_or_else(|| computed(canonical, served)).into()
}

/// A canonical resource as clients see it: with its version in `meta`, and without what the vendor never returns, also where
/// the answer to a change holds it: no later read would (rfc-traps 221).
pub(crate) fn show(mut canonical: Object, served: &ServedType) -> Object {
    let version = of(&canonical, served);
    for (path, _) in served.forms.iter().filter(|(_, form)| form.never_returned) {
        hide(&served.mapping.path_to_canonical(path), &mut canonical);
    }
    list_extensions(&mut canonical, served);
    let mut meta = match canonical.remove("meta") {
        Some(Value::Object(meta)) => meta,
        _ => Object::new(),
    };
    meta.insert("version", version);
    canonical.insert("meta", meta);
    canonical
}

/// `schemas` names every extension that the resource holds, also where the vendor leaves one out (rfc-traps 18).
fn list_extensions(resource: &mut Object, served: &ServedType) {
    let held = resource.iter().filter(|(_, value)| !value.is_unassigned());
    let held: Vec<Text> = held.filter_map(|(name, _)| Some(served.canonical.extension(name)?.id.clone())).collect();
    if let Some(Value::Array(listed)) = resource.get_mut("schemas") {
        for urn in held {
            if !listed.iter().any(|known| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(&urn))) {
                listed.push(Value::String(urn));
            }
        }
    }
}

/// Takes out what a path names, of a list in each element.
pub(crate) fn hide(path: &AttributePath, resource: &mut Object) {
    let whole = path.whole();
    let part = path.sub_attribute.as_deref();
    let holds = |element: &Value| element.as_object().zip(part).is_some_and(|(parts, part)| parts.contains(part));
    match whole.get(resource) {
        Some(Value::Array(elements)) if part.is_some() => {
            if elements.iter().any(holds) {
                let cut = elements.iter().cloned().map(|element| without(element, part)).collect();
                whole.set(resource, Value::Array(cut));
            }
        }
        _ => drop(path.take(resource)),
    }
}

fn without(mut element: Value, part: Option<&str>) -> Value {
    if let (Value::Object(parts), Some(part)) = (&mut element, part) {
        parts.remove(part);
    }
    element
}

/// What a vendor never returns, and what changes without anybody's doing, is not part of a version.
fn computed(canonical: &Object, served: &ServedType) -> String {
    let apart = served.forms.iter().filter(|(_, form)| form.volatile || form.never_returned);
    let apart: Vec<AttributePath> = apart.map(|(path, _)| served.mapping.path_to_canonical(path)).collect();
    version::of(canonical, &apart)
}

/// Whether a resource has one of these versions. The computed one counts also where the vendor has its own: the elements
/// of a list may come without.
fn has_one_of(tags: &Tags, canonical: &Object, served: &ServedType) -> bool {
    own(canonical, served).is_some_and(|own| tags.match_version(own))
        || tags.match_version(&computed(canonical, served))
}

/// Refuses what the conditions of a change do not let pass.
///
/// # Errors
/// 412 (rfc-traps 275).
pub(crate) fn check(conditions: &Conditions, canonical: &Object, served: &ServedType) -> Result<(), ScimError> {
    let has_one_of = |tags: &Tags| has_one_of(tags, canonical, served);
    let fails = |detail: &str| Err(ScimError::new(412, detail));
    match conditions {
        Conditions { if_match: Some(tags), .. } if !has_one_of(tags) => {
            fails("If-Match: the resource has another version; read it again")
        }
        Conditions { if_none_match: Some(tags), .. } if tags.is_any() => fails("If-None-Match: the resource exists"),
        Conditions { if_none_match: Some(tags), .. } if has_one_of(tags) => {
            fails("If-None-Match: the resource has that version")
        }
        _ => Ok(()),
    }
}

/// Whether a read need not be answered with the resource: the client has it.
///
/// # Errors
/// 412, for an `If-Match` that names another version.
pub(crate) fn is_known(conditions: &Conditions, canonical: &Object, served: &ServedType) -> Result<bool, ScimError> {
    let Conditions { if_match, if_none_match } = conditions.clone();
    check(&Conditions { if_match, if_none_match: None }, canonical, served)?;
    Ok(if_none_match.is_some_and(|tags| has_one_of(&tags, canonical, served)))
}

#[cfg(test)]
mod tests;
