//! What waits for what, as counts that go down.

/// Operations, and gates between them: a gate is done as soon as nothing is left that it waits for, so that many before
/// and many behind need no line from each to each.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    operations: usize,
    waits: Vec<usize>,
    followers: Vec<Vec<usize>>,
}

impl Graph {
    /// As many operations, none of which waits.
    pub(super) fn new(operations: usize) -> Self {
        Self { operations, waits: vec![0; operations], followers: vec![Vec::new(); operations] }
    }

    /// A new gate.
    pub(super) fn gate(&mut self) -> usize {
        self.waits.push(0);
        self.followers.push(Vec::new());
        self.waits.len() - 1
    }

    /// `after` waits for `before`.
    pub(super) fn edge(&mut self, before: usize, after: usize) {
        self.followers[before].push(after);
        self.waits[after] += 1;
    }

    /// The operations that wait for nothing.
    pub(super) fn free(&self) -> impl Iterator<Item = usize> {
        (0..self.operations).filter(|operation| self.waits[*operation] == 0)
    }

    /// An operation is done; the operations that now wait for nothing any more.
    pub(super) fn done(&mut self, operation: usize) -> Vec<usize> {
        let mut freed = Vec::new();
        let mut done = vec![operation];
        while let Some(node) = done.pop() {
            for follower in std::mem::take(&mut self.followers[node]) {
                self.waits[follower] -= 1;
                if self.waits[follower] == 0 {
                    if follower < self.operations { &mut freed } else { &mut done }.push(follower);
                }
            }
        }
        freed
    }
}
