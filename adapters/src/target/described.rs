//! A service provider's own description of itself (RFC 7644 section 4), in the place of what the profile has of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use scimux_scim::discovery::told::{self, Abilities, TypeTold};
use scimux_scim::schema::{self, Extension, Kind, Mutability, Returned};
use scimux_scim::{Attribute, AttributePath, Object, ResourceType, Schema};

use super::types::{VendorType, rfc_schema};
use super::{DISCOVERY, FILTER, PATCH, SORT, Target, names};
use crate::profile::{AttributeProfile, FilterProfile, TypeProfile};

/// The most resource types that are served.
const MOST_TYPES: usize = 100;

/// Endpoints that mean something else (RFC 7644 section 3.2).
const RESERVED: [&str; 6] =
    ["/Me", "/Bulk", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/ServiceProviderConfigs"];

/// What a provider says of itself; `None` for a document that it does not have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    /// `/ServiceProviderConfig`.
    pub provider: Option<Object>,
    /// `/ResourceTypes`.
    pub types: Option<Object>,
    /// `/Schemas`.
    pub schemas: Option<Object>,
}

/// A target as its provider describes it.
#[derive(Clone, Debug)]
pub struct Described {
    /// The target.
    pub target: Target,
    /// What of the description could not be used, and why.
    pub left_out: Vec<String>,
}

impl Target {
    /// Whether the provider's own description counts: the vendor has one, and the operator lets it.
    #[must_use]
    pub fn describes_itself(&self) -> bool {
        self.profile.describes_itself && self.settings.values.get(DISCOVERY).is_none_or(|word| word != "off")
    }

    /// The target as its provider describes it.
    ///
    /// # Errors
    /// `urns`, `attributes` or `defaults` of the configuration do not fit what the provider describes.
    pub fn described(&self, documents: &Documents) -> Result<Described, String> {
        let provider = Provider::new(self, documents);
        let mut left_out = Vec::new();
        let mut types: Vec<VendorType> = Vec::new();
        for told in provider.types() {
            match provider.served(&told, &types) {
                Ok(kind) => types.push(kind),
                Err(why) => left_out.push(format!("{}: {why}", told.name)),
            }
        }
        if types.is_empty() {
            return Err("the provider describes no resource type that could be served".to_owned());
        }
        let types = names::serve(types, &self.settings).map_err(|problems| {
            let words = problems.into_iter().map(|problem| format!("{}: {}", problem.key, problem.message));
            words.collect::<Vec<_>>().join("; ")
        })?;
        Ok(Described { target: Self { types, ..self.clone() }, left_out })
    }
}

/// The documents, read, beside what is declared.
struct Provider<'a> {
    declared: &'a Target,
    abilities: Abilities,
    types: Option<Vec<TypeTold>>,
    schemas: Vec<Arc<Schema>>,
}

impl<'a> Provider<'a> {
    fn new(declared: &'a Target, documents: &Documents) -> Self {
        let schemas = documents.schemas.as_ref().map(told::schemas).unwrap_or_default();
        let types = documents.types.as_ref().map(told::resource_types);
        Self {
            declared,
            abilities: documents.provider.as_ref().map(told::abilities).unwrap_or_default(),
            types: types.filter(|types| !types.is_empty()),
            schemas: schemas.into_iter().map(Arc::new).collect(),
        }
    }

    /// Whether all that it has is known, so that what is not described is not there.
    fn is_whole(&self) -> bool {
        self.types.is_some() && !self.schemas.is_empty()
    }

    /// The resource types it describes, else those declared.
    fn types(&self) -> Vec<TypeTold> {
        let declared = |profile: &TypeProfile| TypeTold {
            name: profile.name.clone(),
            endpoint: profile.endpoint.clone(),
            schema: profile.schema.clone(),
            extensions: profile.extensions.iter().map(|one| (one.schema.clone(), one.required)).collect(),
        };
        self.types.clone().unwrap_or_else(|| self.declared.profile.types.iter().map(declared).collect())
    }

    fn served(&self, told: &TypeTold, known: &[VendorType]) -> Result<VendorType, &'static str> {
        let same = |kind: &VendorType| {
            kind.whole.endpoint.eq_ignore_ascii_case(&told.endpoint) || kind.whole.name.eq_ignore_ascii_case(&told.name)
        };
        if known.iter().any(same) {
            return Err("a type of this name or endpoint stands there already");
        }
        if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(&told.endpoint)) {
            return Err("its endpoint means something else");
        }
        if known.len() >= MOST_TYPES {
            return Err("there are too many types");
        }
        self.kind(told).ok_or("its schema is not described")
    }

    fn kind(&self, told: &TypeTold) -> Option<VendorType> {
        let own = self.own_schema(&told.schema)?;
        let extensions = told
            .extensions
            .iter()
            .filter_map(|(urn, required)| Some(Extension { schema: self.own_schema(urn)?, required: *required }));
        let held = ResourceType {
            name: told.name.clone(),
            endpoint: told.endpoint.clone(),
            schema: own,
            extensions: extensions.collect(),
            open: !self.is_whole(),
        };
        let whole = ResourceType {
            schema: with_rfc(&held.schema),
            extensions: held
                .extensions
                .iter()
                .map(|one| Extension { schema: with_rfc(&one.schema), ..one.clone() })
                .collect(),
            ..held.clone()
        };
        let profile = self.profile(told);
        let forms = forms(&profile, &held);
        Some(VendorType { profile, whole, held, forms })
    }

    /// The schema with this URN as the provider has it, else as RFC 7643 has it.
    fn own_schema(&self, urn: &str) -> Option<Arc<Schema>> {
        let own = self.schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn));
        own.map(usable).or_else(|| rfc_schema(urn).cloned())
    }

    /// What it can do with a type: as declared of this one or of any, but for what it says itself. What the operator says
    /// is declared, and wins.
    fn profile(&self, told: &TypeTold) -> TypeProfile {
        let all = &self.declared.profile.types;
        let same = all.iter().find(|kind| kind.schema.eq_ignore_ascii_case(&told.schema));
        let any = || all.iter().find(|kind| kind.attributes.is_empty()).or(all.first());
        let mut profile = same.or_else(any).expect("a vendor that describes itself declares a type").clone();
        profile.name.clone_from(&told.name);
        profile.endpoint.clone_from(&told.endpoint);
        profile.schema.clone_from(&told.schema);
        let Abilities { patch, filter, max_results, sort } = self.abilities;
        let denied = |told: Option<bool>, setting: &str| {
            told == Some(false) && !self.declared.settings.values.contains_key(setting)
        };
        profile.operations.patch &= !denied(patch, PATCH);
        profile.list.sort &= !denied(sort, SORT);
        if denied(filter, FILTER) {
            profile.list.filter = Some(FilterProfile::none());
        }
        profile.list.cap = max_results.or(profile.list.cap);
        profile
    }
}

/// A provider's schema with what it must have: no user is without name and state, and a complex attribute of which no part
/// is described is as the RFC has it, or cannot be used.
fn usable(own: &Arc<Schema>) -> Arc<Schema> {
    let rfc = rfc_schema(&own.id);
    let of_rfc = |name: &str| rfc.and_then(|rfc| rfc.attribute(name)).cloned();
    let mut schema = Schema::clone(own);
    let bare = |attribute: &Attribute| attribute.kind == Kind::Complex && attribute.sub_attributes.is_empty();
    schema.attributes = std::mem::take(&mut schema.attributes)
        .into_iter()
        .filter_map(|attribute| if bare(&attribute) { of_rfc(&attribute.name) } else { Some(attribute) })
        .collect();
    let lacking = ["userName", "active"].into_iter().filter(|name| own.attribute(name).is_none());
    let needed = lacking.filter(|_| own.id.eq_ignore_ascii_case(schema::USER)).filter_map(of_rfc);
    schema.attributes.extend(needed);
    Arc::new(schema)
}

/// The RFC's schema of this URN with what the provider has beside it: what clients may name.
fn with_rfc(own: &Arc<Schema>) -> Arc<Schema> {
    let Some(rfc) = rfc_schema(&own.id) else { return Arc::clone(own) };
    let mut whole = Schema::clone(rfc);
    add_missing(&mut whole.attributes, &own.attributes);
    Arc::new(whole)
}

fn add_missing(to: &mut Vec<Attribute>, from: &[Attribute]) {
    for attribute in from {
        match to.iter_mut().find(|known| known.name.eq_ignore_ascii_case(&attribute.name)) {
            Some(known) => add_missing(&mut known.sub_attributes, &attribute.sub_attributes),
            None => to.push(attribute.clone()),
        }
    }
}

/// Where attributes differ: as declared, and what a plain GET does not return, so that nobody can compute from it.
fn forms(profile: &TypeProfile, held: &ResourceType) -> Vec<(AttributePath, AttributeProfile)> {
    let declared = profile.attributes.iter().filter_map(|(text, form)| {
        let path = AttributePath::parse(text, held).ok()?;
        Some((held.canonical(&path)?, form.clone()))
    });
    let mut forms: Vec<_> = declared.collect();
    let known: BTreeSet<String> = forms.iter().map(|(path, _)| path.to_string().to_ascii_lowercase()).collect();
    let silent = held.attributes().filter(|(path, attribute)| {
        matches!(attribute.returned, Returned::Never | Returned::Request)
            && matches!(attribute.mutability, Mutability::ReadWrite | Mutability::Immutable)
            && !known.contains(&path.to_string().to_ascii_lowercase())
    });
    let never = AttributeProfile { never_returned: true, ..AttributeProfile::default() };
    forms.extend(silent.map(|(path, _)| (path, never.clone())));
    forms
}

#[cfg(test)]
mod tests;
