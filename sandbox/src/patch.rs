//! PATCH of RFC 7644 section 3.5.2. Vendors that take less check the operations before they are applied.

use serde_json::{Value, json};

use crate::filter::Filter;
use crate::store::{Object, unset};
use crate::vendor::Refusal;

/// The message schema every PATCH body names.
pub(crate) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Attributes that hold several values, in every schema imitated here.
pub(crate) const MULTI_VALUED: &[&str] = &[
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509Certificates",
    "members",
];

/// One operation, as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) op: String,
    pub(crate) path: Option<String>,
    pub(crate) value: Option<Value>,
}

/// Reads the message; `schemas` must name [`PATCH_OP`] and there must be an operation.
pub(crate) fn operations(body: &Object) -> Result<Vec<Operation>, Refusal> {
    let syntax = |detail: &str| Refusal::bad("invalidSyntax", detail);
    let named = body.get("schemas").and_then(Value::as_array).is_some_and(|s| s.contains(&json!(PATCH_OP)));
    if !named {
        return Err(syntax("schemas does not name the PatchOp message"));
    }
    let list = body.get("Operations").and_then(Value::as_array).filter(|o| !o.is_empty());
    let list = list.ok_or_else(|| syntax("Operations is missing or empty"))?;
    list.iter().map(operation).collect()
}

fn operation(value: &Value) -> Result<Operation, Refusal> {
    let syntax = |detail: &str| Refusal::bad("invalidSyntax", detail);
    let object = value.as_object().ok_or_else(|| syntax("an operation is not an object"))?;
    let op = object.get("op").and_then(Value::as_str).ok_or_else(|| syntax("an operation has no op"))?;
    let path = match object.get("path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) => Some(path.clone()),
        Some(_) => return Err(Refusal::bad("invalidPath", "a path is not a string")),
    };
    Ok(Operation { op: op.to_owned(), path, value: object.get("value").cloned() })
}

/// A path taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    /// The schema extension it stands in; the core schema's URN is left out.
    pub(crate) urn: Option<String>,
    /// Empty where the path is an extension's URN alone.
    pub(crate) attribute: String,
    pub(crate) filter: Option<Filter>,
    pub(crate) sub: Option<String>,
}

impl Path {
    /// `extensions` are the URNs known beside the core schema.
    pub(crate) fn parse(path: &str, extensions: &[&str]) -> Result<Path, Refusal> {
        let wrong = || Refusal::bad("invalidPath", format!("{path:?} is not a path"));
        let (urn, rest) = split_urn(path.trim(), extensions).ok_or_else(wrong)?;
        if rest.is_empty() && urn.is_some() {
            return Ok(Path { urn, attribute: String::new(), filter: None, sub: None });
        }
        let (head, filter, tail) = match rest.split_once('[') {
            Some((head, inner)) => {
                let (filter, tail) = inner.rsplit_once(']').ok_or_else(wrong)?;
                let filter = Filter::parse(filter).map_err(|e| Refusal::bad("invalidFilter", e))?;
                (head, Some(filter), tail)
            }
            None => (rest, None, ""),
        };
        let (attribute, sub) = match (head.split_once('.'), tail.strip_prefix('.')) {
            (Some((attribute, sub)), None) if filter.is_none() => (attribute, Some(sub)),
            (None, Some(sub)) => (head, Some(sub)),
            (None, None) if tail.is_empty() => (head, None),
            _ => return Err(wrong()),
        };
        let is_name = |n: &str| {
            n.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
                && n.chars().all(|c| c.is_ascii_alphanumeric() || "-_$".contains(c))
        };
        if !is_name(attribute) || sub.is_some_and(|s| !is_name(s)) {
            return Err(wrong());
        }
        Ok(Path { urn, attribute: attribute.to_owned(), filter, sub: sub.map(str::to_owned) })
    }
}

fn split_urn<'p>(path: &'p str, extensions: &[&str]) -> Option<(Option<String>, &'p str)> {
    if !path.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("urn:")) {
        return Some((None, path));
    }
    for urn in extensions {
        if path.get(..urn.len()).is_some_and(|p| p.eq_ignore_ascii_case(urn)) {
            let rest = &path[urn.len()..];
            match rest.strip_prefix(':') {
                Some(rest) => return Some((Some((*urn).to_owned()), rest)),
                None if rest.is_empty() => return Some((Some((*urn).to_owned()), "")),
                None => {}
            }
        }
    }
    const CORE: [&str; 2] =
        ["urn:ietf:params:scim:schemas:core:2.0:User:", "urn:ietf:params:scim:schemas:core:2.0:Group:"];
    let core = CORE.iter().find(|c| path.get(..c.len()).is_some_and(|p| p.eq_ignore_ascii_case(c)))?;
    Some((None, &path[core.len()..]))
}

/// Applies one operation whose `op` is already known to be add, replace or remove in lower case.
pub(crate) fn apply(resource: &mut Object, operation: &Operation, extensions: &[&str]) -> Result<(), Refusal> {
    let value = operation.value.as_ref();
    match (operation.op.as_str(), &operation.path) {
        ("remove", None) => Err(Refusal::bad("noTarget", "remove needs a path")),
        ("remove", Some(path)) => remove(resource, &Path::parse(path, extensions)?),
        (_, _) if value.is_none() => Err(Refusal::bad("invalidSyntax", "add and replace need a value")),
        (op, Some(path)) => write(resource, op, &Path::parse(path, extensions)?, value.unwrap_or(&Value::Null)),
        (op, None) => {
            let members = value.and_then(Value::as_object);
            let members =
                members.ok_or_else(|| Refusal::bad("invalidSyntax", "without a path the value must be an object"))?;
            for (name, value) in members {
                write_member(resource, op, name, value, extensions)?;
            }
            Ok(())
        }
    }
}

fn write_member(
    resource: &mut Object,
    op: &str,
    name: &str,
    value: &Value,
    extensions: &[&str],
) -> Result<(), Refusal> {
    if name == "schemas" {
        return Ok(());
    }
    write(resource, op, &Path::parse(name, extensions)?, value)
}

fn write(resource: &mut Object, op: &str, path: &Path, value: &Value) -> Result<(), Refusal> {
    let Some(urn) = &path.urn else {
        return write_in(resource, op, path, value);
    };
    let extension = resource.entry(urn.clone()).or_insert_with(|| json!({}));
    let extension =
        extension.as_object_mut().ok_or_else(|| Refusal::bad("invalidPath", "the extension is not an object"))?;
    if !path.attribute.is_empty() {
        return write_in(extension, op, path, value);
    }
    let members = value.as_object().ok_or_else(|| Refusal::bad("invalidValue", "an extension must be an object"))?;
    extension.extend(members.iter().map(|(n, v)| (n.clone(), v.clone())));
    Ok(())
}

fn write_in(object: &mut Object, op: &str, path: &Path, value: &Value) -> Result<(), Refusal> {
    let name = spelled(object, &path.attribute);
    let multi = MULTI_VALUED.contains(&name.as_str()) || object.get(&name).is_some_and(Value::is_array);
    match (&path.filter, &path.sub) {
        (Some(filter), sub) => write_matching(object, &name, filter, sub.as_deref(), value),
        (None, Some(sub)) if multi => {
            let values = object.get_mut(&name).and_then(Value::as_array_mut);
            let values = values.filter(|v| !v.is_empty()).ok_or_else(|| no_target(&name))?;
            values.iter_mut().filter_map(Value::as_object_mut).for_each(|element| set(element, sub, value));
            Ok(())
        }
        (None, Some(sub)) => {
            let complex = object.entry(name.clone()).or_insert_with(|| json!({})).as_object_mut();
            let complex =
                complex.ok_or_else(|| Refusal::bad("invalidPath", format!("{name} has no sub-attributes")))?;
            set(complex, sub, value);
            Ok(())
        }
        (None, None) if multi && op == "add" => {
            append(object, &name, value);
            Ok(())
        }
        (None, None) => {
            write_whole(object, &name, multi, value);
            Ok(())
        }
    }
}

fn write_whole(object: &mut Object, name: &str, multi: bool, value: &Value) {
    match (object.get_mut(name), value) {
        _ if unset(Some(value)) => {
            object.shift_remove(name);
        }
        (Some(Value::Object(present)), Value::Object(new)) => {
            new.iter().for_each(|(n, v)| set(present, n, v));
        }
        _ if multi && !value.is_array() => {
            object.insert(name.to_owned(), json!([value]));
        }
        _ => {
            object.insert(name.to_owned(), value.clone());
        }
    }
}

fn append(object: &mut Object, name: &str, value: &Value) {
    let present = object.entry(name.to_owned()).or_insert_with(|| json!([]));
    let Some(values) = present.as_array_mut() else {
        return;
    };
    for new in crate::store::elements(value) {
        if values.contains(new) {
            continue;
        }
        if new.get("primary") == Some(&Value::Bool(true)) {
            demote(values, None);
        }
        values.push(new.clone());
    }
    if values.is_empty() {
        object.shift_remove(name);
    }
}

/// At most one value is primary (RFC 7644 section 3.5.2).
fn demote(values: &mut [Value], except: Option<usize>) {
    for (at, value) in values.iter_mut().enumerate() {
        if Some(at) != except && value.get("primary") == Some(&Value::Bool(true)) {
            value["primary"] = Value::Bool(false);
        }
    }
}

fn write_matching(
    object: &mut Object,
    name: &str,
    filter: &Filter,
    sub: Option<&str>,
    value: &Value,
) -> Result<(), Refusal> {
    let values = object.get_mut(name).and_then(Value::as_array_mut).ok_or_else(|| no_target(name))?;
    let hits: Vec<usize> = (0..values.len()).filter(|at| filter.matches_value(&values[*at])).collect();
    if hits.is_empty() {
        return Err(no_target(name));
    }
    for at in hits {
        match (sub, values[at].as_object_mut(), value) {
            (Some(sub), Some(element), _) => set(element, sub, value),
            (None, Some(element), Value::Object(new)) => new.iter().for_each(|(n, v)| set(element, n, v)),
            _ => values[at] = value.clone(),
        }
        if values[at].get("primary") == Some(&Value::Bool(true)) {
            demote(values, Some(at));
        }
    }
    Ok(())
}

fn no_target(attribute: &str) -> Refusal {
    Refusal::bad("noTarget", format!("Attribute {attribute} does not have a value matching the filter"))
}

fn remove(resource: &mut Object, path: &Path) -> Result<(), Refusal> {
    let Some(urn) = &path.urn else {
        return remove_in(resource, path);
    };
    if path.attribute.is_empty() {
        resource.shift_remove(urn);
        return Ok(());
    }
    if let Some(extension) = resource.get_mut(urn).and_then(Value::as_object_mut) {
        remove_in(extension, path)?;
        if extension.is_empty() {
            resource.shift_remove(urn);
        }
    }
    Ok(())
}

fn remove_in(object: &mut Object, path: &Path) -> Result<(), Refusal> {
    let name = spelled(object, &path.attribute);
    let Some(present) = object.get_mut(&name) else {
        return Ok(());
    };
    match (&path.filter, &path.sub, &mut *present) {
        (Some(filter), None, Value::Array(values)) => values.retain(|v| !filter.matches_value(v)),
        (filter, Some(sub), Value::Array(values)) => {
            let hit = |v: &&mut Value| filter.as_ref().is_none_or(|f| f.matches_value(v));
            values.iter_mut().filter(hit).filter_map(Value::as_object_mut).for_each(|v| set(v, sub, &Value::Null));
        }
        (None, Some(sub), Value::Object(complex)) => set(complex, sub, &Value::Null),
        _ => *present = Value::Null,
    }
    let empty = unset(Some(present)) || present.as_object().is_some_and(Object::is_empty);
    if empty {
        object.shift_remove(&name);
    }
    Ok(())
}

/// Sets a sub-attribute; null removes it.
fn set(object: &mut Object, name: &str, value: &Value) {
    let name = spelled(object, name);
    if value.is_null() {
        object.shift_remove(&name);
    } else {
        object.insert(name, value.clone());
    }
}

/// The spelling already used for a name that differs at most in case, else the schema's, else the given one.
pub(crate) fn spelled(object: &Object, name: &str) -> String {
    let held = object.keys().find(|n| n.eq_ignore_ascii_case(name)).map(String::as_str);
    let schema = || KNOWN.iter().copied().find(|n| n.eq_ignore_ascii_case(name));
    held.or_else(schema).unwrap_or(name).to_owned()
}

/// Names of RFC 7643, for those vendors that find names without regard to case.
#[rustfmt::skip]
pub(crate) const KNOWN: &[&str] = &[
    "userName", "name", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale",
    "timezone", "active", "password", "emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements",
    "roles", "x509Certificates", "externalId", "members", "formatted", "familyName", "givenName", "middleName",
    "honorificPrefix", "honorificSuffix", "value", "type", "primary", "display", "streetAddress", "locality", "region",
    "postalCode", "country", "employeeNumber", "costCenter", "organization", "division", "department", "manager",
];

#[cfg(test)]
mod tests {
    use super::*;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn patched(mut user: Value, op: Value) -> Result<Value, Refusal> {
        let operation = operation(&op)?;
        apply(user.as_object_mut().expect("an object"), &operation, &[ENTERPRISE])?;
        Ok(user)
    }

    #[test]
    fn operations_change_what_they_name() {
        let mail = |v: &str, t: &str| json!({"value": v, "type": t});
        for (before, op, after) in [
            (json!({}), json!({"op": "add", "path": "nickname", "value": "N"}), json!({"nickName": "N"})),
            (json!({"title": "x"}), json!({"op": "remove", "path": "title"}), json!({})),
            (
                json!({}),
                json!({"op": "add", "path": "name.middleName", "value": "M"}),
                json!({"name": {"middleName": "M"}}),
            ),
            (
                json!({"emails": [mail("a", "work"), mail("b", "home")]}),
                json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "c"}),
                json!({"emails": [mail("c", "work"), mail("b", "home")]}),
            ),
            (
                json!({"emails": [mail("a", "work")]}),
                json!({"op": "remove", "path": "emails[type eq \"work\"]"}),
                json!({}),
            ),
            (
                json!({"emails": [mail("a", "work")]}),
                json!({"op": "replace", "value": {"emails": [mail("z", "home")]}}),
                json!({"emails": [mail("z", "home")]}),
            ),
            (
                json!({}),
                json!({"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "D"}),
                json!({ENTERPRISE: {"department": "D"}}),
            ),
            (json!({ENTERPRISE: {"department": "D"}}), json!({"op": "remove", "path": ENTERPRISE}), json!({})),
        ] {
            assert_eq!(patched(before, op.clone()).expect("applies"), after, "{op}");
        }
    }

    #[test]
    fn the_new_primary_is_the_only_one() {
        let before = json!({"emails": [{"value": "a", "primary": true}]});
        let op = json!({"op": "add", "path": "emails", "value": [{"value": "b", "primary": true}]});
        let after = json!({"emails": [{"value": "a", "primary": false}, {"value": "b", "primary": true}]});
        assert_eq!(patched(before, op).expect("applies"), after);
    }

    #[test]
    fn wrong_operations_carry_the_scim_type() {
        for (op, scim_type) in [
            (json!({"op": "remove"}), "noTarget"),
            (json!({"op": "replace", "path": "emails[type eq \"x\"].value", "value": "c"}), "noTarget"),
            (json!({"op": "replace", "path": "a b", "value": "c"}), "invalidPath"),
            (json!({"op": "replace", "path": "name.a.b", "value": "c"}), "invalidPath"),
            (json!({"op": "replace", "path": "urn:x:y:z", "value": "c"}), "invalidPath"),
            (json!({"op": "replace", "path": "emails[type zz 1]", "value": "c"}), "invalidFilter"),
            (json!({"op": "replace", "path": "title"}), "invalidSyntax"),
            (json!({"op": "add", "value": "x"}), "invalidSyntax"),
        ] {
            let refusal = patched(json!({}), op.clone()).expect_err("refused");
            assert_eq!(refusal.scim_type, Some(scim_type), "{op}");
        }
    }
}
