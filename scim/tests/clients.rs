//! Each client's life of a user and a group (`tests/clients/*.json`), decoded: every request is the canonical operation
//! that its file says.

use std::path::PathBuf;

use bytes::Bytes;
use scimux_scim::query::Projection;
use scimux_scim::schema::{self, Extension};
use scimux_scim::{AttributePath, ListQuery, Quirks, ResourceType, ScimError, body, patch, value};
use serde_json::{Map, Value, json};

#[test]
fn every_request_is_the_canonical_operation() {
    let files = files();
    assert!(files.len() >= 16, "one file for each client: {files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file that is listed");
        let fixture: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        let quirks = quirks(&fixture);
        for step in fixture["steps"].as_array().expect("steps") {
            let got = decode(step, quirks).unwrap_or_else(|error| panic!("{file:?}: {}: {error}", step["does"]));
            assert_eq!(got, step["canonical"], "{file:?}: {}", step["does"]);
        }
    }
}

/// A client's life is whole: each file makes, changes and ends a user and a group, and no step is without expectation.
#[test]
fn every_file_is_a_whole_life() {
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a file that is listed");
        let fixture: Value = serde_json::from_str(&text).expect("JSON");
        let steps = fixture["steps"].as_array().expect("steps");
        let has = |is: &dyn Fn(&Value) -> bool| steps.iter().any(is);
        for kind in ["/Users", "/Groups"] {
            let of = |step: &Value| step["path"].as_str().is_some_and(|path| path.starts_with(kind));
            let does = |step: &Value, name: &str| of(step) && step["canonical"].get(name).is_some();
            assert!(has(&|step| does(step, "create") && !step["creates"].is_null()), "{file:?}: {kind} created");
            assert!(has(&|step| does(step, "patch") || does(step, "replace")), "{file:?}: {kind} changed");
        }
        assert!(has(&|step| step["canonical"].get("delete").is_some()), "{file:?}: something deleted");
        let disables = |step: &Value| {
            let operations = step["canonical"]["patch"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_off = |operation: &Value| operation["path"] == "active" && operation["value"] == false;
            step["canonical"]["replace"]["active"] == false || operations.iter().any(is_off)
        };
        assert!(has(&disables), "{file:?}: disabled");
        assert!(steps.iter().all(|step| step["status"].is_u64() && step["does"].is_string()), "{file:?}");
    }
}

fn files() -> Vec<PathBuf> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/clients");
    let entries = std::fs::read_dir(directory).expect("the directory of the fixtures");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn quirks(fixture: &Value) -> Quirks {
    let has = |quirk: &str| fixture["quirks"].as_array().is_some_and(|quirks| quirks.contains(&json!(quirk)));
    Quirks { replace_creates: has("replace_creates"), empty_string_clears: has("empty_string_clears") }
}

fn resource_type(path: &str) -> ResourceType {
    let is_user = path.starts_with("/Users");
    let enterprise = Extension { schema: schema::enterprise_user().clone(), required: false };
    ResourceType {
        name: if is_user { "User" } else { "Group" }.into(),
        endpoint: if is_user { "/Users" } else { "/Groups" }.into(),
        schema: if is_user { schema::user() } else { schema::group() }.clone(),
        extensions: if is_user { vec![enterprise] } else { vec![] },
        open: false,
    }
}

/// What the request asks, in the form in which the files say it.
fn decode(step: &Value, quirks: Quirks) -> Result<Value, ScimError> {
    let path = step["path"].as_str().expect("a path");
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if !["/Users", "/Groups"].iter().any(|endpoint| path.starts_with(endpoint)) {
        return Ok(json!({"discover": path}));
    }
    let known = resource_type(path);
    let id = path.trim_start_matches('/').split('/').nth(1);
    let sent = || value::parse(&Bytes::from(step["body"].to_string()));
    let read = |object: &scimux_scim::Object| -> Value { serde_json::from_slice(&object.to_bytes()).expect("JSON") };
    let meant =
        step["headers"]["x-http-method-override"].as_str().unwrap_or(step["method"].as_str().expect("a method"));
    Ok(match (meant, id) {
        ("POST", None) => json!({"create": read(&body::canonical(sent()?, &known, quirks)?.resource)}),
        ("GET", None) => json!({"list": list(&ListQuery::parse(query, &known)?)}),
        ("GET", Some(id)) => json!({"read": id}),
        ("PUT", Some(_)) => json!({"replace": read(&body::canonical(sent()?, &known, quirks)?.resource)}),
        ("PATCH", Some(id)) => {
            let patch = patch::decode(&sent()?, id, &known, quirks)?;
            json!({"patch": read(&patch::encode(&patch.operations))["Operations"]})
        }
        ("DELETE", Some(id)) => json!({"delete": id}),
        other => panic!("{other:?} is no request of a client"),
    })
}

fn list(query: &ListQuery) -> Value {
    let mut told = Map::new();
    let mut tell = |name: &str, value: Option<Value>| told.extend(value.map(|value| (name.to_owned(), value)));
    tell("filter", query.filter.as_ref().map(|filter| filter.to_string().into()));
    tell("startIndex", query.start_index.map(Value::from));
    tell("count", query.count.map(Value::from));
    let names = |paths: &[AttributePath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
    match &query.projection {
        Projection::Default => {}
        Projection::Only(paths) => tell("attributes", Some(json!(names(paths)))),
        Projection::Without(paths) => tell("excludedAttributes", Some(json!(names(paths)))),
    }
    Value::Object(told)
}
