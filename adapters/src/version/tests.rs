use std::sync::Arc;

use scimux_scim::body;
use scimux_scim::list::Page;
use scimux_scim::version::Tags;
use scimux_scim::{Object, Quirks, Value, patch};

use super::{of, show};
use crate::fixture::{configured, json, target};
use crate::{
    Action, Answer, Call, Conditions, Failure, Next, Operation, Outcome, Reply, Run, Target, VendorError,
    VendorErrorKind,
};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

type Got = Result<Answer, VendorError>;

/// What the run sent, with the `If-Match` of each call, and what came of it.
fn drive(
    target: Target,
    action: Action,
    conditions: Conditions,
    answers: Vec<Got>,
) -> (Vec<String>, Result<Outcome, Failure>) {
    let operation = Operation {
        endpoint: "/Users".to_owned(),
        action,
        asked_at: 0,
        wants_resource: true,
        wants_default: false,
        conditions,
    };
    let (mut run, mut next) = Run::start(operation, Arc::new(target));
    let (mut sent, mut answers) = (Vec::new(), answers.into_iter());
    loop {
        match next {
            Next::Done(result) => {
                assert_eq!(answers.next(), None, "every answer is asked for; sent {sent:?}");
                return (sent, result);
            }
            Next::Send(call) => {
                sent.push(told(&call));
                next = run.resume(answers.next().unwrap_or_else(|| panic!("no answer left for {sent:?}")));
            }
        }
    }
}

fn told(call: &Call) -> String {
    format!("{} {}", call.kind.name(), call.if_match.as_deref().unwrap_or_default()).trim_end().to_owned()
}

fn user(title: &str, version: &str) -> Object {
    let version = version.replace('"', "\\\"");
    json(&format!(
        r#"{{"schemas":["{USER}"],"id":"1","userName":"a","active":true,"title":"{title}","meta":{{"version":"{version}"}}}}"#
    ))
}

fn shows(title: &str, version: &str) -> Got {
    Ok(Answer::Resource(user(title, version)))
}

fn fails(kind: VendorErrorKind) -> Got {
    Err(VendorError::new(kind))
}

fn titled(title: &str, target: &Target) -> Action {
    let message = json(&format!(
        r#"{{"schemas":["{PATCH}"],"Operations":[{{"op":"replace","path":"title","value":"{title}"}}]}}"#
    ));
    Action::Patch(
        "1".into(),
        patch::decode(&message, "1", &target.types[0].canonical, Quirks::default()).expect("a PATCH"),
    )
}

fn replaced(target: &Target) -> Action {
    let body = json(&format!(r#"{{"schemas":["{USER}"],"userName":"a","active":true}}"#));
    Action::Replace("1".into(), body::canonical(body, &target.types[0].canonical, Quirks::default()).expect("a body"))
}

fn if_match(tags: &str) -> Conditions {
    Conditions { if_match: Some(Tags::parse([tags])), if_none_match: None }
}

fn if_none_match(tags: &str) -> Conditions {
    Conditions { if_match: None, if_none_match: Some(Tags::parse([tags])) }
}

fn status(result: Result<Outcome, Failure>) -> u16 {
    match result {
        Err(Failure::Refused(error)) => error.status,
        other => panic!("{other:?}"),
    }
}

fn version(result: Result<Outcome, Failure>) -> String {
    match result.expect("done").reply {
        Reply::Resource(resource) => {
            let meta = resource.resource.get("meta").and_then(Value::as_object);
            meta.and_then(|meta| meta.str("version")).expect("a version").to_owned()
        }
        Reply::NotModified(version) => format!("304 {version}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn traps_275_280_a_change_is_compared_first_and_keeps_the_version_it_was_computed_from() {
    let plain = || target("scim");
    let (sent, result) =
        drive(plain(), titled("U", &plain()), if_match("W/\"1\""), vec![shows("T", "\"1\""), shows("U", "\"2\"")]);
    assert_eq!(sent, ["read", "patch \"1\""], "the vendor's own form");
    assert_eq!(version(result), "W/\"2\"");

    for action in [titled("U", &plain()), replaced(&plain()), Action::Delete("1".into())] {
        let (sent, result) = drive(plain(), action, if_match("\"0\""), vec![shows("T", "\"1\"")]);
        assert_eq!((sent, status(result)), (vec!["read".to_owned()], 412));
    }
    let (sent, result) =
        drive(plain(), Action::Delete("1".into()), if_match("*"), vec![shows("T", "\"1\""), Ok(Answer::Empty(None))]);
    assert_eq!(sent, ["read", "delete \"1\""]);
    assert_eq!(result.expect("done").reply, Reply::NoContent);
    let (sent, result) = drive(plain(), titled("U", &plain()), if_none_match("*"), vec![shows("T", "\"1\"")]);
    assert_eq!((sent, status(result)), (vec!["read".to_owned()], 412));
    let (sent, _) = drive(plain(), titled("U", &plain()), Conditions::default(), vec![shows("U", "\"2\"")]);
    assert_eq!(sent, ["patch"], "what names no version costs no read");
}

#[test]
fn trap_275_another_change_between_read_and_write_is_412_to_who_names_a_version_and_no_matter_to_others() {
    let plain = || target("scim");
    let meets = || vec![shows("T", "\"1\""), fails(VendorErrorKind::PreconditionFailed), shows("X", "\"2\"")];
    let (sent, result) = drive(plain(), titled("U", &plain()), if_match("\"1\""), meets());
    assert_eq!((sent, status(result)), (vec!["read".into(), "patch \"1\"".into(), "read".to_owned()], 412));

    // PUT without `active` reads first, so that a leaver stays one.
    let put = |target: &Target| {
        let body = json(&format!(r#"{{"schemas":["{USER}"],"userName":"a"}}"#));
        Action::Replace(
            "1".into(),
            body::canonical(body, &target.types[0].canonical, Quirks::default()).expect("a body"),
        )
    };
    let mut answers = meets();
    answers.push(shows("T", "\"3\""));
    let (sent, result) = drive(plain(), put(&plain()), Conditions::default(), answers);
    assert_eq!(sent, ["read", "replace \"1\"", "read", "replace \"2\""]);
    assert_eq!(version(result), "W/\"3\"");
}

#[test]
fn trap_273_a_vendor_that_compares_no_weak_tags_is_asked_without() {
    let plain = target("scim");
    let answers = vec![
        shows("T", "W/\"1\""),
        fails(VendorErrorKind::PreconditionFailed),
        shows("T", "W/\"1\""),
        shows("U", "W/\"2\""),
    ];
    let action = titled("U", &plain);
    let (sent, result) = drive(plain, action, if_match("W/\"1\""), answers);
    assert_eq!(sent, ["read", "patch W/\"1\"", "read", "patch"]);
    assert_eq!(version(result), "W/\"2\"");
}

#[test]
fn traps_272_274_a_read_of_a_known_version_is_not_answered_again() {
    let read = |conditions| drive(target("scim"), Action::Read("1".into()), conditions, vec![shows("T", "\"1\"")]).1;
    assert_eq!(version(read(if_none_match("W/\"0\", W/\"1\""))), "304 W/\"1\"");
    assert_eq!(version(read(if_none_match("*"))), "304 W/\"1\"");
    assert_eq!(version(read(if_none_match("\"0\""))), "W/\"1\"");
    assert_eq!(status(read(if_match("\"0\""))), 412);
}

#[test]
fn trap_275_the_refusal_says_what_the_condition_met() {
    let detail = |conditions: Conditions| match super::check(&conditions, &user("T", "\"1\""), &target("scim").types[0])
    {
        Err(error) => error.detail.to_string(),
        Ok(()) => String::new(),
    };
    assert_eq!(detail(if_none_match("*")), "If-None-Match: the resource exists");
    assert_eq!(detail(if_none_match("\"1\"")), "If-None-Match: the resource has that version");
    assert_eq!(detail(if_match("\"0\"")), "If-Match: the resource has another version; read it again");
    assert_eq!((detail(if_match("\"1\"")), detail(if_none_match("\"0\""))), (String::new(), String::new()));
}

#[test]
fn trap_18_an_extension_that_is_held_is_listed() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let huawei = target("huawei");
    let listed = |schemas: &str| {
        let user = json(&format!(r#"{{"schemas":{schemas},"id":"1","{enterprise}":{{"department":"D"}}}}"#));
        show(user, &huawei.types[0]).get("schemas").cloned()
    };
    let both = json(&format!(r#"{{"schemas":["{USER}","{enterprise}"]}}"#)).get("schemas").cloned();
    assert_eq!(listed(&format!(r#"["{USER}"]"#)), both);
    assert_eq!(listed(&format!(r#"["{USER}","{enterprise}"]"#)), both);
}

#[test]
fn trap_221_what_is_never_returned_is_in_no_answer() {
    let huawei = target("huawei");
    let group = huawei.served("/Groups").expect("served");
    let shown = show(json(r#"{"id":"1","displayName":"Eng","members":[{"value":"u1"}]}"#), group);
    assert!(shown.get("members").is_none() && shown.get("displayName").is_some());
    let rsa = target("rsa");
    let shown = show(json(r#"{"id":"1","emails":[{"value":"a","primary":true},{"value":"b"}]}"#), &rsa.types[0]);
    assert_eq!(shown.get("emails"), json(r#"{"emails":[{"value":"a"},{"value":"b"}]}"#).get("emails"));
}

/// rfc-traps 279: the vendor's own tag is passed only inside; a vendor without versions may say what it likes.
#[test]
fn versions_are_computed_where_the_vendor_has_none() {
    let ping = || target("pingone");
    let served = &ping().types[0];
    let known = of(&user("T", ""), served);
    let (sent, result) =
        drive(ping(), titled("U", &ping()), if_match(&known), vec![shows("T", "\"cache\""), shows("U", "\"cache\"")]);
    assert_eq!(sent, ["read", "patch"], "nothing that the vendor would not compare");
    assert_eq!(version(result), of(&user("U", ""), served).to_string());
    let (_, result) = drive(ping(), titled("U", &ping()), if_match("\"cache\""), vec![shows("T", "\"cache\"")]);
    assert_eq!(status(result), 412);
}

#[test]
fn the_elements_of_a_list_have_the_versions_that_a_read_shows() {
    for vendor in ["scim", "rsa"] {
        let element = String::from_utf8(user("T", "\"1\"").to_bytes().to_vec()).expect("JSON");
        let page = Page { total_results: Some(1), resources: vec![element.into()], ..Page::default() };
        let list = Action::List(Box::default());
        let (_, result) = drive(target(vendor), list, Conditions::default(), vec![Ok(Answer::Page(page))]);
        let Reply::Page(page) = result.expect("done").reply else { panic!("a page") };
        let (_, read) =
            drive(target(vendor), Action::Read("1".into()), Conditions::default(), vec![shows("T", "\"1\"")]);
        let (_, element) = page.resources(|_| true).next().expect("one").expect("a resource");
        let meta = element.resource.get("meta").and_then(Value::as_object).expect("meta");
        assert_eq!(meta.str("version").expect("a version"), version(read), "{vendor}");
    }
}

#[test]
fn what_is_volatile_or_never_returned_is_no_part_of_a_version() {
    let vault = target("veeva");
    let with = |login: &str| {
        json(&format!(r#"{{"id":"1","{VAULT}":{{"lastLogin":"{login}","licenseType":{{"value":"l"}}}}}}"#))
    };
    assert_eq!(of(&with("monday"), &vault.types[0]), of(&with("tuesday"), &vault.types[0]));
    let huawei = target("huawei");
    let with = |members: &str| json(&format!(r#"{{"id":"1","displayName":"Eng","members":{members}}}"#));
    let group = huawei.served("/Groups").expect("served");
    assert_eq!(of(&with("[]"), group), of(&with(r#"[{"value":"u1"}]"#), group));
    let plain = target("scim");
    let group = plain.served("/Groups").expect("served");
    assert_ne!(of(&with("[]"), group), of(&with(r#"[{"value":"u1"}]"#), group), "rfc-traps 277");
    // Under another name it is left out all the same.
    let renamed = configured("veeva", |settings| {
        settings.attributes.push(("urn:x:User:seen".into(), format!("{VAULT}:lastLogin")))
    });
    let renamed = renamed.expect("right");
    let with = |login: &str| json(&format!(r#"{{"id":"1","urn:x:User":{{"seen":"{login}"}}}}"#));
    assert_eq!(of(&with("monday"), &renamed.types[0]), of(&with("tuesday"), &renamed.types[0]));
    assert_eq!(
        show(with("monday"), &renamed.types[0]).get("urn:x:User"),
        with("monday").get("urn:x:User"),
        "but shown"
    );
}
