//! RSA ID Plus, Cloud Access Service: a profile and nothing else.

use crate::adapter::{Adapter, Vendor};

/// The vendor.
pub(crate) const VENDOR: Vendor =
    Vendor { name: "rsa", settings: &[], profile: include_str!("profile.toml"), adapter: &Rsa };

#[derive(Debug)]
struct Rsa;

impl Adapter for Rsa {}
