//! The machine that carries out an operation call by call, without I/O.

use std::sync::Arc;

use scimux_scim::ScimError;

use crate::{Answer, Call, Operation, Outcome, Target, VendorError};

/// An operation under way.
#[derive(Debug)]
pub struct Run {
    _target: Arc<Target>,
}

/// What is to be done next.
#[derive(Debug)]
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

impl Run {
    /// Plans an operation and begins it.
    #[must_use]
    pub fn start(operation: Operation, target: Arc<Target>) -> (Self, Next) {
        let _ = (operation, target);
        todo!()
    }

    /// Goes on with what came of the last call.
    #[must_use]
    pub fn resume(&mut self, got: Result<Answer, VendorError>) -> Next {
        let _ = got;
        todo!()
    }

    /// Whether the operation changes something, and so must be alone on its resource.
    #[must_use]
    pub fn is_mutation(&self) -> bool {
        todo!()
    }

    /// Why the operation is carried out as it is: lines of the profile in words, in order.
    #[must_use]
    pub fn because(&self) -> &[String] {
        &[]
    }
}
