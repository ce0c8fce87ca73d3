//! Reads a vendor's pages one by one until a list can be answered, without I/O.

mod position;
mod walk;
mod whole;
mod window;

use std::collections::BTreeSet;
use std::sync::Arc;

use scimux_scim::list::Page;
use scimux_scim::query::{DEFAULT_COUNT, MAX_COUNT, Types};
use scimux_scim::{ListQuery, Object, ScimError, ScimType, Text};

use self::position::Position;
use self::window::Window;
use crate::listing::{Part, excludes, part};
use crate::operation::Listing;
use crate::profile::{ListProfile, Paging};
use crate::{Failure, ServedType, Target, VendorError, VendorErrorKind, dialect};

/// A list under way.
#[derive(Debug)]
pub(crate) struct Scan {
    target: Arc<Target>,
    parts: Vec<Part>,
    /// Which part is read; past the last one all is done.
    at: usize,
    goal: Goal,
    /// The client's `startIndex`.
    start: u64,
    take: u64,
    by_cursor: bool,
    /// How many resources may be read in all (`scan_limit`).
    bound: u64,
    read: u64,
    calls: u64,
    /// How the vendor pages: what the profile says, or what its answers show (rfc-traps 315).
    paging: Paging,
    /// Where the next vendor page begins.
    here: Position,
    /// Ids of this part: pages may overlap, or all be the same where a vendor does not page.
    seen: BTreeSet<Text>,
    window: Window,
    /// The vendor's own count, where it stands for the whole list.
    total: Option<u64>,
    /// What the vendor counts behind what was read of each part.
    unread: u64,
    next: Option<Position>,
}

/// What is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// One page of the vendor's is the answer.
    Page,
    /// From a cursor on until the answer is full; what all pages together hold is not counted.
    Walk,
    /// All there is, to count, filter or sort.
    Whole,
}

impl Scan {
    /// Plans the list of one type, or with [`Types::All`] of several: endpoint, query.
    ///
    /// # Errors
    /// What neither the vendor nor the gateway can do; 400 `invalidCursor` and `invalidCount`.
    pub(crate) fn plan(queries: &[(String, ListQuery)], types: Types, target: &Arc<Target>) -> Result<Self, ScimError> {
        let mut parts = Vec::new();
        for (endpoint, query) in queries {
            let find = |served: &ServedType| served.canonical.endpoint.eq_ignore_ascii_case(endpoint);
            let Some(index) = target.types.iter().position(find) else { continue };
            let part = part(query, index, &target.types[index], types)?;
            if part.is_some() && !target.types[index].profile.operations.list {
                // Left out silently, the list would be a short one presented as whole.
                let name = &target.types[index].canonical.name;
                let detail = format!("the vendor does not list {name}: leave the type out by meta.resourceType");
                return Err(ScimError::not_implemented(detail));
            }
            parts.extend(part);
        }
        let asked = queries.first().map(|(_, query)| query.clone()).unwrap_or_default();
        Self::over(parts, &asked, target)
    }

    fn over(parts: Vec<Part>, asked: &ListQuery, target: &Arc<Target>) -> Result<Self, ScimError> {
        let take = asked.count.unwrap_or(DEFAULT_COUNT);
        let by_cursor = asked.cursor.is_some() && take > 0;
        let here = Position::read(asked.cursor.as_deref().unwrap_or_default(), take)?;
        let goal = goal(&parts, by_cursor, target);
        let start = asked.start_index.unwrap_or(1).max(1);
        let (skip, here) = match goal {
            Goal::Walk => (0, here),
            Goal::Page => (0, Position { skip: start - 1, ..here }),
            Goal::Whole if by_cursor => (here.skip, Position::first(take)),
            Goal::Whole => (start - 1, Position::first(take)),
        };
        let sorted = parts.iter().any(|part| part.sorter.is_some());
        let window = Window::new(skip, take, sorted);
        let bound = target.settings.scan_limit;
        let target = Arc::clone(target);
        let (seen, total, next, paging) = (BTreeSet::new(), None, None, Paging::None);
        let mut scan = Self {
            target,
            parts,
            at: 0,
            goal,
            start,
            take,
            by_cursor,
            bound,
            read: 0,
            calls: 0,
            paging,
            here,
            seen,
            window,
            total,
            unread: 0,
            next,
        };
        scan.begin_part();
        Ok(scan)
    }

    /// Why the list is answered as it is; names no values.
    pub(crate) fn because(&self) -> Option<String> {
        let evaluates = self.parts.iter().any(|part| part.rest.is_some());
        let sorts = self.parts.iter().any(|part| part.sorter.is_some());
        let what = match (evaluates, sorts) {
            (true, true) => "does not evaluate the whole filter and does not sort so: both are done here",
            (true, false) => "does not evaluate the whole filter: the rest is evaluated here",
            (false, true) => "does not sort so: it is sorted here",
            (false, false) => return None,
        };
        Some(format!("the vendor {what}, over its pages, at most {} resources", self.bound))
    }

    /// What the vendor is asked next: endpoint, query; `None`: the list can be answered.
    pub(crate) fn next_call(&self) -> Option<(String, ListQuery)> {
        let part = self.parts.get(self.at)?;
        let index = (self.paging == Paging::Index).then(|| self.here.skip + 1);
        let cursor = (self.paging == Paging::Cursor).then(|| self.here.cursor.clone());
        let count = match self.paging {
            Paging::Index | Paging::Cursor => Some(self.page_size()),
            Paging::Count => self.list().cap,
            Paging::None => None,
        };
        Some((
            self.kind().profile.endpoint.clone(),
            ListQuery { start_index: index, count, cursor, ..part.query.clone() },
        ))
    }

    fn page_size(&self) -> u64 {
        let most = self.list().cap.unwrap_or(u64::MAX);
        let whole = self.goal == Goal::Whole || !self.parts[self.at].is_plain();
        if whole { MAX_COUNT.min(most) } else { self.take.min(most) }
    }

    fn kind(&self) -> &ServedType {
        &self.target.types[self.parts[self.at].served]
    }

    fn list(&self) -> &ListProfile {
        &self.kind().profile.list
    }

    /// Which type is asked for, if the vendor is to filter or sort.
    pub(crate) fn relies_on(&self) -> Option<usize> {
        let part = self.parts.get(self.at)?;
        (part.query.filter.is_some() || part.query.sort_by.is_some()).then_some(part.served)
    }

    /// Whether the page shows that the vendor does not filter as it was asked to: no list could be told from it.
    pub(crate) fn is_unfiltered(&self, page: &Page) -> bool {
        let Some(filter) = self.parts.get(self.at).and_then(|part| part.query.filter.as_ref()) else { return false };
        let kind = self.kind();
        page.resources.iter().any(|resource| self.decode(resource).is_ok_and(|found| excludes(filter, &found, kind)))
    }

    /// Takes what of the vendor's page is needed.
    ///
    /// # Errors
    /// 400 `tooMany`: more than the bound, or a list that is cut; what is no list of resources.
    pub(crate) fn accept(&mut self, page: Page) -> Result<(), Failure> {
        self.calls += 1;
        if self.paging == Paging::Index && page.next_cursor.is_some() && page.start_index.is_none() {
            self.paging = Paging::Cursor;
        }
        match self.goal {
            Goal::Page => self.take_page(page),
            Goal::Walk => self.walk(&page)?,
            Goal::Whole => self.take_all(&page)?,
        }
        Ok(())
    }

    /// One page as it is, unless the vendor does not page as asked or does not count.
    fn take_page(&mut self, page: Page) {
        let here = page.resources.len() as u64;
        // An empty page says how many there are only if something was asked for, from the first on.
        let counts_itself = here == 0 && self.start == 1 && self.take > 0;
        if self.is_elsewhere(&page, self.start) || page.total_results.is_none() && !counts_itself {
            self.goal = Goal::Whole;
            self.here = Position::first(self.take);
            self.window = Window::new(self.start - 1, self.take, false);
            return;
        }
        let counted = page.total_results.unwrap_or(here);
        // rfc-traps 237: what a vendor shows past the end is not what was asked for.
        let shown = if self.start > counted { 0 } else { here.min(self.take) };
        self.total = Some(counted.max(if shown == 0 { 0 } else { self.start - 1 + shown }));
        let served = self.parts[self.at].served;
        for resource in page.resources.into_iter().take(usize::try_from(shown).unwrap_or(usize::MAX)) {
            self.window.add(None, served, resource);
        }
        self.at = self.parts.len();
    }

    /// Whether the page is another than the one from `start` on: it says so, it holds more than was asked for or than there
    /// can be behind `start`, or it comes from a vendor that has cursors only.
    fn is_elsewhere(&self, page: &Page, start: u64) -> bool {
        let here = page.resources.len() as u64;
        let behind = page.total_results.map(|total| total.saturating_sub(start - 1));
        let overlong = here > behind.unwrap_or(u64::MAX).min(self.page_size());
        let elsewhere = match page.start_index {
            Some(index) => index != start,
            None => start > 1 && (overlong || self.paging == Paging::Cursor),
        };
        here > 0 && elsewhere
    }

    fn pages(&self) -> bool {
        matches!(self.paging, Paging::Index | Paging::Cursor)
    }

    /// Whether one vendor list, as the vendor has it, is all that was asked for.
    fn is_alone(&self) -> bool {
        matches!(&*self.parts, [part] if part.is_plain())
    }

    fn next_part(&mut self) {
        self.at += 1;
        self.seen.clear();
        self.here = Position::first(self.take);
        self.begin_part();
    }

    fn begin_part(&mut self) {
        if self.at < self.parts.len() {
            self.paging = if self.here.cursor.is_empty() { self.list().paging } else { Paging::Cursor };
        }
    }

    /// On to the vendor's next page; a vendor that turns in circles is not followed.
    fn turn(&mut self, next: &Text) -> Result<(), Failure> {
        if *next == self.here.cursor {
            return Err(not_understood("the vendor's cursor leads to the page it came with"));
        }
        if self.calls > self.bound {
            return Err(self.too_many().into());
        }
        self.here = Position { skip: 0, cursor: next.clone(), ..self.here };
        Ok(())
    }

    /// Counts a resource, and keeps it if it is part of the answer; whether it is a new one.
    fn look_at(&mut self, text: &Text) -> Result<bool, Failure> {
        let resource = self.decode(text)?;
        let id = Text::from(resource.str("id").unwrap_or(text));
        if !self.seen.insert(id.clone()) {
            return Ok(false);
        }
        self.read += 1;
        let part = &self.parts[self.at];
        let canonical = self.kind().mapping.resource_to_canonical(resource);
        if part.rest.as_ref().is_none_or(|rest| rest.matches(&canonical)) {
            // Equal places are told apart by id: a vendor's own order may change from call to call (rfc-traps 242).
            let key = part.sorter.as_ref().map(|sorter| (sorter.key(&canonical), id));
            // A copy: a slice would keep the whole page in memory.
            self.window.add(key, part.served, Text::from(&**text));
        }
        Ok(true)
    }

    fn is_seen(&self, text: &Text) -> Result<bool, Failure> {
        let resource = self.decode(text)?;
        Ok(resource.str("id").is_some_and(|id| self.seen.contains(id)))
    }

    fn decode(&self, text: &Text) -> Result<Object, Failure> {
        let resource = dialect::listed(text, self.kind());
        resource.ok_or_else(|| not_understood("an element of the vendor's list is no resource"))
    }

    fn too_many(&self) -> ScimError {
        let what = format!("answering this would take more than {} of the vendor's resources (scan_limit)", self.bound);
        ScimError::bad_request(ScimType::TooMany, what + &self.evaluated())
    }

    /// What a client could ask for instead.
    fn evaluated(&self) -> String {
        let list = self.parts.get(self.at).map(|part| &self.target.types[part.served].profile.list);
        let known = list.and_then(|list| list.filter.as_ref()).map(|known| known.words());
        known.map(|known| format!("; the vendor itself evaluates {known}")).unwrap_or_default()
    }

    /// The answer.
    pub(crate) fn finish(self) -> Listing {
        let whole = self.goal == Goal::Whole;
        let matched = self.window.matched();
        let total = if whole { Some(self.total.unwrap_or(matched + self.unread)) } else { self.total };
        let end = self.window.end();
        let next = match self.by_cursor && whole && total.is_some_and(|total| end < total) {
            true => Some(Position { skip: end, ..Position::first(self.take) }),
            false => self.next,
        };
        Listing {
            total_results: if self.parts.is_empty() { Some(0) } else { total },
            start_index: (!self.by_cursor).then_some(self.start),
            next: next.map(|next| next.to_string()),
            target: self.target,
            resources: self.window.into_resources(),
        }
    }
}

fn goal(parts: &[Part], by_cursor: bool, target: &Target) -> Goal {
    let [part] = parts else { return Goal::Whole };
    match (target.types[part.served].profile.list.paging, by_cursor) {
        (Paging::Index | Paging::Cursor, true) if part.sorter.is_none() => Goal::Walk,
        (Paging::Index, false) if part.is_plain() => Goal::Page,
        _ => Goal::Whole,
    }
}

fn cut(what: String) -> ScimError {
    ScimError::bad_request(ScimType::TooMany, format!("{what}: ask with a filter that matches fewer"))
}

fn not_understood(hint: &'static str) -> Failure {
    let error = VendorError::new(VendorErrorKind::NotUnderstood).with_hint(hint);
    Failure::Vendor { error, done: None }
}

#[cfg(test)]
mod tests;
