//! The machine that carries out an operation call by call, without I/O.

use std::collections::VecDeque;
use std::sync::Arc;

use scimux_scim::query::Types;
use scimux_scim::schema::Mutability;
use scimux_scim::{ListQuery, Object, PatchOp, ScimError, Text, Value, body, diff, patch};

use crate::fit::Fitter;
use crate::plan::{self, Plan, Step, plan};
use crate::progress::Parts;
use crate::scan::Scan;
use crate::{
    Action, Answer, Call, CallKind, Conditions, Lack, Method, Note, NoteKind, Operation, Outcome, Repeat, Reply,
    ServedType, Target, VendorError, VendorErrorKind, lower, put, version,
};

/// How often an operation begins again after a conflict at the vendor.
const CONFLICTS: u8 = 2;

/// An operation under way. Resources inside are in vendor names; what comes out is canonical.
#[derive(Debug)]
pub struct Run {
    target: Arc<Target>,
    served: usize,
    asked: Asked,
    plan: Plan,
    steps: VecDeque<Step>,
    calls: VecDeque<Call>,
    awaiting: Awaiting,
    /// The resource as the vendor had it before the change.
    current: Option<Object>,
    /// The resource as it is to be.
    wanted: Option<Object>,
    /// The same before anything of the present resource was added.
    asked_for: Option<Object>,
    /// The resource as the vendor last showed it.
    last: Option<Object>,
    /// The list under way.
    scan: Option<Scan>,
    notes: Vec<Note>,
    /// How many of the notes were there before the first call.
    noted: usize,
    /// How many calls that change something have succeeded, and what they changed.
    changed: usize,
    applied: Parts,
    /// What the call under way changes.
    under_way: Parts,
    conflicts: u8,
    /// The version that the vendor refused in an `If-Match` although it is the present one: it compares no such tags.
    refused_version: Option<Text>,
    /// The action, fitted, to plan anew what was planned with too little known.
    action: Option<Action>,
    /// The method of the call under way.
    method: Option<Method>,
    /// What may show that the vendor lacks a method: a read of the same URL decides.
    suspect: Option<(Method, VendorError)>,
    learned: Vec<Lack>,
}

/// What the client asked, as far as it decides the reply.
#[derive(Debug)]
struct Asked {
    reply: ReplyKind,
    id: Option<Text>,
    wants_resource: bool,
    is_mutation: bool,
    repeat: Repeat,
    conditions: Conditions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReplyKind {
    Created,
    Resource,
    Page,
    NoContent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaiting {
    Nothing,
    Present,
    ReadBack,
    Changed,
    Page,
}

/// What is to be done next.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, on the stack of whoever drives the run")]
pub enum Next {
    /// Send this call, and resume with what came of it.
    Send(Call),
    /// The operation is finished.
    Done(Result<Outcome, Failure>),
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The gateway refuses it, or the client's request is wrong. Names in the text are canonical.
    Refused(ScimError),
    /// The vendor refused or failed. `done` says what had been changed by then, for the detail.
    Vendor {
        /// The vendor's error.
        error: VendorError,
        /// What earlier calls of the same operation had already changed; `None`: nothing.
        done: Option<String>,
    },
}

impl From<ScimError> for Failure {
    fn from(error: ScimError) -> Self {
        Self::Refused(error)
    }
}

impl Run {
    /// Plans an operation and begins it.
    #[must_use]
    pub fn start(operation: Operation, target: Arc<Target>) -> (Self, Next) {
        let mut run = Self::new(&operation, target);
        let next = match run.prepare(operation) {
            Ok(()) => run.advance(),
            Err(error) => Next::Done(Err(Failure::Refused(error))),
        };
        (run, next)
    }

    fn new(operation: &Operation, target: Arc<Target>) -> Self {
        let is_served = |served: &ServedType| served.canonical.endpoint.eq_ignore_ascii_case(&operation.endpoint);
        Self {
            served: target.types.iter().position(is_served).unwrap_or(usize::MAX),
            target,
            asked: Asked::new(operation),
            plan: Plan::default(),
            steps: VecDeque::new(),
            calls: VecDeque::new(),
            awaiting: Awaiting::Nothing,
            current: None,
            wanted: None,
            asked_for: None,
            last: None,
            scan: None,
            notes: Vec::new(),
            noted: 0,
            changed: 0,
            applied: Parts::default(),
            under_way: Parts::default(),
            conflicts: 0,
            refused_version: None,
            action: None,
            method: None,
            suspect: None,
            learned: Vec::new(),
        }
    }

    /// Cuts the request to what the vendor can hold, puts it into vendor names and plans.
    fn prepare(&mut self, operation: Operation) -> Result<(), ScimError> {
        let target = Arc::clone(&self.target);
        if let Action::Search(queries) = &operation.action {
            return self.search(queries, Types::All);
        }
        let Some(served) = target.types.get(self.served) else {
            let detail = format!("{} has no resource type at {}", target.profile.title, operation.endpoint);
            return Err(ScimError::not_implemented(detail));
        };
        if let (Action::List(query), true) = (&operation.action, served.profile.operations.list) {
            return self.search(&[(operation.endpoint.clone(), (**query).clone())], Types::One);
        }
        let creating = matches!(operation.action, Action::Create(_));
        let mut fitter = Fitter::new(&target, served, creating);
        let action = fit(operation.action, &mut fitter, served)?;
        self.notes.append(&mut fitter.notes);
        self.action = Some(action);
        self.plan()
    }

    /// Plans the fitted action with what is known of the target now.
    fn plan(&mut self) -> Result<(), ScimError> {
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

    fn search(&mut self, queries: &[(String, ListQuery)], types: Types) -> Result<(), ScimError> {
        let scan = Scan::plan(queries, types, &self.target)?;
        self.plan.because.extend(scan.because());
        self.scan = Some(scan);
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

    /// Goes on with what came of the last call.
    #[must_use]
    pub fn resume(&mut self, got: Result<Answer, VendorError>) -> Next {
        let awaiting = std::mem::replace(&mut self.awaiting, Awaiting::Nothing);
        if let Some((method, error)) = self.suspect.take() {
            return self.judge(method, error, got);
        }
        match got {
            Ok(answer) => match self.accept(awaiting, answer) {
                Ok(()) => self.advance(),
                Err(failure) => Next::Done(Err(failure)),
            },
            Err(error) if self.may_begin_again(&error) => self.begin_again(error.kind),
            Err(error) if self.may_lack(&error).is_some() => self.look(error),
            Err(error) => Next::Done(Err(Failure::Vendor { error: self.told(error), done: self.done_so_far() })),
        }
    }

    /// A failed precondition that is none of the client's is a conflict.
    fn told(&self, error: VendorError) -> VendorError {
        match error.kind {
            VendorErrorKind::PreconditionFailed if self.asked.conditions.if_match.is_none() => {
                VendorError { kind: VendorErrorKind::Conflict, ..error }
            }
            _ => error,
        }
    }

    /// Whether the operation changes something, and so must be alone on its resource.
    #[must_use]
    pub fn is_mutation(&self) -> bool {
        self.asked.is_mutation
    }

    /// Why the operation is carried out as it is, in words, in order.
    #[must_use]
    pub fn because(&self) -> &[String] {
        &self.plan.because
    }

    /// What has been changed on the way so far.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What is still to come after the call under way, in words, as far as it is known now.
    pub fn ahead(&self) -> impl Iterator<Item = &'static str> {
        let calls = self.calls.iter().map(|_| "the next part of the same change");
        calls.chain(self.steps.iter().map(Step::words))
    }

    fn served(&self) -> &ServedType {
        &self.target.types[self.served]
    }

    fn accept(&mut self, awaiting: Awaiting, answer: Answer) -> Result<(), Failure> {
        if awaiting == Awaiting::Changed {
            let changed = std::mem::take(&mut self.under_way);
            self.applied.extend(&changed);
        }
        match (awaiting, answer) {
            (Awaiting::Page, Answer::Page(page)) => {
                self.scan.as_mut().expect("a page is awaited by a scan").accept(page)?;
            }
            (Awaiting::Present, Answer::Resource(resource)) => {
                self.current = Some(resource.clone());
                self.last = Some(resource);
            }
            (Awaiting::ReadBack, Answer::Resource(resource)) => self.last = Some(resource),
            (Awaiting::Changed, Answer::Resource(resource)) => {
                self.changed += 1;
                self.asked.id = self.asked.id.take().or_else(|| resource.str("id").map(Text::from));
                self.last = Some(resource);
            }
            (Awaiting::Changed, Answer::Empty(id)) => {
                self.changed += 1;
                self.asked.id = self.asked.id.take().or(id);
                self.last = None;
            }
            (_, _) => {
                let error = VendorError::new(VendorErrorKind::NotUnderstood);
                return Err(Failure::Vendor { error, done: self.done_so_far() });
            }
        }
        Ok(())
    }

    fn may_lack(&self, error: &VendorError) -> Option<Method> {
        let method = self.target.may_lack(self.method, error);
        method.filter(|_| self.changed == 0 && self.served().profile.operations.read && self.asked.id.is_some())
    }

    /// Reads what could not be changed: if it is there, it is the method that the vendor lacks.
    fn look(&mut self, error: VendorError) -> Next {
        self.suspect = self.may_lack(&error).map(|method| (method, error));
        self.calls.clear();
        let endpoint = self.served().profile.endpoint.clone();
        Next::Send(Call { endpoint, kind: CallKind::Read(self.id()), repeat: Repeat::Safe, if_match: None })
    }

    fn judge(&mut self, method: Method, error: VendorError, got: Result<Answer, VendorError>) -> Next {
        match got {
            Ok(Answer::Resource(present)) => {
                let endpoint = self.served().canonical.endpoint.clone();
                let lack = Lack { endpoint, method, status: error.status.unwrap_or_default() };
                self.target = Arc::new(Target::clone(&self.target).lacking(&lack));
                self.plan_again(present, lack)
            }
            Err(gone) if gone.kind == VendorErrorKind::NotFound && gone.documented => {
                Next::Done(Err(Failure::Vendor { error: gone, done: None }))
            }
            _ => Next::Done(Err(Failure::Vendor { error, done: None })),
        }
    }

    /// Begins anew without the method that is lacking; what was just read need not be read again. Where there is no other
    /// way, nothing is learned: it would only keep the next request from being tried.
    fn plan_again(&mut self, present: Object, lack: Lack) -> Next {
        self.notes.truncate(self.noted);
        if let Err(refusal) = self.plan() {
            return Next::Done(Err(Failure::Refused(refusal)));
        }
        self.learned.push(lack);
        if self.steps.front() == Some(&Step::Read) {
            self.steps.pop_front();
        }
        self.current = Some(present.clone());
        self.last = Some(present);
        self.advance()
    }

    /// What was found lacking on the way.
    #[must_use]
    pub fn learned(&self) -> &[Lack] {
        &self.learned
    }

    /// Another change met ours at the vendor: what was computed from the read is void.
    fn may_begin_again(&self, error: &VendorError) -> bool {
        let is_conflict = match error.kind {
            VendorErrorKind::Conflict => true,
            VendorErrorKind::PreconditionFailed => self.version_to_keep().is_some(),
            _ => false,
        };
        is_conflict && self.changed == 0 && self.conflicts < CONFLICTS
    }

    /// The vendor's version of the resource as it was last seen, which what is sent next must not overwrite another than.
    fn version_to_keep(&self) -> Option<Text> {
        let seen = version::own(self.last.as_ref()?, self.served())?;
        (self.refused_version.as_deref() != Some(seen)).then(|| seen.into())
    }

    /// Nothing of the first read may stay: `active` taken from it could bring a leaver back.
    fn begin_again(&mut self, after: VendorErrorKind) -> Next {
        self.conflicts += 1;
        if after == VendorErrorKind::PreconditionFailed {
            self.refused_version = self.version_to_keep();
        }
        self.wanted = self.asked_for.clone();
        self.current = None;
        self.last = None;
        self.notes.truncate(self.noted);
        self.calls.clear();
        self.steps = self.plan.steps.clone();
        self.advance()
    }

    /// What earlier calls had changed when one failed, and what repeating the request would do. It is safe: every call sets
    /// or takes away what it names, the first part of a replaced list replaces it, and adding a value that is there changes
    /// nothing (RFC 7644 section 3.5.2.1).
    fn done_so_far(&self) -> Option<String> {
        if self.changed == 0 {
            return None;
        }
        let mut whole = self.applied.clone();
        whole.extend(&self.under_way);
        self.calls.iter().for_each(|call| whole.extend(&Parts::of(&call.kind, self.served())));
        let (done, all) = (self.changed, self.changed + 1 + self.calls.len());
        let words = self.applied.words(&whole);
        let then = match (self.asked.reply, self.asked.id.as_deref()) {
            (ReplyKind::Created, Some(id)) => {
                format!("it was created with the id {id}: do not create it again, but PATCH or PUT what is missing")
            }
            (ReplyKind::Created, None) => "it was created: do not create it again".to_owned(),
            _ => "repeating the request is safe".to_owned(),
        };
        Some(format!("{done} of {all} calls to the vendor had succeeded ({words}); {then}"))
    }

    fn advance(&mut self) -> Next {
        if self.scan.is_some() {
            return self.read_on();
        }
        loop {
            if let Some(mut call) = self.calls.pop_front() {
                let changes = matches!(call.kind, CallKind::Replace(..) | CallKind::Patch(..) | CallKind::Delete(_));
                call.if_match = self.version_to_keep().filter(|_| changes);
                self.awaiting = self.expects(&call);
                self.under_way = Parts::of(&call.kind, self.served());
                self.method = Method::of(&call.kind);
                return Next::Send(call);
            }
            let Some(step) = self.steps.pop_front() else { return self.finish() };
            if let Err(error) = self.take(step) {
                return Next::Done(Err(Failure::Refused(error)));
            }
        }
    }

    /// Asks for the next page of the list, if it needs one.
    fn read_on(&mut self) -> Next {
        let Some((endpoint, query)) = self.scan.as_ref().and_then(Scan::next_call) else { return self.finish() };
        self.awaiting = Awaiting::Page;
        Next::Send(Call { endpoint, kind: CallKind::List(query), repeat: Repeat::Safe, if_match: None })
    }

    fn expects(&self, call: &Call) -> Awaiting {
        match call.kind {
            CallKind::Read(_) if self.steps.is_empty() && self.changed > 0 => Awaiting::ReadBack,
            CallKind::Read(_) => Awaiting::Present,
            _ => Awaiting::Changed,
        }
    }

    fn take(&mut self, step: Step) -> Result<(), ScimError> {
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
        let mut fitter = Fitter::new(target, served, false);
        for (path, _) in lower::writable(served) {
            if !served.form(&path).is_some_and(|profile| profile.single) {
                continue;
            }
            let canonical = served.mapping.path_to_canonical(&path);
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

    /// The wanted resource as the body of a PUT. What the vendor never returns is missing from one that was computed
    /// from a read, and its PUT may clear it: that is said.
    fn whole_body(&mut self) -> Object {
        let mut body = self.wanted_resource();
        body.remove("meta");
        let computed = self.plan.steps.iter().any(|step| matches!(step, Step::Apply(_)));
        let writable = lower::writable(self.served()).into_iter();
        let unreadable = writable.filter(|(path, attribute)| {
            attribute.mutability != Mutability::WriteOnly
                && path.get(&body).is_none()
                && self.served().form(path).is_some_and(|profile| profile.never_returned)
        });
        let unreadable: Vec<_> = unreadable.map(|(path, _)| path).collect();
        for path in unreadable.into_iter().filter(|_| computed) {
            let name = self.served().mapping.path_to_canonical(&path).to_string();
            self.notes.push(Note::new(
                NoteKind::Dropped,
                name,
                "the vendor never returns it, so a PUT cannot carry it on",
            ));
        }
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
        self.calls.push_back(Call { endpoint, kind, repeat, if_match: None });
    }

    fn id(&self) -> Text {
        self.asked.id.clone().unwrap_or_default()
    }

    fn present(&self) -> &Object {
        self.current.as_ref().expect("a step that needs the present resource stands behind a read")
    }

    fn wanted_resource(&self) -> Object {
        self.wanted.clone().unwrap_or_default()
    }

    fn finish(&mut self) -> Next {
        if self.needs_read_back() {
            let id = self.id();
            self.awaiting = Awaiting::ReadBack;
            let endpoint = self.served().profile.endpoint.clone();
            return Next::Send(Call { endpoint, kind: CallKind::Read(id), repeat: Repeat::Safe, if_match: None });
        }
        Next::Done(self.reply().map(|reply| Outcome { reply, notes: self.notes.clone() }))
    }

    /// The vendor answered a change without the resource, and the client is to see the vendor's state.
    fn needs_read_back(&self) -> bool {
        let shows = matches!(self.asked.reply, ReplyKind::Created | ReplyKind::Resource);
        shows && self.last.is_none() && self.asked.wants_resource && self.asked.id.is_some()
    }

    fn reply(&mut self) -> Result<Reply, Failure> {
        if let Some(scan) = self.scan.take() {
            return Ok(Reply::Page(scan.finish()));
        }
        let served = &self.target.types[self.served];
        let canonical = |resource| version::show(served.mapping.resource_to_canonical(resource), served);
        match (self.asked.reply, self.last.take()) {
            (ReplyKind::NoContent, _) => Ok(Reply::NoContent),
            (ReplyKind::Created, Some(resource)) => Ok(Reply::Created(canonical(resource))),
            (ReplyKind::Resource, Some(resource)) => {
                let resource = canonical(resource);
                let known = !self.asked.is_mutation && version::is_known(&self.asked.conditions, &resource, served)?;
                Ok(if known { Reply::NotModified(version::of(&resource, served)) } else { Reply::Resource(resource) })
            }
            (ReplyKind::Resource, None) if !self.asked.wants_resource => Ok(Reply::NoContent),
            (ReplyKind::Resource | ReplyKind::Created | ReplyKind::Page, _) => {
                let error = VendorError::new(VendorErrorKind::NotUnderstood)
                    .with_hint("the vendor answered without the resource or its location");
                Err(Failure::Vendor { error, done: self.done_so_far() })
            }
        }
    }
}

impl Asked {
    fn new(operation: &Operation) -> Self {
        let (reply, id, repeat) = match &operation.action {
            Action::Create(_) => (ReplyKind::Created, None, Repeat::OnlyIfNotDone),
            Action::Read(id) => (ReplyKind::Resource, Some(id), Repeat::Safe),
            Action::List(_) | Action::Search(_) => (ReplyKind::Page, None, Repeat::Safe),
            Action::Replace(id, _) => (ReplyKind::Resource, Some(id), Repeat::Safe),
            Action::Patch(id, _) => (ReplyKind::Resource, Some(id), Repeat::OnlyIfNotDone),
            Action::Delete(id) => (ReplyKind::NoContent, Some(id), Repeat::Safe),
        };
        let is_mutation = !matches!(operation.action, Action::Read(_) | Action::List(_) | Action::Search(_));
        let (wants_resource, conditions) = (operation.wants_resource, operation.conditions.clone());
        Self { reply, id: id.cloned(), wants_resource, is_mutation, repeat, conditions }
    }

    /// Whether what there is must have a version that the client names before it is changed.
    fn is_conditional_change(&self) -> bool {
        self.is_mutation && self.id.is_some() && self.conditions != Conditions::default()
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

/// A body for PUT keeps `id` (several vendors need it) and loses what the vendor computes (rfc-traps 326).
fn read_only_gone(body: &mut Object, served: &ServedType) {
    for attribute in &served.vendor.schema.attributes {
        if attribute.mutability == Mutability::ReadOnly {
            body.remove(&attribute.name);
        }
    }
}

#[cfg(test)]
mod tests;
