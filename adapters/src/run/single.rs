//! An operation on one resource.

pub(super) mod again;
mod prepare;
mod settle;
mod steps;

use std::collections::VecDeque;
use std::sync::Arc;

use scimux_scim::{Object, Partial, Text};

use self::settle::Sent;
use super::{Failure, Next, not_understood};
use crate::plan::{Plan, Step};
use crate::progress::Parts;
use crate::{
    Action, Answer, Call, CallKind, Conditions, Lack, Method, Note, Operation, Outcome, Repeat, Reply, ServedType,
    Target, VendorError, VendorErrorKind, version,
};

/// An operation on one resource under way. Resources inside are in vendor names; what comes out is canonical.
#[derive(Debug)]
pub(super) struct Single {
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
    /// The same, where nothing but the answer to the client is made of it.
    shown: Option<Box<Partial>>,
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
    /// What of the call under way is needed should nobody know whether it was done.
    sent: Sent,
    /// What came of a change, where the call under way is to settle whether it was done.
    doubt: Option<VendorError>,
}

/// What the client asked, as far as it decides the reply.
#[derive(Debug)]
struct Asked {
    /// When, in seconds since 1970.
    at: i64,
    reply: ReplyKind,
    id: Option<Text>,
    wants_resource: bool,
    is_mutation: bool,
    repeat: Repeat,
    conditions: Conditions,
    /// Whether the vendor's last answer is the client's, and nothing else is made of it.
    is_shown: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReplyKind {
    Created,
    Resource,
    NoContent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaiting {
    Nothing,
    Present,
    ReadBack,
    Changed,
}

impl Single {
    /// Plans the operation on a resource of the type with the index `served`, and begins it.
    pub(super) fn start(operation: Operation, served: usize, target: Arc<Target>) -> (Self, Next) {
        let mut single = Self::new(&operation, served, target);
        let next = match single.prepare(operation.action) {
            Ok(()) => single.advance(),
            Err(refusal) => Next::Done(Err(Failure::Refused(refusal))),
        };
        (single, next)
    }

    fn new(operation: &Operation, served: usize, target: Arc<Target>) -> Self {
        Self {
            served,
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
            shown: None,
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
            sent: Sent::Other,
            doubt: None,
        }
    }

    /// Goes on with what came of the last call.
    pub(super) fn resume(&mut self, got: Result<Answer, VendorError>) -> Next {
        let awaiting = std::mem::replace(&mut self.awaiting, Awaiting::Nothing);
        if let Some((method, error)) = self.suspect.take() {
            return self.judge(method, error, got);
        }
        if let Some(doubt) = self.doubt.take() {
            return self.settle(doubt, got);
        }
        match got {
            Ok(answer) => self.go_on(awaiting, answer),
            Err(error) if self.is_gone(&error) => self.go_on(awaiting, Answer::Empty(None)),
            Err(error) => match self.question(&error) {
                Some(kind) => self.ask_to_settle(kind, error),
                None => self.failed(error),
            },
        }
    }

    fn go_on(&mut self, awaiting: Awaiting, answer: Answer) -> Next {
        match self.accept(awaiting, answer) {
            Ok(()) => self.advance(),
            Err(failure) => Next::Done(Err(failure)),
        }
    }

    fn failed(&mut self, error: VendorError) -> Next {
        if self.may_begin_again(&error) {
            return self.begin_again(error.kind);
        }
        if self.may_lack(&error).is_some() {
            return self.look(error);
        }
        Next::Done(Err(Failure::Vendor { error: self.told(error), done: self.done_so_far() }))
    }

    /// Why the operation is carried out as it is, in words, in order.
    pub(super) fn because(&self) -> &[String] {
        &self.plan.because
    }

    /// What has been changed on the way so far.
    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What is still to come after the call under way, in words, as far as it is known now.
    pub(super) fn ahead(&self) -> impl Iterator<Item = &'static str> {
        let calls = self.calls.iter().map(|_| "the next part of the same change");
        calls.chain(self.steps.iter().map(Step::words))
    }

    /// What was found lacking on the way.
    pub(super) fn learned(&self) -> &[Lack] {
        &self.learned
    }

    fn served(&self) -> &ServedType {
        &self.target.types[self.served]
    }

    fn accept(&mut self, awaiting: Awaiting, answer: Answer) -> Result<(), Failure> {
        if awaiting == Awaiting::Changed {
            self.applied.extend(std::mem::take(&mut self.under_way));
        }
        match (awaiting, answer) {
            (Awaiting::Present, Answer::Resource(resource)) => {
                self.current = Some(resource.clone());
                self.last = Some(resource);
            }
            (Awaiting::ReadBack, Answer::Resource(resource)) => self.last = Some(resource),
            (Awaiting::Present | Awaiting::ReadBack, Answer::Shown(partial)) => self.shown = Some(partial),
            (Awaiting::Changed, Answer::Resource(resource)) => {
                self.count_change(&resource);
                self.last = Some(resource);
            }
            (Awaiting::Changed, Answer::Shown(partial)) => {
                self.count_change(&partial.resource);
                self.shown = Some(partial);
            }
            (Awaiting::Changed, Answer::Empty(id)) => {
                self.changed += 1;
                self.asked.id = self.asked.id.take().or(id);
                self.last = None;
            }
            (_, _) => return Err(not_understood(self.done_so_far())),
        }
        Ok(())
    }

    fn count_change(&mut self, answered: &Object) {
        self.changed += 1;
        self.asked.id = self.asked.id.take().or_else(|| answered.str("id").map(Text::from));
    }

    /// What earlier calls had changed when one failed, and what repeating the request would do. It is safe: every call sets
    /// or takes away what it names, the first part of a replaced list replaces it, and adding a value that is there changes
    /// nothing (RFC 7644 section 3.5.2.1).
    fn done_so_far(&self) -> Option<String> {
        if self.changed == 0 {
            return None;
        }
        let mut whole = self.applied.clone();
        whole.extend(self.under_way.clone());
        self.calls.iter().for_each(|call| whole.extend(Parts::of(&call.kind)));
        let (done, all) = (self.changed, self.changed + 1 + self.calls.len());
        let words = self.applied.words(&whole, self.served());
        let then = match (self.asked.reply, self.asked.id.as_deref()) {
            (ReplyKind::Created, Some(id)) => {
                format!("it was created with the id {id}: do not create it again, but PATCH or PUT what is missing")
            }
            (ReplyKind::Created, None) => "it was created: do not create it again".to_owned(),
            _ => "repeating the request is safe".to_owned(),
        };
        Some(format!("{done} of {all} calls to the vendor had succeeded ({words}); {then}"))
    }

    /// The next call, or the answer.
    fn advance(&mut self) -> Next {
        loop {
            if let Some(mut call) = self.calls.pop_front() {
                let changes = matches!(call.kind, CallKind::Replace(..) | CallKind::Patch(..) | CallKind::Delete(_));
                call.if_match = self.version_to_keep().filter(|_| changes);
                self.awaiting = self.expects(&call);
                self.under_way = Parts::of(&call.kind);
                self.method = Method::of(&call.kind);
                self.sent = Sent::of(&call);
                call.is_shown = self.asked.is_shown && self.calls.is_empty() && self.steps.is_empty();
                return Next::Send(call);
            }
            let Some(step) = self.steps.pop_front() else { return self.finish() };
            if let Err(error) = self.take(step) {
                return Next::Done(Err(Failure::Refused(error)));
            }
        }
    }

    fn expects(&self, call: &Call) -> Awaiting {
        match call.kind {
            CallKind::Read(_) if self.steps.is_empty() && self.changed > 0 => Awaiting::ReadBack,
            CallKind::Read(_) => Awaiting::Present,
            _ => Awaiting::Changed,
        }
    }

    fn finish(&mut self) -> Next {
        if self.needs_read_back() {
            let id = self.id();
            self.awaiting = Awaiting::ReadBack;
            let endpoint = self.served().profile.endpoint.clone();
            let (kind, is_shown) = (CallKind::Read(id), self.asked.is_shown);
            return Next::Send(Call { endpoint, kind, repeat: Repeat::Safe, if_match: None, is_shown });
        }
        Next::Done(self.reply().map(|reply| Outcome { reply, notes: self.notes.clone() }))
    }

    /// The vendor answered a change without the resource, and the client is to see the vendor's state.
    fn needs_read_back(&self) -> bool {
        let shows = matches!(self.asked.reply, ReplyKind::Created | ReplyKind::Resource);
        shows && self.last.is_none() && self.shown.is_none() && self.asked.wants_resource && self.asked.id.is_some()
    }

    fn reply(&mut self) -> Result<Reply, Failure> {
        let served = &self.target.types[self.served];
        let canonical = |resource| version::show(served.mapping.resource_to_canonical(resource), served);
        let canonical = |partial: Partial| partial.map(canonical);
        let last = self.last.take().map(Partial::from);
        match (self.asked.reply, self.shown.take().map(|partial| *partial).or(last)) {
            (ReplyKind::NoContent, _) => Ok(Reply::NoContent),
            (ReplyKind::Created, Some(resource)) => Ok(Reply::Created(canonical(resource))),
            (ReplyKind::Resource, Some(resource)) => {
                let partial = canonical(resource);
                let resource = &partial.resource;
                let known = !self.asked.is_mutation && version::is_known(&self.asked.conditions, resource, served)?;
                Ok(if known { Reply::NotModified(version::of(resource, served)) } else { Reply::Resource(partial) })
            }
            (ReplyKind::Resource, None) if !self.asked.wants_resource => Ok(Reply::NoContent),
            (ReplyKind::Resource | ReplyKind::Created, None) => {
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
            // Carried out by a scan, or refused by the plan.
            Action::List(_) | Action::Search(_) => (ReplyKind::NoContent, None, Repeat::Safe),
            Action::Replace(id, _) => (ReplyKind::Resource, Some(id), Repeat::Safe),
            Action::Patch(id, _) => (ReplyKind::Resource, Some(id), Repeat::OnlyIfNotDone),
            Action::Delete(id) => (ReplyKind::NoContent, Some(id), Repeat::Safe),
        };
        let is_mutation = !matches!(operation.action, Action::Read(_) | Action::List(_) | Action::Search(_));
        let (wants_resource, conditions) = (operation.wants_resource, operation.conditions.clone());
        // A version that the client names may be one that is computed from all of the resource.
        let is_shown = operation.wants_default && conditions == Conditions::default();
        Self {
            at: operation.asked_at,
            reply,
            id: id.cloned(),
            wants_resource,
            is_mutation,
            repeat,
            conditions,
            is_shown,
        }
    }

    /// Whether what there is must have a version that the client names before it is changed.
    fn is_conditional_change(&self) -> bool {
        self.is_mutation && self.id.is_some() && self.conditions != Conditions::default()
    }
}
