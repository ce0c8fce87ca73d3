//! Canonical names to vendor names and back: URNs and attribute paths, by parsed position, never by text replacement.

use scimux_scim::{AttributePath, Filter, ListQuery, Object, PatchOp};

/// The renames of one target, compiled once. The identity costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Canonical URN, vendor URN.
    pub urns: Vec<(String, String)>,
    /// Canonical path, vendor path.
    pub attributes: Vec<(AttributePath, AttributePath)>,
}

impl Mapping {
    /// Whether nothing is renamed.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.urns.is_empty() && self.attributes.is_empty()
    }

    /// A canonical resource in vendor names: members, `schemas`.
    #[must_use]
    pub fn resource_to_vendor(&self, resource: Object) -> Object {
        let _ = &resource;
        todo!()
    }

    /// A vendor's resource in canonical names: members, `schemas`.
    #[must_use]
    pub fn resource_to_canonical(&self, resource: Object) -> Object {
        let _ = &resource;
        todo!()
    }

    /// A canonical path in vendor names.
    #[must_use]
    pub fn path_to_vendor(&self, path: &AttributePath) -> AttributePath {
        let _ = path;
        todo!()
    }

    /// A vendor path in canonical names.
    #[must_use]
    pub fn path_to_canonical(&self, path: &AttributePath) -> AttributePath {
        let _ = path;
        todo!()
    }

    /// Operations in vendor names; one on a complex attribute is split where a part of it is renamed.
    #[must_use]
    pub fn operations_to_vendor(&self, operations: Vec<PatchOp>) -> Vec<PatchOp> {
        let _ = &operations;
        todo!()
    }

    /// A filter in vendor names, `schemas eq "urn"` included.
    #[must_use]
    pub fn filter_to_vendor(&self, filter: &Filter) -> Filter {
        let _ = filter;
        todo!()
    }

    /// A list query in vendor names.
    #[must_use]
    pub fn query_to_vendor(&self, query: ListQuery) -> ListQuery {
        let _ = &query;
        todo!()
    }
}
