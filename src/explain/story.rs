//! What happens while a request is played through, written down in order.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::response::Parts;
use scimux_adapters::{Note, Run, VendorError};
use scimux_scim::value;

use super::shown;
use super::told::{Answer, Body, Change, Course, Step, Told};
use crate::target::Prepared;
use crate::telemetry::Onlooker;

/// A course under way.
#[derive(Default)]
pub(super) struct Story(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    course: Course,
    /// What was changed since the last call.
    changes: Vec<Change>,
    ahead: Vec<&'static str>,
    mistake: Option<String>,
}

impl Onlooker for Story {
    fn see(&self, run: &Run) {
        self.with(|inner| {
            for reason in run.because() {
                if !inner.course.because.contains(reason) {
                    inner.course.because.push(reason.clone());
                }
            }
            inner.note(run.notes());
            inner.ahead = run.ahead().collect();
        });
    }
}

impl Story {
    /// A call was made.
    pub(super) fn sent(&self, prepared: &Prepared, notes: &[Note], told: Told) {
        self.with(|inner| {
            inner.note(notes);
            let changes = std::mem::take(&mut inner.changes);
            inner.course.complete = told != Told::Unknown;
            inner.course.steps.push(step(prepared, changes, told, inner.ahead.clone()));
        });
    }

    /// What was given as the vendor's present resource is not.
    pub(super) fn mistaken(&self, error: &VendorError) {
        let words = [error.hint.as_deref(), error.text.as_deref()].into_iter().flatten();
        let words: String = words.map(|words| format!("; {words}")).collect();
        let text =
            format!("--current must hold what the vendor answers to a GET of the resource, and this is none{words}");
        self.with(|inner| inner.mistake = Some(text));
    }

    /// The whole course, with the answer it ends in.
    ///
    /// # Errors
    /// A mistake of whoever asks.
    pub(super) fn end(&self, head: &Parts, body: &Bytes) -> Result<Course, String> {
        self.with(|inner| {
            if let Some(mistake) = inner.mistake.take() {
                return Err(mistake);
            }
            let mut course = std::mem::take(&mut inner.course);
            course.changes = std::mem::take(&mut inner.changes);
            course.complete |= course.steps.is_empty();
            course.answer = course.complete.then(|| answer(head, body, &course.steps));
            Ok(course)
        })
    }

    fn with<T>(&self, how: impl FnOnce(&mut Inner) -> T) -> T {
        how(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    /// Each change is told once, before the call that it is first seen in.
    fn note(&mut self, notes: &[Note]) {
        for change in notes.iter().map(Change::from) {
            let told = self.course.steps.iter().flat_map(|step| &step.changes);
            if !told.chain(&self.changes).any(|known| *known == change) {
                self.changes.push(change);
            }
        }
    }
}

fn step(prepared: &Prepared, changes: Vec<Change>, answer: Told, then: Vec<&'static str>) -> Step {
    let (request, call) = (&prepared.request, &prepared.asked.call);
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let host = request.uri().authority().map(|host| ("host".to_owned(), host.to_string()));
    Step {
        call: call.kind.name(),
        method: request.method().to_string(),
        path,
        headers: host.into_iter().chain(shown(request.headers())).collect(),
        body: Body::of(request.body()),
        changes,
        answer,
        then,
    }
}

/// The client's answer. Where a write is only assumed to have been done, its body is the vendor's to say.
fn answer(head: &Parts, body: &Bytes, steps: &[Step]) -> Answer {
    let assumed = steps.iter().any(|step| matches!(step.answer, Told::Assumed(_)));
    let status = head.status.as_u16();
    let open = assumed && status < 400;
    let body = if open { None } else { value::parse(body).ok() };
    let mut headers = shown(&head.headers);
    // The version is one of the body.
    headers.retain(|(name, _)| !open || name != "etag");
    Answer { status, assumed, headers, body }
}
