//! Who does what: the vendor, the gateway, or nobody. Computed from the profile and the settings, for `/targets`, the
//! demo and the README.

use crate::profile::{Paging, PutMeans};
use crate::{DeleteBy, ServedType, Target};

/// The canonical operations, in the order in which they are shown.
pub const OPERATIONS: [&str; 6] = ["create", "read", "list", "replace", "patch", "delete"];

/// Who does an operation (CONTRACT section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// The vendor.
    Native,
    /// The gateway, with what the vendor has.
    Emulated,
    /// Nobody.
    Refused,
}

impl Capability {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Emulated => "emulated",
            Self::Refused => "refused",
        }
    }
}

/// Who does each of [`OPERATIONS`] on a resource type.
#[must_use]
pub fn capabilities(target: &Target, served: &ServedType) -> [(&'static str, Capability); 6] {
    OPERATIONS.map(|operation| (operation, capability(target, served, operation)))
}

/// Who does an operation on a resource type.
pub(crate) fn capability(target: &Target, served: &ServedType, operation: &str) -> Capability {
    let has = served.profile.operations;
    match operation {
        "create" => native_or_refused(has.create),
        "read" => native_or_refused(has.read),
        "list" => native_or_refused(has.list),
        "replace" if has.replace && served.profile.put.means == PutMeans::Replace => Capability::Native,
        "replace" if has.replace || has.patch && has.read => Capability::Emulated,
        "patch" if has.patch => Capability::Native,
        "patch" if has.replace && has.read => Capability::Emulated,
        "delete" => match target.delete_by(served) {
            DeleteBy::Native => native_or_refused(has.delete),
            DeleteBy::Deactivate => Capability::Emulated,
            DeleteBy::Refuse => Capability::Refused,
        },
        _ => Capability::Refused,
    }
}

/// What can be asked beside the operations, in the order in which it is shown.
pub const FEATURES: [&str; 5] = ["filter", "sortBy", "startIndex", "cursor", "If-Match"];

/// Who filters, sorts, pages by index and by cursor, and compares versions; native only where the vendor does all of it.
#[must_use]
pub fn features(served: &ServedType) -> [(&'static str, Capability); 5] {
    FEATURES.map(|feature| (feature, who_has(served, feature)))
}

fn who_has(served: &ServedType, feature: &str) -> Capability {
    let (has, list) = (served.profile.operations, &served.profile.list);
    let (possible, native) = match feature {
        "filter" => (has.list, list.filter.is_none()),
        "sortBy" => (has.list, list.sort && list.not_sortable.is_empty()),
        "startIndex" => (has.list, list.paging == Paging::Index),
        "cursor" => (has.list, list.paging == Paging::Cursor),
        _ => (has.read, served.profile.versions),
    };
    match (possible, native) {
        (false, _) => Capability::Refused,
        (true, true) => Capability::Native,
        (true, false) => Capability::Emulated,
    }
}

fn native_or_refused(has: bool) -> Capability {
    if has { Capability::Native } else { Capability::Refused }
}

#[cfg(test)]
mod tests;
