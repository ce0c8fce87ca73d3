//! PATCH messages decoded: what clients write becomes one explicit operation per attribute.

use crate::coerce::{Seen, coerce, single};
use crate::filter::{CompareOp, Literal};
use crate::patch::MAX_OPERATIONS;
use crate::schema::{Attribute, Kind, Resolved};
use crate::{AttributePath, Filter, Object, Op, PatchOp, ResourceType, ScimError, Text, Value};

use super::Patch;

/// Decodes a PATCH message for the resource `id`.
///
/// # Errors
/// The `scimType` of RFC 7644 table 9 for each mistake; see rfc-traps 106 to 129.
pub fn decode(message: &Object, id: &str, resource_type: &ResourceType) -> Result<Patch, ScimError> {
    // A misspelt or missing message schema is tolerated (rfc-traps 106): the endpoint and the method tell what this is.
    let Some(Value::Array(operations)) = message.get("Operations") else {
        return Err(ScimError::invalid_syntax("a PATCH needs Operations, a list of operations"));
    };
    if operations.is_empty() || operations.len() > MAX_OPERATIONS {
        return Err(ScimError::invalid_syntax(format!("a PATCH has 1 to {MAX_OPERATIONS} operations")));
    }
    let mut decoder =
        Decoder { id, resource_type, operations: Vec::with_capacity(operations.len()), unknown: Vec::new() };
    for operation in operations {
        let operation = operation.as_object();
        decoder.operation(operation.ok_or_else(|| ScimError::invalid_syntax("an operation is an object"))?)?;
    }
    // What is spread is bounded too.
    match decoder.operations.len() {
        0..=MAX_OPERATIONS => Ok(Patch { operations: decoder.operations, unknown: decoder.unknown }),
        _ => Err(ScimError::invalid_syntax(format!("a PATCH says at most {MAX_OPERATIONS} things"))),
    }
}

struct Decoder<'a> {
    id: &'a str,
    resource_type: &'a ResourceType,
    operations: Vec<PatchOp>,
    unknown: Vec<String>,
}

impl Decoder<'_> {
    fn operation(&mut self, operation: &Object) -> Result<(), ScimError> {
        let op = verb(operation)?;
        let value = operation.get("value").cloned();
        match path_text(operation)? {
            Some(text) => self.with_path(op, text, value),
            None if op == Op::Remove => Err(ScimError::no_target("remove needs a path")),
            None => match value {
                Some(Value::Object(members)) => self.members(op, members),
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
            (Op::Remove, _) if is_base => Err(ScimError::mutability("the base schema cannot be removed")),
            (Op::Remove, _) | (Op::Replace, Some(Value::Null)) if !is_base => {
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
        if let Some(schema) = self.resource_type.extension(name) {
            let container = AttributePath::attribute("").with_urn(schema.id.as_str());
            return self.whole_container(op, container, Some(value));
        }
        if self.resource_type.is_base(name) {
            return self.whole_container(op, AttributePath::attribute("").with_urn(name.clone()), Some(value));
        }
        // clients.md rule 7: harmless echoes. `schemas` is kept true by the content.
        if name.eq_ignore_ascii_case("schemas") || name.eq_ignore_ascii_case("meta") {
            return Ok(());
        }
        if name.eq_ignore_ascii_case("id") {
            let same = value.as_str().is_none_or(|id| id == self.id);
            return if same { Ok(()) } else { Err(ScimError::mutability("id is readOnly, and value has another one")) };
        }
        let is_unknown_container = self.resource_type.open && value.as_object().is_some() && name.contains(':');
        let path = AttributePath::parse(name, self.resource_type).ok();
        let known = path.and_then(|path| self.resource_type.canonical(&path));
        match known.filter(|path| !path.is_container()) {
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
            let path = AttributePath { attribute: name.clone(), ..container.clone() };
            match self.resource_type.canonical(&path) {
                Some(path) => self.set(op, path, value, false)?,
                None => self.unknown.push(path.to_string()),
            }
        }
        Ok(())
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
            (Some(value), _) => self.operations.push(PatchOp { op, path, value: Some(value), explicit }),
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

    /// The value in the type of what the path ends in.
    fn typed(
        &mut self,
        resolved: Resolved<'_>,
        path: &AttributePath,
        value: Value,
    ) -> Result<Option<Value>, ScimError> {
        let leaf = resolved.leaf();
        let mut seen = Seen { drop_read_only: !leaf.is_read_only(), ..Seen::default() };
        let name = path.to_string();
        let is_element = path.filter.is_some() && path.sub_attribute.is_none();
        let value = if is_element {
            let value = match value {
                Value::Array(mut elements) if elements.len() == 1 => elements.remove(0),
                value => value,
            };
            single(value, leaf, &name, &mut seen)
        } else {
            coerce(value, leaf, &name, &mut seen)
        };
        self.unknown.append(&mut seen.unknown);
        value
    }

    /// `remove` with a `value` is not in the RFC, and means "these values", never "all" (rfc-traps 182, 183).
    fn remove(&mut self, path: AttributePath, value: Option<Value>) -> Result<(), ScimError> {
        let named =
            value.filter(|value| *value != Value::Null && path.filter.is_none() && path.sub_attribute.is_none());
        let attribute = self.resource_type.resolve(&path).map(|resolved| resolved.attribute);
        let filter = match (named, attribute) {
            (Some(value), Some(attribute)) if attribute.multi_valued => match values_named(value, attribute, &path)? {
                Some(filter) => Some(Box::new(filter)),
                None => return Ok(()),
            },
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
        false => cleared.into_iter().map(|sub| sub.name.as_str().into()).collect(),
    }
}

/// A filter that finds the named values; `None` if none is named.
fn values_named(value: Value, attribute: &Attribute, path: &AttributePath) -> Result<Option<Filter>, ScimError> {
    let value = match value {
        // clients.md rule 1: `{"members":[…]}` under the path `members`.
        Value::Object(mut parts) if parts.len() == 1 && parts.contains(&attribute.name) => {
            parts.remove(&attribute.name).unwrap_or(Value::Null)
        }
        value => value,
    };
    let mut seen = Seen::default();
    let Some(Value::Array(elements)) = coerce(value, attribute, &path.to_string(), &mut seen)? else { return Ok(None) };
    let mut terms: Vec<Filter> = elements.iter().filter_map(|element| finds(element, attribute)).collect();
    Ok(match terms.len() {
        0 => None,
        1 => terms.pop(),
        _ => Some(Filter::Or(terms)),
    })
}

/// A filter that finds one element: by its `value`, else by all its parts.
fn finds(element: &Value, attribute: &Attribute) -> Option<Filter> {
    let equals = |name: &str, value: &Value| {
        literal(value).map(|value| Filter::Compare(AttributePath::attribute(name), CompareOp::Eq, value))
    };
    if attribute.kind != Kind::Complex {
        return equals("value", element);
    }
    let parts = element.as_object()?;
    if let Some(value) = parts.get("value") {
        return equals("value", value);
    }
    let mut terms: Vec<Filter> = parts.iter().filter_map(|(name, value)| equals(name, value)).collect();
    if terms.len() > 1 { Some(Filter::And(terms)) } else { terms.pop() }
}

fn literal(value: &Value) -> Option<Literal> {
    match value {
        Value::Bool(value) => Some(Literal::Bool(*value)),
        Value::Number(digits) => Some(Literal::Number(digits.clone())),
        Value::String(text) => Some(Literal::String(text.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
