//! Comparing resources as SCIM does, and the PATCH operations that lead from one to another.

use crate::schema::Attribute;
use crate::{Object, PatchOp, ResourceType, Value};

/// Whether two resources say the same: names and case-insensitive URNs without regard to case, `null` = `[]` = absent,
/// multi-valued attributes without regard to order, date-times as instants; `meta` and `schemas` are left out.
#[must_use]
pub fn same(a: &Object, b: &Object, resource_type: &ResourceType) -> bool {
    let _ = (a, b, resource_type);
    todo!()
}

/// Whether two values of one attribute say the same. A pure change of case is a difference (rfc-traps 332).
#[must_use]
pub fn same_value(a: Option<&Value>, b: Option<&Value>, attribute: Option<&Attribute>) -> bool {
    let _ = (a, b, attribute);
    todo!()
}

/// The operations that turn `from` into `to`: removes first, then adds and replaces; whole top-level attributes, except
/// that lists gain by `add` and lose by `remove path[value eq …]` where elements have a `value`. readOnly attributes are
/// left out.
#[must_use]
pub fn diff(from: &Object, to: &Object, resource_type: &ResourceType) -> Vec<PatchOp> {
    let _ = (from, to, resource_type);
    todo!()
}
