//! Lists: what a vendor is asked (`[types.list]` of its profile), and what of a query is left for the gateway.

use scimux_scim::filter::{CompareOp, CompiledFilter, Literal, Reduced};
use scimux_scim::query::Types;
use scimux_scim::schema::{Kind, Returned, Uniqueness};
use scimux_scim::sort::Sorter;
use scimux_scim::{AttributePath, Filter, ListQuery, Object, ScimError, Text, Value};

use crate::ServedType;
use crate::profile::FilterProfile;

/// What is asked of one resource type.
#[derive(Debug)]
pub(crate) struct Part {
    /// Which of the target's types.
    pub(crate) served: usize,
    /// Filter and order for the vendor, in its names and forms.
    pub(crate) query: ListQuery,
    /// What of the filter the vendor does not evaluate, for canonical resources.
    pub(crate) rest: Option<CompiledFilter>,
    /// The order, where the vendor does not sort.
    pub(crate) sorter: Option<Sorter>,
}

impl Part {
    /// Whether the vendor does all of it but the paging.
    pub(crate) fn is_plain(&self) -> bool {
        self.rest.is_none() && self.sorter.is_none()
    }
}

/// Divides a query between the vendor and the gateway; `None`: no resource of the type can meet the filter.
///
/// # Errors
/// 400 `invalidFilter`, or `invalidPath` for `sortBy`: what no schema knows, and what the vendor cannot hold or never
/// shows, since an empty list would make a client create a duplicate (CONTRACT section 3).
pub(crate) fn part(
    asked: &ListQuery,
    served: usize,
    kind: &ServedType,
    types: Types,
) -> Result<Option<Part>, ScimError> {
    let reduced = match (&asked.filter, types) {
        (None, _) => Reduced::Always,
        (Some(filter), Types::One) => {
            // What no schema allows is refused, whatever its other terms decide (rfc-traps 78 to 81, 97, 98).
            filter.compile(&kind.canonical)?;
            filter.reduce(&kind.canonical)?
        }
        (Some(filter), Types::All) => filter.reduce_among_types(&kind.canonical)?,
    };
    let divided = match reduced {
        Reduced::Never => return Ok(None),
        Reduced::Always => Divided::default(),
        Reduced::Only(filter) => divide(&filter, kind)?,
    };
    let rest = divided.rest.map(|rest| rest.compile(&kind.canonical)).transpose()?;
    let mut query = ListQuery { filter: divided.pushed, ..ListQuery::default() };
    let mut sorter = None;
    if let Some(path) = &asked.sort_by {
        let vendor = kind.mapping.path_to_vendor(path);
        if types == Types::One {
            check_sort(&vendor, kind)?;
        }
        if types == Types::One && sorts_by(&vendor, kind) {
            query = ListQuery { sort_by: Some(vendor), descending: asked.descending, ..query };
        } else {
            sorter = Some(Sorter::new(path, asked.descending, &kind.canonical));
        }
    }
    Ok(Some(Part { served, query, rest, sorter }))
}

/// A filter in two parts that both must hold.
#[derive(Debug, Default, PartialEq)]
struct Divided {
    /// What the vendor evaluates, in its names and forms.
    pushed: Option<Filter>,
    /// What is left, in canonical names.
    rest: Option<Filter>,
}

fn divide(filter: &Filter, kind: &ServedType) -> Result<Divided, ScimError> {
    filter.compile(&kind.canonical)?;
    let vendor = kind.mapping.filter_to_vendor(filter);
    check_held(&vendor, kind)?;
    let Some(known) = &kind.profile.list.filter else {
        return Ok(Divided { pushed: Some(vendor), rest: None });
    };
    if let Some(pushed) = evaluated(&vendor, known) {
        return Ok(Divided { pushed: Some(pushed), rest: None });
    }
    let terms = match filter {
        Filter::And(terms) => terms.clone(),
        other => vec![other.clone()],
    };
    let divided = divide_terms(terms, known, kind);
    if let Some(rest) = &divided.rest {
        check_shown(&kind.mapping.filter_to_vendor(rest), known, kind)?;
    }
    Ok(divided)
}

/// Every term the vendor evaluates is sent if it knows `and`, else the one that leaves the fewest resources.
fn divide_terms(terms: Vec<Filter>, known: &FilterProfile, kind: &ServedType) -> Divided {
    let best = terms.iter().filter_map(|term| sendable(term, known, kind)).map(|(term, _)| rank(&term, kind)).max();
    let (mut pushed, mut rest) = (Vec::new(), Vec::new());
    for term in terms {
        let sent = sendable(&term, known, kind)
            .filter(|(sent, _)| known.logical || pushed.is_empty() && Some(rank(sent, kind)) == best);
        if !sent.as_ref().is_some_and(|(_, is_all)| *is_all) {
            rest.push(term);
        }
        pushed.extend(sent.map(|(sent, _)| sent));
    }
    let joined = |terms: Vec<Filter>| (!terms.is_empty()).then(|| Filter::and(terms));
    Divided { pushed: joined(pushed), rest: joined(rest) }
}

/// What the vendor can be sent of a term, and whether that is all of it: `emails[type eq "work" and value eq "x"]` holds
/// only where `emails.value eq "x"` does.
fn sendable(term: &Filter, known: &FilterProfile, kind: &ServedType) -> Option<(Filter, bool)> {
    let evaluated = |term: &Filter| evaluated(&kind.mapping.filter_to_vendor(term), known);
    if let Some(whole) = evaluated(term) {
        return Some((whole, true));
    }
    let Filter::ValuePath(path, inner) = term else { return None };
    let Filter::And(parts) = &**inner else { return None };
    let alone = |part: &Filter| evaluated(&Filter::ValuePath(path.clone(), Box::new(part.clone())));
    let part = parts.iter().filter_map(alone).max_by_key(|part| rank(part, kind));
    part.map(|part| (part, false))
}

/// How few resources a term is likely to leave.
fn rank(term: &Filter, kind: &ServedType) -> u8 {
    match term {
        Filter::Compare(path, CompareOp::Eq, _) => {
            let unique =
                |path| kind.vendor.resolve(path).is_some_and(|found| found.leaf().uniqueness != Uniqueness::None);
            1 + u8::from(unique(path))
        }
        _ => 0,
    }
}

/// The filter as the vendor writes it, if it evaluates all of it.
pub(crate) fn evaluated(filter: &Filter, known: &FilterProfile) -> Option<Filter> {
    let is_logical = matches!(filter, Filter::And(_) | Filter::Or(_) | Filter::Not(_));
    if is_logical && !known.logical { None } else { each_term(filter, known) }
}

/// The filter with every term in the vendor's form; `None` if one has none.
fn each_term(filter: &Filter, known: &FilterProfile) -> Option<Filter> {
    let all = |terms: &[Filter]| terms.iter().map(|term| each_term(term, known)).collect::<Option<Vec<_>>>();
    let has = |operator: &str| known.operators.iter().any(|known| known == operator);
    match filter {
        Filter::And(terms) => all(terms).map(Filter::And),
        Filter::Or(terms) => all(terms).map(Filter::Or),
        Filter::Not(term) => each_term(term, known).map(|term| Filter::Not(Box::new(term))),
        Filter::Present(path) if has("pr") => Some(Filter::Present(as_written(path, known)?)),
        Filter::Compare(path, op, value) if has(op.as_str()) => {
            Some(Filter::Compare(as_written(path, known)?, *op, value.clone()))
        }
        // `emails[value eq "x"]` asks what `emails.value eq "x"` asks.
        Filter::ValuePath(path, inner) => match &**inner {
            Filter::Compare(part, op, value) if has(op.as_str()) => {
                let path = path.clone().with_sub(part.attribute.clone());
                Some(Filter::Compare(as_written(&path, known)?, *op, value.clone()))
            }
            _ => None,
        },
        Filter::Present(_) | Filter::Compare(..) => None,
    }
}

/// The path as the vendor writes it: `emails` and `emails.value` are one (RFC 7644 section 3.4.2.2).
fn as_written(path: &AttributePath, known: &FilterProfile) -> Option<AttributePath> {
    let lists = |path: &AttributePath| {
        let name = path.to_string();
        known.attributes.iter().any(|known| known.eq_ignore_ascii_case(&name))
    };
    if lists(path) {
        return Some(path.clone());
    }
    let other = match &path.sub_attribute {
        Some(sub) if sub.eq_ignore_ascii_case("value") => path.whole(),
        Some(_) => return None,
        None => path.clone().with_sub("value"),
    };
    lists(&other).then_some(other)
}

/// Refuses what the vendor has no place for.
fn check_held(filter: &Filter, kind: &ServedType) -> Result<(), ScimError> {
    let refused = named(filter).into_iter().find(|(path, sub)| {
        let known = kind.vendor.resolve(path).is_some() && kind.profile.holds_common(path);
        let held = known || kind.vendor.open && path.urn.is_some();
        !held || sub.as_ref().is_some_and(|sub| lacks_part(path, sub, kind))
    });
    refused.map_or(Ok(()), |(path, _)| {
        let name = kind.mapping.path_to_canonical(&path);
        Err(ScimError::invalid_filter(format!("the vendor has no attribute {name}")))
    })
}

fn lacks_part(path: &AttributePath, sub: &str, kind: &ServedType) -> bool {
    kind.whole_form(path).is_some_and(|form| {
        form.without.iter().any(|without| without.eq_ignore_ascii_case(sub))
            && !form.read_with.keys().any(|read| read.eq_ignore_ascii_case(sub))
    })
}

/// Refuses what the gateway would have to evaluate and the vendor never shows.
fn check_shown(rest: &Filter, known: &FilterProfile, kind: &ServedType) -> Result<(), ScimError> {
    let hidden = named(rest).into_iter().find(|(path, sub)| {
        is_hidden(path, kind) || sub.as_ref().is_some_and(|sub| is_hidden(&path.clone().with_sub(sub.clone()), kind))
    });
    hidden.map_or(Ok(()), |(path, _)| {
        let name = kind.mapping.path_to_canonical(&path);
        let knows = known.words();
        Err(ScimError::invalid_filter(format!(
            "the vendor never returns {name}, so the gateway cannot evaluate it, and the vendor evaluates only {knows}"
        )))
    })
}

fn is_hidden(path: &AttributePath, kind: &ServedType) -> bool {
    let hidden = |form: Option<&crate::profile::AttributeProfile>| form.is_some_and(|form| form.never_returned);
    hidden(kind.form(path)) || hidden(kind.whole_form(path))
}

/// Every path of a filter, with the sub-attribute it names or each one that brackets name.
fn named(filter: &Filter) -> Vec<(AttributePath, Option<Text>)> {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => terms.iter().flat_map(named).collect(),
        Filter::Not(term) => named(term),
        Filter::Compare(path, ..) | Filter::Present(path) => vec![(path.clone(), path.sub_attribute.clone())],
        Filter::ValuePath(path, inner) => {
            named(inner).into_iter().map(|(part, _)| (path.clone(), Some(part.attribute))).collect()
        }
    }
}

/// Whether a resource cannot be one that the filter finds: a text that has to be equal is another, whatever its case. That
/// is all that is looked at, since a vendor may know more of a resource than it shows.
pub(crate) fn excludes(filter: &Filter, resource: &Object, kind: &ServedType) -> bool {
    match filter {
        Filter::And(terms) => terms.iter().any(|term| excludes(term, resource, kind)),
        Filter::Compare(path, CompareOp::Eq, Literal::String(wanted)) => {
            let found = kind.vendor.resolve(path).is_some_and(|found| found.leaf().kind == Kind::String);
            let shown = path.get(resource).and_then(Value::as_str).filter(|_| found);
            shown.is_some_and(|shown| shown.to_lowercase() != wanted.to_lowercase())
        }
        _ => false,
    }
}

fn check_sort(path: &AttributePath, kind: &ServedType) -> Result<(), ScimError> {
    let found = kind.vendor.resolve(path);
    let held = found.is_some() && kind.profile.holds_common(path) || kind.vendor.open;
    // The order would tell what is never returned.
    let secret = found.is_some_and(|found| found.leaf().returned == Returned::Never);
    if held && !secret && !is_hidden(path, kind) {
        return Ok(());
    }
    let name = kind.mapping.path_to_canonical(path);
    let why = if held { "the vendor never returns" } else { "the vendor has no attribute" };
    Err(ScimError::invalid_path(format!("sortBy: {why} {name}")))
}

/// Whether the vendor sorts by the path. By which part of a complex value it would sort nobody says (rfc-traps 244).
fn sorts_by(path: &AttributePath, kind: &ServedType) -> bool {
    let list = &kind.profile.list;
    if kind.vendor.resolve(path).is_some_and(|found| found.leaf().kind == Kind::Complex) {
        return false;
    }
    let (name, whole) = (path.to_string(), path.whole().to_string());
    let not = |known: &String| known.eq_ignore_ascii_case(&name) || known.eq_ignore_ascii_case(&whole);
    list.sort && !list.not_sortable.iter().any(not)
}

#[cfg(test)]
mod tests;
