//! The request's body: its media type, its size, and then the whole of it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body;
use scimux_adapters::Conditions;
use scimux_scim::ScimError;
use scimux_scim::version::Tags;
use tokio::time::timeout;
use tower::Layer;
use tower::layer::layer_fn;

use super::admit::{Admitted, Ask};
use super::{Context, CoreError, Refusal, refusal};
use crate::config::Limits;
use crate::front::{Request, Response, SCIM_JSON};
use crate::stack::{Stage, relay};

/// A request read to its end.
#[derive(Debug)]
pub(crate) struct Whole {
    /// Its context.
    pub(crate) context: Arc<Context>,
    /// What it asks.
    pub(crate) ask: Ask,
    /// Its query, without the `?`.
    pub(crate) query: String,
    /// Under which versions.
    pub(crate) conditions: Conditions,
    /// Its body; empty for what has none.
    pub(crate) body: Bytes,
}

/// Reads bodies within `limits`, where the request is one that has a body.
pub(crate) fn layer<S>(limits: Limits) -> impl Layer<S, Service: Stage<Admitted, Response, CoreError>>
where
    S: Stage<Whole, Response, CoreError>,
{
    layer_fn(move |inner: S| {
        let limits = limits.clone();
        relay(move |Admitted { context, ask, request }: Admitted| {
            let query = request.uri().query().unwrap_or_default().to_owned();
            let conditions = conditions(request.headers());
            let has_body = ask.has_body();
            let whole = move |body| Whole { context, ask, query, conditions, body };
            if !has_body && request.body().is_end_stream() {
                return inner.pass(whole(Bytes::new()));
            }
            let (inner, limits) = (inner.clone(), limits.clone());
            async move {
                if has_body {
                    return inner.pass(whole(read(request, &limits).await?)).await;
                }
                let answer = inner.pass(whole(Bytes::new())).await;
                // Nobody asked for its body: it is thrown away when the answer is there, not sooner.
                drop(request);
                answer
            }
            .boxed()
        })
    })
}

/// What cannot be read of a condition names no version, so that `If-Match` fails.
fn conditions(headers: &HeaderMap) -> Conditions {
    let tags = |name: HeaderName| {
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
        let mut values = values.peekable();
        values.peek().is_some().then(|| Tags::parse(values))
    };
    Conditions { if_match: tags(IF_MATCH), if_none_match: tags(IF_NONE_MATCH) }
}

/// The whole body, if it may be JSON and is not larger than `limits` say.
///
/// # Errors
/// 415, 413; 400 if it breaks off, 408 if it does not come in time.
pub(super) async fn read(request: Request, limits: &Limits) -> Result<Bytes, Refusal> {
    check_type(request.headers())?;
    let limit = limits.body_bytes;
    if announced(request.headers()).is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    match timeout(limits.body_timeout, Limited::new(request.into_body(), limit).collect()).await {
        Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(_)) => Err(ScimError::invalid_syntax("the body broke off").into()),
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Refusal {
    refusal(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {limit} bytes"))
}

/// JSON under one of its names, in UTF-8, not compressed; no type at all is taken for JSON (rfc-traps 292).
fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let unsupported = |detail: &str| Err(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    if headers.contains_key(CONTENT_ENCODING) {
        return unsupported("the body must not be compressed: no Content-Encoding is taken");
    }
    match headers.get(CONTENT_TYPE).map(|value| value.to_str().is_ok_and(is_json)) {
        None | Some(true) => Ok(()),
        Some(false) => unsupported("the body must be application/scim+json or application/json, in UTF-8"),
    }
}

fn is_json(kind: &str) -> bool {
    if kind == SCIM_JSON {
        return true;
    }
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    let known = ["", "application/scim+json", "application/json", "text/json"];
    parts.next().is_some_and(|essence| known.contains(&essence.as_str()))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some(("charset", set)) => matches!(set.trim_matches('"'), "utf-8" | "utf8"),
            _ => true,
        })
}
