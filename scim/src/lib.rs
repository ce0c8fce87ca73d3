//! SCIM 2.0 (RFC 7643, RFC 7644) as pure functions and data: no I/O, no async, no clock, no logging.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod body;
pub mod bulk;
mod coerce;
pub mod diff;
pub mod discovery;
pub mod error;
pub mod filter;
#[cfg(test)]
mod fixture;
pub mod lex;
pub mod list;
pub mod partial;
pub mod patch;
pub mod path;
pub mod put;
pub mod query;
mod quirks;
mod scalar;
pub mod schema;
pub mod sort;
#[cfg(test)]
mod traps;
pub mod value;
pub mod version;

pub use error::{ScimError, ScimType};
pub use filter::Filter;
pub use partial::Partial;
pub use patch::{Op, PatchOp};
pub use path::AttributePath;
pub use query::{ListQuery, Parameters};
pub use quirks::Quirks;
pub use scalar::seconds_since_1970;
pub use schema::{Attribute, ResourceType, Schema};
pub use value::{Object, Text, Value};
