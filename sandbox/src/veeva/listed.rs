//! What users refer to, and the resource types.

use serde_json::{Value, json};

use super::{Call, ENTERPRISE, USER, VAULT, list, malformed_url};
use crate::vendor::Answer;

/// The start of the URNs; the two that no page shows are named by analogy [V 7].
const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:";

/// An id and the name shown.
type Each = (&'static str, &'static str);

/// The security profiles of this Vault.
pub(super) const PROFILES: [Each; 4] = [
    ("system_admin__v", "System Administrator"),
    ("business_admin__v", "Business Administrator"),
    ("document_user__v", "Document User"),
    ("read_only_user__v", "Read-only User"),
];

/// Type, endpoint, and each of them [V 4, V 6.2].
const LISTED: [(&str, &str, &[Each]); 3] = [
    ("SecurityProfile", "SecurityProfiles", &PROFILES),
    ("SecurityPolicy", "SecurityPolicies", &[("2525", "Basic")]),
    ("LicenseType", "LicenseTypes", &[("full__v", "Full User"), ("read_only__v", "Read-only User")]),
];

impl Call<'_> {
    /// There is no /Groups, no /Bulk and no .search: such paths are unknown [V 4, V 14].
    pub(super) fn is_endpoint(&self, segment: &str) -> bool {
        matches!(segment, "Users" | "Me" | "ServiceProviderConfig" | "ResourceTypes") || self.listed(segment).is_some()
    }

    /// The type at an endpoint, and each of it.
    pub(super) fn listed(&self, endpoint: &str) -> Option<(&'static str, &'static [Each])> {
        let all = self.state.switches.on("all_types");
        let found = LISTED.into_iter().find(|(_, at, _)| *at == endpoint);
        found.filter(|(name, _, _)| all || *name == "SecurityProfile").map(|(name, _, each)| (name, each))
    }

    /// One of what users refer to, or all [V 4].
    pub(super) fn show_listed(&self, endpoint: &str, id: Option<&str>) -> Answer {
        let Some((kind, each)) = self.listed(endpoint) else { return malformed_url() };
        let shown = |(id, name): &Each| {
            json!({"schemas": [format!("{EXTENSION}{kind}")], "id": id,
                "meta": {"created": "2018-02-09T09:41:14.000Z", "lastModified": "2018-02-09T09:41:14.000Z",
                    "resourceType": kind, "location": format!("{}/{endpoint}/{id}", self.root())},
                "active": true, "displayName": name})
        };
        match id {
            None => self.answer(200, &list(each.len(), &each.iter().map(shown).collect::<Vec<_>>())),
            Some(id) => match each.iter().find(|(known, _)| *known == id) {
                Some(found) => self.answer(200, &shown(found)),
                None => malformed_url(),
            },
        }
    }

    /// Users and what they refer to [V 4]; the type of a resource type is written with a blank [V 16.10].
    pub(super) fn resource_types(&self) -> Value {
        let described = |name: &str, endpoint: &str, schema: &str| {
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": name, "name": name,
                "endpoint": format!("/{endpoint}"), "schema": schema, "meta": {"resourceType": "Resource Type"}})
        };
        let mut user = described("User", "Users", USER);
        user["schemaExtensions"] =
            json!([{"schema": VAULT, "required": true}, {"schema": ENTERPRISE, "required": false}]);
        let others = LISTED.iter().filter(|(_, endpoint, _)| self.listed(endpoint).is_some());
        let others = others.map(|(name, endpoint, _)| described(name, endpoint, &format!("{EXTENSION}{name}")));
        let all: Vec<Value> = std::iter::once(user).chain(others).collect();
        list(all.len(), &all)
    }
}
