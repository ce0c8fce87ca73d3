//! When the next call may be sent.

use scimux_adapters::rate::{Allowance, Ends};
use tokio::time::{Duration, Instant};

/// Calls may come so much before their time: timers are no finer.
const SLACK: Duration = Duration::from_millis(10);
/// No vendor is left alone longer without being asked how it stands.
const LONGEST: Duration = Duration::from_secs(60);
/// With less than one in so many of its calls left, a vendor's window is spread out.
const SCARCE: u64 = 10;

/// Calls a second: what is configured, and what the vendor's answers ask for.
#[derive(Debug)]
pub(super) struct Rate {
    configured: Option<Duration>,
    learned: Option<Learned>,
    /// Before this none is sent: the vendor said so.
    paused_until: Option<Instant>,
    /// When the next one is due, where there is a pace.
    due: Option<Instant>,
}

/// A pace that the vendor's answers ask for.
#[derive(Clone, Copy, Debug)]
struct Learned {
    interval: Duration,
    until: Instant,
}

impl Rate {
    pub(super) fn new(per_second: Option<u64>) -> Self {
        Self { configured: per_second.map(interval), learned: None, paused_until: None, due: None }
    }

    pub(super) fn configure(&mut self, per_second: Option<u64>) {
        self.configured = per_second.map(interval);
    }

    /// The vendor wants not to be asked for so long.
    pub(super) fn pause(&mut self, wish: Duration, now: Instant) {
        self.paused_until = self.paused_until.max(Some(now + wish.min(LONGEST)));
    }

    /// Spreads what is left of a vendor's window when it is little; waits for the next when nothing is. Where nobody says
    /// when the window ends, calls go at the pace that the whole of it allows.
    pub(super) fn learn(&mut self, allowance: Allowance, now: Instant) {
        let Allowance { limit, remaining, ends } = allowance;
        if remaining > limit.unwrap_or(0) / SCARCE {
            if self.learned.take().is_some() {
                self.due = None;
            }
            return;
        }
        let (interval, left) = match ends {
            Ends::In(left) if remaining == 0 => return self.pause(left, now),
            Ends::In(left) => (left / u32::try_from(remaining + 1).unwrap_or(u32::MAX), left),
            Ends::Within(window) => (window / u32::try_from(limit.unwrap_or(1).max(1)).unwrap_or(u32::MAX), window),
        };
        self.learned = Some(Learned { interval: interval.min(LONGEST), until: now + left });
    }

    /// Takes leave for one call now, or says when to come back.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        // The pace may be another by now than when the next call was put off.
        let latest = now + self.interval(now).unwrap_or_default() + SLACK;
        self.due = self.due.map(|due| due.min(latest));
        let open = self.open(now);
        if open > now {
            return Err(open);
        }
        self.due = self.interval(now).map(|interval| self.due.map_or(now, |due| due.max(now)) + interval);
        Ok(())
    }

    /// How long a call has to wait that stands behind others.
    pub(super) fn wait(&self, now: Instant, before: usize) -> Duration {
        let behind = self.interval(now).unwrap_or_default() * u32::try_from(before).unwrap_or(u32::MAX);
        self.open(now).saturating_duration_since(now) + behind
    }

    /// How long none is sent.
    pub(super) fn paused(&self, now: Instant) -> Duration {
        self.paused_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Calls a second.
    pub(super) fn per_second(&self, now: Instant) -> Option<f64> {
        self.interval(now).map(|interval| interval.as_secs_f64().recip())
    }

    /// From when on the next one may be sent.
    fn open(&self, now: Instant) -> Instant {
        let due = self.interval(now).and(self.due).and_then(|due| due.checked_sub(SLACK));
        due.max(self.paused_until).unwrap_or(now)
    }

    /// The time between two calls: the longer of what is configured and what was learned.
    fn interval(&self, now: Instant) -> Option<Duration> {
        let learned = self.learned.filter(|learned| learned.until > now).map(|learned| learned.interval);
        self.configured.max(learned).filter(|interval| !interval.is_zero())
    }
}

fn interval(per_second: u64) -> Duration {
    Duration::from_secs(1) / u32::try_from(per_second.max(1)).unwrap_or(u32::MAX)
}
