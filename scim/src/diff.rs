//! Comparing resources as SCIM does, and the PATCH operations that lead from one to another.

use crate::filter::{CompareOp, Literal};
use crate::scalar::{Decimal, Instant};
use crate::schema::{Attribute, Kind, Mutability};
use crate::{AttributePath, Filter, Object, Op, PatchOp, ResourceType, Text, Value};

/// Whether two resources say the same: names and case-insensitive URNs without regard to case, `null` = `[]` = absent,
/// multi-valued attributes without regard to order, date-times as instants; `meta` and `schemas` are left out.
#[must_use]
pub fn same(a: &Object, b: &Object, resource_type: &ResourceType) -> bool {
    one_way(a, b, resource_type) && one_way(b, a, resource_type)
}

/// Whether everything that `a` has is in `b` and says the same there.
fn one_way(a: &Object, b: &Object, resource_type: &ResourceType) -> bool {
    let outside = |name: &str| name.eq_ignore_ascii_case("meta") || name.eq_ignore_ascii_case("schemas");
    a.iter().filter(|(name, _)| !outside(name)).all(|(name, value)| match resource_type.extension(name) {
        Some(schema) => {
            let other = b.get(name).and_then(Value::as_object);
            value.as_object().into_iter().flat_map(Object::iter).all(|(name, value)| {
                same_value(Some(value), other.and_then(|other| other.get(name)), schema.attribute(name))
            })
        }
        None => {
            let path = AttributePath::attribute(name.clone());
            let attribute = resource_type.resolve(&path).map(|resolved| resolved.attribute);
            same_value(Some(value), b.get(name), attribute)
        }
    })
}

/// Whether two values of one attribute say the same. A pure change of case is a difference (rfc-traps 332).
#[must_use]
pub fn same_value(a: Option<&Value>, b: Option<&Value>, attribute: Option<&Attribute>) -> bool {
    match (assigned(a), assigned(b)) {
        (None, None) => true,
        (Some(Value::Array(a)), Some(Value::Array(b))) => same_elements(a, b, attribute),
        (Some(Value::Object(a)), Some(Value::Object(b))) => same_parts(a, b, attribute),
        (Some(Value::Number(a)), Some(Value::Number(b))) => a == b || Decimal::parse(a) == Decimal::parse(b),
        (Some(Value::String(a)), Some(Value::String(b))) => {
            a == b || attribute.is_some_and(|attribute| attribute.kind == Kind::DateTime) && same_instant(a, b)
        }
        (a, b) => a == b,
    }
}

fn assigned(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_unassigned())
}

fn same_instant(a: &str, b: &str) -> bool {
    matches!((Instant::parse(a), Instant::parse(b)), (Some(a), Some(b)) if a == b)
}

/// Order does not count, how often a value stands does (rfc-traps 172).
fn same_elements(a: &[Value], b: &[Value], attribute: Option<&Attribute>) -> bool {
    let count = |elements: &[Value]| elements.iter().filter(|element| !element.is_unassigned()).count();
    if count(a) != count(b) {
        return false;
    }
    if a == b {
        return true;
    }
    let mut rest: Vec<&Value> = b.iter().filter(|element| !element.is_unassigned()).collect();
    a.iter().filter(|element| !element.is_unassigned()).all(|element| {
        let found = rest.iter().position(|other| same_value(Some(element), Some(other), attribute));
        found.map(|index| rest.swap_remove(index)).is_some()
    })
}

fn same_parts(a: &Object, b: &Object, attribute: Option<&Attribute>) -> bool {
    let one_way = |a: &Object, b: &Object| {
        a.iter().all(|(name, value)| {
            let sub = attribute.and_then(|attribute| attribute.sub(name));
            same_value(Some(value), b.get(name), sub) || is_absent_primary(name, value, b)
        })
    };
    one_way(a, b) && one_way(b, a)
}

/// rfc-traps 45: an absent `primary` is false.
fn is_absent_primary(name: &str, value: &Value, other: &Object) -> bool {
    name.eq_ignore_ascii_case("primary") && value == &Value::Bool(false) && !other.contains(name)
}

/// The operations that turn `from` into `to`: removes first, then adds and replaces; whole top-level attributes, except
/// that lists gain by `add` and lose by `remove path[value eq …]` where elements have a `value`. readOnly attributes are
/// left out.
#[must_use]
pub fn diff(from: &Object, to: &Object, resource_type: &ResourceType) -> Vec<PatchOp> {
    let (mut removes, mut sets) = (Vec::new(), Vec::new());
    for (path, attribute) in writable(resource_type) {
        let (before, after) = (assigned(path.get(from)), assigned(path.get(to)));
        if same_value(before, after, Some(attribute)) {
            continue;
        }
        match (before, after) {
            (_, None) => removes.push(remove(path)),
            (Some(Value::Array(before)), Some(Value::Array(after))) => {
                lists(&path, attribute, before, after, &mut removes, &mut sets);
            }
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                parts(&path, attribute, before, after, &mut removes, &mut sets);
            }
            (_, Some(after)) => sets.push(set(Op::Replace, path, after.clone())),
        }
    }
    removes.extend(sets);
    removes
}

fn remove(path: AttributePath) -> PatchOp {
    PatchOp { op: Op::Remove, path, value: None, explicit: true }
}

fn set(op: Op, path: AttributePath, value: Value) -> PatchOp {
    PatchOp { op, path, value: Some(value), explicit: true }
}

/// A complex value merges when it is replaced (RFC 7644 section 3.5.2.3), so parts that go are removed one by one.
fn parts(
    path: &AttributePath,
    attribute: &Attribute,
    before: &Object,
    after: &Object,
    removes: &mut Vec<PatchOp>,
    sets: &mut Vec<PatchOp>,
) {
    for sub in &attribute.sub_attributes {
        let (was, is) = (assigned(before.get(&sub.name)), assigned(after.get(&sub.name)));
        if sub.is_read_only() || same_value(was, is, Some(sub)) {
            continue;
        }
        let path = path.clone().with_sub(sub.name.as_str());
        match is {
            None => removes.push(remove(path)),
            Some(value) => sets.push(set(Op::Replace, path, value.clone())),
        }
    }
}

/// A list whose elements have a `value` each, and no other gains and losses than whole elements, is changed by those;
/// any other is replaced.
fn lists(
    path: &AttributePath,
    attribute: &Attribute,
    before: &[Value],
    after: &[Value],
    removes: &mut Vec<PatchOp>,
    sets: &mut Vec<PatchOp>,
) {
    let replaced = || set(Op::Replace, path.clone(), Value::Array(after.to_vec()));
    let Some((losses, gains)) = whole_elements(attribute, before, after) else {
        sets.push(replaced());
        return;
    };
    for value in losses {
        let by_value = Filter::Compare(AttributePath::attribute("value"), CompareOp::Eq, Literal::String(value));
        removes.push(remove(AttributePath { filter: Some(Box::new(by_value)), ..path.clone() }));
    }
    if !gains.is_empty() {
        sets.push(set(Op::Add, path.clone(), Value::Array(gains)));
    }
}

/// The `value`s lost and the elements gained; `None` where they do not tell the difference exactly: an element without
/// `value`, two of one `value`, a `primary` (an added one would switch others off), or an element that changed.
fn whole_elements(attribute: &Attribute, before: &[Value], after: &[Value]) -> Option<(Vec<Text>, Vec<Value>)> {
    let before = keyed(before)?;
    let after = keyed(after)?;
    let mut losses = Vec::new();
    for (key, element) in &before {
        match after.iter().find(|(other, _)| other.eq_ignore_ascii_case(key)) {
            None => losses.push((*key).clone()),
            Some((_, other)) if !same_value(Some(element), Some(other), Some(attribute)) => return None,
            Some(_) => {}
        }
    }
    let is_gain = |key: &Text| !before.iter().any(|(other, _)| other.eq_ignore_ascii_case(key));
    let gains = after.iter().filter(|(key, _)| is_gain(key)).map(|(_, element)| (*element).clone()).collect();
    Some((losses, gains))
}

fn keyed(elements: &[Value]) -> Option<Vec<(&Text, &Value)>> {
    let mut keyed: Vec<(&Text, &Value)> = Vec::with_capacity(elements.len());
    for element in elements {
        let parts = element.as_object()?;
        let Some(Value::String(key)) = parts.get("value") else { return None };
        let is_primary = parts.get("primary").and_then(Value::as_bool) == Some(true);
        if is_primary || keyed.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
            return None;
        }
        keyed.push((key, element));
    }
    Some(keyed)
}

/// What PATCH may change, with its path. Immutable attributes may be set once, which is the server's to judge.
fn writable(resource_type: &ResourceType) -> impl Iterator<Item = (AttributePath, &Attribute)> {
    let common = crate::schema::common().iter().filter(|attribute| attribute.name == "externalId");
    let core = common.chain(&resource_type.schema.attributes);
    let core = core.map(|attribute| (AttributePath::attribute(attribute.name.as_str()), attribute));
    let extensions = resource_type.extensions.iter().flat_map(|extension| {
        let urn = extension.schema.id.as_str();
        let path = move |name: &str| AttributePath::attribute(name).with_urn(urn);
        extension.schema.attributes.iter().map(move |attribute| (path(&attribute.name), attribute))
    });
    core.chain(extensions).filter(|(_, attribute)| attribute.mutability != Mutability::ReadOnly)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{g0, object, r0, user_type};

    #[test]
    fn traps_37_45_172_332_what_is_the_same() {
        let with = |name: &str, json: &str| {
            let mut changed = r0();
            changed.insert(name, object(&format!("{{\"v\":{json}}}")).remove("v").expect("a member"));
            changed
        };
        let turned =
            r#"[{"value":"h@x.io","type":"home","primary":false},{"primary":true,"type":"work","value":"w@x.io"}]"#;
        for same_one in
            [with("nickName", "null"), with("phoneNumbers", "[]"), with("emails", turned), with("meta", "{}")]
        {
            assert!(same(&r0(), &same_one, &user_type()), "{same_one:?}");
        }
        for other in [
            with("title", "\"t\""),
            with("emails", "[]"),
            with("nickName", "\"\""),
            with("name", "{\"givenName\":\"G\"}"),
        ] {
            assert!(!same(&r0(), &other, &user_type()), "{other:?}");
        }
    }

    #[test]
    fn trap_330_removes_come_before_adds() {
        let mut to = g0();
        to.insert("members", object(r#"{"m":[{"value":"u2"},{"value":"u3"}]}"#).remove("m").expect("a member"));
        let operations = diff(&g0(), &to, &crate::fixture::group_type());
        let shown: Vec<_> = operations.iter().map(|operation| (operation.op, operation.path.to_string())).collect();
        assert_eq!(shown, [(Op::Remove, "members[value eq \"u1\"]".to_owned()), (Op::Add, "members".to_owned())]);
        assert!(diff(&g0(), &g0(), &crate::fixture::group_type()).is_empty());
    }
}
