//! A list under way.

use std::sync::Arc;

use scimux_scim::query::Types;
use scimux_scim::{ListQuery, ScimError, ScimType};

use super::{Failure, Next, not_understood};
use crate::profile::FilterProfile;
use crate::scan::Scan;
use crate::{Answer, Call, CallKind, Outcome, Repeat, Reply, Target, VendorError, VendorErrorKind};

/// A list, and what it was planned from.
#[derive(Debug)]
pub(super) struct List {
    queries: Vec<(String, ListQuery)>,
    types: Types,
    target: Arc<Target>,
    /// `None` once it is answered.
    scan: Option<Scan>,
    because: Vec<String>,
}

impl List {
    /// Plans the list and begins it.
    ///
    /// # Errors
    /// The gateway refuses it.
    pub(super) fn start(
        queries: Vec<(String, ListQuery)>,
        types: Types,
        target: Arc<Target>,
    ) -> Result<(Self, Next), ScimError> {
        let scan = Scan::plan(&queries, types, &target)?;
        let because = scan.because().into_iter().collect();
        let mut list = Self { queries, types, target, scan: Some(scan), because };
        let next = list.advance();
        Ok((list, next))
    }

    pub(super) fn because(&self) -> &[String] {
        &self.because
    }

    pub(super) fn resume(&mut self, got: Result<Answer, VendorError>) -> Next {
        let Some(scan) = &mut self.scan else { return Next::Done(Err(not_understood(None))) };
        let relied_on = scan.relies_on();
        match got {
            Ok(Answer::Page(page)) if scan.is_unfiltered(&page) => self.begin_without(relied_on, not_understood(None)),
            Ok(Answer::Page(page)) => match scan.accept(page) {
                Ok(()) => self.advance(),
                Err(failure) => Next::Done(Err(failure)),
            },
            Ok(_) => Next::Done(Err(not_understood(None))),
            Err(error) => {
                let relied_on = relied_on.filter(|_| is_beyond(&error));
                self.begin_without(relied_on, Failure::Vendor { error, done: None })
            }
        }
    }

    /// Begins anew, and does here what the vendor was relied on to do for the type with this index: it refuses to, or
    /// ignores it. Where that cannot be done here either, the failure stands.
    fn begin_without(&mut self, relied_on: Option<usize>, failure: Failure) -> Next {
        match relied_on.and_then(|served| self.plan_without(served)) {
            Some(scan) => {
                self.because.push("the vendor does not filter or sort as asked: all of it is done here".to_owned());
                self.scan = Some(scan);
                self.advance()
            }
            None => Next::Done(Err(failure)),
        }
    }

    fn plan_without(&mut self, served: usize) -> Option<Scan> {
        let mut target = Target::clone(&self.target);
        let list = &mut target.types.get_mut(served)?.profile.list;
        list.filter = Some(FilterProfile::none());
        list.sort = false;
        self.target = Arc::new(target);
        Scan::plan(&self.queries, self.types, &self.target).ok()
    }

    /// Asks for the next page, if one is needed.
    fn advance(&mut self) -> Next {
        if let Some((endpoint, query)) = self.scan.as_ref().and_then(Scan::next_call) {
            return Next::Send(Call {
                endpoint,
                kind: CallKind::List(query),
                repeat: Repeat::Safe,
                if_match: None,
                is_shown: false,
            });
        }
        let reply = self.scan.take().map(|scan| Reply::Page(scan.finish())).ok_or_else(|| not_understood(None));
        Next::Done(reply.map(|reply| Outcome { reply, notes: Vec::new() }))
    }
}

/// Whether the vendor says that it does not filter or sort so: what is asked of it is legal.
fn is_beyond(error: &VendorError) -> bool {
    matches!(
        error.kind,
        VendorErrorKind::Unsupported | VendorErrorKind::BadRequest(ScimType::InvalidFilter | ScimType::InvalidPath)
    )
}
