//! Filters checked against a resource type: names resolved, literals read by the attribute's type.

use std::collections::BTreeSet;

use crate::filter::evaluate::{CompiledFilter, Node, Operand, Strings, Target, Test};
use crate::filter::{CompareOp, Filter, Literal};
use crate::scalar::{Decimal, Instant};
use crate::schema::{Attribute, Kind, Returned};
use crate::{AttributePath, ResourceType, ScimError, Text};

/// From so many alternatives on they are looked up instead of tried one by one.
const MANY: usize = 8;

pub(super) fn compile(filter: &Filter, resource_type: &ResourceType) -> Result<CompiledFilter, ScimError> {
    Ok(CompiledFilter { root: node(filter, Names::Resource(resource_type))? })
}

/// Compiles the filter in the brackets behind an attribute.
pub(crate) fn compile_element(filter: &Filter, attribute: &Attribute) -> Result<CompiledFilter, ScimError> {
    Ok(CompiledFilter { root: node(filter, Names::Element(attribute))? })
}

/// Whether the path means something in resources of the type.
pub(super) fn is_known(path: &AttributePath, resource_type: &ResourceType) -> bool {
    resource_leaf(path, resource_type).is_some()
}

/// Against what names are resolved.
#[derive(Clone, Copy)]
enum Names<'a> {
    Resource(&'a ResourceType),
    Element(&'a Attribute),
}

/// What a name means.
struct Leaf<'a> {
    steps: Vec<Text>,
    /// `None` in an extension that no schema describes.
    attribute: Option<&'a Attribute>,
    strings: Strings,
    absent_is_false: bool,
}

impl Leaf<'_> {
    fn target(self) -> Target {
        Target { steps: self.steps, absent_is_false: self.absent_is_false }
    }
}

fn node(filter: &Filter, names: Names<'_>) -> Result<Node, ScimError> {
    let all = |parts: &[Filter]| parts.iter().map(|part| node(part, names)).collect::<Result<Vec<_>, _>>();
    match filter {
        Filter::And(parts) => Ok(Node::All(all(parts)?)),
        Filter::Or(parts) => all(parts).map(any_of),
        Filter::Not(inner) => Ok(Node::Not(Box::new(node(inner, names)?))),
        Filter::Present(path) => Ok(Node::Test(names.leaf(path)?.target(), Test::Present)),
        Filter::Compare(path, op, literal) => compare(names.leaf(path)?, path, *op, literal),
        Filter::ValuePath(path, inner) => value_path(names, path, inner),
    }
}

/// Many alternatives on one target become one look-up; otherwise removing many members would take their square.
fn any_of(parts: Vec<Node>) -> Node {
    let Some(Node::Test(target, Test::Compare(CompareOp::Eq, Operand::String(_, strings)))) = parts.first() else {
        return Node::Any(parts);
    };
    let wanted: Option<BTreeSet<String>> = parts.iter().map(|part| wanted_text(part, target, *strings)).collect();
    match wanted {
        Some(wanted) if parts.len() >= MANY => Node::OneOf(target.clone(), wanted, *strings),
        _ => Node::Any(parts),
    }
}

fn wanted_text(part: &Node, target: &Target, strings: Strings) -> Option<String> {
    match part {
        Node::Test(other, Test::Compare(CompareOp::Eq, Operand::String(text, how)))
            if other == target && *how == strings =>
        {
            Some(text.clone())
        }
        _ => None,
    }
}

fn value_path(names: Names<'_>, path: &AttributePath, inner: &Filter) -> Result<Node, ScimError> {
    let leaf = names.leaf(path)?;
    match leaf.attribute {
        Some(attribute) if attribute.multi_valued => {
            let inner = node(inner, Names::Element(attribute))?;
            Ok(Node::SameElement(leaf.target(), Box::new(inner)))
        }
        // rfc-traps 121
        _ => {
            Err(ScimError::invalid_filter(format!("{path} holds one value, so there is nothing to choose by brackets")))
        }
    }
}

impl<'a> Names<'a> {
    fn leaf(self, path: &AttributePath) -> Result<Leaf<'a>, ScimError> {
        let leaf = match self {
            Self::Resource(resource_type) => resource_leaf(path, resource_type),
            Self::Element(attribute) => element_leaf(path, attribute),
        };
        let leaf = leaf.ok_or_else(|| ScimError::invalid_filter(format!("no schema here has an attribute {path}")))?;
        match leaf.attribute {
            // rfc-traps 98: answers would tell the value bit by bit.
            Some(attribute) if attribute.returned == Returned::Never => {
                Err(ScimError::invalid_filter(format!("{path} is never returned, so it cannot be filtered by")))
            }
            _ => Ok(leaf),
        }
    }
}

fn resource_leaf<'a>(path: &AttributePath, resource_type: &'a ResourceType) -> Option<Leaf<'a>> {
    // `tags.value` is `tags` where elements are plain values (rfc-traps 122).
    let plain = path.sub_attribute.as_deref().is_some_and(|sub| sub.eq_ignore_ascii_case("value"));
    let plain = plain.then(|| resource_type.resolve(&path.whole())).flatten();
    let plain = plain.filter(|resolved| resolved.attribute.multi_valued && resolved.attribute.kind != Kind::Complex);
    let Some(resolved) = plain.or_else(|| resource_type.resolve(path)) else {
        return untyped_leaf(path, resource_type);
    };
    let (parent, leaf) = (resolved.attribute, resolved.leaf());
    let sub = resolved.sub_attribute.map(|sub| &*sub.name);
    let names = [resolved.extension.map(|schema| &*schema.id), Some(&*parent.name), sub];
    Some(Leaf {
        steps: names.into_iter().flatten().map(Text::from).collect(),
        attribute: Some(resolved.sub_attribute.unwrap_or(parent)),
        strings: strings(parent, leaf),
        absent_is_false: sub.is_some() && is_primary(parent, leaf),
    })
}

/// A whole extension, or what lies in one that no schema describes.
fn untyped_leaf<'a>(path: &AttributePath, resource_type: &'a ResourceType) -> Option<Leaf<'a>> {
    let path = resource_type.canonical(path)?;
    let names = [path.urn, Some(path.attribute).filter(|name| !name.is_empty()), path.sub_attribute];
    let steps = names.into_iter().flatten().collect();
    Some(Leaf { steps, attribute: None, strings: Strings::AnyCase, absent_is_false: false })
}

fn element_leaf<'a>(path: &AttributePath, attribute: &'a Attribute) -> Option<Leaf<'a>> {
    if path.urn.is_some() || path.sub_attribute.is_some() {
        return None;
    }
    if attribute.kind != Kind::Complex {
        let is_value = path.attribute.eq_ignore_ascii_case("value");
        let strings = strings(attribute, attribute);
        return is_value.then(|| Leaf { steps: vec![], attribute: Some(attribute), strings, absent_is_false: false });
    }
    let sub = attribute.sub(&path.attribute)?;
    Some(Leaf {
        steps: vec![sub.name.clone()],
        attribute: Some(sub),
        strings: strings(attribute, sub),
        absent_is_false: is_primary(attribute, sub),
    })
}

fn is_primary(parent: &Attribute, leaf: &Attribute) -> bool {
    parent.multi_valued && leaf.kind == Kind::Boolean && leaf.name == "primary"
}

/// How strings of an attribute compare.
pub(crate) fn strings(parent: &Attribute, leaf: &Attribute) -> Strings {
    let of_resource = |kind: &String| !matches!(kind.as_str(), "external" | "uri");
    match leaf.kind {
        Kind::Binary => Strings::Base64,
        Kind::Reference if leaf.reference_types.iter().any(of_resource) => Strings::Uri,
        // rfc-traps 49: the id of a resource compares exactly wherever it stands.
        _ if leaf.is_exact() || (parent.is_reference() && leaf.name == "value") => Strings::Exact,
        _ => Strings::AnyCase,
    }
}

fn compare(leaf: Leaf<'_>, path: &AttributePath, op: CompareOp, literal: &Literal) -> Result<Node, ScimError> {
    let refused = |why: &str| ScimError::invalid_filter(format!("{path} {} …: {why}", op.as_str()));
    if *literal == Literal::Null {
        // rfc-traps 73
        return match op {
            CompareOp::Eq => Ok(Node::Test(leaf.target(), Test::Absent)),
            CompareOp::Ne => Ok(Node::Test(leaf.target(), Test::Present)),
            _ => Err(refused("null has no order and no parts")),
        };
    }
    match leaf.attribute {
        Some(attribute) if attribute.kind == Kind::Complex => {
            let leaf = implied_value(leaf, attribute).ok_or_else(|| refused("name one of its sub-attributes"))?;
            compare(leaf, path, op, literal)
        }
        Some(attribute) => {
            let operand = operand(attribute.kind, leaf.strings, op, literal).map_err(refused)?;
            Ok(Node::Test(leaf.target(), Test::Compare(op, operand)))
        }
        None if path.is_container() => Err(refused("an extension has no value of its own")),
        None => Ok(Node::Test(leaf.target(), Test::Compare(op, untyped(literal)))),
    }
}

/// A multi-valued complex attribute stands for its `value`, a single one for nothing (rfc-traps 74, 75).
fn implied_value<'a>(mut leaf: Leaf<'a>, attribute: &'a Attribute) -> Option<Leaf<'a>> {
    let value = attribute.sub("value").filter(|_| attribute.multi_valued)?;
    leaf.steps.push(value.name.clone());
    Some(Leaf { attribute: Some(value), strings: strings(attribute, value), ..leaf })
}

/// The literal by the attribute's type; what has no order or no parts refuses operators that need them (rfc-traps 78, 79).
fn operand(kind: Kind, strings: Strings, op: CompareOp, literal: &Literal) -> Result<Operand, &'static str> {
    let ordered = matches!(op, CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le);
    let in_parts = matches!(op, CompareOp::Co | CompareOp::Sw | CompareOp::Ew);
    match kind {
        Kind::Boolean | Kind::Binary if ordered => Err("the attribute's type has no order"),
        Kind::Boolean | Kind::Binary | Kind::Integer | Kind::Decimal | Kind::DateTime if in_parts => {
            Err("only strings have parts")
        }
        Kind::Boolean => boolean(literal).map(Operand::Bool).ok_or("a boolean is true or false"),
        Kind::Integer | Kind::Decimal => number(literal).map(Operand::Number).ok_or("a number is wanted"),
        Kind::DateTime => instant(literal).map(Operand::Instant).ok_or("a date and time in quotes is wanted"),
        Kind::String | Kind::Reference | Kind::Binary | Kind::Complex => match literal {
            Literal::String(text) | Literal::Number(text) => Ok(Operand::String(strings.key(text), strings)),
            Literal::Bool(_) | Literal::Null => Err("a string is wanted"),
        },
    }
}

/// rfc-traps 77: Entra ID quotes booleans.
fn boolean(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Bool(value) => Some(*value),
        Literal::String(text) => text.to_ascii_lowercase().parse().ok(),
        Literal::Null | Literal::Number(_) => None,
    }
}

fn number(literal: &Literal) -> Option<Decimal> {
    match literal {
        Literal::Number(text) | Literal::String(text) => Decimal::parse(text),
        Literal::Null | Literal::Bool(_) => None,
    }
}

fn instant(literal: &Literal) -> Option<Instant> {
    match literal {
        Literal::String(text) => Instant::parse(text),
        _ => None,
    }
}

fn untyped(literal: &Literal) -> Operand {
    match literal {
        Literal::Bool(value) => Operand::Bool(*value),
        Literal::Number(text) => match Decimal::parse(text) {
            Some(number) => Operand::Number(number),
            None => Operand::String(text.to_string(), Strings::AnyCase),
        },
        Literal::String(text) => Operand::String(Strings::AnyCase.key(text), Strings::AnyCase),
        Literal::Null => Operand::String(String::new(), Strings::AnyCase),
    }
}
