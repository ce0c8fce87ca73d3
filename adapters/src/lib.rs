//! Vendor dialects as pure translators over profiles that are data: no I/O, no async, no clock, no logging.
//!
//! A canonical [`Operation`] enters a [`Run`], which says call by call what the vendor is to be asked; an [`Adapter`]
//! turns each [`Call`] into an HTTP request and the vendor's answer into an [`Answer`]. Whoever drives the run owns the
//! network, the clock and the credentials.
//!
//! Three name spaces: *canonical* names are what clients use (RFC schemas, and the URNs and attributes the operator
//! configured); *vendor* names are the vendor's own, in RFC shape; the *wire* is what the vendor literally sends and
//! receives. [`Mapping`] stands between the first two, [`dialect`] between the last two; the run works in vendor names.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod adapter;
pub mod call;
pub mod capability;
pub mod dialect;
pub mod discovery;
mod fit;
#[cfg(test)]
mod fixture;
mod listing;
mod lower;
pub mod mapping;
pub mod note;
pub mod operation;
mod passage;
mod plan;
pub mod profile;
mod progress;
mod put;
pub mod rate;
pub mod run;
mod scan;
pub mod target;
pub mod vendor_error;
mod version;

pub use adapter::{Adapter, CredentialForm, Login, Session, Setting, SettingKind, Translated, Vendor};
pub use call::{Answer, Call, CallKind, Repeat};
pub use capability::{Capability, capabilities, features};
pub use mapping::Mapping;
pub use note::{Note, NoteKind};
pub use operation::{Action, Conditions, Listing, Operation, Outcome, Reply};
pub use plan::check_operation;
pub use profile::Profile;
pub use run::{Failure, Next, Run};
pub use target::{
    DeleteBy, Described, Documents, Lack, Method, Problem, ServedType, Target, TargetSettings, Unsupported,
};
pub use vendor_error::{VendorError, VendorErrorKind};

/// Declares a module for each vendor, and the list of them.
macro_rules! vendors {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        const VENDORS: &[Vendor] = &[$($name::VENDOR),*];
    };
}

// A new vendor is its folder and a line here.
vendors! {
    veeva,
    pingone,
    huawei,
    rsa,
    scim,
}

/// Every vendor scimux speaks to, in the order in which they are shown.
#[must_use]
pub fn vendors() -> &'static [Vendor] {
    VENDORS
}

/// The vendor that `adapter = "…"` names.
#[must_use]
pub fn vendor(name: &str) -> Option<&'static Vendor> {
    vendors().iter().find(|vendor| vendor.name == name)
}
