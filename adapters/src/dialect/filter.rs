//! Filters in the form that a vendor evaluates.

use scimux_scim::{AttributePath, Filter, ScimError};

use crate::ServedType;
use crate::profile::FilterProfile;

/// A filter, in vendor names, as the vendor writes it: `emails` for `emails.value` and the other way round.
///
/// # Errors
/// 400 `invalidFilter`, with what the vendor can filter by, if it does not evaluate the filter.
pub fn vendor_filter(filter: &Filter, served: &ServedType) -> Result<Filter, ScimError> {
    match &served.profile.list.filter {
        None => Ok(filter.clone()),
        Some(profile) => rewritten(filter, profile).map_err(|why| refusal(why, profile)),
    }
}

fn rewritten(filter: &Filter, profile: &FilterProfile) -> Result<Filter, String> {
    let all = |terms: &[Filter]| terms.iter().map(|term| rewritten(term, profile)).collect::<Result<Vec<_>, _>>();
    match filter {
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) if !profile.logical => Err("and, or, not".to_owned()),
        Filter::And(terms) => Ok(Filter::And(all(terms)?)),
        Filter::Or(terms) => Ok(Filter::Or(all(terms)?)),
        Filter::Not(term) => Ok(Filter::Not(Box::new(rewritten(term, profile)?))),
        Filter::Present(path) => {
            operator("pr", profile)?;
            Ok(Filter::Present(attribute(path, profile)?))
        }
        Filter::Compare(path, op, literal) => {
            operator(op.as_str(), profile)?;
            Ok(Filter::Compare(attribute(path, profile)?, *op, literal.clone()))
        }
        Filter::ValuePath(path, _) => Err(format!("{path}[…]")),
    }
}

fn operator(name: &str, profile: &FilterProfile) -> Result<(), String> {
    if profile.operators.iter().any(|known| known == name) { Ok(()) } else { Err(name.to_owned()) }
}

/// The attribute as the vendor writes it. The value of a multi-valued attribute is its `value` (RFC 7643 section 2.4).
fn attribute(path: &AttributePath, profile: &FilterProfile) -> Result<AttributePath, String> {
    let is_value = path.sub_attribute.as_deref().is_some_and(|sub| sub.eq_ignore_ascii_case("value"));
    let other = if is_value { path.whole() } else { path.clone().with_sub("value") };
    let candidates = [path.clone(), other];
    let known = |candidate: &AttributePath| {
        let text = candidate.to_string();
        profile.attributes.iter().any(|known| known.eq_ignore_ascii_case(&text))
    };
    let may_differ = is_value || path.sub_attribute.is_none();
    let found = candidates.into_iter().take(if may_differ { 2 } else { 1 }).find(known);
    found.ok_or_else(|| path.to_string())
}

fn refusal(what: String, profile: &FilterProfile) -> ScimError {
    let (operators, attributes) = (profile.operators.join(", "), profile.attributes.join(", "));
    let combined = if profile.logical { "" } else { ", one comparison" };
    ScimError::invalid_filter(format!(
        "the vendor does not filter by {what}; it takes {operators} on {attributes}{combined}"
    ))
}
