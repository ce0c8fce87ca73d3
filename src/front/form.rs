//! Requests that two readers could take for different ones are taken for none (RFC 9112 sections 3.2, 6.1 and 11.2): what
//! stands in front of the gateway may have checked the other one. The HTTP parser refuses most of them by itself.

use std::convert::Infallible;

use http::header::{HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderValue, StatusCode, Version};
use tower::Layer;
use tower::layer::layer_fn;

use super::error_body::refuse;
use super::{Request, Response};
use crate::stack::{Stage, at_once, relay};

/// Refuses requests that do not say one host, or whose body is coded otherwise than in chunks.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(|inner: S| {
        relay(move |request: Request| match check(&request) {
            Ok(()) => inner.pass(request),
            Err((status, detail)) => at_once(Ok::<_, Infallible>(refuse(status, detail))),
        })
    })
}

fn check(request: &Request) -> Result<(), (StatusCode, &'static str)> {
    let bad = |detail| Err((StatusCode::BAD_REQUEST, detail));
    let mut hosts = request.headers().get_all(HOST).iter();
    let (named, second) = (hosts.next(), hosts.next());
    if second.is_some() || (named.is_none() && request.version() == Version::HTTP_11) {
        return bad("a request names its host exactly once (RFC 9112 section 3.2)");
    }
    let named = match named.map(authority) {
        Some(None) => return bad("the Host header is not host or host:port"),
        named => named.flatten(),
    };
    match (request.uri().authority(), named) {
        (Some(target), _) if target.as_str().contains('@') => return bad("the request's target holds a user"),
        // A reader of the header alone would take it for another's.
        (Some(target), Some(named)) if place(target) != place(&named) => {
            return bad("the Host header and the request's target name different hosts");
        }
        _ => {}
    }
    // Two codings, in one header or in two, are one too many: chunked is the last, and the only one known here.
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    let known = codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    if known && codings.next().is_none() {
        return Ok(());
    }
    Err((StatusCode::NOT_IMPLEMENTED, "no transfer coding but chunked is understood"))
}

fn authority(value: &HeaderValue) -> Option<Authority> {
    let authority: Authority = value.to_str().ok()?.parse().ok()?;
    let has_host = !authority.as_str().is_empty() && !authority.as_str().starts_with(':');
    (has_host && !authority.as_str().contains('@')).then_some(authority)
}

/// Host and port; the port that a scheme has anyway is none.
fn place(authority: &Authority) -> (String, Option<u16>) {
    (authority.host().to_ascii_lowercase(), authority.port_u16().filter(|port| !matches!(port, 80 | 443)))
}
