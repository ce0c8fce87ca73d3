//! PATCH messages decoded: what clients write becomes one explicit operation per attribute.

mod named;

use crate::coerce::{Seen, coerce, single};
use crate::patch::MAX_OPERATIONS;
use crate::schema::{Attribute, Kind, Resolved};
use crate::value::embedded;
use crate::{AttributePath, Object, Op, PatchOp, Quirks, ResourceType, ScimError, Text, Value};

use super::Patch;
use named::{unwrapped, values_named};

/// Decodes a PATCH message for the resource `id`.
///
/// # Errors
/// The `scimType` of RFC 7644 table 9 for each mistake; see rfc-traps 106 to 129.
pub fn decode(message: &Object, id: &str, resource_type: &ResourceType, quirks: Quirks) -> Result<Patch, ScimError> {
    // A misspelt or missing message schema is tolerated (rfc-traps 106): the endpoint and the method tell what this is.
    let Some(Value::Array(operations)) = message.get("Operations") else {
        return Err(ScimError::invalid_syntax("a PATCH needs Operations, a list of operations"));
    };
    if operations.is_empty() || operations.len() > MAX_OPERATIONS {
        return Err(ScimError::invalid_syntax(format!("a PATCH has 1 to {MAX_OPERATIONS} operations")));
    }
    let mut decoder = Decoder::new(id, resource_type, quirks);
    for operation in operations {
        let operation = operation.as_object();
        decoder.operation(operation.ok_or_else(|| ScimError::invalid_syntax("an operation is an object"))?)?;
    }
    decoder.finish()
}

/// What an object of attributes says, one operation per attribute.
pub(crate) fn pathless(
    op: Op,
    members: Object,
    resource_type: &ResourceType,
    quirks: Quirks,
) -> Result<Patch, ScimError> {
    let mut decoder = Decoder::new("", resource_type, quirks);
    decoder.members(op, members)?;
    decoder.finish()
}

struct Decoder<'a> {
    id: &'a str,
    resource_type: &'a ResourceType,
    quirks: Quirks,
    operations: Vec<PatchOp>,
    unknown: Vec<String>,
}

impl<'a> Decoder<'a> {
    fn new(id: &'a str, resource_type: &'a ResourceType, quirks: Quirks) -> Self {
        Self { id, resource_type, quirks, operations: Vec::new(), unknown: Vec::new() }
    }

    /// What is spread is bounded too.
    fn finish(self) -> Result<Patch, ScimError> {
        match self.operations.len() {
            0..=MAX_OPERATIONS => Ok(Patch { operations: self.operations, unknown: self.unknown }),
            _ => Err(ScimError::invalid_syntax(format!("a request says at most {MAX_OPERATIONS} things by path"))),
        }
    }

    fn operation(&mut self, operation: &Object) -> Result<(), ScimError> {
        let op = verb(operation)?;
        let value = operation.get("value").cloned();
        match path_text(operation)? {
            Some(text) => self.with_path(op, text, value),
            None if op == Op::Remove => Err(ScimError::no_target("remove needs a path")),
            None => match value {
                Some(Value::Object(members)) => self.members(op, members),
                // clients.md rule 13
                Some(Value::String(text)) => match embedded(&Value::String(text)) {
                    Some(members) => self.members(op, members),
                    None => Err(ScimError::invalid_value("without a path, value is an object of attributes")),
                },
                Some(_) => Err(ScimError::invalid_value("without a path, value is an object of attributes")),
                None => Err(missing_value(op)),
            },
        }
    }

    fn with_path(&mut self, op: Op, text: &str, value: Option<Value>) -> Result<(), ScimError> {
        let path = AttributePath::parse(text, self.resource_type)?;
        let Some(path) = self.resource_type.canonical(&path) else {
            return Err(ScimError::invalid_path(format!("no schema has an attribute {text}")));
        };
        if path.is_container() {
            return self.whole_container(op, path, value);
        }
        self.check_filter(&path)?;
        match op {
            Op::Remove => self.remove(path, value),
            Op::Add | Op::Replace => self.set(op, path, value.ok_or_else(|| missing_value(op))?, true),
        }
    }

    /// A path that is a schema's URN means the whole extension (rfc-traps 9); the base schema has no container, so its
    /// URN is as good as no path (rfc-traps 10).
    fn whole_container(&mut self, op: Op, path: AttributePath, value: Option<Value>) -> Result<(), ScimError> {
        let is_base = path.urn.as_deref().is_some_and(|urn| self.resource_type.is_base(urn));
        match (op, value) {
            // clients.md rule 1: with a value, these and not all.
            (Op::Remove, Some(Value::Object(members))) => self.remove_members(&path, members),
            (Op::Remove, Some(Value::Array(none))) if none.is_empty() => Ok(()), // rfc-traps 183
            (Op::Remove, None | Some(Value::Null)) if is_base => {
                Err(ScimError::mutability("the base schema cannot be removed"))
            }
            (Op::Remove, None) | (Op::Remove | Op::Replace, Some(Value::Null)) if !is_base => {
                self.operations.push(PatchOp { op: Op::Remove, path, value: None, explicit: true });
                Ok(())
            }
            (Op::Add, Some(Value::Null)) => Ok(()),
            (op, Some(Value::Object(members))) if is_base => self.members(op, members),
            (op, Some(Value::Object(members))) => self.extension_members(op, &path, members),
            (op, None) => Err(missing_value(op)),
            (_, Some(_)) => Err(ScimError::invalid_value(format!("{path}: value is an object of attributes"))),
        }
    }

    /// What a pathless value says, one operation per attribute.
    fn members(&mut self, op: Op, members: Object) -> Result<(), ScimError> {
        for (name, value) in members {
            self.member(op, &name, value)?;
        }
        Ok(())
    }

    fn member(&mut self, op: Op, name: &Text, value: Value) -> Result<(), ScimError> {
        if let Some(urn) = self.resource_type.meant(name) {
            return self.whole_container(op, AttributePath::attribute("").with_urn(urn), Some(value));
        }
        if name.eq_ignore_ascii_case("id") {
            let same = value.as_str().is_none_or(|id| id == self.id);
            return if same { Ok(()) } else { Err(ScimError::mutability("id is readOnly, and value has another one")) };
        }
        let is_unknown_container = self.resource_type.open && value.as_object().is_some() && name.contains(':');
        let path = AttributePath::parse(name, self.resource_type).ok();
        let known = path.and_then(|path| self.resource_type.canonical(&path));
        match known.filter(|path| !path.is_container()) {
            // clients.md rule 7: harmless echoes. `schemas` is kept true by the content.
            Some(path) if path.urn.is_none() && ["schemas", "meta"].contains(&&*path.attribute) => Ok(()),
            Some(path) if self.resource_type.resolve(&path).is_some() => {
                self.check_filter(&path)?;
                self.set(op, path, value, false)
            }
            _ if is_unknown_container => {
                let container = AttributePath::attribute("").with_urn(name.clone());
                self.whole_container(op, container, Some(value))
            }
            Some(path) => self.set(op, path, value, false),
            None => {
                self.unknown.push(name.to_string());
                Ok(())
            }
        }
    }

    fn extension_members(&mut self, op: Op, container: &AttributePath, members: Object) -> Result<(), ScimError> {
        for (name, value) in members {
            match self.within(container, &name) {
                Some(path) => {
                    self.check_filter(&path)?;
                    self.set(op, path, value, false)?;
                }
                None => self.unknown.push(format!("{container}:{name}")),
            }
        }
        Ok(())
    }

    fn remove_members(&mut self, container: &AttributePath, members: Object) -> Result<(), ScimError> {
        for (name, value) in members {
            match self.within(container, &name) {
                Some(path) => self.remove(path, Some(value))?,
                None => self.unknown.push(format!("{container}:{name}")),
            }
        }
        Ok(())
    }

    /// The path of a member of a container, which may itself be dotted.
    fn within(&self, container: &AttributePath, name: &str) -> Option<AttributePath> {
        let path = AttributePath::parse(&format!("{container}:{name}"), self.resource_type).ok()?;
        self.resource_type.canonical(&path).filter(|path| !path.is_container())
    }

    fn set(&mut self, op: Op, path: AttributePath, value: Value, explicit: bool) -> Result<(), ScimError> {
        let cleared = match self.resource_type.resolve(&path) {
            Some(resolved) if op == Op::Replace => cleared_parts(&value, &path, resolved),
            _ => Vec::new(),
        };
        let whole = path.clone();
        let value = match self.resource_type.resolve(&path) {
            // rfc-traps 150: refused whatever the value is.
            Some(resolved) if explicit && (resolved.attribute.is_read_only() || resolved.leaf().is_read_only()) => {
                return Err(ScimError::mutability(format!("{path} is readOnly")));
            }
            Some(resolved) => self.typed(resolved, &path, value)?,
            // An extension that no schema describes: as it is.
            None => Some(value).filter(|value| *value != Value::Null),
        };
        match (value, op) {
            (Some(value), _) => {
                let op = self.meant(op, &path);
                self.operations.push(PatchOp { op, path, value: Some(value), explicit });
            }
            // rfc-traps 167, 168: replaced by nothing is removed. 152: added nothing changes nothing.
            (None, Op::Replace) if cleared.is_empty() => {
                self.operations.push(PatchOp { op: Op::Remove, path, value: None, explicit })
            }
            (None, _) => {}
        }
        let removed = cleared.into_iter().map(|name| whole.clone().with_sub(name));
        self.operations.extend(removed.map(|path| PatchOp { op: Op::Remove, path, value: None, explicit }));
        Ok(())
    }

    /// Under a value filter, `replace` and `add` differ only where nothing is found: `add` creates it.
    fn meant(&self, op: Op, path: &AttributePath) -> Op {
        if self.quirks.replace_creates && op == Op::Replace && path.filter.is_some() { Op::Add } else { op }
    }

    /// The value in the type of what the path ends in.
    fn typed(
        &mut self,
        resolved: Resolved<'_>,
        path: &AttributePath,
        value: Value,
    ) -> Result<Option<Value>, ScimError> {
        let leaf = resolved.leaf();
        let mut seen = Seen { drop_read_only: !leaf.is_read_only(), quirks: self.quirks, ..Seen::default() };
        let name = path.to_string();
        let is_element = path.filter.is_some() && path.sub_attribute.is_none();
        let (value, says_something) = if is_element {
            let mut value = match value {
                Value::Array(mut elements) if elements.len() < 2 => elements.pop().unwrap_or(Value::Null),
                value => value,
            };
            let says_something = single(&mut value, leaf, &name, &mut seen);
            (value, says_something)
        } else {
            let mut value = unwrapped(value, leaf);
            let says_something = coerce(&mut value, leaf, &name, &mut seen);
            (value, says_something)
        };
        self.unknown.append(&mut seen.unknown);
        Ok(says_something?.then_some(value))
    }

    /// `remove` with a `value` is not in the RFC, and means "these values", never "all" (rfc-traps 182, 183).
    fn remove(&mut self, path: AttributePath, value: Option<Value>) -> Result<(), ScimError> {
        let named = value.filter(|value| *value != Value::Null && path.filter.is_none());
        let filter = match (named, self.resource_type.resolve(&path)) {
            (Some(value), Some(resolved)) if resolved.attribute.multi_valued => {
                match values_named(value, resolved, &path)? {
                    Some(filter) => Some(Box::new(filter)),
                    None => return Ok(()),
                }
            }
            (Some(Value::Array(_)), None) => {
                return Err(ScimError::invalid_path(format!("{path}: no schema says what the values are")));
            }
            _ => path.filter.clone(),
        };
        let path = AttributePath { filter, ..path };
        self.operations.push(PatchOp { op: Op::Remove, path, value: None, explicit: true });
        Ok(())
    }

    /// A value filter chooses among values, so the attribute must have several (rfc-traps 121); what is wrong inside the
    /// brackets is `invalidFilter`.
    fn check_filter(&self, path: &AttributePath) -> Result<(), ScimError> {
        let Some(filter) = &path.filter else { return Ok(()) };
        let Some(resolved) = self.resource_type.resolve(path) else { return Ok(()) };
        if !resolved.attribute.multi_valued {
            return Err(ScimError::invalid_path(format!("{path}: {} has one value", resolved.attribute.name)));
        }
        crate::filter::compile_element(filter, resolved.attribute).map(|_| ())
    }
}

fn verb(operation: &Object) -> Result<Op, ScimError> {
    let text = operation.str("op").unwrap_or_default();
    let known = [Op::Add, Op::Remove, Op::Replace].into_iter().find(|op| op.as_str().eq_ignore_ascii_case(text));
    known.ok_or_else(|| ScimError::invalid_syntax("op must be add, remove or replace"))
}

/// rfc-traps 112: an empty path is none.
fn path_text(operation: &Object) -> Result<Option<&str>, ScimError> {
    match operation.get("path") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(&**text).filter(|text| !text.is_empty())),
        Some(_) => Err(ScimError::invalid_path("path is a string")),
    }
}

fn missing_value(op: Op) -> ScimError {
    ScimError::invalid_value(format!("{} needs a value", op.as_str()))
}

/// The parts that an object says are none. `replace` merges an object, so they are removed by themselves (rfc-traps 155,
/// 167); a reference without its id goes as a whole.
fn cleared_parts(value: &Value, path: &AttributePath, resolved: Resolved<'_>) -> Vec<Text> {
    let attribute = resolved.attribute;
    let merges = path.sub_attribute.is_none() && (path.filter.is_some() || !attribute.multi_valued);
    let Some(parts) = value.as_object().filter(|_| merges && attribute.kind == Kind::Complex) else {
        return Vec::new();
    };
    let cleared = parts.iter().filter(|(_, value)| value.is_unassigned()).filter_map(|(name, _)| attribute.sub(name));
    let cleared: Vec<&Attribute> = cleared.filter(|sub| !sub.is_read_only()).collect();
    let without_id = parts.get("value").is_some_and(|id| id.is_unassigned() || id.as_str() == Some(""));
    match attribute.is_reference() && without_id {
        true => Vec::new(),
        false => cleared.into_iter().map(|sub| sub.name.clone()).collect(),
    }
}
