//! HTTP only: what every request passes before anybody asks what it means.
//!
//! Each station is a tower layer over a service that always is ready: what is too much is refused, never queued. They
//! answer instead of failing, since an error would end the connection without a response.

pub(crate) mod access_log;
pub(crate) mod concurrency;
pub(crate) mod deadline;
pub(crate) mod error_body;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod hold;
pub(crate) mod origin;
pub(crate) mod panic;
pub(crate) mod peer;
pub(crate) mod request_id;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http_body_util::Full;
use http_body_util::combinators::UnsyncBoxBody;

/// Whatever went wrong below.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// Why a body could not be read. A type of its own, since a trait object inside a future's types confuses the compiler.
#[derive(Debug, thiserror::Error)]
#[error("reading the body failed")]
pub(crate) struct BodyError(#[source] pub(crate) BoxError);
/// A request as the front door takes it.
pub(crate) type Request = http::Request<UnsyncBoxBody<Bytes, BodyError>>;
/// An answer: complete before its first byte is sent, so that a failure can still be told.
pub(crate) type Response = http::Response<Full<Bytes>>;

/// The media type of SCIM (RFC 7644 section 3.1).
pub(crate) const SCIM_JSON: &str = "application/scim+json";
