//! What of a resource an answer holds (RFC 7644 section 3.9).

use super::Projection;
use crate::schema::{Attribute, Returned};
use crate::{AttributePath, Object, ResourceType, Value};

impl Projection {
    /// The resource cut to the projection (RFC 7644 section 3.9): `returned` always, never and request are held.
    #[must_use]
    pub fn apply(&self, mut resource: Object, resource_type: &ResourceType) -> Object {
        resource.retain(|name, value| match value {
            Value::Object(container) if is_container(name, resource_type) => {
                let schema = resource_type.extension(name);
                container.retain(|attribute, value| {
                    let path = || AttributePath::attribute(attribute.clone()).with_urn(name.clone());
                    let known = match schema {
                        Some(schema) => schema.attribute(attribute),
                        None => resource_type.resolve(&path()).map(|resolved| resolved.attribute),
                    };
                    self.keep(path, value, known)
                });
                !container.is_empty()
            }
            // `schemas` says what the resource is and stays always (rfc-traps 20).
            _ if name.eq_ignore_ascii_case("schemas") => true,
            value => {
                let path = || AttributePath::attribute(name.clone());
                let known = resource_type.resolve(&path()).map(|resolved| resolved.attribute);
                self.keep(path, value, known)
            }
        });
        resource
    }

    /// Whether an attribute stays; of a complex one the parts are cut.
    fn keep(&self, path: impl Fn() -> AttributePath, value: &mut Value, attribute: Option<&Attribute>) -> bool {
        let returned = attribute.map_or(Returned::Default, |attribute| attribute.returned);
        let always = returned == Returned::Always;
        match self.names(path) {
            _ if returned == Returned::Never => false,
            _ if always => true,
            Named::Whole => !matches!(self, Self::Without(_)) && shows(value, attribute),
            Named::Parts(parts) => {
                cut(value, &parts, matches!(self, Self::Only(_)), attribute);
                !value.is_unassigned()
            }
            Named::Not => !matches!(self, Self::Only(_)) && returned != Returned::Request && shows(value, attribute),
        }
    }

    fn names(&self, path: impl Fn() -> AttributePath) -> Named<'_> {
        let (Self::Only(paths) | Self::Without(paths)) = self else { return Named::Not };
        let path = path();
        let same_urn = |named: &AttributePath| match (&named.urn, &path.urn) {
            (None, None) => true,
            (Some(named), Some(urn)) => named.eq_ignore_ascii_case(urn),
            _ => false,
        };
        let mut parts = Vec::new();
        for named in paths.iter().filter(|named| same_urn(named)) {
            let whole = named.is_container() || named.attribute.eq_ignore_ascii_case(&path.attribute);
            match &named.sub_attribute {
                None if whole => return Named::Whole,
                Some(sub) if whole => parts.push(&**sub),
                _ => {}
            }
        }
        if parts.is_empty() { Named::Not } else { Named::Parts(parts) }
    }
}

/// How a projection names an attribute.
enum Named<'a> {
    Not,
    Whole,
    Parts(Vec<&'a str>),
}

fn is_container(name: &str, resource_type: &ResourceType) -> bool {
    resource_type.extension(name).is_some() || resource_type.open && name.contains(':')
}

/// Cuts the parts that are never returned, or not by themselves; whether anything is left.
fn shows(value: &mut Value, attribute: Option<&Attribute>) -> bool {
    let hides = |sub: &Attribute| matches!(sub.returned, Returned::Never | Returned::Request);
    if attribute.is_some_and(|attribute| attribute.sub_attributes.iter().any(hides)) {
        cut(value, &[], false, attribute);
        return !value.is_unassigned();
    }
    true
}

fn cut(value: &mut Value, parts: &[&str], only: bool, attribute: Option<&Attribute>) {
    match value {
        Value::Array(elements) => {
            elements.iter_mut().for_each(|element| cut(element, parts, only, attribute));
            elements.retain(|element| !element.is_unassigned());
        }
        Value::Object(members) => members.retain(|name, _| {
            let returned =
                attribute.and_then(|attribute| attribute.sub(name)).map_or(Returned::Default, |sub| sub.returned);
            let named = parts.iter().any(|part| part.eq_ignore_ascii_case(name));
            match returned {
                Returned::Always => true,
                Returned::Never => false,
                Returned::Request => named && only,
                Returned::Default => named == only,
            }
        }),
        _ => {}
    }
}
