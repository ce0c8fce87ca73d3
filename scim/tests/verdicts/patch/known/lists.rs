//! Elements of lists: found, made, and kept apart.

use scimux_scim::filter::{CompareOp, Literal};
use scimux_scim::schema::Kind;
use scimux_scim::{AttributePath, Filter};
use serde_json::{Value, json};

use super::{Meaning, set};
use crate::patch::step::Step;
use crate::users::{object, primary_spelled_out};

/// The elements named, each by its value if it has one.
pub(super) fn remove_these(step: &Step<'_>) -> Option<Meaning> {
    let value = step.value().filter(|_| step.op() == "remove")?;
    let text = step.operation["path"].as_str()?;
    let named = step.path().filter(|path| path.filter.is_none() && step.attribute().is_some_and(|it| it.multi_valued));
    let is_container = step.kind.urns().any(|urn| urn.eq_ignore_ascii_case(text)) || step.kind.is_base(text);
    if is_container && *value == json!([]) {
        return Some(Meaning::As(vec![])); // rfc-traps 183
    }
    let Some(path) = named else { return Some(Meaning::As(vec![json!({"op": "remove", "path": text})])) };
    let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    if let Some(sub) = &path.sub_attribute {
        let part = |value: &Value| format!("{}[{sub} eq {value}].{sub}", path.whole());
        return Some(Meaning::As(values.iter().map(|value| json!({"op": "remove", "path": part(value)})).collect()));
    }
    let is_reference = step.attribute()?.is_reference();
    let filters = values.iter().map(|element| finds(element, is_reference)).filter(|filter| !filter.is_empty());
    let named = filters.map(|filter| json!({"op": "remove", "path": format!("{text}[{filter}]")}));
    Some(Meaning::As(named.collect()))
}

/// Plain texts that are the same but for letters: each spelling is an element here.
pub(super) fn letters(step: &Step<'_>) -> Option<Meaning> {
    let attribute = step.attribute()?;
    let is_plain = attribute.multi_valued && attribute.kind == Kind::String && !attribute.case_exact;
    if !is_plain || step.op() != "add" || step.codes() != ("ok", "ok") {
        return None;
    }
    let texts = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    };
    let all: Vec<Value> = [texts(step.target()?.1?), texts(&step.present())].concat();
    let all: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
    let twice = all.iter().any(|one| all.iter().any(|other| one != other && one.eq_ignore_ascii_case(other)));
    twice.then_some(Meaning::Stays)
}

/// The filter that finds an element: by value and type if it has a value, a reference by its value alone.
fn finds(element: &Value, is_reference: bool) -> String {
    let Some(parts) = element.as_object() else { return format!("value eq {element}") };
    let tells = |name: &str| match parts.contains_key("value") {
        true => name == "value" || name == "type" && !is_reference,
        false => true,
    };
    let terms = parts.iter().filter(|(name, _)| tells(name)).map(|(name, value)| format!("{name} eq {value}"));
    terms.collect::<Vec<_>>().join(" and ")
}

pub(super) fn create(step: &Step<'_>) -> Option<Meaning> {
    let (path, attribute) = (step.path()?, step.attribute()?);
    if step.op() != "add" || step.codes() != ("ok", "noTarget") {
        return None;
    }
    let terms = match &**path.filter.as_ref()? {
        Filter::And(terms) => terms.clone(),
        term => vec![term.clone()],
    };
    let mut element = serde_json::Map::new();
    for term in terms {
        let Filter::Compare(name, CompareOp::Eq, literal) = term else { return None };
        let literal = match literal {
            Literal::Null => continue,
            literal => serde_json::from_str(&literal.to_string()).expect("a literal is JSON"),
        };
        element.insert(name.attribute.to_string(), literal);
    }
    let value = step.value()?;
    match (&path.sub_attribute, value) {
        (Some(sub), value) => drop(element.insert(sub.to_string(), value.clone())),
        (None, Value::Object(parts)) => element.extend(parts.clone()),
        (None, plain) => drop(element.insert("value".into(), plain.clone())),
    }
    let element = if attribute.kind == Kind::Complex { element.into() } else { element.remove("value")? };
    let mut list = step.present().as_array().cloned().unwrap_or_default();
    if element["primary"] == true {
        list.iter_mut().filter(|other| other["primary"] == true).for_each(|other| other["primary"] = false.into());
    }
    list.push(element);
    let our = path.whole().get(&object(step.ours.as_ref().ok()?)).and_then(|list| list.as_array().map(<[_]>::len));
    (our == Some(list.len()))
        .then(|| Meaning::Is(with_schema(set(step.before.clone(), &path.whole(), list.into()), &path)))
}

/// The state with the path's extension in `schemas`.
fn with_schema(mut state: Value, path: &AttributePath) -> Value {
    let schemas = state["schemas"].as_array_mut().expect("a resource has schemas");
    let urn = path.urn.as_deref().map(Value::from).filter(|urn| !schemas.contains(urn));
    schemas.extend(urn);
    state
}

/// The value filter with what it says of an absent `primary` said for the server.
pub(super) fn primary_absent(step: &Step<'_>) -> Option<Meaning> {
    let path = step.path()?;
    let filter = primary_spelled_out(path.filter.as_deref()?);
    let path = AttributePath { filter: Some(Box::new(filter)), ..path.clone() };
    let text = path.to_string();
    let mut operation = step.operation.clone();
    operation["path"] = text.clone().into();
    (step.operation["path"] != text).then(|| Meaning::As(vec![operation]))
}

/// The elements whose id is not there yet.
pub(super) fn new_members(step: &Step<'_>) -> Option<Meaning> {
    let adds = step.op() == "add" && step.path()?.filter.is_none() && step.attribute()?.is_reference();
    let new = step.target()?.1?.as_array().filter(|_| adds)?;
    let mut known: Vec<Value> = step.present().as_array().cloned().unwrap_or_default();
    let mut kept = Vec::new();
    for element in new {
        if !known.iter().any(|other| other["value"].is_string() && other["value"] == element["value"]) {
            known.push(element.clone());
            kept.push(element.clone());
        }
    }
    (kept.len() < new.len()).then(|| Meaning::As(vec![step.with_value(kept.into())]))
}

/// The list in which what has the value and type of an earlier one is one with it.
pub(super) fn merged(step: &Step<'_>) -> Option<Meaning> {
    let new = step.target()?.1?.as_array()?;
    let (path, attribute) = (step.path()?, step.attribute()?);
    if !attribute.multi_valued || path.filter.is_some() || path.sub_attribute.is_some() || step.op() == "remove" {
        return None;
    }
    let adds = step.op() == "add";
    let mut list = step.present().as_array().filter(|_| adds).cloned().unwrap_or_default();
    let mut primaries = Vec::new();
    let repeated = |index: usize| new[..index].iter().any(|earlier| is_equal(earlier, &new[index]));
    for (_, element) in new.iter().enumerate().filter(|(index, _)| !repeated(*index)) {
        let known = list.iter().position(|other| adds && is_same(other, element)).unwrap_or(list.len());
        match list.get_mut(known) {
            Some(present) => element.as_object()?.iter().for_each(|(name, value)| present[name] = value.clone()),
            None => list.push(element.clone()),
        }
        primaries.extend((element["primary"] == true).then_some(known));
    }
    let chosen = primaries.first().copied();
    let others = list.iter_mut().enumerate().filter(|(index, _)| chosen.is_some_and(|chosen| chosen != *index));
    others.filter(|(_, other)| other["primary"] == true).for_each(|(_, other)| other["primary"] = false.into());
    Some(Meaning::Is(set(step.before.clone(), &path, list.into())))
}

/// The same value and type, or the same in all.
fn is_same(one: &Value, other: &Value) -> bool {
    let kind = |element: &Value| element["type"].as_str().unwrap_or_default().to_lowercase();
    match (one.get("value"), other.get("value")) {
        (Some(value), Some(same)) => value == same && kind(one) == kind(other),
        _ => is_equal(one, other),
    }
}

/// The same in all; `primary` absent is false.
fn is_equal(one: &Value, other: &Value) -> bool {
    let assigned = |element: &Value| {
        let mut element = element.clone();
        if element["primary"] == false {
            element.as_object_mut().map(|parts| parts.remove("primary"));
        }
        element
    };
    assigned(one) == assigned(other)
}

/// A list that is the one before, but for what says nothing.
pub(super) fn no_change(step: &Step<'_>) -> Option<Meaning> {
    let new = step.target()?.1?.as_array().filter(|_| step.op() == "replace")?;
    let old = step.present().as_array().cloned().unwrap_or_default();
    let says = |element: &&Value| **element != json!({"primary": false});
    let within = |some: &[Value], others: &[Value]| {
        some.iter().filter(says).all(|one| others.iter().filter(says).any(|other| is_equal(one, other)))
    };
    (within(new, &old) && within(&old, new)).then(|| Meaning::Is(step.before.clone()))
}
