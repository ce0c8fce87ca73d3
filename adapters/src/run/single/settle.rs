//! What came of a change when the vendor's answer does not tell it (CONTRACT section 5).

mod found;

use scimux_scim::filter::{CompareOp, Literal};
use scimux_scim::{AttributePath, Filter, ListQuery, Object, Value, diff};

use super::{Awaiting, Single};
use crate::profile::PutMeans;
use crate::run::{Failure, Next};
use crate::{Answer, Call, CallKind, Repeat, ServedType, VendorError, VendorErrorKind, listing};

/// What of a call is needed should nobody know whether it was done.
#[derive(Debug)]
pub(super) enum Sent {
    /// Nothing.
    Other,
    /// A create, of the wanted resource.
    Create,
    /// A PUT under an `If-Match` of ours.
    Replace(Object),
    /// A DELETE, and whether it was sent under an `If-Match` of ours.
    Delete(bool),
}

impl Sent {
    pub(super) fn of(call: &Call) -> Self {
        match &call.kind {
            CallKind::Create(_) => Self::Create,
            CallKind::Replace(_, body) if call.if_match.is_some() => Self::Replace(body.clone()),
            CallKind::Delete(_) => Self::Delete(call.if_match.is_some()),
            _ => Self::Other,
        }
    }
}

impl Single {
    /// Whether a repeated DELETE finds nothing more to delete.
    pub(super) fn is_gone(&self, error: &VendorError) -> bool {
        matches!(self.sent, Sent::Delete(_)) && error.repeated && error.kind == VendorErrorKind::NotFound
    }

    /// What to ask the vendor when one more call can tell what came of the change.
    pub(super) fn question(&self, error: &VendorError) -> Option<CallKind> {
        match &self.sent {
            Sent::Create if hides_the_outcome(error) => lookup(self.wanted.as_ref()?, self.served()),
            // A repeated attempt met another version than the one that it names: that of the attempt before it, or of
            // somebody else's change.
            Sent::Replace(_) | Sent::Delete(true)
                if error.repeated && error.kind == VendorErrorKind::PreconditionFailed =>
            {
                Some(CallKind::Read(self.id()))
            }
            _ => None,
        }
    }

    pub(super) fn ask_to_settle(&mut self, kind: CallKind, error: VendorError) -> Next {
        self.doubt = Some(error);
        let endpoint = self.served().profile.endpoint.clone();
        Next::Send(Call { endpoint, kind, repeat: Repeat::Safe, if_match: None, is_shown: false })
    }

    /// Goes on with what the vendor's state says of the change before; `error` is what came of that.
    pub(super) fn settle(&mut self, error: VendorError, got: Result<Answer, VendorError>) -> Next {
        match (&self.sent, got) {
            (Sent::Create, got) => self.settle_create(error, got),
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

    fn settle_create(&mut self, error: VendorError, got: Result<Answer, VendorError>) -> Next {
        let sent = self.wanted_resource();
        match found::created(got, &sent, self.asked.at, self.served()) {
            Ok(found) => self.go_on(Awaiting::Changed, Answer::Resource(found)),
            Err(why) => {
                let error = if error.hint.is_none() { error.with_hint(why) } else { error };
                Next::Done(Err(Failure::Vendor { error, done: self.done_so_far() }))
            }
        }
    }
}

/// Whether the vendor may have done what was asked; an answer that is no SCIM may say 2xx.
fn hides_the_outcome(error: &VendorError) -> bool {
    error.leaves_unknown() || error.kind == VendorErrorKind::NotUnderstood
}

/// The list that holds what a create made, where the vendor finds it by its `userName` (groups have no such name).
fn lookup(body: &Object, served: &ServedType) -> Option<CallKind> {
    let name = AttributePath::attribute("userName");
    served.canonical.resolve(&name).filter(|_| served.profile.operations.list)?;
    let path = served.mapping.path_to_vendor(&name);
    let value = Literal::String(path.get(body)?.as_str()?.into());
    let filter = Filter::Compare(path, CompareOp::Eq, value);
    let filter = match &served.profile.list.filter {
        Some(known) => listing::evaluated(&filter, known)?,
        None => filter,
    };
    Some(CallKind::List(ListQuery { filter: Some(filter), ..ListQuery::default() }))
}

/// Whether a resource is as a PUT of this body leaves it, as far as the vendor shows it.
fn shows(found: &Object, body: &Object, served: &ServedType) -> bool {
    let merges = served.profile.put.means == PutMeans::Merge;
    let mut attributes = served.writable.iter();
    attributes.all(|(path, attribute)| {
        let hidden = served.form(path).is_some_and(|form| form.never_returned || form.volatile);
        let asked = path.get(body);
        let says_nothing = asked.is_none_or(Value::is_unassigned) && (merges && asked.is_none() || stays(path, served));
        hidden || says_nothing || diff::same_value(path.get(found), asked, Some(attribute))
    })
}

/// Whether a PUT that lacks the attribute leaves it.
fn stays(path: &scimux_scim::AttributePath, served: &ServedType) -> bool {
    let name = path.to_string();
    served.profile.put.keeps.iter().any(|kept| kept.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests;
