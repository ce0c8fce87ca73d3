//! What a live target showed of itself, remembered for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use scimux_adapters::{Lack, Target};
use tokio::time::Instant;

/// How long it is believed that a vendor lacks a method: it may get it with its next version.
const BELIEVED: Duration = Duration::from_secs(3600);

/// A target as configured, and as it is known to be now.
#[derive(Debug)]
pub(crate) struct Knowledge {
    declared: Arc<Target>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// No more than two for each resource type.
    lacks: Vec<Remembered>,
    present: Arc<Target>,
}

/// A method found lacking.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    /// Which, and what told so.
    pub(crate) lack: Lack,
    /// When.
    pub(crate) at: SystemTime,
    until: Instant,
}

impl Knowledge {
    /// Nothing is known yet but what is configured.
    pub(crate) fn new(declared: Arc<Target>) -> Self {
        let state = State { lacks: Vec::new(), present: declared.clone() };
        Self { declared, state: Mutex::new(state) }
    }

    /// What was learned of the same target before a reload is known still.
    pub(crate) fn after(before: &Self, declared: Arc<Target>) -> Self {
        let known = Self::new(declared);
        {
            let mut state = known.state();
            state.lacks.clone_from(&before.state().lacks);
            state.rebuild(&known.declared);
        }
        known
    }

    /// The target as it is known to be now.
    pub(crate) fn target(&self) -> Arc<Target> {
        let mut state = self.state();
        state.forget(&self.declared, Instant::now());
        state.present.clone()
    }

    /// Remembers what an operation found lacking.
    pub(crate) fn learn(&self, lacks: &[Lack]) {
        if lacks.is_empty() {
            return;
        }
        let mut state = self.state();
        for lack in lacks {
            state.lacks.retain(|known| (&known.lack.endpoint, known.lack.method) != (&lack.endpoint, lack.method));
            let until = Instant::now() + BELIEVED;
            state.lacks.push(Remembered { lack: lack.clone(), at: SystemTime::now(), until });
        }
        state.rebuild(&self.declared);
    }

    /// All that is remembered now.
    pub(crate) fn lacks(&self) -> Vec<Remembered> {
        let mut state = self.state();
        state.forget(&self.declared, Instant::now());
        state.lacks.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, declared: &Arc<Target>, now: Instant) {
        let before = self.lacks.len();
        self.lacks.retain(|known| known.until > now);
        if self.lacks.len() != before {
            self.rebuild(declared);
        }
    }

    fn rebuild(&mut self, declared: &Arc<Target>) {
        self.present = if self.lacks.is_empty() {
            declared.clone()
        } else {
            let known = Target::clone(declared);
            Arc::new(self.lacks.iter().fold(known, |known, remembered| known.lacking(&remembered.lack)))
        };
    }
}

#[cfg(test)]
mod tests {
    use scimux_adapters::{Method, TargetSettings, Unsupported};

    use super::*;

    fn declared() -> Arc<Target> {
        let settings = TargetSettings {
            name: "t".to_owned(),
            base_url: "https://vendor.example/v2".parse().expect("a URL"),
            values: std::collections::BTreeMap::new(),
            scheme: "none".to_owned(),
            delete: None,
            unsupported: Unsupported::Drop,
            urns: Vec::new(),
            attributes: Vec::new(),
            defaults: Vec::new(),
            scan_limit: 1000,
        };
        Arc::new(Target::new(scimux_adapters::vendor("scim").expect("known"), settings).expect("right"))
    }

    fn has_put(knowledge: &Knowledge, endpoint: &str) -> bool {
        knowledge.target().served(endpoint).expect("served").profile.operations.replace
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_lacking_is_believed_for_an_hour_and_for_its_type_only() {
        let knowledge = Knowledge::new(declared());
        assert!(has_put(&knowledge, "/Users"));
        let lack = Lack { endpoint: "/Users".to_owned(), method: Method::Put, status: 501 };
        knowledge.learn(&[lack.clone(), lack]);
        assert_eq!(knowledge.lacks().len(), 1);
        assert!(!has_put(&knowledge, "/Users") && has_put(&knowledge, "/Groups"));
        tokio::time::advance(BELIEVED).await;
        assert!(has_put(&knowledge, "/Users") && knowledge.lacks().is_empty());
    }
}
