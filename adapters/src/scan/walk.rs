//! A list by cursor: from a position on, with no more read than the page needs.

use scimux_scim::list::Page;

use super::position::Position;
use super::{Scan, cut};
use crate::Failure;
use crate::profile::Paging;

impl Scan {
    /// From a position on: stops where the answer is full or as much is read as may be.
    pub(super) fn walk(&mut self, page: &Page) -> Result<(), Failure> {
        let by_index = self.paging == Paging::Index;
        // A page that begins elsewhere: that of a vendor which does not page begins at the first resource.
        let unpaged = by_index && self.is_elsewhere(page, self.here.skip + 1);
        if unpaged && page.start_index.is_some_and(|index| index != 1) {
            return Err(cut("the vendor does not page as asked".to_owned()).into());
        }
        let (base, first) = if by_index && !unpaged { (self.here.skip, 0) } else { (0, self.here.skip) };
        for (resource, done) in page.resources.iter().zip(0u64..).skip(usize::try_from(first).unwrap_or(usize::MAX)) {
            if self.window.is_full() || self.read == self.bound {
                return self.stop(Some(Position { skip: base + done, ..self.here.clone() }), page);
            }
            self.look_at(resource)?;
        }
        match &page.next_cursor {
            _ if by_index => self.walk_by_index(page, base, unpaged),
            None => self.stop(None, page),
            Some(next) => {
                self.turn(next)?;
                self.stop_if_enough(page)
            }
        }
    }

    fn walk_by_index(&mut self, page: &Page, base: u64, unpaged: bool) -> Result<(), Failure> {
        let here = page.resources.len() as u64;
        self.here.skip = base + here;
        match page.total_results {
            Some(total) if self.here.skip >= total => self.stop(None, page),
            Some(total) if here == 0 || unpaged => {
                Err(cut(format!("the vendor's pages hold {} of the {total} resources it counts", self.here.skip))
                    .into())
            }
            None if here == 0 || unpaged => self.stop(None, page),
            _ => self.stop_if_enough(page),
        }
    }

    fn stop_if_enough(&mut self, page: &Page) -> Result<(), Failure> {
        if self.window.is_full() || self.read == self.bound {
            return self.stop(Some(self.here.clone()), page);
        }
        Ok(())
    }

    fn stop(&mut self, next: Option<Position>, page: &Page) -> Result<(), Failure> {
        self.next = next;
        self.total = page.total_results.filter(|_| self.parts[self.at].is_plain());
        self.at = self.parts.len();
        Ok(())
    }
}
