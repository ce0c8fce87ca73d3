//! What can be checked of a target's settings without its schemas.

use crate::{DeleteBy, Problem, Profile, TargetSettings, Vendor};

/// Everything wrong with the vendor's own keys, the credential scheme and `delete`.
pub(super) fn settings(vendor: &Vendor, profile: &Profile, settings: &TargetSettings) -> Vec<Problem> {
    let mut problems = Vec::new();
    for setting in vendor.settings {
        match settings.values.get(setting.key) {
            Some(value) => {
                let wrong = setting.kind.problem(value);
                problems.extend(wrong.map(|wrong| Problem::new(setting.key, format!("{}: {wrong}", setting.key))));
            }
            None if setting.required => {
                let message = format!("is missing: {}, for example \"{}\"", setting.doc, setting.example);
                problems.push(Problem::new(setting.key, message));
            }
            None => {}
        }
    }
    for key in settings.values.keys().filter(|key| vendor.settings.iter().all(|setting| setting.key != key.as_str())) {
        let known: Vec<_> = vendor.settings.iter().map(|setting| setting.key).collect();
        let message = format!("adapter \"{}\" has no such key; it has {}", vendor.name, listed(&known));
        problems.push(Problem::new(key, message));
    }
    if !profile.auth.contains_key(&settings.scheme) {
        let known: Vec<_> = profile.auth.keys().map(String::as_str).collect();
        let message = format!("{} does not take \"{}\"; it takes {}", profile.title, settings.scheme, listed(&known));
        problems.push(Problem::new("auth.scheme", message));
    }
    if settings.delete == Some(DeleteBy::Native) && !profile.types.iter().any(|kind| kind.operations.delete) {
        let message = format!("{} has no DELETE; allowed are \"deactivate\" and \"refuse\"", profile.title);
        problems.push(Problem::new("delete", message));
    }
    if settings.base_url.scheme().is_none() || settings.base_url.authority().is_none() {
        problems.push(Problem::new("base_url", "must be an absolute URL, such as https://scim.example.com/v2"));
    }
    problems
}

/// Names as a list for people; "none" if there is none.
pub(super) fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
