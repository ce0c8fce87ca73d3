//! The resource types of a vendor, from its profile: schemas cut to what it holds, with its own characteristics.

use std::sync::Arc;

use scimux_scim::schema::{self, Extension, Returned};
use scimux_scim::{Attribute, AttributePath, ResourceType, Schema};

use crate::Profile;
use crate::profile::{AttributeProfile, TypeProfile};

/// A resource type in vendor names.
pub(super) struct VendorType {
    pub(super) profile: TypeProfile,
    /// With everything its schemas have.
    pub(super) whole: ResourceType,
    /// Cut to what the vendor holds.
    pub(super) held: ResourceType,
    pub(super) forms: Vec<(AttributePath, AttributeProfile)>,
}

/// The types of a profile.
///
/// # Errors
/// What is wrong with the profile: a mistake in scimux itself.
pub(super) fn of_vendor(profile: &Profile) -> Result<Vec<VendorType>, String> {
    profile.types.iter().map(|kind| vendor_type(kind, profile)).collect()
}

fn vendor_type(profile: &TypeProfile, vendor: &Profile) -> Result<VendorType, String> {
    let extensions = profile.extensions.iter().map(|extension| {
        Ok(Extension { schema: find_schema(&extension.schema, vendor)?, required: extension.required })
    });
    let whole = ResourceType {
        name: profile.name.clone(),
        endpoint: profile.endpoint.clone(),
        schema: find_schema(&profile.schema, vendor)?,
        extensions: extensions.collect::<Result<_, String>>()?,
        open: profile.open,
    };
    let held = paths(&profile.holds, &whole)?;
    let mut held = cut(&whole, &held);
    let mut forms = Vec::new();
    for (text, difference) in &profile.attributes {
        let path = known_path(text, &held)?;
        differ(&mut held, &path, difference);
        forms.push((path, difference.clone()));
    }
    Ok(VendorType { profile: profile.clone(), whole, held, forms })
}

fn find_schema(urn: &str, vendor: &Profile) -> Result<Arc<Schema>, String> {
    let own = vendor.schemas.iter().find(|schema| schema.id == urn).map(|schema| Arc::new(schema.clone()));
    own.or_else(|| rfc_schema(urn).cloned()).ok_or_else(|| format!("no schema has the URN {urn}"))
}

/// A schema of RFC 7643.
pub(super) fn rfc_schema(urn: &str) -> Option<&'static Arc<Schema>> {
    [schema::user(), schema::group(), schema::enterprise_user()].into_iter().find(|schema| schema.id == urn)
}

fn paths(texts: &[String], whole: &ResourceType) -> Result<Vec<AttributePath>, String> {
    texts.iter().map(|text| known_path(text, whole)).collect()
}

fn known_path(text: &str, kind: &ResourceType) -> Result<AttributePath, String> {
    let path = AttributePath::parse(text, kind).map_err(|error| format!("{text}: {}", error.detail))?;
    kind.canonical(&path).ok_or_else(|| format!("{text}: no schema of {} has it", kind.name))
}

/// The type with only the attributes that `held` names; with all if it names none.
fn cut(whole: &ResourceType, held: &[AttributePath]) -> ResourceType {
    if held.is_empty() {
        return whole.clone();
    }
    let cut_extension = |extension: &Extension| {
        let schema = Arc::new(cut_schema(&extension.schema, Some(&extension.schema.id), held));
        Extension { schema, required: extension.required }
    };
    let extensions = whole.extensions.iter().map(cut_extension);
    ResourceType {
        schema: Arc::new(cut_schema(&whole.schema, None, held)),
        extensions: extensions.filter(|extension| !extension.schema.attributes.is_empty()).collect(),
        ..whole.clone()
    }
}

fn cut_schema(schema: &Schema, urn: Option<&str>, held: &[AttributePath]) -> Schema {
    let of_schema: Vec<_> = held.iter().filter(|path| path.urn.as_deref() == urn).collect();
    if of_schema.iter().any(|path| path.is_container()) {
        return schema.clone();
    }
    let attributes = schema.attributes.iter().filter_map(|attribute| {
        let named: Vec<_> = of_schema.iter().filter(|path| path.attribute == attribute.name).collect();
        let is_whole = named.iter().any(|path| path.sub_attribute.is_none());
        let is_held = |sub: &Attribute| named.iter().any(|path| path.sub_attribute.as_deref() == Some(&sub.name));
        let subs = attribute.sub_attributes.iter().filter(|sub| is_whole || is_held(sub)).cloned().collect();
        (!named.is_empty()).then(|| Attribute { sub_attributes: subs, ..attribute.clone() })
    });
    Schema { attributes: attributes.collect(), ..schema.clone() }
}

/// Writes a difference into the schema that it concerns. Common attributes stand in no schema: theirs is only in `forms`.
fn differ(kind: &mut ResourceType, path: &AttributePath, difference: &AttributeProfile) {
    let schema = match &path.urn {
        None => Some(&mut kind.schema),
        Some(urn) => {
            kind.extensions.iter_mut().map(|extension| &mut extension.schema).find(|schema| schema.id == **urn)
        }
    };
    let Some(schema) = schema else { return };
    if let Some(attribute) = leaf_mut(Arc::make_mut(schema), path) {
        attribute.mutability = difference.mutability.unwrap_or(attribute.mutability);
        attribute.required |= difference.required;
        if difference.never_returned {
            attribute.returned = Returned::Never;
        }
    }
}

fn leaf_mut<'a>(schema: &'a mut Schema, path: &AttributePath) -> Option<&'a mut Attribute> {
    let attribute = schema.attributes.iter_mut().find(|attribute| *attribute.name == *path.attribute)?;
    match &path.sub_attribute {
        None => Some(attribute),
        Some(name) => attribute.sub_attributes.iter_mut().find(|sub| *sub.name == **name),
    }
}
