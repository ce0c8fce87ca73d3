//! The steps of a plan, one by one.

use std::sync::Arc;

use scimux_scim::schema::Mutability;
use scimux_scim::{Object, PatchOp, ScimError, Text, Value, diff, patch};

use super::Single;
use crate::fit::Fitter;
use crate::plan::{self, Step};
use crate::{Call, CallKind, Note, NoteKind, Repeat, ServedType, Target, lower, put, version};

impl Single {
    /// Carries out a step: what it needs from the vendor is put into the queue of calls.
    pub(super) fn take(&mut self, step: Step) -> Result<(), ScimError> {
        match step {
            Step::Create => {
                let body = self.wanted_resource();
                self.call(CallKind::Create(body));
            }
            Step::CreateFirst(most) => {
                let body = lower::first_members(&self.wanted_resource(), most, self.served());
                self.call(CallKind::Create(body));
            }
            Step::AddRest(most) => {
                let rest = lower::further_members(&self.wanted_resource(), most, self.served());
                self.patch(rest);
            }
            Step::Read => {
                let id = self.id();
                self.call(CallKind::Read(id));
            }
            Step::Match => {
                let present = self.served().mapping.resource_to_canonical(self.present().clone());
                version::check(&self.asked.conditions, &present, self.served())?;
            }
            Step::CheckFixed => put::check_fixed(self.present(), &self.wanted_resource(), self.served())?,
            Step::Apply(operations) => self.apply(&operations)?,
            Step::Complete => self.complete(),
            Step::Demand => put::demand(&self.wanted_resource(), self.served())?,
            Step::Put => {
                let body = self.whole_body();
                self.put(body);
            }
            Step::PutMerged(named) => self.put_merged(&named),
            Step::PutChanged => {
                let body = put::changed_only(self.present(), &self.wanted_resource(), self.served());
                self.put(body);
            }
            Step::PutThis(body) => self.put(body),
            Step::PatchInto(cleared) => self.patch_into(&cleared)?,
            Step::RefuseCut(lists) => plan::refuse_cut(&lists, self.present(), self.served())?,
            Step::PatchChanged => {
                let operations = lower::changes(self.present(), &self.wanted_resource(), self.served());
                self.patch(operations);
            }
            Step::Patch(operations) => self.patch(operations),
            Step::ClearLeftOver => self.clear_left_over(),
            Step::Delete => {
                let id = self.id();
                self.call(CallKind::Delete(id));
            }
        }
        Ok(())
    }

    /// Applies canonical operations to the present resource, and keeps of the result what the vendor can hold.
    fn apply(&mut self, operations: &[PatchOp]) -> Result<(), ScimError> {
        let target = Arc::clone(&self.target);
        let served = &target.types[self.served];
        let current = served.mapping.resource_to_canonical(self.present().clone());
        let wanted = patch::apply(&current, operations, &served.canonical)?;
        let wanted = self.keep_single(wanted, &target, served)?;
        let wanted = served.mapping.resource_to_vendor(wanted);
        if diff::same(self.present(), &wanted, &served.vendor) {
            self.steps.clear();
        } else {
            self.note_lowered(operations);
        }
        self.wanted = Some(wanted);
        Ok(())
    }

    /// A second value added to what holds one: the `primary` one stays (CONTRACT section 3), else the new one.
    fn keep_single(&mut self, mut wanted: Object, target: &Target, served: &ServedType) -> Result<Object, ScimError> {
        let mut fitter = Fitter::new(target, served);
        for (path, _) in served.writable.iter() {
            if !served.form(path).is_some_and(|profile| profile.single) {
                continue;
            }
            let canonical = served.mapping.path_to_canonical(path);
            if let Some(Value::Array(elements)) = canonical.get(&wanted).cloned() {
                let kept = fitter.only_one(&canonical, elements)?;
                canonical.set(&mut wanted, Value::Array(kept));
            }
        }
        self.notes.append(&mut fitter.notes);
        Ok(wanted)
    }

    fn note_lowered(&mut self, operations: &[PatchOp]) {
        for operation in operations {
            let note = Note::new(NoteKind::Lowered, operation.path.whole().to_string(), "computed after a read");
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    fn complete(&mut self) {
        let mut wanted = self.wanted_resource();
        let added = put::complete(&mut wanted, self.present(), self.served());
        for path in added {
            let name = self.served().mapping.path_to_canonical(&path).to_string();
            self.notes.push(Note::new(NoteKind::Added, name, "taken from the present resource"));
        }
        self.wanted = Some(wanted);
    }

    fn put_merged(&mut self, named: &[String]) {
        let (body, notes) = put::merged(self.wanted_resource(), self.present(), named, self.served());
        self.notes.extend(notes);
        self.put(body);
    }

    /// The wanted resource as the body of a PUT.
    fn whole_body(&self) -> Object {
        let mut body = self.wanted_resource();
        body.remove("meta");
        read_only_gone(&mut body, self.served());
        body
    }

    fn clear_left_over(&mut self) {
        let Some(answered) = &self.last else { return };
        let found = put::left_over(&self.wanted_resource(), answered, self.served());
        for path in found.kept {
            let name = self.served().mapping.path_to_canonical(&path).to_string();
            self.notes.push(Note::new(
                NoteKind::Kept,
                name,
                "the vendor's PUT left it, and its PATCH does not reach it",
            ));
        }
        if !found.operations.is_empty() {
            self.patch(found.operations);
        }
    }

    /// At a vendor without PUT, what leads from the present resource to the wanted one.
    fn patch_into(&mut self, cleared: &[String]) -> Result<(), ScimError> {
        let wanted = self.wanted_resource();
        let found = put::by_patch::operations(self.present(), &wanted, cleared, self.served())?;
        self.notes.extend(found.notes);
        if !found.operations.is_empty() {
            self.patch(found.operations);
        }
        Ok(())
    }

    fn put(&mut self, body: Object) {
        let id = self.id();
        self.call(CallKind::Replace(id, body));
    }

    fn patch(&mut self, operations: Vec<PatchOp>) {
        let id = self.id();
        let most = self.served().profile.patch.max_members.unwrap_or(usize::MAX);
        for operations in lower::split(operations, most) {
            self.call(CallKind::Patch(id.clone(), operations));
        }
    }

    fn call(&mut self, kind: CallKind) {
        let repeat = match kind {
            CallKind::Read(_) | CallKind::List(_) => Repeat::Safe,
            _ => self.asked.repeat,
        };
        let endpoint = self.served().profile.endpoint.clone();
        self.calls.push_back(Call { endpoint, kind, repeat, if_match: None, is_shown: false });
    }

    pub(super) fn id(&self) -> Text {
        self.asked.id.clone().unwrap_or_default()
    }

    fn present(&self) -> &Object {
        self.current.as_ref().expect("a step that needs the present resource stands behind a read")
    }

    pub(super) fn wanted_resource(&self) -> Object {
        self.wanted.clone().unwrap_or_default()
    }
}

/// A body for PUT keeps `id` (several vendors need it) and loses what the vendor computes (rfc-traps 326).
fn read_only_gone(body: &mut Object, served: &ServedType) {
    for attribute in &served.vendor.schema.attributes {
        if attribute.mutability == Mutability::ReadOnly {
            body.remove(&attribute.name);
        }
    }
}
