use std::str;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use scimux_adapters::{Action, ServedType};
use scimux_scim::{ListQuery, Object, Quirks, body, discovery, patch, value};

use crate::drive::drive;
use crate::targets::targets;

/// Whatever a vendor answers, every operation ends, in few calls, and no create is sent again unless the vendor says that
/// it did nothing; a vendor's text is cut; a
/// resource has an id; a list is no longer than it may be.
///
/// The input is an answer of HTTP/1.1 as text; lines may end without CR.
pub fn answer(input: &[u8]) {
    let Some((head, body)) = parse(input) else { return };
    for target in targets() {
        for served in &target.types {
            for action in actions(served) {
                drive(target, &served.canonical.endpoint, action, |_| (head.clone(), body.clone()));
            }
        }
        if let Some(login) = target.vendor.adapter.login() {
            let _ = login.answer(target, &head, &body);
        }
    }
    if let Ok(document) = value::parse(&body) {
        let _ = discovery::told::abilities(&document);
        let _ = (discovery::told::resource_types(&document), discovery::told::schemas(&document));
    }
}

fn parse(input: &[u8]) -> Option<(Parts, Bytes)> {
    let text = |line| str::from_utf8(line).ok().map(|line: &str| line.trim_end_matches('\r'));
    let mut rest = input;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (line, behind) = (text(&rest[..end])?, &rest[end + 1..]);
        rest = behind;
        Some(line)
    };
    let status = line()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse::<StatusCode>().ok()?;
    let (mut head, ()) = Response::builder().status(status).body(()).ok()?.into_parts();
    while let Some((name, value)) = line()?.split_once(':') {
        let (name, value) = (name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.trim()).ok()?);
        head.headers.append(name, value);
    }
    Some((head, Bytes::copy_from_slice(rest)))
}

/// One of each kind.
fn actions(served: &ServedType) -> Vec<Action> {
    let known = &served.canonical;
    let canonical = |json: &'static str| body::canonical(object(json), known, Quirks::default()).ok();
    let list = |query| ListQuery::parse(query, known).ok().map(|query| Action::List(Box::new(query)));
    let message = r#"{"Operations":[{"op":"add","path":"displayName","value":"b"}]}"#;
    let create =
        r#"{"userName":"a","displayName":"a","name":{"givenName":"a","familyName":"b"},"emails":[{"value":"a@b"}]}"#;
    let patch = patch::decode(&object(message), "1", known, Quirks::default()).ok();
    let changes = [
        canonical(create).map(Action::Create),
        canonical(create).map(|body| Action::Replace("1".into(), body)),
        patch.map(|patch| Action::Patch("1".into(), patch)),
        list("filter=displayName%20eq%20%22a%22&sortBy=id&count=5"),
        list("startIndex=3"),
    ];
    [Action::Read("1".into()), Action::Delete("1".into())].into_iter().chain(changes.into_iter().flatten()).collect()
}

fn object(json: &'static str) -> Object {
    value::parse(&Bytes::from_static(json.as_bytes())).expect("JSON")
}
