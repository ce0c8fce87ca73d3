//! A target of each vendor, with the values of its settings' examples.

use std::sync::{Arc, OnceLock};

use scimux_adapters::{Profile, Target, TargetSettings, Unsupported, Vendor, vendors};
use scimux_scim::{Quirks, ResourceType, ScimError};

/// Few, so that a list soon has read as much as it may.
pub(crate) const SCAN_LIMIT: usize = 20;

pub(crate) fn targets() -> &'static [Arc<Target>] {
    static TARGETS: OnceLock<Vec<Arc<Target>>> = OnceLock::new();
    TARGETS.get_or_init(|| vendors().iter().map(|vendor| Arc::new(target(vendor))).collect())
}

fn target(vendor: &'static Vendor) -> Target {
    let profile = Profile::parse(vendor.profile).expect("a profile");
    let preferred = ["session", "oauth2_client_credentials", "bearer"];
    let scheme = preferred.into_iter().find(|scheme| profile.auth.contains_key(*scheme)).expect("a scheme");
    let settings = TargetSettings {
        name: vendor.name.to_owned(),
        base_url: "https://vendor.example/base".parse().expect("a URL"),
        values: vendor.settings.iter().map(|setting| (setting.key.to_owned(), setting.example.to_owned())).collect(),
        scheme: scheme.to_owned(),
        delete: None,
        unsupported: Unsupported::Drop,
        scan_limit: SCAN_LIMIT as _,
        urns: Vec::new(),
        attributes: Vec::new(),
        defaults: Vec::new(),
    };
    Target::new(vendor, settings).expect("the examples are right")
}

/// Each resource type as clients see it, closed and open.
pub(crate) fn types() -> &'static [ResourceType] {
    static TYPES: OnceLock<Vec<ResourceType>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let known = targets().iter().flat_map(|target| &target.types).map(|served| served.canonical.clone());
        known.flat_map(|known| [ResourceType { open: true, ..known.clone() }, known]).collect()
    })
}

pub(crate) const QUIRKS: [Quirks; 2] = [
    Quirks { replace_creates: false, empty_string_clears: false },
    Quirks { replace_creates: true, empty_string_clears: true },
];

/// A refusal of what a client wrote is a short 4xx or 501.
pub(crate) fn refused(error: &ScimError) {
    assert!((400..500).contains(&error.status) || error.status == 501, "{error:?}");
}
