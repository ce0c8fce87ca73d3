//! What came of a change when the vendor's answer does not tell it (CONTRACT section 5).

use scimux_scim::{Object, Value, diff};

use super::{Awaiting, Single};
use crate::profile::PutMeans;
use crate::run::{Failure, Next};
use crate::{Answer, Call, CallKind, Repeat, ServedType, VendorError, VendorErrorKind, lower};

/// What of a call is needed should nobody know whether it was done.
#[derive(Debug)]
pub(super) enum Sent {
    /// Nothing.
    Other,
    /// A PUT under an `If-Match` of ours.
    Replace(Object),
    /// A DELETE, and whether it was sent under an `If-Match` of ours.
    Delete(bool),
}

impl Sent {
    pub(super) fn of(call: &Call) -> Self {
        match &call.kind {
            CallKind::Replace(_, body) if call.if_match.is_some() => Self::Replace(body.clone()),
            CallKind::Delete(_) => Self::Delete(call.if_match.is_some()),
            _ => Self::Other,
        }
    }
}

/// What is to be settled by one read.
#[derive(Debug)]
pub(super) enum Doubt {
    /// A repeated attempt met another version than the one that it names: that of the attempt before it, or of somebody
    /// else's change.
    Version(VendorError),
}

impl Single {
    /// Whether a repeated DELETE finds nothing more to delete.
    pub(super) fn is_gone(&self, error: &VendorError) -> bool {
        matches!(self.sent, Sent::Delete(_)) && error.repeated && error.kind == VendorErrorKind::NotFound
    }

    /// Whether one more call can tell what came of the change.
    pub(super) fn is_in_doubt(&self, error: &VendorError) -> bool {
        let named_a_version = matches!(self.sent, Sent::Replace(_) | Sent::Delete(true));
        named_a_version && error.repeated && error.kind == VendorErrorKind::PreconditionFailed
    }

    pub(super) fn ask_to_settle(&mut self, error: VendorError) -> Next {
        self.doubt = Some(Doubt::Version(error));
        let endpoint = self.served().profile.endpoint.clone();
        Next::Send(Call { endpoint, kind: CallKind::Read(self.id()), repeat: Repeat::Safe, if_match: None })
    }

    /// Goes on with what the read says of the change before it.
    pub(super) fn settle(&mut self, doubt: Doubt, got: Result<Answer, VendorError>) -> Next {
        let Doubt::Version(error) = doubt;
        match (&self.sent, got) {
            (Sent::Replace(body), Ok(Answer::Resource(found))) if shows(&found, body, self.served()) => {
                self.go_on(Awaiting::Changed, Answer::Resource(found))
            }
            (Sent::Delete(_), Err(gone)) if gone.kind == VendorErrorKind::NotFound => {
                self.go_on(Awaiting::Changed, Answer::Empty(None))
            }
            (_, Ok(_)) => self.failed(error),
            (_, Err(error)) => Next::Done(Err(Failure::Vendor { error, done: self.done_so_far() })),
        }
    }
}

/// Whether a resource is as a PUT of this body leaves it, as far as the vendor shows it.
fn shows(found: &Object, body: &Object, served: &ServedType) -> bool {
    let merges = served.profile.put.means == PutMeans::Merge;
    let mut attributes = lower::writable(served).into_iter();
    attributes.all(|(path, attribute)| {
        let hidden = served.form(&path).is_some_and(|form| form.never_returned || form.volatile);
        let asked = path.get(body);
        let says_nothing =
            asked.is_none_or(Value::is_unassigned) && (merges && asked.is_none() || stays(&path, served));
        hidden || says_nothing || diff::same_value(path.get(found), asked, Some(attribute))
    })
}

/// Whether a PUT that lacks the attribute leaves it.
fn stays(path: &scimux_scim::AttributePath, served: &ServedType) -> bool {
    let name = path.to_string();
    served.profile.put.keeps.iter().any(|kept| kept.eq_ignore_ascii_case(&name))
}
