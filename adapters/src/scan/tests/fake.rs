//! A vendor in memory, of any way of paging.

use bytes::Bytes;
use scimux_scim::Filter;
use scimux_scim::list::Message;
use scimux_scim::sort::Sorter;

use super::super::*;
use crate::fixture::{configured, json};
use crate::profile::FilterProfile;
use crate::{Action, Answer, CallKind, Conditions, Next, Operation, Outcome, Reply, Run};

/// A vendor with users, as its profile says.
pub(super) struct Fake {
    pub(super) target: Arc<Target>,
    pub(super) users: Vec<Object>,
    /// What it leaves out of its answers: `totalResults`, `startIndex`.
    pub(super) silent: bool,
    /// It answers with its first page whatever `startIndex` and `count` say.
    pub(super) stuck: bool,
    /// That page is all it has.
    pub(super) boundless: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) paging: Paging,
    pub(super) cap: u64,
    pub(super) logical: bool,
    pub(super) bound: u64,
}

impl Fake {
    pub(super) fn new(shape: &Shape, users: &[(u8, u8, bool)]) -> Self {
        let mut target = configured("scim", |settings| settings.scan_limit = shape.bound).expect("a target");
        target.types[0].profile.list = ListProfile {
            filter: Some(FilterProfile {
                operators: vec!["eq".to_owned(), "sw".to_owned()],
                attributes: vec!["userName".to_owned(), "title".to_owned()],
                logical: shape.logical,
            }),
            paging: shape.paging,
            cap: Some(shape.cap),
            sort: false,
            not_sortable: Vec::new(),
        };
        let user = |(number, (name, title, active)): (usize, &(u8, u8, bool))| {
            let title = if *title == 0 { String::new() } else { format!(",\"title\":\"T{title}\"") };
            json(&format!("{{\"id\":\"{number}\",\"userName\":\"u{name}\",\"active\":{active}{title}}}"))
        };
        let users = users.iter().enumerate().map(user).collect();
        Self { target: Arc::new(target), users, silent: false, stuck: false, boundless: false }
    }

    pub(super) fn kind(&self) -> &ServedType {
        &self.target.types[0]
    }

    fn matching(&self, filter: Option<&Filter>) -> Vec<&Object> {
        let compiled = filter.map(|filter| filter.compile(&self.kind().vendor).expect("legal"));
        self.users.iter().filter(|user| compiled.as_ref().is_none_or(|filter| filter.matches(user))).collect()
    }

    fn answer(&self, query: &ListQuery) -> Page {
        Message::split(&self.body(query)).and_then(Message::into_page).expect("a page")
    }

    pub(super) fn body(&self, query: &ListQuery) -> Bytes {
        let hits = self.matching(query.filter.as_ref());
        let list = &self.kind().profile.list;
        let cap = list.cap.expect("one");
        let cap = if self.boundless { u64::MAX } else { cap };
        let count = query.count.filter(|_| !self.stuck).unwrap_or(cap).min(cap);
        let start = match list.paging {
            Paging::Index if !self.stuck => query.start_index.expect("asked for") - 1,
            Paging::Cursor => query.cursor.as_ref().expect("asked for").trim_start_matches('c').parse().unwrap_or(0),
            _ => 0,
        };
        let shown =
            hits.iter().skip(usize::try_from(start).expect("small")).take(usize::try_from(count).expect("64 bits"));
        let shown: Vec<String> = shown.map(|user| String::from_utf8_lossy(&user.to_bytes()).into_owned()).collect();
        let end = start + shown.len() as u64;
        let mut head = String::new();
        if !self.silent {
            head.push_str(&format!("\"totalResults\":{},", hits.len()));
        }
        if list.paging == Paging::Cursor && end < hits.len() as u64 {
            head.push_str(&format!("\"nextCursor\":\"c{end}\","));
        }
        Bytes::from(format!("{{{head}\"Resources\":[{}]}}", shown.join(",")))
    }

    /// Drives a list to its end; how many calls it took.
    pub(super) fn list(&self, query: &ListQuery) -> (Result<Listing, Failure>, usize) {
        let action = Action::List(Box::new(query.clone()));
        let endpoint = "/Users".to_owned();
        let operation = Operation {
            endpoint,
            action,
            asked_at: 0,
            wants_resource: true,
            wants_default: false,
            conditions: Conditions::default(),
        };
        let (mut run, mut next) = Run::start(operation, Arc::clone(&self.target));
        let mut calls = 0;
        loop {
            match next {
                Next::Send(call) => {
                    calls += 1;
                    let CallKind::List(asked) = &call.kind else { panic!("only lists are asked for") };
                    next = run.resume(Ok(Answer::Page(self.answer(asked))));
                }
                Next::Done(Ok(Outcome { reply: Reply::Page(listing), .. })) => return (Ok(listing), calls),
                Next::Done(Ok(other)) => panic!("no list: {other:?}"),
                Next::Done(Err(failure)) => return (Err(failure), calls),
            }
        }
    }

    pub(super) fn ids(&self, listing: &Listing) -> Vec<String> {
        let resources = listing.resources(|_| true).map(|resource| resource.expect("a resource").1.resource);
        resources.map(|resource| resource.str("id").expect("an id").to_owned()).collect()
    }

    /// What a query selects, by looking at everything.
    pub(super) fn brute(&self, query: &ListQuery) -> Vec<String> {
        let mut hits = self.matching(query.filter.as_ref());
        if let Some(path) = &query.sort_by {
            let sorter = Sorter::new(path, query.descending, &self.kind().canonical);
            hits.sort_by_key(|user| (sorter.key(user), user.str("id").map(str::to_owned)));
        }
        hits.iter().map(|user| user.str("id").expect("an id").to_owned()).collect()
    }
}
