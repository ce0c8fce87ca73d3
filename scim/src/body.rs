//! Request bodies of POST and PUT made canonical by schema: spelling of names, data types, `schemas`.

use std::collections::BTreeSet;
use std::fmt;

use crate::coerce::{Seen, coerce, spell};
use crate::schema::{Attribute, Schema, is_urn};
use crate::value::{insert, is_name};
use crate::{AttributePath, Object, Op, Quirks, ResourceType, ScimError, Text, Value, patch};

/// A body in canonical form.
#[derive(Clone, Debug)]
pub struct Canonical {
    /// The resource: names in the schema's spelling, values of the schema's types, unassigned ones gone, extensions
    /// under their URN, `schemas` listing the base URN and the extensions present. readOnly attributes, `meta` and `id`
    /// are gone.
    pub resource: Object,
    /// Extension URNs that the request's `schemas` listed, whether or not their container is there.
    pub listed: Vec<String>,
    /// Paths of what no schema knows, left out.
    pub unknown: Vec<String>,
    /// Paths of attributes given as `null` or `[]`: the client said "none".
    pub cleared: Vec<String>,
}

/// Makes a POST or PUT body canonical.
///
/// # Errors
/// 400 `invalidValue` for a value of the wrong type (after the harmless conversions of rfc-traps 27 to 42), two primaries;
/// 400 `invalidSyntax` for `schemas` that name another base type, or core attributes under the core URN.
pub fn canonical(body: Object, resource_type: &ResourceType, quirks: Quirks) -> Result<Canonical, ScimError> {
    let mut maker = Maker {
        resource_type,
        seen: Seen { drop_read_only: true, quirks, ..Seen::default() },
        resource: Vec::with_capacity(body.len() + 2),
        may_repeat: false,
        has_urns: resource_type.urns().all(is_urn),
        next: 0,
        containers: Vec::new(),
        flattened: Object::new(),
        parted: BTreeSet::new(),
        cleared: Vec::new(),
    };
    let listed = listed(body.get("schemas"), resource_type)?;
    // Their place; what they are is known in the end.
    maker.resource.push((Text::from_static("schemas"), Value::Null));
    for (name, value) in body {
        maker.member(name, value)?;
    }
    maker.finish(listed)
}

/// Checks that the base schema's required attributes are there (RFC 7643 section 7). Extensions are not looked at: what a
/// vendor demands there may come from defaults or from the present resource; see [`require_extensions`].
///
/// # Errors
/// 400 `invalidValue` that names all that are missing.
pub fn require(resource: &Object, resource_type: &ResourceType) -> Result<(), ScimError> {
    all_there(&missing_in(resource, &resource_type.schema, None))
}

/// Checks that required extensions are there, and the required attributes of those that are.
///
/// # Errors
/// 400 `invalidValue` that names all that are missing.
pub fn require_extensions(resource: &Object, resource_type: &ResourceType) -> Result<(), ScimError> {
    let mut missing = Vec::new();
    for extension in &resource_type.extensions {
        let urn = &extension.schema.id;
        match resource.get(urn).and_then(Value::as_object) {
            Some(container) => missing.extend(missing_in(container, &extension.schema, Some(urn))),
            None if extension.required => missing.push(urn.to_string()),
            None => {}
        }
    }
    all_there(&missing)
}

fn all_there(missing: &[String]) -> Result<(), ScimError> {
    match missing {
        [] => Ok(()),
        names => Err(ScimError::invalid_value(format!("required and missing: {}", names.join(", ")))),
    }
}

fn missing_in(container: &Object, schema: &Schema, urn: Option<&str>) -> Vec<String> {
    let mut missing = Vec::new();
    for attribute in schema.attributes.iter().filter(|attribute| demands(attribute)) {
        let path = || AttributePath { urn: urn.map(Text::from), ..AttributePath::attribute(&*attribute.name) };
        match container.get(&attribute.name).filter(|value| is_given(value)) {
            None if attribute.required => missing.push(path().to_string()),
            None => {}
            Some(value) => missing.extend(missing_subs(value, attribute).map(|sub| path().with_sub(sub).to_string())),
        }
    }
    missing
}

/// Whether there is something that every value of the attribute, or every resource, must have.
fn demands(attribute: &Attribute) -> bool {
    let is_demanded = |one: &Attribute| one.required && !one.is_read_only();
    !attribute.is_read_only() && (attribute.required || attribute.sub_attributes.iter().any(is_demanded))
}

/// A required string must not be empty either (rfc-traps 52).
fn is_given(value: &Value) -> bool {
    !value.is_unassigned() && value.as_str() != Some("")
}

/// Required sub-attributes that the value, or one of its elements, lacks.
fn missing_subs<'a>(value: &'a Value, attribute: &'a Attribute) -> impl Iterator<Item = &'a str> {
    let required = attribute.sub_attributes.iter().filter(|sub| sub.required && !sub.is_read_only());
    let elements = value.as_array().unwrap_or(std::slice::from_ref(value));
    let lacks = |name: &str| {
        let given = |object: &Object| object.get(name).is_some_and(is_given);
        elements.iter().any(|element| element.as_object().is_some_and(|object| !given(object)))
    };
    required.map(|sub| &*sub.name).filter(move |name| lacks(name))
}

/// The extensions that `schemas` lists. Unknown URNs are left out (rfc-traps 16); a missing `schemas` is no mistake here,
/// since the endpoint tells the type (rfc-traps 14).
fn listed(schemas: Option<&Value>, resource_type: &ResourceType) -> Result<Vec<String>, ScimError> {
    let wrong = || ScimError::invalid_syntax("schemas must be a list of URNs");
    let urns = match schemas {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(urns)) => {
            urns.iter().map(|urn| urn.as_str().ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?
        }
        Some(Value::String(urn)) => vec![&**urn],
        Some(_) => return Err(wrong()),
    };
    // rfc-traps 15: the base schema must be among them.
    let is_base = |urn: &str| resource_type.meant(urn).is_some_and(|meant| resource_type.is_base(meant));
    if !urns.is_empty() && !urns.iter().any(|urn| is_base(urn)) {
        let base = &resource_type.schema.id;
        return Err(ScimError::invalid_syntax(format!("schemas must list {base}")));
    }
    let extension = |urn: &&str| match resource_type.meant(urn) {
        Some(known) => Some(known).filter(|known| !resource_type.is_base(known)).map(str::to_owned),
        None => resource_type.open.then(|| (*urn).to_owned()),
    };
    let mut listed: Vec<String> = urns.iter().filter_map(extension).collect();
    listed.dedup();
    Ok(listed)
}

/// The path of an attribute, written only where it is told.
struct Named<'a> {
    schema: Option<&'a Schema>,
    attribute: &'a Attribute,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.schema {
            Some(schema) => write!(f, "{}:{}", schema.id, self.attribute.name),
            None => f.write_str(&self.attribute.name),
        }
    }
}

struct Maker<'a> {
    resource_type: &'a ResourceType,
    seen: Seen,
    /// `schemas` and the attributes.
    resource: Vec<(Text, Value)>,
    /// Whether an attribute may come again under another name: a member named a core attribute by its URN.
    may_repeat: bool,
    /// Whether what names a schema begins with the letters of `urn:`, however it is misspelled.
    has_urns: bool,
    /// The place in the base schema behind the last attribute.
    next: usize,
    containers: Vec<(Text, Value)>,
    /// Members such as `name.givenName`, as in a PATCH without path (clients.md rule 3).
    flattened: Object,
    /// The attributes of which such members name parts.
    parted: BTreeSet<String>,
    cleared: Vec<String>,
}

impl<'a> Maker<'a> {
    fn member(&mut self, name: Text, value: Value) -> Result<(), ScimError> {
        let resource_type = self.resource_type;
        if name.eq_ignore_ascii_case("schemas") {
            return Ok(());
        }
        if let Some(attribute) = self.plain(&name) {
            return self.attribute(None, attribute, name, value);
        }
        if resource_type.is_base(&name) {
            // rfc-traps 12: the base schema is never a container.
            return Err(ScimError::invalid_syntax(format!("{name}: core attributes stand at the top level")));
        }
        if let Some(schema) = resource_type.meant(&name).and_then(|urn| resource_type.extension(urn)) {
            return self.container(schema, value);
        }
        if is_urn(&name) {
            return self.qualified(name, value);
        }
        let path = AttributePath::attribute(name.clone());
        match resource_type.resolve(&path).map(|resolved| (resolved.extension, resolved.attribute)) {
            Some((None, attribute)) => self.attribute(None, attribute, name, value),
            // rfc-traps 13: an extension's attribute without its URN.
            Some((Some(schema), attribute)) => self.attribute(Some(schema), attribute, name, value),
            None => {
                self.unresolved(name, value);
                Ok(())
            }
        }
    }

    /// The attribute of the base schema that a member is, as most are.
    fn plain(&mut self, name: &str) -> Option<&'a Attribute> {
        let resource_type = self.resource_type;
        let attribute = resource_type.schema.next_attribute(name, &mut self.next)?;
        let may_be_schema = !self.has_urns || name.starts_with(['u', 'U', ':']);
        let is_schema = may_be_schema && (is_urn(name) || resource_type.meant(name).is_some());
        (!is_schema).then_some(attribute)
    }

    /// A path is looked at when the rest is there; what the server makes is ignored.
    fn unresolved(&mut self, name: Text, value: Value) {
        let path = AttributePath::parse(&name, self.resource_type).ok();
        let path = path.and_then(|path| self.resource_type.canonical(&path)).filter(|path| !path.is_container());
        let Some(path) = path else { return self.seen.unknown.push(name.to_string()) };
        let resolved = self.resource_type.resolve(&path);
        if resolved.is_none_or(|known| !known.attribute.is_read_only() && !known.leaf().is_read_only()) {
            self.flattened.insert(path.to_string(), value);
            self.parted.insert(path.whole().to_string());
        }
    }

    fn container(&mut self, schema: &Schema, value: Value) -> Result<(), ScimError> {
        let members = match value {
            Value::Object(members) => members,
            Value::Null => {
                self.cleared.push(schema.id.to_string());
                return Ok(());
            }
            _ => return Err(ScimError::invalid_value(format!("{}: an object is needed", schema.id))),
        };
        let mut next = 0;
        for (name, value) in members {
            match schema.next_attribute(&name, &mut next) {
                Some(attribute) => self.attribute(Some(schema), attribute, name, value)?,
                None => self.unresolved(format!("{}:{name}", schema.id).into(), value),
            }
        }
        Ok(())
    }

    /// A key that begins with a URN: `URN:attribute` (clients.md rule 3), or the container of an extension that no schema
    /// knows, which an open type keeps as it is.
    fn qualified(&mut self, name: Text, value: Value) -> Result<(), ScimError> {
        self.may_repeat = true;
        let path = AttributePath::parse(&name, self.resource_type).ok();
        let path = path.filter(|path| path.filter.is_none() && path.sub_attribute.is_none());
        let resolved = path.as_ref().and_then(|path| self.resource_type.resolve(path));
        match resolved.map(|resolved| (resolved.extension, resolved.attribute)) {
            Some((extension, attribute)) => self.attribute(extension, attribute, name, value),
            None if self.resource_type.open && value.as_object().is_some() => {
                insert(&mut self.containers, name, value);
                Ok(())
            }
            None => {
                self.unresolved(name, value);
                Ok(())
            }
        }
    }

    fn attribute(
        &mut self,
        schema: Option<&Schema>,
        attribute: &Attribute,
        mut name: Text,
        mut value: Value,
    ) -> Result<(), ScimError> {
        // rfc-traps 55, 59, 195: what the server makes is ignored.
        if attribute.is_read_only() {
            return Ok(());
        }
        let path = Named { schema, attribute };
        if !coerce(&mut value, attribute, &path, &mut self.seen)? {
            self.cleared.push(path.to_string());
            return Ok(());
        }
        // clients.md rule 3: in document order, and nothing is lost of what a path has set before.
        if !self.parted.is_empty() && self.parted.contains(&path.to_string()) {
            self.flattened.insert(path.to_string(), value);
            return Ok(());
        }
        spell(&mut name, &attribute.name);
        match schema {
            None if self.may_repeat => insert(&mut self.resource, name, value),
            None => self.resource.push((name, value)),
            Some(schema) => self.put_into(&schema.id, name, value),
        }
        Ok(())
    }

    fn put_into(&mut self, urn: &Text, name: Text, value: Value) {
        let container = self.containers.iter_mut().find(|(known, _)| is_name(known, urn));
        if let Some((_, Value::Object(container))) = container {
            container.insert(name, value);
        } else {
            insert(&mut self.containers, urn.clone(), Object::from_iter([(name, value)]).into());
        }
    }

    fn finish(mut self, listed: Vec<String>) -> Result<Canonical, ScimError> {
        let present = self.containers.iter().map(|(urn, _)| Value::String(urn.clone()));
        let schemas = std::iter::once(Value::String(self.resource_type.schema.id.clone())).chain(present).collect();
        if let (_, place @ Value::Null) = &mut self.resource[0] {
            *place = Value::Array(schemas);
        }
        for (name, value) in self.containers {
            insert(&mut self.resource, name, value);
        }
        let mut resource = Object::of(self.resource);
        if !self.flattened.is_empty() {
            let flattened = std::mem::take(&mut self.flattened);
            let mut patch = patch::pathless(Op::Add, flattened, self.resource_type, self.seen.quirks)?;
            resource = patch::apply(&resource, &patch.operations, self.resource_type)?;
            // Containers stand last.
            let (containers, attributes): (Vec<_>, Vec<_>) =
                resource.into_iter().partition(|(name, _)| patch::is_container(name, self.resource_type));
            resource = attributes.into_iter().chain(containers).collect();
            self.seen.unknown.append(&mut patch.unknown);
        }
        Ok(Canonical { resource, listed, unknown: self.seen.unknown, cleared: self.cleared })
    }
}

#[cfg(test)]
mod tests;
