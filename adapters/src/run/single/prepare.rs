//! What a request becomes before the first call: cut to what the vendor can hold, in the vendor's names, planned.

use std::sync::Arc;

use scimux_scim::{ScimError, Value, body};

use super::Single;
use crate::fit::Fitter;
use crate::plan::plan;
use crate::{Action, Note, NoteKind, ServedType};

impl Single {
    /// Cuts the request to what the vendor can hold, puts it into vendor names and plans.
    pub(super) fn prepare(&mut self, action: Action) -> Result<(), ScimError> {
        let target = Arc::clone(&self.target);
        let served = &target.types[self.served];
        let mut fitter = Fitter::new(&target, served);
        let action = fit(action, &mut fitter, served)?;
        self.notes.append(&mut fitter.notes);
        self.action = Some(action);
        self.plan()
    }

    /// Plans the fitted action with what is known of the target now.
    pub(super) fn plan(&mut self) -> Result<(), ScimError> {
        let target = Arc::clone(&self.target);
        let served = &target.types[self.served];
        let Some(action) = self.action.take() else { return Ok(()) };
        self.wanted = match &action {
            Action::Create(canonical) | Action::Replace(_, canonical) => {
                Some(served.mapping.resource_to_vendor(canonical.resource.clone()))
            }
            _ => None,
        };
        if matches!(action, Action::Create(_)) {
            self.set_defaults();
        }
        self.asked_for = self.wanted.clone();
        self.noted = self.notes.len();
        let planned = plan(&action, self.wanted.as_ref(), &target, served);
        self.action = Some(action);
        self.plan = planned?;
        if self.asked.is_conditional_change() {
            if !served.profile.operations.read {
                return Err(ScimError::not_implemented("the vendor shows no resource whose version could be compared"));
            }
            self.plan = std::mem::take(&mut self.plan).compare_first();
        }
        self.steps = self.plan.steps.clone();
        Ok(())
    }

    /// `[targets.x.defaults]`: set on create where the request has none.
    fn set_defaults(&mut self) {
        let served = &self.target.types[self.served];
        let Some(wanted) = &mut self.wanted else { return };
        for (path, value) in &served.defaults {
            if path.get(wanted).is_none_or(Value::is_unassigned) {
                path.set(wanted, value.clone());
                let name = served.mapping.path_to_canonical(path).to_string();
                self.notes.push(Note::new(NoteKind::Added, name, "the target's default for new resources"));
            }
        }
    }
}

/// The action with its body or operations cut to what the vendor can hold.
fn fit(action: Action, fitter: &mut Fitter<'_>, served: &ServedType) -> Result<Action, ScimError> {
    Ok(match action {
        Action::Create(mut canonical) => {
            body::require(&canonical.resource, &served.canonical)?;
            canonical.resource = fitter.resource(canonical.resource)?;
            note_unknown(fitter, &canonical.unknown);
            Action::Create(canonical)
        }
        Action::Replace(id, mut canonical) => {
            body::require(&canonical.resource, &served.canonical)?;
            canonical.resource = fitter.resource(canonical.resource)?;
            note_unknown(fitter, &canonical.unknown);
            Action::Replace(id, canonical)
        }
        Action::Patch(id, mut patch) => {
            patch.operations = fitter.operations(patch.operations)?;
            note_unknown(fitter, &patch.unknown);
            Action::Patch(id, patch)
        }
        other => other,
    })
}

/// What no schema knows is dropped in a body (CONTRACT section 3), and said.
fn note_unknown(fitter: &mut Fitter<'_>, unknown: &[String]) {
    for name in unknown {
        fitter.notes.push(Note::new(NoteKind::Dropped, name.clone(), "no schema knows it"));
    }
}
