//! What an answer's headers say of how many more calls the vendor takes.

use std::time::{Duration, UNIX_EPOCH};

use http::header::DATE;
use http::response::Parts;

use crate::Profile;
use crate::profile::RateProfile;

/// How many more calls a vendor takes, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many it takes in a whole window, where it says so.
    pub limit: Option<u64>,
    /// How many are left of them.
    pub remaining: u64,
    /// When the window ends.
    pub ends: Ends,
}

/// When a window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// In so long.
    In(Duration),
    /// Nobody says when, only how long a window is.
    Within(Duration),
}

/// Names that many use: of the IETF's draft, and the same with `X-` before it.
const USUAL: [[&str; 3]; 3] = [
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
    ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
    ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"],
];

/// Numbers from here on are moments since 1970, smaller ones are seconds from now; no window lasts thirty years.
const MOMENT: u64 = 1_000_000_000;
/// And from here on in milliseconds.
const MOMENT_IN_MILLIS: u64 = 1_000_000_000_000;

/// What the headers of an answer say, by the names that the profile gives, else by the usual ones.
#[must_use]
pub fn allowance(profile: &Profile, head: &Parts) -> Option<Allowance> {
    match &profile.rate {
        Some(names) => by_profile(names, head),
        None => USUAL.iter().find_map(|names| usual(*names, head)).or_else(|| combined(head)),
    }
}

fn by_profile(names: &RateProfile, head: &Parts) -> Option<Allowance> {
    let limit = names.limit.as_ref().and_then(|name| number(head, name));
    let ends = match &names.reset {
        Some(name) => Ends::In(until(number(head, name)?, head)?),
        None => Ends::Within(Duration::from_secs(names.window_secs?)),
    };
    Some(Allowance { limit, remaining: number(head, &names.remaining)?, ends })
}

fn usual([limit, remaining, reset]: [&str; 3], head: &Parts) -> Option<Allowance> {
    let remaining = number(head, remaining)?;
    let ends = Ends::In(until(number(head, reset)?, head)?);
    Some(Allowance { limit: number(head, limit), remaining, ends })
}

/// `RateLimit: "name";r=50;t=30`, as the draft has it now; of several policies the one with the least left.
fn combined(head: &Parts) -> Option<Allowance> {
    let text = head.headers.get("ratelimit")?.to_str().ok()?;
    let policy = |item: &str| {
        let parameter = |name: &str| item.split(';').find_map(|part| leading(part.trim().strip_prefix(name)?));
        let ends = Ends::In(Duration::from_secs(parameter("t=")?));
        Some(Allowance { limit: None, remaining: parameter("r=")?, ends })
    };
    text.split(',').filter_map(policy).min_by_key(|allowance| allowance.remaining)
}

fn number(head: &Parts, name: &str) -> Option<u64> {
    leading(head.headers.get(name)?.to_str().ok()?.trim())
}

/// The digits a text begins with: some write a fraction or a policy behind them.
fn leading(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// How long until a reset; a moment is measured by the answer's own `Date`, since what counts is the vendor's clock.
fn until(reset: u64, head: &Parts) -> Option<Duration> {
    if reset < MOMENT {
        return Some(Duration::from_secs(reset));
    }
    let moment = if reset < MOMENT_IN_MILLIS { Duration::from_secs(reset) } else { Duration::from_millis(reset) };
    let date = httpdate::parse_http_date(head.headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(moment.saturating_sub(date.duration_since(UNIX_EPOCH).ok()?))
}

#[cfg(test)]
mod tests;
