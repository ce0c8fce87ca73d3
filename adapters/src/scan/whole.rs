//! All there is of a list, page by page, to count, filter or sort it.

use scimux_scim::list::Page;

use super::{Scan, cut};
use crate::Failure;
use crate::profile::Paging;

impl Scan {
    /// Takes what is part of the answer, and goes on to the next page or the next part.
    pub(super) fn take_all(&mut self, page: &Page) -> Result<(), Failure> {
        // A plain list of a vendor that cannot page is one page, however long.
        let bounded = self.pages() || !self.is_alone();
        let mut fresh = false;
        for resource in &page.resources {
            if self.is_enough(page) {
                break;
            }
            if bounded && self.read == self.bound && !self.is_seen(resource)? {
                return Err(self.too_many().into());
            }
            fresh |= self.look_at(resource)?;
        }
        if self.is_enough(page) {
            self.unread += self.behind(page);
            self.next_part();
            return Ok(());
        }
        if bounded && self.behind(page) > self.bound - self.read && !self.will_do(page) {
            return Err(self.too_many().into());
        }
        self.read_on(page, fresh)
    }

    /// How many more than those that were read the vendor counts.
    fn behind(&self, page: &Page) -> u64 {
        page.total_results.unwrap_or_default().saturating_sub(self.seen.len() as u64)
    }

    /// Where the vendor counts, nothing behind the page asked for needs to be read.
    fn is_enough(&self, page: &Page) -> bool {
        self.counts(page) && self.window.is_full()
    }

    /// Whether it will be enough before more is read than may be.
    fn will_do(&self, page: &Page) -> bool {
        self.counts(page) && self.window.lacks().is_some_and(|lacks| lacks <= self.bound - self.read)
    }

    /// Whether the vendor pages and counts what the part is asked for. By cursor all is read each time: a cursor that was
    /// handed out must not lead to a page that is too far.
    fn counts(&self, page: &Page) -> bool {
        let counted = page.total_results.is_some_and(|total| total >= self.seen.len() as u64);
        self.pages() && !self.by_cursor && self.parts[self.at].is_plain() && counted
    }

    fn read_on(&mut self, page: &Page, fresh: bool) -> Result<(), Failure> {
        let here = page.resources.len() as u64;
        match self.paging {
            Paging::Index => {
                self.here.skip += here;
                if !fresh && page.total_results.is_none() && here >= self.page_size() {
                    return Err(cut("the vendor does not page".to_owned()).into());
                }
                let end = !fresh || page.total_results.is_some_and(|total| self.here.skip >= total);
                if end {
                    self.end_of_part(page)?
                }
            }
            Paging::Cursor => match &page.next_cursor {
                None => self.end_of_part(page)?,
                Some(next) => self.turn(next)?,
            },
            Paging::Count | Paging::None => self.only_page(page)?,
        }
        Ok(())
    }

    /// All pages are read: they must hold what the vendor counts.
    fn end_of_part(&mut self, page: &Page) -> Result<(), Failure> {
        let held = self.seen.len() as u64;
        match page.total_results {
            Some(total) if held < total => {
                Err(cut(format!("the vendor's pages hold {held} of the {total} resources it counts")).into())
            }
            _ => {
                self.next_part();
                Ok(())
            }
        }
    }

    /// A vendor's only page may be cut: never a short list presented as whole (CONTRACT section 3).
    fn only_page(&mut self, page: &Page) -> Result<(), Failure> {
        let here = page.resources.len() as u64;
        let total = page.total_results.unwrap_or(here).max(here);
        let cap = self.list().cap;
        let full = cap.is_some_and(|cap| here >= cap);
        if total == here && !full {
            self.next_part();
            return Ok(());
        }
        if total > here && self.is_alone() && self.window.is_first() && !self.by_cursor {
            self.total = Some(total);
            self.at = self.parts.len();
            return Ok(());
        }
        let cap = cap.unwrap_or(here);
        let known = self.evaluated();
        Err(cut(format!("the vendor returns at most {cap} resources and cannot page{known}")).into())
    }
}
