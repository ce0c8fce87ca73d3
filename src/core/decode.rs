//! A request as a canonical operation.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use scimux_adapters::{Action, Conditions, Operation};
use scimux_scim::bulk::{self, Data};
use scimux_scim::query::{Projection, Types};
use scimux_scim::schema::GROUP;
use scimux_scim::{ListQuery, Object, Parameters, Quirks, ResourceType, ScimError, body, patch, value};

use super::admit::Ask;
use super::body::Whole;
use super::cursor::Binding;
use super::{Context, Created, Job};

/// How the answer is to look.
#[derive(Debug)]
pub(crate) struct View {
    /// Whose answer.
    pub(crate) context: Arc<Context>,
    /// Which attributes it holds.
    pub(crate) projection: Projection,
    /// Which attributes resources of each type hold, by endpoint, where several types are asked for.
    pub(crate) projections: Vec<(String, Projection)>,
    /// What the cursor of a list is bound to.
    pub(crate) binding: Binding,
    /// Whether the changed resource is left out: PATCH of a group, unless `attributes` was asked.
    pub(crate) without_body: bool,
}

impl View {
    /// Which attributes a resource of the type at `endpoint` holds.
    pub(crate) fn projection_of(&self, endpoint: &str) -> &Projection {
        let found = self.projections.iter().find(|(known, _)| known == endpoint);
        found.map_or(&self.projection, |(_, projection)| projection)
    }
}

/// Decodes a request.
///
/// # Errors
/// 400 with the `scimType` of RFC 7644 table 9.
pub(crate) fn decode(whole: Whole) -> Result<(Job, View), ScimError> {
    let Whole { context, ask, query, conditions, body } = whole;
    let known = &context.served().canonical;
    let patched = matches!(ask, Ask::Patch(_));
    let mut action = match ask {
        Ask::List => return list(context, &Parameters::of_query(&query)?),
        Ask::Search => return list(context, &Parameters::of_message(&value::parse(&body)?)?),
        Ask::ListAll => return search(context, &Parameters::of_query(&query)?),
        Ask::SearchAll => return search(context, &Parameters::of_message(&value::parse(&body)?)?),
        ask => action(ask, || value::parse(&body), known, context.quirks)?,
    };
    if let Some(Created(ids)) = &context.created {
        bulk::resolve(data(&mut action), known, |bulk_id| ids.get(bulk_id).cloned())?;
    }
    let projection = ListQuery::read(&Parameters::of_query(&query)?.projecting(), known, Types::One)?.projection;
    let asked = matches!(projection, Projection::Only(_));
    let without_body = patched && known.schema.id.eq_ignore_ascii_case(GROUP) && !asked;
    let operation = Operation {
        endpoint: known.endpoint.clone(),
        action,
        asked_at: now(),
        wants_resource: !without_body,
        wants_default: !without_body && projection == Projection::Default,
        conditions,
    };
    let (projections, binding) = (Vec::new(), Binding::default());
    let view = View { context: context.clone(), projection, projections, binding, without_body };
    Ok((Job { context, operation }, view))
}

/// A list of one type.
fn list(context: Arc<Context>, parameters: &Parameters) -> Result<(Job, View), ScimError> {
    let known = &context.served().canonical;
    let mut query = ListQuery::read(parameters, known, Types::One)?;
    let binding = Binding::new(&context, [(&*known.endpoint, &query)]);
    query.cursor = query.cursor.map(|cursor| binding.open(&cursor)).transpose()?;
    let projection = query.projection.clone();
    let operation = listing(known.endpoint.clone(), Action::List(Box::new(query)));
    let projections = Vec::new();
    let view = View { context: context.clone(), projection, projections, binding, without_body: false };
    Ok((Job { context, operation }, view))
}

/// A list over all types, the query read against the schemas of each.
fn search(context: Arc<Context>, parameters: &Parameters) -> Result<(Job, View), ScimError> {
    let read = |known: &ResourceType| -> Result<(String, ListQuery), ScimError> {
        Ok((known.endpoint.clone(), ListQuery::read(parameters, known, Types::All)?))
    };
    let types = context.known.types.iter().map(|served| &served.canonical);
    let mut queries = types.map(read).collect::<Result<Vec<_>, ScimError>>()?;
    let binding = Binding::new(&context, queries.iter().map(|(endpoint, query)| (endpoint.as_str(), query)));
    for (_, query) in &mut queries {
        query.cursor = query.cursor.take().map(|cursor| binding.open(&cursor)).transpose()?;
    }
    let projections = queries.iter().map(|(endpoint, query)| (endpoint.clone(), query.projection.clone())).collect();
    let operation = listing(String::new(), Action::Search(queries));
    let projection = Projection::Default;
    let view = View { context: context.clone(), projection, projections, binding, without_body: false };
    Ok((Job { context, operation }, view))
}

/// A list has no version of its own, so that conditions mean nothing for it.
fn listing(endpoint: String, action: Action) -> Operation {
    Operation {
        endpoint,
        action,
        asked_at: now(),
        wants_resource: true,
        wants_default: true,
        conditions: Conditions::default(),
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

/// What is asked of one resource with this body.
///
/// # Errors
/// 400 with the `scimType` of RFC 7644 table 9.
pub(super) fn action(
    ask: Ask,
    body: impl FnOnce() -> Result<Object, ScimError>,
    known: &ResourceType,
    quirks: Quirks,
) -> Result<Action, ScimError> {
    Ok(match ask {
        Ask::Create => Action::Create(body::canonical(body()?, known, quirks)?),
        Ask::Read(id) => Action::Read(id),
        Ask::Replace(id) => Action::Replace(id, body::canonical(body()?, known, quirks)?),
        Ask::Patch(id) => {
            let decoded = patch::decode(&body()?, &id, known, quirks)?;
            Action::Patch(id, decoded)
        }
        Ask::Delete(id) => Action::Delete(id),
        Ask::List | Ask::ListAll | Ask::Search | Ask::SearchAll => {
            return Err(ScimError::invalid_value("a list is not about one resource"));
        }
    })
}

/// What an action carries.
pub(super) fn data(action: &mut Action) -> Data<'_> {
    match action {
        Action::Create(body) | Action::Replace(_, body) => Data::Resource(&mut body.resource),
        Action::Patch(_, patch) => Data::Operations(&mut patch.operations),
        Action::List(_) | Action::Search(_) | Action::Read(_) | Action::Delete(_) => Data::Nothing,
    }
}
