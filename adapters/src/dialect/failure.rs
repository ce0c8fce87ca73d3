//! What a vendor's error means: envelope and table of the profile first, then the status.

use bytes::Bytes;
use http::StatusCode;
use http::header::{DATE, RETRY_AFTER};
use http::response::Parts;
use scimux_scim::{Object, ScimType, Value};

use super::pointer;
use crate::profile::{ErrorProfile, ErrorRule, Meaning};
use crate::{VendorError, VendorErrorKind};

/// The most characters of a vendor's text that are kept (CONTRACT section 4).
pub const MAX_TEXT: usize = 500;

/// Whether the profile's envelope says that the answer is an error, whatever its status says.
pub(super) fn in_envelope(errors: &ErrorProfile, message: Option<&Object>) -> bool {
    let Some((envelope, message)) = errors.envelope.as_ref().zip(message) else { return false };
    match message.get(&envelope.member) {
        None | Some(Value::Null) => false,
        Some(value) => {
            let says = value.as_str().unwrap_or_default();
            !envelope.success.iter().any(|success| success.eq_ignore_ascii_case(says))
        }
    }
}

/// What an error answer means. `call` is its name in the profile's rules.
pub(super) fn read(
    call: &str,
    names_a_resource: bool,
    errors: &ErrorProfile,
    head: &Parts,
    message: Option<&Object>,
    body: &Bytes,
) -> VendorError {
    let status = head.status;
    let codes = message.map(|message| pointer::texts(message, &errors.codes)).unwrap_or_default();
    let text = text(errors, message, body);
    let told = Told { call, status, codes: &codes, text: &text, body };
    let rule = errors.rules.iter().find(|rule| told.fits(rule));
    let kind = match rule {
        Some(rule) => kind(rule.means),
        None => by_scim_type(status, message).unwrap_or_else(|| by_status(call, names_a_resource, status)),
    };
    let in_form =
        message.is_some_and(|message| errors.documented.iter().any(|at| !pointer::find(message, at).is_empty()));
    let documented = status == StatusCode::GONE
        || errors.documented.is_empty()
        || in_form
        || rule.is_some_and(|rule| rule.code.is_some());
    VendorError {
        kind,
        status: Some(told_status(kind, status)),
        code: codes.first().map(|code| cut_text(code)),
        text: (!text.is_empty()).then(|| cut_text(&text)),
        hint: rule.and_then(|rule| rule.hint.clone()),
        retry_after: retry_after(head),
        documented,
        may_lack_method: rule.is_none()
            && match status.as_u16() {
                405 | 501 => true,
                404 => !in_form && !errors.documented.is_empty(),
                _ => false,
            },
        repeated: false,
    }
}

/// The status that an outage has: of one told inside a 200 it is the 500 that was meant.
fn told_status(kind: VendorErrorKind, status: StatusCode) -> u16 {
    let outage = kind == VendorErrorKind::Unavailable && !status.is_server_error();
    if outage { 500 } else { status.as_u16() }
}

/// What the vendor told, as the rules look at it.
struct Told<'a> {
    call: &'a str,
    status: StatusCode,
    codes: &'a [&'a str],
    text: &'a str,
    body: &'a Bytes,
}

impl Told<'_> {
    fn fits(&self, rule: &ErrorRule) -> bool {
        rule.status.is_none_or(|status| status == self.status.as_u16())
            && rule.code.as_ref().is_none_or(|code| self.codes.contains(&code.as_str()))
            && rule.text.as_ref().is_none_or(|words| self.says(words))
            && (rule.calls.is_empty() || rule.calls.iter().any(|call| call == self.call))
    }

    /// Whether its text has the words; where it has no text of the known form, its body.
    fn says(&self, words: &str) -> bool {
        let words = words.to_ascii_lowercase();
        let holds = |text: &str| text.to_ascii_lowercase().contains(&words);
        if self.text.is_empty() { holds(&String::from_utf8_lossy(self.body)) } else { holds(self.text) }
    }
}

/// The vendor's text: from where the profile says, else a body that is plain text.
fn text(errors: &ErrorProfile, message: Option<&Object>, body: &Bytes) -> String {
    if let Some(message) = message {
        let mut texts = pointer::texts(message, &errors.texts);
        texts.dedup();
        return texts.join("; ");
    }
    let plain = std::str::from_utf8(body).unwrap_or_default().trim();
    let is_markup = plain.starts_with(['<', '{', '[']);
    if is_markup { String::new() } else { plain.to_owned() }
}

/// A text cut to [`MAX_TEXT`] characters.
#[must_use]
pub fn cut_text(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

fn kind(meaning: Meaning) -> VendorErrorKind {
    use VendorErrorKind as Kind;
    match meaning {
        Meaning::InvalidFilter => Kind::BadRequest(ScimType::InvalidFilter),
        Meaning::InvalidPath => Kind::BadRequest(ScimType::InvalidPath),
        Meaning::InvalidSyntax => Kind::BadRequest(ScimType::InvalidSyntax),
        Meaning::InvalidValue => Kind::BadRequest(ScimType::InvalidValue),
        Meaning::Mutability => Kind::BadRequest(ScimType::Mutability),
        Meaning::NoTarget => Kind::BadRequest(ScimType::NoTarget),
        Meaning::TooMany => Kind::BadRequest(ScimType::TooMany),
        Meaning::Uniqueness => Kind::Uniqueness,
        Meaning::NotFound => Kind::NotFound,
        Meaning::WrongTarget => Kind::WrongTarget,
        Meaning::Forbidden => Kind::Forbidden,
        Meaning::CredentialRefused => Kind::CredentialRefused,
        Meaning::Conflict => Kind::Conflict,
        Meaning::TooLarge => Kind::TooLarge,
        Meaning::Unsupported => Kind::Unsupported,
        Meaning::RateLimited => Kind::RateLimited,
        Meaning::Unavailable => Kind::Unavailable,
    }
}

/// RFC 7644 section 3.12: `scimType` explains a 400, and `uniqueness` a 409.
fn by_scim_type(status: StatusCode, message: Option<&Object>) -> Option<VendorErrorKind> {
    let scim_type = ScimType::parse(message?.str("scimType")?)?;
    match (status.as_u16(), scim_type) {
        (400 | 409 | 422, ScimType::Uniqueness) => Some(VendorErrorKind::Uniqueness),
        (400 | 422, other) => Some(VendorErrorKind::BadRequest(other)),
        _ => None,
    }
}

fn by_status(call: &str, names_a_resource: bool, status: StatusCode) -> VendorErrorKind {
    use VendorErrorKind as Kind;
    match status.as_u16() {
        400 | 422 => Kind::BadRequest(ScimType::InvalidValue),
        401 => Kind::CredentialRefused,
        403 => Kind::Forbidden,
        404 if names_a_resource => Kind::NotFound,
        409 if matches!(call, "create" | "replace" | "patch") => Kind::Uniqueness,
        409 => Kind::Conflict,
        410 => Kind::NotFound,
        412 => Kind::PreconditionFailed,
        413 => Kind::TooLarge,
        429 => Kind::RateLimited,
        500 | 502 | 503 | 504 => Kind::Unavailable,
        501 => Kind::Unsupported,
        // What was asked is not there, or it is not what is there: host, tenant or version is another's.
        202 | 300..=399 | 404 | 405 | 406 | 415 => Kind::WrongTarget,
        _ => Kind::NotUnderstood,
    }
}

/// `Retry-After` in seconds (RFC 9110 section 10.2.3). As a date it is measured by the answer's own `Date`: what counts
/// is the vendor's clock.
#[must_use]
pub fn retry_after(head: &Parts) -> Option<u64> {
    let text = |name| Some(head.headers.get(name)?.to_str().ok()?.trim());
    let after = text(RETRY_AFTER)?;
    after.parse().ok().or_else(|| {
        let (then, now) = (httpdate::parse_http_date(after).ok()?, httpdate::parse_http_date(text(DATE)?).ok()?);
        Some(then.duration_since(now).map_or(0, |wait| wait.as_secs()))
    })
}
