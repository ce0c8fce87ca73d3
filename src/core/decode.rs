//! A request as a canonical operation.

use std::sync::Arc;

use scimux_adapters::{Action, Operation};
use scimux_scim::query::Projection;
use scimux_scim::schema::GROUP;
use scimux_scim::{ListQuery, ScimError, body, patch, value};

use super::admit::Ask;
use super::body::Whole;
use super::{Context, Job};

/// How the answer is to look.
#[derive(Debug)]
pub(crate) struct View {
    /// Whose answer.
    pub(crate) context: Arc<Context>,
    /// Which attributes it holds.
    pub(crate) projection: Projection,
    /// Whether the changed resource is left out: PATCH of a group, unless `attributes` was asked.
    pub(crate) without_body: bool,
}

/// Decodes a request.
///
/// # Errors
/// 400 with the `scimType` of RFC 7644 table 9.
pub(crate) fn decode(whole: Whole) -> Result<(Job, View), ScimError> {
    let Whole { context, ask, query, conditions, body } = whole;
    let known = &context.served().canonical;
    let listing = ListQuery::parse(if ask == Ask::List { &query } else { "" }, known)?;
    let projection = ListQuery::parse(&projecting(&query), known)?.projection;
    let patched = matches!(ask, Ask::Patch(_));
    let action = match ask {
        Ask::Create => Action::Create(body::canonical(value::parse(&body)?, known, context.quirks)?),
        Ask::List => Action::List(listing),
        Ask::Read(id) => Action::Read(id),
        Ask::Replace(id) => Action::Replace(id, body::canonical(value::parse(&body)?, known, context.quirks)?),
        Ask::Patch(id) => {
            let decoded = patch::decode(&value::parse(&body)?, &id, known, context.quirks)?;
            Action::Patch(id, decoded)
        }
        Ask::Delete(id) => Action::Delete(id),
    };
    let asked = matches!(projection, Projection::Only(_));
    let without_body = patched && known.schema.id.eq_ignore_ascii_case(GROUP) && !asked;
    let operation = Operation { endpoint: known.endpoint.clone(), action, wants_resource: !without_body, conditions };
    let view = View { context: context.clone(), projection, without_body };
    Ok((Job { context, operation }, view))
}

/// The parameters that shape the answer; all others mean nothing outside lists.
fn projecting(query: &str) -> String {
    let shapes = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        name.eq_ignore_ascii_case("attributes") || name.eq_ignore_ascii_case("excludedAttributes")
    };
    query.split('&').filter(shapes).collect::<Vec<_>>().join("&")
}
