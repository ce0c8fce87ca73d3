//! Leaves a target alone for a while when it keeps failing, then tries it with one call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use scimux_adapters::{VendorError, VendorErrorKind};
use tokio::time::{Duration, Instant};
use tower::Layer;
use tower::layer::layer_fn;

use super::{Prepared, Understood};
use crate::stack::{Stage, station};

/// So many failures with no success between them open the breaker.
const FAILURES: u32 = 10;
/// How long it stays open at first; twice as long after each trial that fails.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest that it stays open.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// What is told to who comes while the trial is under way.
const TRIAL: Duration = Duration::from_secs(1);

/// Refuses calls while the breaker is open, and tells it how the others ended.
pub(crate) fn layer<S>(
    breaker: Arc<Breaker>,
    target: Arc<str>,
) -> impl Layer<S, Service: Stage<Arc<Prepared>, Understood, VendorError>>
where
    S: Stage<Arc<Prepared>, Understood, VendorError>,
{
    layer_fn(move |inner: S| {
        let watch = (breaker.clone(), target.clone());
        station(move |prepared: Arc<Prepared>| {
            let (inner, (breaker, target)) = (inner.clone(), watch.clone());
            async move {
                let pass = breaker.admit(Instant::now()).map_err(suspended)?;
                let answer = inner.pass(prepared).await;
                let (verdict, wish) = verdict(&answer);
                if let Some(phase) = pass.ended(verdict, wish, Instant::now()) {
                    let breaker = phase.as_str();
                    tracing::warn!(target: "scimux::target", target = &*target, breaker, "breaker changed");
                }
                answer
            }
        })
    })
}

fn suspended(left: Duration) -> VendorError {
    let error = VendorError::new(VendorErrorKind::Suspended);
    VendorError { retry_after: Some(left.as_secs().max(1)), ..error }
}

/// What the end of a call says of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is there.
    Well,
    /// It is not.
    Badly,
    /// Nothing: it was not asked, or the credential is the matter.
    Nothing,
}

/// A refusal is an answer, and one 500 may be the request's; what stands in front of a vendor that is gone says 502, 503, 504.
/// The second part is how long the vendor wants to be left alone.
fn verdict(answer: &Result<Understood, VendorError>) -> (Verdict, Duration) {
    use VendorErrorKind as Kind;
    let Err(error) = answer else { return (Verdict::Well, Duration::ZERO) };
    let verdict = match (error.kind, error.status) {
        (Kind::Unreachable | Kind::BrokenOff | Kind::TimedOut, _) | (Kind::Unavailable, Some(502..=504)) => {
            Verdict::Badly
        }
        (Kind::LoginRefused, _) | (Kind::RateLimited | Kind::Suspended, None) => Verdict::Nothing,
        _ => Verdict::Well,
    };
    (verdict, Duration::from_secs(error.retry_after.unwrap_or(0)))
}

/// Whether a target is asked at all. It outlives reloads.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug)]
struct State {
    course: Course,
    /// Counts the changes of course: how a call ended matters only in the course in which it began.
    era: u64,
}

#[derive(Clone, Copy, Debug)]
enum Course {
    /// All calls pass.
    Closed { failures: u32 },
    /// None passes.
    Open { until: Instant, pause: Duration },
    /// One is under way to try the target.
    Trial { pause: Duration },
}

/// Where a breaker stands, for people and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// All calls pass.
    Closed = 0,
    /// One call passes, or may.
    HalfOpen = 1,
    /// No call passes.
    Open = 2,
}

impl Phase {
    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
}

/// Leave to make one call.
#[derive(Debug)]
struct Pass {
    breaker: Arc<Breaker>,
    era: u64,
}

impl Breaker {
    /// Where it stands.
    pub(crate) fn phase(&self, now: Instant) -> Phase {
        match self.state().course {
            Course::Closed { .. } => Phase::Closed,
            Course::Open { until, .. } if now < until => Phase::Open,
            Course::Open { .. } | Course::Trial { .. } => Phase::HalfOpen,
        }
    }

    /// Lets a call pass, or says for how long none will.
    fn admit(self: &Arc<Self>, now: Instant) -> Result<Pass, Duration> {
        let mut state = self.state();
        match state.course {
            Course::Closed { .. } => {}
            Course::Open { until, pause } if now >= until => state.turn(Course::Trial { pause }),
            Course::Open { until, .. } => return Err(until - now),
            Course::Trial { .. } => return Err(TRIAL),
        }
        Ok(Pass { breaker: self.clone(), era: state.era })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for State {
    fn default() -> Self {
        Self { course: Course::Closed { failures: 0 }, era: 0 }
    }
}

impl State {
    fn turn(&mut self, course: Course) {
        self.course = course;
        self.era += 1;
    }

    /// Takes note of how a call ended; where that changes the course, to what.
    fn note(&mut self, verdict: Verdict, wish: Duration, now: Instant) -> Option<Phase> {
        let open = |pause: Duration| Course::Open { until: now + pause.max(wish.min(LONGEST_PAUSE)), pause };
        match (self.course, verdict) {
            (Course::Closed { failures }, Verdict::Badly) if failures + 1 >= FAILURES => self.turn(open(FIRST_PAUSE)),
            (Course::Closed { failures }, Verdict::Badly) => {
                self.course = Course::Closed { failures: failures + 1 };
                return None;
            }
            (Course::Closed { .. }, Verdict::Well) => {
                self.course = Course::Closed { failures: 0 };
                return None;
            }
            (Course::Trial { .. }, Verdict::Well) => self.turn(Course::Closed { failures: 0 }),
            (Course::Trial { pause }, Verdict::Badly) => self.turn(open((pause * 2).min(LONGEST_PAUSE))),
            // The next call is the trial.
            (Course::Trial { pause }, Verdict::Nothing) => {
                self.turn(Course::Open { until: now, pause });
                return None;
            }
            (Course::Closed { .. }, Verdict::Nothing) | (Course::Open { .. }, _) => return None,
        }
        Some(if matches!(self.course, Course::Closed { .. }) { Phase::Closed } else { Phase::Open })
    }
}

impl Pass {
    fn ended(self, verdict: Verdict, wish: Duration, now: Instant) -> Option<Phase> {
        let mut state = self.breaker.state();
        (state.era == self.era).then(|| state.note(verdict, wish, now)).flatten()
    }
}

impl Drop for Pass {
    /// A call that is dropped under way says nothing; one that has ended was noted, and if that mattered the era is another.
    fn drop(&mut self) {
        let mut state = self.breaker.state();
        if state.era == self.era {
            state.note(Verdict::Nothing, Duration::ZERO, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests;
