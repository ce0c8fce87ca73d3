//! An RSA user: the closed lists of `type`, the PATCH rules, what is returned.

use serde_json::{Value, json};

use super::{ENTERPRISE, USER};
use crate::patch::{self, Operation, Path};
use crate::store::{Object, elements, ordered, text, unset};
use crate::vendor::{Refusal, Switches};

/// Attributes that samples show [R User schema].
const KNOWN: [&str; 15] = [
    "externalId",
    "userName",
    "name",
    "displayName",
    "nickName",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "active",
    "password",
    "emails",
    "phoneNumbers",
    "addresses",
    ENTERPRISE,
];
/// The closed lists, with the order in which the messages print them [R Error format]; addresses as in the SDK.
const TYPES: [(&str, &str); 3] = [
    ("emails", "other, work, home"),
    ("phoneNumbers", "other, pager, work, mobile, fax, home"),
    ("addresses", "other, work, home"),
];

/// Takes the attributes of a body into `user`; null and [] remove.
pub(super) fn taken_over(mut user: Object, body: &Object, switches: &Switches) -> Result<Object, Refusal> {
    for (name, value) in body {
        let name = known_name(name);
        match name.as_deref() {
            // `schemas` may be missing [R Known deviations 9]; the other two are the server's.
            Some("schemas" | "id" | "meta") => {}
            Some(name) if unset(Some(value)) => drop(user.shift_remove(name)),
            Some(name) => drop(user.insert(name.to_owned(), value.clone())),
            None => unknown(body, switches)?,
        }
    }
    Ok(user)
}

fn known_name(name: &str) -> Option<String> {
    let own = ["schemas", "id", "meta"];
    KNOWN.iter().chain(&own).find(|n| n.eq_ignore_ascii_case(name)).map(|n| (*n).to_owned())
}

/// Whether attributes in no sample are refused is open: a switch [R User schema].
fn unknown(body: &Object, switches: &Switches) -> Result<(), Refusal> {
    let name = body.keys().find(|n| known_name(n).is_none()).map(String::as_str).unwrap_or_default();
    match switches.get("unknown_attributes") {
        "ignore" => Ok(()),
        _ => Err(Refusal::bad("invalidSyntax", format!("Core attribute {name} is undefined for schema {USER}"))),
    }
}

pub(super) fn needs_user_name(body: &Object) -> Result<(), Refusal> {
    match body.iter().find(|(name, _)| name.eq_ignore_ascii_case("userName")) {
        Some((_, Value::String(_))) => Ok(()),
        _ => Err(Refusal::bad("invalidSyntax", "Attribute userName is required and must have a value")),
    }
}

/// All problems in one text, joined by `, `: first the types, then what is missing [R Error format].
pub(super) fn check(user: &Object, switches: &Switches) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    for (attribute, types) in TYPES {
        let Some(values) = user.get(attribute) else {
            continue;
        };
        if !values.is_array() {
            problems.push(format!("Value for attribute {attribute} must be a JSON array"));
        }
        for (at, element) in elements(values).iter().enumerate() {
            let Some(kind) = element.get("type").and_then(Value::as_str) else {
                continue;
            };
            // Compared without regard to case [R User schema].
            if !types.split(", ").any(|t| t.eq_ignore_ascii_case(kind)) {
                let text = "is not valid for attribute";
                let rest = format!("because it is not one of the canonical types: {types}");
                problems.push(format!("Value {kind} {text} {attribute}[{at}].type {rest}"));
            }
        }
    }
    if user.get("active").is_some_and(|active| !active.is_boolean()) {
        problems.push("Value for attribute active must be a JSON boolean".to_owned());
    }
    if text(user, "userName").is_none_or(str::is_empty) {
        problems.push("Attribute userName is required and must have a value".to_owned());
    }
    if switches.on("emails_required") && unset(user.get("emails")) {
        problems.push("Attribute emails is required and must have a value".to_owned());
    }
    if problems.is_empty() { Ok(()) } else { Err(Refusal::bad("invalidSyntax", problems.join(", "))) }
}

pub(super) fn patched(before: &Object, body: &Object, switches: &Switches) -> Result<Object, Refusal> {
    let mut user = before.clone();
    for operation in patch::operations(body)? {
        let operation = permitted(operation, switches)?;
        let core =
            ["id", "meta"].iter().any(|n| operation.path.as_deref().is_some_and(|p| p.split('.').next() == Some(n)));
        if core {
            return Err(Refusal::bad("mutability", "The attribute is read-only"));
        }
        patch::apply(&mut user, &operation, &[ENTERPRISE])?;
    }
    if user.keys().any(|name| known_name(name).is_none()) {
        unknown(&user, switches)?;
        user.retain(|name, _| known_name(name).is_some());
    }
    Ok(user)
}

/// The rules of the SDK, with its texts [R PATCH].
fn permitted(mut operation: Operation, switches: &Switches) -> Result<Operation, Refusal> {
    if switches.get("patch_op_case") == "any" {
        operation.op.make_ascii_lowercase();
    }
    let syntax = |text: &str| Refusal::bad("invalidSyntax", text);
    match operation.op.as_str() {
        "remove" if operation.path.is_none() => {
            return Err(Refusal::bad("noTarget", "path field must not be null for remove operations"));
        }
        "remove" => {}
        "add" | "replace" => {
            let container = |v: &Value| v.as_object().is_some_and(Object::is_empty);
            if unset(operation.value.as_ref()) || operation.value.as_ref().is_some_and(container) {
                return Err(syntax("value field must not be null or an empty container"));
            }
            if operation.path.is_none() && !operation.value.as_ref().is_some_and(Value::is_object) {
                return Err(syntax("value field must be a JSON object when there is no path"));
            }
        }
        other => {
            return Err(syntax(&format!("Unable to parse request: could not resolve type id '{other}'")));
        }
    }
    let path = operation.path.as_deref().map(|path| Path::parse(path, &[ENTERPRISE])).transpose()?;
    if operation.op == "add" && path.is_some_and(|p| p.filter.is_some()) {
        let text = "path field for add operations must not include any value selection filters";
        return Err(Refusal::bad("invalidPath", text));
    }
    Ok(operation)
}

/// `active` is true in the sample that did not set it [R User schema].
pub(super) fn complete(user: &mut Object) {
    user.entry("active").or_insert(Value::Bool(true));
}

/// `primary` stays on addresses only, the order of values is not kept, a password is never returned [R User schema].
pub(super) fn rendered(user: &Object, switches: &Switches) -> Object {
    let mut shown = user.clone();
    shown.shift_remove("password");
    let mut schemas = vec![USER];
    if user.contains_key(ENTERPRISE) {
        schemas.push(ENTERPRISE);
    }
    shown.insert("schemas".to_owned(), json!(schemas));
    for attribute in ["emails", "phoneNumbers", "addresses"] {
        let Some(values) = shown.get_mut(attribute).and_then(Value::as_array_mut) else {
            continue;
        };
        values.reverse();
        if attribute != "addresses" && !switches.on("keep_primary") {
            values.iter_mut().filter_map(Value::as_object_mut).for_each(|v| drop(v.shift_remove("primary")));
        }
    }
    const ORDER: [&str; 14] = [
        "schemas",
        "id",
        "externalId",
        "meta",
        "userName",
        "name",
        "displayName",
        "nickName",
        "title",
        "userType",
        "preferredLanguage",
        "locale",
        "active",
        "emails",
    ];
    ordered(&shown, &ORDER)
}
