//! The resource types of RFC 7643.

use super::{Extension, ResourceType, enterprise_user, group, user};

impl ResourceType {
    /// Users, with the Enterprise extension.
    #[must_use]
    pub fn user() -> Self {
        let extensions = vec![Extension { schema: enterprise_user().clone(), required: false }];
        Self { name: "User".into(), endpoint: "/Users".into(), schema: user().clone(), extensions, open: false }
    }

    /// Groups.
    #[must_use]
    pub fn group() -> Self {
        let extensions = Vec::new();
        Self { name: "Group".into(), endpoint: "/Groups".into(), schema: group().clone(), extensions, open: false }
    }
}
