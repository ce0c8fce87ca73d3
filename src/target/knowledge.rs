//! What a live target showed of itself, remembered for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use scimux_adapters::{Documents, Lack, Target};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long it is believed that a vendor lacks a method: it may get it with its next version.
const BELIEVED: Duration = Duration::from_secs(3600);

/// A target as configured, and as it is known to be now.
#[derive(Debug)]
pub(crate) struct Knowledge {
    declared: Arc<Target>,
    state: Mutex<State>,
    /// Whether the provider has been asked once how it describes itself, or need not be.
    settled: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    /// No more than two for each resource type.
    lacks: Vec<Remembered>,
    documents: Option<Arc<Documents>>,
    description: Description,
    /// The target without what was found lacking.
    described: Arc<Target>,
    present: Arc<Target>,
}

/// How asking the provider for its description went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Description {
    /// When the description in force was read.
    pub(crate) at: Option<SystemTime>,
    /// What of it could not be used.
    pub(crate) left_out: Vec<String>,
    /// When it could not be read again, and why; what was known before is kept.
    pub(crate) failure: Option<(SystemTime, String)>,
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
        let state = State {
            lacks: Vec::new(),
            documents: None,
            description: Description::default(),
            described: declared.clone(),
            present: declared.clone(),
        };
        Self { declared, state: Mutex::new(state), settled: watch::Sender::new(true) }
    }

    /// What was learned of the same target before a reload is known still.
    pub(crate) fn after(before: &Self, declared: Arc<Target>) -> Self {
        let known = Self::new(declared);
        {
            let before = before.state();
            let mut state = known.state();
            state.lacks.clone_from(&before.lacks);
            state.description.clone_from(&before.description);
            if let Some(documents) = before.documents.clone() {
                state.describe(&known.declared, documents);
            }
            state.rebuild();
        }
        known
    }

    /// The target as it is known to be now.
    pub(crate) fn target(&self) -> Arc<Target> {
        let mut state = self.state();
        state.forget(Instant::now());
        state.present.clone()
    }

    /// The provider described itself.
    pub(crate) fn describe(&self, documents: Documents) {
        let mut state = self.state();
        state.description.at = Some(SystemTime::now());
        state.description.failure = None;
        state.describe(&self.declared, Arc::new(documents));
        state.rebuild();
    }

    /// The provider could not be asked: what is known is kept.
    pub(crate) fn not_described(&self, why: String) {
        self.state().description.failure = Some((SystemTime::now(), why));
    }

    /// How asking for the description went.
    pub(crate) fn description(&self) -> Description {
        self.state().description.clone()
    }

    /// Whether resource types may be there of which nothing is known yet: the provider has not answered so far.
    pub(crate) fn is_unsure(&self) -> bool {
        let description = &self.state().description;
        description.at.is_none() && (description.failure.is_some() || !self.is_settled())
    }

    /// From now on [`Self::settled`] waits, unless the provider has been asked before.
    pub(crate) fn is_being_asked(&self) {
        let known = self.state().description.at.is_some();
        self.settled.send_replace(known);
    }

    /// Nobody need wait any more.
    pub(crate) fn has_been_asked(&self) {
        self.settled.send_replace(true);
    }

    /// Whether the provider has been asked once how it describes itself, or need not be.
    pub(crate) fn is_settled(&self) -> bool {
        *self.settled.borrow()
    }

    /// Waits until the provider has been asked once how it describes itself.
    pub(crate) async fn settled(&self) {
        // The sender lives as long as this does.
        let _ = self.settled.subscribe().wait_for(|settled| *settled).await;
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
        state.rebuild();
    }

    /// All that is remembered now.
    pub(crate) fn lacks(&self) -> Vec<Remembered> {
        let mut state = self.state();
        state.forget(Instant::now());
        state.lacks.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn describe(&mut self, declared: &Arc<Target>, documents: Arc<Documents>) {
        match declared.described(&documents) {
            Ok(described) => {
                self.described = Arc::new(described.target);
                self.description.left_out = described.left_out;
            }
            Err(why) => {
                self.described = declared.clone();
                self.description.left_out = vec![why];
            }
        }
        self.documents = Some(documents);
    }

    fn forget(&mut self, now: Instant) {
        let before = self.lacks.len();
        self.lacks.retain(|known| known.until > now);
        if self.lacks.len() != before {
            self.rebuild();
        }
    }

    fn rebuild(&mut self) {
        self.present = if self.lacks.is_empty() {
            self.described.clone()
        } else {
            let known = Target::clone(&self.described);
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
