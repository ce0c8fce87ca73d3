//! What of all that matches is part of the answer, kept while the rest goes by.

use std::collections::BTreeMap;

use scimux_scim::Text;
use scimux_scim::sort::SortKey;

/// Where a resource stands in an order: by what it is sorted by, then by its id.
pub(super) type Place = (SortKey, Text);

/// The resources from `skip` on, `take` of them at most; in sorted order none behind them is kept.
#[derive(Debug)]
pub(super) struct Window {
    skip: u64,
    take: u64,
    sorted: bool,
    matched: u64,
    /// By place and id and, where there is no order, by arrival: which type, and the resource as text.
    kept: BTreeMap<(Option<Place>, u64), (usize, Text)>,
}

impl Window {
    pub(super) fn new(skip: u64, take: u64, sorted: bool) -> Self {
        Self { skip, take, sorted, matched: 0, kept: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, key: Option<Place>, served: usize, resource: Text) {
        let index = self.matched;
        self.matched += 1;
        let inside = index >= self.skip && index < self.end();
        if self.sorted || inside {
            self.kept.insert((key, index), (served, resource));
        }
        if self.kept.len() as u64 > self.end() {
            self.kept.pop_last();
        }
    }

    /// How many have matched, kept or not.
    pub(super) fn matched(&self) -> u64 {
        self.matched
    }

    /// Behind the last one of the answer.
    pub(super) fn end(&self) -> u64 {
        self.skip.saturating_add(self.take)
    }

    pub(super) fn is_first(&self) -> bool {
        self.skip == 0
    }

    /// Whether all of the answer is there, as far as order does not matter.
    pub(super) fn is_full(&self) -> bool {
        self.lacks() == Some(0)
    }

    /// How many more must match until all of the answer is there; `None`: all that match have to be looked at.
    pub(super) fn lacks(&self) -> Option<u64> {
        (!self.sorted).then(|| self.end().saturating_sub(self.matched))
    }

    /// How many are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn into_resources(self) -> Vec<(usize, Text)> {
        let skip = if self.sorted { self.skip } else { 0 };
        self.kept.into_values().skip(usize::try_from(skip).unwrap_or(usize::MAX)).collect()
    }
}
