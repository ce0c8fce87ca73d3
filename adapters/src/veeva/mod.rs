//! Veeva Vault: a profile, and the login that grants a session.

mod login;

use crate::adapter::{Adapter, Login, Setting, SettingKind, Vendor};

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    name: "veeva",
    settings: &[
        Setting {
            key: "api_version",
            kind: SettingKind::Segment,
            required: true,
            doc: "the Vault API version, with a leading v",
            example: "v25.2",
        },
        Setting {
            key: "client_id",
            kind: SettingKind::Header,
            required: false,
            doc: "sent as X-VaultAPI-ClientID; a Vault can be set to refuse calls without a registered one",
            example: "acme-scimux",
        },
    ],
    profile: include_str!("profile.toml"),
    adapter: &Veeva,
};

#[derive(Debug)]
struct Veeva;

impl Adapter for Veeva {
    fn login(&self) -> Option<&dyn Login> {
        Some(&login::VaultLogin)
    }
}
