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

fn capability(target: &Target, served: &ServedType, operation: &str) -> Capability {
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

/// Who filters, sorts, and pages by index and by cursor; native only where the vendor does all of it.
#[must_use]
pub fn list_capabilities(served: &ServedType) -> [(&'static str, Capability); 4] {
    let list = &served.profile.list;
    let native = |native: bool| match (served.profile.operations.list, native) {
        (false, _) => Capability::Refused,
        (true, true) => Capability::Native,
        (true, false) => Capability::Emulated,
    };
    [
        ("filter", native(list.filter.is_none())),
        ("sort", native(list.sort && list.not_sortable.is_empty())),
        ("startIndex", native(list.paging == Paging::Index)),
        ("cursor", native(list.paging == Paging::Cursor)),
    ]
}

fn native_or_refused(has: bool) -> Capability {
    if has { Capability::Native } else { Capability::Refused }
}

#[cfg(test)]
mod tests;
