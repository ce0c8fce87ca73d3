//! A Huawei user: what POST and PUT demand, what PATCH may touch, what is returned.

use serde_json::{Value, json};

use super::{ENTERPRISE, bad};
use crate::filter::Filter;
use crate::patch::{self, Operation, Path};
use crate::store::{Object, ordered, unset};
use crate::vendor::{Refusal, Switches};

const TEXTS: [&str; 10] = [
    "externalId",
    "userName",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
];
const NAME_PARTS: [&str; 6] =
    ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"];
const ENTERPRISE_PARTS: [&str; 5] = ["costCenter", "department", "division", "employeeNumber", "organization"];
/// Named as not supported [H User schema].
const UNSUPPORTED: [&str; 6] = ["groups", "password", "ims", "photos", "x509Certificates", "entitlements"];

/// A body of POST or PUT, with everything the 2025 editions require [H PUT]; `id` may stand in a PUT only.
pub(super) fn checked(body: &Object, put: bool, switches: &Switches) -> Result<Object, Refusal> {
    if unset(body.get("schemas")) {
        return Err(bad("schemas is required."));
    }
    let mut user = Object::new();
    for (attribute, value) in body {
        match attribute.as_str() {
            "id" if put => {}
            "schemas" => drop(user.insert(attribute.clone(), value.clone())),
            _ if UNSUPPORTED.contains(&attribute.as_str()) => {
                return Err(bad(format!("{attribute} is not supported.")));
            }
            _ if unset(Some(value)) => refuse_null(attribute, switches)?,
            _ => {
                if let Some(value) = attribute_checked(attribute, value, switches)? {
                    user.insert(attribute.clone(), value);
                }
            }
        }
    }
    complete(&user)?;
    Ok(user)
}

/// How null and [] behave is open: a switch [H Open questions].
fn refuse_null(attribute: &str, switches: &Switches) -> Result<(), Refusal> {
    match switches.get("null_values") {
        "clear" => Ok(()),
        _ => Err(bad(format!("{attribute} must not be null or empty."))),
    }
}

/// What must be there after any change.
fn complete(user: &Object) -> Result<(), Refusal> {
    for attribute in ["userName", "displayName", "name", "emails"] {
        if unset(user.get(attribute)) {
            return Err(bad(format!("{attribute} is required.")));
        }
    }
    Ok(())
}

/// None for an attribute that is ignored.
fn attribute_checked(attribute: &str, value: &Value, switches: &Switches) -> Result<Option<Value>, Refusal> {
    let checked = match attribute {
        "userName" => user_name(value)?,
        "active" if value.is_boolean() => value.clone(),
        "active" => return Err(bad("active must be a boolean.")),
        "name" => name(value, switches)?,
        "emails" => emails(value, switches)?,
        "addresses" | "phoneNumbers" => one(attribute, value, switches)?,
        ENTERPRISE => enterprise(value, switches)?,
        _ if TEXTS.contains(&attribute) => string(attribute, value)?,
        _ => return ignored(attribute, switches).map(|()| None),
    };
    Ok(Some(checked))
}

/// Whether an attribute of no table is ignored is open: a switch [H Open questions].
fn ignored(attribute: &str, switches: &Switches) -> Result<(), Refusal> {
    match switches.get("unknown_attributes") {
        "ignore" => Ok(()),
        _ => Err(bad(format!("{attribute} is not a known attribute."))),
    }
}

/// 1 to 1024 characters [H User schema].
fn string(attribute: &str, value: &Value) -> Result<Value, Refusal> {
    let fits = value.as_str().is_some_and(|t| (1..=1024).contains(&t.chars().count()));
    if fits { Ok(value.clone()) } else { Err(bad(format!("{attribute} must be a string of 1 to 1024 characters."))) }
}

/// Letters, digits and `_+=,.@-`, at least two [H User schema].
fn user_name(value: &Value) -> Result<Value, Refusal> {
    let allowed = |c: char| c.is_alphanumeric() || "_+=,.@-".contains(c);
    let fits = value.as_str().is_some_and(|n| n.chars().count() >= 2 && n.chars().all(allowed));
    if fits { Ok(value.clone()) } else { Err(bad("userName has characters that are not allowed, or is too short.")) }
}

fn name(value: &Value, switches: &Switches) -> Result<Value, Refusal> {
    let given = value.as_object().ok_or_else(|| bad("name must be an object."))?;
    let mut name = Object::new();
    for (part, value) in given {
        if !NAME_PARTS.contains(&part.as_str()) {
            ignored(part, switches)?;
        } else if value.is_null() {
            refuse_null(part, switches)?;
        } else {
            name.insert(part.clone(), string(part, value)?);
        }
    }
    for part in ["familyName", "givenName"] {
        if !name.contains_key(part) {
            return Err(bad(format!("name.{part} is required.")));
        }
    }
    Ok(Value::Object(name))
}

/// Exactly one, typed and primary; `display` is not supported [H User schema].
fn emails(value: &Value, switches: &Switches) -> Result<Value, Refusal> {
    let one = one("emails", value, switches)?;
    let email = &one[0];
    let given = |sub: &str| email.get(sub).and_then(Value::as_str).is_some_and(|t| !t.is_empty());
    if !given("value") || !given("type") || email.get("primary") != Some(&Value::Bool(true)) {
        return Err(bad("emails must have value and type, and primary must be true."));
    }
    Ok(one)
}

fn one(attribute: &str, value: &Value, switches: &Switches) -> Result<Value, Refusal> {
    let [Value::Object(element)] = value.as_array().map(Vec::as_slice).unwrap_or_default() else {
        return Err(bad(format!("{attribute} must hold exactly one object.")));
    };
    const PARTS: [&str; 9] =
        ["value", "type", "primary", "formatted", "streetAddress", "locality", "region", "postalCode", "country"];
    let mut held = Object::new();
    for (part, value) in element {
        match part.as_str() {
            "display" => return Err(bad(format!("{attribute}.display is not supported."))),
            "primary" if value.is_boolean() => drop(held.insert(part.clone(), value.clone())),
            "primary" => return Err(bad(format!("{attribute}.primary must be a boolean."))),
            _ if PARTS.contains(&part.as_str()) => drop(held.insert(part.clone(), string(part, value)?)),
            _ => ignored(part, switches)?,
        }
    }
    Ok(json!([held]))
}

/// `manager` is an object with `value`; `displayName` in it is not supported [H Extension URNs].
fn enterprise(value: &Value, switches: &Switches) -> Result<Value, Refusal> {
    let given = value.as_object().ok_or_else(|| bad("The enterprise extension must be an object."))?;
    let mut held = Object::new();
    for (part, value) in given {
        match part.as_str() {
            _ if unset(Some(value)) => refuse_null(part, switches)?,
            "manager" => {
                let id = value.get("value").ok_or_else(|| bad("manager must be an object with value."))?;
                if value.get("displayName").is_some() {
                    return Err(bad("manager.displayName is not supported."));
                }
                if value.get("$ref").is_some() {
                    ignored("manager.$ref", switches)?;
                }
                held.insert(part.clone(), json!({"value": string("manager.value", id)?}));
            }
            _ if ENTERPRISE_PARTS.contains(&part.as_str()) => drop(held.insert(part.clone(), string(part, value)?)),
            _ => ignored(part, switches)?,
        }
    }
    Ok(Value::Object(held))
}

/// Lower case, a value for add and replace, a path for remove [H PATCH].
pub(super) fn op_checked(mut operation: Operation, switches: &Switches) -> Result<Operation, Refusal> {
    if switches.on("patch_op_case") {
        operation.op.make_ascii_lowercase();
    }
    match (operation.op.as_str(), &operation.path, &operation.value) {
        ("remove", Some(_), _) | ("add" | "replace", _, Some(_)) => Ok(operation),
        ("remove", None, _) => Err(bad("remove needs a path.")),
        ("add" | "replace", _, None) => Err(bad("add and replace need a value.")),
        _ => Err(bad(format!("The operation {:?} is not one of add, replace, remove.", operation.op))),
    }
}

pub(super) fn patched(before: &Object, body: &Object, switches: &Switches) -> Result<Object, Refusal> {
    let operations = patch::operations(body)?;
    for once in ["userName", "active"] {
        if operations.iter().filter(|o| o.path.as_deref() == Some(once)).count() > 1 {
            return Err(bad(format!("{once} may be named by one operation only.")));
        }
    }
    let mut user = before.clone();
    for operation in operations {
        let operation = op_checked(operation, switches)?;
        for operation in by_attribute(operation, switches)? {
            patch_once(&mut user, operation, switches)?;
        }
    }
    complete(&user)?;
    Ok(user)
}

/// Whether an operation without path works is open: a switch [H PATCH].
fn by_attribute(operation: Operation, switches: &Switches) -> Result<Vec<Operation>, Refusal> {
    match (&operation.path, &operation.value) {
        (Some(_), _) => Ok(vec![operation]),
        (None, Some(Value::Object(members))) if switches.on("patch_pathless") => {
            let one = |(name, value): (&String, &Value)| Operation {
                op: operation.op.clone(),
                path: Some(name.clone()),
                value: Some(value.clone()),
            };
            Ok(members.iter().filter(|(name, _)| *name != "schemas").map(one).collect())
        }
        _ => Err(bad("The path is required.")),
    }
}

fn patch_once(user: &mut Object, mut operation: Operation, switches: &Switches) -> Result<(), Refusal> {
    let path = operation.path.clone().unwrap_or_default();
    if let Some(part) = path.strip_prefix(ENTERPRISE).and_then(|rest| rest.strip_prefix(':'))
        && switches.get("patch_enterprise") == "attribute"
    {
        return patch_enterprise(user, part, operation, switches);
    }
    let enterprise = match switches.get("patch_enterprise") {
        "literal" => path == "enterprise",
        "urn" => path == ENTERPRISE,
        _ => false,
    };
    let path = if enterprise {
        operation.path = Some(ENTERPRISE.to_owned());
        Path { urn: None, attribute: ENTERPRISE.to_owned(), filter: None, sub: None }
    } else {
        allowed_path(&path, switches)?
    };
    let attribute = path.attribute.clone();
    if operation.op == "remove" {
        if attribute == "userName" || attribute == "active" {
            return Err(bad(format!("{attribute} cannot be removed.")));
        }
        return patch::apply(user, &operation, &[ENTERPRISE]);
    }
    let value = operation.value.clone().unwrap_or_default();
    let whole = path.filter.is_none() && path.sub.is_none();
    if whole {
        let keeps_parts = attribute == "name" && switches.on("patch_name_merges");
        let occupied =
            ["emails", "addresses", "phoneNumbers"].contains(&attribute.as_str()) && !unset(user.get(&attribute));
        if operation.op == "add" && occupied {
            return Err(bad(format!("{attribute} holds one value only.")));
        }
        if !keeps_parts {
            return set(user, &attribute, &value, switches);
        }
    }
    patch::apply(user, &operation, &[ENTERPRISE])?;
    let result = user.get(&attribute).cloned().unwrap_or_default();
    set(user, &attribute, &result, switches)
}

/// One attribute of the enterprise object, by the path of RFC 7644 section 3.10.
fn patch_enterprise(user: &mut Object, part: &str, operation: Operation, switches: &Switches) -> Result<(), Refusal> {
    let mut held = user.get(ENTERPRISE).and_then(Value::as_object).cloned().unwrap_or_default();
    if part != "manager" && !ENTERPRISE_PARTS.contains(&part) {
        return Err(bad(format!("The path {ENTERPRISE}:{part} is not supported.")));
    }
    match operation.value.filter(|_| operation.op != "remove") {
        Some(value) => drop(held.insert(part.to_owned(), value)),
        None => drop(held.shift_remove(part)),
    }
    if held.is_empty() {
        user.shift_remove(ENTERPRISE);
        return Ok(());
    }
    set(user, ENTERPRISE, &Value::Object(held), switches)
}

fn set(user: &mut Object, attribute: &str, value: &Value, switches: &Switches) -> Result<(), Refusal> {
    if unset(Some(value)) {
        refuse_null(attribute, switches)?;
        user.shift_remove(attribute);
    } else if let Some(value) = attribute_checked(attribute, value, switches)? {
        user.insert(attribute.to_owned(), value);
    }
    Ok(())
}

/// The documented list of attributes; only eq in filters; no URN unless a switch says so [H PATCH].
fn allowed_path(path: &str, switches: &Switches) -> Result<Path, Refusal> {
    let refused = || bad(format!("The path {path} is not supported."));
    let parsed = Path::parse(path, &[]).map_err(|_| refused())?;
    let listed = TEXTS.contains(&parsed.attribute.as_str())
        || ["active", "name", "emails", "addresses", "phoneNumbers"].contains(&parsed.attribute.as_str());
    let only_eq = parsed.filter.as_ref().is_none_or(|f: &Filter| f.single_eq().is_some());
    let filter_fits = only_eq || switches.on("patch_filters");
    let sub_fits = parsed.sub.is_none() || switches.on("patch_dotted");
    if listed && filter_fits && sub_fits && !path.starts_with("urn:") { Ok(parsed) } else { Err(refused()) }
}

/// Member order of the vendor's example; `profileUrl` is never returned, `meta` has no location [H User schema].
pub(super) fn rendered(user: &Object) -> Object {
    let mut shown = user.clone();
    shown.shift_remove("profileUrl");
    const ORDER: [&str; 17] = [
        "id",
        "externalId",
        "meta",
        "schemas",
        "userName",
        "name",
        "displayName",
        "nickName",
        "title",
        "userType",
        "preferredLanguage",
        "locale",
        "timezone",
        "active",
        "emails",
        "addresses",
        "phoneNumbers",
    ];
    ordered(&shown, &ORDER)
}
