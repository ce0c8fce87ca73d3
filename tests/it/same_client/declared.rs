//! What a route says of its users in its discovery documents, as far as it differs from what a plain server says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::script::{Step, USER};
use crate::world::Answer;

/// The characteristics of one attribute or part.
#[derive(Clone, Debug)]
struct Attribute {
    mutability: String,
    returned: String,
    canonical_values: Vec<Value>,
    /// "One value is kept": RFC 7643 has no characteristic for it, so the description says it (CONTRACT section 3).
    single: bool,
}

/// What a route declares, by path: `title`, `name.givenName`, `urn:…:User:department`.
pub(super) struct Declared {
    attributes: BTreeMap<String, Attribute>,
    schemas: Vec<String>,
}

impl Declared {
    /// Reads `/Schemas` and `/ResourceTypes/User`.
    pub(super) fn read(schemas: &Value, user: &Value) -> Self {
        let extensions = user["schemaExtensions"].as_array().into_iter().flatten();
        let own: Vec<&Value> = std::iter::once(&user["schema"]).chain(extensions.map(|one| &one["schema"])).collect();
        let mut declared = Self { attributes: BTreeMap::new(), schemas: Vec::new() };
        for schema in schemas["Resources"].as_array().expect("schemas").iter().filter(|one| own.contains(&&one["id"])) {
            let urn = schema["id"].as_str().expect("an id");
            declared.schemas.push(urn.to_owned());
            let prefix = if urn == USER { String::new() } else { format!("{urn}:") };
            for attribute in schema["attributes"].as_array().expect("attributes") {
                declared.take(&prefix, attribute);
            }
        }
        declared
    }

    fn take(&mut self, prefix: &str, attribute: &Value) {
        let path = format!("{prefix}{}", attribute["name"].as_str().expect("a name"));
        for part in attribute["subAttributes"].as_array().into_iter().flatten() {
            self.take(&format!("{path}."), part);
        }
        let text = |name: &str| attribute[name].as_str().unwrap_or_default().to_owned();
        let known = Attribute {
            mutability: text("mutability"),
            returned: text("returned"),
            canonical_values: attribute["canonicalValues"].as_array().cloned().unwrap_or_default(),
            single: text("description").contains("One value is kept"),
        };
        self.attributes.insert(path, known);
    }

    pub(super) fn has_schema(&self, urn: &str) -> bool {
        self.schemas.iter().any(|known| known == urn)
    }

    /// Whether what a client may write at a plain server can be written here, now or only at creation.
    fn holds(&self, path: &str, plain: &Self, creating: bool) -> bool {
        let writable = |declared: &Self| {
            declared.attributes.get(path).is_some_and(|known| match known.mutability.as_str() {
                "readOnly" => false,
                "immutable" => creating,
                _ => true,
            })
        };
        !writable(plain) || writable(self)
    }

    fn is_single(&self, path: &str) -> bool {
        self.attributes.get(path).is_some_and(|known| known.single)
    }

    pub(super) fn is_never_returned(&self, path: &str) -> bool {
        self.attributes.get(path).is_some_and(|known| known.returned == "never")
    }

    /// The `scimType` where the request is refused here: a filter on what the route does not show (an empty list would be
    /// a lie), or a `type` that it does not have although a plain server suggests it.
    pub(super) fn refuses(&self, step: &Step, plain: &Self) -> Option<&'static str> {
        let shows =
            |declared: &Self, path: &str| declared.attributes.get(path).is_some_and(|known| known.returned != "never");
        let blind = step.filters.iter().any(|path| shows(plain, path) && !shows(self, path));
        if blind { Some("invalidFilter") } else { self.lacks_type(step, plain).then_some("invalidValue") }
    }

    fn lacks_type(&self, step: &Step, plain: &Self) -> bool {
        let closed = |path: &str, value: &Value| {
            let of = |declared: &Self| declared.attributes.get(path).map(|known| known.canonical_values.clone());
            let (here, there) = (of(self).unwrap_or_default(), of(plain).unwrap_or_default());
            !here.is_empty() && !here.contains(value) && there.contains(value)
        };
        let mut refused = false;
        each_value(&step.body, &mut |path, value| {
            refused |= self.holds(path, plain, false) && self.holds(whole(path), plain, false) && closed(path, value);
        });
        refused
    }

    /// The request without what the route cannot hold, and the names of that as the answer has to tell them; `None` if
    /// nothing is left. What is in no schema document, `externalId`, is lacking where the answer says so.
    pub(super) fn lessen(&self, step: &Step, plain: &Self, answer: &Answer) -> (Option<Value>, BTreeSet<String>) {
        let told: Vec<&str> = answer.header("scimux-dropped").split(", ").collect();
        let shown = if answer.body.is_empty() { Value::Null } else { answer.json() };
        let creating = step.method == "POST";
        let mut cut = Cut { route: self, plain, creating, told: &told, shown: &shown, dropped: BTreeSet::new() };
        let lessened = match (&step.body, step.body.get("Operations")) {
            (Value::Object(_), Some(Value::Array(operations))) if !operations.is_empty() => {
                let left: Vec<Value> = operations.iter().filter_map(|operation| cut.operation(operation)).collect();
                let mut body = step.body.clone();
                body["Operations"] = left.clone().into();
                (!left.is_empty()).then_some(body)
            }
            (Value::Object(members), None) => Some(cut.members(members, "").into()),
            (body, _) => Some(body.clone()),
        };
        (lessened, cut.dropped)
    }

    /// The lists of a user that hold more than fits here.
    pub(super) fn crowded(&self, user: &str) -> Vec<String> {
        let Ok(Value::Object(user)) = serde_json::from_str(user) else { return Vec::new() };
        let is_crowded =
            |path: &str, value: &Value| self.is_single(path) && value.as_array().is_some_and(|values| values.len() > 1);
        user.iter().filter(|(path, value)| is_crowded(path, value)).map(|(path, _)| path.clone()).collect()
    }

    /// A user as the route keeps it, which shows it so.
    pub(super) fn kept(&self, user: &Value, shown: &Value, plain: &Self) -> Value {
        let mut cut = Cut { route: self, plain, creating: true, told: &[], shown, dropped: BTreeSet::new() };
        cut.members(user.as_object().expect("a user"), "").into()
    }

    /// A user as far as both can show it and a client can write it.
    pub(super) fn shown(&self, user: &Value, plain: &Self) -> Value {
        let mut seen = Map::new();
        for (name, value) in user.as_object().expect("a user") {
            match value.as_object().filter(|_| name.contains(':')) {
                Some(members) => {
                    for (member, value) in members {
                        let path = format!("{name}:{member}");
                        seen.extend(self.shown_value(&path, value, plain).map(|value| (path, value)));
                    }
                }
                None => seen.extend(self.shown_value(name, value, plain).map(|value| (name.clone(), value))),
            }
        }
        seen.into()
    }

    fn shown_value(&self, path: &str, value: &Value, plain: &Self) -> Option<Value> {
        let is_shown = |path: &str| {
            let shows = |declared: &Self| {
                let known = declared.attributes.get(path);
                known.is_some_and(|known| known.mutability != "readOnly" && known.returned != "never")
            };
            shows(self) && shows(plain)
        };
        if !is_shown(path) {
            return None;
        }
        let part = |value: &Value| match value {
            Value::Object(parts) => {
                let parts = parts.iter().filter(|(name, _)| is_shown(&format!("{path}.{name}")));
                // `primary` absent is false (rfc-traps 45).
                let parts = parts.filter(|(name, value)| *name != "primary" || **value != Value::Bool(false));
                // Every route writes the `$ref` that the id stands for.
                let own = value["value"].as_str().map(|id| Value::from(format!("/Users/{id}")));
                let parts = parts.filter(|(name, value)| *name != "$ref" || Some(*value) != own.as_ref());
                Value::Object(parts.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            simple => simple.clone(),
        };
        Some(match value {
            Value::Array(values) => {
                let kept = if self.is_single(path) { only_one(values) } else { values.clone() };
                let mut kept: Vec<Value> = kept.iter().map(part).collect();
                kept.sort_by_key(ToString::to_string);
                kept.into()
            }
            value => part(value),
        })
    }
}

/// The value that stays where one fits: the primary one, else the first (CONTRACT section 3).
fn only_one(values: &[Value]) -> Vec<Value> {
    let primary = values.iter().find(|value| value["primary"] == true);
    primary.or(values.first()).cloned().into_iter().collect()
}

/// A request on its way to what a route can hold.
struct Cut<'a> {
    route: &'a Declared,
    plain: &'a Declared,
    creating: bool,
    told: &'a [&'a str],
    /// What came back.
    shown: &'a Value,
    dropped: BTreeSet<String>,
}

impl Cut<'_> {
    fn holds(&mut self, path: &str) -> bool {
        let common = path == "externalId" && self.told.contains(&path);
        let held = !common && self.route.holds(path, self.plain, self.creating);
        if !held {
            self.drop(path);
        }
        held
    }

    fn drop(&mut self, path: &str) {
        self.dropped.insert(path.to_owned());
    }

    fn members(&mut self, members: &Map<String, Value>, prefix: &str) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, value) in members {
            if let Some(container) = value.as_object().filter(|_| name.contains(':')) {
                let container = self.members(container, &format!("{name}:"));
                if !container.is_empty() {
                    kept.insert(name.clone(), container.into());
                }
            } else if let Some(value) = self.value(&format!("{prefix}{name}"), value) {
                kept.insert(name.clone(), value);
            }
        }
        kept
    }

    fn value(&mut self, path: &str, value: &Value) -> Option<Value> {
        if !self.holds(path) {
            return None;
        }
        match value {
            Value::Array(values) => {
                let values = if values.len() > 1 && self.route.is_single(path) {
                    self.drop(path);
                    only_one(values)
                } else {
                    values.clone()
                };
                Some(values.iter().map(|value| self.parts(path, value)).collect())
            }
            value => Some(self.parts(path, value)).filter(|value| *value != Value::Object(Map::new())),
        }
    }

    fn parts(&mut self, path: &str, value: &Value) -> Value {
        let Some(parts) = value.as_object() else { return value.clone() };
        // A part that is always the same loses nothing where it is asked for as it is.
        let is_so = |name: &str, value: &Value| {
            self.shown[path].as_array().is_some_and(|shown| shown.iter().any(|shown| shown[name] == *value))
        };
        let asked: Vec<_> = parts.iter().map(|(name, value)| (name, value, is_so(name, value))).collect();
        let kept = asked.into_iter().filter(|(name, _, is_so)| *is_so || self.holds(&format!("{path}.{name}")));
        let kept = kept.map(|(name, value, _)| (name, value));
        Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn operation(&mut self, operation: &Value) -> Option<Value> {
        let mut operation = operation.clone();
        match (operation["path"].as_str().map(named), operation.get("value").cloned()) {
            (None, Some(Value::Object(members))) => {
                let left = self.members(&members, "");
                operation["value"] = left.clone().into();
                (!left.is_empty()).then_some(operation)
            }
            (Some(path), value) if whole(&path) == path => {
                if !self.holds(&path) {
                    return None;
                }
                // A value that is added is not alone.
                let value = value.map(|value| self.value(&path, &value));
                match value {
                    None => Some(operation),
                    Some(value) => value.map(|value| {
                        operation["value"] = value;
                        operation
                    }),
                }
            }
            (Some(path), _) => (self.route_holds_whole(&path) && self.holds(&path)).then_some(operation),
            (None, _) => Some(operation),
        }
    }

    fn route_holds_whole(&mut self, path: &str) -> bool {
        let held = self.route.holds(whole(path), self.plain, self.creating);
        if !held {
            self.drop(path);
        }
        held
    }
}

/// The path without its value filter.
fn named(path: &str) -> String {
    let (before, rest) = path.split_once('[').unwrap_or((path, ""));
    format!("{before}{}", rest.rsplit_once(']').map_or("", |(_, after)| after))
}

/// The attribute a path leads into: the dot of `2.0` is none.
fn whole(path: &str) -> &str {
    let name = path.rfind(':').map_or(0, |colon| colon + 1);
    path[name..].find('.').map_or(path, |dot| &path[..name + dot])
}

/// Every simple value of a body or PATCH with its path.
fn each_value(body: &Value, tell: &mut dyn FnMut(&str, &Value)) {
    let Some(members) = body.as_object() else { return };
    for operation in members.get("Operations").and_then(Value::as_array).into_iter().flatten() {
        match (operation["path"].as_str().map(named), &operation["value"]) {
            (Some(path), value) => within(&path, value, tell),
            (None, value) => each_value(value, tell),
        }
    }
    for (name, value) in members.iter().filter(|(name, _)| *name != "Operations") {
        match value.as_object().filter(|_| name.contains(':')) {
            Some(container) => {
                container.iter().for_each(|(member, value)| within(&format!("{name}:{member}"), value, tell))
            }
            None => within(name, value, tell),
        }
    }
}

fn within(path: &str, value: &Value, tell: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| within(path, value, tell)),
        Value::Object(parts) => parts.iter().for_each(|(name, value)| tell(&format!("{path}.{name}"), value)),
        simple => tell(path, simple),
    }
}
