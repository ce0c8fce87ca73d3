//! A PingOne user behind the SCIM layer: what it holds, how PUT and PATCH change it.

use serde_json::{Value, json};

use super::{PING, POPULATION, Problem, USER};
use crate::patch::{self, Operation};
use crate::store::{Object, id_of, ordered, unset};
use crate::vendor::Switches;

/// Simple attributes with the greatest length of the native one behind them [P 6].
const TEXTS: [(&str, usize); 7] = [
    ("userName", 128),
    ("nickName", 256),
    ("title", 256),
    ("preferredLanguage", 256),
    ("locale", 256),
    ("timezone", 256),
    ("externalId", 1024),
];
const NAME_PARTS: [&str; 6] =
    ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"];
const ADDRESS_PARTS: [&str; 7] = ["streetAddress", "locality", "region", "postalCode", "formatted", "type", "primary"];
const LISTS: [&str; 4] = ["emails", "phoneNumbers", "addresses", "photos"];

/// Attributes a filter may name, beside e-mails.
pub(super) fn is_filterable(path: &str) -> bool {
    let part = path.strip_prefix("name.").is_some_and(|p| NAME_PARTS.contains(&p));
    part || path == "active" || path == "id" || TEXTS.iter().any(|(name, _)| *name == path)
}

pub(super) fn created(body: &Object, switches: &Switches) -> Result<Object, Problem> {
    let mut user = Object::new();
    for (attribute, value) in body {
        if attribute == PING {
            let population = population_of(value)?;
            user.insert(PING.to_owned(), json!({"population": {"id": population}}));
        } else {
            assign(&mut user, attribute, value, switches)?;
        }
    }
    if unset(user.get("userName")) {
        return Err(Problem::invalid("REQUIRED_VALUE", "username"));
    }
    Ok(user)
}

/// What the body leaves out is cleared, but for `active` and the population [P 8]; a password is never read back.
pub(super) fn replaced(before: &Object, body: &Object, switches: &Switches) -> Result<Object, Problem> {
    let mut user = Object::new();
    let kept: &[&str] = if switches.get("put_active") == "keep" { &["active"] } else { &[] };
    for name in ["id", "meta", PING, "password"].iter().chain(kept) {
        if let Some(value) = before.get(*name) {
            user.insert((*name).to_owned(), value.clone());
        }
    }
    for (attribute, value) in body {
        assign(&mut user, attribute, value, switches)?;
    }
    if unset(user.get("userName")) {
        return Err(Problem::invalid("REQUIRED_VALUE", "username"));
    }
    Ok(user)
}

/// Puts one attribute of a body into the user; `null` clears [P 8].
fn assign(user: &mut Object, attribute: &str, value: &Value, switches: &Switches) -> Result<(), Problem> {
    let known = attribute == "active"
        || attribute == "name"
        || attribute == "password"
        || LISTS.contains(&attribute)
        || TEXTS.iter().any(|(name, _)| *name == attribute);
    match attribute {
        // Built by the SCIM layer, ignored on input [P 6].
        "schemas" | "id" | "meta" => Ok(()),
        PING => population(user, value, switches),
        _ if !known => unknown(attribute, switches),
        _ if unset(Some(value)) => {
            user.shift_remove(attribute);
            Ok(())
        }
        _ => {
            let value = checked(attribute, value, switches)?;
            if value.as_object().is_some_and(Object::is_empty) {
                user.shift_remove(attribute);
            } else {
                user.insert(attribute.to_owned(), value);
            }
            Ok(())
        }
    }
}

/// What becomes of an attribute that stands in no table is open: a switch [P 17].
fn unknown(attribute: &str, switches: &Switches) -> Result<(), Problem> {
    match switches.get("unknown_attributes") {
        "ignore" => Ok(()),
        _ => Err(Problem::invalid("INVALID_VALUE", attribute)),
    }
}

fn population_of(value: &Value) -> Result<&str, Problem> {
    let id = value.get("population").and_then(|p| p.get("id")).and_then(Value::as_str);
    let valid = id.filter(|id| uuid::Uuid::try_parse(id).is_ok());
    valid.ok_or_else(|| Problem::invalid("INVALID_VALUE", "population.id"))
}

/// Natively another call moves a user to another population; whether SCIM's PUT does is open: a switch [P 8].
fn population(user: &mut Object, value: &Value, switches: &Switches) -> Result<(), Problem> {
    if unset(Some(value)) || value.get("population").is_none() {
        return Ok(());
    }
    let wanted = json!({"population": {"id": population_of(value)?}});
    match switches.get("population_change") {
        "accept" => drop(user.insert(PING.to_owned(), wanted)),
        "refuse" if user.get(PING) != Some(&wanted) => {
            return Err(Problem::invalid("INVALID_VALUE", "population.id"));
        }
        _ => {}
    }
    Ok(())
}

fn checked(attribute: &str, value: &Value, switches: &Switches) -> Result<Value, Problem> {
    let invalid = || Problem::invalid("INVALID_VALUE", attribute);
    match attribute {
        "active" => value.as_bool().map(Value::Bool).ok_or_else(invalid),
        "name" => name(value, switches),
        "password" => value.as_str().map(Value::from).ok_or_else(invalid),
        "emails" => one(attribute, value).and_then(|email| email_of(email, switches)),
        "phoneNumbers" | "photos" => {
            let element = one(attribute, value)?;
            element.get("value").and_then(Value::as_str).ok_or_else(invalid)?;
            Ok(json!([element]))
        }
        "addresses" => one(attribute, value).and_then(|address| address_of(address, switches)),
        _ => {
            let greatest = TEXTS.iter().find(|(name, _)| *name == attribute).map_or(256, |(_, greatest)| *greatest);
            let text = value.as_str().filter(|t| !t.is_empty() && t.chars().count() <= greatest).ok_or_else(invalid)?;
            // The native pattern is `^\w+/\w+$` [P 6].
            let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_alphanumeric() || c == '_');
            let zone = text.split_once('/').is_some_and(|(area, place)| word(area) && word(place));
            if attribute == "timezone" && !zone { Err(invalid()) } else { Ok(json!(text)) }
        }
    }
}

fn name(value: &Value, switches: &Switches) -> Result<Value, Problem> {
    let given = value.as_object().ok_or_else(|| Problem::invalid("INVALID_VALUE", "name"))?;
    let mut name = Object::new();
    for (part, value) in given {
        if !NAME_PARTS.contains(&part.as_str()) {
            unknown(part, switches)?;
        } else if !value.is_null() {
            let text = value.as_str().ok_or_else(|| Problem::invalid("INVALID_VALUE", part))?;
            name.insert(part.clone(), json!(text));
        }
    }
    Ok(Value::Object(name))
}

/// Multi-valued attributes hold one value [P 16.3].
fn one<'a>(attribute: &str, value: &'a Value) -> Result<&'a Object, Problem> {
    match value.as_array().map(Vec::as_slice) {
        Some([Value::Object(element)]) => Ok(element),
        _ => Err(Problem::invalid("INVALID_VALUE", attribute)),
    }
}

/// `value` and `primary`, no `type`: one native e-mail stands behind it [P 6, P 16.4].
fn email_of(email: &Object, switches: &Switches) -> Result<Value, Problem> {
    let invalid = || Problem::invalid("INVALID_VALUE", "emails");
    let address = email.get("value").and_then(Value::as_str).filter(|a| a.contains('@')).ok_or_else(invalid)?;
    let mut held = json!({"value": address, "primary": true});
    match (email.get("type"), switches.get("email_type")) {
        (Some(_), "refuse") => return Err(invalid()),
        (Some(kind), "keep") => held["type"] = kind.clone(),
        _ => {}
    }
    Ok(json!([held]))
}

/// The country is ISO 3166-1 alpha-2 in upper case, under either name [P 6].
fn address_of(address: &Object, switches: &Switches) -> Result<Value, Problem> {
    let mut held = Object::new();
    for (part, value) in address {
        match part.as_str() {
            "country" | "countryCode" => {
                let code = value.as_str().filter(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase()));
                let code = code.ok_or_else(|| Problem::invalid("INVALID_VALUE", "address.countryCode"))?;
                held.insert("country".to_owned(), json!(code));
            }
            _ if ADDRESS_PARTS.contains(&part.as_str()) => drop(held.insert(part.clone(), value.clone())),
            _ => unknown(part, switches)?,
        }
    }
    Ok(json!([held]))
}

/// Only what the one example shows works by default: lower-case op, bare or dotted path [P 9].
pub(super) fn patched(before: &Object, body: &Object, switches: &Switches) -> Result<Object, Problem> {
    let malformed = |refusal: crate::vendor::Refusal| Problem::new(400, "INVALID_DATA", &refusal.detail);
    let mut user = before.clone();
    for operation in patch::operations(body).map_err(malformed)? {
        let operation = documented(operation, switches)?;
        if let (Some(path @ ("userName" | "active")), "remove") = (operation.path.as_deref(), operation.op.as_str()) {
            return Err(Problem::invalid("REQUIRED_VALUE", path));
        }
        if is_unknown(operation.path.as_deref()) {
            unknown(operation.path.as_deref().unwrap_or_default(), switches)?;
            continue;
        }
        patch::apply(&mut user, &operation, &[PING]).map_err(malformed)?;
    }
    settled(before, &user, switches)
}

fn documented(mut operation: Operation, switches: &Switches) -> Result<Operation, Problem> {
    let refused = |why: &str| Problem::new(400, "INVALID_DATA", why);
    if switches.on("patch_op_case") {
        operation.op.make_ascii_lowercase();
    }
    if !matches!(operation.op.as_str(), "add" | "replace" | "remove") {
        return Err(refused("The operation is not one of add, replace, remove."));
    }
    let Some(path) = operation.path.as_deref() else {
        return if switches.on("patch_pathless") { Ok(operation) } else { Err(refused("The operation has no path.")) };
    };
    let is_list = LISTS.contains(&path.split(['[', '.']).next().unwrap_or(path));
    let whole = LISTS.contains(&path);
    let allowed = if path.starts_with("urn:") {
        switches.on("patch_urn_paths")
    } else if path.contains('[') || (is_list && !whole) {
        switches.on("patch_filters")
    } else {
        !(whole && operation.op == "add") || switches.on("patch_add_arrays")
    };
    if allowed { Ok(operation) } else { Err(refused("The path is not supported.")) }
}

fn is_unknown(path: Option<&str>) -> bool {
    let Some(path) = path.filter(|p| !p.starts_with("urn:")) else {
        return false;
    };
    let first = path.split(['.', '[']).next().unwrap_or(path);
    !(first == "active"
        || first == "name"
        || first == "password"
        || LISTS.contains(&first)
        || TEXTS.iter().any(|(n, _)| *n == first))
}

/// The result is checked as a PUT of it would be; what an operation did not touch is not looked at again.
fn settled(before: &Object, after: &Object, switches: &Switches) -> Result<Object, Problem> {
    let mut user = before.clone();
    let gone: Vec<String> = before.keys().filter(|name| !after.contains_key(*name)).cloned().collect();
    gone.iter().filter(|name| *name != PING).for_each(|name| drop(user.shift_remove(name)));
    for (attribute, value) in after {
        if before.get(attribute) != Some(value) {
            assign(&mut user, attribute, value, switches)?;
        }
    }
    Ok(user)
}

/// `active` is true at creation [P 6]; the default population is used when none is given [P 7].
pub(super) fn complete(user: &mut Object) {
    user.entry("active").or_insert(Value::Bool(true));
    user.entry(PING).or_insert_with(|| json!({"population": {"id": POPULATION}}));
}

/// The whole user, the members in the order of the vendor's sample [P 6]; never the password.
pub(super) fn rendered(user: &Object, root: &str, switches: &Switches) -> Object {
    let mut shown = user.clone();
    shown.shift_remove("password");
    shown.insert("schemas".to_owned(), json!([USER, PING]));
    if let Some(meta) = shown.get_mut("meta") {
        meta["location"] = json!(format!("{root}/Users/{}", id_of(user)));
    }
    if switches.get("address_country") == "countryCode"
        && let Some(address) = shown.get_mut("addresses").and_then(|a| a.get_mut(0)).and_then(Value::as_object_mut)
        && let Some(code) = address.shift_remove("country")
    {
        address.insert("countryCode".to_owned(), code);
    }
    let extension = shown.shift_remove(PING);
    let mut shown = ordered(&shown, &["schemas", "id", "meta", "userName", "active"]);
    shown.extend(extension.map(|population| (PING.to_owned(), population)));
    shown
}
