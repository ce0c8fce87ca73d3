//! References between resources point at the gateway, whatever the vendor wrote.

use scimux_adapters::{ServedType, Target};
use scimux_scim::{Attribute, AttributePath, Object, Text, Value};

use super::path::{Endpoint, encode, endpoint};

/// Gives every value that names another resource its `$ref`, where the vendor has such a part but does not write it, and
/// there is no doubt which type the other resource is of. What it points at is the vendor's `value`, so nothing is made up.
pub(crate) fn complete(resource: &mut Object, served: &ServedType, target: &Target) {
    for (path, attribute) in served.references.iter() {
        match at(path, resource) {
            Some(Value::Array(elements)) => elements.iter_mut().for_each(|element| refer(element, attribute, target)),
            Some(single) => refer(single, attribute, target),
            None => {}
        }
    }
}

/// The value of an attribute, to change it in place.
fn at<'a>(path: &AttributePath, resource: &'a mut Object) -> Option<&'a mut Value> {
    match &path.urn {
        None => resource.get_mut(&path.attribute),
        Some(urn) => match resource.get_mut(urn) {
            Some(Value::Object(container)) => container.get_mut(&path.attribute),
            _ => None,
        },
    }
}

/// Where clients find a resource below `base`.
pub(crate) fn place(base: &str, served: &ServedType, id: &str) -> String {
    let endpoint = &served.canonical.endpoint;
    let mut place = String::with_capacity(base.len() + endpoint.len() + 1 + id.len());
    place.push_str(base);
    place.push_str(endpoint);
    place.push('/');
    place.extend(encode(id));
    place
}

fn refer(value: &mut Value, attribute: &Attribute, target: &Target) {
    let Value::Object(parts) = value else { return };
    if parts.contains("$ref") {
        return;
    }
    let Some(id) = parts.str("value").filter(|id| !id.is_empty()) else { return };
    let kind = type_of(parts, attribute);
    let served = kind.and_then(|kind| target.types.iter().find(|served| served.canonical.name == kind));
    if let Some(served) = served {
        let place = place("", served, id);
        parts.insert("$ref", place);
    }
}

/// The name of the type that a value refers to: by its `type`, or because there is one only.
fn type_of<'a>(parts: &Object, attribute: &'a Attribute) -> Option<&'a str> {
    let names = &attribute.sub("$ref")?.reference_types;
    let told = parts.str("type").and_then(|told| names.iter().find(|name| name.eq_ignore_ascii_case(told)));
    let only = names.first().filter(|_| names.len() == 1);
    told.or(only).map(String::as_str)
}

/// Points every `$ref` in a resource at the route whose URL is `base`; one to a type that the route does not serve is removed.
///
/// The last two segments decide: vendors write absolute URLs, paths, and `../Groups/1`.
pub(crate) fn point_home(resource: &mut Object, base: &str, target: &Target) {
    resource.retain(|name, value| {
        if name.eq_ignore_ascii_case("$ref") {
            return match value.as_str().and_then(|old| home(old, base, target)) {
                Some(new) => {
                    *value = Value::String(new);
                    true
                }
                None => false,
            };
        }
        descend(value, base, target);
        true
    });
}

fn descend(value: &mut Value, base: &str, target: &Target) {
    match value {
        Value::Object(object) => point_home(object, base, target),
        Value::Array(elements) => elements.iter_mut().for_each(|element| descend(element, base, target)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn home(old: &str, base: &str, target: &Target) -> Option<Text> {
    let path = old.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    let (id, kind) = (segments.next()?, segments.next()?);
    match endpoint(&[kind, id], target) {
        Endpoint::Resource(served, id) => Some(place(base, &target.types[served], &id).into()),
        _ => None,
    }
}
