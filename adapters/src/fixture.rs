//! Targets for tests: each vendor with the values of its settings' examples.

use bytes::Bytes;
use scimux_scim::{Object, Value, value};

use crate::{Problem, Target, TargetSettings, Unsupported, Vendor};

/// A target's settings as its vendor's examples have them.
pub(crate) fn settings(vendor: &Vendor) -> TargetSettings {
    let scheme = match vendor.name {
        "pingone" => "oauth2_client_credentials",
        "veeva" => "session",
        _ => "bearer",
    };
    // What may be said of a plain provider is not said here, so that it can be learned.
    let settings = vendor.settings.iter().filter(|setting| setting.required || vendor.name != "scim");
    TargetSettings {
        name: vendor.name.to_owned(),
        base_url: "https://vendor.example:8443/base".parse().expect("a URL"),
        values: settings.map(|setting| (setting.key.to_owned(), setting.example.to_owned())).collect(),
        scheme: scheme.to_owned(),
        delete: None,
        unsupported: Unsupported::Drop,
        scan_limit: 1000,
        urns: Vec::new(),
        attributes: Vec::new(),
        defaults: Vec::new(),
    }
}

/// A target of the vendor, with its settings changed.
pub(crate) fn configured(vendor: &str, change: impl FnOnce(&mut TargetSettings)) -> Result<Target, Vec<Problem>> {
    let vendor = crate::vendor(vendor).expect("a known vendor");
    let mut settings = settings(vendor);
    change(&mut settings);
    Target::new(vendor, settings)
}

/// A target of the vendor.
pub(crate) fn target(vendor: &str) -> Target {
    configured(vendor, |_| {}).expect("the examples are right")
}

/// A pair of names as the configuration has them.
pub(crate) fn pair(canonical: &str, vendor: &str) -> (String, String) {
    (canonical.to_owned(), vendor.to_owned())
}

/// A JSON object.
pub(crate) fn json(text: &str) -> Object {
    value::parse(&Bytes::copy_from_slice(text.as_bytes())).expect("a JSON object")
}

/// A string value.
pub(crate) fn text(text: &str) -> Value {
    Value::from(text)
}
