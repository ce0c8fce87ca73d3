use std::sync::Arc;

use bytes::Bytes;
use scimux_scim::schema::GROUP;
use scimux_scim::{Object, Quirks, body, patch, value};

use crate::fixture::{configured, json, target};
use crate::{
    Action, Answer, Conditions, Failure, Next, Operation, Outcome, Reply, Run, Target, VendorError, VendorErrorKind,
    dialect,
};

/// What came of an operation, and each call as `METHOD body`.
struct Played {
    calls: Vec<String>,
    result: Result<Outcome, Failure>,
}

/// Plays an operation with these answers, in order; an operation that asks for more is a mistake of the test.
fn play(target: Target, endpoint: &str, action: Action, answers: Vec<Result<Answer, VendorError>>) -> Played {
    let target = Arc::new(target);
    let operation = Operation {
        endpoint: endpoint.to_owned(),
        action,
        asked_at: 0,
        wants_resource: true,
        wants_default: false,
        conditions: Conditions::default(),
    };
    let (mut run, mut next) = Run::start(operation, target.clone());
    let (mut calls, mut answers) = (Vec::new(), answers.into_iter());
    loop {
        match next {
            Next::Send(call) => {
                let request = dialect::request(&call, &target).expect("can be asked").request;
                let text = String::from_utf8_lossy(request.body()).into_owned();
                calls.push(format!("{} {text}", request.method()).trim_end().to_owned());
                next = run.resume(answers.next().expect("an answer for each call"));
            }
            Next::Done(result) => return Played { calls, result },
        }
    }
}

fn put(target: &Target, endpoint: &str, text: &str) -> Action {
    let served = target.served(endpoint).expect("served");
    Action::Replace("1".into(), body::canonical(json(text), &served.canonical, Quirks::default()).expect("a good body"))
}

fn patching(target: &Target, endpoint: &str, operations: &str) -> Action {
    let served = target.served(endpoint).expect("served");
    let text =
        format!("{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":{operations}}}");
    Action::Patch(
        "1".into(),
        patch::decode(&json(&text), "1", &served.canonical, Quirks::default()).expect("good operations"),
    )
}

fn shown(text: &str) -> Result<Answer, VendorError> {
    Ok(Answer::Resource(json(text)))
}

fn done() -> Result<Answer, VendorError> {
    Ok(Answer::Empty(None))
}

fn failed() -> Result<Answer, VendorError> {
    Err(VendorError { status: Some(503), ..VendorError::new(VendorErrorKind::Unavailable) })
}

/// `[{"value":"u<from>"},…]`
fn members(range: std::ops::Range<usize>) -> String {
    let members: Vec<_> = range.map(|n| format!("{{\"value\":\"u{n}\"}}")).collect();
    format!("[{}]", members.join(","))
}

fn operations(call: &str) -> Vec<String> {
    let text = call.split_once(' ').expect("a body").1;
    let message: Object = value::parse(&Bytes::copy_from_slice(text.as_bytes())).expect("JSON");
    let operations = message.get("Operations").and_then(|all| all.as_array().map(<[_]>::to_vec)).expect("operations");
    let words = operations.iter().map(|one| {
        let one = one.as_object().expect("an operation");
        let count =
            one.get("value").and_then(|value| value.as_array()).map_or(String::new(), |all| format!(" {}", all.len()));
        format!("{} {}{count}", one.str("op").unwrap_or_default(), one.str("path").unwrap_or_default())
    });
    words.collect()
}

const GROUP_NOW: &str = r#"{"id":"1","displayName":"Old","externalId":"e","members":[]}"#;

#[test]
fn trap_330_a_put_of_a_group_without_put_is_a_patch_of_name_and_members() {
    let huawei = target("huawei");
    let body = format!(r#"{{"schemas":["{GROUP}"],"displayName":"New","members":[{{"value":"u1"}}]}}"#);
    let action = put(&huawei, "/Groups", &body);
    let played = play(huawei, "/Groups", action, vec![shown(GROUP_NOW), done(), shown(GROUP_NOW)]);
    assert_eq!(played.calls.len(), 3, "{:?}", played.calls);
    assert_eq!((&*played.calls[0], &*played.calls[2]), ("GET", "GET"));
    assert_eq!(operations(&played.calls[1]), ["remove externalId", "replace displayName", "replace members 1"]);
    assert!(matches!(played.result.expect("it went well").reply, Reply::Resource(_)));
}

/// rfc-traps 331: what the client cannot see is not removed because it left it out.
#[test]
fn trap_331_members_left_out_of_a_put_stay_and_an_empty_list_clears_them() {
    let huawei = target("huawei");
    let body = format!(r#"{{"schemas":["{GROUP}"],"displayName":"New","externalId":"e"}}"#);
    let action = put(&huawei, "/Groups", &body);
    let played = play(huawei, "/Groups", action, vec![shown(GROUP_NOW), done(), shown(GROUP_NOW)]);
    assert_eq!(operations(&played.calls[1]), ["replace displayName"]);
    assert!(played.result.expect("well").notes.iter().any(|note| note.attribute == "members"));

    let huawei = target("huawei");
    let body = format!(r#"{{"schemas":["{GROUP}"],"displayName":"Old","externalId":"e","members":[]}}"#);
    let action = put(&huawei, "/Groups", &body);
    let played = play(huawei, "/Groups", action, vec![shown(GROUP_NOW), done(), shown(GROUP_NOW)]);
    assert_eq!(operations(&played.calls[1]), ["remove members"]);
}

#[test]
fn trap_327_a_put_that_changes_nothing_is_only_a_read() {
    let huawei = target("huawei");
    let body = format!(r#"{{"schemas":["{GROUP}"],"displayName":"Old","externalId":"e"}}"#);
    let action = put(&huawei, "/Groups", &body);
    let played = play(huawei, "/Groups", action, vec![shown(GROUP_NOW)]);
    assert_eq!(played.calls, ["GET"]);
    assert!(matches!(played.result.expect("well").reply, Reply::Resource(_)));
}

#[test]
fn members_are_split_and_a_part_that_fails_says_what_was_applied() {
    let huawei = target("huawei");
    let body =
        format!(r#"{{"schemas":["{GROUP}"],"displayName":"New","externalId":"e","members":{}}}"#, members(0..250));
    let action = put(&huawei, "/Groups", &body);
    let answers = vec![shown(GROUP_NOW), done(), done(), failed()];
    let played = play(huawei, "/Groups", action, answers);
    let parts: Vec<_> = played.calls[1..].iter().map(|call| operations(call)).collect();
    let expected: [&[&str]; 3] =
        [&["replace displayName", "replace members 100"], &["add members 100"], &["add members 50"]];
    assert_eq!(parts, expected, "repeating replaces the first part and adds the rest");
    let Err(Failure::Vendor { error, done: Some(done) }) = played.result else { panic!("{:?}", played.result) };
    assert_eq!(error.status, Some(503));
    assert_eq!(
        done,
        "2 of 3 calls to the vendor had succeeded (displayName, 200 of 250 values of members); repeating the request is safe"
    );
}

#[test]
fn a_group_of_more_members_than_a_create_takes_is_created_and_filled() {
    let huawei = target("huawei");
    let served = huawei.served("/Groups").expect("served");
    let body = format!(r#"{{"schemas":["{GROUP}"],"displayName":"New","members":{}}}"#, members(0..120));
    let action =
        Action::Create(body::canonical(json(&body), &served.canonical, Quirks::default()).expect("a good body"));
    let played = play(huawei, "/Groups", action.clone(), vec![shown(GROUP_NOW), done(), shown(GROUP_NOW)]);
    assert!(
        played.calls[0].starts_with("POST") && played.calls[0].contains("u99") && !played.calls[0].contains("u100")
    );
    assert_eq!(operations(&played.calls[1]), ["add members 20"]);
    assert!(matches!(played.result.expect("well").reply, Reply::Created(_)));

    let played = play(target("huawei"), "/Groups", action, vec![shown(GROUP_NOW), failed()]);
    let Err(Failure::Vendor { done: Some(done), .. }) = played.result else { panic!("{:?}", played.result) };
    assert!(done.contains("created with the id 1: do not create it again"), "{done}");
    assert!(done.contains("100 of 120 values of members"), "{done}");
}

/// A target that has no PUT.
fn patch_only() -> Target {
    let mut target = target("scim");
    target.types.iter_mut().for_each(|served| served.profile.operations.replace = false);
    target
}

#[test]
fn trap_330_the_difference_is_sent_removes_first() {
    let target = patch_only();
    let user = "urn:ietf:params:scim:schemas:core:2.0:User";
    let now = format!(
        r#"{{"schemas":["{user}"],"id":"1","userName":"a","title":"T","active":false,"nickName":"N",
            "emails":[{{"value":"x@x.io"}},{{"value":"y@x.io"}}],"urn:x:y":{{"a":1,"b":2}}}}"#
    );
    let body = format!(
        r#"{{"schemas":["{user}"],"userName":"a","nickName":"M","password":"secret",
            "emails":[{{"value":"y@x.io"}},{{"value":"z@x.io"}}],"urn:x:y":{{"a":1,"b":3}}}}"#
    );
    let action = put(&target, "/Users", &body);
    let played = play(target, "/Users", action, vec![shown(&now), shown(&now)]);
    assert_eq!(
        operations(&played.calls[1]),
        [
            "remove title",
            "remove emails[value eq \"x@x.io\"]",
            "remove urn:x:y:b",
            "replace nickName",
            "add emails 1",
            "replace urn:x:y:b",
            "replace password",
        ],
        "active stays, since the client left it out"
    );
}

#[test]
fn references_compare_by_what_they_name() {
    let target = patch_only();
    let now = r#"{"id":"1","displayName":"G","members":[
        {"value":"u1","$ref":"https://v/Users/u1","type":"User","display":"One"},{"value":"u2","type":"User"}]}"#;
    let body = format!(
        r#"{{"schemas":["{GROUP}"],"displayName":"G","members":[{{"value":"u1","$ref":"https://gw/Users/u1"}},{{"value":"u3"}}]}}"#
    );
    let action = put(&target, "/Groups", &body);
    let played = play(target, "/Groups", action, vec![shown(now), shown(now)]);
    assert_eq!(operations(&played.calls[1]), ["remove members[value eq \"u2\"]", "add members 1"]);
}

/// rfc-traps 329: never PUT a group whose members could not be read in full.
#[test]
fn trap_329_a_group_that_may_be_cut_off_is_never_put() {
    let cut = |most: &str| {
        let mut target =
            configured("scim", |settings| drop(settings.values.insert("members_returned".into(), most.into())))
                .expect("a known key");
        target.types.iter_mut().for_each(|served| served.profile.operations.patch = false);
        target
    };
    let now = r#"{"id":"1","displayName":"G","members":[{"value":"u1"},{"value":"u2"}]}"#;
    let rename = r#"[{"op":"replace","path":"displayName","value":"H"}]"#;
    for (most, calls) in [("2", 1), ("0", 0)] {
        let target = cut(most);
        let action = patching(&target, "/Groups", rename);
        let played = play(target, "/Groups", action, vec![shown(now); calls]);
        let Err(Failure::Refused(refusal)) = played.result else { panic!("{:?}", played.result) };
        assert_eq!((refusal.status, played.calls.len()), (501, calls));
        assert!(refusal.detail.contains("members"), "{}", refusal.detail);
    }
    let target = cut("3");
    let action = patching(&target, "/Groups", rename);
    let played = play(target, "/Groups", action, vec![shown(now), shown(now)]);
    assert!(played.calls[1].starts_with("PUT"), "{:?}", played.calls);
    let target = cut("2");
    let whole = r#"[{"op":"replace","path":"members","value":[{"value":"u9"}]}]"#;
    let action = patching(&target, "/Groups", whole);
    let played = play(target, "/Groups", action, vec![shown(now), shown(now)]);
    assert!(played.calls[1].starts_with("PUT") && played.calls[1].contains("u9"), "{:?}", played.calls);
}

fn told(status: u16, may_lack_method: bool, kind: VendorErrorKind) -> Result<Answer, VendorError> {
    Err(VendorError { status: Some(status), may_lack_method, ..VendorError::new(kind) })
}

const ALICE: &str = r#"{"id":"1","userName":"alice","title":"T"}"#;
const TITLE: &str = r#"[{"op":"replace","path":"title","value":"U"}]"#;

fn alice(target: &Target) -> Action {
    let text =
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"alice","title":"U","active":true}"#;
    put(target, "/Users", text)
}

fn methods(played: &Played) -> Vec<&str> {
    played.calls.iter().map(|call| call.split(' ').next().unwrap_or_default()).collect()
}

#[test]
fn trap_336_a_lacking_put_is_found_out_by_a_read_and_becomes_a_patch() {
    let target = target("scim");
    let action = alice(&target);
    let answers = vec![told(404, true, VendorErrorKind::NotFound), shown(ALICE), shown(ALICE)];
    let played = play(target, "/Users", action, answers);
    assert_eq!(methods(&played), ["PUT", "GET", "PATCH"]);
    assert_eq!(operations(&played.calls[2]), ["replace title", "replace active"]);
    assert!(played.result.is_ok());
}

#[test]
fn trap_336_a_lacking_patch_is_found_out_by_a_read_and_becomes_a_put() {
    let target = target("scim");
    let action = patching(&target, "/Users", TITLE);
    let answers = vec![told(501, true, VendorErrorKind::Unsupported), shown(ALICE), shown(ALICE)];
    let played = play(target, "/Users", action, answers);
    assert_eq!(methods(&played), ["PATCH", "GET", "PUT"]);
    assert!(played.calls[2].contains("\"title\":\"U\""), "{}", played.calls[2]);
}

/// Only a GET of the same URL that answers 200 shows that it is the method which is lacking.
#[test]
fn nothing_is_learned_where_the_read_fails_too() {
    for (read, expected) in [
        (told(404, true, VendorErrorKind::NotFound), VendorErrorKind::WrongTarget),
        (told(503, false, VendorErrorKind::Unavailable), VendorErrorKind::WrongTarget),
        (
            Err(VendorError { documented: true, ..VendorError::new(VendorErrorKind::NotFound) }),
            VendorErrorKind::NotFound,
        ),
    ] {
        let target = target("scim");
        let action = alice(&target);
        let played = play(target, "/Users", action, vec![told(405, true, VendorErrorKind::WrongTarget), read]);
        let Err(Failure::Vendor { error, .. }) = &played.result else { panic!("{:?}", played.result) };
        assert_eq!((error.kind, methods(&played)), (expected, vec!["PUT", "GET"]));
    }
}

#[test]
fn what_the_operator_says_of_a_method_is_not_learned_otherwise() {
    let said = |word: &str| {
        configured("scim", |settings| drop(settings.values.insert("put".into(), word.into()))).expect("a known word")
    };
    let target = said("native");
    let action = alice(&target);
    let played = play(target, "/Users", action, vec![told(501, true, VendorErrorKind::Unsupported)]);
    assert_eq!(methods(&played), ["PUT"]);
    let target = said("emulate");
    let action = alice(&target);
    let played = play(target, "/Users", action, vec![shown(ALICE), shown(ALICE)]);
    assert_eq!(methods(&played), ["GET", "PATCH"]);
}

#[test]
fn a_target_without_both_methods_refuses() {
    let mut target = patch_only();
    target.types.iter_mut().for_each(|served| served.profile.operations.patch = false);
    let action = alice(&target);
    let played = play(target, "/Users", action, Vec::new());
    assert!(matches!(played.result, Err(Failure::Refused(refusal)) if refusal.status == 501));
}
