//! What a reload keeps of a target.

use std::sync::Arc;

use super::LiveTarget;
use super::breaker::Breaker;
use super::knowledge::Knowledge;
use super::quota::Quota;
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
    /// How much it is asked.
    pub(crate) quota: Arc<Quota>,
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
            quota: Arc::new(Quota::new(&config.upstream)),
            budget: Arc::default(),
            breaker: Arc::default(),
        }
    }

    /// What stays true of `before`, the target of this name before a reload.
    pub(super) fn after(before: Option<&LiveTarget>, config: &TargetConfig, credentials: &Credentials) -> Self {
        let fresh = Self::new(config);
        let Some(before) = before.filter(|before| is_same(before, config, credentials)) else { return fresh };
        let (old, new) = (&before.config, config);
        let Self { quota, budget, breaker, .. } = &before.lasting;
        let (quota, budget, breaker) = (quota.clone(), budget.clone(), breaker.clone());
        let mut kept = Self { quota, budget, breaker, ..fresh };
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

    /// What is kept: the proof, what was learned, the rest.
    fn kept(toml: &str) -> (bool, usize, bool) {
        let before = proven();
        let after = live(toml, Some(&before)).lasting;
        let quota = Arc::ptr_eq(&after.quota, &before.lasting.quota);
        let budget = Arc::ptr_eq(&after.budget, &before.lasting.budget);
        assert_eq!(Arc::ptr_eq(&after.breaker, &before.lasting.breaker), quota);
        assert_eq!(budget, quota);
        (after.status.is_proven(), after.knowledge.lacks().len(), quota)
    }

    #[tokio::test]
    async fn what_is_known_of_a_target_is_kept_as_long_as_it_is_the_same() {
        assert_eq!(kept(&format!("{PLAIN}unsupported = \"refuse\"\n")), (true, 1, true));
        assert_eq!(kept(&format!("{PLAIN}upstream.concurrency = 3\n")), (true, 1, true));
        assert_eq!(kept(&format!("{PLAIN}put = \"native\"\n")), (false, 0, true), "a setting of the vendor's");
        assert_eq!(kept(&PLAIN.replace("/v2", "/v3")), (false, 0, false));
        assert_eq!(kept(&PLAIN.replace("canary-secret", "another")), (false, 0, false));
    }

    #[tokio::test]
    async fn what_was_learned_shapes_the_target_still() {
        let after = live(PLAIN, Some(&proven()));
        let target = after.lasting.knowledge.target();
        assert!(!target.served("/Users").expect("served").profile.operations.replace);
    }
}
