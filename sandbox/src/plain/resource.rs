//! Users and groups of RFC 7643: what a body may hold, what PATCH may name, what is returned.

use serde_json::{Value, json};

use crate::patch::{self, KNOWN, MULTI_VALUED, Operation, Path};
use crate::store::{Object, text, unset};
use crate::vendor::Refusal;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Attributes the server alone sets (RFC 7643 sections 3.1 and 4.1.2).
const READ_ONLY: [&str; 4] = ["schemas", "id", "meta", "groups"];

/// The two resource types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Group => "Group",
        }
    }

    pub(super) fn endpoint(self) -> &'static str {
        match self {
            Kind::User => "/Users",
            Kind::Group => "/Groups",
        }
    }

    fn knows(self, attribute: &str) -> bool {
        match self {
            Kind::User => attribute != "members" && TOP.contains(&attribute),
            Kind::Group => ["displayName", "members", "externalId"].contains(&attribute),
        }
    }
}

/// The attributes of the core User schema.
#[rustfmt::skip]
const TOP: [&str; 22] = [
    "userName", "name", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale",
    "timezone", "active", "password", "emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements",
    "roles", "x509Certificates", "externalId",
];

fn canonical(name: &str) -> String {
    KNOWN.iter().find(|n| n.eq_ignore_ascii_case(name)).map_or_else(|| name.to_owned(), |n| (*n).to_owned())
}

/// A body as it is stored: names in the schema's spelling, readOnly and unknown attributes left out, any extension kept.
pub(super) fn accepted(kind: Kind, body: &Object) -> Result<Object, Refusal> {
    let schemas = body.get("schemas").and_then(Value::as_array);
    if schemas.is_none_or(|s| !s.contains(&json!(format!("{CORE}{}", kind.name())))) {
        return Err(Refusal::bad("invalidSyntax", "schemas does not name the resource's schema"));
    }
    let mut resource = Object::new();
    for (name, value) in body {
        let name = canonical(name);
        let keep = name.starts_with("urn:") || (kind.knows(&name) && !READ_ONLY.contains(&name.as_str()));
        if keep && !unset(Some(value)) {
            resource.insert(name, value.clone());
        }
    }
    Ok(resource)
}

/// Types and what is required (RFC 7643 sections 4.1.1 and 4.2).
pub(super) fn check(kind: Kind, resource: &Object) -> Result<(), Refusal> {
    let required = if kind == Kind::User { "userName" } else { "displayName" };
    if text(resource, required).is_none_or(str::is_empty) {
        return Err(Refusal::bad("invalidValue", format!("{required} is required")));
    }
    for (name, value) in resource {
        let fits = match name.as_str() {
            "active" => value.is_boolean(),
            "name" => value.is_object(),
            "id" | "meta" => true,
            _ if name.starts_with("urn:") => value.is_object(),
            _ if MULTI_VALUED.contains(&name.as_str()) => value.is_array(),
            _ => value.is_string(),
        };
        if !fits {
            return Err(Refusal::bad("invalidValue", format!("{name} is of the wrong type")));
        }
    }
    Ok(())
}

pub(super) fn patch_once(kind: Kind, resource: &mut Object, operation: &Operation) -> Result<(), Refusal> {
    let held: Vec<String> = resource.keys().filter(|n| n.starts_with("urn:")).cloned().collect();
    let named = operation.path.as_deref().filter(|p| p.starts_with("urn:") && !p.contains('[')).and_then(urn_of);
    let mut extensions: Vec<&str> = held.iter().map(String::as_str).collect();
    extensions.push(ENTERPRISE);
    extensions.extend(named);
    if let Some(path) = &operation.path {
        permitted(kind, &Path::parse(path, &extensions)?, &operation.op)?;
    }
    match (&operation.path, operation.value.as_ref().and_then(Value::as_object)) {
        (None, Some(members)) => {
            for (name, value) in members {
                let unchanged = resource.get(name) == Some(value);
                if unchanged || name == "schemas" {
                    continue;
                }
                let one = Operation { op: operation.op.clone(), path: Some(name.clone()), value: Some(value.clone()) };
                patch_once(kind, resource, &one)?;
            }
            Ok(())
        }
        _ => patch::apply(resource, operation, &extensions),
    }
}

/// The URN of a path into an extension this server was not told of: up to the last colon, unless it is the core schema.
fn urn_of(path: &str) -> Option<&str> {
    let (urn, _) = path.rsplit_once(':')?;
    (!urn.starts_with(CORE) && urn.matches(':').count() > 3).then_some(urn)
}

fn permitted(kind: Kind, path: &Path, op: &str) -> Result<(), Refusal> {
    if path.urn.is_some() {
        return Ok(());
    }
    let name = canonical(&path.attribute);
    let required = if kind == Kind::User { "userName" } else { "displayName" };
    if READ_ONLY.contains(&name.as_str()) {
        return Err(Refusal::bad("mutability", format!("{name} is readOnly")));
    }
    if op == "remove" && name == required {
        return Err(Refusal::bad("mutability", format!("{name} is required")));
    }
    if kind.knows(&name) { Ok(()) } else { Err(Refusal::bad("invalidPath", format!("there is no attribute {name}"))) }
}

/// `schemas` names the extensions that are present; a password is never returned (RFC 7643 section 7).
pub(super) fn rendered(kind: Kind, stored: &Object, root: &str) -> Object {
    let mut schemas = vec![json!(format!("{CORE}{}", kind.name()))];
    schemas.extend(stored.keys().filter(|n| n.starts_with("urn:")).map(|n| json!(n)));
    let mut shown = Object::from_iter([("schemas".to_owned(), Value::Array(schemas))]);
    shown.extend(
        stored.iter().filter(|(n, _)| *n != "password" && *n != "schemas").map(|(n, v)| (n.clone(), v.clone())),
    );
    for member in shown.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
        let group = member.get("type").is_some_and(|t| t == "Group");
        let endpoint = if group { "Groups" } else { "Users" };
        if let (Some(id), true) = (member.get("value").and_then(Value::as_str), member.get("$ref").is_none()) {
            member["$ref"] = json!(format!("{root}/{endpoint}/{id}"));
        }
    }
    shown
}

pub(super) fn types() -> Value {
    let one = |kind: Kind| {
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": kind.name(), "name": kind.name(),
            "endpoint": kind.endpoint(), "schema": format!("{CORE}{}", kind.name())})
    };
    let mut user = one(Kind::User);
    user["schemaExtensions"] = json!([{"schema": ENTERPRISE, "required": false}]);
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 2,
        "Resources": [user, one(Kind::Group)]})
}
