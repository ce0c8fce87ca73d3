//! What tests share.

use std::sync::Arc;

use bytes::Bytes;

use crate::body::{self, Canonical};
use crate::patch::{self, Patch};
use crate::schema::{self, Extension};
use crate::{Object, Quirks, ResourceType, Schema, ScimError, Value};

/// Users with the Enterprise extension.
pub(crate) fn user_type() -> ResourceType {
    ResourceType::user()
}

/// Groups.
pub(crate) fn group_type() -> ResourceType {
    ResourceType::group()
}

pub(crate) fn with_extension(mut resource_type: ResourceType, schema: Schema) -> ResourceType {
    resource_type.extensions.push(Extension { schema: Arc::new(schema), required: false });
    resource_type
}

/// A schema from a short notation: `{"id":…,"attributes":[{"name":…},…]}`.
pub(crate) fn schema(json: &str) -> Schema {
    serde_json::from_str(json).expect(json)
}

/// An object from JSON, where `U:`, `G:` and `E:` at the beginning of a name or string stand for the schemas' URNs.
pub(crate) fn object(json: &str) -> Object {
    let long = ["U", "G", "E"].into_iter().zip([schema::USER, schema::GROUP, schema::ENTERPRISE_USER]);
    let json = long.fold(json.to_owned(), |json, (short, urn)| {
        json.replace(&format!("\"{short}\""), &format!("\"{urn}\""))
            .replace(&format!("\"{short}:"), &format!("\"{urn}:"))
    });
    crate::value::parse(&Bytes::from(json.clone())).expect(&json)
}

/// One value from JSON.
pub(crate) fn value(json: &str) -> Value {
    object(&format!("{{\"v\":{json}}}")).remove("v").expect("the member is there")
}

/// `R0` of rfc-traps.
pub(crate) fn r0() -> Object {
    object(
        r#"{"schemas":["U"],"id":"1","userName":"Alpha","title":"T","active":true,
            "name":{"givenName":"G","familyName":"F","formatted":"G F"},
            "emails":[{"value":"w@x.io","type":"work","primary":true},{"value":"h@x.io","type":"home"}]}"#,
    )
}

/// `G0` of rfc-traps.
pub(crate) fn g0() -> Object {
    object(r#"{"schemas":["G"],"id":"g1","displayName":"Eng","members":[{"value":"u1"},{"value":"u2"}]}"#)
}

/// Equal but for the order of members.
pub(crate) fn assert_same_json(result: &Object, expected: &Object, what: &str) {
    let read = |object: &Object| serde_json::from_slice::<serde_json::Value>(&object.to_bytes()).expect("JSON");
    assert_eq!(read(result), read(expected), "{what}");
}

/// A PATCH message decoded, as every client is understood.
pub(crate) fn decoded(message: &Object, id: &str, resource_type: &ResourceType) -> Result<Patch, ScimError> {
    patch::decode(message, id, resource_type, Quirks::default())
}

/// A body made canonical, as every client is understood.
pub(crate) fn canonical(body: Object, resource_type: &ResourceType) -> Result<Canonical, ScimError> {
    body::canonical(body, resource_type, Quirks::default())
}
