//! The machine that carries out an operation call by call, without I/O.

mod list;
mod single;

use std::sync::Arc;

use scimux_scim::query::Types;
use scimux_scim::{ListQuery, ScimError};

use self::list::List;
use self::single::Single;
use crate::{Action, Answer, Call, Lack, Note, Operation, Outcome, ServedType, Target, VendorError, VendorErrorKind};

/// An operation under way.
#[derive(Debug)]
pub struct Run {
    course: Course,
}

/// What kind of operation it is.
#[derive(Debug)]
enum Course {
    /// Refused before it began.
    Refused,
    /// On one resource.
    Single(Box<Single>),
    /// A list.
    List(Box<List>),
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
        match Course::start(operation, target) {
            Ok((course, next)) => (Self { course }, next),
            Err(refusal) => (Self { course: Course::Refused }, Next::Done(Err(Failure::Refused(refusal)))),
        }
    }

    /// Goes on with what came of the last call.
    #[must_use]
    pub fn resume(&mut self, got: Result<Answer, VendorError>) -> Next {
        match &mut self.course {
            Course::Single(single) => single.resume(got),
            Course::List(list) => list.resume(got),
            Course::Refused => Next::Done(Err(not_understood(None))),
        }
    }

    /// Why the operation is carried out as it is, in words, in order.
    #[must_use]
    pub fn because(&self) -> &[String] {
        match &self.course {
            Course::Single(single) => single.because(),
            Course::List(list) => list.because(),
            Course::Refused => &[],
        }
    }

    /// What has been changed on the way so far.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        self.single().map_or(&[], Single::notes)
    }

    /// What is still to come after the call under way, in words, as far as it is known now.
    pub fn ahead(&self) -> impl Iterator<Item = &'static str> {
        self.single().into_iter().flat_map(Single::ahead)
    }

    /// What was found lacking on the way.
    #[must_use]
    pub fn learned(&self) -> &[Lack] {
        self.single().map_or(&[], Single::learned)
    }

    fn single(&self) -> Option<&Single> {
        match &self.course {
            Course::Single(single) => Some(single),
            Course::Refused | Course::List(_) => None,
        }
    }
}

impl Course {
    fn start(operation: Operation, target: Arc<Target>) -> Result<(Self, Next), ScimError> {
        if let Action::Search(queries) = operation.action {
            return Self::list(queries, Types::All, target);
        }
        let is_served = |served: &ServedType| served.canonical.endpoint.eq_ignore_ascii_case(&operation.endpoint);
        let Some(served) = target.types.iter().position(is_served) else {
            let detail = format!("{} has no resource type at {}", target.profile.title, operation.endpoint);
            return Err(ScimError::not_implemented(detail));
        };
        if let (Action::List(query), true) = (&operation.action, target.types[served].profile.operations.list) {
            let query = ListQuery::clone(query);
            return Self::list(vec![(operation.endpoint, query)], Types::One, target);
        }
        let (single, next) = Single::start(operation, served, target);
        Ok((Self::Single(Box::new(single)), next))
    }

    fn list(queries: Vec<(String, ListQuery)>, types: Types, target: Arc<Target>) -> Result<(Self, Next), ScimError> {
        let (list, next) = List::start(queries, types, target)?;
        Ok((Self::List(Box::new(list)), next))
    }
}

/// The vendor's answer is none to what was asked.
fn not_understood(done: Option<String>) -> Failure {
    Failure::Vendor { error: VendorError::new(VendorErrorKind::NotUnderstood), done }
}

#[cfg(test)]
mod tests;
