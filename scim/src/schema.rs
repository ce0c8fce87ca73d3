//! Schemas and resource types (RFC 7643 sections 6 and 7) as data, and names resolved against them.

mod types;

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::filter::canonical_element;
use crate::value::is_name;
use crate::{AttributePath, Filter, Text};

/// URN of the core User schema.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the core Group schema.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of the Enterprise User extension.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A schema (RFC 7643 section 7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Its URN.
    pub id: Text,
    /// Human-readable name.
    #[serde(default)]
    pub name: String,
    /// Human-readable description.
    #[serde(default)]
    pub description: String,
    /// Its attributes, without the common ones (`id`, `externalId`, `meta`, `schemas`).
    pub attributes: Vec<Attribute>,
}

/// An attribute or sub-attribute and its characteristics (RFC 7643 section 7; defaults of section 2.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// The name in its canonical spelling.
    pub name: Text,
    /// The data type.
    #[serde(rename = "type", default)]
    pub kind: Kind,
    /// Whether it holds a list.
    #[serde(default)]
    pub multi_valued: bool,
    /// Human-readable description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether a value must be there.
    #[serde(default)]
    pub required: bool,
    /// Suggested values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    /// Whether strings compare exactly.
    #[serde(default)]
    pub case_exact: bool,
    /// Who may write it.
    #[serde(default)]
    pub mutability: Mutability,
    /// When it is in an answer.
    #[serde(default)]
    pub returned: Returned,
    /// Where its value must be unique.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// What a reference may point to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
    /// The parts of a complex attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
}

/// Data types (RFC 7643 section 2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // each name is the RFC's keyword
pub enum Kind {
    #[default]
    String,
    Boolean,
    Decimal,
    Integer,
    DateTime,
    Reference,
    Binary,
    Complex,
}

/// Mutability (RFC 7643 section 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // each name is the RFC's keyword
pub enum Mutability {
    ReadOnly,
    #[default]
    ReadWrite,
    Immutable,
    WriteOnly,
}

/// When an attribute is returned (RFC 7643 section 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // each name is the RFC's keyword
pub enum Returned {
    Always,
    Never,
    #[default]
    Default,
    Request,
}

/// Uniqueness (RFC 7643 section 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // each name is the RFC's keyword
pub enum Uniqueness {
    #[default]
    None,
    Server,
    Global,
}

/// A resource type (RFC 7643 section 6): a base schema and its extensions.
#[derive(Clone, Debug)]
pub struct ResourceType {
    /// Its name, as in `meta.resourceType`.
    pub name: String,
    /// Its path below the service root, with the leading slash.
    pub endpoint: String,
    /// The base schema.
    pub schema: Arc<Schema>,
    /// The extensions.
    pub extensions: Vec<Extension>,
    /// Whether containers of extensions that stand in no schema here are kept as they are (a plain SCIM server whose
    /// schemas are not known). Where false they are dropped.
    pub open: bool,
}

/// An extension of a resource type.
#[derive(Clone, Debug)]
pub struct Extension {
    /// Its schema.
    pub schema: Arc<Schema>,
    /// Whether every resource of the type has it.
    pub required: bool,
}

/// What a path means in a resource type.
#[derive(Clone, Copy, Debug)]
pub struct Resolved<'a> {
    /// The extension that holds the attribute; `None` for core and common attributes.
    pub extension: Option<&'a Schema>,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// The sub-attribute the path names.
    pub sub_attribute: Option<&'a Attribute>,
}

impl<'a> Resolved<'a> {
    /// The attribute or sub-attribute the path ends in.
    #[must_use]
    pub fn leaf(&self) -> &Attribute {
        self.into_leaf()
    }

    /// The same, for as long as the schemas live.
    pub(crate) fn into_leaf(self) -> &'a Attribute {
        self.sub_attribute.unwrap_or(self.attribute)
    }
}

/// The core User schema (RFC 7643 section 8.7.1), with the default sub-attributes of section 2.4 filled in.
#[must_use]
pub fn user() -> &'static Arc<Schema> {
    static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(built_in(include_str!("../schemas/user.json"))));
    &SCHEMA
}

/// The core Group schema.
#[must_use]
pub fn group() -> &'static Arc<Schema> {
    static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(built_in(include_str!("../schemas/group.json"))));
    &SCHEMA
}

/// The Enterprise User extension.
#[must_use]
pub fn enterprise_user() -> &'static Arc<Schema> {
    static SCHEMA: LazyLock<Arc<Schema>> =
        LazyLock::new(|| Arc::new(built_in(include_str!("../schemas/enterprise-user.json"))));
    &SCHEMA
}

/// The common attributes of RFC 7643 section 3.1 and `schemas`: part of every resource type, of no schema.
#[must_use]
pub fn common() -> &'static [Attribute] {
    static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| built_in(include_str!("../schemas/common.json")));
    &COMMON
}

fn built_in<T: for<'de> Deserialize<'de>>(json: &str) -> T {
    serde_json::from_str(json).expect("the schemas in the crate are read by a test")
}

fn common_attribute(name: &str) -> Option<&'static Attribute> {
    common().iter().find(|attribute| is_name(&attribute.name, name))
}

impl Attribute {
    /// A sub-attribute by name, without regard to case.
    #[must_use]
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        self.sub_attributes.iter().find(|sub| is_name(&sub.name, name))
    }

    /// Whether an element or value names another resource: a complex attribute with `value` and `$ref`.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.sub("$ref").is_some() && self.sub("value").is_some()
    }

    /// Whether strings of the attribute compare exactly, whatever `caseExact` says of binary values and references
    /// (rfc-traps 34).
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.case_exact || matches!(self.kind, Kind::Binary | Kind::Reference)
    }

    /// Whether clients may not write it.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }
}

impl Schema {
    /// An attribute by name, without regard to case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| is_name(&attribute.name, name))
    }
}

impl Schema {
    /// The same where attributes are sought one by one, `next` being the place behind the last that was found: most documents
    /// follow the schema.
    pub(crate) fn next_attribute(&self, name: &str, next: &mut usize) -> Option<&Attribute> {
        let is_it = |attribute: &Attribute| is_name(&attribute.name, name);
        let place = match self.attributes.get(*next) {
            Some(attribute) if is_it(attribute) => *next,
            _ => self.attributes.iter().position(is_it)?,
        };
        *next = place + 1;
        self.attributes.get(place)
    }
}

impl ResourceType {
    /// The extension schema with this URN, without regard to case.
    #[must_use]
    pub fn extension(&self, urn: &str) -> Option<&Arc<Schema>> {
        self.extensions.iter().map(|extension| &extension.schema).find(|schema| is_name(&schema.id, urn))
    }

    /// Whether this is the URN of the base schema, without regard to case.
    #[must_use]
    pub fn is_base(&self, urn: &str) -> bool {
        is_name(&self.schema.id, urn)
    }

    /// The URN of this type that a client means, also where it forgot a colon (`…:enterprise:2.0User`, clients.md 1.2).
    #[must_use]
    pub fn meant(&self, urn: &str) -> Option<&str> {
        let known = self.urns().find(|known| known.eq_ignore_ascii_case(urn));
        known.or_else(|| self.urns().find(|known| ends_alike(known, urn) && letters(known).eq(letters(urn))))
    }

    /// The base schema's URN and the extensions' URNs.
    pub fn urns(&self) -> impl Iterator<Item = &str> {
        let extensions = self.extensions.iter().map(|extension| &*extension.schema.id);
        std::iter::once(&*self.schema.id).chain(extensions)
    }

    /// Every attribute with its path: common ones (without `schemas`), the base schema's, the extensions'.
    pub fn attributes(&self) -> impl Iterator<Item = (AttributePath, &Attribute)> {
        let common = common().iter().filter(|attribute| attribute.name != "schemas");
        let core = common.chain(&self.schema.attributes);
        let core = core.map(|attribute| (AttributePath::attribute(&*attribute.name), attribute));
        let extended = self.extensions.iter().flat_map(|extension| {
            let urn = extension.schema.id.clone();
            let path = move |name: &str| AttributePath::attribute(name).with_urn(urn.clone());
            extension.schema.attributes.iter().map(move |attribute| (path(&attribute.name), attribute))
        });
        core.chain(extended)
    }

    /// What a path means here: core URN or none: base schema, then common attributes, then the only extension that has
    /// the name (rfc-traps 13). `None`: no schema knows it. A container path (empty attribute) resolves to `None`.
    #[must_use]
    pub fn resolve(&self, path: &AttributePath) -> Option<Resolved<'_>> {
        let (extension, attribute) = match path.urn.as_deref() {
            None => self.core(&path.attribute).or_else(|| self.only_extension(&path.attribute))?,
            Some(urn) if self.is_base(urn) => self.core(&path.attribute)?,
            Some(urn) => self.extension(urn).and_then(|schema| in_extension(schema, &path.attribute))?,
        };
        let sub_attribute = match path.sub_attribute.as_deref() {
            None => None,
            Some(name) => Some(attribute.sub(name)?),
        };
        Some(Resolved { extension, attribute, sub_attribute })
    }

    fn core(&self, name: &str) -> Option<(Option<&Schema>, &Attribute)> {
        self.schema.attribute(name).or_else(|| common_attribute(name)).map(|attribute| (None, attribute))
    }

    fn only_extension(&self, name: &str) -> Option<(Option<&Schema>, &Attribute)> {
        let mut found = self.extensions.iter().filter_map(|extension| in_extension(&extension.schema, name));
        found.next().filter(|_| found.next().is_none())
    }

    /// The path in canonical form: the schema's spelling, the URN present for extension attributes and absent for core
    /// and common ones, names inside a value filter too. `None`: no schema knows it (where the type is open, a path into
    /// an unknown extension is returned as it is). A container path keeps its URN, also that of the base schema.
    #[must_use]
    pub fn canonical(&self, path: &AttributePath) -> Option<AttributePath> {
        if path.is_container() {
            return self.canonical_container(path);
        }
        match self.resolve(path) {
            Some(resolved) => Some(resolved.path(path.filter.as_deref())),
            None => self.is_open_to(path).then(|| path.clone()),
        }
    }

    fn canonical_container(&self, path: &AttributePath) -> Option<AttributePath> {
        let urn = path.urn.as_deref()?;
        match self.urns().find(|known| known.eq_ignore_ascii_case(urn)) {
            Some(known) => Some(path.clone().with_urn(known)),
            None => self.open.then(|| path.clone()),
        }
    }

    /// Whether the path leads into an extension that stands in no schema here, and such are kept: as in bodies, what does
    /// not begin with `urn:` is none.
    #[must_use]
    pub fn is_open_to(&self, path: &AttributePath) -> bool {
        let is_extension = |urn: &str| is_urn(urn) && !self.urns().any(|known| known.eq_ignore_ascii_case(urn));
        self.open && path.urn.as_deref().is_some_and(is_extension)
    }
}

/// Whether a name is a URN, or begins with one.
pub(crate) fn is_urn(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// Whether two URNs may have the same letters, by the last one: few other names end in that.
fn ends_alike(known: &str, urn: &str) -> bool {
    let last = |urn: &str| urn.bytes().rev().find(|byte| *byte != b':').map(|byte| byte.to_ascii_lowercase());
    last(known) == last(urn)
}

/// What of a URN a client that misspells it gets right.
fn letters(urn: &str) -> impl Iterator<Item = u8> {
    urn.bytes().filter(|byte| *byte != b':').map(|byte| byte.to_ascii_lowercase())
}

fn in_extension<'a>(schema: &'a Schema, name: &str) -> Option<(Option<&'a Schema>, &'a Attribute)> {
    schema.attribute(name).map(|attribute| (Some(schema), attribute))
}

impl Resolved<'_> {
    fn path(&self, filter: Option<&Filter>) -> AttributePath {
        AttributePath {
            urn: self.extension.map(|schema| schema.id.clone()),
            attribute: self.attribute.name.clone(),
            filter: filter.map(|filter| Box::new(canonical_element(filter.clone(), self.attribute))),
            sub_attribute: self.sub_attribute.map(|sub| sub.name.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
