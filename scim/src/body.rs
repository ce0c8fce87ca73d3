//! Request bodies of POST and PUT made canonical by schema: spelling of names, data types, `schemas`.

use crate::{Object, ResourceType, ScimError};

/// A body in canonical form.
#[derive(Clone, Debug)]
pub struct Canonical {
    /// The resource: names in the schema's spelling, values of the schema's types, unassigned ones gone, extensions
    /// under their URN, `schemas` listing the base URN and the extensions present (or asked for). readOnly attributes,
    /// `meta` and `id` are gone.
    pub resource: Object,
    /// Extension URNs that the request's `schemas` listed, whether or not their container is there.
    pub listed: Vec<String>,
    /// Paths of what no schema knows, left out.
    pub unknown: Vec<String>,
    /// Paths of attributes given as `null` or `[]`: the client said "none".
    pub cleared: Vec<String>,
}

/// Makes a POST or PUT body canonical.
///
/// # Errors
/// 400 `invalidValue` for a value of the wrong type (after the harmless conversions of rfc-traps 27 to 42), two primaries;
/// 400 `invalidSyntax` for `schemas` that name another base type, or core attributes under the core URN.
pub fn canonical(body: Object, resource_type: &ResourceType) -> Result<Canonical, ScimError> {
    let _ = (body, resource_type);
    todo!()
}

/// Checks that required attributes are there (RFC 7643 section 7).
///
/// # Errors
/// 400 `invalidValue` that names all that are missing.
pub fn require(resource: &Object, resource_type: &ResourceType) -> Result<(), ScimError> {
    let _ = (resource, resource_type);
    todo!()
}
