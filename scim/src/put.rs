//! PUT (RFC 7644 section 3.5.1): what a resource becomes when it is replaced.

use crate::body;
use crate::diff::same_value;
use crate::patch::{is_container, list_schemas};
use crate::schema::{Attribute, Mutability, Returned};
use crate::{AttributePath, Object, ResourceType, ScimError, Value};

/// The resource after a PUT of `requested` (canonical, see [`crate::body::canonical`]) on `current`: readOnly kept,
/// immutable checked and kept, writeOnly kept, `active` kept where the request has none (a leaver must not come back),
/// everything else as requested.
///
/// # Errors
/// 400 `mutability` for a different immutable value, 400 `invalidValue` for a required attribute that is missing.
pub fn replace(current: &Object, requested: &Object, resource_type: &ResourceType) -> Result<Object, ScimError> {
    body::require(requested, resource_type)?;
    let mut result = requested.clone();
    for (path, attribute) in resource_type.attributes() {
        let (old, new) = (path.get(current), path.get(requested));
        match replaced(&path, attribute, assigned(old), assigned(new))? {
            Some(value) => path.set(&mut result, value),
            None => drop(path.take(&mut result)),
        }
    }
    keep_unknown(current, &mut result, resource_type);
    list_schemas(&mut result, resource_type);
    Ok(result)
}

fn assigned(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_unassigned())
}

fn replaced(
    path: &AttributePath,
    attribute: &Attribute,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<Option<Value>, ScimError> {
    let kept = match attribute.mutability {
        Mutability::ReadOnly => old,
        Mutability::Immutable => unchanged(path, attribute, old, new)?,
        Mutability::WriteOnly => new.or(old),
        Mutability::ReadWrite if stays(path, attribute) => new.or(old),
        Mutability::ReadWrite => return merged_parts(path, attribute, old, new),
    };
    Ok(kept.cloned())
}

/// What a PUT does not clear by leaving it out: what the client could not read (rfc-traps 203, 210), and `active`.
fn stays(path: &AttributePath, attribute: &Attribute) -> bool {
    matches!(attribute.returned, Returned::Never | Returned::Request)
        || path.urn.is_none() && attribute.name == "active"
}

/// rfc-traps 204: an immutable value is set once; left out it stays.
fn unchanged<'v>(
    path: &AttributePath,
    attribute: &Attribute,
    old: Option<&'v Value>,
    new: Option<&'v Value>,
) -> Result<Option<&'v Value>, ScimError> {
    match (old, new) {
        (Some(old), Some(new)) if !same_value(Some(old), Some(new), Some(attribute)) => {
            Err(ScimError::mutability(format!("{path} is immutable and has another value")))
        }
        (old, new) => Ok(old.or(new)),
    }
}

/// The parts of a single complex value follow their own mutability; in lists whole elements come and go.
fn merged_parts(
    path: &AttributePath,
    attribute: &Attribute,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<Option<Value>, ScimError> {
    let (Some(Value::Object(old)), Some(Value::Object(new))) = (old, new) else { return Ok(new.cloned()) };
    let mut merged = new.clone();
    for sub in &attribute.sub_attributes {
        let (old, new) = (assigned(old.get(&sub.name)), assigned(new.get(&sub.name)));
        let kept = match sub.mutability {
            Mutability::ReadOnly => old,
            Mutability::Immutable => unchanged(&path.clone().with_sub(&*sub.name), sub, old, new)?,
            Mutability::WriteOnly => new.or(old),
            Mutability::ReadWrite => continue,
        };
        match kept {
            Some(value) => merged.insert(&*sub.name, value.clone()),
            None => drop(merged.remove(&sub.name)),
        }
    }
    Ok(Some(Value::Object(merged)))
}

/// What stands in no schema was not the client's to replace; extensions without schema were (rfc-traps 207, 331).
fn keep_unknown(current: &Object, result: &mut Object, resource_type: &ResourceType) {
    let known = |name: &str| resource_type.resolve(&AttributePath::attribute(name.to_owned())).is_some();
    for (name, value) in current.iter().filter(|(name, _)| !known(name) && !is_container(name, resource_type)) {
        if !result.contains(name) {
            result.insert(name.clone(), value.clone());
        }
    }
}
