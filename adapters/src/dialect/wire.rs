//! Values between RFC shape and the vendor's wire, attribute by attribute (`[types.attributes]` of a profile).

use std::collections::BTreeMap;

use scimux_scim::patch::PATCH_URN;
use scimux_scim::schema::{Attribute, Kind};
use scimux_scim::{AttributePath, Object, Op, PatchOp, Text, Value};

use super::pointer::text;
use crate::mapping::same;
use crate::profile::{AttributeProfile, MultiValuedReplace, SubValue, Wire};
use crate::{Note, NoteKind, ServedType};

/// Writes bodies of one type.
pub(super) struct Writer<'a> {
    served: &'a ServedType,
    notes: Vec<Note>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(served: &'a ServedType) -> Self {
        Self { served, notes: Vec::new() }
    }

    pub(super) fn into_notes(self) -> Vec<Note> {
        self.notes
    }

    /// The body of a POST or PUT.
    pub(super) fn resource(&mut self, resource: &Object) -> Object {
        let mut body = resource.clone();
        for (path, profile) in &self.served.forms {
            if let Some(value) = path.get(&body).cloned() {
                path.set(&mut body, self.value(path, profile, value));
            }
        }
        if body.iter().any(|(_, value)| has_reference(value)) {
            body.iter_mut().for_each(|(_, value)| drop_references(value));
        }
        with_schemas(body, self.served)
    }

    /// The body of a PATCH.
    pub(super) fn patch(&mut self, operations: &[PatchOp]) -> Object {
        let operations = operations.iter().map(|operation| Value::Object(self.operation(operation))).collect();
        let schemas = Value::Array(vec![Value::from(PATCH_URN)]);
        [("schemas", schemas), ("Operations", Value::Array(operations))]
            .into_iter()
            .map(|(name, value)| (Text::from(name), value))
            .collect()
    }

    fn operation(&mut self, operation: &PatchOp) -> Object {
        let mut path = self.served.vendor.canonical(&operation.path).unwrap_or_else(|| operation.path.clone());
        let mut value = operation.value.clone();
        let served = self.served;
        if let Some((whole, profile)) = served.forms.iter().find(|(form, _)| same(form, &path.whole())) {
            if profile.wire == Wire::Bare && path.sub_attribute.as_deref() == Some("value") {
                path.sub_attribute = None;
            }
            if path.sub_attribute.is_none() {
                value = value.map(|value| self.value(whole, profile, value));
            }
        }
        if let Some(value) = &mut value {
            drop_references(value);
        }
        let mut message = Object::new();
        message.insert("op", operation.op.as_str());
        if let (Some(value), true) = (&value, self.is_pathless(operation)) {
            let mut object = Object::new();
            path.set(&mut object, value.clone());
            message.insert("value", object);
            return message;
        }
        message.insert("path", Value::String(path.to_string().into()));
        if let Some(value) = value {
            message.insert("value", value);
        }
        message
    }

    /// Whether the vendor takes the operation as an object without a path.
    fn is_pathless(&self, operation: &PatchOp) -> bool {
        let path = &operation.path;
        let whole = path.filter.is_none() && path.sub_attribute.is_none();
        let multi_valued = || self.served.vendor.resolve(path).is_some_and(|resolved| resolved.attribute.multi_valued);
        operation.op == Op::Replace
            && whole
            && self.served.profile.patch.multi_valued_replace == MultiValuedReplace::Pathless
            && multi_valued()
    }

    fn value(&mut self, path: &AttributePath, profile: &AttributeProfile, value: Value) -> Value {
        match (value, profile.wire) {
            (Value::Array(elements), _) => {
                Value::Array(elements.into_iter().map(|element| self.value(path, profile, element)).collect())
            }
            (Value::Object(parts), Wire::Bare) => {
                self.note(NoteKind::Renamed, path, "sent as a bare string");
                parts.get("value").cloned().unwrap_or(Value::Null)
            }
            (Value::String(tag), Wire::Underscore) if tag.contains('-') => {
                self.note(NoteKind::Renamed, path, "sent with _ for -");
                Value::String(tag.replace('-', "_").into())
            }
            (Value::Object(parts), _) => Value::Object(self.parts(path, profile, parts)),
            (value, _) => value,
        }
    }

    fn parts(&mut self, path: &AttributePath, profile: &AttributeProfile, mut parts: Object) -> Object {
        parts.retain(|name, _| !profile.without.iter().any(|without| without.eq_ignore_ascii_case(name)));
        for (name, given) in &profile.sent_with {
            let always = given == &SubValue::Bool(true);
            let present = parts.get(name).filter(|value| !value.is_unassigned());
            if present.is_none() || (always && present != Some(&Value::Bool(true))) {
                parts.insert(name.as_str(), sub_value(given));
                self.note(NoteKind::Added, &path.clone().with_sub(name.as_str()), "the vendor demands it");
            }
        }
        parts
    }

    fn note(&mut self, kind: NoteKind, path: &AttributePath, why: &'static str) {
        let canonical = self.served.mapping.path_to_canonical(path).to_string();
        if !self.notes.iter().any(|note| note.kind == kind && note.attribute == canonical) {
            self.notes.push(Note::new(kind, canonical, why));
        }
    }
}

/// Whether there is something that [`drop_references`] leaves out.
fn has_reference(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(has_reference),
        Value::Object(parts) => parts.contains("$ref") || parts.iter().any(|(_, value)| has_reference(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Leaves out every `$ref` beside a `value`: what a client sends there is a URL of the gateway's, and `value` says it all.
fn drop_references(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(drop_references),
        Value::Object(parts) => {
            if parts.get("value").is_some_and(|value| !value.is_unassigned()) {
                parts.remove("$ref");
            }
            parts.iter_mut().for_each(|(_, value)| drop_references(value));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The body with `schemas` in front: the base URN, the extensions whose containers are there (an explicit `null` counts),
/// and those that the body itself lists, as far as the vendor has them.
fn with_schemas(mut body: Object, served: &ServedType) -> Object {
    let stated = body.get("schemas").and_then(Value::as_array).unwrap_or_default();
    let base = &served.vendor.schema.id;
    let known = |urn: &Text| {
        let present = served.vendor.open && is_urn(urn);
        present || urn.eq_ignore_ascii_case(base) || served.vendor.extension(urn).is_some()
    };
    let listed = stated.iter().filter_map(|entry| if let Value::String(urn) = entry { Some(urn) } else { None });
    let present = body.iter().map(|(name, _)| name).filter(|name| is_urn(name));
    let mut schemas: Vec<&Text> = Vec::new();
    for urn in listed.filter(|urn| known(urn)).chain([base]).chain(present) {
        if !schemas.iter().any(|entry| entry.eq_ignore_ascii_case(urn)) {
            schemas.push(urn);
        }
    }
    let is_stated = schemas.iter().map(|urn| Some(&***urn)).eq(stated.iter().map(Value::as_str));
    if is_stated && body.iter().next().is_some_and(|(name, _)| name == "schemas") {
        return body;
    }
    let schemas = schemas.into_iter().cloned().map(Value::String).collect();
    body.remove("schemas");
    std::iter::once((Text::from_static("schemas"), Value::Array(schemas))).chain(body).collect()
}

fn is_urn(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// Brings a resource from the vendor into RFC shape.
pub(super) fn heal(resource: &mut Object, served: &ServedType) {
    heal_types(resource, served);
    if let Some(Value::Number(id)) = resource.get("id") {
        let id = Value::String(id.clone());
        resource.insert("id", id);
    }
    for (path, profile) in &served.forms {
        if let Some(value) = path.get(resource).filter(|value| !value.is_unassigned()).cloned() {
            path.set(resource, healed(profile, value));
        } else if profile.never_returned {
            // An empty list of what cannot be read would say that there is none.
            path.take(resource);
        }
    }
}

/// Brings values into the schema's types as far as nothing is guessed: a list of a lone value, `false` of "False" (which
/// many clients would take for true, rfc-traps 28).
fn heal_types(resource: &mut Object, served: &ServedType) {
    let vendor = &served.vendor;
    for (name, value) in resource.iter_mut() {
        match value {
            Value::Object(container) if vendor.extension(name).is_some() => {
                let schema = vendor.extension(name).expect("the guard found it");
                container.iter_mut().for_each(|(name, value)| heal_type(value, schema.attribute(name)));
            }
            value if name.eq_ignore_ascii_case("schemas") => {
                make_list(value);
                put_first(value, &vendor.schema.id);
            }
            value => heal_type(value, vendor.schema.attribute(name)),
        }
    }
}

/// The base URN in front: the order means nothing (rfc-traps 17), but some readers take the first for the type.
fn put_first(schemas: &mut Value, base: &str) {
    let Value::Array(urns) = schemas else { return };
    let is_base = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(base));
    if let Some(at) = urns.iter().position(is_base) {
        urns[..=at].rotate_right(1);
    }
}

fn heal_type(value: &mut Value, attribute: Option<&Attribute>) {
    let Some(attribute) = attribute else { return };
    if attribute.multi_valued {
        make_list(value);
    }
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| heal_one(element, attribute)),
        one => heal_one(one, attribute),
    }
}

fn heal_one(value: &mut Value, attribute: &Attribute) {
    match value {
        Value::String(text) if attribute.kind == Kind::Boolean => {
            if let Ok(flag) = text.to_ascii_lowercase().parse() {
                *value = Value::Bool(flag);
            }
        }
        Value::Object(parts) => {
            parts.iter_mut().for_each(|(name, part)| heal_type(part, attribute.sub(name)));
        }
        _ => {}
    }
}

fn make_list(value: &mut Value) {
    if !matches!(value, Value::Array(_) | Value::Null) {
        *value = Value::Array(vec![std::mem::replace(value, Value::Null)]);
    }
}

fn healed(profile: &AttributeProfile, value: Value) -> Value {
    match (value, profile.wire) {
        (Value::Array(elements), _) => {
            Value::Array(elements.into_iter().map(|element| healed(profile, element)).collect())
        }
        (Value::Object(parts), _) => Value::Object(healed_parts(profile, parts)),
        (value, Wire::Bare) => match text(&value) {
            Some(text) => Value::Object([(Text::from_static("value"), Value::from(text))].into_iter().collect()),
            None => value,
        },
        (Value::String(tag), Wire::Underscore) => Value::String(tag.replace('_', "-").into()),
        (value, _) => value,
    }
}

fn healed_parts(profile: &AttributeProfile, parts: Object) -> Object {
    let mut parts = if profile.read_as.is_empty() { parts } else { renamed(parts, &profile.read_as) };
    for (name, given) in &profile.read_with {
        if parts.get(name).is_none_or(Value::is_unassigned) {
            parts.insert(name.as_str(), sub_value(given));
        }
    }
    parts
}

fn renamed(parts: Object, names: &BTreeMap<String, String>) -> Object {
    let rename = |(name, value): (Text, Value)| {
        let new = names.iter().find(|(old, _)| old.eq_ignore_ascii_case(&name)).map(|(_, new)| new.as_str().into());
        (new.unwrap_or(name), value)
    };
    parts.into_iter().map(rename).collect()
}

fn sub_value(given: &SubValue) -> Value {
    match given {
        SubValue::Bool(value) => Value::Bool(*value),
        SubValue::Text(text) => text.as_str().into(),
    }
}
