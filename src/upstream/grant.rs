//! How a token is had: OAuth 2.0 client credentials, or the vendor's own login.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scimux_adapters::dialect::retry_after;
use scimux_adapters::{Session, VendorError, VendorErrorKind};
use serde_json::Value;
use tokio::time::{Duration, Instant};
use tower::ServiceExt;

use super::live_secret::LiveSecret;
use super::transport::HttpService;
use crate::config::TargetConfig;
use crate::secret::Secret;

/// How long a token is used whose lifetime nobody says.
const UNSAID: Duration = Duration::from_secs(3600);

/// RFC 3986's unreserved characters stay: every form decoder reads them, and some token endpoints decode nothing.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A login that can be made again and again.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) way: Way,
    pub(super) secret: LiveSecret,
    pub(super) http: HttpService,
    pub(super) target: Arc<TargetConfig>,
}

/// Where and as whom.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// RFC 6749 section 4.4.
    OAuth2 { token_url: Uri, client_id: String, basic: bool, scope: Option<String> },
    /// The vendor's own login.
    Session { username: String },
}

impl Grant {
    /// Whether both log in at the same place, as the same user, with the same secret.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        let (target, others) = (&self.target.target, &other.target.target);
        target.vendor.name == others.vendor.name
            && target.settings.base_url == others.settings.base_url
            && self.way == other.way
            && self.secret.get() == other.secret.get()
    }

    /// Logs in with `secret`.
    ///
    /// # Errors
    /// [`VendorErrorKind::LoginRefused`] if the vendor says no. Whatever else goes wrong is told as "not reached": the
    /// call that needs the token was never sent.
    pub(super) async fn log_in(&self, secret: &Secret) -> Result<Session, VendorError> {
        let begun = Instant::now();
        let granted = self.exchange(secret).await;
        tracing::info!(
            target: "scimux::vendor",
            target = self.target.target.settings.name,
            call = "login",
            duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            error = granted.as_ref().err().map(tracing::field::display),
            "vendor called",
        );
        granted
    }

    async fn exchange(&self, secret: &Secret) -> Result<Session, VendorError> {
        let mut request = self.request(secret)?;
        let own_name = HeaderValue::from_static(concat!("scimux/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(USER_AGENT, own_name);
        let answer = self.http.clone().oneshot(request).await.map_err(|error| not_reached(&error))?;
        let (head, body) = answer.into_parts();
        match &self.way {
            Way::OAuth2 { .. } => token(&head, &body),
            Way::Session { .. } => {
                let login = self.target.target.vendor.adapter.login().ok_or_else(no_login)?;
                login.answer(&self.target.target, &head, &body)
            }
        }
    }

    fn request(&self, secret: &Secret) -> Result<http::Request<Bytes>, VendorError> {
        match &self.way {
            Way::OAuth2 { token_url, client_id, basic, scope } => {
                Ok(token_request(token_url, client_id, secret, *basic, scope.as_deref()))
            }
            Way::Session { username } => {
                let login = self.target.target.vendor.adapter.login().ok_or_else(no_login)?;
                Ok(login.request(&self.target.target, username, secret.expose()))
            }
        }
    }
}

fn no_login() -> VendorError {
    VendorError::new(VendorErrorKind::LoginRefused).with_hint("this adapter has no login of its own")
}

fn not_reached(error: &VendorError) -> VendorError {
    VendorError::new(VendorErrorKind::Unreachable).with_hint(match error.kind {
        VendorErrorKind::TimedOut => "the login was not answered in time",
        _ => "the login could not be made",
    })
}

fn token_request(
    url: &Uri,
    client_id: &str,
    secret: &Secret,
    basic: bool,
    scope: Option<&str>,
) -> http::Request<Bytes> {
    let escape = |text: &str| utf8_percent_encode(text, FORM).to_string();
    let (id, secret) = (escape(client_id), escape(secret.expose()));
    let mut form = "grant_type=client_credentials".to_owned();
    if let Some(scope) = scope {
        form.push_str("&scope=");
        form.push_str(&escape(scope));
    }
    if !basic {
        form.push_str(&format!("&client_id={id}&client_secret={secret}"));
    }
    let mut request = http::Request::new(Bytes::from(form));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.clone();
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if basic {
        let credential = STANDARD.encode(format!("{id}:{secret}"));
        let mut value = HeaderValue::try_from(format!("Basic {credential}")).expect("base64 is visible ASCII");
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    request
}

/// RFC 6749 sections 5.1 and 5.2.
fn token(head: &http::response::Parts, body: &[u8]) -> Result<Session, VendorError> {
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    let status = head.status.as_u16();
    if !head.status.is_success() {
        return Err(refused(head, &message));
    }
    let understood = message.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
    let bearer =
        message.get("token_type").and_then(Value::as_str).is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    let Some(token) = understood.filter(|_| bearer) else {
        let error = VendorError { status: Some(status), ..VendorError::new(VendorErrorKind::NotUnderstood) };
        return Err(error.with_hint("the token endpoint's answer holds no bearer token"));
    };
    let lifetime = message.get("expires_in").and_then(seconds).map_or(UNSAID, Duration::from_secs);
    Ok(Session { secret: token.to_owned(), lifetime })
}

/// A number, also written as a string or with a fraction.
fn seconds(value: &Value) -> Option<u64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    text.split('.').next().and_then(|whole| whole.parse().ok())
}

fn refused(head: &http::response::Parts, message: &Value) -> VendorError {
    let status = head.status.as_u16();
    let (kind, hint) = match status {
        400 | 401 | 403 => (VendorErrorKind::LoginRefused, "the token endpoint refuses the client"),
        429 => (VendorErrorKind::RateLimited, "the token endpoint is asked too often"),
        _ => (VendorErrorKind::Unreachable, "the token endpoint gives no token"),
    };
    let text = |name: &str| message.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let error = VendorError {
        status: Some(status),
        code: text("error"),
        retry_after: retry_after(head),
        ..VendorError::new(kind)
    };
    VendorError { text: text("error_description"), ..error }.with_hint(hint)
}
