//! Tokens: fetched once however many requests wait, renewed before they end and once when the vendor says they are dead.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwapOption;
use moka::future::Cache;
use scimux_adapters::{Session, VendorError, VendorErrorKind};
use tokio::time::{Duration, Instant};

use super::grant::Grant;
use super::live_secret::Written;
use crate::secret::Secret;
use crate::telemetry::Metrics;

/// The first pause after a refused login; it doubles up to [`LONGEST_PAUSE`]. Vendors lock accounts.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// A token fetched because another was refused, and refused within this time itself without ever having been taken, is
/// not the token's fault.
const SUSPICIOUS: Duration = Duration::from_secs(30);
/// How long before its end a token is renewed, at least; a tenth of its life if that is more.
const MARGIN: Duration = Duration::from_secs(60);

/// A token in use.
pub(super) struct Token {
    pub(super) written: Arc<Written>,
    /// Counts the tokens of this target.
    pub(super) serial: u64,
    /// When it ends, for people.
    pub(super) expires: SystemTime,
    born: Instant,
    renew_at: Instant,
    expires_at: Instant,
    /// Whether it was fetched because the vendor refused the one before, and has not been taken by it yet.
    suspicious: AtomicBool,
}

impl Token {
    fn new(session: Session, serial: u64, after_refusal: bool) -> Self {
        let (born, lifetime) = (Instant::now(), session.lifetime);
        let margin = MARGIN.max(lifetime / 10).min(lifetime / 2);
        Self {
            written: Written::new(Secret::new(session.secret)),
            serial,
            expires: SystemTime::now() + lifetime,
            born,
            renew_at: born + (lifetime - margin),
            expires_at: born + lifetime,
            suspicious: AtomicBool::new(after_refusal),
        }
    }

    /// The vendor has taken it.
    pub(super) fn proved(&self) {
        self.suspicious.store(false, Ordering::Relaxed);
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("serial", &self.serial).field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// The tokens of one target.
#[derive(Debug)]
pub(super) struct Tokens {
    grant: Grant,
    metrics: Arc<Metrics>,
    kept: Arc<Kept>,
}

/// What a reload keeps.
#[derive(Debug)]
struct Kept {
    current: ArcSwapOption<Token>,
    /// The serial of the last token the vendor called dead; serials begin with 1.
    dead: AtomicU64,
    /// One flight per token to be replaced; whoever comes while it is under way waits for it.
    flights: Cache<u64, Arc<Token>>,
    refusal: Mutex<Option<Refusal>>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            current: ArcSwapOption::empty(),
            dead: AtomicU64::new(0),
            flights: Cache::new(8),
            refusal: Mutex::new(None),
        }
    }
}

/// A login that is not to be tried again yet.
#[derive(Debug)]
struct Refusal {
    secret: Secret,
    /// What is told meanwhile: refused, or asked too often.
    error: VendorError,
    pause: Duration,
    until: Instant,
}

impl Refusal {
    /// What keeps from the next login after one that failed; `last` is what kept from this one.
    fn after(error: &VendorError, secret: Secret, last: Option<Self>) -> Option<Self> {
        let before = last.as_ref().map_or(Duration::ZERO, |last| last.pause);
        let (pause, wait) = match (error.kind, error.retry_after) {
            (VendorErrorKind::LoginRefused, _) => {
                let pause = (before * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
                (pause, pause)
            }
            (VendorErrorKind::RateLimited, Some(seconds)) => (before, Duration::from_secs(seconds).min(LONGEST_PAUSE)),
            _ => return last,
        };
        let error = VendorError { text: None, code: None, ..error.clone() };
        Some(Self { secret, error, pause, until: Instant::now() + wait })
    }

    fn told(&self) -> VendorError {
        let seconds = self.until.saturating_duration_since(Instant::now()).as_secs() + 1;
        let error = VendorError { retry_after: Some(seconds), ..self.error.clone() };
        match error.kind {
            VendorErrorKind::LoginRefused => {
                let hint = format!("it is not tried again for {seconds} s, or until its secret file changes");
                VendorError { status: None, ..error.with_hint(hint) }
            }
            _ => error,
        }
    }
}

impl Tokens {
    /// Tokens to be had by `grant`. After a reload those of `before` are used on, where they are had in the same way; a
    /// login that was refused may be tried again then.
    pub(super) fn new(grant: Grant, metrics: Arc<Metrics>, before: Option<&Self>) -> Arc<Self> {
        let kept = before.filter(|before| before.grant.same_as(&grant)).map(|before| before.kept.clone());
        let tokens = Self { grant, metrics, kept: kept.unwrap_or_default() };
        *tokens.refusal() = None;
        Arc::new(tokens)
    }

    /// Whether these tokens are had in the same way as those.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.grant.same_as(&other.grant)
    }

    /// The token in use, if there is one.
    pub(super) fn last(&self) -> Option<Arc<Token>> {
        self.kept.current.load_full()
    }

    /// A token to be used now. One that is near its end is replaced first, and still used if that fails.
    pub(super) async fn get(self: &Arc<Self>) -> Result<Arc<Token>, VendorError> {
        let current = self.last();
        let old = current.as_ref().map_or(0, |token| token.serial);
        match current.filter(|token| self.is_usable(token)) {
            Some(token) if Instant::now() < token.renew_at => Ok(token),
            Some(token) => match self.replace(old).await {
                Err(_) if Instant::now() < token.expires_at => Ok(token),
                fetched => fetched,
            },
            None => self.replace(old).await,
        }
    }

    /// A token that needs no other in its place yet.
    pub(super) fn at_once(&self) -> Option<Arc<Token>> {
        self.last().filter(|token| self.is_usable(token) && Instant::now() < token.renew_at)
    }

    /// Whether the vendor has not called it dead.
    fn is_usable(&self, token: &Token) -> bool {
        token.serial > self.kept.dead.load(Ordering::Acquire)
    }

    /// The vendor says that this token is dead. Whether another may help.
    pub(super) fn is_dead(&self, token: &Token) -> bool {
        if token.suspicious.load(Ordering::Relaxed) && token.born.elapsed() < SUSPICIOUS {
            return false;
        }
        self.kept.dead.fetch_max(token.serial, Ordering::AcqRel);
        true
    }

    /// The successor of the token `old`: one that is there already, or one fetched in a task of its own, since a client
    /// that hangs up must not cut the login that others wait for.
    async fn replace(self: &Arc<Self>, old: u64) -> Result<Arc<Token>, VendorError> {
        let this = self.clone();
        let flight = async move { this.kept.flights.try_get_with(old, this.fetch(old + 1)).await };
        match tokio::spawn(flight).await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) => Err((*error).clone()),
            Err(_) => Err(VendorError::new(VendorErrorKind::Unreachable).with_hint("the login could not be made")),
        }
    }

    async fn fetch(&self, serial: u64) -> Result<Arc<Token>, VendorError> {
        // Who was held up for long may ask for the successor of a token that has had many, in a flight of its own.
        if let Some(newer) = self.last().filter(|token| token.serial >= serial) {
            return Ok(newer);
        }
        self.may_log_in()?;
        let session = self.log_in().await?;
        let after_refusal = self.kept.dead.load(Ordering::Acquire) + 1 == serial && serial > 1;
        let token = Arc::new(Token::new(session, serial, after_refusal));
        self.metrics.token(&self.grant.target.target.settings.name);
        self.kept.current.store(Some(token.clone()));
        self.kept.flights.invalidate(&(serial.saturating_sub(2))).await;
        Ok(token)
    }

    /// Logs in; with a secret that was changed meanwhile at once again.
    async fn log_in(&self) -> Result<Session, VendorError> {
        let refused = |got: &Result<Session, VendorError>| {
            got.as_ref().is_err_and(|error| error.kind == VendorErrorKind::LoginRefused)
        };
        let mut secret = self.grant.secret.get();
        let mut got = self.grant.log_in(&secret).await;
        if refused(&got) && self.grant.secret.changed_since(&secret) {
            secret = self.grant.secret.get();
            got = self.grant.log_in(&secret).await;
        }
        let mut refusal = self.refusal();
        match &got {
            Ok(_) => *refusal = None,
            Err(error) => *refusal = Refusal::after(error, secret, refusal.take()),
        }
        got
    }

    /// No login while the pause after the last one lasts; a refused one may be tried at once with a secret that was changed.
    fn may_log_in(&self) -> Result<(), VendorError> {
        let mut refusal = self.refusal();
        let Some(last) = refusal.as_ref().filter(|last| Instant::now() < last.until) else { return Ok(()) };
        if last.error.kind == VendorErrorKind::LoginRefused && self.grant.secret.changed_since(&last.secret) {
            *refusal = None;
            return Ok(());
        }
        Err(last.told())
    }

    fn refusal(&self) -> std::sync::MutexGuard<'_, Option<Refusal>> {
        self.kept.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::grant::Way;
    use super::super::live_secret::LiveSecret;
    use super::*;
    use crate::config::Auth;
    use crate::target::fixture::{self, PLAIN, config, vendor};

    #[tokio::test]
    async fn who_asks_late_for_a_successor_is_given_the_last_one_without_a_login() {
        let body = serde_json::json!({"access_token": "canary-token", "token_type": "Bearer", "expires_in": 3600});
        let (http, seen) = vendor(move |_| Ok(fixture::json(200, &body)));
        let target = config(PLAIN).targets[0].clone();
        let Auth::Bearer(secret) = &target.auth else { panic!("{:?}", target.auth) };
        let (secret, token_url) = (LiveSecret::new(secret), http::Uri::from_static("http://login.example/token"));
        let way = Way::OAuth2 { token_url, client_id: "us".to_owned(), basic: true, scope: None };
        let tokens = Tokens::new(Grant { way, secret, http, target }, Arc::new(Metrics::new()), None);
        for serial in 0..3 {
            assert_eq!(tokens.replace(serial).await.expect("a token").serial, serial + 1);
        }
        assert_eq!(tokens.replace(0).await.expect("a token").serial, 3);
        assert_eq!(seen.lock().expect("no panic").len(), 3);
        assert_eq!(tokens.last().expect("a token").serial, 3);
    }
}
