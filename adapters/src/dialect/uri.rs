//! URLs of calls: built from escaped segments, never parsed again (a URL parser collapses `%2E%2E`).

use std::fmt::Write;

use http::Uri;
use http::uri::PathAndQuery;
use scimux_scim::{ListQuery, ScimError};

use super::fill_from;
use crate::profile::Paging;
use crate::{Call, CallKind, ServedType, Target};

/// The URL of a call.
pub(super) fn of_call(call: &Call, target: &Target, served: &ServedType) -> Result<Uri, ScimError> {
    let mut path = path_below(target, &target.profile.http.path)?;
    path.push_str(&served.profile.endpoint);
    if let Some(id) = call.kind.id() {
        if matches!(id, "" | "." | "..") {
            return Err(ScimError::not_found(format!("there is no resource \"{id}\"")));
        }
        path.push('/');
        encode_into(id, &mut path);
    }
    if let CallKind::List(query) = &call.kind {
        push_query(&mut path, &parameters(query, served));
    }
    join(target, path)
}

/// A URL on the target's host: the path of `base_url`, then `template` with the settings' values as escaped segments.
///
/// # Errors
/// The template needs a setting that is not set: a mistake in the profile.
pub fn below_base(target: &Target, template: &str) -> Result<Uri, ScimError> {
    join(target, path_below(target, template)?)
}

fn path_below(target: &Target, template: &str) -> Result<String, ScimError> {
    let below = fill_from(template, &target.settings.values, encode)
        .ok_or_else(|| ScimError::new(500, "a setting that the path needs is not set"))?;
    let base = target.settings.base_url.path().trim_end_matches('/');
    // Room for an endpoint and an id.
    let mut path = String::with_capacity(base.len() + below.len() + 64);
    path.push_str(base);
    path.push_str(&below);
    Ok(path)
}

fn join(target: &Target, path_and_query: String) -> Result<Uri, ScimError> {
    let mut parts = target.settings.base_url.clone().into_parts();
    let too_long = |_| ScimError::new(414, "the URL of the vendor would be too long");
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).map_err(too_long)?);
    Uri::from_parts(parts).map_err(|_| ScimError::new(500, "base_url lacks scheme or host"))
}

/// The query of a list: only what the vendor has.
fn parameters(query: &ListQuery, served: &ServedType) -> Vec<(&'static str, String)> {
    let list = &served.profile.list;
    let mut parameters = Vec::new();
    if let Some(filter) = &query.filter {
        parameters.push(("filter", filter.to_string()));
    }
    if let Some(start) = query.start_index.filter(|_| list.paging == Paging::Index) {
        parameters.push(("startIndex", start.to_string()));
    }
    if let Some(cursor) = &query.cursor {
        parameters.push(("cursor", cursor.to_string()));
    }
    if let Some(count) = query.count.filter(|_| list.paging != Paging::None) {
        parameters.push(("count", count.to_string()));
    }
    if let Some(path) = query.sort_by.as_ref().filter(|_| list.sort) {
        parameters.push(("sortBy", path.to_string()));
        if query.descending {
            parameters.push(("sortOrder", "descending".to_owned()));
        }
    }
    parameters
}

fn push_query(path: &mut String, parameters: &[(&str, String)]) {
    for (index, (name, value)) in parameters.iter().enumerate() {
        path.push(if index == 0 { '?' } else { '&' });
        path.push_str(name);
        path.push('=');
        encode_into(value, path);
    }
}

/// A text as one segment, or one value of a query or form: everything but RFC 3986's unreserved characters escaped.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    encode_into(text, &mut encoded);
    encoded
}

fn encode_into(text: &str, into: &mut String) {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if text.bytes().all(is_unreserved) {
        return into.push_str(text);
    }
    for byte in text.bytes() {
        if is_unreserved(byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// The text of an escaped segment; `None` if it is badly escaped or not UTF-8.
#[must_use]
pub fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |digit: Option<u8>| char::from(digit?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}
