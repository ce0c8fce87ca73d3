//! One target as the core calls it: everything between a call in vendor names and the network.

pub(crate) mod observe;
pub(crate) mod queue;
pub(crate) mod renew;
pub(crate) mod status;
pub(crate) mod translate;
pub(crate) mod understand;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use scimux_adapters::{Answer, Call, Note, VendorError};
use scimux_scim::ScimError;
use tower::util::BoxCloneSyncService;

use crate::config::TargetConfig;
use crate::core::redact::Redactor;
use crate::telemetry::Record;
use crate::upstream::Credentials;
use status::Status;

/// A target with its service, its credential and what is known of it.
pub(crate) struct LiveTarget {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// What the configuration says.
    pub(crate) config: Arc<TargetConfig>,
    /// How it has been doing.
    pub(crate) status: Arc<Status>,
    /// Its credential.
    pub(crate) credentials: Arc<Credentials>,
    /// What of it may not reach clients.
    pub(crate) redactor: Redactor,
    /// Makes calls.
    pub(crate) service: CallService,
}

impl fmt::Debug for LiveTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveTarget").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A target's whole stack.
pub(crate) type CallService = BoxCloneSyncService<Asked, Heard, CallError>;

/// What goes along with a call.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// The request it is made for.
    pub(crate) record: Arc<Record>,
    /// The client's `traceparent`.
    pub(crate) traceparent: Option<HeaderValue>,
    /// The client's `Authorization`, where it is passed through.
    pub(crate) authorization: Option<HeaderValue>,
}

/// A call to be made.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The call.
    pub(crate) call: Arc<Call>,
    /// What goes along.
    pub(crate) trace: Trace,
}

/// A call in the vendor's form, from the credential on inwards.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// What was asked.
    pub(crate) asked: Asked,
    /// The request; with its credential from `renew` on.
    pub(crate) request: http::Request<Bytes>,
    /// The form of its credential.
    pub(crate) form: scimux_adapters::CredentialForm,
}

/// The answer to a call.
#[derive(Debug)]
pub(crate) struct Heard {
    /// What the vendor answered.
    pub(crate) answer: Answer,
    /// What was changed on the way there.
    pub(crate) notes: Vec<Note>,
}

/// An answer understood, and the status it came under.
#[derive(Debug)]
pub(crate) struct Understood {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What the vendor answered.
    pub(crate) answer: Answer,
}

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// This vendor cannot be asked that.
    Refused(ScimError),
    /// It was asked, and refused or failed.
    Vendor(VendorError),
}

impl From<VendorError> for CallError {
    fn from(error: VendorError) -> Self {
        Self::Vendor(error)
    }
}
