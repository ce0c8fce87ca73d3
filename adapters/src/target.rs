//! One configured tenant of a vendor, as the pure functions see it.

mod check;
mod described;
mod learned;
mod names;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Uri;
use scimux_scim::{Attribute, AttributePath, ResourceType, Value};

pub use described::{Described, Documents};
pub use learned::{Lack, Method};

use crate::dialect::fill_from;
use crate::fit::Held;
use crate::passage::Passage;
use crate::profile::{AttributeProfile, FilterProfile, TypeProfile};
use crate::{Mapping, Profile, Vendor, put};

/// What the configuration says of a target.
#[derive(Clone, Debug)]
pub struct TargetSettings {
    /// The target's name.
    pub name: String,
    /// `base_url`: scheme, authority, and a path without trailing slash.
    pub base_url: Uri,
    /// The values of the vendor's own [`crate::Setting`]s.
    pub values: BTreeMap<String, String>,
    /// The name of the credential scheme, e.g. `bearer`.
    pub scheme: String,
    /// `delete`.
    pub delete: Option<DeleteBy>,
    /// `unsupported`.
    pub unsupported: Unsupported,
    /// `upstream.scan_limit`: how many resources may be read to answer what the vendor cannot filter or sort.
    pub scan_limit: u64,
    /// `[targets.x.urns]`: canonical URN, vendor URN.
    pub urns: Vec<(String, String)>,
    /// `[targets.x.attributes]`: canonical path, vendor path.
    pub attributes: Vec<(String, String)>,
    /// `[targets.x.defaults]`: vendor path, value.
    pub defaults: Vec<(String, Value)>,
}

/// What DELETE does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteBy {
    /// The vendor's DELETE.
    Native,
    /// `active` set to false.
    Deactivate,
    /// 501.
    Refuse,
}

/// What happens to what the vendor cannot hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsupported {
    /// Left out, and said so.
    #[default]
    Drop,
    /// 400 `invalidValue`.
    Refuse,
}

/// The setting that says whether a service provider has PUT: `native` or `emulate`.
pub(crate) const PUT: &str = "put";
/// The same for PATCH.
pub(crate) const PATCH: &str = "patch";
/// The same for filters.
pub(crate) const FILTER: &str = "filter";
/// The same for `sortBy`.
pub(crate) const SORT: &str = "sort";
/// The setting that says how many members of a group a service provider returns at most.
pub(crate) const MEMBERS_RETURNED: &str = "members_returned";

/// The setting that says whether the service provider's own description counts: `on` or `off`.
pub(crate) const DISCOVERY: &str = "discovery";

/// A configured target: what its vendor can do, its mapping, its settings.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the configuration says.
    pub settings: TargetSettings,
    /// The vendor.
    pub vendor: &'static Vendor,
    /// What the vendor can do.
    pub profile: Profile,
    /// The resource types it serves.
    pub types: Vec<ServedType>,
}

/// A resource type of a target under both its names.
#[derive(Clone, Debug)]
pub struct ServedType {
    /// As clients see it: the RFC's whole schema, and the vendor's extensions under their canonical URNs.
    pub canonical: ResourceType,
    /// As the vendor has it: only what it can hold, with its own characteristics.
    pub vendor: ResourceType,
    /// What the vendor can do with it.
    pub profile: TypeProfile,
    /// Canonical names to vendor names and back: the renames that concern this type.
    pub mapping: Mapping,
    /// What is set on create where the request has none: vendor path, value. `[targets.x.defaults]`, and `create_with` of
    /// the profile.
    pub defaults: Vec<(AttributePath, Value)>,
    /// `profile.attributes` with its paths read: where an attribute differs from its schema.
    pub forms: Vec<(AttributePath, AttributeProfile)>,
    /// The attributes of the vendor that may be written, with their paths, extensions included.
    pub(crate) writable: Arc<[(AttributePath, Attribute)]>,
    /// What of them concerns a POST or PUT.
    pub(crate) put: Arc<put::Rules>,
    /// What of the canonical attributes the vendor holds.
    pub(crate) held: Arc<Held>,
    /// The canonical attributes that name another resource, where the vendor has a `$ref` for it.
    pub references: Arc<[(AttributePath, Attribute)]>,
    /// What of the vendor's answers no rule touches.
    pub(crate) passage: Option<Arc<Passage>>,
}

impl ServedType {
    /// Where the attribute at a vendor path differs from its schema; the path's filter does not count.
    pub(crate) fn form(&self, path: &AttributePath) -> Option<&AttributeProfile> {
        self.form_of(path, path.sub_attribute.as_deref())
    }

    /// The same for the whole attribute that the path leads into.
    pub(crate) fn whole_form(&self, path: &AttributePath) -> Option<&AttributeProfile> {
        self.form_of(path, None)
    }

    /// The place of it among the forms.
    pub(crate) fn place_of_form(&self, path: &AttributePath) -> Option<usize> {
        self.place_of(path, None)
    }

    fn form_of(&self, path: &AttributePath, sub: Option<&str>) -> Option<&AttributeProfile> {
        self.place_of(path, sub).map(|place| &self.forms[place].1)
    }

    fn place_of(&self, path: &AttributePath, sub: Option<&str>) -> Option<usize> {
        let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a == b,
        };
        let is_it = |form: &AttributePath| {
            form.attribute.eq_ignore_ascii_case(&path.attribute)
                && same(form.sub_attribute.as_deref(), sub)
                && same(form.urn.as_deref(), path.urn.as_deref())
        };
        self.forms.iter().position(|(form, _)| is_it(form))
    }
}

/// Something wrong in a target's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key below `[targets.NAME]`, e.g. `attributes.userType`.
    pub key: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

impl Target {
    /// Joins settings and profile.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn new(vendor: &'static Vendor, mut settings: TargetSettings) -> Result<Self, Vec<Problem>> {
        let mut profile = Profile::parse(vendor.profile).map_err(|error| vec![Problem::new("adapter", error)])?;
        pin(&mut profile, &settings.values);
        let mut problems = check::settings(vendor, &profile, &settings);
        add_create_with(&profile, &mut settings);
        let types = types::of_vendor(&profile).map_err(|error| vec![Problem::new("adapter", error)])?;
        let types = match names::serve(types, &settings) {
            Ok(types) => types,
            Err(more) => {
                problems.extend(more);
                return Err(problems);
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { settings, vendor, profile, types })
    }

    /// The values of the vendor's settings that name the tenant.
    pub fn tenant_words(&self) -> impl Iterator<Item = &str> {
        let telling = self.vendor.settings.iter().filter(|setting| setting.kind.names_tenant());
        telling.filter_map(|setting| self.settings.values.get(setting.key)).map(String::as_str)
    }

    /// The type served at an endpoint, e.g. `/Users`; found without regard to case.
    #[must_use]
    pub fn served(&self, endpoint: &str) -> Option<&ServedType> {
        self.types.iter().find(|served| served.canonical.endpoint.eq_ignore_ascii_case(endpoint))
    }

    /// What DELETE does here for a type. What has no `active` cannot be deactivated.
    #[must_use]
    pub fn delete_by(&self, served: &ServedType) -> DeleteBy {
        let native = served.profile.operations.delete;
        let has = served.profile.operations;
        let active = served.vendor.schema.attribute("active");
        let can_deactivate =
            active.is_some_and(|active| !active.is_read_only()) && (has.patch || has.replace && has.read);
        match self.settings.delete {
            Some(DeleteBy::Refuse) => DeleteBy::Refuse,
            Some(DeleteBy::Deactivate) if can_deactivate => DeleteBy::Deactivate,
            _ if native => DeleteBy::Native,
            _ if can_deactivate => DeleteBy::Deactivate,
            _ => DeleteBy::Refuse,
        }
    }
}

/// What the operator says of the service provider, over what its profile says.
fn pin(profile: &mut Profile, values: &BTreeMap<String, String>) {
    let native = |key: &str| values.get(key).map(|word| word == "native");
    let returned = values.get(MEMBERS_RETURNED).and_then(|number| number.parse::<usize>().ok());
    for kind in &mut profile.types {
        kind.operations.replace = native(PUT).unwrap_or(kind.operations.replace);
        kind.operations.patch = native(PATCH).unwrap_or(kind.operations.patch);
        kind.list.sort = native(SORT).unwrap_or(kind.list.sort);
        if native(FILTER) == Some(false) {
            kind.list.filter = Some(FilterProfile::none());
        }
        if let Some(returned) = returned.filter(|_| kind.schema == scimux_scim::schema::GROUP) {
            let members = kind.attributes.entry("members".to_owned()).or_default();
            members.never_returned |= returned == 0;
            members.returned_up_to = Some(returned);
        }
    }
}

/// `create_with` of the profile as defaults; what the operator configured wins.
fn add_create_with(profile: &Profile, settings: &mut TargetSettings) {
    for (path, template) in profile.types.iter().flat_map(|kind| &kind.create_with) {
        let configured = settings.defaults.iter().any(|(known, _)| known.eq_ignore_ascii_case(path));
        if let Some(value) = fill_from(template, &settings.values, str::to_owned).filter(|_| !configured) {
            settings.defaults.push((path.clone(), Value::from(value.as_str())));
        }
    }
}

#[cfg(test)]
mod tests;
