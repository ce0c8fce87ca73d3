//! A client's request all the way: decoded, carried out by the machine call by call, each call as the vendor's request and
//! its answer, and the outcome as the bytes of the client's answer. Without the network, and without what belongs to a
//! route (`src/core`).

use std::sync::Arc;

use bytes::Bytes;
use http::response::Parts;
use scimux_adapters::{
    Action, Call, CallKind, Conditions, Next, Operation, Outcome, Reply, Run as Machine, Target, TargetSettings,
    Unsupported, vendor,
};
use scimux_scim::list::{Head, Writer};
use scimux_scim::query::{Projection, Types};
use scimux_scim::{ListQuery, Object, Parameters, Quirks, body, patch, value};

use crate::{ID, Run, USER};

/// What the client asks.
pub(crate) enum Ask {
    Read,
    Replace,
    Patch(&'static str),
    /// So many users.
    List(usize),
}

/// A client's request and the vendor that answers it.
pub(crate) struct Exchange {
    target: Arc<Target>,
    ask: Ask,
    head: Parts,
    one: Bytes,
    list: Bytes,
}

impl Exchange {
    pub(crate) fn new(adapter: &str, ask: Ask) -> Self {
        let one = answer(adapter);
        let number = if let Ask::List(number) = ask { number } else { 0 };
        let users: Vec<String> = (0..number).map(|number| one.replace(ID, &format!("{number:036}"))).collect();
        let list = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":{number},"startIndex":1,"itemsPerPage":{number},"Resources":[{}]}}"#,
            users.join(",")
        );
        let answer = http::Response::builder().header("content-type", "application/scim+json").body(());
        let (head, ()) = answer.expect("an answer").into_parts();
        Self { target: Arc::new(target(adapter)), ask, head, one: one.into(), list: list.into() }
    }

    /// The path, after checking that it asks the vendor so often.
    pub(crate) fn calls(self, wanted: usize) -> Run {
        let (_, calls) = self.run();
        assert_eq!(calls, wanted, "{} is asked {calls} times", self.target.settings.name);
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

    fn operation(&self) -> Operation {
        let known = &self.target.types[0].canonical;
        let decode = |text: &'static str| value::parse(&Bytes::from_static(text.as_bytes())).expect("JSON");
        let action = match self.ask {
            Ask::Read => Action::Read(ID.into()),
            Ask::Replace => {
                let canonical = body::canonical(decode(USER), known, Quirks::default());
                Action::Replace(ID.into(), canonical.expect("a user"))
            }
            Ask::Patch(message) => {
                let decoded = patch::decode(&decode(message), ID, known, Quirks::default());
                Action::Patch(ID.into(), decoded.expect("a PATCH"))
            }
            Ask::List(number) => {
                let parameters = Parameters::of_query(&format!("startIndex=1&count={number}")).expect("parameters");
                Action::List(Box::new(ListQuery::read(&parameters, known, Types::One).expect("a query")))
            }
        };
        let endpoint = known.endpoint.clone();
        Operation { endpoint, action, asked_at: 0, wants_resource: true, conditions: Conditions::default() }
    }

    fn ask_vendor(&self, call: &Call) -> scimux_adapters::Answer {
        let adapter = self.target.vendor.adapter;
        let translated = adapter.request(call, &self.target).expect("the vendor can be asked");
        std::hint::black_box(&translated.request);
        let body = if matches!(call.kind, CallKind::List(_)) { &self.list } else { &self.one };
        adapter.answer(call, &self.target, &self.head, body).expect("the vendor's answer is understood")
    }

    fn encode(&self, outcome: Outcome) -> usize {
        let served = &self.target.types[0];
        let finish = |resource: Object| Projection::Default.apply(resource, &served.canonical);
        match outcome.reply {
            Reply::Created(resource) | Reply::Resource(resource) => finish(resource).to_bytes().len(),
            Reply::Page(listing) => {
                let head = Head {
                    total_results: listing.total_results,
                    start_index: listing.start_index,
                    items_per_page: listing.len() as u64,
                    next_cursor: None,
                };
                let mut writer = Writer::new(&head);
                for resource in listing.resources() {
                    writer.push(&finish(resource.expect("a resource").1));
                }
                writer.finish().len()
            }
            Reply::NotModified(_) | Reply::NoContent => 0,
        }
    }
}

/// A user in this vendor's answer.
fn answer(adapter: &str) -> String {
    let text = match adapter {
        "pingone" => include_str!("../data/pingone.json"),
        "huawei" => include_str!("../data/huawei.json"),
        "rsa" => include_str!("../data/rsa.json"),
        "veeva" => include_str!("../data/veeva.json"),
        _ => include_str!("../data/scim.json"),
    };
    text.trim_end().to_owned()
}

/// A target of this adapter with the values of its settings' examples.
pub(crate) fn target(adapter: &str) -> Target {
    let vendor = vendor(adapter).expect("an adapter");
    let settings = vendor.settings.iter().filter(|setting| setting.required);
    let scheme = match adapter {
        "pingone" => "oauth2_client_credentials",
        "veeva" => "session",
        _ => "bearer",
    };
    let settings = TargetSettings {
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
    Target::new(vendor, settings).expect("the examples are right")
}
