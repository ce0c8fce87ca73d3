//! How far an operation came that takes several calls, in words for the client. Names are canonical.

use scimux_scim::{Object, PatchOp};

use crate::{CallKind, ServedType, lower};

/// What calls change: an attribute, and how many values of it where they are counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts(Vec<(String, usize)>);

impl Parts {
    /// What a call changes.
    pub(crate) fn of(kind: &CallKind, served: &ServedType) -> Self {
        let mut parts = Self::default();
        match kind {
            CallKind::Create(body) | CallKind::Replace(_, body) => parts.add_body(body, served),
            CallKind::Patch(_, operations) => operations.iter().for_each(|one| parts.add_operation(one, served)),
            _ => {}
        }
        parts
    }

    fn add_body(&mut self, body: &Object, served: &ServedType) {
        for (path, _) in lower::writable(served) {
            if let Some(value) = path.get(body) {
                let values = value.as_array().map_or(0, <[_]>::len);
                self.add(served.mapping.path_to_canonical(&path).to_string(), values);
            }
        }
    }

    fn add_operation(&mut self, operation: &PatchOp, served: &ServedType) {
        let name = served.mapping.path_to_canonical(&operation.path.whole()).to_string();
        self.add(name, lower::weight(operation));
    }

    fn add(&mut self, name: String, values: usize) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += values,
            None => self.0.push((name, values)),
        }
    }

    /// Both together.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (name, values) in &other.0 {
            self.add(name.clone(), *values);
        }
    }

    /// The names, counted values as part of `whole`.
    pub(crate) fn words(&self, whole: &Self) -> String {
        let word = |(name, values): &(String, usize)| {
            let all = whole.0.iter().find(|(known, _)| known == name).map_or(0, |(_, all)| *all);
            if all > *values { format!("{values} of {all} values of {name}") } else { name.clone() }
        };
        self.0.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}
