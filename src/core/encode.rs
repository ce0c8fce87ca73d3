//! What came of an operation as an answer: URLs of the gateway, the projection asked for, the headers.

use std::collections::HashSet;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use http_body_util::Full;
use scimux_adapters::{Listing, NoteKind, Outcome, Reply, ServedType, Target};
use scimux_scim::list::{Head, Writer};
use scimux_scim::query::Projection;
use scimux_scim::{Object, Partial, Value};

use super::decode::View;
use super::redact::Redactor;
use super::{CoreError, Failed, foreign, reference};
use crate::front::headers::SCIMUX_DROPPED;
use crate::front::{Response, SCIM_JSON};

/// So many bytes does a resource of a list gain at most, as a rule: names of places, and its version. A buffer that had to
/// grow would be twice as large.
const ADDED: usize = 512;
/// The longest list of names in a header; the log has them all.
const MAX_DROPPED: usize = 4096;

/// The answer for an outcome.
///
/// # Errors
/// An element of a vendor's list is no resource.
pub(crate) fn encode(outcome: Outcome, view: &View) -> Result<Response, CoreError> {
    let dropped = dropped(&outcome);
    let version = version(&outcome.reply);
    let mut answer = match outcome.reply {
        Reply::Created(resource) => created(resource, view),
        Reply::Resource(_) if view.without_body => empty(StatusCode::NO_CONTENT),
        Reply::Resource(resource) => {
            let resource = resource.map(|resource| finish(resource, view.context.served(), view));
            json(StatusCode::OK, resource.to_bytes())
        }
        Reply::Page(listing) => json(StatusCode::OK, list(&listing, view)?),
        Reply::NotModified(_) => empty(StatusCode::NOT_MODIFIED),
        Reply::NoContent => empty(StatusCode::NO_CONTENT),
    };
    if let Some(version) = version {
        answer.headers_mut().insert(ETAG, version);
    }
    if let Some(names) = dropped {
        answer.headers_mut().insert(SCIMUX_DROPPED, names);
    }
    Ok(answer)
}

/// The list message, written resource by resource into one buffer.
fn list(listing: &Listing, view: &View) -> Result<Bytes, CoreError> {
    let head = Head {
        total_results: listing.total_results,
        start_index: listing.start_index,
        items_per_page: listing.len() as u64,
        next_cursor: listing.next.as_deref().map(|next| view.binding.seal(next).into()),
    };
    let mut writer = Writer::new(&head);
    writer.reserve(listing.bytes() + listing.len() * ADDED);
    let is_cut = |served: &ServedType| *view.projection_of(&served.canonical.endpoint) != Projection::Default;
    for resource in listing.resources(is_cut) {
        let (served, resource) = resource.map_err(|error| {
            let route = view.context.route.clone();
            CoreError::Failed(Box::new(Failed { error, done: None, operation: "list", route }))
        })?;
        writer.push(&resource.map(|resource| finish(resource, served, view)));
    }
    Ok(writer.finish())
}

/// The version of what is answered, which a projection does not change (rfc-traps 278).
fn version(reply: &Reply) -> Option<HeaderValue> {
    let version = match reply {
        Reply::Created(Partial { resource, .. }) | Reply::Resource(Partial { resource, .. }) => {
            resource.get("meta")?.as_object()?.str("version")?
        }
        Reply::NotModified(version) => version,
        Reply::Page(_) | Reply::NoContent => return None,
    };
    HeaderValue::from_str(version).ok()
}

fn created(resource: Partial, view: &View) -> Response {
    let served = view.context.served();
    let location = home(view).location(&resource.resource, served);
    let mut answer = json(StatusCode::CREATED, resource.map(|resource| finish(resource, served, view)).to_bytes());
    if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

fn empty(status: StatusCode) -> Response {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

fn json(status: StatusCode, message: Bytes) -> Response {
    let mut answer = Response::new(Full::new(message));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    answer
}

/// A resource as this client sees it.
fn finish(resource: Object, served: &ServedType, view: &View) -> Object {
    let resource = home(view).at_home(resource, served);
    view.projection_of(&served.canonical.endpoint).apply(resource, &served.canonical)
}

fn home(view: &View) -> Home<'_> {
    let context = &view.context;
    Home { base: &context.route.base, known: &context.known, redactor: &context.target().redactor }
}

/// Where clients find resources: at the gateway, whatever the vendor says.
struct Home<'a> {
    base: &'a str,
    known: &'a Target,
    redactor: &'a Redactor,
}

impl Home<'_> {
    /// A resource with all that it says of places.
    fn at_home(&self, mut resource: Object, served: &ServedType) -> Object {
        reference::complete(&mut resource, served, self.known);
        reference::point_home(&mut resource, self.base, self.known);
        foreign::hide_place(&mut resource, &served.canonical, self.redactor);
        let location = self.location(&resource, served);
        let mut meta = match resource.remove("meta") {
            Some(Value::Object(meta)) => meta,
            _ => Object::new(),
        };
        meta.insert("resourceType", served.canonical.name.as_str());
        meta.remove("location");
        if let Some(location) = location {
            meta.insert("location", location);
        }
        resource.insert("meta", meta);
        resource
    }

    fn location(&self, resource: &Object, served: &ServedType) -> Option<String> {
        resource.str("id").map(|id| reference::place(self.base, served, id))
    }
}

/// The names of what was left out, comma-separated.
fn dropped(outcome: &Outcome) -> Option<HeaderValue> {
    let notes = outcome.notes.iter().filter(|note| note.kind == NoteKind::Dropped);
    names_header(notes.map(|note| &*note.attribute))
}

/// The value of `scimux-dropped`: each name once, comma-separated.
pub(super) fn names_header<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<HeaderValue> {
    let mut seen = HashSet::new();
    let mut list = String::new();
    for name in names.into_iter().filter(|name| seen.insert(*name)) {
        let separator = if list.is_empty() { "" } else { ", " };
        if list.len() + name.len() > MAX_DROPPED {
            list.push_str(separator);
            list.push_str("...");
            break;
        }
        list.push_str(separator);
        // Names that no schema knows are the client's own and may hold anything.
        list.extend(name.chars().map(|letter| if letter.is_ascii_graphic() && letter != ',' { letter } else { '?' }));
    }
    (!list.is_empty())
        .then(|| HeaderValue::from_maybe_shared(Bytes::from(list)).expect("only visible ASCII was put in"))
}

#[cfg(test)]
mod tests;
