//! Filters compiled against a resource type and evaluated.

use crate::{Filter, Object, ResourceType, ScimError};

/// A filter checked against a resource type, ready to be asked many times.
#[derive(Clone, Debug)]
pub struct CompiledFilter {
    _private: (),
}

pub(super) fn compile(filter: &Filter, resource_type: &ResourceType) -> Result<CompiledFilter, ScimError> {
    let _ = (filter, resource_type);
    todo!()
}

impl CompiledFilter {
    /// Whether the resource meets the filter.
    #[must_use]
    pub fn matches(&self, resource: &Object) -> bool {
        let _ = resource;
        todo!()
    }
}
