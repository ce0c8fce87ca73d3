//! A vendor's refusal or failure.

use std::fmt;

use scimux_scim::ScimType;

use crate::Repeat;

/// Why a call to a vendor did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorError {
    /// What kind of failure; decides the answer and whether a repeat may help.
    pub kind: VendorErrorKind,
    /// The vendor's HTTP status, where there was one.
    pub status: Option<u16>,
    /// The vendor's own code: for the detail and the log.
    pub code: Option<String>,
    /// The vendor's text: for the detail only, never for the log (it may hold personal data).
    pub text: Option<String>,
    /// What the gateway adds for the client, e.g. what a status means at this vendor.
    pub hint: Option<String>,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u64>,
    /// Whether the body was in the vendor's documented error form.
    pub documented: bool,
    /// Whether the vendor may lack the HTTP method for this resource type: 501, 405, or a 404 that is no documented error,
    /// where its profile gives the status no other meaning.
    pub may_lack_method: bool,
    /// Whether it answers a repeated attempt at the same call: an earlier one may have done what was asked.
    pub repeated: bool,
}

/// Kinds of [`VendorError`] (the table of CONTRACT section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VendorErrorKind {
    /// The vendor says the request is wrong: 400 with this `scimType`.
    BadRequest(ScimType),
    /// A value that must be unique is taken: 409.
    Uniqueness,
    /// The resource is not there: 404, if the target is proven.
    NotFound,
    /// The vendor's 404 or 405 on a path that must exist, a redirect, a 202, another type: 502.
    WrongTarget,
    /// The vendor forbids it: 403.
    Forbidden,
    /// The vendor refuses our credential, or the session is dead.
    CredentialRefused,
    /// The login itself was refused.
    LoginRefused,
    /// Two changes met at the vendor: tried again from the read.
    Conflict,
    /// A precondition failed: 412.
    PreconditionFailed,
    /// The body is too large for the vendor: 413.
    TooLarge,
    /// The vendor does not do it for this resource: 501.
    Unsupported,
    /// 429.
    RateLimited,
    /// 500, 502, 503, 504 at the vendor: the same status.
    Unavailable,
    /// A 2xx that is not the expected JSON: 502.
    NotUnderstood,
    /// No connection; no byte of the request reached the vendor: 502.
    Unreachable,
    /// The connection broke after bytes may have reached the vendor: 502, on a create 504.
    BrokenOff,
    /// No complete answer in time: 504.
    TimedOut,
    /// The gateway leaves the vendor alone for a while, since it kept failing: 503.
    Suspended,
}

impl VendorError {
    /// An error of a kind, with nothing else known.
    #[must_use]
    pub fn new(kind: VendorErrorKind) -> Self {
        Self {
            kind,
            status: None,
            code: None,
            text: None,
            hint: None,
            retry_after: None,
            documented: false,
            may_lack_method: false,
            repeated: false,
        }
    }

    /// Whether nobody knows if what was asked is done (CONTRACT section 5). No byte of it was sent, or the vendor's complete
    /// answer proves that it did nothing: then it is known.
    #[must_use]
    pub fn leaves_unknown(&self) -> bool {
        match self.kind {
            VendorErrorKind::BrokenOff | VendorErrorKind::TimedOut => true,
            VendorErrorKind::Unavailable => !self.refuses_for_now(),
            _ => false,
        }
    }

    /// 503 with `Retry-After`: the vendor looked at nothing.
    fn refuses_for_now(&self) -> bool {
        self.kind == VendorErrorKind::Unavailable && self.status == Some(503) && self.retry_after.is_some()
    }

    /// Whether the same call, sent again, may find the vendor in a better state, and proves by that to have done nothing.
    fn did_nothing(&self) -> bool {
        match self.kind {
            VendorErrorKind::Unreachable => true,
            // Who is refused by a bound of ours is not to wait in another line.
            VendorErrorKind::RateLimited => !self.is_own(),
            _ => self.refuses_for_now(),
        }
    }

    /// Whether the gateway itself refused the call, by a bound of its own or since the vendor kept failing; the vendor was
    /// not asked.
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self.kind, VendorErrorKind::RateLimited | VendorErrorKind::Suspended) && self.status.is_none()
    }

    /// Whether a call may be sent again after this (CONTRACT section 5). A refused credential is another matter: the
    /// call goes again with a new one, once.
    #[must_use]
    pub fn may_repeat(&self, call: Repeat) -> bool {
        let is_down = self.kind == VendorErrorKind::Unavailable && matches!(self.status, Some(502..=504));
        self.did_nothing() || call == Repeat::Safe && is_down
    }

    /// The same with the gateway's own words for the client.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for VendorError {
    /// Without the vendor's text, which may hold personal data, and with its code only where that is one word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        if let Some(status) = self.status {
            write!(f, ", status {status}")?;
        }
        match self.code.as_deref() {
            Some(code) if is_word(code) => write!(f, ", code {code}"),
            Some(_) => write!(f, ", a code that is no word"),
            None => Ok(()),
        }
    }
}

/// A code as vendors have them; anything else may be a text.
fn is_word(code: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    (1..=64).contains(&code.len()) && code.bytes().all(plain)
}

impl std::error::Error for VendorError {}
