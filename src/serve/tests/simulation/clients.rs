//! What clients ask, and whether what they are told is true.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::{Duration, timeout};
use tower::ServiceExt;

use super::random::Random;
use super::vendor::{State, Vendor};
use super::witness::Call;
use crate::front::Request;
use crate::stack::FrontService;
use crate::target::fixture;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Nothing but additions happens to these, so that each must be there in the end.
pub(super) const GROWING: [&str; 2] = ["growing-0", "growing-1"];
/// Everything happens to these.
const CHANGING: [&str; 2] = ["changing-0", "changing-1"];

/// What the vendor holds at first.
pub(super) fn populate(state: &mut State) {
    for id in GROWING.into_iter().chain(CHANGING) {
        state.put(id, user(id, "at first"));
    }
}

fn user(name: &str, title: &str) -> Value {
    json!({"schemas": [USER], "userName": name, "title": title, "active": true})
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Create,
    Read,
    Replace,
    Add,
    Delete,
}

/// One request of a client.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    verb: Verb,
    /// Names the request, and what it makes.
    by: String,
    id: &'static str,
    /// When the client hangs up.
    patience: Option<Duration>,
}

/// What clients were told and may rely on.
#[derive(Default)]
pub(super) struct Told {
    added: Vec<(&'static str, String)>,
    created: Vec<String>,
    not_created: Vec<String>,
}

impl Ask {
    pub(super) fn any(random: &mut Random, number: usize) -> Self {
        let (growing, changing) = (random.pick(&GROWING), random.pick(&CHANGING));
        let (verb, id) = random.pick(&[
            (Verb::Create, ""),
            (Verb::Create, ""),
            (Verb::Add, growing),
            (Verb::Add, growing),
            (Verb::Add, growing),
            (Verb::Add, changing),
            (Verb::Replace, changing),
            (Verb::Replace, changing),
            (Verb::Read, growing),
            (Verb::Read, changing),
        ]);
        // Once in a while, since nothing comes after it.
        let verb = if verb == Verb::Replace && random.chance(10) { Verb::Delete } else { verb };
        let patience = random.chance(if verb == Verb::Read { 50 } else { 25 }).then(|| random.within_millis(6000));
        Self { patience, ..Self::of(verb, id, number) }
    }

    /// A client that waits for as long as it takes.
    fn of(verb: Verb, id: &'static str, number: usize) -> Self {
        let kind = if verb == Verb::Read { "r" } else { Call::CHANGE };
        Self { verb, id, by: format!("{kind}{number}"), patience: None }
    }

    pub(super) fn read(number: usize) -> Self {
        Self::of(Verb::Read, GROWING[0], number)
    }

    /// One change of each resource.
    pub(super) fn changes(from: usize) -> impl Iterator<Item = Self> {
        let all = GROWING.into_iter().chain(CHANGING);
        all.zip(from..).map(|(id, number)| Self::of(Verb::Add, id, number))
    }

    fn request(&self) -> Request {
        let body = match self.verb {
            Verb::Create => user(&self.by, "new"),
            Verb::Replace => user(self.id, &self.by),
            Verb::Add => {
                let value = [json!({"value": self.by})];
                json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "emails", "value": value}]})
            }
            Verb::Read | Verb::Delete => Value::Null,
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("authorization", "Bearer good"), ("host", "scim.example.com"), ("x-request-id", &*self.by)];
        let path = format!("/t/scim/v2/Users/{}", self.id);
        fixture::request(self.method(), path.trim_end_matches('/'), &headers, &body)
    }

    fn method(&self) -> &'static str {
        match self.verb {
            Verb::Create => "POST",
            Verb::Read => "GET",
            Verb::Replace => "PUT",
            Verb::Add => "PATCH",
            Verb::Delete => "DELETE",
        }
    }

    /// Sends it, and holds what comes back against what the vendor knows; the status, if the client waited for it.
    pub(super) async fn send(self, front: FrontService, vendor: Arc<Vendor>, told: super::SharedTold) -> Option<u16> {
        vendor.state().witness.asked(&self.by);
        let answer = front.oneshot(self.request());
        let answer = match self.patience {
            Some(patience) => timeout(patience, answer).await.ok()?,
            None => answer.await,
        };
        let (answer, body) = fixture::read(answer).await;
        let status = answer.status().as_u16();
        let mut state = vendor.state();
        state.witness.note(&format!("{self:?}: {status} {}", body["detail"].as_str().unwrap_or_default()));
        self.check(status, &body, &mut state);
        self.remember(status, &mut told.lock().expect("no panic while it is held"));
        Some(status)
    }

    /// What must be true in the moment of the answer.
    fn check(&self, status: u16, body: &Value, state: &mut State) {
        let there = state.held.contains_key(self.id);
        let known = match self.verb {
            Verb::Create => status == 201,
            Verb::Delete => matches!(status, 204 | 404) && !there,
            Verb::Replace => status == 200 && body["title"] == self.by || status == 404 && !there,
            Verb::Add => matches!(status, 200 | 204) || status == 404 && !there,
            Verb::Read => status == 200 && body["id"] == self.id || status == 404 && !there,
        };
        let failed = matches!(status, 429 | 500 | 502 | 503 | 504) && body["detail"] != "internal error";
        state.witness.must(known || failed, || format!("{self:?} is told {status} {body}"));
    }

    fn remember(&self, status: u16, told: &mut Told) {
        match (self.verb, status) {
            (Verb::Create, 201) => told.created.push(self.by.clone()),
            (Verb::Create, 429 | 502 | 503) => told.not_created.push(self.by.clone()),
            (Verb::Add, 200 | 204) if GROWING.contains(&self.id) => told.added.push((self.id, self.by.clone())),
            _ => {}
        }
    }
}

impl Told {
    /// What must be true in the end.
    pub(super) fn check(&self, state: &mut State) {
        let State { held, witness, .. } = state;
        let made = |name: &String| held.values().filter(|held| held["userName"] == **name).count();
        for name in &self.created {
            witness.must(made(name) == 1, || format!("{name} was created {} times", made(name)));
        }
        for name in &self.not_created {
            witness.must(made(name) == 0, || format!("{name} was created, and nobody was told"));
        }
        for (id, added) in &self.added {
            let emails = held[*id].get("emails").and_then(Value::as_array);
            let there = emails.is_some_and(|emails| emails.iter().any(|email| email["value"] == **added));
            witness.must(there, || format!("{added} of {id} is lost"));
        }
    }
}
