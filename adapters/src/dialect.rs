//! Calls to HTTP requests and answers back, driven by the profile: what all vendors share.

mod failure;
mod pointer;
pub mod uri;
mod wire;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, LOCATION};
use http::response::Parts;
use http::{Method, StatusCode};
use scimux_scim::list::Message;
use scimux_scim::{Object, Partial, ScimError, Text, Value, value};

pub use self::failure::{MAX_TEXT, cut_text, retry_after};
use crate::profile::AuthForm;
use crate::version;
use crate::{Answer, Call, CallKind, CredentialForm, ServedType, Target, Translated, VendorError, VendorErrorKind};

/// The HTTP request for a call, as the target's profile says.
///
/// # Errors
/// What the vendor cannot be asked.
pub fn request(call: &Call, target: &Target) -> Result<Translated, ScimError> {
    if call.kind == CallKind::Document {
        return document(call, target);
    }
    let served = served(call, target)?;
    let mut wire = wire::Writer::new(served);
    let (method, body) = match &call.kind {
        CallKind::Create(resource) => (Method::POST, Some(wire.resource(resource))),
        CallKind::Read(_) | CallKind::List(_) | CallKind::Document => (Method::GET, None),
        CallKind::Replace(_, resource) => (Method::PUT, Some(wire.resource(resource))),
        CallKind::Patch(_, operations) => (Method::PATCH, Some(wire.patch(operations))),
        CallKind::Delete(_) => (Method::DELETE, None),
    };
    let mut request = http::Request::new(body.as_ref().map(Object::to_bytes).unwrap_or_default());
    *request.method_mut() = method;
    *request.uri_mut() = uri::of_call(call, target, served)?;
    let http = &target.profile.http;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, header_value(&http.accept)?);
    if body.is_some() {
        headers.insert(CONTENT_TYPE, header_value(&http.content_type)?);
    }
    if let Some(version) = &call.if_match {
        headers.insert(IF_MATCH, header_value(version)?);
    }
    own_headers(headers, target)?;
    Ok(Translated { request, credential: credential(target), notes: wire.into_notes() })
}

/// The request for what describes the vendor.
fn document(call: &Call, target: &Target) -> Result<Translated, ScimError> {
    let mut request = http::Request::new(Bytes::new());
    *request.uri_mut() = uri::below_base(target, &format!("{}{}", target.profile.http.path, call.endpoint))?;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, header_value(&target.profile.http.accept)?);
    own_headers(headers, target)?;
    Ok(Translated { request, credential: credential(target), notes: Vec::new() })
}

/// The headers of `[http.headers]`.
fn own_headers(headers: &mut http::HeaderMap, target: &Target) -> Result<(), ScimError> {
    for (name, template) in &target.profile.http.headers {
        if let Some(value) = fill(template, target) {
            headers.insert(header_name(name)?, header_value(&value)?);
        }
    }
    Ok(())
}

/// What the vendor's answer means, as the target's profile says.
///
/// # Errors
/// The vendor's refusal or failure.
pub fn answer(call: &Call, target: &Target, head: &Parts, body: &Bytes) -> Result<Answer, VendorError> {
    if let CallKind::List(_) = &call.kind {
        return list(call, target, head, body);
    }
    if let Some(partial) = shown(call, target, head, body) {
        return Ok(Answer::Shown(Box::new(partial)));
    }
    let parsed = value::parse(body).ok();
    if !is_success(head) || failure::in_envelope(&target.profile.errors, parsed.as_ref()) {
        return Err(failed(call, target, head, parsed.as_ref(), body));
    }
    match &call.kind {
        CallKind::Document => parsed.map(Answer::Resource).ok_or_else(|| not_understood(head)),
        CallKind::Delete(_) if is_page(body, parsed.as_ref()) => Err(not_understood(head)),
        CallKind::Delete(_) => Ok(Answer::Empty(None)),
        CallKind::Create(_) | CallKind::Replace(..) | CallKind::Patch(..) if body.trim_ascii().is_empty() => {
            Ok(Answer::Empty(location_id(head)))
        }
        CallKind::Read(_) | CallKind::List(_) | CallKind::Create(_) | CallKind::Replace(..) | CallKind::Patch(..) => {
            let resource = parsed.and_then(|resource| healed(resource, call, target, head));
            resource.map(Answer::Resource).ok_or_else(|| not_understood(head))
        }
    }
}

/// The answer as the client is to see it, without values of what no rule touches; `None`: it has to be read whole.
fn shown(call: &Call, target: &Target, head: &Parts, body: &Bytes) -> Option<Partial> {
    let served = target.served(&call.endpoint).filter(|_| call.is_shown && is_success(head))?;
    let Partial { resource, passed } = served.passage.as_ref()?.read(&value::text(body).ok()?)?;
    if failure::in_envelope(&target.profile.errors, Some(&resource)) {
        return None;
    }
    let resource = healed(resource, call, target, head)?;
    has_version(&resource, served).then_some(Partial { resource, passed })
}

/// One resource of a list in RFC shape, without values of what no rule touches; `None`: it has to be read whole.
pub(crate) fn listed_partly(resource: &Text, served: &ServedType) -> Option<Partial> {
    let Partial { mut resource, passed } = served.passage.as_ref()?.read(resource)?;
    wire::heal(&mut resource, served);
    (has_id(&resource) && has_version(&resource, served)).then_some(Partial { resource, passed })
}

/// Whether the resource brings its version along, so that none has to be computed from all that it says.
fn has_version(resource: &Object, served: &ServedType) -> bool {
    version::own(resource, served).is_some_and(|own| scimux_scim::version::weak(own).is_some())
}

/// A list is only split: its resources are read when they are needed, by [`listed`].
fn list(call: &Call, target: &Target, head: &Parts, body: &Bytes) -> Result<Answer, VendorError> {
    let split = if is_success(head) { Message::split(body).ok() } else { None };
    let told = split.as_ref().map(|message| &message.head);
    if !is_success(head) || failure::in_envelope(&target.profile.errors, told) {
        return Err(failed(call, target, head, value::parse(body).ok().as_ref(), body));
    }
    let page = split.and_then(|message| message.into_page().ok());
    page.map(Answer::Page).ok_or_else(|| not_understood(head))
}

/// One resource of a list in RFC shape; `None` if it is none. Without an `id` that can be used it is none: its address would
/// not exist (RFC 7643 section 3.1: always returned, never empty).
#[must_use]
pub fn listed(resource: &Text, served: &ServedType) -> Option<Object> {
    let mut resource = value::parse_text(resource).ok()?;
    wire::heal(&mut resource, served);
    has_id(&resource).then_some(resource)
}

fn has_id(resource: &Object) -> bool {
    resource.str("id").is_some_and(|id| !id.is_empty())
}

fn is_success(head: &Parts) -> bool {
    head.status.is_success() && head.status != StatusCode::ACCEPTED
}

fn failed(call: &Call, target: &Target, head: &Parts, parsed: Option<&Object>, body: &Bytes) -> VendorError {
    failure::read(call.kind.name(), call.kind.id().is_some(), &target.profile.errors, head, parsed, body)
}

fn not_understood(head: &Parts) -> VendorError {
    VendorError {
        status: Some(head.status.as_u16()),
        ..VendorError::new(VendorErrorKind::NotUnderstood)
            .with_hint("the vendor's answer is not the JSON that the call asks for")
    }
}

/// The error that a profile's table makes of an answer to something that is no [`Call`], such as a login. `name` stands
/// for the call in the table's rules; `None`: the answer is no error.
#[must_use]
pub fn refusal(name: &str, target: &Target, head: &Parts, body: &Bytes) -> Option<VendorError> {
    let parsed = value::parse(body).ok();
    let errors = &target.profile.errors;
    let failed = !head.status.is_success() || failure::in_envelope(errors, parsed.as_ref());
    failed.then(|| failure::read(name, false, errors, head, parsed.as_ref(), body))
}

fn served<'a>(call: &Call, target: &'a Target) -> Result<&'a ServedType, ScimError> {
    let unserved = || ScimError::not_implemented(format!("{} is not served here", call.endpoint));
    target.served(&call.endpoint).ok_or_else(unserved)
}

fn credential(target: &Target) -> CredentialForm {
    match target.profile.auth.get(&target.settings.scheme) {
        Some(AuthForm::Bearer) => CredentialForm::Bearer,
        Some(AuthForm::Basic) => CredentialForm::Basic,
        Some(AuthForm::Raw) => CredentialForm::Raw(AUTHORIZATION),
        Some(AuthForm::Header) => CredentialForm::Configured,
        Some(AuthForm::None) | None => CredentialForm::None,
    }
}

/// A template with the settings' values in the place of `{key}`; `None` if one of them is not set.
pub(crate) fn fill(template: &str, target: &Target) -> Option<String> {
    fill_from(template, &target.settings.values, str::to_owned)
}

pub(crate) fn fill_from(
    template: &str,
    values: &std::collections::BTreeMap<String, String>,
    escape: impl Fn(&str) -> String,
) -> Option<String> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let (key, behind) = behind.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&escape(values.get(key)?));
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

fn header_name(name: &str) -> Result<HeaderName, ScimError> {
    name.parse().map_err(|_| ScimError::new(500, format!("{name} is no header name")))
}

fn header_value(value: &str) -> Result<HeaderValue, ScimError> {
    HeaderValue::from_str(value).map_err(|_| ScimError::new(500, "a setting cannot stand in a header"))
}

/// A resource in RFC shape; `None` if what came is none: it has neither `id` nor `schemas`, or it is a message.
fn healed(mut resource: Object, call: &Call, target: &Target, head: &Parts) -> Option<Object> {
    let served = target.served(&call.endpoint)?;
    wire::heal(&mut resource, served);
    if !has_id(&resource) {
        let has_schemas = resource.get("schemas").is_some_and(|schemas| !is_message(schemas));
        let id = call.kind.id().filter(|_| has_schemas)?;
        resource.insert("id", id);
    }
    let etag = head.headers.get(ETAG).filter(|_| served.profile.versions);
    if let Some(version) = etag.and_then(|etag| etag.to_str().ok()) {
        set_version(&mut resource, version);
    }
    Some(resource)
}

/// Whether what came with a 2xx is something else than the resource or nothing: a login page, or an error.
fn is_page(body: &[u8], message: Option<&Object>) -> bool {
    match message {
        Some(message) => message.get("schemas").is_some_and(is_message),
        None => !body.trim_ascii().is_empty(),
    }
}

fn is_message(schemas: &Value) -> bool {
    let is_message = |urn: &str| urn.contains(":api:messages:");
    schemas.as_array().is_some_and(|urns| urns.iter().filter_map(Value::as_str).any(is_message))
}

/// RFC 7644 section 3.14: the header and `meta.version` say the same; some vendors send only the header, and some drop the
/// quotes in the body (rfc-traps 58).
fn set_version(resource: &mut Object, version: &str) {
    let mut meta = match resource.remove("meta") {
        Some(Value::Object(meta)) => meta,
        _ => Object::new(),
    };
    if meta.str("version").is_none_or(|own| !own.contains('"')) {
        meta.insert("version", version);
    }
    resource.insert("meta", meta);
}

/// The id at the end of `Location`.
fn location_id(head: &Parts) -> Option<Text> {
    let location = head.headers.get(LOCATION)?.to_str().ok()?;
    let path = location.split(['?', '#']).next()?;
    let segment = path.trim_end_matches('/').rsplit('/').next()?;
    uri::decode(segment).filter(|id| !id.is_empty()).map(Text::from)
}

#[cfg(test)]
mod tests;
