//! Operations applied to a resource, all or none.

use std::collections::HashSet;

use crate::coerce::one_primary;
use crate::diff::same_value;
use crate::filter::{CompareOp, CompiledFilter, Literal, compile_element};
use crate::schema::{Attribute, Kind, Mutability, Resolved};
use crate::{Filter, Object, Op, PatchOp, ResourceType, ScimError, Text, Value};

/// Applies operations in order, all or none. The result has `schemas` true to the extensions present.
///
/// # Errors
/// The `scimType` of RFC 7644 table 9 for each mistake.
pub fn apply(resource: &Object, operations: &[PatchOp], resource_type: &ResourceType) -> Result<Object, ScimError> {
    let mut patched = resource.clone();
    for operation in operations {
        Application { operation, resource_type }.run(&mut patched)?;
    }
    tidy(&mut patched, resource_type);
    Ok(patched)
}

/// Extensions without attributes go, and `schemas` says what is there (rfc-traps 151, 187, 188).
fn tidy(resource: &mut Object, resource_type: &ResourceType) {
    let is_container = |name: &str| {
        resource_type.extension(name).is_some()
            || resource_type.open && name.contains(':') && !name.eq_ignore_ascii_case("schemas")
    };
    resource.retain(|name, value| !(is_container(name) && value.is_unassigned()));
    let present: Vec<Text> = resource.iter().map(|(name, _)| name.clone()).filter(|name| is_container(name)).collect();
    let mut urns: Vec<Text> = Vec::new();
    for urn in resource.get("schemas").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let stays = resource_type.is_base(urn) || present.iter().any(|name| name.eq_ignore_ascii_case(urn));
        if stays && !urns.iter().any(|known| known.eq_ignore_ascii_case(urn)) {
            urns.push(urn.into());
        }
    }
    if !urns.iter().any(|urn| resource_type.is_base(urn)) {
        urns.insert(0, resource_type.schema.id.as_str().into());
    }
    for name in present {
        if !urns.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            urns.push(name);
        }
    }
    resource.insert(Text::from_static("schemas"), Value::Array(urns.into_iter().map(Value::String).collect()));
}

struct Application<'a> {
    operation: &'a PatchOp,
    resource_type: &'a ResourceType,
}

impl Application<'_> {
    fn run(&self, resource: &mut Object) -> Result<(), ScimError> {
        let path = &self.operation.path;
        if path.is_container() {
            return self.remove_container(resource);
        }
        let Some(resolved) = self.resource_type.resolve(path) else {
            return self.untyped(resource);
        };
        if self.is_settled(resource, resolved)? {
            return Ok(());
        }
        self.keep_required(resolved)?;
        if resolved.attribute.multi_valued {
            self.on_list(resource, resolved)
        } else {
            self.on_single(resource, resolved)
        }
    }

    /// rfc-traps 187, 189
    fn remove_container(&self, resource: &mut Object) -> Result<(), ScimError> {
        let urn = self.operation.path.urn.as_deref().unwrap_or_default();
        let required = self
            .resource_type
            .extensions
            .iter()
            .any(|extension| extension.required && extension.schema.id.eq_ignore_ascii_case(urn));
        if required {
            return Err(ScimError::mutability(format!("{urn} is required and cannot be removed")));
        }
        resource.remove(urn);
        Ok(())
    }

    /// An attribute of an extension that no schema describes.
    fn untyped(&self, resource: &mut Object) -> Result<(), ScimError> {
        let path = &self.operation.path;
        if !self.resource_type.is_open_to(path) {
            return Err(ScimError::invalid_path(format!("no schema has an attribute {path}")));
        }
        if path.filter.is_some() {
            return Err(ScimError::invalid_path(format!("{path}: no schema says what the values are")));
        }
        match &self.operation.value {
            Some(value) => path.set(resource, value.clone()),
            None => drop(path.take(resource)),
        }
        Ok(())
    }

    /// Whether nothing is to be done because a value that may not change is the present one.
    ///
    /// rfc-traps 149, 150, 173, 174: readOnly is refused when the client wrote the path, and ignored in a pathless value
    /// if it is equal; an immutable one may be set once.
    fn is_settled(&self, resource: &Object, resolved: Resolved<'_>) -> Result<bool, ScimError> {
        let path = &self.operation.path;
        let is = |mutability| resolved.attribute.mutability == mutability || resolved.leaf().mutability == mutability;
        if is(Mutability::ReadOnly) {
            let same = same_value(self.operation.value.as_ref(), path.get(resource), Some(resolved.leaf()));
            return if same && !self.operation.explicit {
                Ok(true)
            } else {
                Err(ScimError::mutability(format!("{path} is readOnly")))
            };
        }
        if !is(Mutability::Immutable) || resolved.attribute.multi_valued && path.sub_attribute.is_none() {
            return Ok(false);
        }
        let present = path.get(resource).filter(|value| !value.is_unassigned());
        match present {
            None if !resolved.attribute.multi_valued => Ok(false),
            present if same_value(self.operation.value.as_ref(), present, Some(resolved.leaf())) => Ok(true),
            _ => Err(ScimError::mutability(format!("{path} is immutable"))),
        }
    }

    /// rfc-traps 169, 184
    fn keep_required(&self, resolved: Resolved<'_>) -> Result<(), ScimError> {
        let path = &self.operation.path;
        let whole_list = resolved.attribute.multi_valued && (path.filter.is_some() || path.sub_attribute.is_some());
        if self.operation.op == Op::Remove && resolved.leaf().required && !whole_list {
            return Err(ScimError::mutability(format!("{path} is required and cannot be removed")));
        }
        if path.attribute.eq_ignore_ascii_case("schemas") && path.urn.is_none() && self.operation.op == Op::Remove {
            return Err(ScimError::mutability("schemas cannot be removed"));
        }
        Ok(())
    }

    fn on_single(&self, resource: &mut Object, resolved: Resolved<'_>) -> Result<(), ScimError> {
        let path = &self.operation.path;
        match (&self.operation.value, path.get(resource)) {
            (None, _) => {
                path.take(resource);
            }
            // rfc-traps 132, 155: a complex value merges.
            (Some(Value::Object(parts)), Some(Value::Object(present))) if resolved.leaf().kind == Kind::Complex => {
                let mut merged = present.clone();
                merge(&mut merged, parts);
                path.set(resource, Value::Object(merged));
            }
            (Some(value), _) => path.set(resource, value.clone()),
        }
        Ok(())
    }

    fn on_list(&self, resource: &mut Object, resolved: Resolved<'_>) -> Result<(), ScimError> {
        let path = &self.operation.path;
        let whole = path.whole();
        let mut elements = match whole.take(resource) {
            Some(Value::Array(elements)) => elements,
            Some(Value::Null) | None => Vec::new(),
            // A vendor may show the only value as a lone object.
            Some(one) => vec![one],
        };
        let list = List { operation: self.operation, attribute: resolved.attribute };
        match (&path.filter, &path.sub_attribute) {
            (None, None) => list.whole(&mut elements),
            (None, Some(sub)) => list.each_part(&mut elements, sub)?,
            (Some(filter), _) => list.chosen(&mut elements, filter)?,
        }
        elements.retain(|element| !element.is_unassigned());
        one_primary(&elements, &whole.to_string())?;
        if !elements.is_empty() {
            whole.set(resource, Value::Array(elements));
        }
        Ok(())
    }
}

fn merge(into: &mut Object, parts: &Object) {
    for (name, value) in parts.iter() {
        into.insert(name.clone(), value.clone());
    }
}

/// An operation on the elements of one multi-valued attribute.
struct List<'a> {
    operation: &'a PatchOp,
    attribute: &'a Attribute,
}

impl List<'_> {
    fn whole(&self, elements: &mut Vec<Value>) {
        let values = match &self.operation.value {
            Some(Value::Array(values)) => values.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        match self.operation.op {
            Op::Remove => elements.clear(),
            Op::Replace => *elements = values,
            Op::Add if self.attribute.is_reference() => self.append_references(elements, values),
            Op::Add => values.into_iter().for_each(|value| self.append(elements, value)),
        }
    }

    /// References are the same when they name the same resource; ids compare exactly (rfc-traps 49, 137). A group may have
    /// many, so those that are there are looked up.
    fn append_references(&self, elements: &mut Vec<Value>, values: Vec<Value>) {
        let mut present: HashSet<Text> = elements.iter().filter_map(id).collect();
        for value in values {
            match id(&value) {
                Some(id) if !present.insert(id.clone()) => {}
                Some(_) => elements.push(value),
                None => self.append(elements, value),
            }
        }
    }

    /// rfc-traps 136 to 140: what is there already is not added again, and a new primary value switches the old one off.
    fn append(&self, elements: &mut Vec<Value>, value: Value) {
        if elements.iter().any(|present| same_value(Some(present), Some(&value), Some(self.attribute))) {
            return;
        }
        if is_primary(&value) {
            elements.iter_mut().for_each(switch_off);
        }
        elements.push(value);
    }

    /// rfc-traps 148, 166, 186: a part without a filter means that part of every element.
    fn each_part(&self, elements: &mut [Value], sub: &str) -> Result<(), ScimError> {
        if elements.is_empty() && self.operation.op != Op::Remove {
            return Err(self.nothing_there());
        }
        let all = vec![true; elements.len()];
        self.set_part(elements, &all, sub);
        Ok(())
    }

    fn chosen(&self, elements: &mut Vec<Value>, filter: &Filter) -> Result<(), ScimError> {
        let compiled: CompiledFilter = compile_element(filter, self.attribute)?;
        let chosen: Vec<bool> = elements.iter().map(|element| compiled.matches_element(element)).collect();
        if !chosen.contains(&true) {
            return self.none_chosen(elements, filter);
        }
        match (&self.operation.path.sub_attribute, self.operation.op) {
            (Some(sub), _) => self.set_part(elements, &chosen, sub),
            (None, Op::Remove) => {
                let mut is_chosen = chosen.into_iter();
                elements.retain(|_| is_chosen.next() == Some(false));
            }
            (None, _) => self.merge_elements(elements, &chosen),
        }
        Ok(())
    }

    /// rfc-traps 144, 145, 159, 181: `add` creates the element that the filter describes, `replace` has no target, and
    /// removing what is not there succeeds.
    fn none_chosen(&self, elements: &mut Vec<Value>, filter: &Filter) -> Result<(), ScimError> {
        match self.operation.op {
            Op::Remove => Ok(()),
            Op::Replace => Err(self.nothing_there()),
            Op::Add => {
                let mut seed = Object::new();
                if self.attribute.kind != Kind::Complex || !describe(filter, self.attribute, &mut seed) {
                    return Err(self.nothing_there());
                }
                match (&self.operation.path.sub_attribute, &self.operation.value) {
                    (Some(sub), Some(value)) => seed.insert(sub.clone(), value.clone()),
                    (None, Some(Value::Object(parts))) => merge(&mut seed, parts),
                    _ => return Err(self.nothing_there()),
                }
                self.append(elements, Value::Object(seed));
                Ok(())
            }
        }
    }

    fn nothing_there(&self) -> ScimError {
        ScimError::no_target(format!("{}: no value there", self.operation.path))
    }

    fn set_part(&self, elements: &mut [Value], chosen: &[bool], sub: &str) {
        let switches_on = sub.eq_ignore_ascii_case("primary") && self.operation.value == Some(Value::Bool(true));
        for (element, is_chosen) in elements.iter_mut().zip(chosen) {
            let Value::Object(parts) = element else { continue };
            match &self.operation.value {
                _ if !is_chosen => {
                    if switches_on {
                        switch_off(element);
                    }
                }
                Some(value) => parts.insert(Text::from(sub), value.clone()),
                None => drop(parts.remove(sub)),
            }
        }
    }

    /// rfc-traps 142, 161: parts that the value does not name stay.
    fn merge_elements(&self, elements: &mut [Value], chosen: &[bool]) {
        let Some(value) = &self.operation.value else { return };
        let switches_on = is_primary(value);
        for (element, is_chosen) in elements.iter_mut().zip(chosen) {
            match (element, value) {
                (Value::Object(present), Value::Object(parts)) if *is_chosen => merge(present, parts),
                (element, value) if *is_chosen => *element = value.clone(),
                (element, _) if switches_on => switch_off(element),
                _ => {}
            }
        }
    }
}

/// What a reference refers to.
fn id(element: &Value) -> Option<Text> {
    match element.as_object()?.get("value")? {
        Value::String(id) => Some(id.clone()),
        _ => None,
    }
}

fn is_primary(element: &Value) -> bool {
    element.as_object().and_then(|parts| parts.get("primary")).and_then(Value::as_bool) == Some(true)
}

/// RFC 7643 section 2.4: `primary` true stands at most once.
fn switch_off(element: &mut Value) {
    if let Value::Object(parts) = element
        && let Some(primary) = parts.get_mut("primary")
    {
        *primary = Value::Bool(false);
    }
}

/// Whether the filter describes one element: `eq` joined by `and` (rfc-traps 145). Its parts go into `seed`, booleans as
/// booleans (rfc-traps 147).
fn describe(filter: &Filter, attribute: &Attribute, seed: &mut Object) -> bool {
    match filter {
        Filter::And(terms) => terms.iter().all(|term| describe(term, attribute, seed)),
        Filter::Compare(path, CompareOp::Eq, literal) => {
            let Some(sub) = attribute.sub(&path.attribute) else { return false };
            let value = match literal {
                Literal::Null => return false,
                Literal::Bool(value) => Value::Bool(*value),
                Literal::Number(digits) => Value::Number(digits.clone()),
                Literal::String(text) => match (sub.kind, crate::coerce::boolean(text)) {
                    (Kind::Boolean, Some(value)) => Value::Bool(value),
                    _ => Value::String(text.clone()),
                },
            };
            seed.insert(Text::from(sub.name.as_str()), value);
            true
        }
        _ => false,
    }
}
