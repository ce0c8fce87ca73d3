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
        let here = page.resources.len() as u64;
        let elsewhere = by_index && here > 0 && page.start_index.is_some_and(|index| index != self.here.skip + 1);
        if elsewhere {
            return Err(cut("the vendor does not page".to_owned()).into());
        }
        let first = if by_index { 0 } else { self.here.skip };
        for (resource, done) in page.resources.iter().zip(0u64..).skip(usize::try_from(first).unwrap_or(usize::MAX)) {
            if self.window.is_full() || self.read == self.bound {
                let skip = if by_index { self.here.skip + done } else { done };
                return self.stop(Some(Position { skip, ..self.here.clone() }), page);
            }
            self.look_at(resource)?;
        }
        match (by_index, &page.next_cursor) {
            (true, _) => self.walk_by_index(page, here),
            (false, None) => self.stop(None, page),
            (false, Some(next)) => {
                self.turn(next)?;
                self.stop_if_enough(page)
            }
        }
    }

    fn walk_by_index(&mut self, page: &Page, here: u64) -> Result<(), Failure> {
        self.here.skip += here;
        match page.total_results {
            Some(total) if self.here.skip >= total => self.stop(None, page),
            Some(total) if here == 0 => {
                Err(cut(format!("the vendor's pages hold {} of the {total} resources it counts", self.here.skip))
                    .into())
            }
            None if here == 0 => self.stop(None, page),
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
