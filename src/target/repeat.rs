//! Sends a call again where that does no harm and may help (CONTRACT section 5).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use scimux_adapters::VendorError;
use tokio::time::{Duration, Instant, sleep};
use tower::Layer;
use tower::layer::layer_fn;

use super::{Asked, Prepared, Understood};
use crate::stack::{Stage, station};
use crate::telemetry::Metrics;

/// The pause before the first repeat, at most; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause of our own making.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause that a vendor can ask for; beyond it the client is told.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a target's calls are repeated.
#[derive(Clone, Debug)]
pub(crate) struct Repeats {
    /// How often at most.
    pub(crate) most: u64,
    /// Whose calls.
    pub(crate) target: Arc<str>,
    /// How many of them may be.
    pub(crate) budget: Arc<Budget>,
    /// Where they are counted.
    pub(crate) metrics: Arc<Metrics>,
}

/// Repeats a call as its operation and the error allow, never beyond the request's time. Nothing is held while it waits.
pub(crate) fn layer<S>(repeats: Repeats) -> impl Layer<S, Service: Stage<Arc<Prepared>, Understood, VendorError>>
where
    S: Stage<Arc<Prepared>, Understood, VendorError>,
{
    let repeats = Arc::new(repeats);
    layer_fn(move |inner: S| {
        let repeats = repeats.clone();
        station(move |prepared: Arc<Prepared>| {
            let (inner, repeats) = (inner.clone(), repeats.clone());
            repeats.budget.earn(Instant::now());
            let first = inner.pass(prepared.clone());
            async move {
                match first.await {
                    // Rare, and large: it is not to make room for itself in what every call waits for.
                    Err(error) => repeats.send_again(inner, prepared, error).boxed().await,
                    understood => understood,
                }
            }
        })
    })
}

impl Repeats {
    /// Sends again what has failed once, as long as that may help.
    async fn send_again<S>(
        &self,
        inner: S,
        prepared: Arc<Prepared>,
        failure: VendorError,
    ) -> Result<Understood, VendorError>
    where
        S: Stage<Arc<Prepared>, Understood, VendorError>,
    {
        let (mut before, mut said, mut failure) = (0, None, failure);
        loop {
            // What the vendor said before counts, not that it is not asked again.
            if failure.is_own() {
                return Err(said.unwrap_or(failure));
            }
            let error = VendorError { repeated: before > 0, ..failure };
            let Some(pause) = self.pause(&prepared.asked, &error, before) else { return Err(error) };
            self.metrics.repeated(&self.target);
            sleep(pause).await;
            said = Some(error);
            before += 1;
            failure = match inner.pass(prepared.clone()).await {
                Ok(understood) => return Ok(understood),
                Err(error) => error,
            };
        }
    }

    /// How long to wait before the call is sent again; `None`: it is not.
    fn pause(&self, asked: &Asked, error: &VendorError, before: u64) -> Option<Duration> {
        if before >= self.most || !error.may_repeat(asked.call.repeat) {
            return None;
        }
        let wanted = Duration::from_secs(error.retry_after.unwrap_or(0));
        let pause = backoff(asked, before).max(wanted);
        let now = Instant::now();
        let in_time = asked.trace.record.deadline().is_none_or(|by| now + pause < by);
        (pause <= PATIENCE && in_time && self.budget.spend(now)).then_some(pause)
    }
}

/// The upper half of a pause that doubles. Where in it follows from the request's id, so that requests that failed together
/// do not come back together.
fn backoff(asked: &Asked, before: u64) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << before.min(8)).min(LONGEST_PAUSE);
    let mut hasher = DefaultHasher::new();
    (&*asked.trace.record.id, asked.call.kind.name(), before).hash(&mut hasher);
    let share = u32::try_from(hasher.finish() % 512).unwrap_or_default();
    whole / 2 + (whole / 1024) * share
}

/// What a call adds to the budget, in thousandths of a repeat.
const EARNED: u64 = 200;
/// What a second adds to it, so that a target with little traffic can repeat at all.
const EARNED_PER_SECOND: u64 = 10_000;
/// What it holds at most.
const SAVED: u64 = 100_000;
/// What a repeat costs.
const COST: u64 = 1000;

/// How much may be repeated: a fifth of the calls, and a few beyond. A vendor that is down is not to be asked three times as
/// much as one that is well.
#[derive(Debug, Default)]
pub(crate) struct Budget(Mutex<Account>);

#[derive(Debug, Default)]
struct Account {
    savings: Option<Savings>,
    spent: u64,
}

#[derive(Clone, Copy, Debug)]
struct Savings {
    amount: u64,
    at: Instant,
}

impl Budget {
    /// How many repeats there were.
    pub(crate) fn spent(&self) -> u64 {
        self.account().spent
    }

    fn earn(&self, now: Instant) {
        let mut account = self.account();
        let amount = account.amount(now);
        account.savings = Some(Savings { amount: (amount + EARNED).min(SAVED), at: now });
    }

    /// Whether there is enough for a repeat, which then is paid for.
    fn spend(&self, now: Instant) -> bool {
        let mut account = self.account();
        let Some(amount) = account.amount(now).checked_sub(COST) else { return false };
        account.savings = Some(Savings { amount, at: now });
        account.spent += 1;
        true
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// What there is by now.
    fn amount(&self, now: Instant) -> u64 {
        let Some(Savings { amount, at }) = self.savings else { return SAVED };
        let passed = u64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(u64::MAX);
        amount.saturating_add(passed.saturating_mul(EARNED_PER_SECOND) / 1000).min(SAVED)
    }
}

#[cfg(test)]
mod tests;
