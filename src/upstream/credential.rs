//! The credential of a target in all its schemes, and how it is put into a request.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use scimux_adapters::{CredentialForm, VendorError, VendorErrorKind};

use super::grant::{Grant, Way};
use super::live_secret::{LiveSecret, Written};
use super::token::{Token, Tokens};
use super::transport::HttpService;
use crate::config::{Auth, TargetConfig};
use crate::secret::Secret;
use crate::telemetry::Metrics;

/// Where a target's credential comes from.
#[derive(Debug)]
pub(crate) struct Credentials {
    source: Source,
    headers: Vec<(HeaderName, LiveSecret)>,
}

#[derive(Debug)]
enum Source {
    None,
    Passthrough,
    Plain(LiveSecret),
    Basic(String, LiveSecret),
    Header(HeaderName, LiveSecret),
    Tokens(Arc<Tokens>),
}

/// A credential to be used now.
pub(crate) struct Credential {
    kind: Kind,
    headers: Vec<(HeaderName, Secret)>,
}

enum Kind {
    None,
    Passthrough,
    Plain(Arc<Written>),
    Basic(String, Secret),
    Header(HeaderName, Secret),
    Token(Arc<Token>),
}

impl Credentials {
    /// The credential that the configuration gives a target; logins go through `http`. The tokens of `before`, from before
    /// a reload, are used on where they are had in the same way.
    pub(crate) fn new(
        config: &Arc<TargetConfig>,
        http: &HttpService,
        metrics: &Arc<Metrics>,
        before: Option<&Self>,
    ) -> Self {
        let before = before.and_then(|before| match &before.source {
            Source::Tokens(tokens) => Some(&**tokens),
            _ => None,
        });
        let headers = config.headers.iter().map(|(name, secret)| (name.clone(), LiveSecret::new(secret))).collect();
        let tokens = |way, secret| {
            let (secret, http, target) = (LiveSecret::new(secret), http.clone(), config.clone());
            Source::Tokens(Tokens::new(Grant { way, secret, http, target }, metrics.clone(), before))
        };
        let source = match &config.auth {
            Auth::None => Source::None,
            Auth::Passthrough => Source::Passthrough,
            Auth::Bearer(secret) => Source::Plain(LiveSecret::new(secret)),
            Auth::Basic(user, secret) => Source::Basic(user.clone(), LiveSecret::new(secret)),
            Auth::Header(name, secret) => Source::Header(name.clone(), LiveSecret::new(secret)),
            Auth::OAuth2 { token_url, client_id, client_secret, basic, scope } => {
                let (token_url, client_id, scope) = (token_url.clone(), client_id.clone(), scope.clone());
                tokens(Way::OAuth2 { token_url, client_id, basic: *basic, scope }, client_secret)
            }
            Auth::Session { username, password } => tokens(Way::Session { username: username.clone() }, password),
        };
        Self { source, headers }
    }

    /// The credential as it is now; a token is fetched first where there is none.
    ///
    /// # Errors
    /// The login failed, or was refused and may not be tried again yet.
    pub(crate) async fn current(&self) -> Result<Credential, VendorError> {
        match (self.at_once(), &self.source) {
            (None, Source::Tokens(tokens)) => Ok(self.with_headers(Kind::Token(tokens.get().await?))),
            (there, _) => Ok(there.expect("only tokens are fetched")),
        }
    }

    /// The credential as it is now, if nothing has to be fetched for it.
    pub(crate) fn at_once(&self) -> Option<Credential> {
        Some(self.with_headers(match &self.source {
            Source::None => Kind::None,
            Source::Passthrough => Kind::Passthrough,
            Source::Plain(secret) => Kind::Plain(secret.written()),
            Source::Basic(user, secret) => Kind::Basic(user.clone(), secret.get()),
            Source::Header(name, secret) => Kind::Header(name.clone(), secret.get()),
            Source::Tokens(tokens) => Kind::Token(tokens.at_once()?),
        }))
    }

    fn with_headers(&self, kind: Kind) -> Credential {
        let headers = self.headers.iter().map(|(name, secret)| (name.clone(), secret.get())).collect();
        Credential { kind, headers }
    }

    /// The vendor refused `used`. Whether [`Self::current`] now gives another one.
    pub(crate) fn renew(&self, used: &Credential) -> bool {
        let main = match (&self.source, &used.kind) {
            (Source::Plain(live), Kind::Plain(written)) => live.changed_since(&written.secret),
            (Source::Basic(_, live), Kind::Basic(_, secret)) | (Source::Header(_, live), Kind::Header(_, secret)) => {
                live.changed_since(secret)
            }
            (Source::Tokens(tokens), Kind::Token(token)) => tokens.is_dead(token),
            _ => false,
        };
        let mut fixed = self.headers.iter().zip(&used.headers);
        fixed.any(|((_, live), (_, secret))| live.changed_since(secret)) || main
    }

    /// Whether both are the same credential, with the same secrets.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        let headers =
            |all: &Self| -> Vec<_> { all.headers.iter().map(|(name, live)| (name.clone(), live.get())).collect() };
        let main = match (&self.source, &other.source) {
            (Source::None, Source::None) | (Source::Passthrough, Source::Passthrough) => true,
            (Source::Plain(one), Source::Plain(two)) => one.get() == two.get(),
            (Source::Basic(user, one), Source::Basic(other, two)) => user == other && one.get() == two.get(),
            (Source::Header(name, one), Source::Header(other, two)) => name == other && one.get() == two.get(),
            (Source::Tokens(one), Source::Tokens(two)) => one.same_as(two),
            _ => false,
        };
        main && headers(self) == headers(other)
    }

    /// When the token in use ends.
    pub(crate) fn expires(&self) -> Option<SystemTime> {
        match &self.source {
            Source::Tokens(tokens) => tokens.last().map(|token| token.expires),
            _ => None,
        }
    }
}

impl Credential {
    /// A credential of the form that the configuration gives a target, with `***` in the place of every secret.
    pub(crate) fn masked(config: &TargetConfig) -> Self {
        let mask = || Secret::new("***");
        let kind = match &config.auth {
            Auth::None => Kind::None,
            Auth::Passthrough => Kind::Passthrough,
            Auth::Basic(user, _) => Kind::Basic(user.clone(), mask()),
            Auth::Header(name, _) => Kind::Header(name.clone(), mask()),
            Auth::Bearer(_) | Auth::OAuth2 { .. } | Auth::Session { .. } => Kind::Plain(Written::new(mask())),
        };
        Self { kind, headers: config.headers.iter().map(|(name, _)| (name.clone(), mask())).collect() }
    }

    /// Puts the credential into a request's headers in the form the adapter says; `passed` is the client's own, which
    /// goes instead of any where it is passed through.
    ///
    /// # Errors
    /// The secret holds what no header takes.
    pub(crate) fn put_in(
        &self,
        headers: &mut HeaderMap,
        form: &CredentialForm,
        passed: Option<HeaderValue>,
    ) -> Result<(), VendorError> {
        for (name, secret) in &self.headers {
            headers.insert(name, sensitive(secret.expose())?);
        }
        let (name, value) = match &self.kind {
            Kind::None => return Ok(()),
            Kind::Passthrough => {
                headers.extend(passed.map(|value| (AUTHORIZATION, value)));
                return Ok(());
            }
            Kind::Header(name, secret) => (name.clone(), sensitive(secret.expose())?),
            Kind::Basic(user, secret) => {
                let plain = format!("{user}:{}", secret.expose());
                (AUTHORIZATION, sensitive(&format!("Basic {}", STANDARD.encode(plain)))?)
            }
            Kind::Plain(written) => match in_form(written, form)? {
                Some(header) => header,
                None => return Ok(()),
            },
            Kind::Token(token) => match in_form(&token.written, form)? {
                Some(header) => header,
                None => return Ok(()),
            },
        };
        headers.insert(name, value);
        Ok(())
    }

    /// The vendor has taken this credential: should it die later, another one may help.
    pub(crate) fn proved(&self) {
        if let Kind::Token(token) = &self.kind {
            token.proved();
        }
    }

    /// The error without this credential in it, should the vendor have repeated it.
    pub(crate) fn scrub(&self, mut error: VendorError) -> VendorError {
        let main = match &self.kind {
            Kind::None | Kind::Passthrough => None,
            Kind::Plain(written) => Some(&written.secret),
            Kind::Basic(_, secret) | Kind::Header(_, secret) => Some(secret),
            Kind::Token(token) => Some(&token.written.secret),
        };
        for secret in main.into_iter().chain(self.headers.iter().map(|(_, secret)| secret)) {
            let scrubbed = |text: String| match secret.expose() {
                "" => text,
                secret => text.replace(secret, "***"),
            };
            error.code = error.code.map(scrubbed);
            error.text = error.text.map(scrubbed);
        }
        error
    }
}

fn in_form(written: &Written, form: &CredentialForm) -> Result<Option<(HeaderName, HeaderValue)>, VendorError> {
    if let Some((_, name, value)) = written.header.get().filter(|(known, ..)| known == form) {
        return Ok(Some((name.clone(), value.clone())));
    }
    let secret = written.secret.expose();
    let header = match form {
        // `Configured` goes with the `header` scheme, whose header is known here and was put in already.
        CredentialForm::None | CredentialForm::Configured => None,
        CredentialForm::Bearer => Some((AUTHORIZATION, sensitive(&format!("Bearer {secret}"))?)),
        CredentialForm::Basic => Some((AUTHORIZATION, sensitive(&format!("Basic {secret}"))?)),
        CredentialForm::Raw(name) => Some((name.clone(), sensitive(secret)?)),
    };
    if let Some((name, value)) = &header {
        let _ = written.header.set((form.clone(), name.clone(), value.clone()));
    }
    Ok(header)
}

fn sensitive(text: &str) -> Result<HeaderValue, VendorError> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        let hint = "the secret holds characters that no header takes, a line break for instance";
        VendorError::new(VendorErrorKind::LoginRefused).with_hint(hint)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").finish_non_exhaustive()
    }
}
