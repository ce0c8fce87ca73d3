//! A create of which nobody knows whether it was done: 201 only for what provably came of it (CONTRACT section 5).

use std::sync::Arc;

use scimux_scim::list::Page;
use scimux_scim::{Quirks, body};

use crate::run::tests::{Driven, object};
use crate::run::{Failure, Run};
use crate::{Action, Answer, CallKind, Conditions, Operation, Repeat, Reply, VendorError, VendorErrorKind, fixture};

/// When [`Driven`] asks: 2023-11-14T22:13:20Z.
const NOW: &str = "2023-11-14T22:13:20Z";
const SENT: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@x.io","password":"p4ssWord-1",
    "name":{"givenName":"A","familyName":"B"},"active":true,
    "emails":[{"value":"a@x.io","type":"work","primary":true},{"value":"b@x.io","type":"home","primary":false}]}"#;

fn create(vendor: &str, json: &str) -> Driven {
    Driven::start(vendor, |served| {
        Action::Create(body::canonical(object(json), &served.canonical, Quirks::default()).expect(json))
    })
}

/// What a vendor shows of what was sent: with an id, a time, and parts of its own.
fn shown(created: &str) -> String {
    format!(
        r#"{{"id":"7","userName":"a@x.io","name":{{"givenName":"A","familyName":"B","formatted":"A B"}},"active":true,
        "emails":[{{"value":"b@x.io","type":"home"}},{{"value":"a@x.io","type":"work","primary":true}}],
        "nickName":"by default","meta":{{"created":"{created}"}}}}"#
    )
}

fn page(resources: &[String]) -> Result<Answer, VendorError> {
    let resources: Vec<_> = resources.iter().map(|one| one.as_str().into()).collect();
    Ok(Answer::Page(Page { total_results: Some(resources.len() as u64), resources, ..Page::default() }))
}

/// What comes of a create whose answer was lost when the lookup gives this.
fn settled(found: Result<Answer, VendorError>) -> Result<Reply, (VendorErrorKind, Option<String>)> {
    let driven = create("scim", SENT).fails(VendorErrorKind::BrokenOff);
    assert_eq!(driven.call().repeat, Repeat::Safe);
    match driven.got(found).done() {
        Ok(outcome) => Ok(outcome.reply),
        Err(Failure::Vendor { error, .. }) => Err((error.kind, error.hint)),
        Err(Failure::Refused(error)) => panic!("{error:?}"),
    }
}

#[test]
fn it_is_looked_up_once_by_its_user_name_where_the_vendor_finds_it_so() {
    let bodies = [
        ("scim", SENT),
        (
            "veeva",
            r#"{"userName":"a@x.io","name":{"givenName":"A","familyName":"B"},"preferredLanguage":"en","locale":"en_US",
            "timezone":"UTC","emails":[{"value":"a@x.io","type":"work"}],
            "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User":{"securityProfile":{"value":"x"}}}"#,
        ),
        ("pingone", r#"{"userName":"a@x.io"}"#),
        (
            "huawei",
            r#"{"userName":"a@x.io","displayName":"A","active":true,"name":{"givenName":"A","familyName":"B"},
            "emails":[{"value":"a@x.io","type":"work","primary":true}]}"#,
        ),
        (
            "rsa",
            r#"{"userName":"a@x.io","emails":[{"value":"a@x.io","type":"work"}],"name":{"givenName":"A","familyName":"B"}}"#,
        ),
    ];
    for (vendor, json) in bodies {
        for kind in [VendorErrorKind::BrokenOff, VendorErrorKind::TimedOut, VendorErrorKind::NotUnderstood] {
            let driven = create(vendor, json);
            assert_eq!(driven.call().kind.name(), "create", "{vendor}");
            let driven = driven.fails(kind);
            let CallKind::List(query) = &driven.call().kind else { panic!("{vendor}: {:?}", driven.call()) };
            let filter = query.filter.as_ref().expect("a filter").to_string();
            assert_eq!(filter, r#"userName eq "a@x.io""#, "{vendor}");
            let failure = driven.got(page(&[])).done().expect_err("nothing found");
            assert!(matches!(failure, Failure::Vendor { error, .. } if error.kind == kind), "{vendor}");
        }
    }
}

#[test]
fn what_is_known_not_to_be_done_is_not_looked_up() {
    let refused = VendorError { retry_after: Some(1), ..status(503) };
    for error in
        [VendorError::new(VendorErrorKind::Unreachable), VendorError::new(VendorErrorKind::Uniqueness), refused]
    {
        create("scim", SENT).got(Err(error)).done().expect_err("a failure");
    }
    for number in [500, 502, 503, 504] {
        assert_eq!(create("scim", SENT).got(Err(status(number))).call().kind.name(), "list", "{number}");
    }
}

fn status(status: u16) -> VendorError {
    VendorError { status: Some(status), ..VendorError::new(VendorErrorKind::Unavailable) }
}

#[test]
fn what_provably_is_this_create_is_the_answer() {
    for created in [NOW, "2023-11-14T22:12:20.000Z", "2023-11-15T07:43:20+09:30"] {
        let Ok(Reply::Created(user)) = settled(page(&[shown(created)])) else { panic!("{created}") };
        assert_eq!(
            (user.resource.str("id"), user.resource.str("nickName")),
            (Some("7"), Some("by default")),
            "the vendor's state"
        );
    }
    let other = shown(NOW).replace("a@x.io", "c@x.io");
    assert!(settled(page(&[other, shown(NOW)])).is_ok(), "a vendor may not filter");
}

#[test]
fn what_may_be_anothers_is_not() {
    let now = shown(NOW);
    let not_ours = [
        shown("2023-11-14T22:12:19Z"),
        shown("yesterday"),
        now.replace("created", "lastModified"),
        now.replace("\"A\"", "\"Another\""),
        now.replace("\"active\":true", "\"active\":false"),
        now.replace("\"active\":true,", ""),
        now.replace("b@x.io", "c@x.io"),
        now.replace(r#"{"value":"b@x.io","type":"home"},"#, ""),
        now.replace(r#""primary":true"#, r#""primary":false"#),
        now.replace(r#"{"value":"b@x.io","#, r#"{"value":"more@x.io"},{"value":"b@x.io","#),
        now.replace("\"userName\":\"a@x.io\"", "\"userName\":\"z@x.io\""),
    ];
    for found in not_ours {
        assert_ne!(found, now);
        let (kind, hint) = settled(page(std::slice::from_ref(&found))).expect_err(&found);
        assert_eq!(kind, VendorErrorKind::BrokenOff);
        assert!(hint.is_some_and(|hint| hint.contains("nothing proves")), "{found}");
    }
    assert!(settled(page(&[now.clone(), now.replace("\"7\"", "\"8\"")])).is_err(), "two of them");
    let says = |found| settled(found).expect_err("unknown").1.expect("a hint");
    assert!(says(page(&[])).contains("none of this userName"));
    assert!(says(Err(VendorError::new(VendorErrorKind::Suspended))).contains("could not be asked"));
}

/// RSA returns no `primary`, nobody a password.
#[test]
fn what_the_vendor_never_returns_is_left_out() {
    let sent = r#"{"userName":"a@x.io","password":"p4ssWord-1","name":{"givenName":"A","familyName":"B"},
        "emails":[{"value":"a@x.io","type":"work","primary":true}]}"#;
    let found = format!(
        r#"{{"id":"7","userName":"a@x.io","active":true,"name":{{"givenName":"A","familyName":"B"}},
        "emails":[{{"value":"a@x.io","type":"work"}}],"meta":{{"created":"{NOW}"}}}}"#
    );
    let driven = create("rsa", sent).fails(VendorErrorKind::TimedOut).got(page(&[found]));
    assert!(matches!(driven.done().expect("proven").reply, Reply::Created(_)));
}

#[test]
fn groups_have_no_lookup() {
    let target = Arc::new(fixture::target("scim"));
    let groups = target.served("/Groups").expect("groups").canonical.clone();
    let body = body::canonical(object(r#"{"displayName":"g"}"#), &groups, Quirks::default()).expect("a group");
    let operation = Operation {
        endpoint: "/Groups".to_owned(),
        action: Action::Create(body),
        asked_at: 0,
        wants_resource: true,
        wants_default: false,
        conditions: Conditions::default(),
    };
    let (run, next) = Run::start(operation, target);
    let failure = Driven { run, next }.fails(VendorErrorKind::BrokenOff).done().expect_err("unknown");
    assert!(matches!(failure, Failure::Vendor { error, .. } if error.kind == VendorErrorKind::BrokenOff));
}
