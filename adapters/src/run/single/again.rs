//! When a call failed: beginning again after a conflict, and finding out that the vendor lacks a method.

use std::sync::Arc;

use scimux_scim::{Object, Text};

use super::Single;
use crate::plan::Step;
use crate::run::{Failure, Next};
use crate::{Answer, Call, CallKind, Lack, Method, Repeat, Target, VendorError, VendorErrorKind, version};

/// How often an operation begins again after a conflict at the vendor.
pub(in crate::run) const CONFLICTS: u8 = 2;

impl Single {
    /// A failed precondition that is none of the client's is a conflict.
    pub(super) fn told(&self, error: VendorError) -> VendorError {
        match error.kind {
            VendorErrorKind::PreconditionFailed if self.asked.conditions.if_match.is_none() => {
                VendorError { kind: VendorErrorKind::Conflict, ..error }
            }
            _ => error,
        }
    }

    /// Another change met ours at the vendor: what was computed from the read is void.
    pub(super) fn may_begin_again(&self, error: &VendorError) -> bool {
        let is_conflict = match error.kind {
            VendorErrorKind::Conflict => true,
            VendorErrorKind::PreconditionFailed => self.version_to_keep().is_some(),
            _ => false,
        };
        is_conflict && self.changed == 0 && self.conflicts < CONFLICTS
    }

    /// Nothing of the first read may stay: `active` taken from it could bring a leaver back.
    pub(super) fn begin_again(&mut self, after: VendorErrorKind) -> Next {
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

    /// The vendor's version of the resource as it was last seen, which what is sent next must not overwrite another than.
    pub(super) fn version_to_keep(&self) -> Option<Text> {
        let seen = version::own(self.last.as_ref()?, self.served())?;
        (self.refused_version.as_deref() != Some(seen)).then(|| seen.into())
    }

    pub(super) fn may_lack(&self, error: &VendorError) -> Option<Method> {
        let method = self.target.may_lack(self.method, error);
        method.filter(|_| self.changed == 0 && self.served().profile.operations.read && self.asked.id.is_some())
    }

    /// Reads what could not be changed: if it is there, it is the method that the vendor lacks.
    pub(super) fn look(&mut self, error: VendorError) -> Next {
        self.suspect = self.may_lack(&error).map(|method| (method, error));
        self.calls.clear();
        let endpoint = self.served().profile.endpoint.clone();
        Next::Send(Call {
            endpoint,
            kind: CallKind::Read(self.id()),
            repeat: Repeat::Safe,
            if_match: None,
            is_shown: false,
        })
    }

    pub(super) fn judge(&mut self, method: Method, error: VendorError, got: Result<Answer, VendorError>) -> Next {
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
    pub(super) fn plan_again(&mut self, present: Object, lack: Lack) -> Next {
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
}
