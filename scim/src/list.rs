//! List responses (RFC 7644 section 3.4.2).

use crate::{Object, ScimError};

/// The URN in `schemas` of a list.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// One page of resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// How many resources match in all; `None` where the sender did not say.
    pub total_results: Option<u64>,
    /// The 1-based index of the first one here.
    pub start_index: Option<u64>,
    /// The page's resources.
    pub resources: Vec<Object>,
}

impl Page {
    /// Reads a vendor's list: numbers also as strings, member names in any case, `Resources` absent or null when empty.
    ///
    /// # Errors
    /// What is no list: 400 `invalidSyntax`, to be told as the vendor's fault by the caller.
    pub fn read(message: Object) -> Result<Self, ScimError> {
        let _ = message;
        todo!()
    }

    /// The list message with all members as numbers, as clients need them.
    #[must_use]
    pub fn to_message(self) -> Object {
        todo!()
    }
}
