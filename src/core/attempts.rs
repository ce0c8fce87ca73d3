//! Failed attempts to be somebody, counted by address.
//!
//! Nobody is locked out: whoever brings a right credential passes, however many wrong ones came from the same address
//! before, which many may share. Wrong ones beyond the limit are told so, and late, so that trying takes time.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use tokio::time::{Duration, Instant};

use crate::front::origin::Origin;

/// Addresses remembered. When all are in use, a further one is taken for one that has failed too often.
const MOST: usize = 10_000;
/// How often it is looked for addresses that can be forgotten, at most: it takes as long as there are addresses.
const SWEEP: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The failed attempts of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    failures: HashMap<Origin, Failures>,
    swept: Option<Instant>,
}

/// Those of one address.
#[derive(Debug)]
struct Failures {
    /// When there will be nothing left to be remembered: each failure moves it by a minute's share.
    until: Instant,
    /// Whether the log has it already.
    logged: bool,
}

impl Attempts {
    /// Counts a failure. `Some`: there were `per_minute` in the last minute, and another one is none of them before this
    /// time has passed.
    pub(crate) fn failed(&self, origin: Origin, per_minute: u32) -> Option<Duration> {
        let (now, share) = (Instant::now(), MINUTE / per_minute.max(1));
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = network(origin);
        let Some(failures) = table.place(from, now) else { return Some(share) };
        let next = failures.until.max(now) + share;
        if next > now + MINUTE {
            if !std::mem::replace(&mut failures.logged, true) {
                tracing::warn!(%from, "too many wrong credentials from one address, further ones are answered late");
            }
            return Some(next - now - MINUTE);
        }
        *failures = Failures { until: next, logged: failures.logged && failures.until > now };
        None
    }
}

impl Table {
    /// The place of an address, if there is one or room for one.
    fn place(&mut self, from: Origin, now: Instant) -> Option<&mut Failures> {
        if !self.failures.contains_key(&from) && self.failures.len() >= MOST {
            if self.swept.is_none_or(|swept| now >= swept + SWEEP) {
                self.failures.retain(|_, failures| failures.until > now);
                self.swept = Some(now);
            }
            if self.failures.len() >= MOST {
                return None;
            }
        }
        Some(self.failures.entry(from).or_insert(Failures { until: now, logged: false }))
    }
}

/// What one caller can have: an IPv4 address, or 64 bits of IPv6.
fn network(origin: Origin) -> Origin {
    match origin {
        Origin::Address(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            Origin::Address(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Origin {
        Origin::Address(address.parse().expect("an address"))
    }

    #[tokio::test(start_paused = true)]
    async fn each_address_has_its_own_and_gets_it_back() {
        let attempts = Attempts::default();
        let failed = |address: &str| attempts.failed(from(address), 3);
        for _ in 0..3 {
            assert_eq!(failed("192.0.2.1"), None);
        }
        assert_eq!(failed("192.0.2.1"), Some(Duration::from_secs(20)));
        assert_eq!(failed("192.0.2.1"), Some(Duration::from_secs(20)), "one that is refused is not counted");
        assert_eq!(failed("192.0.2.2"), None);
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(failed("192.0.2.1"), None);
        assert_eq!(failed("192.0.2.1"), Some(Duration::from_secs(20)));
        for host in 1..4 {
            assert_eq!(failed(&format!("2001:db8::{host}")), None);
        }
        assert!(failed("2001:db8::4").is_some(), "64 bits are one caller's");
        assert_eq!(failed("2001:db8:0:1::4"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let attempts = Attempts::default();
        let nth = |n: usize| from(&std::net::Ipv4Addr::from(u32::try_from(n).expect("small")).to_string());
        for n in 0..MOST {
            assert_eq!(attempts.failed(nth(n), 60), None);
        }
        assert!(attempts.failed(nth(MOST), 60).is_some());
        assert_eq!(attempts.0.lock().expect("no panic").failures.len(), MOST);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(attempts.failed(nth(MOST), 60), None, "what is over is forgotten");
        assert_eq!(attempts.0.lock().expect("no panic").failures.len(), 1);
    }
}
