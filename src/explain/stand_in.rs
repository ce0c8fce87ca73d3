//! In a vendor's place: writes down what it would be sent, and answers as it would.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use scimux_adapters::profile::PutMeans;
use scimux_adapters::{Answer, Call, CallKind, Repeat, ServedType, VendorError, VendorErrorKind};
use scimux_scim::{Object, PatchOp, Text, Value, patch};

use super::story::Story;
use super::told::Told;
use crate::config::TargetConfig;
use crate::stack::{at_once, relay};
use crate::target::translate::prepare;
use crate::target::{Asked, CallError, CallService, Heard};
use crate::upstream::Credential;

/// What the vendor does where nobody says what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Habit {
    /// Its PUT keeps what the body leaves out, where the profile does not know.
    put_merges: bool,
    /// It answers a PATCH with 204 (RFC 7644 section 3.5.2 leaves it open).
    patch_is_silent: bool,
}

impl Habit {
    /// All but the default.
    pub(super) const OTHERS: [Self; 3] = [
        Self { put_merges: true, patch_is_silent: false },
        Self { put_merges: false, patch_is_silent: true },
        Self { put_merges: true, patch_is_silent: true },
    ];

    /// The habit in words, to follow "if".
    pub(super) fn condition(self) -> String {
        let merges = self.put_merges.then_some("the vendor's PUT keeps what the body leaves out");
        let silent = self.patch_is_silent.then_some("the vendor answers a PATCH without the resource");
        [merges, silent].into_iter().flatten().collect::<Vec<_>>().join(", and ")
    }
}

/// An imagined vendor with one resource.
pub(super) struct StandIn {
    config: Arc<TargetConfig>,
    credential: Credential,
    habit: Habit,
    story: Arc<Story>,
    state: Mutex<State>,
}

/// What is known of the vendor's data.
struct State {
    /// The vendor's answer to a GET, not looked into yet.
    current: Option<Bytes>,
    /// The resource, as read from `current` and as changed since.
    resource: Option<Object>,
}

impl StandIn {
    pub(super) fn new(config: Arc<TargetConfig>, current: Option<Bytes>, habit: Habit, story: Arc<Story>) -> Self {
        let credential = Credential::masked(&config);
        Self { config, credential, habit, story, state: Mutex::new(State { current, resource: None }) }
    }

    /// The vendor as the core calls it.
    pub(super) fn service(self) -> CallService {
        let this = Arc::new(self);
        relay(move |asked: Asked| at_once(this.answer(asked)))
    }

    fn answer(&self, asked: Asked) -> Result<Heard, CallError> {
        let (mut prepared, notes) = prepare(asked).map_err(CallError::Refused)?;
        let passed = prepared.asked.trace.authorization.take();
        self.credential.put_in(prepared.request.headers_mut(), &prepared.form, passed)?;
        let (told, answer) = self.imagine(&prepared.asked.call);
        self.story.sent(&prepared, &notes, told);
        // What an answer that nobody knows leads to is not made up: the story ends here, whatever is made of the error.
        let answer = answer.ok_or_else(|| VendorError::new(VendorErrorKind::Unreachable))?;
        Ok(Heard { answer, notes })
    }

    /// The vendor's answer, and where it comes from; `None` where nothing can be said.
    fn imagine(&self, call: &Call) -> (Told, Option<Answer>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = (Told::Unknown, None);
        match &call.kind {
            CallKind::Read(id) => match self.present(&mut state, call, id) {
                Some(resource) => (Told::Current, Some(Answer::Resource(resource))),
                None => unknown,
            },
            CallKind::Document => unknown,
            CallKind::List(_) => match self.page(&mut state, call) {
                Some(page) => (Told::Current, Some(page)),
                None => unknown,
            },
            CallKind::Create(body) => {
                let mut created = body.clone();
                created.insert("id", "the-id-the-vendor-gives");
                (Told::Assumed("created, and answered with the resource"), Some(keep(&mut state, created)))
            }
            CallKind::Replace(id, body) => {
                let present = self.present(&mut state, call, id);
                let (resource, told) = self.put(call, present, body, id);
                (told, Some(keep(&mut state, resource)))
            }
            CallKind::Patch(id, operations) => {
                let present = self.present(&mut state, call, id);
                self.patch(call, present, operations, id, &mut state)
            }
            CallKind::Delete(_) => (Told::Assumed("done"), Some(Answer::Empty(None))),
        }
    }

    /// The resource as the vendor has it now, as far as anybody said.
    fn present(&self, state: &mut State, call: &Call, id: &Text) -> Option<Object> {
        if state.resource.is_none() {
            let endpoint = call.endpoint.clone();
            let read = Call {
                endpoint,
                kind: CallKind::Read(id.clone()),
                repeat: Repeat::Safe,
                if_match: None,
                is_shown: false,
            };
            match self.read(&read, state.current.take()?) {
                Ok(Answer::Resource(resource)) => state.resource = Some(resource),
                Ok(_) => {}
                Err(error) => self.story.mistaken(&error),
            }
        }
        state.resource.clone()
    }

    /// The page that was given, once: what the vendor has behind it nobody said.
    fn page(&self, state: &mut State, call: &Call) -> Option<Answer> {
        let page = self.read(call, state.current.clone()?).ok()?;
        state.current = None;
        Some(page)
    }

    /// The vendor's answer as the adapter reads it.
    fn read(&self, call: &Call, body: Bytes) -> Result<Answer, VendorError> {
        let target = &self.config.target;
        let kind = HeaderValue::from_str(&target.profile.http.accept).ok();
        let mut response = Response::new(());
        response.headers_mut().extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
        target.vendor.adapter.answer(call, target, &response.into_parts().0, &body)
    }

    fn put(&self, call: &Call, present: Option<Object>, body: &Object, id: &Text) -> (Object, Told) {
        let present = present.unwrap_or_else(|| only(id));
        let means = self.served(call).map(|served| served.profile.put.means);
        match (means, self.habit.put_merges) {
            (Some(PutMeans::Merge), _) => (merged(present, body), Told::Assumed("merged into the present resource")),
            (Some(PutMeans::Unknown), true) => {
                (merged(present, body), Told::Assumed("done, and what the body leaves out is kept"))
            }
            (Some(PutMeans::Unknown), false) => {
                let told = Told::Assumed("done, and what the body leaves out is cleared, which nobody says");
                (replaced(&present, body), told)
            }
            _ => (replaced(&present, body), Told::Assumed("done as asked, and answered with the resource")),
        }
    }

    fn patch(
        &self,
        call: &Call,
        present: Option<Object>,
        operations: &[PatchOp],
        id: &Text,
        state: &mut State,
    ) -> (Told, Option<Answer>) {
        let served = self.served(call);
        let patched = present.as_ref().zip(served).and_then(|(present, served)| {
            // What the vendor makes of an operation that has no effect is the vendor's; the resource stays as it is.
            patch::apply(present, operations, &served.vendor).ok()
        });
        let known = present.is_some();
        let resource = patched.or(present).unwrap_or_else(|| only(id));
        let answer = if known { keep(state, resource) } else { Answer::Resource(resource) };
        if self.habit.patch_is_silent {
            return (Told::Assumed("done, and answered without the resource"), Some(Answer::Empty(None)));
        }
        (Told::Assumed("done, and answered with the resource"), Some(answer))
    }

    fn served(&self, call: &Call) -> Option<&ServedType> {
        self.config.target.served(&call.endpoint)
    }
}

fn keep(state: &mut State, resource: Object) -> Answer {
    state.current = None;
    state.resource = Some(resource.clone());
    Answer::Resource(resource)
}

/// All that is known of a resource which nobody showed.
fn only(id: &Text) -> Object {
    let mut resource = Object::new();
    resource.insert("id", Value::String(id.clone()));
    resource
}

/// The body in the place of the present resource, of which only what no client writes stays.
fn replaced(present: &Object, body: &Object) -> Object {
    let mut resource = body.clone();
    resource.retain(|_, value| !value.is_unassigned());
    for name in ["id", "meta"] {
        if let Some(value) = present.get(name) {
            resource.insert(name, value.clone());
        }
    }
    resource
}

/// The body over the present resource; `null` and `[]` clear.
fn merged(mut present: Object, body: &Object) -> Object {
    for (name, value) in body.iter() {
        match (present.get_mut(name), value) {
            (_, value) if value.is_unassigned() => drop(present.remove(name)),
            (Some(Value::Object(own)), Value::Object(new)) => *own = merged(own.clone(), new),
            _ => present.insert(name.clone(), value.clone()),
        }
    }
    present
}
