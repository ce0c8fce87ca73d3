//! Lists: what a vendor is asked, and what its answer is worth (`[types.list]` of its profile).

use scimux_scim::list::Page;
use scimux_scim::query::{DEFAULT_COUNT, Projection};
use scimux_scim::{AttributePath, Filter, ListQuery, ScimError};

use crate::ServedType;
use crate::profile::{FilterProfile, Paging};

/// The query for the vendor, in vendor names.
///
/// # Errors
/// What neither the vendor nor the gateway can do: 400 `invalidFilter`, 501 for sorting.
pub(crate) fn query(asked: &ListQuery, served: &ServedType) -> Result<ListQuery, ScimError> {
    let profile = &served.profile.list;
    if let Some(filter) = &asked.filter {
        // What no schema allows is refused whatever the vendor would make of it (rfc-traps 78 to 81, 97, 98).
        filter.compile(&served.canonical)?;
    }
    let vendor = served.mapping.query_to_vendor(asked.clone());
    let filter = match (vendor.filter, &profile.filter) {
        (None, _) => None,
        (Some(filter), known) => Some(checked(&filter, known.as_ref(), served)?),
    };
    if let Some(path) = &vendor.sort_by {
        check_sort(path, served)?;
    }
    let pages = profile.paging == Paging::Index;
    let most = profile.cap.unwrap_or(u64::MAX);
    Ok(ListQuery {
        filter,
        start_index: pages.then(|| asked.start_index.unwrap_or(1)),
        count: match profile.paging {
            Paging::Index => Some(wanted(asked).min(most)),
            Paging::Count => profile.cap,
            Paging::None => None,
        },
        sort_by: vendor.sort_by,
        descending: asked.descending,
        projection: Projection::Default,
    })
}

fn wanted(asked: &ListQuery) -> u64 {
    asked.count.unwrap_or(DEFAULT_COUNT)
}

fn check_sort(path: &AttributePath, served: &ServedType) -> Result<(), ScimError> {
    let profile = &served.profile.list;
    let name = served.mapping.path_to_canonical(path);
    if served.vendor.resolve(path).is_none() && !served.vendor.open {
        return Err(ScimError::invalid_path(format!("sortBy: the vendor has no attribute {name}")));
    }
    if !profile.sort || profile.not_sortable.iter().any(|known| known.eq_ignore_ascii_case(&path.to_string())) {
        return Err(ScimError::not_implemented(format!("the vendor cannot sort by {name}; leave sortBy out")));
    }
    Ok(())
}

/// The filter as the vendor writes it, or the refusal: an empty list would make a client create a duplicate.
fn checked(filter: &Filter, known: Option<&FilterProfile>, served: &ServedType) -> Result<Filter, ScimError> {
    check_held(filter, served)?;
    let Some(known) = known else { return Ok(filter.clone()) };
    let refuse = || {
        let names = known.attributes.join(", ");
        let operators = known.operators.join(", ");
        ScimError::invalid_filter(format!(
            "the vendor evaluates only {operators} on {names}{}",
            if known.logical { "" } else { ", without and, or, not" }
        ))
    };
    let is_logical = matches!(filter, Filter::And(_) | Filter::Or(_) | Filter::Not(_));
    if is_logical && !known.logical {
        return Err(refuse());
    }
    each_term(filter, known).ok_or_else(refuse)
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

fn check_held(filter: &Filter, served: &ServedType) -> Result<(), ScimError> {
    filter
        .map_paths(&mut |path| {
            let held = served.vendor.resolve(path).is_some() && served.profile.holds_common(path);
            if held || served.vendor.open && path.urn.is_some() {
                return Ok(path.clone());
            }
            let name = served.mapping.path_to_canonical(path);
            Err(ScimError::invalid_filter(format!("the vendor has no attribute {name}")))
        })
        .map(|_| ())
}

/// The page for the client out of the vendor's answer.
///
/// # Errors
/// 400 `tooMany` where the vendor cannot page and its answer may be cut: never a short list presented as whole.
pub(crate) fn page(asked: &ListQuery, mut got: Page, served: &ServedType) -> Result<Page, ScimError> {
    let profile = &served.profile.list;
    let start = asked.start_index.unwrap_or(1).max(1);
    if profile.paging == Paging::Index {
        got.start_index = Some(start);
        return Ok(got);
    }
    let here = got.resources.len() as u64;
    let total = got.total_results.unwrap_or(here).max(here);
    let full = profile.cap.is_some_and(|cap| here >= cap);
    let first_page = start == 1 && wanted(asked) <= here;
    if total > here && !first_page || full && total == here {
        let cap = profile.cap.unwrap_or(here);
        return Err(ScimError::bad_request(
            scimux_scim::ScimType::TooMany,
            format!("the vendor returns at most {cap} resources and cannot page: ask with a filter that matches fewer"),
        ));
    }
    let skip = usize::try_from(start - 1).unwrap_or(usize::MAX);
    let take = usize::try_from(wanted(asked)).unwrap_or(usize::MAX);
    let resources = got.resources.into_iter().skip(skip).take(take).collect();
    Ok(Page { total_results: Some(total), start_index: Some(start), resources })
}
