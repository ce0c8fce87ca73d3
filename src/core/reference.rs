//! References between resources point at the gateway, whatever the vendor wrote.

use scimux_scim::{Object, Text, Value};

use super::path::{Endpoint, encode, endpoint};
use super::route::Route;

/// Points every `$ref` in a resource at the route; one to a type that the route does not serve is removed.
///
/// The last two segments decide: vendors write absolute URLs, paths, and `../Groups/1`.
pub(crate) fn point_home(resource: &mut Object, route: &Route) {
    resource.retain(|name, value| {
        if name.eq_ignore_ascii_case("$ref") {
            return match value.as_str().and_then(|old| home(old, route)) {
                Some(new) => {
                    *value = Value::String(new);
                    true
                }
                None => false,
            };
        }
        descend(value, route);
        true
    });
}

fn descend(value: &mut Value, route: &Route) {
    match value {
        Value::Object(object) => point_home(object, route),
        Value::Array(elements) => elements.iter_mut().for_each(|element| descend(element, route)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn home(old: &str, route: &Route) -> Option<Text> {
    let path = old.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    let (id, kind) = (segments.next()?, segments.next()?);
    let target = &route.target.config.target;
    match endpoint(&[kind, id], target) {
        Endpoint::Resource(served, id) => {
            let endpoint = &target.types[served].canonical.endpoint;
            Some(format!("{}{endpoint}/{}", route.base, encode(&id)).into())
        }
        _ => None,
    }
}
