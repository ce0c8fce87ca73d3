//! A Vault user: what POST demands, what PUT merges, what is returned.

use serde_json::{Value, json};

use super::listed::PROFILES;
use super::{ENTERPRISE, USER, VAULT};
use crate::store::{Object, id_of, ordered, sub_text, text, unset};
use crate::vendor::Switches;

/// The error type and message of the envelope.
type Fault = (&'static str, String);

const NAME_PARTS: [&str; 5] = ["familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"];
/// Settable, each an object with `value` [V 6.2].
const REFERENCES: [(&str, &str); 3] =
    [("securityProfile", "SecurityProfiles"), ("securityPolicy", "SecurityPolicies"), ("licenseType", "LicenseTypes")];
/// Whether a client may write these is in no document [V 6.2].
const UNKNOWN_MUTABILITY: [&str; 11] = [
    "domainAdmin",
    "favoriteDocNewComment",
    "favoriteDocNewContent",
    "favoriteDocNewStatus",
    "productAnnouncementEmails",
    "systemAvailabilityEmails",
    "extendedAttributes",
    "activationDate",
    "globalId",
    "preferredCurrency",
    "sendWelcomeEmail",
];

/// POST: what is required is refused by name where it is missing [V 6.1, V 6.2]; what is unknown is ignored [V 8].
pub(super) fn created(body: &Object, switches: &Switches) -> Result<Object, Fault> {
    if unset(body.get("schemas")) {
        return Err(required("schemas"));
    }
    let user = changed(Object::new(), body, switches)?;
    for attribute in ["userName", "emails", "preferredLanguage", "locale", "timezone"] {
        if unset(user.get(attribute)) {
            return Err(required(attribute));
        }
    }
    for part in ["givenName", "familyName"] {
        sub_text(&user, "name", part).ok_or_else(|| required(part))?;
    }
    let profile = user.get(VAULT).and_then(|v| v.get("securityProfile"));
    if profile.is_none() {
        return Err(required("securityProfile"));
    }
    Ok(user)
}

fn required(attribute: &str) -> Fault {
    ("PARAMETER_REQUIRED", format!("Missing required parameter [{attribute}]"))
}

fn invalid(message: impl Into<String>) -> Fault {
    ("INVALID_DATA", message.into())
}

/// PUT merges: what the body leaves out stays, null and [] clear, unknown and readOnly attributes are ignored [V 8].
pub(super) fn changed(mut user: Object, body: &Object, switches: &Switches) -> Result<Object, Fault> {
    for (attribute, value) in body {
        match attribute.as_str() {
            _ if unset(Some(value)) => clear(&mut user, attribute, switches)?,
            "userName" => set(&mut user, attribute, user_name(value, switches)?),
            "preferredLanguage" | "timezone" => set(&mut user, attribute, string(attribute, value)?),
            "locale" => set(&mut user, attribute, locale(value, switches)?),
            "active" => match value {
                Value::Bool(_) => set(&mut user, attribute, value.clone()),
                _ => return Err(invalid("active must be a boolean.")),
            },
            "name" => merge_name(&mut user, value, switches)?,
            "emails" => set(&mut user, attribute, emails(value)?),
            VAULT => merge_vault(&mut user, value, switches)?,
            ENTERPRISE => merge_enterprise(&mut user, value)?,
            _ => {}
        }
    }
    Ok(user)
}

fn set(user: &mut Object, attribute: &str, value: Value) {
    user.insert(attribute.to_owned(), value);
}

/// What happens to null on what creation requires is open: a switch [V 17].
fn clear(user: &mut Object, attribute: &str, switches: &Switches) -> Result<(), Fault> {
    const REQUIRED: [&str; 7] = ["userName", "name", "emails", "preferredLanguage", "locale", "timezone", "active"];
    match attribute {
        _ if REQUIRED.contains(&attribute) => null_on_required(attribute, switches),
        ENTERPRISE => {
            user.shift_remove(attribute);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn null_on_required(attribute: &str, switches: &Switches) -> Result<(), Fault> {
    match switches.get("null_on_required") {
        "ignore" => Ok(()),
        _ => Err(invalid(format!("The field [{attribute}] is required and cannot be blank."))),
    }
}

fn string(attribute: &str, value: &Value) -> Result<Value, Fault> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(value.clone()),
        _ => Err(invalid(format!("{attribute} must be a string."))),
    }
}

/// `name@domain`, the domain being the Vault's [V 6.1].
fn user_name(value: &Value, switches: &Switches) -> Result<Value, Fault> {
    let value = string("userName", value)?;
    let parts = value.as_str().and_then(|name| name.split_once('@'));
    let (name, domain) = parts.unwrap_or_default();
    let wrong_domain = switches.on("check_domain") && domain != "veepharm.com";
    if name.is_empty() || domain.is_empty() || wrong_domain {
        return Err(invalid("userName must be of the form name@domain, with the domain of this Vault."));
    }
    Ok(value)
}

/// `en_US` [V 6.1].
fn locale(value: &Value, switches: &Switches) -> Result<Value, Fault> {
    let value = string("locale", value)?;
    let dash = value.as_str().is_some_and(|l| l.contains('-'));
    match switches.get("locale_dash") {
        "refuse" if dash => Err(invalid("The locale is not one of the Vault's locales.")),
        _ => Ok(value),
    }
}

/// Whether a `name` merges by its parts is open: a switch [V 17].
fn merge_name(user: &mut Object, value: &Value, switches: &Switches) -> Result<(), Fault> {
    let given = value.as_object().ok_or_else(|| invalid("name must be an object."))?;
    let mut name = match user.get("name").and_then(Value::as_object) {
        Some(present) if switches.on("complex_merge") => present.clone(),
        _ => Object::new(),
    };
    for part in NAME_PARTS {
        match given.get(part) {
            None => {}
            Some(Value::Null) if part == "givenName" || part == "familyName" => null_on_required(part, switches)?,
            Some(Value::Null) => {
                name.shift_remove(part);
            }
            Some(text) => {
                name.insert(part.to_owned(), string(part, text)?);
            }
        }
    }
    for part in ["givenName", "familyName"] {
        if !name.contains_key(part) {
            return Err(required(part));
        }
    }
    set(user, "name", Value::Object(name));
    Ok(())
}

/// One work e-mail; `primary` is ignored and not returned [V 6.1, V 16.9].
fn emails(value: &Value) -> Result<Value, Fault> {
    let only_work = || invalid("emails must hold one element of type work.");
    let [email] = value.as_array().map(Vec::as_slice).unwrap_or_default() else {
        return Err(only_work());
    };
    let address = email.get("value").and_then(Value::as_str).filter(|a| a.contains('@'));
    match (address, email.get("type").and_then(Value::as_str)) {
        (Some(address), Some("work")) => Ok(json!([{"value": address, "type": "work"}])),
        _ => Err(only_work()),
    }
}

fn merge_vault(user: &mut Object, value: &Value, switches: &Switches) -> Result<(), Fault> {
    let given = value.as_object().ok_or_else(|| invalid("The extension must be an object."))?;
    let extension = user.entry(VAULT).or_insert_with(|| json!({}));
    let Some(extension) = extension.as_object_mut() else {
        return Ok(());
    };
    for (attribute, value) in given {
        let reference = REFERENCES.iter().any(|(name, _)| name == attribute);
        let writable = UNKNOWN_MUTABILITY.contains(&attribute.as_str());
        if reference {
            match (unset(Some(value)), attribute.as_str()) {
                (true, "securityProfile") => null_on_required(attribute, switches)?,
                (true, _) => drop(extension.shift_remove(attribute)),
                (false, _) => drop(extension.insert(attribute.clone(), reference_to(attribute, value, switches)?)),
            }
        } else if writable && switches.get("unknown_mutability") == "readWrite" {
            if unset(Some(value)) {
                extension.shift_remove(attribute);
            } else {
                extension.insert(attribute.clone(), value.clone());
            }
        }
    }
    Ok(())
}

fn reference_to(attribute: &str, value: &Value, switches: &Switches) -> Result<Value, Fault> {
    let id = value.get("value").and_then(Value::as_str);
    let id = id.ok_or_else(|| invalid(format!("{attribute} must be an object with value.")))?;
    let unknown = attribute == "securityProfile" && !PROFILES.iter().any(|(name, _)| *name == id);
    if unknown && switches.get("unknown_profile") == "refuse" {
        return Err(invalid(format!("The security profile [{id}] does not exist.")));
    }
    Ok(json!({ "value": id }))
}

/// `manager` is a bare string [V 6.3]; an object is an invalid attribute, and those are ignored [V 8].
fn merge_enterprise(user: &mut Object, value: &Value) -> Result<(), Fault> {
    let given = value.as_object().ok_or_else(|| invalid("The extension must be an object."))?;
    match given.get("manager") {
        Some(Value::String(id)) => set(user, ENTERPRISE, json!({ "manager": id })),
        Some(Value::Null) => {
            user.shift_remove(ENTERPRISE);
        }
        _ => {}
    }
    Ok(())
}

/// What Vault sets by itself: displayName is computed [V 6.1], licence and policy have defaults [V 6.2].
pub(super) fn complete(user: &mut Object) {
    let full = ["givenName", "familyName"].map(|part| sub_text(user, "name", part).unwrap_or_default().to_owned());
    set(user, "displayName", json!(full.join(" ").trim()));
    user.entry("active").or_insert(Value::Bool(true));
    let extension = user.entry(VAULT).or_insert_with(|| json!({}));
    let Some(extension) = extension.as_object_mut() else {
        return;
    };
    let defaults = json!({
        "createdBy": {"value": "12021"}, "domainAdmin": false, "licenseType": {"value": "full__v"},
        "lifecycle": "vault_membership_lifecycle__sys", "productAnnouncementEmails": false,
        "securityPolicy": {"value": "2525"}, "systemAvailabilityEmails": false,
    });
    // Only on a new user, whose creator is not known yet: what a client cleared later stays clear.
    if !extension.contains_key("createdBy") {
        for (name, value) in defaults.as_object().into_iter().flatten() {
            extension.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    extension.entry("lastModifiedBy").or_insert_with(|| json!({"value": "12021"}));
    let active = user.get("active") == Some(&Value::Bool(true));
    let state = if active { "active_state__sys" } else { "inactive_state__sys" };
    user[VAULT]["lifecycleState"] = json!(state);
}

/// The whole user [V 8], the members in the order of the vendor's sample, the Vault URN first in `schemas` [V 7].
pub(super) fn rendered(user: &Object, root: &str) -> Object {
    let mut shown = user.clone();
    let mut schemas = vec![VAULT, USER];
    if user.contains_key(ENTERPRISE) {
        schemas.push(ENTERPRISE);
    }
    shown.insert("schemas".to_owned(), json!(schemas));
    if let Some(meta) = shown.get_mut("meta") {
        // The URL has the API version of the request [V 1].
        meta["location"] = json!(format!("{root}/Users/{}", id_of(user)));
    }
    if let Some(extension) = shown.get_mut(VAULT).and_then(Value::as_object_mut) {
        let people = [("createdBy", "Users"), ("lastModifiedBy", "Users")];
        for (name, endpoint) in people.iter().chain(&REFERENCES) {
            if let Some(reference) = extension.get_mut(*name).and_then(Value::as_object_mut) {
                let url = format!("{root}/{endpoint}/{}", text(reference, "value").unwrap_or_default());
                reference.insert("$ref".to_owned(), json!(url));
            }
        }
    }
    const ORDER: [&str; 11] = [
        "schemas",
        "id",
        "meta",
        "active",
        "displayName",
        "emails",
        "locale",
        "name",
        "preferredLanguage",
        "timezone",
        "userName",
    ];
    ordered(&shown, &ORDER)
}
