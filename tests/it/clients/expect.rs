//! What a route has to answer: what a plain server would, less what this target's own profile says its vendor lacks.

use std::sync::Arc;

use scimux_adapters::profile::{AttributeProfile, TypeProfile};
use scimux_adapters::{Capability, ServedType, Target, capabilities};
use scimux_scim::schema::{Attribute, Mutability};
use scimux_scim::{AttributePath, Filter};
use serde_json::{Map, Value, json};

/// A route by what is behind it.
pub(super) struct Route {
    pub(super) target: Arc<Target>,
}

/// What is to come back.
#[derive(Debug)]
pub(super) enum Expected {
    /// An error with this status and `scimType`.
    Refused(u16, &'static str),
    /// This status and these members.
    Answer(u16, Option<Value>),
}

/// The endpoint a step is about.
pub(super) fn endpoint(step: &Value) -> &'static str {
    if step["path"].as_str().is_some_and(|path| path.starts_with("/Users")) { "/Users" } else { "/Groups" }
}

impl Route {
    pub(super) fn serves(&self, endpoint: &str) -> bool {
        self.served(endpoint).is_some()
    }

    fn served(&self, endpoint: &str) -> Option<&ServedType> {
        self.target.types.iter().find(|served| served.canonical.endpoint == endpoint)
    }

    pub(super) fn expected(&self, step: &Value) -> Expected {
        if let Some(document) = step["canonical"]["discover"].as_str() {
            let absent = document == "/ResourceTypes/Group" && !self.serves("/Groups");
            return if absent {
                Expected::Refused(404, "")
            } else {
                Expected::Answer(200, Some(step["answer"].clone()))
            };
        }
        let Some(served) = self.served(endpoint(step)) else { return Expected::Refused(501, "") };
        let (operation, asked) =
            step["canonical"].as_object().and_then(|one| one.iter().next()).expect("one operation");
        let able = capabilities(&self.target, served);
        let able = |name: &str| able.iter().find(|(known, _)| *known == name).map(|(_, able)| *able);
        if able(operation) == Some(Capability::Refused) {
            return Expected::Refused(501, "");
        }
        if let Some(refusal) = refusal(served, operation, asked) {
            return refusal;
        }
        let status = u16::try_from(step["status"].as_u64().expect("a status")).expect("a status");
        // Where DELETE deactivates, what was deleted is still there.
        if status == 404 && able("delete") == Some(Capability::Emulated) {
            return Expected::Answer(200, Some(json!({"active": false})));
        }
        if operation == "list" && names_unknown(served, asked) {
            return Expected::Refused(400, "invalidFilter");
        }
        Expected::Answer(status, step.get("answer").cloned())
    }

    /// Whether everything expected is there, but for what the vendor does not hold.
    pub(super) fn compare(&self, step: &Value, expected: &Value, got: &Value) -> Result<(), String> {
        let members = expected.as_object().ok_or("members are expected")?;
        let is_resource = expected.get("totalResults").is_none() && expected.get("scimType").is_none();
        if !is_resource || step["canonical"].get("discover").is_some() {
            let other = members.iter().find(|(name, wanted)| got.get(name.as_str()) != Some(*wanted));
            return other
                .map_or(Ok(()), |(name, wanted)| Err(format!("{name} is {}, not {wanted}", got[name.as_str()])));
        }
        let served = self.served(endpoint(step)).ok_or("a type that is not served")?;
        for (name, wanted) in members {
            let found = got.get(name).unwrap_or(&Value::Null);
            match wanted.as_object().filter(|_| name.contains(':')) {
                Some(members) => {
                    for (member, wanted) in members {
                        let path = AttributePath::attribute(&**member).with_urn(&**name);
                        attribute(served, &path, wanted, found.get(member).unwrap_or(&Value::Null))?;
                    }
                }
                None => attribute(served, &AttributePath::attribute(&**name), wanted, found)?,
            }
        }
        Ok(())
    }
}

/// What this vendor cannot be asked, and the gateway refuses.
fn refusal(served: &ServedType, operation: &str, asked: &Value) -> Option<Expected> {
    match operation {
        "create" | "replace" => {
            let lacking = lacks_required(served, asked, operation == "create");
            (lacking || has_other_type(served, asked)).then_some(Expected::Refused(400, "invalidValue"))
        }
        "patch" => {
            let operations = asked.as_array().expect("operations");
            let other_type = |operation: &Value| {
                let path = operation["path"].as_str().unwrap_or_default();
                has_other_type(served, &json!({path: operation["value"]}))
            };
            if operations.iter().any(other_type) {
                return Some(Expected::Refused(400, "invalidValue"));
            }
            // What a later operation sets again is there in the end.
            let stays_removed = |(at, operation): &(usize, &Value)| {
                let sets = |later: &Value| later["op"] != "remove" && later["path"] == operation["path"];
                operation["op"] == "remove" && !operations[*at..].iter().any(sets)
            };
            let is_demanded = |(_, operation): (usize, &Value)| {
                let path = operation["path"].as_str().unwrap_or_default();
                served.profile.patch.not_removable.iter().any(|kept| kept == path)
                    || form(served, path).is_some_and(|form| form.required)
            };
            let refused = operations.iter().enumerate().filter(stays_removed).any(is_demanded);
            refused.then_some(Expected::Refused(400, "mutability"))
        }
        _ => None,
    }
}

fn form<'a>(served: &'a ServedType, name: &str) -> Option<&'a AttributeProfile> {
    let TypeProfile { attributes, .. } = &served.profile;
    attributes.get(name)
}

/// Whether a filter names what the vendor does not hold or never shows: an empty list would be a lie (CONTRACT section 3).
fn names_unknown(served: &ServedType, asked: &Value) -> bool {
    let Some(filter) = asked["filter"].as_str() else { return false };
    let filter = Filter::parse(filter, &served.canonical).expect("a canonical filter");
    let mut unknown = false;
    let _ = filter.map_paths(&mut |path| {
        let vendor = served.mapping.path_to_vendor(path);
        let known = served.vendor.resolve(&vendor).is_some() && is_listed(served, path);
        unknown |= !known || !is_shown(served, &vendor);
        Ok::<_, std::convert::Infallible>(path.clone())
    });
    unknown
}

/// Whether a body lacks what the vendor demands: no default gives it to a create, a PUT takes it from what is there. Empty
/// it is never good.
fn lacks_required(served: &ServedType, body: &Value, creating: bool) -> bool {
    let given = |attribute: &Attribute| served.defaults.iter().any(|(path, _)| *path.attribute == *attribute.name);
    let lacking = |attribute: &&Attribute| match body.get(&*attribute.name) {
        None => creating && !given(attribute),
        Some(value) => value == "",
    };
    served.vendor.schema.attributes.iter().filter(|attribute| attribute.required).any(|attribute| lacking(&attribute))
}

/// Whether a list holds a `type` outside the vendor's closed set.
fn has_other_type(served: &ServedType, body: &Value) -> bool {
    let none = Map::new();
    body.as_object().unwrap_or(&none).iter().any(|(name, elements)| {
        let types = form(served, name).map(|form| form.types.as_slice()).unwrap_or_default();
        let elements = elements.as_array().map(Vec::as_slice).unwrap_or_default();
        let other =
            |element: &Value| element["type"].as_str().is_some_and(|kind| !types.iter().any(|known| known == kind));
        !types.is_empty() && elements.iter().any(other)
    })
}

/// Whether the vendor holds the attribute or part at a canonical path, and shows it.
fn held(served: &ServedType, path: &AttributePath) -> bool {
    let vendor = served.mapping.path_to_vendor(path);
    if served.vendor.open && vendor.urn.is_some() {
        return true;
    }
    served.vendor.resolve(&vendor).is_some_and(|resolved| {
        is_listed(served, path)
            && resolved.attribute.mutability != Mutability::ReadOnly
            && resolved.leaf().mutability != Mutability::ReadOnly
    }) && is_shown(served, &vendor)
}

/// `externalId` is in no schema: the profile lists it by itself.
fn is_listed(served: &ServedType, path: &AttributePath) -> bool {
    let common = path.attribute.eq_ignore_ascii_case("externalId") && path.urn.is_none();
    !common || served.profile.holds.is_empty() || served.profile.holds.iter().any(|held| held == "externalId")
}

fn is_shown(served: &ServedType, vendor: &AttributePath) -> bool {
    let shown = |path: &AttributePath| !form(served, &path.to_string()).is_some_and(|form| form.never_returned);
    shown(&vendor.whole()) && shown(vendor)
}

fn attribute(served: &ServedType, path: &AttributePath, wanted: &Value, found: &Value) -> Result<(), String> {
    if !held(served, path) {
        return Ok(());
    }
    let without = form(served, &path.to_string()).map(|form| form.without.clone()).unwrap_or_default();
    let given =
        form(served, &path.to_string()).map(|form| form.read_with.keys().cloned().collect()).unwrap_or_default();
    let parts = Parts { served, path, without, given };
    let single = form(served, &path.to_string()).is_some_and(|form| form.single);
    let meets = match (wanted, found) {
        (Value::Null, found) => found.is_null() || found.as_array().is_some_and(Vec::is_empty),
        (Value::Array(wanted), Value::Array(found)) => {
            let any = |one: &Value| wanted.iter().any(|wanted| parts.meet(wanted, one));
            let all = found.len() == wanted.len() || single && found.len() == 1;
            all && found.iter().all(any)
        }
        (wanted, found) => parts.meet(wanted, found),
    };
    if meets { Ok(()) } else { Err(format!("{path} is {found}, not {wanted}")) }
}

/// How one value of an attribute is compared.
struct Parts<'a> {
    served: &'a ServedType,
    path: &'a AttributePath,
    /// What the vendor does not keep of it.
    without: Vec<String>,
    /// What every value has here.
    given: Vec<String>,
}

impl Parts<'_> {
    fn meet(&self, wanted: &Value, found: &Value) -> bool {
        match wanted.as_object() {
            None => wanted == found,
            Some(wanted) => wanted.iter().all(|(name, wanted)| {
                let lacking = !self.holds(name) && !self.given.contains(name);
                lacking || found.get(name).unwrap_or(&Value::Null) == wanted
            }),
        }
    }

    fn holds(&self, part: &str) -> bool {
        !self.without.iter().any(|without| without == part) && held(self.served, &self.path.clone().with_sub(part))
    }
}
