//! The resource types of these tests, and resources in this crate's form.

use std::collections::BTreeMap;
use std::sync::Arc;

use scimux_scim::filter::{CompareOp, Literal};
use scimux_scim::schema::Extension;
use scimux_scim::{Filter, Object, ResourceType, Schema};
use serde_json::Value;

/// Users with the Enterprise extension and the tests' own.
pub(crate) fn user_type() -> ResourceType {
    let own: Schema = serde_json::from_str(include_str!("extension.json")).expect("a schema");
    let mut users = ResourceType::user();
    users.extensions.push(Extension { schema: Arc::new(own), required: false });
    users
}

/// A type with the same URNs and no attributes: filters on it keep names and values as they are written.
pub(crate) fn nameless(kind: &ResourceType) -> ResourceType {
    let mut kind = kind.clone();
    let schemas = kind.extensions.iter_mut().map(|extension| &mut extension.schema).chain([&mut kind.schema]);
    schemas.for_each(|schema| Arc::make_mut(schema).attributes.clear());
    kind
}

/// Groups.
pub(crate) fn group_type() -> ResourceType {
    ResourceType::group()
}

/// A resource or message in this crate's form.
pub(crate) fn object(value: &Value) -> Object {
    scimux_scim::value::parse(&value.to_string().into()).expect("an object")
}

/// The JSON of a resource without what each server makes for itself, in one order: what two resources are compared by.
pub(crate) fn comparable(resource: &Value) -> Value {
    let mut resource = resource.clone();
    for name in ["id", "meta", "password"] {
        resource.as_object_mut().map(|members| members.remove(name));
    }
    sorted(resource)
}

/// Order means nothing in multi-valued attributes.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(elements) => {
            let mut elements: Vec<Value> = elements.into_iter().map(sorted).collect();
            elements.sort_by_key(Value::to_string);
            Value::Array(elements)
        }
        Value::Object(members) => {
            let members: BTreeMap<String, Value> =
                members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().collect())
        }
        other => other,
    }
}

/// A value filter in which what `primary` absent stands for is said: it is false (rfc-traps 45).
pub(crate) fn primary_spelled_out(filter: &Filter) -> Filter {
    let is_primary = || Filter::equals("primary", Literal::Bool(true));
    let is_not = || Filter::Not(Box::new(is_primary()));
    match filter {
        Filter::And(parts) => Filter::And(parts.iter().map(primary_spelled_out).collect()),
        Filter::Or(parts) => Filter::Or(parts.iter().map(primary_spelled_out).collect()),
        Filter::Not(inner) => Filter::Not(Box::new(primary_spelled_out(inner))),
        Filter::Present(path) if *path.attribute == *"primary" => Filter::Or(vec![is_primary(), is_not()]),
        Filter::Compare(path, op, Literal::Bool(value)) if *path.attribute == *"primary" => match (*op, *value) {
            (CompareOp::Eq, true) => is_primary(),
            (CompareOp::Ne, false) => Filter::Not(Box::new(is_not())),
            _ => is_not(),
        },
        other => other.clone(),
    }
}

/// A user and a group on which each known difference has an example.
pub(crate) const EXAMPLES: [&str; 2] = [
    r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:example:params:scim:schemas:extension:verdicts:2.0:User"],
        "userName":"Alpha","title":"T","active":true,"name":{"givenName":"G","familyName":"F"},
        "emails":[{"value":"w@x.io","type":"work","display":"W","primary":true},{"value":"h@x.io","type":"home"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"7","$ref":"https://example.com/7"}},
        "urn:example:params:scim:schemas:extension:verdicts:2.0:User":{"tags":["a"],"since":"2011-05-13T04:42:34Z"}}"#,
    r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Eng",
        "members":[{"value":"u1"},{"value":"u2"}]}"#,
];
