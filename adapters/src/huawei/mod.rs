//! Huawei Cloud IAM Identity Center: a profile and nothing else.

use crate::adapter::{Adapter, Setting, SettingKind, Vendor};

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    name: "huawei",
    settings: &[Setting {
        key: "tenant_id",
        kind: SettingKind::Segment,
        required: true,
        doc: "the tenant in the SCIM endpoint, between host and /scim/v2",
        example: "e0d69be4-ee68-4653-97e4-9e8000000000",
    }],
    profile: include_str!("profile.toml"),
    adapter: &Huawei,
};

#[derive(Debug)]
struct Huawei;

impl Adapter for Huawei {}
