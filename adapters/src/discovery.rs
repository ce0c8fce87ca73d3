//! What is true of a target for a client of the gateway (RFC 7644 section 4): its schemas, its resource types and what
//! works, computed from profile, mapping and configuration. What the gateway does in the vendor's place counts.

use std::sync::Arc;

use scimux_scim::discovery::{BulkBounds, Pagination, ServiceProvider};
use scimux_scim::query::{DEFAULT_COUNT, MAX_COUNT};
use scimux_scim::schema::{Attribute, Extension, Kind, Mutability, Returned};
use scimux_scim::{AttributePath, ResourceType, Schema};

use crate::profile::{AttributeProfile, SubValue};
use crate::{Capability, ServedType, Target, capabilities};

/// What works at a target: bulk requests within these bounds, and filters, sorting and versions, which the gateway gives
/// every vendor that lacks them.
#[must_use]
pub fn service_provider(target: &Target, bulk: BulkBounds) -> ServiceProvider {
    let caps = target.types.iter().filter_map(|served| served.profile.list.cap);
    ServiceProvider {
        patch: patches(target),
        bulk: Some(bulk),
        filter: Some(caps.fold(MAX_COUNT, u64::min)),
        change_password: target.types.iter().any(takes_passwords),
        sort: true,
        etag: true,
        pagination: Some(Pagination { default_page_size: DEFAULT_COUNT, max_page_size: MAX_COUNT }),
    }
}

/// Whether whatever can be changed at all can be changed by PATCH.
fn patches(target: &Target) -> bool {
    let can = |served: &ServedType, wanted: &str| {
        capabilities(target, served).iter().any(|(name, who)| *name == wanted && *who != Capability::Refused)
    };
    let mut changeable = target.types.iter().filter(|served| can(served, "replace") || can(served, "patch")).peekable();
    changeable.peek().is_some() && changeable.all(|served| can(served, "patch"))
}

fn takes_passwords(served: &ServedType) -> bool {
    let path = served.mapping.path_to_vendor(&AttributePath::attribute("password"));
    let held = served.vendor.resolve(&path).is_some_and(|resolved| !resolved.leaf().is_read_only());
    held && served.canonical.schema.attribute("password").is_some()
}

/// The resource types as clients may rely on them: what the vendor holds, under canonical names, with the vendor's own
/// characteristics.
#[must_use]
pub fn resource_types(target: &Target) -> Vec<ResourceType> {
    target.types.iter().map(|served| shown_type(target, served)).collect()
}

/// The schemas of the resource types, each once.
#[must_use]
pub fn schemas(types: &[ResourceType]) -> Vec<Arc<Schema>> {
    let all = types.iter().flat_map(|kind| {
        std::iter::once(&kind.schema).chain(kind.extensions.iter().map(|extension| &extension.schema))
    });
    let mut schemas: Vec<Arc<Schema>> = Vec::new();
    for schema in all {
        if !schemas.iter().any(|known| known.id.eq_ignore_ascii_case(&schema.id)) {
            schemas.push(Arc::clone(schema));
        }
    }
    schemas
}

fn shown_type(target: &Target, served: &ServedType) -> ResourceType {
    let shown = Shown { target, served };
    let extensions = served.canonical.extensions.iter().map(|extension| Extension {
        schema: Arc::new(shown.schema(&extension.schema, Some(&extension.schema.id))),
        required: extension.required,
    });
    ResourceType {
        schema: Arc::new(shown.schema(&served.canonical.schema, None)),
        extensions: extensions.filter(|extension| !extension.schema.attributes.is_empty()).collect(),
        ..served.canonical.clone()
    }
}

/// One resource type on its way into a document.
struct Shown<'a> {
    target: &'a Target,
    served: &'a ServedType,
}

impl Shown<'_> {
    fn schema(&self, schema: &Schema, urn: Option<&str>) -> Schema {
        let attributes = schema.attributes.iter().filter_map(|attribute| {
            let path = AttributePath::attribute(attribute.name.clone());
            self.attribute(attribute, &urn.into_iter().fold(path, |path, urn| path.with_urn(urn)))
        });
        Schema { attributes: attributes.collect(), ..schema.clone() }
    }

    /// The attribute as it is here; `None`: the vendor does not hold it under this name.
    fn attribute(&self, attribute: &Attribute, path: &AttributePath) -> Option<Attribute> {
        let parts = attribute.sub_attributes.iter();
        let sub_attributes: Vec<_> =
            parts.filter_map(|part| self.leaf(part, &path.clone().with_sub(part.name.clone()))).collect();
        let whole = self.leaf(attribute, path);
        if attribute.kind == Kind::Complex && sub_attributes.is_empty() && !attribute.sub_attributes.is_empty() {
            return None;
        }
        // A complex attribute of which only parts are at the vendor, under other names, is what its parts are.
        let whole = whole
            .or_else(|| (!sub_attributes.is_empty()).then(|| Attribute { required: false, ..attribute.clone() }))?;
        Some(Attribute { sub_attributes, ..whole })
    }

    /// An attribute or part by itself.
    fn leaf(&self, attribute: &Attribute, path: &AttributePath) -> Option<Attribute> {
        let at_vendor = self.served.mapping.path_to_vendor(path);
        let here = self.served.mapping.path_to_canonical(&at_vendor);
        if !here.to_string().eq_ignore_ascii_case(&path.to_string()) {
            return None;
        }
        let resolved = self.served.vendor.resolve(&at_vendor)?;
        let held = resolved.leaf();
        let forms = Forms { whole: self.served.whole_form(&at_vendor), own: self.served.form(&at_vendor) };
        let given = at_vendor.sub_attribute.as_deref().and_then(|part| forms.given(part));
        if given.is_none() && at_vendor.sub_attribute.as_deref().is_some_and(|part| forms.loses(part)) {
            return None;
        }
        let reference_types = self.reference_types(held);
        if held.kind == Kind::Reference && reference_types.is_empty() && !held.reference_types.is_empty() {
            return None;
        }
        let mutability = forms.mutability(held, at_vendor.sub_attribute.as_deref());
        Some(Attribute {
            name: attribute.name.clone(),
            description: forms.description(attribute),
            required: attribute.required || held.required && !self.is_filled(&at_vendor),
            canonical_values: forms.values(held, at_vendor.sub_attribute.as_deref()),
            mutability,
            returned: if forms.is_never_returned() { Returned::Never } else { held.returned },
            reference_types,
            ..held.clone()
        })
    }

    /// Resource types that the target does not serve cannot be referred to: such a `$ref` is in no answer.
    fn reference_types(&self, held: &Attribute) -> Vec<String> {
        let served = |name: &str| self.target.types.iter().any(|served| served.canonical.name == name);
        let points = |name: &&String| matches!(name.as_str(), "external" | "uri") || served(name);
        held.reference_types.iter().filter(points).cloned().collect()
    }

    /// Whether a default gives the attribute a value where a new resource has none.
    fn is_filled(&self, at_vendor: &AttributePath) -> bool {
        let of_it = |path: &AttributePath| {
            path.whole().to_string().eq_ignore_ascii_case(&at_vendor.whole().to_string())
                && (at_vendor.sub_attribute.is_none() || path.sub_attribute == at_vendor.sub_attribute)
        };
        self.served.defaults.iter().any(|(path, _)| of_it(path))
    }
}

/// Where an attribute differs from its schema: the whole one, and the attribute or part itself.
struct Forms<'a> {
    whole: Option<&'a AttributeProfile>,
    own: Option<&'a AttributeProfile>,
}

impl Forms<'_> {
    /// What the gateway gives a part of every value it reads.
    fn given(&self, part: &str) -> Option<&SubValue> {
        self.whole.and_then(|form| form.read_with.get(part))
    }

    /// Whether a part is left out of what is sent.
    fn loses(&self, part: &str) -> bool {
        self.whole.is_some_and(|form| form.without.iter().any(|without| without.eq_ignore_ascii_case(part)))
    }

    fn is_never_returned(&self) -> bool {
        self.own.is_some_and(|form| form.never_returned)
    }

    fn mutability(&self, held: &Attribute, part: Option<&str>) -> Mutability {
        match held.mutability {
            Mutability::ReadOnly => Mutability::ReadOnly,
            // The part is the same in every answer, whatever is sent.
            _ if part.is_some_and(|part| self.loses(part)) => Mutability::ReadOnly,
            _ if self.is_never_returned() => Mutability::WriteOnly,
            other => other,
        }
    }

    /// The vendor's closed list for `type`, the only value of a part that is always the same, else the schema's suggestions.
    fn values(&self, held: &Attribute, part: Option<&str>) -> Vec<String> {
        match (part, self.whole) {
            (Some("type"), Some(form)) if !form.types.is_empty() => form.types.clone(),
            (Some(part), _) => match self.given(part).filter(|_| self.loses(part)) {
                Some(SubValue::Text(text)) => vec![text.clone()],
                _ => held.canonical_values.clone(),
            },
            _ => held.canonical_values.clone(),
        }
    }

    fn description(&self, attribute: &Attribute) -> String {
        let one = attribute.multi_valued && self.own.is_some_and(|form| form.single);
        let one = if one { " One value is kept: the primary one, else the first." } else { "" };
        format!("{}{one}", attribute.description).trim_start().to_owned()
    }
}

#[cfg(test)]
mod tests;
