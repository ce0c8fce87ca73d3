//! A client's request all the way: decoded, carried out by the machine call by call, each call as the vendor's request and
//! its answer, and the outcome as the bytes of the client's answer. Without the network, and without what belongs to a
//! route (`src/core`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::response::Parts;
use scimux_adapters::{
    Action, Answer, Call, CallKind, Conditions, Next, Operation, Outcome, Reply, Run as Machine, ServedType, Target,
    TargetSettings, Unsupported, vendor,
};
use scimux_scim::list::{Head, Writer};
use scimux_scim::query::{Projection, Types};
use scimux_scim::{ListQuery, Object, Parameters, Quirks, body, patch, value};

use crate::{ID, Run};

/// What the client asks: bodies and queries as it sends them.
pub(crate) enum Ask {
    Read,
    Replace(Bytes),
    Patch(Bytes),
    List(String),
}

/// A client's request and the vendor that answers it.
pub(crate) struct Exchange {
    target: Arc<Target>,
    /// The index of the type.
    kind: usize,
    ask: Ask,
    head: Parts,
    /// The vendor's resource.
    one: Bytes,
    /// How many of it the vendor has.
    total: u64,
    /// The vendor's pages by index of the first and number, made when they are first asked for.
    pages: RefCell<BTreeMap<(u64, u64), Bytes>>,
}

impl Exchange {
    /// On the users of a vendor that has `total`, each as in its file.
    pub(crate) fn new(adapter: &str, ask: Ask, total: u64) -> Self {
        Self::over(target(adapter, |_| {}), "/Users", ask, answer(adapter), total)
    }

    pub(crate) fn over(target: Target, endpoint: &str, ask: Ask, one: String, total: u64) -> Self {
        let kind = target.types.iter().position(|served| served.canonical.endpoint == endpoint).expect("a type");
        let answer = http::Response::builder().header("content-type", "application/scim+json").body(());
        let (head, ()) = answer.expect("an answer").into_parts();
        Self { target: Arc::new(target), kind, ask, head, one: one.into(), total, pages: RefCell::default() }
    }

    /// The path, after checking that it asks the vendor so often.
    pub(crate) fn calls(self, wanted: usize) -> Run {
        let (_, calls) = self.run();
        assert_eq!(calls, wanted, "{} is asked {calls} times", self.target.settings.name);
        self.any()
    }

    /// The path, however often it asks the vendor.
    pub(crate) fn any(self) -> Run {
        Box::new(move || self.run().0)
    }

    /// The length of the client's answer, and how many calls it took.
    fn run(&self) -> (usize, usize) {
        let (mut machine, mut next) = Machine::start(self.operation(), self.target.clone());
        let mut calls = 0;
        loop {
            match next {
                Next::Send(call) => {
                    calls += 1;
                    next = machine.resume(Ok(self.ask_vendor(&call)));
                }
                Next::Done(outcome) => return (self.encode(outcome.expect("an outcome")), calls),
            }
        }
    }

    fn served(&self) -> &ServedType {
        &self.target.types[self.kind]
    }

    fn operation(&self) -> Operation {
        let known = &self.served().canonical;
        let decode = |body| value::parse(body).expect("JSON");
        let action = match &self.ask {
            Ask::Read => Action::Read(ID.into()),
            Ask::Replace(body) => {
                let canonical = body::canonical(decode(body), known, Quirks::default());
                Action::Replace(ID.into(), canonical.expect("a resource"))
            }
            Ask::Patch(message) => {
                let decoded = patch::decode(&decode(message), ID, known, Quirks::default());
                Action::Patch(ID.into(), decoded.expect("a PATCH"))
            }
            Ask::List(query) => {
                let parameters = Parameters::of_query(query).expect("parameters");
                Action::List(Box::new(ListQuery::read(&parameters, known, Types::One).expect("a query")))
            }
        };
        let endpoint = known.endpoint.clone();
        Operation {
            endpoint,
            action,
            asked_at: 0,
            wants_resource: true,
            wants_default: true,
            conditions: Conditions::default(),
        }
    }

    fn ask_vendor(&self, call: &Call) -> Answer {
        let adapter = self.target.vendor.adapter;
        let translated = adapter.request(call, &self.target).expect("the vendor can be asked");
        std::hint::black_box(&translated.request);
        let body = match &call.kind {
            CallKind::List(query) => self.page(query),
            _ => self.one.clone(),
        };
        adapter.answer(call, &self.target, &self.head, &body).expect("the vendor's answer is understood")
    }

    fn page(&self, query: &ListQuery) -> Bytes {
        let (start, count) = (query.start_index.unwrap_or(1).max(1), query.count.unwrap_or(self.total));
        self.pages.borrow_mut().entry((start, count)).or_insert_with(|| self.make(start, count)).clone()
    }

    fn make(&self, start: u64, count: u64) -> Bytes {
        let one = std::str::from_utf8(&self.one).expect("it is JSON");
        let numbers = start..(start + count).min(self.total + 1);
        let users: Vec<String> = numbers.map(|number| one.replace(ID, &format!("{number:036}"))).collect();
        format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":{},"startIndex":{start},"itemsPerPage":{},"Resources":[{}]}}"#,
            self.total,
            users.len(),
            users.join(",")
        )
        .into()
    }

    fn encode(&self, outcome: Outcome) -> usize {
        let finish = |resource: Object| Projection::Default.apply(resource, &self.served().canonical);
        match outcome.reply {
            Reply::Created(resource) | Reply::Resource(resource) => resource.map(finish).to_bytes().len(),
            Reply::Page(listing) => {
                let head = Head {
                    total_results: listing.total_results,
                    start_index: listing.start_index,
                    items_per_page: listing.len() as u64,
                    next_cursor: None,
                };
                let mut writer = Writer::new(&head);
                for resource in listing.resources(|_| false) {
                    writer.push(&resource.expect("a resource").1.map(finish));
                }
                writer.finish().len()
            }
            Reply::NotModified(_) | Reply::NoContent => 0,
        }
    }
}

/// A user in this vendor's answer.
pub(crate) fn answer(adapter: &str) -> String {
    let text = match adapter {
        "pingone" => include_str!("../data/pingone.json"),
        "huawei" => include_str!("../data/huawei.json"),
        "rsa" => include_str!("../data/rsa.json"),
        "veeva" => include_str!("../data/veeva.json"),
        _ => include_str!("../data/scim.json"),
    };
    text.trim_end().to_owned()
}

/// A target of this adapter with the values of its settings' examples, changed.
pub(crate) fn target(adapter: &str, change: impl FnOnce(&mut TargetSettings)) -> Target {
    let vendor = vendor(adapter).expect("an adapter");
    let settings = vendor.settings.iter().filter(|setting| setting.required);
    let scheme = match adapter {
        "pingone" => "oauth2_client_credentials",
        "veeva" => "session",
        _ => "bearer",
    };
    let mut settings = TargetSettings {
        name: adapter.to_owned(),
        base_url: "https://vendor.example:8443/base".parse().expect("a URL"),
        values: settings.map(|setting| (setting.key.to_owned(), setting.example.to_owned())).collect(),
        scheme: scheme.to_owned(),
        delete: None,
        unsupported: Unsupported::Drop,
        scan_limit: 100_000,
        urns: Vec::new(),
        attributes: Vec::new(),
        defaults: Vec::new(),
    };
    change(&mut settings);
    Target::new(vendor, settings).expect("the examples are right")
}
