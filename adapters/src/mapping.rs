//! Canonical names to vendor names and back: URNs and attribute paths, by parsed position, never by text replacement.

use scimux_scim::filter::Literal;
use scimux_scim::query::Projection;
use scimux_scim::{AttributePath, Filter, ListQuery, Object, Op, PatchOp, Text, Value};

/// The renames of one resource type of a target, compiled once. The identity costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Canonical URN, vendor URN.
    pub urns: Vec<(Text, Text)>,
    /// Canonical path, vendor path.
    pub attributes: Vec<(AttributePath, AttributePath)>,
    /// The base schema's URN in both name spaces: in front of a core attribute it changes nothing (RFC 7644 section 3.10).
    pub(crate) base: (Text, Text),
    /// What of the vendor a renamed attribute is a part of, and the other parts: removing the whole must not remove it.
    pub(crate) shared: Vec<(AttributePath, Vec<AttributePath>)>,
}

/// From which name space into which.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToVendor,
    ToCanonical,
}

impl Way {
    /// A pair of canonical and vendor names as source and destination.
    fn order<T>(self, (canonical, vendor): &(T, T)) -> (&T, &T) {
        match self {
            Self::ToVendor => (canonical, vendor),
            Self::ToCanonical => (vendor, canonical),
        }
    }
}

impl Mapping {
    /// Whether nothing is renamed.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.urns.is_empty() && self.attributes.is_empty()
    }

    /// A canonical resource in vendor names: members, `schemas`.
    #[must_use]
    pub fn resource_to_vendor(&self, resource: Object) -> Object {
        self.resource(resource, Way::ToVendor)
    }

    /// A vendor's resource in canonical names: members, `schemas`.
    #[must_use]
    pub fn resource_to_canonical(&self, resource: Object) -> Object {
        self.resource(resource, Way::ToCanonical)
    }

    /// A canonical path in vendor names.
    #[must_use]
    pub fn path_to_vendor(&self, path: &AttributePath) -> AttributePath {
        self.path(path, Way::ToVendor)
    }

    /// A vendor path in canonical names.
    #[must_use]
    pub fn path_to_canonical(&self, path: &AttributePath) -> AttributePath {
        self.path(path, Way::ToCanonical)
    }

    /// A canonical URN as the vendor has it.
    #[must_use]
    pub fn urn_to_vendor<'a>(&'a self, urn: &'a str) -> &'a str {
        self.urn(urn, Way::ToVendor)
    }

    /// A vendor's URN as clients know it.
    pub(crate) fn urn_to_canonical<'a>(&'a self, urn: &'a str) -> &'a str {
        self.urn(urn, Way::ToCanonical)
    }

    /// Operations in vendor names; one on a complex attribute is split where a part of it is renamed.
    #[must_use]
    pub fn operations_to_vendor(&self, operations: Vec<PatchOp>) -> Vec<PatchOp> {
        if self.is_identity() {
            return operations;
        }
        operations.into_iter().flat_map(|operation| self.operation(operation)).collect()
    }

    /// A filter in vendor names, `schemas eq "urn"` included.
    #[must_use]
    pub fn filter_to_vendor(&self, filter: &Filter) -> Filter {
        if self.is_identity() {
            return filter.clone();
        }
        match filter {
            Filter::And(terms) => Filter::And(terms.iter().map(|term| self.filter_to_vendor(term)).collect()),
            Filter::Or(terms) => Filter::Or(terms.iter().map(|term| self.filter_to_vendor(term)).collect()),
            Filter::Not(term) => Filter::Not(Box::new(self.filter_to_vendor(term))),
            Filter::Present(path) => Filter::Present(self.path_to_vendor(path)),
            Filter::Compare(path, op, Literal::String(urn)) if is_schemas(path) => {
                let urn = self.urn_to_vendor(urn);
                Filter::Compare(path.clone(), *op, Literal::String(urn.into()))
            }
            Filter::Compare(path, op, literal) => Filter::Compare(self.path_to_vendor(path), *op, literal.clone()),
            Filter::ValuePath(path, inner) if self.parts_of(path).next().is_some() => {
                self.filter_to_vendor(&spelled_out(inner, path))
            }
            Filter::ValuePath(path, inner) => Filter::ValuePath(self.path_to_vendor(path), inner.clone()),
        }
    }

    /// A list query in vendor names.
    #[must_use]
    pub fn query_to_vendor(&self, query: ListQuery) -> ListQuery {
        if self.is_identity() {
            return query;
        }
        ListQuery {
            filter: query.filter.map(|filter| self.filter_to_vendor(&filter)),
            sort_by: query.sort_by.map(|path| self.path_to_vendor(&path)),
            projection: self.projection_to_vendor(query.projection),
            ..query
        }
    }

    /// A projection in vendor names; a complex attribute brings the renamed parts of it along.
    fn projection_to_vendor(&self, projection: Projection) -> Projection {
        let renamed = |paths: Vec<AttributePath>| {
            let all = paths.iter().flat_map(|path| {
                std::iter::once(self.path_to_vendor(path)).chain(self.parts_of(path).map(|(_, vendor)| vendor.clone()))
            });
            all.collect()
        };
        match projection {
            Projection::Default => Projection::Default,
            Projection::Only(paths) => Projection::Only(renamed(paths)),
            Projection::Without(paths) => Projection::Without(renamed(paths)),
        }
    }

    fn operation(&self, mut operation: PatchOp) -> Vec<PatchOp> {
        let mut split = Vec::new();
        for (canonical, vendor) in self.parts_of(&operation.path) {
            let value = match &mut operation.value {
                Some(Value::Object(parts)) => match parts.remove(part_of(canonical)) {
                    Some(part) => Some(part).filter(|part| !part.is_unassigned()),
                    None => continue,
                },
                Some(_) => continue,
                None => None,
            };
            let op = if value.is_some() { operation.op } else { Op::Remove };
            split.push(PatchOp { op, path: vendor.clone(), value, explicit: operation.explicit });
        }
        let emptied = !split.is_empty() && operation.value.as_ref().is_some_and(Value::is_unassigned);
        if !emptied {
            operation.path = self.path_to_vendor(&operation.path);
            split.extend(self.spared(operation));
        }
        split
    }

    /// A removal spread over the parts that may go, where one of them is another attribute's home.
    fn spared(&self, operation: PatchOp) -> Vec<PatchOp> {
        let is_whole = operation.path.filter.is_none() && operation.path.sub_attribute.is_none();
        let shared = self.shared.iter().find(|(whole, _)| is_whole && same(whole, &operation.path));
        match shared {
            Some((_, others)) if operation.op == Op::Remove => {
                let remove = |path: &AttributePath| PatchOp { path: path.clone(), ..operation.clone() };
                others.iter().map(remove).collect()
            }
            _ => vec![operation],
        }
    }

    /// The renamed attributes that are parts of what a canonical path names: sub-attributes of a complex attribute,
    /// attributes of an extension.
    fn parts_of<'a>(&'a self, path: &'a AttributePath) -> impl Iterator<Item = (&'a AttributePath, &'a AttributePath)> {
        let is_whole = path.filter.is_none() && path.sub_attribute.is_none();
        let is_part = move |canonical: &AttributePath| {
            let of_container = path.is_container() && same_urn(&path.urn, &canonical.urn);
            of_container || (canonical.sub_attribute.is_some() && same_whole(canonical, path))
        };
        let pairs = self.attributes.iter().map(|(canonical, vendor)| (canonical, vendor));
        pairs.filter(move |(canonical, _)| is_whole && is_part(canonical))
    }

    fn path(&self, path: &AttributePath, way: Way) -> AttributePath {
        if self.is_identity() {
            return path.clone();
        }
        let mut path = path.clone();
        if path.urn.as_deref().is_some_and(|urn| self.is_base(urn, way)) && !path.is_container() {
            path.urn = None;
        }
        let moved = self.attributes.iter().find_map(|pair| {
            let (from, to) = way.order(pair);
            moved(&path, from, to)
        });
        moved.unwrap_or_else(|| {
            path.urn = path.urn.map(|urn| self.urn(&urn, way).into());
            path
        })
    }

    fn is_base(&self, urn: &str, way: Way) -> bool {
        way.order(&self.base).0.eq_ignore_ascii_case(urn)
    }

    fn urn<'a>(&'a self, urn: &'a str, way: Way) -> &'a str {
        let renamed = self.urns.iter().map(|pair| way.order(pair)).find(|(from, _)| from.eq_ignore_ascii_case(urn));
        renamed.map_or(urn, |(_, to)| to)
    }

    fn resource(&self, mut resource: Object, way: Way) -> Object {
        if self.is_identity() {
            return resource;
        }
        let moves: Vec<_> = self.attributes.iter().map(|pair| way.order(pair)).collect();
        let taken: Vec<_> = moves.iter().map(|(from, to)| (*from, *to, from.take(&mut resource))).collect();
        let mut renamed = self.rename_containers(resource, way);
        if way == Way::ToCanonical {
            // What the vendor keeps under a name that clients use for something else has no name of its own for them.
            for (_, to) in &moves {
                let _ = to.take(&mut renamed);
            }
        }
        for (from, to, value) in taken {
            if let Some(value) = value {
                to.set(&mut renamed, value);
                self.correct_schemas(&mut renamed, from, to, way);
            }
        }
        renamed
    }

    fn rename_containers(&self, resource: Object, way: Way) -> Object {
        if self.urns.is_empty() {
            return resource;
        }
        let rename = |(name, value): (Text, Value)| match value {
            Value::Array(urns) if name.eq_ignore_ascii_case("schemas") => {
                (name, Value::Array(urns.into_iter().map(|urn| self.rename_entry(urn, way)).collect()))
            }
            Value::Object(_) | Value::Null => (self.urn(&name, way).into(), value),
            value => (name, value),
        };
        resource.into_iter().map(rename).collect()
    }

    fn rename_entry(&self, entry: Value, way: Way) -> Value {
        match &entry {
            Value::String(urn) => Value::String(self.urn(urn, way).into()),
            _ => entry,
        }
    }

    /// Keeps `schemas` true to the containers where an attribute left one or came into one.
    fn correct_schemas(&self, resource: &mut Object, from: &AttributePath, to: &AttributePath, way: Way) {
        let left = from.urn.as_deref().map(|urn| self.urn(urn, way)).filter(|urn| !resource.contains(urn));
        let Some(Value::Array(schemas)) = resource.get_mut("schemas") else { return };
        let is = |entry: &Value, urn: &str| entry.as_str().is_some_and(|entry| entry.eq_ignore_ascii_case(urn));
        if let Some(left) = left {
            schemas.retain(|entry| !is(entry, left));
        }
        if let Some(urn) = &to.urn
            && !schemas.iter().any(|entry| is(entry, urn))
        {
            schemas.push(Value::String(urn.clone()));
        }
    }
}

/// Where a path leads if it is `from` or leads into it.
fn moved(path: &AttributePath, from: &AttributePath, to: &AttributePath) -> Option<AttributePath> {
    if !same_whole(path, from) {
        return None;
    }
    match (&from.sub_attribute, &path.sub_attribute) {
        (None, sub) => Some(AttributePath {
            filter: path.filter.clone(),
            sub_attribute: to.sub_attribute.clone().or_else(|| sub.clone()),
            ..to.clone()
        }),
        (Some(from), Some(sub)) if path.filter.is_none() && from.eq_ignore_ascii_case(sub) => Some(to.clone()),
        _ => None,
    }
}

/// A value filter on a single-valued complex attribute as a filter on its parts.
fn spelled_out(inner: &Filter, whole: &AttributePath) -> Filter {
    let all = |terms: &[Filter]| terms.iter().map(|term| spelled_out(term, whole)).collect();
    let part = |path: &AttributePath| whole.clone().with_sub(path.attribute.clone());
    match inner {
        Filter::And(terms) => Filter::And(all(terms)),
        Filter::Or(terms) => Filter::Or(all(terms)),
        Filter::Not(term) => Filter::Not(Box::new(spelled_out(term, whole))),
        Filter::Compare(path, op, literal) => Filter::Compare(part(path), *op, literal.clone()),
        Filter::Present(path) => Filter::Present(part(path)),
        nested @ Filter::ValuePath(..) => nested.clone(),
    }
}

fn is_schemas(path: &AttributePath) -> bool {
    path.urn.is_none() && path.sub_attribute.is_none() && path.attribute.eq_ignore_ascii_case("schemas")
}

/// The name of the part that a renamed attribute is: its sub-attribute, or the attribute in its extension.
fn part_of(path: &AttributePath) -> &str {
    path.sub_attribute.as_deref().unwrap_or(&path.attribute)
}

/// Whether two paths without filters are the same but for case.
pub(crate) fn same(a: &AttributePath, b: &AttributePath) -> bool {
    let sub = match (&a.sub_attribute, &b.sub_attribute) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (None, None) => true,
        _ => false,
    };
    sub && same_whole(a, b)
}

/// Whether two paths lead into the same attribute.
fn same_whole(a: &AttributePath, b: &AttributePath) -> bool {
    same_urn(&a.urn, &b.urn) && a.attribute.eq_ignore_ascii_case(&b.attribute)
}

fn same_urn(a: &Option<Text>, b: &Option<Text>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
