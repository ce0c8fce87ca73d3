//! How far an operation came that takes several calls, in words for the client.

use scimux_scim::{AttributePath, Object, PatchOp};

use crate::mapping::same;
use crate::{CallKind, ServedType, lower};

/// What calls change. It is told only where one of them fails, so bodies are looked into no earlier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    bodies: Vec<Object>,
    operations: Counted,
}

impl Parts {
    /// What a call changes.
    pub(crate) fn of(kind: &CallKind) -> Self {
        let mut parts = Self::default();
        match kind {
            CallKind::Create(body) | CallKind::Replace(_, body) => parts.bodies.push(body.clone()),
            CallKind::Patch(_, operations) => operations.iter().for_each(|one| parts.operations.add_operation(one)),
            _ => {}
        }
        parts
    }

    /// Both together; no body is sent behind operations.
    pub(crate) fn extend(&mut self, other: Self) {
        self.bodies.extend(other.bodies);
        self.operations.extend(&other.operations);
    }

    /// The canonical names, counted values as part of `whole`.
    pub(crate) fn words(&self, whole: &Self, served: &ServedType) -> String {
        self.counted(served).words(&whole.counted(served), served)
    }

    fn counted(&self, served: &ServedType) -> Counted {
        let mut counted = Counted::default();
        self.bodies.iter().for_each(|body| counted.add_body(body, served));
        counted.extend(&self.operations);
        counted
    }
}

/// Attributes by their vendor paths, and how many values of each where they are counted.
#[derive(Clone, Debug, Default)]
struct Counted(Vec<(AttributePath, usize)>);

impl Counted {
    fn add_body(&mut self, body: &Object, served: &ServedType) {
        for (path, _) in served.writable.iter() {
            if let Some(value) = path.get(body) {
                self.add(path.clone(), value.as_array().map_or(0, <[_]>::len));
            }
        }
    }

    fn add_operation(&mut self, operation: &PatchOp) {
        self.add(operation.path.whole(), lower::weight(operation));
    }

    fn add(&mut self, path: AttributePath, values: usize) {
        match self.0.iter_mut().find(|(known, _)| same(known, &path)) {
            Some((_, count)) => *count += values,
            None => self.0.push((path, values)),
        }
    }

    fn extend(&mut self, other: &Self) {
        for (path, values) in &other.0 {
            self.add(path.clone(), *values);
        }
    }

    fn words(&self, whole: &Self, served: &ServedType) -> String {
        let word = |(path, values): &(AttributePath, usize)| {
            let all = whole.0.iter().find(|(known, _)| same(known, path)).map_or(0, |(_, all)| *all);
            let name = served.mapping.path_to_canonical(path);
            if all > *values { format!("{values} of {all} values of {name}") } else { name.to_string() }
        };
        self.0.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}
