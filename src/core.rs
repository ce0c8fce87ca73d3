//! SCIM: who calls, what it asks for, and the answer; by canonical names only.

pub(crate) mod admit;
pub(crate) mod attempts;
pub(crate) mod audit;
pub(crate) mod authenticate;
pub(crate) mod body;
pub(crate) mod brake;
pub(crate) mod bulk;
pub(crate) mod cursor;
pub(crate) mod decode;
pub(crate) mod discovery;
pub(crate) mod encode;
pub(crate) mod foreign;
pub(crate) mod guard;
pub(crate) mod lasting;
pub(crate) mod lock;
pub(crate) mod path;
pub(crate) mod proof;
pub(crate) mod redact;
pub(crate) mod reference;
pub(crate) mod rescue;
pub(crate) mod route;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod translate;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, StatusCode};
use scimux_adapters::{Operation, ServedType, Target, VendorError, VendorErrorKind};
use scimux_scim::{Quirks, ScimError, Text};

use crate::target::{LiveTarget, Trace};
use route::Route;

/// What every station of this zone needs to know of a request.
#[derive(Debug)]
pub(crate) struct Context {
    /// What goes along to the vendor and into its log lines.
    pub(crate) trace: Trace,
    /// Who calls; `None` where nobody has to say.
    pub(crate) client: Option<Arc<str>>,
    /// What the client's requests mean otherwise than the RFC.
    pub(crate) quirks: Quirks,
    /// The route the request came by.
    pub(crate) route: Arc<Route>,
    /// Its target as the request knows it.
    pub(crate) known: Arc<Target>,
    /// Which of the target's types it is about.
    pub(crate) served: usize,
    /// In a bulk request: what it may refer to by bulkId.
    pub(crate) created: Option<Created>,
    /// In a bulk request: the leave of the safety brake, had for all operations together.
    pub(crate) ticket: Option<brake::Ticket>,
}

/// The ids of resources that operations of the same bulk request created, by bulkId.
#[derive(Clone, Debug, Default)]
pub(crate) struct Created(pub(crate) Arc<HashMap<Text, Text>>);

impl Context {
    /// The target behind the route.
    pub(crate) fn target(&self) -> &Arc<LiveTarget> {
        &self.route.target
    }

    /// The resource type the request is about.
    pub(crate) fn served(&self) -> &ServedType {
        &self.known.types[self.served]
    }
}

/// One canonical operation to be carried out.
#[derive(Debug)]
pub(crate) struct Job {
    /// Whose.
    pub(crate) context: Arc<Context>,
    /// What.
    pub(crate) operation: Operation,
}

/// Why there is no answer but an error; [`rescue`] tells it to the client.
#[derive(Debug)]
pub(crate) enum CoreError {
    /// The gateway refuses.
    Refused(Refusal),
    /// The vendor refused or failed.
    Failed(Box<Failed>),
}

/// A refusal of the gateway, with headers that belong to it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The error for the client.
    pub(crate) error: ScimError,
    /// `Allow`, `Retry-After`, `WWW-Authenticate`.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// A failure at the vendor, with what is needed to tell it.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The vendor's error.
    pub(crate) error: VendorError,
    /// What had been changed by then.
    pub(crate) done: Option<String>,
    /// The name of the canonical operation.
    pub(crate) operation: &'static str,
    /// Where it was to happen.
    pub(crate) route: Arc<Route>,
}

impl CoreError {
    /// Whether nobody knows if the vendor has done what was asked: the call may have arrived, and no answer says that it
    /// did nothing (CONTRACT section 5).
    pub(crate) fn leaves_unknown(&self) -> bool {
        let Self::Failed(failed) = self else { return false };
        let error = &failed.error;
        // An answer to a repeat says nothing of the attempts before, and these are repeated when they may have been done.
        let repeated = error.repeated && matches!(failed.operation, "replace" | "delete");
        // An answer that is no SCIM may say 2xx.
        error.leaves_unknown() || error.kind == VendorErrorKind::NotUnderstood || repeated
    }
}

impl CoreError {
    /// Whether it is certain that nothing was changed.
    pub(crate) fn proves_nothing_done(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Failed(failed) => failed.done.is_none() && !self.leaves_unknown(),
        }
    }
}

impl Refusal {
    /// A refusal with one header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Self {
        Self { error, headers: Vec::new() }
    }
}

impl<E: Into<Refusal>> From<E> for CoreError {
    fn from(refusal: E) -> Self {
        Self::Refused(refusal.into())
    }
}

/// A refusal by status alone, for what RFC 7644 has no keyword.
pub(crate) fn refusal(status: StatusCode, detail: impl Into<String>) -> Refusal {
    ScimError::new(status.as_u16(), detail).into()
}
