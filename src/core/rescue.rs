//! Every failure as the client is told it: the table of CONTRACT section 4.

use std::convert::Infallible;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue};
use scimux_adapters::{VendorError, VendorErrorKind};
use scimux_scim::{ScimError, ScimType};
use tower::Layer;
use tower::layer::layer_fn;

use super::{CoreError, Failed, Refusal};
use crate::config::Auth;
use crate::front::{Request, Response, error_body};
use crate::stack::{Stage, station};

/// Answers what failed below.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, CoreError>,
{
    layer_fn(|inner: S| {
        station(move |request: Request| {
            let answer = inner.pass(request);
            async move { Ok(answer.await.unwrap_or_else(rescue)) }
        })
    })
}

fn rescue(error: CoreError) -> Response {
    let Refusal { error, headers } = refusal(error);
    let mut answer = error_body::write(&error);
    answer.headers_mut().extend(headers);
    answer
}

/// What the client is told.
pub(super) fn refusal(error: CoreError) -> Refusal {
    match error {
        CoreError::Refused(refusal) => refusal,
        CoreError::Failed(failed) => told(&failed),
    }
}

/// A status, a `scimType` where the RFC has one, and what happened in a few words.
type Verdict = (u16, Option<ScimType>, &'static str);

fn told(failed: &Failed) -> Refusal {
    let (status, scim_type, what) = verdict(failed);
    let error = ScimError { status, scim_type, detail: detail(what, failed) };
    Refusal { error, headers: headers(status, failed) }
}

/// Whether a create broke where nobody knows if it was done (CONTRACT section 5).
fn outcome_unknown(failed: &Failed) -> bool {
    failed.operation == "create" && failed.error.leaves_unknown()
}

fn verdict(failed: &Failed) -> Verdict {
    use VendorErrorKind as Kind;
    if outcome_unknown(failed) {
        return (
            504,
            None,
            "the outcome is unknown: look whether the vendor has the resource before creating it again",
        );
    }
    match failed.error.kind {
        Kind::BadRequest(scim_type) => (400, Some(scim_type), "the vendor refuses the request"),
        Kind::Uniqueness => {
            (409, Some(ScimType::Uniqueness), "the vendor has a resource with such a unique value already")
        }
        Kind::NotFound => (404, None, "the resource is not there"),
        Kind::WrongTarget => (502, None, WRONG_TARGET),
        Kind::Forbidden => (403, None, "the vendor does not let the gateway's account do this"),
        Kind::CredentialRefused if passes_through(failed) => (401, None, "the vendor refuses the credential"),
        Kind::CredentialRefused => (502, None, "the vendor refuses the gateway's credential"),
        Kind::LoginRefused => (502, None, "the vendor refuses the gateway's login"),
        Kind::Conflict => (503, None, "other changes of this resource met this one at the vendor; try again"),
        Kind::PreconditionFailed => (412, None, "the resource has changed at the vendor"),
        Kind::TooLarge => (413, None, "the request is too large for the vendor"),
        Kind::Unsupported => (501, None, "the vendor does not do this"),
        Kind::RateLimited => (429, None, "too many calls to the vendor"),
        Kind::Unavailable => (unavailable(failed.error.status), None, "the vendor is not available"),
        Kind::NotUnderstood => (502, None, "the vendor's answer is not what SCIM has here"),
        Kind::Unreachable => (502, None, "the vendor cannot be reached"),
        Kind::BrokenOff => (502, None, "the connection to the vendor broke; whether it has done this is unknown"),
        Kind::Suspended => (503, None, "the vendor kept failing, and is left alone for a while"),
        Kind::TimedOut => (504, None, "the vendor did not answer in time; whether it has done this is unknown"),
    }
}

const WRONG_TARGET: &str =
    "the vendor does not answer as a SCIM service does: the target's base URL, tenant or version may be wrong";

/// The vendor's own status, as long as it is one that says "not available".
fn unavailable(status: Option<u16>) -> u16 {
    status.filter(|status| matches!(status, 500 | 502 | 503 | 504)).unwrap_or(502)
}

fn passes_through(failed: &Failed) -> bool {
    matches!(failed.route.target.config.auth, Auth::Passthrough)
}

/// What happened, what the gateway adds, and the vendor's own words with nothing of the target left in them.
fn detail(what: &str, failed: &Failed) -> String {
    let VendorError { code, text, hint, .. } = &failed.error;
    let clean = |text: &String| failed.route.target.redactor.clean(text);
    let mut detail = what.to_owned();
    if let Some(hint) = hint {
        detail.push_str(": ");
        detail.push_str(hint);
    }
    match (code.as_ref().map(clean), text.as_ref().map(clean)) {
        (Some(code), Some(text)) => detail.push_str(&format!(" (vendor: {code}: {text})")),
        (Some(said), None) | (None, Some(said)) => detail.push_str(&format!(" (vendor: {said})")),
        (None, None) => {}
    }
    if let Some(done) = &failed.done {
        detail.push_str("; ");
        detail.push_str(done);
    }
    detail
}

fn headers(status: u16, failed: &Failed) -> Vec<(HeaderName, HeaderValue)> {
    let seconds = match (status, failed.error.kind) {
        (503, VendorErrorKind::Conflict) => Some(1),
        (429, _) => Some(failed.error.retry_after.unwrap_or(1)),
        (500 | 502 | 503 | 504, _) => failed.error.retry_after,
        _ => None,
    };
    let mut headers: Vec<_> = seconds.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))).into_iter().collect();
    if status == 401 {
        headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
    }
    headers
}
