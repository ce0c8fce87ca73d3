//! Query parameters of lists and projections (RFC 7644 sections 3.4.2 and 3.9).

use crate::{AttributePath, Filter, Object, ResourceType, ScimError};

/// The page size where the client asks for none.
pub const DEFAULT_COUNT: u64 = 100;
/// The largest page.
pub const MAX_COUNT: u64 = 200;

/// What a list request asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListQuery {
    /// `filter`.
    pub filter: Option<Filter>,
    /// `startIndex`, 1-based; `None` if the client sent none.
    pub start_index: Option<u64>,
    /// `count`, cut to [`MAX_COUNT`]; `None` if the client sent none.
    pub count: Option<u64>,
    /// `sortBy`.
    pub sort_by: Option<AttributePath>,
    /// `sortOrder=descending`.
    pub descending: bool,
    /// `attributes` or `excludedAttributes`.
    pub projection: Projection,
}

/// Which attributes an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Projection {
    /// The default set.
    #[default]
    Default,
    /// `attributes`: these and what is always returned.
    Only(Vec<AttributePath>),
    /// `excludedAttributes`: the default set without these.
    Without(Vec<AttributePath>),
}

impl ListQuery {
    /// Reads a query string (without the `?`). Unknown parameters are ignored, names compare without case; `+` is a blank.
    /// Unknown names in projections are ignored.
    ///
    /// # Errors
    /// 400 `invalidFilter`; `invalidPath` for `sortBy`; `invalidValue` for numbers and for `attributes` together with
    /// `excludedAttributes`; `invalidSyntax` for bad percent-encoding.
    pub fn parse(query: &str, resource_type: &ResourceType) -> Result<Self, ScimError> {
        let _ = (query, resource_type);
        todo!()
    }
}

impl Projection {
    /// The resource cut to the projection (RFC 7644 section 3.9): `returned` always, never and request are held.
    #[must_use]
    pub fn apply(&self, resource: Object, resource_type: &ResourceType) -> Object {
        let _ = (resource, resource_type);
        todo!()
    }
}
