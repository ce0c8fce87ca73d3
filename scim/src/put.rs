//! PUT (RFC 7644 section 3.5.1): what a resource becomes when it is replaced.

use crate::diff::same_value;
use crate::schema::{Attribute, Mutability, Returned};
use crate::{AttributePath, Object, ResourceType, ScimError, body};

/// The resource after a PUT of `requested` (canonical, see [`crate::body::canonical`]) on `current`: readOnly kept,
/// immutable checked and kept, writeOnly kept, `active` kept where the request has none (a leaver must not come back),
/// everything else as requested.
///
/// # Errors
/// 400 `mutability` for a different immutable value, 400 `invalidValue` for a required attribute that is missing.
pub fn replace(current: &Object, requested: &Object, resource_type: &ResourceType) -> Result<Object, ScimError> {
    body::require(requested, resource_type)?;
    let mut replaced = requested.clone();
    for (path, attribute) in attributes(resource_type) {
        let Some(present) = path.get(current) else { continue };
        let asked = path.get(&replaced);
        if attribute.mutability == Mutability::Immutable
            && asked.is_some()
            && !same_value(asked, Some(present), Some(attribute))
        {
            return Err(ScimError::mutability(format!("{path} is immutable")));
        }
        if asked.is_none() && stays(&path, attribute) || attribute.mutability == Mutability::ReadOnly {
            path.set(&mut replaced, present.clone());
        }
    }
    Ok(replaced)
}

/// What a PUT does not clear by leaving it out (rfc-traps 203, 204, 210).
fn stays(path: &AttributePath, attribute: &Attribute) -> bool {
    attribute.mutability != Mutability::ReadWrite
        || matches!(attribute.returned, Returned::Never | Returned::Request)
        || path.urn.is_none() && attribute.name == "active"
}

fn attributes(resource_type: &ResourceType) -> impl Iterator<Item = (AttributePath, &Attribute)> {
    let common = crate::schema::common().iter().filter(|attribute| attribute.name != "schemas");
    let core = common.chain(&resource_type.schema.attributes);
    let core = core.map(|attribute| (AttributePath::attribute(&*attribute.name), attribute));
    core.chain(resource_type.extensions.iter().flat_map(|extension| {
        let urn = &extension.schema.id;
        let path = move |name: &str| AttributePath::attribute(name).with_urn(&**urn);
        extension.schema.attributes.iter().map(move |attribute| (path(&attribute.name), attribute))
    }))
}
