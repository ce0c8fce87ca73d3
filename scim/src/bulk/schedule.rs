//! Which operations wait for which. Whoever refers to a created resource waits for its creation; whoever touches what
//! another touches keeps the order of the request; all others may run beside each other (rfc-traps 260, 270).

mod graph;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::needs::{Claim, Hold, Needs};
use crate::Text;
use graph::Graph;

/// Operations on their way, by their place in the request.
#[derive(Debug)]
pub struct Schedule {
    graph: Graph,
    /// The order in which they would run one by one.
    order: Vec<usize>,
    /// The place of each in that order.
    rank: Vec<usize>,
    /// The places of those that may begin.
    ready: BTreeSet<usize>,
    circular: Vec<bool>,
    fail_on_errors: Option<u64>,
    errors: u64,
    begun: usize,
    running: u64,
}

impl Schedule {
    /// Nothing has begun.
    #[must_use]
    pub fn new(needs: &[Needs], fail_on_errors: Option<u64>) -> Self {
        let mut creations = creations(needs);
        let circular = circular(&creations);
        for (operation, _) in circular.iter().enumerate().filter(|(_, circular)| **circular) {
            creations[operation].clear();
        }
        let in_request: Vec<usize> = (0..needs.len()).collect();
        let order = one_by_one(graph(&in_request, needs, &creations), &creations);
        let graph = graph(&order, needs, &creations);
        let mut rank = vec![0; order.len()];
        for (place, operation) in order.iter().enumerate() {
            rank[*operation] = place;
        }
        let ready = graph.free().map(|operation| rank[operation]).collect();
        // More errors than operations there cannot be.
        let fail_on_errors = fail_on_errors.filter(|most| *most <= needs.len() as u64);
        Self { graph, order, rank, ready, circular, fail_on_errors, errors: 0, begun: 0, running: 0 }
    }

    /// Whether the operation refers to itself, through others or not (RFC 7644 section 3.7.1). It waits for nothing, since
    /// it cannot be carried out.
    #[must_use]
    pub fn is_circular(&self, operation: usize) -> bool {
        self.circular[operation]
    }

    /// The next operation that may begin now.
    ///
    /// Where errors are counted, operations begin strictly in order, and never more are under way than errors are left:
    /// nothing is begun that would not have been, had each waited for the one before (rfc-traps 263, 270).
    pub fn begin(&mut self) -> Option<usize> {
        let next = *self.ready.first()?;
        let too_early = |most: u64| next != self.begun || self.errors + self.running >= most;
        if self.fail_on_errors.is_some_and(too_early) {
            return None;
        }
        self.ready.pop_first();
        self.begun += 1;
        self.running += 1;
        Some(self.order[next])
    }

    /// An operation that was begun has ended.
    pub fn end(&mut self, operation: usize, failed: bool) {
        self.running -= 1;
        self.errors += u64::from(failed);
        let freed = self.graph.done(operation);
        self.ready.extend(freed.into_iter().map(|operation| self.rank[operation]));
    }

    /// Whether so many errors were seen that nothing more begins.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.fail_on_errors.is_some_and(|most| self.errors >= most)
    }
}

/// For each operation the creations that it refers to.
fn creations(needs: &[Needs]) -> Vec<Vec<usize>> {
    let mut made: HashMap<&Text, usize> = HashMap::new();
    for (operation, need) in needs.iter().enumerate() {
        if let Some(bulk_id) = &need.creates {
            made.entry(bulk_id).or_insert(operation);
        }
    }
    needs.iter().map(|need| need.references.iter().filter_map(|bulk_id| made.get(bulk_id).copied()).collect()).collect()
}

/// The operations on a circle of references: those left over when all that wait for nothing, and then all that nothing
/// waits for, are taken away.
fn circular(creations: &[Vec<usize>]) -> Vec<bool> {
    let mut left = vec![true; creations.len()];
    trim(&mut left, creations);
    let mut users = vec![Vec::new(); creations.len()];
    for (operation, made) in creations.iter().enumerate() {
        made.iter().for_each(|creation| users[*creation].push(operation));
    }
    trim(&mut left, &users);
    left
}

/// Takes away, again and again, what waits for nothing that is left.
fn trim(left: &mut [bool], waits_for: &[Vec<usize>]) {
    let mut graph = Graph::new(left.len());
    for (operation, others) in waits_for.iter().enumerate().filter(|(operation, _)| left[*operation]) {
        others.iter().filter(|other| left[**other]).for_each(|other| graph.edge(*other, operation));
    }
    let mut free: Vec<usize> = graph.free().filter(|operation| left[*operation]).collect();
    while let Some(operation) = free.pop() {
        left[operation] = false;
        free.extend(graph.done(operation));
    }
}

/// Every reference, and for each thing claimed the order given.
fn graph(order: &[usize], needs: &[Needs], creations: &[Vec<usize>]) -> Graph {
    let mut graph = Graph::new(needs.len());
    for (operation, made) in creations.iter().enumerate() {
        made.iter().for_each(|creation| graph.edge(*creation, operation));
    }
    let alone = needs.iter().flat_map(Needs::claims).filter(|(_, hold)| *hold == Hold::Alone);
    let alone: HashSet<&Claim> = alone.map(|(claim, _)| claim).collect();
    let mut turns: HashMap<&Claim, Turn> = HashMap::new();
    for operation in order {
        for (claim, hold) in needs[*operation].claims() {
            // What is only referred to orders nothing, and may be much: the members of groups.
            if hold != Hold::Refers || alone.contains(claim) {
                turns.entry(claim).or_insert_with(|| Turn::new(hold)).join(*operation, hold, &mut graph);
            }
        }
    }
    graph
}

/// Those that hold one thing at the same time.
struct Turn {
    hold: Hold,
    holders: Vec<usize>,
    /// What they wait for: the end of the turn before.
    gate: Option<usize>,
}

impl Turn {
    fn new(hold: Hold) -> Self {
        Self { hold, holders: Vec::new(), gate: None }
    }

    fn join(&mut self, operation: usize, hold: Hold, graph: &mut Graph) {
        let beside = self.hold == hold && hold != Hold::Alone;
        if !beside && !self.holders.is_empty() {
            let gate = graph.gate();
            self.holders.drain(..).for_each(|before| graph.edge(before, gate));
            self.gate = Some(gate);
            self.hold = hold;
        }
        if let Some(gate) = self.gate {
            graph.edge(gate, operation);
        }
        self.holders.push(operation);
    }
}

/// The order in which the operations run one by one: that of the request, but for those that wait. Where a reference
/// contradicts the order of a claim, the reference wins.
fn one_by_one(mut graph: Graph, creations: &[Vec<usize>]) -> Vec<usize> {
    let all = creations.len();
    let mut ready: BTreeSet<usize> = graph.free().collect();
    let mut order = Vec::with_capacity(all);
    let mut done = vec![false; all];
    while order.len() < all {
        let is_created = |creation: &usize| done[*creation];
        let can = |operation: &usize| !done[*operation] && creations[*operation].iter().all(is_created);
        let next = ready.pop_first().or_else(|| (0..all).find(can)).expect("circles of references were cut");
        done[next] = true;
        order.push(next);
        ready.extend(graph.done(next).into_iter().filter(|operation| !done[*operation]));
    }
    order
}

#[cfg(test)]
mod tests;
