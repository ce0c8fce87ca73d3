//! How much a vendor is asked: calls under way, calls a second, and who waits.

mod places;
mod rate;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use scimux_adapters::rate::Allowance;
use scimux_adapters::{VendorError, VendorErrorKind};
use tokio::time::{Duration, Instant, sleep_until, timeout_at};
use tower::Layer;
use tower::layer::layer_fn;

use super::{Sending, Understood};
use crate::config::Upstream;
use crate::stack::{Stage, relay};
use places::{Place, Places};
use rate::Rate;

/// So many calls wait at most for each that may be under way. More would fill the gateway when one target is slow.
const WAITING_FOR_EACH: usize = 4;
/// And so many in any case.
const WAITING: usize = 16;

/// Lets a call pass when there is a place for it and its turn has come; it waits at most `patience`, then it is 429.
pub(crate) fn layer<S>(
    quota: Arc<Quota>,
    patience: Duration,
) -> impl Layer<S, Service: Stage<Sending, Understood, VendorError>>
where
    S: Stage<Sending, Understood, VendorError>,
{
    layer_fn(move |inner: S| {
        let quota = quota.clone();
        relay(move |sending: Sending| {
            let quota = quota.clone();
            if quota.enter_at_once() {
                let (answer, place) = (inner.pass(sending), Taken(quota));
                return async move {
                    let answer = answer.await;
                    drop(place);
                    answer
                }
                .boxed();
            }
            let inner = inner.clone();
            async move {
                let _place = quota.enter(patience).await.map_err(Full::told)?;
                inner.pass(sending).await
            }
            .boxed()
        })
    })
}

/// A target's bounds and who waits at them. It outlives reloads.
#[derive(Debug)]
pub(crate) struct Quota {
    places: Places,
    in_line: AtomicUsize,
    /// Held by who is next when the rate allows it; the others stand behind in order.
    turn: tokio::sync::Mutex<()>,
    rate: Mutex<Rate>,
}

/// A place that was taken at once; given back when it is dropped.
#[derive(Debug)]
struct Taken(Arc<Quota>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.places.give_back();
    }
}

/// Why a call may not be made now, and after how long it might.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Full {
    why: &'static str,
    wait: Duration,
}

impl Quota {
    /// The bounds that a configuration sets.
    pub(crate) fn new(upstream: &Upstream) -> Self {
        Self {
            places: Places::new(upstream.concurrency),
            in_line: AtomicUsize::new(0),
            turn: tokio::sync::Mutex::default(),
            rate: Mutex::new(Rate::new(upstream.rate_per_sec)),
        }
    }

    /// The bounds of another configuration; what was learned and who is inside stays.
    pub(crate) fn change(&self, upstream: &Upstream) {
        self.places.resize(upstream.concurrency);
        self.rate().configure(upstream.rate_per_sec);
    }

    /// What the vendor says of its own bounds.
    pub(crate) fn learn(&self, allowance: Allowance) {
        self.rate().learn(allowance, Instant::now());
    }

    /// The vendor wants not to be asked for so long.
    pub(crate) fn pause(&self, wish: Duration) {
        self.rate().pause(wish, Instant::now());
    }

    /// Calls a second that are let through at most, and how long none is.
    pub(crate) fn pace(&self) -> (Option<f64>, Duration) {
        let (rate, now) = (self.rate(), Instant::now());
        (rate.per_second(now), rate.paused(now))
    }

    /// Whether a call passes without waiting; its place is to be given back. Not where others wait: they come first.
    fn enter_at_once(&self) -> bool {
        if !self.places.take_at_once() {
            return false;
        }
        let passes = self.turn.try_lock().is_ok_and(|_turn| self.rate().take(Instant::now()).is_ok());
        if !passes {
            self.places.give_back();
        }
        passes
    }

    async fn enter(&self, patience: Duration) -> Result<Place<'_>, Full> {
        let (now, line) = (Instant::now(), self.stand_in_line()?);
        let wait = self.rate().wait(now, line.before);
        if wait > patience {
            return Err(Full { why: "the rate that the vendor or the configuration allows is reached", wait });
        }
        timeout_at(now + patience, self.turn()).await.map_err(|_| Full {
            why: "the gateway's own limit of calls under way is reached",
            wait: self.rate().paused(Instant::now()),
        })
    }

    fn stand_in_line(&self) -> Result<InLine<'_>, Full> {
        let before = self.in_line.fetch_add(1, Ordering::AcqRel);
        let line = InLine { quota: self, before };
        if before >= WAITING + WAITING_FOR_EACH * self.places.most() {
            return Err(Full { why: "too many calls to the vendor wait already", wait: Duration::ZERO });
        }
        Ok(line)
    }

    /// The place first: who has had their turn goes at once, and does not save turns up for later.
    async fn turn(&self) -> Place<'_> {
        let place = self.places.take().await;
        let _turn = self.turn.lock().await;
        loop {
            let Err(at) = self.rate().take(Instant::now()) else { return place };
            sleep_until(at).await;
        }
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody in the line, with how many before them.
struct InLine<'a> {
    quota: &'a Quota,
    before: usize,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.quota.in_line.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Full {
    fn told(self) -> VendorError {
        let seconds = self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0);
        let error = VendorError::new(VendorErrorKind::RateLimited);
        VendorError { retry_after: Some(seconds.max(1)), ..error }.with_hint(self.why)
    }
}

#[cfg(test)]
mod tests;
