//! Filters in canonical form: names as the schemas spell them, values of the attribute's type (clients.md rules 2, 14,
//! 17). What no schema knows stays as it is; compiling tells of it.

use crate::coerce::boolean;
use crate::filter::{Filter, Literal};
use crate::scalar::{Decimal, Instant};
use crate::schema::{Attribute, Kind};
use crate::{AttributePath, ResourceType, Text};

/// A filter on resources in canonical form.
pub(crate) fn canonical(filter: Filter, known: &ResourceType) -> Filter {
    within(filter, Names::Resource(known))
}

/// A filter on the elements of an attribute in canonical form.
pub(crate) fn canonical_element(filter: Filter, attribute: &Attribute) -> Filter {
    within(filter, Names::Element(attribute))
}

#[derive(Clone, Copy)]
enum Names<'a> {
    Resource(&'a ResourceType),
    Element(&'a Attribute),
}

fn within(filter: Filter, names: Names<'_>) -> Filter {
    let all = |parts: Vec<Filter>| parts.into_iter().map(|part| within(part, names)).collect();
    match filter {
        Filter::And(parts) => Filter::And(all(parts)),
        Filter::Or(parts) => Filter::Or(all(parts)),
        Filter::Not(inner) => Filter::Not(Box::new(within(*inner, names))),
        Filter::Present(path) => Filter::Present(names.known(&path).map_or(path, |(path, _)| path)),
        Filter::Compare(path, op, literal) => match names.known(&path) {
            None => Filter::Compare(path, op, literal),
            Some((path, attribute)) => match referred(attribute) {
                Some(id) => Filter::Compare(path.with_sub(&*id.name), op, typed(literal, id.kind)),
                None => Filter::Compare(path, op, typed(literal, compared(attribute))),
            },
        },
        Filter::ValuePath(path, inner) => match names.known(&path) {
            Some((path, attribute)) => Filter::ValuePath(path, Box::new(canonical_element(*inner, attribute))),
            None => Filter::ValuePath(path, inner),
        },
    }
}

impl<'a> Names<'a> {
    /// The path in the schema's spelling, and the attribute it ends in.
    fn known(self, path: &AttributePath) -> Option<(AttributePath, &'a Attribute)> {
        match self {
            Self::Resource(known) => {
                let leaf = known.resolve(path)?.into_leaf();
                Some((known.canonical(path)?, leaf))
            }
            Self::Element(attribute) => {
                let sub = attribute.sub(&path.attribute).filter(|_| path.urn.is_none())?;
                Some((AttributePath::attribute(&*sub.name), sub))
            }
        }
    }
}

/// A single reference stands for the id it holds: Entra ID asks `manager eq "u2"` (clients.md 1.1).
fn referred(attribute: &Attribute) -> Option<&Attribute> {
    attribute.sub("value").filter(|_| attribute.is_reference() && !attribute.multi_valued)
}

/// The type of what is compared: a list of complex values stands for their `value` (rfc-traps 74).
fn compared(attribute: &Attribute) -> Kind {
    let value = attribute.sub("value").filter(|_| attribute.multi_valued);
    value.unwrap_or(attribute).kind
}

/// The literal as the attribute's type writes it, where it can be read so; else as it is, to be refused by name.
fn typed(literal: Literal, kind: Kind) -> Literal {
    match (kind, literal) {
        (Kind::Boolean, Literal::String(text)) => boolean(&text).map_or(Literal::String(text), Literal::Bool),
        (Kind::Integer | Kind::Decimal, Literal::String(text)) if Decimal::parse(&text).is_some() => {
            Literal::Number(text)
        }
        (Kind::DateTime, Literal::String(text)) => Literal::String(with_plus(text)),
        (Kind::String | Kind::Reference | Kind::Binary, Literal::Number(digits)) => Literal::String(digits),
        // Only `true` and `false` without quotes come as booleans, in these letters.
        (Kind::String | Kind::Reference, Literal::Bool(value)) => Literal::String(value.to_string().into()),
        (_, literal) => literal,
    }
}

/// The `+` of an offset that a client did not escape has become a blank.
fn with_plus(text: Text) -> Text {
    let plus = text.replace(' ', "+");
    if plus != *text && Instant::parse(&plus).is_some() { plus.into() } else { text }
}
