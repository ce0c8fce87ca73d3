//! The places for calls under way, whose number a reload may change.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// As many places as are configured.
#[derive(Debug)]
pub(super) struct Places {
    free: Semaphore,
    bound: Mutex<Bound>,
}

#[derive(Debug)]
struct Bound {
    most: usize,
    /// How many of those taken are not to be given back, since there are fewer now.
    owed: usize,
}

/// A place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    places: &'a Places,
    permit: Option<SemaphorePermit<'a>>,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Self { free: Semaphore::new(most), bound: Mutex::new(Bound { most, owed: 0 }) }
    }

    /// How many there are.
    pub(super) fn most(&self) -> usize {
        self.bound().most
    }

    /// Waits for a place. Who waits longest comes first.
    pub(super) async fn take(&self) -> Place<'_> {
        let permit = self.free.acquire().await.expect("it is never closed");
        Place { places: self, permit: Some(permit) }
    }

    /// Takes a place if there is one for who comes last; [`Self::give_back`] must follow.
    pub(super) fn take_at_once(&self) -> bool {
        self.free.try_acquire().map(SemaphorePermit::forget).is_ok()
    }

    /// Gives back a place that was taken at once.
    pub(super) fn give_back(&self) {
        let mut bound = self.bound();
        if bound.owed > 0 {
            bound.owed -= 1;
        } else {
            self.free.add_permits(1);
        }
    }

    /// Makes them more or fewer; who has one keeps it.
    pub(super) fn resize(&self, most: usize) {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        let mut bound = self.bound();
        if most > bound.most {
            let more = most - bound.most;
            let settled = more.min(bound.owed);
            bound.owed -= settled;
            self.free.add_permits(more - settled);
        } else {
            let fewer = bound.most - most;
            bound.owed += fewer - self.free.forget_permits(fewer);
        }
        bound.most = most;
    }

    fn bound(&self) -> MutexGuard<'_, Bound> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut bound = self.places.bound();
        if let Some(permit) = self.permit.take().filter(|_| bound.owed > 0) {
            bound.owed -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn free(places: &Places) -> usize {
        let taken: Vec<_> = std::iter::from_fn(|| places.take().now_or_never()).collect();
        taken.len()
    }

    #[tokio::test]
    async fn there_are_never_more_than_the_last_number_once_places_are_given_back() {
        let places = Places::new(4);
        let mut held: Vec<_> = (0..3).filter_map(|_| places.take().now_or_never()).collect();
        assert_eq!((held.len(), free(&places)), (3, 1));
        places.resize(2);
        assert_eq!((places.most(), free(&places)), (2, 0), "one too many is out");
        held.pop();
        assert_eq!(free(&places), 0);
        places.resize(3);
        assert_eq!(free(&places), 1);
        places.resize(1);
        places.resize(5);
        assert_eq!(free(&places), 3);
        held.clear();
        assert_eq!(free(&places), 5);
        places.resize(0);
        assert_eq!(free(&places), 1, "none would be for ever");
    }
}
