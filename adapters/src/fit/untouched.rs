//! The attributes whose values the vendor holds as they are, found out once, when the configuration is read: most of them at
//! most vendors.

use scimux_scim::{Attribute, AttributePath, Object, Schema, Text, Value, schema};

use super::{is_open_container, why_not};
use crate::ServedType;

/// Canonical names of attributes of which nothing is ever left out or refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Untouched {
    core: Vec<Text>,
    /// By the URN of each extension.
    extensions: Vec<(Text, Vec<Text>)>,
}

impl Untouched {
    pub(crate) fn new(served: &ServedType) -> Self {
        let core = &served.canonical.schema;
        let common = schema::common().iter().filter(|attribute| core.attribute(&attribute.name).is_none());
        let extensions = served.canonical.extensions.iter().map(|extension| &extension.schema);
        let of_extension = |schema: &Schema| names(schema.attributes.iter(), Some(&schema.id), served);
        Self {
            core: names(core.attributes.iter().chain(common), None, served),
            extensions: extensions.map(|schema| (schema.id.clone(), of_extension(schema))).collect(),
        }
    }

    /// Whether nothing of a canonical resource is left out.
    pub(super) fn has_all(&self, resource: &Object, served: &ServedType) -> bool {
        resource.iter().all(|(name, value)| match self.extension(name) {
            Some(names) => value.as_object().is_some_and(|container| has_members(names, container)),
            None => has(&self.core, name, value) || name == "schemas" || is_open_container(served, name),
        })
    }

    fn extension(&self, urn: &str) -> Option<&[Text]> {
        self.extensions.iter().find(|(known, _)| known == urn).map(|(_, names)| &**names)
    }
}

fn names<'a>(attributes: impl Iterator<Item = &'a Attribute>, urn: Option<&Text>, served: &ServedType) -> Vec<Text> {
    let is_untouched = |attribute: &&Attribute| {
        let path = AttributePath { urn: urn.cloned(), ..AttributePath::attribute(attribute.name.clone()) };
        let form = served.whole_form(&served.mapping.path_to_vendor(&path));
        // What nobody may write is no part of a canonical request.
        let parts = attribute.sub_attributes.iter().filter(|sub| !sub.is_read_only());
        let parts = parts.map(|sub| path.clone().with_sub(sub.name.clone()));
        let is_free = form.is_none_or(|form| form.types.is_empty() && !form.single);
        is_free && std::iter::once(path.clone()).chain(parts).all(|path| why_not(&path, served).is_none())
    };
    attributes.filter(is_untouched).map(|attribute| attribute.name.clone()).collect()
}

fn has_members(names: &[Text], container: &Object) -> bool {
    !container.is_empty() && container.iter().all(|(name, value)| has(names, name, value))
}

/// An empty object says nothing, and is left out.
fn has(names: &[Text], name: &Text, value: &Value) -> bool {
    names.contains(name) && !value.as_object().is_some_and(Object::is_empty)
}
