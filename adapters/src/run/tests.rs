//! The machine alone: what it asks for, call by call, when the vendor answers this or that.

use bytes::Bytes;
use scimux_scim::{Object, Quirks, Value, body, patch, value};

use super::single::again::CONFLICTS;
use super::*;
use crate::{CallKind, Conditions, NoteKind, Repeat, Reply, fixture};

pub(super) fn object(json: &str) -> Object {
    value::parse(&Bytes::from(json.to_owned())).expect(json)
}

/// A run of one operation and what it asked for so far.
pub(super) struct Driven {
    pub(super) run: Run,
    pub(super) next: Next,
}

impl Driven {
    pub(super) fn start(vendor: &str, action: impl FnOnce(&ServedType) -> Action) -> Self {
        let target = Arc::new(fixture::target(vendor));
        let action = action(&target.types[0]);
        let operation = Operation {
            endpoint: "/Users".to_owned(),
            action,
            asked_at: 1_700_000_000,
            wants_resource: true,
            wants_default: false,
            conditions: Conditions::default(),
        };
        let (run, next) = Run::start(operation, target);
        Self { run, next }
    }

    fn put(vendor: &str, json: &str) -> Self {
        Self::start(vendor, |served| {
            Action::Replace(
                "1".into(),
                body::canonical(object(json), &served.canonical, Quirks::default()).expect(json),
            )
        })
    }

    fn patch(vendor: &str, operations: &str) -> Self {
        let message = object(&format!(r#"{{"Operations":{operations}}}"#));
        Self::start(vendor, |served| {
            Action::Patch(
                "1".into(),
                patch::decode(&message, "1", &served.canonical, Quirks::default()).expect(operations),
            )
        })
    }

    #[track_caller]
    pub(super) fn call(&self) -> &Call {
        match &self.next {
            Next::Send(call) => call,
            Next::Done(done) => panic!("done: {done:?}"),
        }
    }

    /// The body of the PUT that is asked for.
    #[track_caller]
    fn body(&self) -> &Object {
        match &self.call().kind {
            CallKind::Replace(_, body) => body,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn got(mut self, got: Result<Answer, VendorError>) -> Self {
        self.next = self.run.resume(got);
        self
    }

    fn shows(self, json: &str) -> Self {
        self.got(Ok(Answer::Resource(object(json))))
    }

    pub(super) fn fails(self, kind: VendorErrorKind) -> Self {
        self.got(Err(VendorError::new(kind)))
    }

    #[track_caller]
    pub(super) fn done(self) -> Result<Outcome, Failure> {
        match self.next {
            Next::Done(done) => done,
            Next::Send(call) => panic!("still asks for {call:?}"),
        }
    }
}

const WEI: &str = r#"{"id":"1","userName":"wei","displayName":"Wei","name":{"familyName":"Z","givenName":"W"},
    "emails":[{"value":"w@x.io","type":"work","primary":true}]"#;

fn wei(rest: &str) -> String {
    format!("{WEI}{rest}}}")
}

#[test]
fn a_conflict_begins_again_and_forgets_the_first_read() {
    let driven = Driven::put("huawei", &wei("")).shows(&wei(r#","active":true"#));
    assert_eq!(driven.body().get("active"), Some(&Value::Bool(true)));
    // Meanwhile somebody deactivated the user: the second read says so, and the PUT must not bring the leaver back.
    let driven = driven.fails(VendorErrorKind::Conflict);
    assert_eq!(driven.call().kind.name(), "read");
    let driven = driven.shows(&wei(r#","active":false"#));
    assert_eq!(driven.body().get("active"), Some(&Value::Bool(false)));
    let outcome = driven.shows(&wei(r#","active":false"#)).done().expect("an outcome");
    let added = outcome.notes.iter().filter(|note| note.kind == NoteKind::Added);
    assert_eq!(added.count(), 1, "{:?}", outcome.notes);
}

#[test]
fn conflicts_are_bounded() {
    let mut driven = Driven::put("huawei", &wei(r#","active":true"#));
    for _ in 0..CONFLICTS {
        driven = driven.fails(VendorErrorKind::Conflict);
        assert_eq!(driven.call().kind.name(), "replace");
    }
    let failure = driven.fails(VendorErrorKind::Conflict).done().expect_err("a failure");
    assert_eq!(failure, Failure::Vendor { error: VendorError::new(VendorErrorKind::Conflict), done: None });
}

#[test]
fn what_had_succeeded_is_told_when_a_later_part_fails() {
    let driven = Driven::put("rsa", r#"{"userName":"a","active":true,"emails":[{"value":"a@x.io","type":"work"}]}"#);
    let driven =
        driven.shows(r#"{"id":"1","userName":"a","title":"left","emails":[{"value":"a@x.io","type":"work"}]}"#);
    assert_eq!(driven.call().kind.name(), "patch");
    let failure = driven.fails(VendorErrorKind::TimedOut).done().expect_err("a failure");
    assert!(matches!(failure, Failure::Vendor { done: Some(_), .. }), "{failure:?}");
}

#[test]
fn every_call_of_a_patch_may_be_sent_again_only_if_it_was_not_done() {
    let driven = Driven::patch("veeva", r#"[{"op":"replace","path":"name.givenName","value":"B"}]"#);
    assert_eq!((driven.call().kind.name(), driven.call().repeat), ("read", Repeat::Safe));
    let driven = driven.shows(r#"{"id":"1","userName":"a","name":{"givenName":"A","familyName":"F"}}"#);
    assert_eq!((driven.call().kind.name(), driven.call().repeat), ("replace", Repeat::OnlyIfNotDone));
}

#[test]
fn a_delete_that_is_a_put_may_be_sent_again() {
    let driven = Driven::start("veeva", |_| Action::Delete("1".into()));
    assert_eq!((driven.call().kind.name(), driven.call().repeat), ("replace", Repeat::Safe));
    assert_eq!(driven.shows(r#"{"id":"1","active":false}"#).done().expect("an outcome").reply, Reply::NoContent);
}

#[test]
fn an_answer_of_another_kind_is_not_understood() {
    let driven = Driven::start("scim", |_| Action::Read("1".into())).got(Ok(Answer::Empty(None)));
    assert!(
        matches!(driven.done(), Err(Failure::Vendor { error, .. }) if error.kind == VendorErrorKind::NotUnderstood)
    );
    let driven = Driven::start("scim", |_| Action::List(Box::default())).shows(r#"{"id":"1"}"#);
    assert!(driven.done().is_err());
}

#[test]
fn what_is_refused_asks_the_vendor_nothing() {
    for operations in [
        r#"[{"op":"replace","path":"password","value":"p"}]"#,
        r#"[{"op":"remove","path":"userName"}]"#,
        r#"[{"op":"remove","path":"active"}]"#,
        r#"[{"op":"replace","path":"emails","value":[{"value":"x","type":"home"},{"value":"y","type":"pager"}]}]"#,
    ] {
        let failure = Driven::patch("veeva", operations).done().expect_err(operations);
        assert!(matches!(failure, Failure::Refused(error) if error.status == 400), "{operations}");
    }
}

#[test]
fn a_pathless_value_that_repeats_what_is_read_only_is_compared() {
    let echo = r#"[{"op":"replace","value":{"title":"T","groups":[{"value":"g1"}]}}]"#;
    let shown = r#"{"id":"1","userName":"a","groups":[{"value":"g1"}]}"#;
    let driven = Driven::patch("scim", echo);
    assert_eq!(driven.call().kind.name(), "read");
    assert_eq!(driven.shows(shown).call().kind.name(), "patch", "equal, so it is ignored");
    let other = r#"{"id":"1","userName":"a","groups":[{"value":"g2"}]}"#;
    let failure = Driven::patch("scim", echo).shows(other).done().expect_err("different");
    let is_mutability = |error: &ScimError| error.scim_type == Some(scimux_scim::ScimType::Mutability);
    assert!(matches!(&failure, Failure::Refused(error) if is_mutability(error)), "{failure:?}");
}

#[test]
fn filters_that_no_schema_allows_are_refused_everywhere() {
    for filter in ["password eq \"x\"", "active gt true", "meta.created gt \"soon\""] {
        let driven = Driven::start("scim", |served| {
            let filter = scimux_scim::Filter::parse(filter, &served.canonical).expect(filter);
            Action::List(Box::new(ListQuery { filter: Some(filter), ..ListQuery::default() }))
        });
        assert!(matches!(driven.done(), Err(Failure::Refused(error)) if error.status == 400), "{filter}");
    }
}
