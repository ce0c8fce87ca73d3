//! The pure paths whose cost is measured, each a function without arguments: `cargo bench` prints time and allocations,
//! `make instructions` counts instructions and compares them with `instructions.tsv`.
//!
//! `data/user.json` is what a client PUTs; `data/<adapter>.json` is that vendor's answer.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod exchange;
pub mod growth;

use bytes::Bytes;
use scimux_scim::{AttributePath, Filter, Object, Quirks, ResourceType, body, diff, patch, value};

use exchange::{Ask, Exchange};

/// One path, ready to be carried out as often as wanted. What it returns is only there to be used.
pub type Run = Box<dyn Fn() -> usize>;

/// The id in the vendors' answers.
const ID: &str = "2819c223-7f76-453a-919d-413861904646";

/// What a client PUTs.
const USER: &str = include_str!("../data/user.json");

/// What an identity provider's PATCH looks like: one attribute, a part of a complex one, an element by its type.
const CHANGE: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
    {"op":"Replace","path":"title","value":"Senior Tour Guide"},
    {"op":"Replace","path":"name.givenName","value":"Barb"},
    {"op":"Replace","path":"emails[type eq \"work\"].value","value":"barb.jensen@example.com"},
    {"op":"Add","value":{"active":false,"locale":"en-GB"}}]}"#;

/// The same for a vendor that has fewer forms: it becomes whole attributes and parts.
const SIMPLE: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
    {"op":"Replace","path":"name","value":{"givenName":"Barb","familyName":"Jensen"}},
    {"op":"Add","value":{"title":"Senior Tour Guide","active":false}}]}"#;

const FILTER: &str = r#"userName sw "barbara" and (emails[type eq "work" and value co "@example.com"] or not (active eq true)) and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tour operations""#;

/// The names of all paths.
#[must_use]
pub fn names() -> Vec<&'static str> {
    CASES.iter().map(|(name, _)| *name).collect()
}

/// The path of this name.
#[must_use]
pub fn case(name: &str) -> Option<Run> {
    CASES.iter().find(|(known, _)| *known == name).map(|(_, prepare)| prepare())
}

type Prepare = fn() -> Run;

const CASES: &[(&str, Prepare)] = &[
    ("parse", parse),
    ("canonical", canonical),
    ("encode", encode),
    ("patch-decode", patch_decode),
    ("patch-apply", patch_apply),
    ("diff", difference),
    ("filter-parse", filter_parse),
    ("filter-match", filter_match),
    ("put-scim", || put("scim")),
    ("put-pingone", || put("pingone")),
    ("put-huawei", || put("huawei")),
    ("put-rsa", || put("rsa")),
    ("put-veeva", || put("veeva")),
    ("patch-scim", || Exchange::new("scim", Ask::Patch(CHANGE.into()), 1).calls(1)),
    ("patch-pingone", || Exchange::new("pingone", Ask::Patch(SIMPLE.into()), 1).calls(1)),
    ("patch-veeva", || Exchange::new("veeva", Ask::Patch(CHANGE.into()), 1).calls(2)),
    ("get-scim", || Exchange::new("scim", Ask::Read, 1).calls(1)),
    ("get-pingone", || Exchange::new("pingone", Ask::Read, 1).calls(1)),
    ("list-100-scim", || list("scim")),
    ("list-100-pingone", || list("pingone")),
];

fn parse() -> Run {
    let body = Bytes::from_static(USER.as_bytes());
    Box::new(move || parsed(&body).len())
}

fn canonical() -> Run {
    let (user, known) = (user(), known());
    Box::new(move || body::canonical(user.clone(), &known, Quirks::default()).expect("a user").resource.len())
}

fn encode() -> Run {
    let user = user();
    Box::new(move || user.to_bytes().len())
}

fn patch_decode() -> Run {
    let (message, known) = (Bytes::from_static(CHANGE.as_bytes()), known());
    Box::new(move || patched(&message, &known).operations.len())
}

fn patch_apply() -> Run {
    let (user, known) = (user(), known());
    let operations = patched(&Bytes::from_static(CHANGE.as_bytes()), &known).operations;
    Box::new(move || patch::apply(&user, &operations, &known).expect("it applies").len())
}

fn difference() -> Run {
    let (user, known) = (user(), known());
    let operations = patched(&Bytes::from_static(CHANGE.as_bytes()), &known).operations;
    let other = patch::apply(&user, &operations, &known).expect("it applies");
    Box::new(move || diff::diff(&user, &other, &known).len())
}

fn filter_parse() -> Run {
    let known = known();
    Box::new(move || usize::from(matches!(filter(&known), Filter::And(_))))
}

fn filter_match() -> Run {
    let (user, known) = (user(), known());
    let compiled = filter(&known).compile(&known).expect("it compiles");
    assert!(compiled.matches(&user), "the filter is written for this user");
    Box::new(move || usize::from(compiled.matches(&user)))
}

fn put(adapter: &'static str) -> Run {
    // A PUT that merges needs the present resource.
    let calls = if adapter == "veeva" { 2 } else { 1 };
    Exchange::new(adapter, Ask::Replace(USER.into()), 1).calls(calls)
}

fn list(adapter: &str) -> Run {
    Exchange::new(adapter, Ask::List("startIndex=1&count=100".to_owned()), 100).calls(1)
}

fn filter(known: &ResourceType) -> Filter {
    Filter::parse(FILTER, known).expect("a filter")
}

fn patched(message: &Bytes, known: &ResourceType) -> patch::Patch {
    patch::decode(&parsed(message), ID, known, Quirks::default()).expect("a PATCH")
}

fn parsed(body: &Bytes) -> Object {
    value::parse(body).expect("JSON")
}

/// The client's user, decoded.
fn user() -> Object {
    let mut user = body::canonical(parsed(&Bytes::from_static(USER.as_bytes())), &known(), Quirks::default())
        .expect("a user")
        .resource;
    AttributePath::attribute("id").set(&mut user, ID.into());
    user
}

/// The type of users as clients of a plain provider see it.
fn known() -> ResourceType {
    exchange::target("scim", |_| {}).types[0].canonical.clone()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_path_can_be_walked() {
        for name in super::names() {
            let run = super::case(name).expect("a name from the list");
            assert!(run() > 0, "{name}");
        }
    }

    #[test]
    fn every_growing_path_can_be_walked() {
        for growth in super::growth::GROWTH {
            assert!((growth.prepare)(growth.sizes[0])() > 0, "{}", growth.name);
        }
    }
}
