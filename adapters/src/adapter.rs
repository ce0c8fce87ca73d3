//! What a vendor's code is to the rest of scimux.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderName;
use http::response::Parts;
use scimux_scim::ScimError;

use crate::{Answer, Call, Note, Target, VendorError, dialect};

/// A vendor: its name in the configuration, its own configuration keys, its profile and its code.
#[derive(Debug)]
pub struct Vendor {
    /// The value of `adapter` in the configuration.
    pub name: &'static str,
    /// The configuration keys that only this vendor has.
    pub settings: &'static [Setting],
    /// The text of its `profile.toml`.
    pub profile: &'static str,
    /// Its translator.
    pub adapter: &'static dyn Adapter,
}

/// A configuration key of one vendor.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The key under `[targets.NAME]`.
    pub key: &'static str,
    /// What a value must look like.
    pub kind: SettingKind,
    /// Whether the key must be there.
    pub required: bool,
    /// What it is and where to find it, for the reference.
    pub doc: &'static str,
    /// A value for the reference and the examples.
    pub example: &'static str,
}

/// What the value of a [`Setting`] must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// One path segment: an environment, a tenant, a version. Not empty, not `.` or `..`, without `/ \ ? # %` and
    /// control characters.
    Segment,
    /// A header value: visible ASCII.
    Header,
    /// Any text.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number.
    Number,
}

impl SettingKind {
    /// Whether a value names the tenant, so that clients may not see it.
    #[must_use]
    pub fn names_tenant(self) -> bool {
        matches!(self, Self::Segment | Self::Header | Self::Text)
    }

    /// What is wrong with a value; `None` if nothing is.
    #[must_use]
    pub fn problem(self, value: &str) -> Option<String> {
        let forbidden = |c: char| c.is_control() || "/\\?#%".contains(c);
        match self {
            Self::Segment | Self::Header if value.is_empty() => Some("must not be empty".to_owned()),
            Self::Segment if matches!(value, "." | "..") || value.contains(forbidden) => {
                Some("must be one path segment, without / \\ ? # % and control characters".to_owned())
            }
            Self::Header if !value.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Some("must be visible ASCII".to_owned())
            }
            Self::OneOf(words) if !words.contains(&value) => Some(format!("must be one of {}", words.join(", "))),
            Self::Number if value.parse::<u32>().is_err() => Some("must be a whole number in quotes".to_owned()),
            Self::Segment | Self::Header | Self::Text | Self::OneOf(_) | Self::Number => None,
        }
    }
}

/// Translates calls to one vendor's HTTP requests and its answers back. Everything has a default that the profile drives;
/// a vendor overrides what truly differs.
pub trait Adapter: fmt::Debug + Send + Sync {
    /// The HTTP request for a call, without its credential.
    ///
    /// # Errors
    /// What this vendor cannot be asked, as the refusal for the client.
    fn request(&self, call: &Call, target: &Target) -> Result<Translated, ScimError> {
        dialect::request(call, target)
    }

    /// What the vendor's complete answer means.
    ///
    /// # Errors
    /// The vendor's refusal or failure.
    fn answer(&self, call: &Call, target: &Target, head: &Parts, body: &Bytes) -> Result<Answer, VendorError> {
        dialect::answer(call, target, head, body)
    }

    /// The vendor's own login, behind `auth = { scheme = "session" }`.
    fn login(&self) -> Option<&dyn Login> {
        None
    }
}

/// A login exchange in two pure halves.
pub trait Login: Send + Sync {
    /// The login request; it holds the secret and must not be logged.
    fn request(&self, target: &Target, username: &str, password: &str) -> http::Request<Bytes>;

    /// The session that the answer grants.
    ///
    /// # Errors
    /// The vendor refused the login, or granted a session that is not for this target. `text` may not hold the secret.
    fn answer(&self, target: &Target, head: &Parts, body: &Bytes) -> Result<Session, VendorError>;
}

/// A session granted by a [`Login`].
pub struct Session {
    /// The session's secret.
    pub secret: String,
    /// How long it may be used.
    pub lifetime: Duration,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("secret", &"***").field("lifetime", &self.lifetime).finish()
    }
}

/// A call in the vendor's form.
#[derive(Debug)]
pub struct Translated {
    /// The request: absolute URI, all headers but the credential, body.
    pub request: http::Request<Bytes>,
    /// How the credential is put in.
    pub credential: CredentialForm,
    /// What was changed on the way, and why.
    pub notes: Vec<Note>,
}

/// The form in which a vendor takes a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialForm {
    /// None is sent.
    None,
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Basic …`.
    Basic,
    /// The secret alone in this header.
    Raw(HeaderName),
    /// The secret alone in the header that the configuration names (`scheme = "header"`).
    Configured,
}
