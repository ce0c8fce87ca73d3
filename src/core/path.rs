//! Paths below a route, on the raw path: split first, then decoded once.

use percent_encoding::{AsciiSet, CONTROLS, PercentEncode, percent_decode_str, utf8_percent_encode};
use scimux_adapters::Target;
use scimux_scim::Text;

use super::discovery::Document;

/// The longest id, in bytes after decoding.
const MAX_ID: usize = 256;

/// What a path segment cannot hold as it is (RFC 3986 section 3.3).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// All resources of the type with this index.
    Collection(usize),
    /// One of them.
    Resource(usize, Text),
    /// The route itself: all resources of all types.
    Root,
    /// `/.search` over all types, or `/Users/.search` over the type with this index.
    Search(Option<usize>),
    /// `/Bulk`.
    Bulk,
    /// What describes the service.
    Discovery(Document),
    /// `/Me`.
    Me,
    /// A type of RFC 7643 that the vendor lacks.
    Lacking,
    /// Perhaps a type of which the target could not be asked yet.
    Unknown,
    /// Nothing, or an id that no vendor may see.
    Nothing,
}

/// The segments of a path: trailing and double slashes change nothing.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// What the segments below a route name.
pub(crate) fn endpoint(rest: &[&str], target: &Target) -> Endpoint {
    let (first, second) = match *rest {
        [] => return Endpoint::Root,
        [first] => (first, None),
        [first, second] => (first, Some(second)),
        _ => return Endpoint::Nothing,
    };
    let served = target.types.iter().position(|served| names(&served.canonical.endpoint, first));
    match (served, second) {
        (Some(index), Some(".search")) => Endpoint::Search(Some(index)), // rfc-traps 250
        (Some(index), None) => Endpoint::Collection(index),
        (Some(index), Some(raw)) => id(raw).map_or(Endpoint::Nothing, |id| Endpoint::Resource(index, id)),
        (None, _) => other(first, second),
    }
}

fn names(endpoint: &str, segment: &str) -> bool {
    endpoint.trim_start_matches('/').eq_ignore_ascii_case(segment)
}

fn other(first: &str, second: Option<&str>) -> Endpoint {
    match (first, second) {
        (".search", None) => Endpoint::Search(None),
        ("Bulk", None) => Endpoint::Bulk,
        ("Me", _) => Endpoint::Me,
        _ if names("Users", first) || names("Groups", first) => Endpoint::Lacking,
        _ => Document::at(first, second).map_or(Endpoint::Nothing, Endpoint::Discovery),
    }
}

/// An id decoded once; `None` for what could be anything but one path segment at the vendor.
pub(super) fn id(raw: &str) -> Option<Text> {
    let decoded = if raw.contains('%') { percent_decode_str(raw).decode_utf8().ok()? } else { raw.into() };
    let harmful = |byte: u8| matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'%') || byte.is_ascii_control();
    let refused = matches!(&*decoded, "." | "..")
        || decoded.len() > MAX_ID
        || decoded.bytes().any(harmful)
        || !decoded.is_ascii() && decoded.contains(char::is_control);
    (!refused).then(|| Text::from(&*decoded))
}

/// A text as one path segment.
pub(crate) fn encode(segment: &str) -> PercentEncode<'_> {
    utf8_percent_encode(segment, SEGMENT)
}
