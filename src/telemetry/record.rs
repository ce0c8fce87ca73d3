//! What is known of one request, filled in by the stations it passes and read by the access log.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use scimux_adapters::Run;
use scimux_scim::Text;
use tokio::time::Instant;

use crate::front::concurrency::Place;

/// Looks on while an operation is carried out. `explain` does; `serve` has none.
pub(crate) trait Onlooker: Send + Sync {
    /// The run before each of its calls, and when it has ended.
    fn see(&self, run: &Run);
}

/// One request, shared by its stations. Whoever holds it holds the request's place among those in flight, so a mutation
/// that outlives its client keeps counting.
#[derive(Default)]
pub(crate) struct Record {
    /// `request_id`.
    pub(crate) id: Arc<str>,
    /// `route`.
    pub(crate) route: OnceLock<Arc<str>>,
    /// `target`.
    pub(crate) target: OnceLock<Arc<str>>,
    /// `client`.
    pub(crate) client: OnceLock<Arc<str>>,
    /// `resource`: the type's name.
    pub(crate) resource: OnceLock<String>,
    /// `resource_id`.
    pub(crate) resource_id: OnceLock<Text>,
    onlooker: Option<Arc<dyn Onlooker>>,
    deadline: OnceLock<Instant>,
    upstream_calls: AtomicU32,
    held: AtomicBool,
    plain_json: AtomicBool,
    place: OnceLock<Place>,
    /// The request that this one is a part of.
    whole: Option<Arc<Record>>,
}

impl Record {
    /// A record of a request with this id.
    pub(crate) fn new(id: Arc<str>) -> Self {
        Self { id, ..Self::default() }
    }

    /// A record of a request whose operation somebody looks at.
    pub(crate) fn watched(id: Arc<str>, onlooker: Arc<dyn Onlooker>) -> Self {
        Self { id, onlooker: Some(onlooker), ..Self::default() }
    }

    /// Shows a run to who looks on.
    pub(crate) fn show(&self, run: &Run) {
        if let Some(onlooker) = &self.onlooker {
            onlooker.see(run);
        }
    }

    /// A record of one operation of a request that has many. Its calls count for the request, whose place it holds.
    pub(crate) fn part(whole: &Arc<Self>) -> Self {
        Self { whole: Some(whole.clone()), onlooker: whole.onlooker.clone(), ..Self::new(whole.id.clone()) }
    }

    /// Counts a call to a vendor.
    pub(crate) fn count_call(&self) {
        self.upstream_calls.fetch_add(1, Ordering::Relaxed);
        if let Some(whole) = &self.whole {
            whole.count_call();
        }
    }

    /// Calls to vendors so far.
    pub(crate) fn calls(&self) -> u32 {
        self.upstream_calls.load(Ordering::Relaxed)
    }

    /// Says when the vendor's part in the request must be over.
    pub(crate) fn end_by(&self, deadline: Instant) {
        let _ = self.deadline.set(deadline);
    }

    /// When the vendor's part in the request must be over; `None`: nobody waits for it.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.get().copied().or_else(|| self.whole.as_ref()?.deadline())
    }

    /// Lets the answer come late, outside the request's place.
    pub(crate) fn hold(&self) {
        self.held.store(true, Ordering::Relaxed);
    }

    /// Whether the answer is to come late.
    pub(crate) fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// Has the answer be `application/json`, whatever the request says.
    pub(crate) fn force_json(&self) {
        self.plain_json.store(true, Ordering::Relaxed);
    }

    /// Whether the answer is to be `application/json`, whatever the request says.
    pub(crate) fn is_plain_json(&self) -> bool {
        self.plain_json.load(Ordering::Relaxed)
    }

    /// Keeps the request's place among those in flight until the last holder of the record is gone.
    pub(crate) fn keep(&self, place: Place) {
        // A second place is dropped, which gives it back at once.
        let _ = self.place.set(place);
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("id", &self.id).finish_non_exhaustive()
    }
}
