//! PingOne: a profile and nothing else.

use crate::adapter::{Adapter, Setting, SettingKind, Vendor};

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    name: "pingone",
    settings: &[
        Setting {
            key: "environment_id",
            kind: SettingKind::Segment,
            required: true,
            doc: "the id of the environment",
            example: "abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6",
        },
        Setting {
            key: "population_id",
            kind: SettingKind::Text,
            required: false,
            doc: "the population of users created without one",
            example: "cb3ef0a0-0ff5-4f60-ae82-4ae65d9d0e3a",
        },
    ],
    profile: include_str!("profile.toml"),
    adapter: &PingOne,
};

#[derive(Debug)]
struct PingOne;

impl Adapter for PingOne {}
