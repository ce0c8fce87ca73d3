//! The same documents as another service writes them: read for what can be understood, since few are as the RFC has them.

use crate::coerce::boolean;
use crate::path::is_attribute_name;
use crate::schema::{Kind, Mutability, Returned, Uniqueness};
use crate::{Attribute, Object, Schema, Value};

/// The most resource types, schemas, and attributes of a schema that are read.
const MOST: usize = 500;

/// What a service says that it can do, where it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// PATCH.
    pub patch: Option<bool>,
    /// Filters.
    pub filter: Option<bool>,
    /// The most resources in an answer.
    pub max_results: Option<u64>,
    /// Sorting.
    pub sort: Option<bool>,
}

/// A resource type as a service describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeTold {
    /// Its name.
    pub name: String,
    /// Its endpoint, one segment behind a slash.
    pub endpoint: String,
    /// The URN of its base schema.
    pub schema: String,
    /// The URNs of its extensions, and whether every resource has it.
    pub extensions: Vec<(String, bool)>,
}

/// Reads a `/ServiceProviderConfig`.
#[must_use]
pub fn abilities(document: &Object) -> Abilities {
    let part = |name: &str| document.get(name).and_then(Value::as_object);
    let supported = |name: &str| part(name).and_then(|part| flag(part, "supported"));
    let number = |value: &Value| match value {
        Value::Number(digits) => digits.parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let max_results = part("filter").and_then(|filter| filter.get("maxResults")).and_then(number);
    Abilities {
        patch: supported("patch"),
        filter: supported("filter"),
        max_results: max_results.filter(|most| *most > 0),
        sort: supported("sort"),
    }
}

/// Reads a `/ResourceTypes`; what lacks a name, an endpoint or a schema is left out.
#[must_use]
pub fn resource_types(document: &Object) -> Vec<TypeTold> {
    resources(document).filter_map(resource_type).collect()
}

/// Reads a `/Schemas`; what describes no attribute is left out.
#[must_use]
pub fn schemas(document: &Object) -> Vec<Schema> {
    let read = resources(document).filter_map(|one| {
        let id = one.str("id")?.into();
        let attributes = attributes(one, "attributes");
        let text = |name: &str| one.str(name).unwrap_or_default().to_owned();
        (!attributes.is_empty()).then(|| Schema {
            id,
            name: text("name"),
            description: text("description"),
            attributes,
        })
    });
    read.collect()
}

/// The resources of a list.
fn resources(document: &Object) -> impl Iterator<Item = &Object> {
    let all = document.get("Resources").and_then(Value::as_array).unwrap_or_default();
    all.iter().take(MOST).filter_map(Value::as_object)
}

fn resource_type(one: &Object) -> Option<TypeTold> {
    let name = one.str("name").or_else(|| one.str("id"))?;
    let extensions = one.get("schemaExtensions").and_then(Value::as_array).unwrap_or_default();
    let extension = |one: &Object| Some((one.str("schema")?.to_owned(), flag(one, "required") == Some(true)));
    Some(TypeTold {
        name: name.into(),
        endpoint: endpoint(one.str("endpoint")?)?,
        schema: one.str("schema")?.to_owned(),
        extensions: extensions.iter().take(MOST).filter_map(Value::as_object).filter_map(extension).collect(),
    })
}

/// The last segment of an endpoint, which some write without its slash, and some as a whole URL.
fn endpoint(text: &str) -> Option<String> {
    let path = text.split_once("://").map_or(text, |(_, place)| place);
    let segment = path.trim_end_matches('/').rsplit('/').next()?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (!segment.is_empty() && segment.chars().all(plain)).then(|| format!("/{segment}"))
}

/// The attributes in a member; the common ones (RFC 7643 section 3.1) are in no schema.
fn attributes(within: &Object, member: &str) -> Vec<Attribute> {
    let all = within.get(member).and_then(Value::as_array).unwrap_or_default();
    let mut read: Vec<Attribute> = Vec::new();
    for attribute in all.iter().take(MOST).filter_map(Value::as_object).filter_map(attribute) {
        let is_common = |name: &&str| member == "attributes" && attribute.name.eq_ignore_ascii_case(name);
        let known = read.iter().any(|known| known.name.eq_ignore_ascii_case(&attribute.name));
        if !known && !["schemas", "id", "externalId", "meta"].iter().any(is_common) {
            read.push(attribute);
        }
    }
    read
}

fn attribute(one: &Object) -> Option<Attribute> {
    let name = one.str("name").filter(|name| is_attribute_name(name))?;
    let is = |name: &str| flag(one, name) == Some(true);
    let texts = |name: &str| {
        let all = one.get(name).and_then(Value::as_array).unwrap_or_default();
        all.iter().take(MOST).filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    };
    Some(Attribute {
        name: name.into(),
        kind: word(one, "type", KINDS),
        multi_valued: is("multiValued"),
        description: one.str("description").unwrap_or_default().to_owned(),
        required: is("required"),
        canonical_values: texts("canonicalValues"),
        case_exact: is("caseExact"),
        mutability: word(one, "mutability", MUTABILITIES),
        returned: word(one, "returned", RETURNED),
        uniqueness: word(one, "uniqueness", UNIQUENESSES),
        reference_types: texts("referenceTypes"),
        sub_attributes: attributes(one, "subAttributes"),
    })
}

const KINDS: &[(&str, Kind)] = &[
    ("string", Kind::String),
    ("boolean", Kind::Boolean),
    ("decimal", Kind::Decimal),
    ("integer", Kind::Integer),
    ("dateTime", Kind::DateTime),
    ("reference", Kind::Reference),
    ("binary", Kind::Binary),
    ("complex", Kind::Complex),
];

const MUTABILITIES: &[(&str, Mutability)] = &[
    ("readOnly", Mutability::ReadOnly),
    ("readWrite", Mutability::ReadWrite),
    ("immutable", Mutability::Immutable),
    ("writeOnly", Mutability::WriteOnly),
];

const RETURNED: &[(&str, Returned)] = &[
    ("always", Returned::Always),
    ("never", Returned::Never),
    ("default", Returned::Default),
    ("request", Returned::Request),
];

const UNIQUENESSES: &[(&str, Uniqueness)] =
    &[("none", Uniqueness::None), ("server", Uniqueness::Server), ("global", Uniqueness::Global)];

/// The meaning of a keyword in any case; the RFC's default for another.
fn word<T: Copy + Default>(one: &Object, name: &str, words: &[(&str, T)]) -> T {
    let told = one.str(name).unwrap_or_default();
    words.iter().find(|(word, _)| word.eq_ignore_ascii_case(told)).map(|(_, meaning)| *meaning).unwrap_or_default()
}

fn flag(one: &Object, name: &str) -> Option<bool> {
    match one.get(name)? {
        Value::Bool(told) => Some(*told),
        Value::String(text) => boolean(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value;

    fn read(json: serde_json::Value) -> Object {
        value::parse(&json.to_string().into()).expect("JSON")
    }

    #[test]
    fn what_the_gateway_writes_of_itself_can_be_read() {
        let service = crate::discovery::ServiceProvider { patch: true, filter: Some(7), ..Default::default() };
        let told = abilities(&service.document("https://x"));
        let expected = Abilities { patch: Some(true), filter: Some(true), max_results: Some(7), sort: Some(false) };
        assert_eq!(told, expected);
        let user = crate::schema::user();
        let list = Object::from_iter([(
            "Resources".into(),
            Value::Array(vec![crate::discovery::schema(user, "https://x").into()]),
        )]);
        assert_eq!(schemas(&list), [Schema::clone(user)]);
    }

    #[test]
    fn trap_323_what_is_not_understood_is_no_obstacle() {
        assert_eq!(
            abilities(&read(serde_json::json!({"patch": true, "securityEvents": {"asyncRequest": "x"}}))),
            Abilities::default()
        );
        let types = read(serde_json::json!({"Resources": [
            {"name": "User", "endpoint": "https://vendor/v2/Users/", "schema": "urn:u", "more": 1,
             "schemaExtensions": [{"schema": "urn:e", "required": "True"}, {"required": true}]},
            {"id": "Device", "endpoint": "Devices", "schema": "urn:d"},
            {"name": "Bad", "endpoint": "/a%2Fb", "schema": "urn:b"}, {"name": "Worse"}, 7]}));
        let told = resource_types(&types);
        let places: Vec<_> = told.iter().map(|one| (one.name.as_str(), one.endpoint.as_str())).collect();
        assert_eq!(places, [("User", "/Users"), ("Device", "/Devices")]);
        assert_eq!(told[0].extensions, [("urn:e".to_owned(), true)]);
        let documents = read(
            serde_json::json!({"Resources": [{"id": "urn:empty", "attributes": []}, {"id": "urn:d", "attributes": [
            {"name": "id"}, {"name": "serial", "type": "STRING", "mutability": "ReadOnly", "returned": "sometimes"},
            {"name": "Serial"}, {"name": "no name"},
            {"name": "parts", "type": "complex", "multiValued": true, "subAttributes": [{"name": "id", "type": "integer"}]}]}]}),
        );
        let told = schemas(&documents);
        assert_eq!((told.len(), told[0].attributes.len()), (1, 2), "{told:?}");
        let serial = &told[0].attributes[0];
        assert_eq!((serial.mutability, serial.returned), (Mutability::ReadOnly, Returned::Default));
        assert_eq!(told[0].attributes[1].sub("id").expect("a part").kind, Kind::Integer);
    }
}
