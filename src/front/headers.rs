//! The headers of answers: an allow-list, and the media type the client asked for.

use std::convert::Infallible;
use std::sync::Arc;

use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue};
use tower::Layer;
use tower::layer::layer_fn;

use super::request_id::X_REQUEST_ID;
use super::{Request, Response, SCIM_JSON};
use crate::stack::{Stage, station};
use crate::telemetry::Record;

/// Names what was left out of a request because the vendor cannot hold it.
pub(crate) const SCIMUX_DROPPED: HeaderName = HeaderName::from_static("scimux-dropped");

/// Every header an answer may have, beside what the HTTP server itself writes (`date`, `content-length`, `connection`).
pub(crate) const ALLOWED: [HeaderName; 8] =
    [ALLOW, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, SCIMUX_DROPPED, WWW_AUTHENTICATE, X_REQUEST_ID];

/// Takes every other header out, and turns `application/scim+json` into `application/json` where `Accept` names only
/// that, or the client is one that wants it always.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(|inner: S| {
        station(move |request: Request| {
            let plain = wants_plain_json(request.headers());
            let record = request.extensions().get::<Arc<Record>>().cloned().unwrap_or_default();
            let answer = inner.pass(request);
            async move {
                let mut answer = answer.await?;
                keep_allowed(answer.headers_mut());
                // That a client wants it always is known once it is known who calls.
                let plain = plain || record.is_plain_json();
                if plain && answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == SCIM_JSON) {
                    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                }
                Ok(answer)
            }
        })
    })
}

fn keep_allowed(headers: &mut HeaderMap) {
    let others: Vec<HeaderName> = headers.keys().filter(|name| !ALLOWED.contains(name)).cloned().collect();
    for name in others {
        tracing::warn!(header = name.as_str(), "header is not on the list of allowed ones, left out");
        headers.remove(name);
    }
}

/// Whether `Accept` has `application/json` and nothing that `application/scim+json` falls under (rfc-traps 290, 291).
fn wants_plain_json(headers: &HeaderMap) -> bool {
    let mut plain = false;
    for range in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','))
    {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let is = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(kind));
        let refused = parts.any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
            })
        });
        if refused {
            continue;
        }
        if is(&[SCIM_JSON, "application/*", "*/*"]) {
            return false;
        }
        plain |= is(&["application/json"]);
    }
    plain
}
