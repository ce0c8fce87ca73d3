//! Locks by name, made when they are wanted and forgotten when nobody holds them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

/// How many names are remembered before those that nobody holds are swept out.
const SWEEP: usize = 64;

/// What is locked: target, endpoint, id.
pub(crate) type Key = (Arc<str>, String, String);

/// All locks of a process. Routes to one target share them.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    by_key: HashMap<Key, Weak<tokio::sync::Mutex<()>>>,
    sweep_at: usize,
}

impl Locks {
    /// Waits until nobody else has this lock. Who waits longest comes first.
    pub(crate) async fn lock(&self, key: Key) -> OwnedMutexGuard<()> {
        let slot = self.slot(key);
        slot.lock_owned().await
    }

    fn slot(&self, key: Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.by_key.get(&key).and_then(Weak::upgrade) {
            return slot;
        }
        slots.sweep();
        let slot = Arc::default();
        slots.by_key.insert(key, Arc::downgrade(&slot));
        slot
    }
}

impl Slots {
    /// Sweeps when the number of names has doubled since the last time, so that a lock costs the same however many.
    fn sweep(&mut self) {
        if self.by_key.len() >= self.sweep_at.max(SWEEP) {
            self.by_key.retain(|_, slot| slot.strong_count() > 0);
            self.sweep_at = self.by_key.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn key(id: usize) -> Key {
        ("t".into(), "/Users".to_owned(), id.to_string())
    }

    #[tokio::test]
    async fn one_holder_at_a_time() {
        let locks = Locks::default();
        let held = locks.lock(key(1)).await;
        assert!(locks.lock(key(1)).now_or_never().is_none());
        assert!(locks.lock(key(2)).now_or_never().is_some());
        drop(held);
        assert!(locks.lock(key(1)).now_or_never().is_some());
    }

    #[tokio::test]
    async fn names_nobody_holds_are_forgotten() {
        let locks = Locks::default();
        let held = locks.lock(key(0)).await;
        for id in 1..10_000 {
            drop(locks.lock(key(id)).await);
        }
        let known = locks.slots.lock().expect("no panic").by_key.len();
        assert!(known <= SWEEP, "{known}");
        assert!(locks.lock(key(0)).now_or_never().is_none());
        drop(held);
    }
}
