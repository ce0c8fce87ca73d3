//! Any RFC 7644 service provider: a profile and nothing else.

use crate::adapter::{Adapter, Vendor};

/// The vendor.
pub(crate) const VENDOR: Vendor =
    Vendor { name: "scim", settings: &[], profile: include_str!("profile.toml"), adapter: &Scim };

#[derive(Debug)]
struct Scim;

impl Adapter for Scim {}
