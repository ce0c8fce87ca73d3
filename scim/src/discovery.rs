//! The documents that describe a service (RFC 7643 sections 5 to 7, RFC 7644 section 4): their shapes.

pub mod told;

use crate::schema::Extension;
use crate::{Object, ResourceType, Schema, Text, Value};

/// URN of the schema of the service provider's configuration.
pub const SERVICE_PROVIDER_CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
/// URN of the schema of resource types.
pub const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// URN of the schema of schemas.
pub const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What a service can do (RFC 7643 section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceProvider {
    /// Whether PATCH works.
    pub patch: bool,
    /// The bounds of bulk requests; `None`: there are none.
    pub bulk: Option<BulkBounds>,
    /// The most resources that a list holds; `None`: filters do not work.
    pub filter: Option<u64>,
    /// Whether passwords can be set.
    pub change_password: bool,
    /// Whether `sortBy` works.
    pub sort: bool,
    /// Whether resources have versions.
    pub etag: bool,
    /// How lists page (RFC 9865 section 4); `None`: not told.
    pub pagination: Option<Pagination>,
}

/// How lists page; both methods work, and the index is what is used where a request names neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pagination {
    /// The page size where a request names none.
    pub default_page_size: u64,
    /// The largest page.
    pub max_page_size: u64,
}

/// The bounds of a bulk request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkBounds {
    /// The most operations.
    pub max_operations: u64,
    /// The most bytes.
    pub max_payload_size: u64,
}

impl ServiceProvider {
    /// The document at `/ServiceProviderConfig`, one object without `id` (rfc-traps 300); `base` is the URL of the service.
    #[must_use]
    pub fn document(&self, base: &str) -> Object {
        let filter =
            [("supported", Value::Bool(self.filter.is_some())), ("maxResults", self.filter.unwrap_or(0).into())];
        let meta = meta("ServiceProviderConfig", format!("{base}/ServiceProviderConfig"));
        let mut document = object([
            ("schemas", list([SERVICE_PROVIDER_CONFIG_URN])),
            ("patch", supported(self.patch)),
            ("bulk", bulk(self.bulk)),
            ("filter", object(filter).into()),
            ("changePassword", supported(self.change_password)),
            ("sort", supported(self.sort)),
            ("etag", supported(self.etag)),
            ("authenticationSchemes", Value::Array(vec![bearer_scheme().into()])),
            ("meta", meta),
        ]);
        if let Some(pagination) = self.pagination {
            document.insert("pagination", pages(pagination));
        }
        document
    }
}

fn pages(pagination: Pagination) -> Object {
    object([
        ("cursor", Value::Bool(true)),
        ("index", Value::Bool(true)),
        ("defaultPaginationMethod", "index".into()),
        ("defaultPageSize", pagination.default_page_size.into()),
        ("maxPageSize", pagination.max_page_size.into()),
    ])
}

fn supported(it: bool) -> Value {
    object([("supported", Value::Bool(it))]).into()
}

/// rfc-traps 301: the numbers stand there also where there are no bulk requests.
fn bulk(bounds: Option<BulkBounds>) -> Value {
    let most = bounds.unwrap_or(BulkBounds { max_operations: 0, max_payload_size: 0 });
    let members = [
        ("supported", Value::Bool(bounds.is_some())),
        ("maxOperations", most.max_operations.into()),
        ("maxPayloadSize", most.max_payload_size.into()),
    ];
    object(members).into()
}

/// The only scheme of this door: a bearer token (rfc-traps 302).
fn bearer_scheme() -> Object {
    object([
        ("type", "oauthbearertoken".into()),
        ("name", "OAuth Bearer Token".into()),
        ("description", "A bearer token in the Authorization header.".into()),
        ("specUri", "https://www.rfc-editor.org/info/rfc6750".into()),
        ("primary", Value::Bool(true)),
    ])
}

/// The document at `/ResourceTypes/{name}`.
#[must_use]
pub fn resource_type(kind: &ResourceType, base: &str) -> Object {
    let mut document = object([
        ("schemas", list([RESOURCE_TYPE_URN])),
        ("id", kind.name.clone().into()),
        ("name", kind.name.clone().into()),
        ("description", kind.schema.description.as_str().into()),
        ("endpoint", kind.endpoint.as_str().into()),
        ("schema", kind.schema.id.clone().into()),
    ]);
    if !kind.extensions.is_empty() {
        document.insert("schemaExtensions", kind.extensions.iter().map(extension).collect::<Vec<_>>());
    }
    document.insert("meta", meta("ResourceType", format!("{base}/ResourceTypes/{}", kind.name)));
    document
}

fn extension(extension: &Extension) -> Value {
    let members = [("schema", extension.schema.id.clone().into()), ("required", Value::Bool(extension.required))];
    object(members).into()
}

/// The document at `/Schemas/{urn}`.
#[must_use]
pub fn schema(schema: &Schema, base: &str) -> Object {
    let mut document = object([("schemas", list([SCHEMA_URN]))]);
    let Value::Object(members) = as_value(schema) else { unreachable!("a schema is written as an object") };
    for (name, value) in members {
        document.insert(name, value);
    }
    document.insert("meta", meta("Schema", format!("{base}/Schemas/{}", schema.id)));
    document
}

fn as_value(schema: &Schema) -> Value {
    let json = serde_json::to_vec(schema).expect("a schema holds nothing that JSON cannot");
    crate::value::parse(&json.into()).expect("what was just written can be read").into()
}

fn meta(kind: &str, location: String) -> Value {
    object([("resourceType", kind.into()), ("location", location.into())]).into()
}

fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Array(texts.into_iter().map(Value::from).collect())
}

fn object<const N: usize>(members: [(&'static str, Value); N]) -> Object {
    members.into_iter().map(|(name, value)| (Text::from_static(name), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{group_type, user_type};
    use crate::schema;

    const BASE: &str = "https://scim.example.com/v2";

    fn json(document: &Object) -> serde_json::Value {
        serde_json::from_slice(&document.to_bytes()).expect("JSON")
    }

    #[test]
    fn traps_300_to_302_309_the_configuration_is_one_object_with_all_its_members() {
        let bounds = BulkBounds { max_operations: 7, max_payload_size: 9 };
        let all = ServiceProvider {
            patch: true,
            bulk: Some(bounds),
            filter: Some(200),
            change_password: true,
            sort: true,
            etag: true,
            pagination: Some(Pagination { default_page_size: 5, max_page_size: 6 }),
        };
        let document = json(&all.document(BASE));
        assert!(document.get("Resources").is_none() && document.get("id").is_none(), "{document}");
        assert_eq!(document["bulk"], serde_json::json!({"supported": true, "maxOperations": 7, "maxPayloadSize": 9}));
        assert_eq!(document["filter"], serde_json::json!({"supported": true, "maxResults": 200}));
        let pages = serde_json::json!({"cursor": true, "index": true, "defaultPaginationMethod": "index",
            "defaultPageSize": 5, "maxPageSize": 6});
        assert_eq!(document["pagination"], pages, "rfc-traps 320");
        assert_eq!(document["authenticationSchemes"][0]["type"], "oauthbearertoken");
        assert_eq!(document["meta"]["resourceType"], "ServiceProviderConfig");
        assert_eq!(document["meta"]["location"], format!("{BASE}/ServiceProviderConfig"));
        let document = json(&ServiceProvider::default().document(BASE));
        for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
            assert_eq!(document[feature]["supported"], false, "{feature}");
        }
        assert_eq!(document["bulk"]["maxOperations"], 0);
        assert_eq!(document.get("pagination"), None);
    }

    #[test]
    fn traps_305_306_a_resource_type_names_endpoint_and_extensions() {
        let user = json(&resource_type(&user_type(), BASE));
        assert_eq!((&user["id"], &user["endpoint"]), (&"User".into(), &"/Users".into()));
        let extensions = serde_json::json!([{"schema": schema::ENTERPRISE_USER, "required": false}]);
        assert_eq!(user["schemaExtensions"], extensions);
        assert_eq!(user["meta"]["location"], format!("{BASE}/ResourceTypes/User"));
        assert!(json(&resource_type(&group_type(), BASE)).get("schemaExtensions").is_none());
    }

    #[test]
    fn traps_307_309_a_schema_is_written_as_it_is_read() {
        let document = schema(schema::user(), BASE);
        let written = json(&document);
        assert_eq!(written["schemas"], serde_json::json!([SCHEMA_URN]));
        assert_eq!(written["meta"]["location"], format!("{BASE}/Schemas/{}", schema::USER));
        let names: Vec<_> = written["attributes"].as_array().expect("attributes").iter().collect();
        assert!(names.iter().all(|attribute| attribute["name"] != "id" && attribute["name"] != "meta"));
        let read: Schema = serde_json::from_value(written.clone()).expect("a schema");
        assert_eq!(&read, &**schema::user());
    }
}
