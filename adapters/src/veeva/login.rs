//! The login call: user name and password for a session of at most 48 hours (README, "Login").

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::response::Parts;
use http::{Method, Request, Uri};
use scimux_scim::{Object, Value, value};

use crate::adapter::{Login, Session};
use crate::dialect::{self, uri};
use crate::{Target, VendorError, VendorErrorKind};

/// A session dies after 48 hours even in continuous use [session mgmt]; the hour is for clocks and calls under way.
const LIFETIME: Duration = Duration::from_secs(47 * 3600);
/// Over the limit of logins calls fail until the next one-minute window [AE rate].
const LOGIN_WINDOW_SECS: u64 = 60;

#[derive(Debug)]
pub(super) struct VaultLogin;

impl Login for VaultLogin {
    fn request(&self, target: &Target, username: &str, password: &str) -> Request<Bytes> {
        let form = format!("username={}&password={}", uri::encode(username), uri::encode(password));
        let mut request = Request::new(Bytes::from(form));
        *request.method_mut() = Method::POST;
        *request.uri_mut() =
            uri::below_base(target, "/api/{api_version}/auth").expect("api_version is required and one segment");
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let client_id = target.settings.values.get("client_id").and_then(|id| HeaderValue::from_str(id).ok());
        if let Some(client_id) = client_id {
            headers.insert(HeaderName::from_static("x-vaultapi-clientid"), client_id);
        }
        request
    }

    fn answer(&self, target: &Target, head: &Parts, body: &Bytes) -> Result<Session, VendorError> {
        if let Some(error) = dialect::refusal("login", target, head, body) {
            return Err(refused(error));
        }
        let granted = value::parse(body).ok();
        let secret = granted.as_ref().and_then(|granted| granted.str("sessionId")).filter(|secret| !secret.is_empty());
        let (Some(granted), Some(secret)) = (&granted, secret) else {
            return Err(VendorError {
                status: Some(head.status.as_u16()),
                ..VendorError::new(VendorErrorKind::NotUnderstood).with_hint("the login's answer holds no session")
            });
        };
        if !is_for(granted, &target.settings.base_url) {
            return Err(VendorError {
                status: Some(head.status.as_u16()),
                ..VendorError::new(VendorErrorKind::LoginRefused)
                    .with_hint("the login was granted for another Vault: this user cannot reach the Vault of base_url")
            });
        }
        Ok(Session { secret: secret.to_owned(), lifetime: LIFETIME })
    }
}

/// What a failed login means: outages and limits pass, all else is the login's fault.
fn refused(mut error: VendorError) -> VendorError {
    use VendorErrorKind::{LoginRefused, NotUnderstood, RateLimited, Unavailable, WrongTarget};
    match error.kind {
        RateLimited => error.retry_after = error.retry_after.or(Some(LOGIN_WINDOW_SECS)),
        Unavailable | WrongTarget | NotUnderstood => {}
        _ => error.kind = LoginRefused,
    }
    error
}

/// Whether the session is for the Vault of `base_url`: a user who cannot reach it is given a session for another Vault,
/// and the call succeeds [25.2 auth].
fn is_for(granted: &Object, base_url: &Uri) -> bool {
    let Some(granted_id) = granted.get("vaultId").and_then(id) else { return false };
    let vaults = granted.get("vaultIds").and_then(Value::as_array).unwrap_or_default();
    let vaults = vaults.iter().filter_map(Value::as_object);
    let mut granted = vaults.filter(|vault| vault.get("id").and_then(id) == Some(granted_id));
    granted.any(|vault| {
        let url = vault.str("url").and_then(|url| url.parse::<Uri>().ok());
        url.is_some_and(|url| place(&url).is_some() && place(&url) == place(base_url))
    })
}

fn id(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) | Value::Number(text) => Some(text),
        _ => None,
    }
}

/// Host and port of a URL.
fn place(url: &Uri) -> Option<(String, u16)> {
    let default = if url.scheme_str() == Some("http") { 80 } else { 443 };
    Some((url.host()?.to_ascii_lowercase(), url.port_u16().unwrap_or(default)))
}

#[cfg(test)]
mod tests;
