//! How a target has been doing, as far as anybody saw.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use scimux_adapters::VendorError;

/// What is known of a target since the start.
#[derive(Debug, Default)]
pub(crate) struct Status {
    proven: AtomicBool,
    last: Mutex<Last>,
}

/// When the target last did well and badly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Last {
    /// The last answer that was understood.
    pub(crate) success: Option<SystemTime>,
    /// The last failure, and which; without the vendor's text.
    pub(crate) failure: Option<(SystemTime, String)>,
}

impl Status {
    /// Whether the target has given any 2xx on a SCIM path, so that its 404 can be believed.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// The vendor answered as SCIM has it.
    pub(crate) fn succeeded(&self) {
        self.proven.store(true, Ordering::Relaxed);
        self.change(|last| last.success = Some(SystemTime::now()));
    }

    /// The vendor refused or failed.
    pub(crate) fn failed(&self, error: &VendorError) {
        self.change(|last| last.failure = Some((SystemTime::now(), error.to_string())));
    }

    /// The last of each.
    pub(crate) fn last(&self) -> Last {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, how: impl FnOnce(&mut Last)) {
        how(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
