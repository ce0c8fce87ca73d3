//! What a reload keeps of a target.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::LiveTarget;
use super::breaker::Breaker;
use super::knowledge::Knowledge;
use super::queue;
use super::repeat::Budget;
use super::status::Status;
use crate::config::TargetConfig;
use crate::upstream::Credentials;

/// Kept where name, adapter, base URL and credential are the same (CONTRACT section 5). Tokens are kept by
/// [`Credentials`], locks by [`crate::core::lasting::Lasting`].
#[derive(Debug)]
pub(crate) struct Lasting {
    /// What it showed of itself.
    pub(crate) knowledge: Arc<Knowledge>,
    /// How it has been doing.
    pub(crate) status: Arc<Status>,
    /// The places for calls under way, and how many there are.
    pub(crate) places: Arc<Semaphore>,
    /// How much may be repeated.
    pub(crate) budget: Arc<Budget>,
    /// Whether it is asked at all.
    pub(crate) breaker: Arc<Breaker>,
}

impl Lasting {
    /// Nothing is known of the target yet.
    pub(crate) fn new(config: &TargetConfig) -> Self {
        Self {
            knowledge: Arc::new(Knowledge::new(config.target.clone())),
            status: Arc::default(),
            places: queue::places(config.upstream.concurrency),
            budget: Arc::default(),
            breaker: Arc::default(),
        }
    }

    /// What stays true of `before`, the target of this name before a reload.
    pub(super) fn after(before: Option<&LiveTarget>, config: &TargetConfig, credentials: &Credentials) -> Self {
        let fresh = Self::new(config);
        let Some(before) = before.filter(|before| is_same(before, config, credentials)) else { return fresh };
        let (old, new) = (&before.config, config);
        let Self { places, budget, breaker, .. } = &before.lasting;
        let (places, budget, breaker) = (places.clone(), budget.clone(), breaker.clone());
        let mut kept = Self { places, budget, breaker, ..fresh };
        if old.upstream.concurrency != new.upstream.concurrency {
            kept.places = queue::places(new.upstream.concurrency);
        }
        // Another tenant or environment at the same place may lack what this one has, and nothing vouches for it yet.
        if old.target.settings.values == new.target.settings.values {
            kept.status = before.lasting.status.clone();
            kept.knowledge = Arc::new(Knowledge::after(&before.lasting.knowledge, new.target.clone()));
        }
        kept
    }
}

fn is_same(before: &LiveTarget, config: &TargetConfig, credentials: &Credentials) -> bool {
    let (old, new) = (&before.config.target, &config.target);
    old.vendor.name == new.vendor.name
        && old.settings.name == new.settings.name
        && old.settings.base_url == new.settings.base_url
        && before.credentials.same_as(credentials)
}

#[cfg(test)]
mod tests {
    use scimux_adapters::{Lack, Method};

    use super::*;
    use crate::target::fixture::{PLAIN, PUBLIC, config, json, vendor};
    use crate::telemetry::Metrics;

    fn live(toml: &str, before: Option<&LiveTarget>) -> LiveTarget {
        let (http, _) = vendor(|_| Ok(json(200, &serde_json::json!({}))));
        LiveTarget::new(&config(toml).targets[0], http, PUBLIC, &Arc::new(Metrics::new()), before)
    }

    fn proven() -> LiveTarget {
        let target = live(PLAIN, None);
        target.lasting.status.succeeded();
        target.lasting.knowledge.learn(&[Lack { endpoint: "/Users".to_owned(), method: Method::Put, status: 501 }]);
        target
    }

    /// What is kept: the proof, what was learned, the places. Budget and breaker go together.
    fn kept(toml: &str) -> (bool, usize, bool, bool) {
        let before = proven();
        let after = live(toml, Some(&before)).lasting;
        let places = Arc::ptr_eq(&after.places, &before.lasting.places);
        let budget = Arc::ptr_eq(&after.budget, &before.lasting.budget);
        assert_eq!(Arc::ptr_eq(&after.breaker, &before.lasting.breaker), budget);
        (after.status.is_proven(), after.knowledge.lacks().len(), places, budget)
    }

    #[tokio::test]
    async fn what_is_known_of_a_target_is_kept_as_long_as_it_is_the_same() {
        assert_eq!(kept(&format!("{PLAIN}unsupported = \"refuse\"\n")), (true, 1, true, true));
        assert_eq!(kept(&format!("{PLAIN}upstream.concurrency = 3\n")), (true, 1, false, true));
        assert_eq!(kept(&format!("{PLAIN}put = \"native\"\n")), (false, 0, true, true), "a setting of the vendor's");
        assert_eq!(kept(&PLAIN.replace("/v2", "/v3")), (false, 0, false, false));
        assert_eq!(kept(&PLAIN.replace("canary-secret", "another")), (false, 0, false, false));
    }

    #[tokio::test]
    async fn what_was_learned_shapes_the_target_still() {
        let after = live(PLAIN, Some(&proven()));
        let target = after.lasting.knowledge.target();
        assert!(!target.served("/Users").expect("served").profile.operations.replace);
    }
}
