//! Every answer of 400 or more as a SCIM error (RFC 7644 section 3.12).

use std::borrow::Cow;
use std::convert::Infallible;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use http_body_util::Full;
use scimux_scim::ScimError;
use tower::Layer;
use tower::layer::layer_fn;

use super::{Request, Response, SCIM_JSON};
use crate::stack::{Stage, station};

/// What a front station says to the client; the body is written by [`layer`].
#[derive(Clone, Debug)]
struct Detail(Cow<'static, str>);

/// An answer of a front station, still without a body.
pub(crate) fn refuse(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Response {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer.extensions_mut().insert(Detail(detail.into()));
    answer
}

/// Writes an error answer. Nothing else does; its callers are this station and `core::rescue`.
pub(crate) fn write(error: &ScimError) -> Response {
    let body = serde_json::to_vec(error).expect("an error holds nothing that JSON cannot");
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    answer
}

/// Gives every answer of 400 or more that has no SCIM body one, and keeps its headers.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(|inner: S| {
        station(move |request: Request| {
            let answer = inner.pass(request);
            async move { Ok(rewrite(answer.await?)) }
        })
    })
}

fn rewrite(answer: Response) -> Response {
    let status = answer.status();
    let scim = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == SCIM_JSON);
    if status.as_u16() < 400 || scim {
        return answer;
    }
    let reason = status.canonical_reason().unwrap_or("the request failed");
    let detail = answer.extensions().get().map_or(reason, |Detail(detail)| detail);
    let mut rewritten = write(&ScimError::new(status.as_u16(), detail));
    for (name, value) in answer.headers() {
        if name != CONTENT_TYPE {
            rewritten.headers_mut().append(name, value.clone());
        }
    }
    rewritten
}
