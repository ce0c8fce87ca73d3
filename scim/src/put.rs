//! PUT (RFC 7644 section 3.5.1): what a resource becomes when it is replaced.

use crate::{Object, ResourceType, ScimError};

/// The resource after a PUT of `requested` (canonical, see [`crate::body::canonical`]) on `current`: readOnly kept,
/// immutable checked and kept, writeOnly kept, `active` kept where the request has none (a leaver must not come back),
/// everything else as requested.
///
/// # Errors
/// 400 `mutability` for a different immutable value, 400 `invalidValue` for a required attribute that is missing.
pub fn replace(current: &Object, requested: &Object, resource_type: &ResourceType) -> Result<Object, ScimError> {
    let _ = (current, requested, resource_type);
    todo!()
}
