//! What the vendor holds of each canonical attribute, found out once, when the configuration is read.

use scimux_scim::{Attribute, AttributePath, Object, Schema, Text, Value, schema};

use super::{is_open_container, why_not};
use crate::ServedType;

/// The canonical attributes of a type.
#[derive(Debug, Default)]
pub(crate) struct Held {
    core: Vec<Known>,
    /// By the URN of each extension.
    extensions: Vec<(Text, Vec<Known>)>,
}

/// An attribute.
#[derive(Debug)]
pub(super) struct Known {
    name: Text,
    /// Why the vendor cannot hold it; `None`: it can.
    pub(super) why_not: Option<&'static str>,
    /// The same of its parts.
    parts: Vec<(Text, Option<&'static str>)>,
    /// Where in [`ServedType::forms`] the vendor's stands that differs from its schema.
    pub(super) form: Option<usize>,
    /// Whether nothing of it is ever left out or refused: so it is with most attributes at most vendors.
    is_untouched: bool,
}

impl Held {
    pub(crate) fn new(served: &ServedType) -> Self {
        let core = &served.canonical.schema;
        let common = schema::common().iter().filter(|attribute| core.attribute(&attribute.name).is_none());
        let core = core.attributes.iter().chain(common).map(|attribute| Known::new(attribute, None, served));
        let extension = |schema: &Schema| {
            let attributes = schema.attributes.iter();
            attributes.map(|attribute| Known::new(attribute, Some(&schema.id), served)).collect()
        };
        let extensions = served.canonical.extensions.iter().map(|extension| &extension.schema);
        Self {
            core: core.collect(),
            extensions: extensions.map(|schema| (schema.id.clone(), extension(schema))).collect(),
        }
    }

    /// Whether nothing of a canonical resource is left out.
    pub(super) fn has_all(&self, resource: &Object, served: &ServedType) -> bool {
        resource.iter().all(|(name, value)| match self.extension(name) {
            Some(known) => value.as_object().is_some_and(|container| has_members(known, container)),
            None => passes(&self.core, name, value) || name == "schemas" || is_open_container(served, name),
        })
    }

    /// What is known of an attribute, or of the one that a path leads into. Names that are spelled otherwise are not known.
    pub(super) fn find(&self, urn: Option<&str>, name: &str) -> Option<&Known> {
        match urn {
            None => find(&self.core, name),
            Some(urn) => find(self.extension(urn)?, name),
        }
    }

    fn extension(&self, urn: &str) -> Option<&[Known]> {
        self.extensions.iter().find(|(known, _)| known == urn).map(|(_, known)| &**known)
    }
}

impl Known {
    fn new(attribute: &Attribute, urn: Option<&Text>, served: &ServedType) -> Self {
        let path = AttributePath { urn: urn.cloned(), ..AttributePath::attribute(attribute.name.clone()) };
        let form = served.place_of_form(&served.mapping.path_to_vendor(&path));
        let part = |sub: &Attribute| (sub.name.clone(), why_not(&path.clone().with_sub(sub.name.clone()), served));
        // What nobody may write is no part of a canonical body.
        let subs = attribute.sub_attributes.iter().filter(|sub| !sub.is_read_only());
        let parts: Vec<_> = subs.map(part).collect();
        let is_free = form.is_none_or(|place| served.forms[place].1.types.is_empty() && !served.forms[place].1.single);
        let why_not = why_not(&path, served);
        let is_untouched = is_free && why_not.is_none() && parts.iter().all(|(_, why_not)| why_not.is_none());
        Self { name: attribute.name.clone(), why_not, parts, form, is_untouched }
    }

    /// Whether a value stays as it is. An empty object says nothing, and is left out.
    pub(super) fn passes(&self, value: &Value) -> bool {
        self.is_untouched && !value.as_object().is_some_and(Object::is_empty)
    }

    /// Why the vendor cannot hold a part; the outer `None`: that is not known.
    pub(super) fn part(&self, name: &str) -> Option<Option<&'static str>> {
        self.parts.iter().find(|(known, _)| known == name).map(|(_, why_not)| *why_not)
    }
}

fn has_members(known: &[Known], container: &Object) -> bool {
    !container.is_empty() && container.iter().all(|(name, value)| passes(known, name, value))
}

fn passes(known: &[Known], name: &str, value: &Value) -> bool {
    find(known, name).is_some_and(|known| known.passes(value))
}

fn find<'a>(known: &'a [Known], name: &str) -> Option<&'a Known> {
    known.iter().find(|known| known.name == name)
}
