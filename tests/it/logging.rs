//! `docs/LOGGING.md` says what is logged: compared with the source, and with what a gateway writes.

use std::collections::{BTreeMap, BTreeSet};

use scimux_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::invariants::sources;
use crate::world::World;

/// A kind of line: level, logger, fields.
type Kind = (String, String, BTreeSet<String>);

/// The kinds by their messages, as documented.
fn documented() -> BTreeMap<String, Kind> {
    let mut kinds = BTreeMap::new();
    for row in rows("## Lines") {
        let [message, level, logger, fields, ..] = &row[..] else { panic!("{row:?}") };
        let kind = (level.clone(), names(logger).pop_first().expect("a logger"), names(fields));
        let message = names(message).pop_first().expect("a message");
        assert!(kinds.insert(message.clone(), kind).is_none(), "{message} is there twice");
    }
    kinds
}

/// The rows of the table below a heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/LOGGING.md")).expect("the page");
    let (_, section) = page.split_once(heading).expect("the heading");
    let table = section.lines().skip_while(|line| !line.starts_with("| --- ")).skip(1);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What stands between backticks.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

/// The kinds by their messages, as the source writes them.
fn written() -> BTreeMap<String, Kind> {
    let mut kinds = BTreeMap::new();
    for (path, text) in sources("src") {
        for (_, call) in text.match_indices("tracing::").map(|(at, found)| (found, &text[at + "tracing::".len()..])) {
            let Some((level, rest)) = call.split_once("!(").filter(|(level, _)| LEVELS.contains(level)) else {
                continue;
            };
            let (message, kind) = read(level, &arguments(rest));
            let known = kinds.insert(message.clone(), kind.clone());
            // The same line may be written at two places, as long as it is the same.
            if let Some((level, logger, fields)) = known {
                assert_eq!((&level, &logger), (&kind.0, &kind.1), "{message} in {}", path.display());
                kinds.get_mut(&message).expect("it was put there").2.extend(fields);
            }
        }
    }
    kinds
}

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

fn read(level: &str, arguments: &[String]) -> (String, Kind) {
    let (mut message, mut logger, mut fields) = (None, "scimux".to_owned(), BTreeSet::new());
    for argument in arguments {
        match argument.split_once('=') {
            _ if argument.starts_with('"') => message = Some(argument.trim_matches('"').to_owned()),
            _ if argument.starts_with("target:") => {
                logger = argument.split('"').nth(1).expect("a literal").to_owned();
            }
            Some((name, _)) => drop(fields.insert(name.trim().to_owned())),
            None => drop(fields.insert(argument.trim_start_matches(['%', '?']).to_owned())),
        }
    }
    let message = message.unwrap_or_else(|| panic!("a line without a message of its own: {arguments:?}"));
    (message, (level.to_uppercase(), logger, fields))
}

/// The arguments of a macro call, from behind its opening parenthesis on.
fn arguments(rest: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut arguments) = (0, false, vec![String::new()]);
    for letter in rest.chars() {
        match letter {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        arguments.last_mut().expect("there is one").push(letter);
    }
    arguments.iter().map(|argument| argument.trim().to_owned()).filter(|argument| !argument.is_empty()).collect()
}

#[test]
fn the_page_lists_every_line_with_its_fields() {
    assert_eq!(documented(), written());
}

#[test]
fn the_page_explains_every_field() {
    let explained: BTreeSet<String> = rows("## Fields").iter().flat_map(|row| names(&row[0])).collect();
    let used: BTreeSet<String> = documented().into_values().flat_map(|(_, _, fields)| fields).collect();
    assert_eq!(explained, used);
}

#[tokio::test]
async fn a_gateway_writes_what_the_page_says() {
    let world = World::with("scim", "unsupported = \"drop\"").await;
    let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "babs", "invented": 1});
    let made = world.send("POST", "/Users", user).await.expect(201);
    let path = format!("/Users/{}", made["id"].as_str().expect("an id"));
    let read = world.get(&path).await;
    world.sandbox().fault(Fault { method: None, path_contains: None, times: 1, kind: FaultKind::BreakAfterReading });
    world.patch(&path, json!([{"op": "replace", "path": "title", "value": "x"}])).await.refused(502, "");
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "DELETE", "path": "/Users/absent"}, {"method": "DELETE", "path": path}]});
    world.send("POST", "/Bulk", bulk).await.expect(200);
    world.gateway().edit("adapter = \"scim\"", "adapter = \"nobody\"");
    assert!(!world.gateway().reload().await);
    let output = world.output().await;
    let (documented, mut seen) = (documented(), BTreeMap::new());
    for line in output.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let mut fields: BTreeSet<String> = line.as_object().expect("an object").keys().cloned().collect();
        for always in ["timestamp", "level", "logger", "message"] {
            assert!(fields.remove(always), "{always} is missing in {line}");
        }
        let message = line["message"].as_str().expect("a message");
        let (level, logger, allowed) = documented.get(message).unwrap_or_else(|| panic!("{line} is not documented"));
        assert_eq!(line["level"], level.as_str());
        let own = line["logger"].as_str().expect("a logger");
        assert!(own == logger || own.starts_with("scimux::") && logger == "scimux", "{line}");
        assert!(fields.is_subset(allowed), "{line} has more than {allowed:?}");
        seen.entry(message.to_owned()).or_insert_with(Vec::new).push(line.clone());
    }
    let all = |message: &str| seen.get(message).unwrap_or_else(|| panic!("no line {message} in {output}"));
    let text = |line: &Value, field: &str| line[field].as_str().expect("a text").to_owned();
    let outcome = |line: &Value| format!("{} {}", text(line, "operation"), text(line, "outcome"));
    let mut outcomes: Vec<_> = all("change asked for").iter().map(outcome).collect();
    // Those of a bulk request end side by side.
    outcomes[2..].sort_unstable();
    assert_eq!(outcomes, ["create done", "patch unknown", "delete done", "delete failed"]);
    assert_eq!(all("change asked for")[0]["attributes"], "userName");
    assert_eq!(all("attribute dropped")[0]["attribute"], "other", "no schema knows it");
    assert_eq!(all("request").len(), 4);
    let mut line = all("request")[1].clone();
    for volatile in ["timestamp", "duration_ms"] {
        assert!(!line[volatile].take().is_null(), "{volatile} is missing");
    }
    let expected = json!({"timestamp": null, "level": "INFO", "logger": "scimux::access", "message": "request",
        "request_id": read.header("x-request-id"), "route": "t", "target": "t", "client": "test", "method": "GET",
        "resource": "User", "resource_id": made["id"], "status": 200, "duration_ms": null, "upstream_calls": 1});
    assert_eq!(line, expected);
    for message in ["vendor called", "configuration problem", "serving", "draining", "stopped", "configuration warning"]
    {
        all(message);
    }
}
