//! What came of an operation as an answer: URLs of the gateway, the projection asked for, the headers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use http_body_util::Full;
use scimux_adapters::{NoteKind, Outcome, Reply};
use scimux_scim::{Object, Value};

use super::decode::View;
use super::path::encode as segment;
use super::{foreign, reference};
use crate::front::headers::SCIMUX_DROPPED;
use crate::front::{Response, SCIM_JSON};

/// The longest list of names in a header; the log has them all.
const MAX_DROPPED: usize = 4096;

/// The answer for an outcome.
pub(crate) fn encode(outcome: Outcome, view: &View) -> Response {
    let dropped = dropped(&outcome);
    let version = version(&outcome.reply);
    let mut answer = match outcome.reply {
        Reply::Created(resource) => created(resource, view),
        Reply::Resource(_) if view.without_body => empty(StatusCode::NO_CONTENT),
        Reply::Resource(resource) => json(StatusCode::OK, &finish(resource, view)),
        Reply::Page(mut page) => {
            page.resources = page.resources.into_iter().map(|resource| finish(resource, view)).collect();
            json(StatusCode::OK, &page.to_message())
        }
        Reply::NotModified(_) => empty(StatusCode::NOT_MODIFIED),
        Reply::NoContent => empty(StatusCode::NO_CONTENT),
    };
    if let Some(version) = version {
        answer.headers_mut().insert(ETAG, version);
    }
    if let Some(names) = dropped {
        answer.headers_mut().insert(SCIMUX_DROPPED, names);
    }
    answer
}

/// The version of what is answered, which a projection does not change (rfc-traps 278).
fn version(reply: &Reply) -> Option<HeaderValue> {
    let version = match reply {
        Reply::Created(resource) | Reply::Resource(resource) => resource.get("meta")?.as_object()?.str("version")?,
        Reply::NotModified(version) => version,
        Reply::Page(_) | Reply::NoContent => return None,
    };
    HeaderValue::from_str(version).ok()
}

fn created(resource: Object, view: &View) -> Response {
    let location = location(&resource, view);
    let mut answer = json(StatusCode::CREATED, &finish(resource, view));
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

fn json(status: StatusCode, message: &Object) -> Response {
    let mut answer = Response::new(Full::new(message.to_bytes()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    answer
}

/// A resource as this client sees it.
fn finish(mut resource: Object, view: &View) -> Object {
    let served = view.context.served();
    reference::complete(&mut resource, served, &view.context.target().config.target);
    reference::point_home(&mut resource, &view.context.route);
    foreign::hide_place(&mut resource, &served.canonical, &view.context.target().redactor);
    let location = location(&resource, view);
    let mut meta = match resource.remove("meta") {
        Some(Value::Object(meta)) => meta,
        _ => Object::new(),
    };
    meta.insert("resourceType", served.canonical.name.as_str());
    meta.remove("location");
    if let Some(location) = location {
        meta.insert("location", location.as_str());
    }
    resource.insert("meta", meta);
    view.projection.apply(resource, &served.canonical)
}

fn location(resource: &Object, view: &View) -> Option<String> {
    let endpoint = &view.context.served().canonical.endpoint;
    Some(format!("{}{endpoint}/{}", view.context.route.base, segment(resource.str("id")?)))
}

/// The names of what was left out, comma-separated.
fn dropped(outcome: &Outcome) -> Option<HeaderValue> {
    let mut names: Vec<&str> = Vec::new();
    for note in outcome.notes.iter().filter(|note| note.kind == NoteKind::Dropped) {
        if !names.contains(&&*note.attribute) {
            names.push(&note.attribute);
        }
    }
    let mut list = String::new();
    for name in names {
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
