//! The PATCH operations that lead from one resource to another.

use std::collections::BTreeSet;

use crate::diff::{key, same_value};
use crate::filter::{Filter, Literal};
use crate::schema::{Attribute, Kind};
use crate::{AttributePath, Object, Op, PatchOp, ResourceType, Text, Value, scalar};

/// The operations that turn `from` into `to`: removes first, then adds and replaces; whole top-level attributes, except
/// that lists gain by `add` and lose by `remove path[value eq …]` where elements have a `value`, and that a sub-attribute
/// to be cleared is removed by itself (a `replace` of the whole would merge). readOnly attributes are left out.
#[must_use]
pub fn diff(from: &Object, to: &Object, resource_type: &ResourceType) -> Vec<PatchOp> {
    let mut changes = Changes::default();
    for (path, attribute) in resource_type.attributes().filter(|(_, attribute)| !attribute.is_read_only()) {
        changes.attribute(&path, attribute, path.get(from), path.get(to));
    }
    if resource_type.open {
        let known = |name: &Text| resource_type.urns().any(|urn| urn.eq_ignore_ascii_case(name));
        let names = from.iter().chain(to.iter()).map(|(name, _)| name);
        let unknown: BTreeSet<&Text> = names.filter(|name| name.contains(':') && !known(name)).collect();
        unknown.into_iter().for_each(|urn| changes.untyped(urn, from, to));
    }
    let Changes { mut removes, sets } = changes;
    removes.extend(sets);
    removes
}

#[derive(Default)]
struct Changes {
    removes: Vec<PatchOp>,
    sets: Vec<PatchOp>,
}

impl Changes {
    fn remove(&mut self, path: AttributePath) {
        self.removes.push(PatchOp { op: Op::Remove, path, value: None, explicit: true });
    }

    fn set(&mut self, op: Op, path: AttributePath, value: Value) {
        self.sets.push(PatchOp { op, path, value: Some(value), explicit: true });
    }

    fn attribute(&mut self, path: &AttributePath, attribute: &Attribute, from: Option<&Value>, to: Option<&Value>) {
        if same_value(from, to, Some(attribute)) {
            return;
        }
        match (from, to.filter(|to| !key(to, Some(attribute)).is_empty())) {
            (_, None) => self.remove(path.clone()),
            (Some(Value::Array(from)), Some(Value::Array(to))) if attribute.multi_valued => {
                self.list(path, attribute, from, to);
            }
            (Some(Value::Object(from)), Some(Value::Object(to))) => self.complex(path, attribute, from, to),
            (_, Some(to)) => self.set(Op::Replace, path.clone(), to.clone()),
        }
    }

    fn complex(&mut self, path: &AttributePath, attribute: &Attribute, from: &Object, to: &Object) {
        let is_writable = |name: &str| attribute.sub(name).is_some_and(|sub| !sub.is_read_only());
        let mut wanted = to.clone();
        wanted.retain(|name, value| is_writable(name) && !value.is_unassigned());
        for (name, value) in from.iter().filter(|(name, _)| is_writable(name)) {
            if !value.is_unassigned() && !wanted.contains(name) {
                self.remove(path.clone().with_sub(name.clone()));
            }
        }
        if !wanted.is_empty() {
            self.set(Op::Replace, path.clone(), Value::Object(wanted));
        }
    }

    fn list(&mut self, path: &AttributePath, attribute: &Attribute, from: &[Value], to: &[Value]) {
        let keys = |elements: &[Value]| -> BTreeSet<String> {
            elements.iter().map(|element| key(element, Some(attribute))).collect()
        };
        let (had, wanted) = (keys(from), keys(to));
        let identified = from.iter().chain(to).all(|element| id(element, attribute).is_some());
        if !identified || had.is_disjoint(&wanted) {
            return self.set(Op::Replace, path.clone(), Value::Array(to.to_vec()));
        }
        let lost = from.iter().filter(|element| !wanted.contains(&key(element, Some(attribute))));
        let taken = self.remove_each(path, lost.filter_map(|element| id(element, attribute)));
        // A filter on a value takes every element that has it, also one that should stay: that one is added again.
        let is_gone = |element: &Value| id(element, attribute).is_some_and(|(folded, _)| taken.contains(&folded));
        let gained = |element: &&Value| is_gone(element) || !had.contains(&key(element, Some(attribute)));
        let gained: Vec<Value> = to.iter().filter(gained).cloned().collect();
        if !gained.is_empty() {
            self.set(Op::Add, path.clone(), Value::Array(gained));
        }
    }

    fn remove_each(&mut self, path: &AttributePath, ids: impl Iterator<Item = (String, Text)>) -> BTreeSet<String> {
        let mut taken = BTreeSet::new();
        let mut named = BTreeSet::new();
        for (folded, text) in ids {
            taken.insert(folded);
            if named.insert(text.to_string()) {
                let filter = Some(Box::new(Filter::equals("value", Literal::String(text))));
                self.remove(AttributePath { filter, ..path.clone() });
            }
        }
        taken
    }

    /// An extension without schema: attribute by attribute.
    fn untyped(&mut self, urn: &Text, from: &Object, to: &Object) {
        let container = |resource: &Object| resource.get(urn).and_then(Value::as_object).cloned().unwrap_or_default();
        let (from, to) = (container(from), container(to));
        for (name, _) in from.iter().filter(|(name, _)| !to.contains(name)) {
            self.remove(AttributePath::attribute(name.clone()).with_urn(urn.clone()));
        }
        for (name, value) in to.iter().filter(|(name, value)| !same_value(from.get(name), Some(value), None)) {
            let path = AttributePath::attribute(name.clone()).with_urn(urn.clone());
            if from.contains(name) {
                self.remove(path.clone()); // an object would merge
            }
            if !value.is_unassigned() {
                self.set(Op::Replace, path, value.clone());
            }
        }
    }
}

/// What `value eq …` compares of an element, as a key and as it is. The key folds more than a filter
/// does, which only makes an element be added again that was still there.
fn id(element: &Value, attribute: &Attribute) -> Option<(String, Text)> {
    let (value, sub) = match (element, attribute.kind) {
        (Value::Object(object), Kind::Complex) => (object.get("value")?, attribute.sub("value")?),
        (_, Kind::Complex) => return None,
        (simple, _) => (simple, attribute),
    };
    match value {
        Value::String(text) if matches!(sub.kind, Kind::String | Kind::Reference) => {
            Some((scalar::fold(&scalar::versionless(text)), text.clone()))
        }
        _ => None,
    }
}
