//! Any RFC 7644 service provider: a profile, and what its operator knows of it.

use crate::adapter::{Adapter, Setting, SettingKind, Vendor};
use crate::target::{DISCOVERY, FILTER, MEMBERS_RETURNED, PATCH, PUT, SORT};

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    name: "scim",
    settings: &[
        Setting {
            key: DISCOVERY,
            kind: SettingKind::OneOf(&["on", "off"]),
            required: false,
            doc: "whether the provider's /ServiceProviderConfig, /ResourceTypes and /Schemas are believed. Without it they are",
            example: "off",
        },
        Setting {
            key: PUT,
            kind: SettingKind::OneOf(&["native", "emulate"]),
            required: false,
            doc: "whether the provider has PUT; emulate: a PUT becomes a read and a PATCH. Without it that is learned",
            example: "native",
        },
        Setting {
            key: PATCH,
            kind: SettingKind::OneOf(&["native", "emulate"]),
            required: false,
            doc: "whether the provider has PATCH; emulate: a PATCH becomes a read and a PUT. Without it that is learned",
            example: "native",
        },
        Setting {
            key: FILTER,
            kind: SettingKind::OneOf(&["native", "emulate"]),
            required: false,
            doc: "whether the provider evaluates filters; emulate: they are evaluated here, over at most scan_limit resources",
            example: "native",
        },
        Setting {
            key: SORT,
            kind: SettingKind::OneOf(&["native", "emulate"]),
            required: false,
            doc: "whether the provider sorts; emulate: sortBy is done here, over at most scan_limit resources",
            example: "native",
        },
        Setting {
            key: MEMBERS_RETURNED,
            kind: SettingKind::Number,
            required: false,
            doc: "how many members of a group the provider returns at most, 0 for none; a group that may have more is never PUT",
            example: "1000000",
        },
    ],
    profile: include_str!("profile.toml"),
    adapter: &Scim,
};

#[derive(Debug)]
struct Scim;

impl Adapter for Scim {}
