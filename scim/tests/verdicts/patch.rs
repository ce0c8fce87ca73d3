//! PATCH against `scim2-server`: the same resource, the same operations, the same result.

mod known;
mod step;

use std::collections::BTreeSet;

use scimux_scim::{AttributePath, Object, Quirks, ResourceType, ScimError, patch};
use serde_json::{Map, Value, json};

use crate::random::{self, Random};
use crate::server::Server;
use crate::users::{EXAMPLES, comparable, group_type, object, user_type};
use known::{KNOWN, Meaning};
use step::Step;

/// What came of a request: the resource's state, or status and `scimType` of the refusal.
type Outcome = Result<Value, String>;

/// How often a difference may be traced to another.
const DEPTH: usize = 8;

fn ours(before: &Value, operations: &[Value], kind: &ResourceType) -> Outcome {
    let applied = || -> Result<Object, ScimError> {
        let message = object(&json!({"schemas": [patch::PATCH_URN], "Operations": operations}));
        let before = object(before);
        let id = before.str("id").unwrap_or_default();
        let decoded = patch::decode(&message, id, kind, Quirks::default())?;
        patch::apply(&before, &decoded.operations, kind)
    };
    match applied() {
        Ok(after) => Ok(serde_json::from_slice(&after.to_bytes()).expect("JSON")),
        Err(error) => Err(format!("{} {}", error.status, error.scim_type.map_or("", |kind| kind.as_str()))),
    }
}

/// What the server makes of it; nothing if it does not take the resource.
fn theirs(server: &Server, before: &Value, operations: &[Value], kind: &ResourceType) -> Option<Outcome> {
    let (status, created) = server.send("POST", &kind.endpoint, &comparable(before));
    if status != 201 {
        return None;
    }
    let path = format!("{}/{}", kind.endpoint, created["id"].as_str().expect("an id"));
    let message = json!({"schemas": [patch::PATCH_URN], "Operations": operations});
    let (status, answer) = server.send("PATCH", &path, &message);
    let outcome = match status {
        200 | 204 => Ok(server.send("GET", &path, &Value::Null).1),
        _ => Err(format!("{status} {}", answer["scimType"].as_str().unwrap_or_default())),
    };
    server.send("DELETE", &path, &Value::Null);
    Some(outcome)
}

fn same(one: &Outcome, other: &Outcome) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => comparable(one) == comparable(other),
        (Err(one), Err(other)) => one == other,
        _ => false,
    }
}

/// One case, and which known differences it showed.
struct Judge<'a> {
    server: &'a Server,
    kind: &'a ResourceType,
    shown: Vec<usize>,
}

impl Judge<'_> {
    /// The operations as one request; if the outcomes differ, each operation by itself from our state on.
    fn request(&mut self, before: &Value, operations: &[Value]) -> Result<(), String> {
        let our = ours(before, operations, self.kind);
        let their = theirs(self.server, before, operations, self.kind).expect("the server takes the resource");
        if same(&our, &their) {
            return Ok(());
        }
        let mut refused = Vec::new();
        let mut state = before.clone();
        // rfc-traps 180: an element of which nothing is left is gone at once here. There it is gone at the end of the request,
        // and the operations before that still find it.
        let mut left_empty = false;
        for operation in operations {
            match self.verdict(&state, operation, DEPTH)? {
                Ok(after) => {
                    left_empty |= leaves_nothing(operation, &state, &after, self.kind);
                    state = after;
                }
                Err(refusal) => refused.push(refusal),
            }
        }
        // Of several mistakes in one request any may be told.
        let explained = !self.shown.is_empty() || refused.len() > 1 || left_empty;
        explained
            .then_some(())
            .ok_or_else(|| format!("{}\n  together: {}", json!(operations), show(before, &our, &their)))
    }

    /// What the server makes of one operation, read as the known differences say; it must be what we make of it.
    fn verdict(&mut self, before: &Value, operation: &Value, depth: usize) -> Result<Outcome, String> {
        let operations = std::slice::from_ref(operation);
        let our = ours(before, operations, self.kind);
        let Some(their) = theirs(self.server, before, operations, self.kind) else {
            // What a known difference led to, such as a relative reference, need not be what the server takes.
            let led_here = !self.shown.is_empty();
            return led_here.then_some(our).ok_or_else(|| format!("the server does not take {before}"));
        };
        if same(&our, &their) {
            return Ok(our);
        }
        let step = Step { kind: self.kind, before, operation, ours: &our, theirs: &their };
        let unlisted = |why: String| format!("{operation}\n  {why}: {}", show(before, &our, &their));
        let known = KNOWN.iter().enumerate().find_map(|(index, known)| Some((index, (known.meaning)(&step)?)));
        match known {
            None => Err(unlisted("not listed".to_owned())),
            Some(_) if depth == 0 => Err(unlisted("traced too far".to_owned())),
            Some((index, Meaning::Is(state))) => {
                self.shown.push(index);
                let is = same(&our, &Ok(state.clone()));
                is.then_some(our.clone())
                    .ok_or_else(|| format!("{} is: {}", unlisted(KNOWN[index].told()), show(before, &our, &Ok(state))))
            }
            Some((index, Meaning::Stays)) => {
                self.shown.push(index);
                Ok(our)
            }
            Some((index, Meaning::As(strict))) => {
                self.shown.push(index);
                let meant = self.one_by_one(before, &strict, depth - 1)?;
                // Of several mistakes in one operation any may be told.
                let as_meant = same(&our, &meant) || our.is_err() && meant.is_err();
                as_meant.then_some(our.clone()).ok_or_else(|| {
                    format!(
                        "{}: read as {}: {}",
                        unlisted(KNOWN[index].told()),
                        json!(strict),
                        show(before, &our, &meant)
                    )
                })
            }
        }
    }

    fn one_by_one(&mut self, before: &Value, operations: &[Value], depth: usize) -> Result<Outcome, String> {
        let mut state = before.clone();
        for operation in operations {
            match self.verdict(&state, operation, depth)? {
                Ok(after) => state = after,
                refused => return Ok(refused),
            }
        }
        Ok(Ok(state))
    }
}

/// Whether an operation brings an element that says nothing, or takes the last part of one.
fn leaves_nothing(operation: &Value, before: &Value, after: &Value, kind: &ResourceType) -> bool {
    let path = operation["path"].as_str().and_then(|text| AttributePath::parse(text, kind).ok());
    let part = path.and_then(|path| kind.canonical(&path)).filter(|path| path.sub_attribute.is_some());
    let takes = part.is_some_and(|path| {
        let length = |state| path.whole().get(&object(state)).and_then(|list| list.as_array().map(<[_]>::len));
        length(before) > length(after)
    });
    takes || says_nothing(&operation["value"])
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Object(parts) => parts.is_empty() || parts.values().any(says_nothing),
        Value::Array(elements) => elements.iter().any(says_nothing),
        _ => false,
    }
}

/// The members in which the outcomes differ from each other, and what they were.
fn show(before: &Value, our: &Outcome, their: &Outcome) -> String {
    let states = [Some(before), our.as_ref().ok(), their.as_ref().ok()].map(|state| state.map(comparable));
    let names: BTreeSet<String> =
        states.iter().flatten().filter_map(Value::as_object).flat_map(Map::keys).cloned().collect();
    let differ = |name: &&String| {
        states.iter().flatten().any(|state| state.get(*name) != states[0].as_ref().and_then(|before| before.get(*name)))
    };
    let shown = |outcome: &Outcome| match outcome {
        Err(refusal) => refusal.clone(),
        Ok(state) => {
            let state = comparable(state);
            names.iter().filter(differ).map(|name| format!("{name}: {} ", state[name])).collect()
        }
    };
    format!("\n    before {}\n    ours   {}\n    theirs {}", shown(&Ok(before.clone())), shown(our), shown(their))
}

#[test]
fn patch_does_what_scim2_server_does() {
    let server = Server::start();
    let mut random = Random(random::seed());
    let mut unlisted = Vec::new();
    for _ in 0..random::cases(300) {
        let kind = if random.chance(80) { user_type() } else { group_type() };
        let resource = random::resource(&mut random, &kind);
        let operations = random::operations(&mut random, &kind);
        let mut judge = Judge { server: &server, kind: &kind, shown: vec![] };
        unlisted.extend(judge.request(&resource, &operations).err());
    }
    assert!(unlisted.is_empty(), "{} unlisted differences:\n{}", unlisted.len(), unlisted.join("\n"));
}

/// What seeds have shown, so that it stays known.
#[test]
fn requests_that_differed_once() {
    let server = Server::start();
    let emptied =
        json!([{"op": "remove", "path": "roles.value"}, {"op": "replace", "path": "roles.display", "value": "c d"}]);
    let nothing = json!([{"op": "replace", "path": "members", "value": {}},
        {"op": "add", "path": "members[not (display eq \"x\")]", "value": {"value": "1", "$ref": "https://example.com/a"}}]);
    let twice = json!([{"op": "add", "path": "members[display eq \"x\"]", "value": [{"value": "1"}, {"value": "1"}]}]);
    let handed_over = json!([{"op": "add", "value": {"x509Certificates":
        [{"value": "aaaa"}, {"value": "AgM=", "display": "D", "primary": true}]}}]);
    let removed = json!([{"op": "remove", "path": "urn:ietf:params:scim:schemas:core:2.0:User", "value": []}]);
    let mut user: Value = serde_json::from_str(EXAMPLES[0]).expect("JSON");
    user["roles"] = json!([{"primary": false, "value": "a"}, {"value": "b"}]);
    user["x509Certificates"] = json!([{"primary": true, "value": "aaaa"}, {"value": "AgM="}]);
    let group: Value = serde_json::from_str(EXAMPLES[1]).expect("JSON");
    for (kind, before, operations) in [
        (user_type(), &user, emptied),
        (user_type(), &user, handed_over),
        (user_type(), &user, removed),
        (group_type(), &group, nothing),
        (group_type(), &group, twice),
    ] {
        let mut judge = Judge { server: &server, kind: &kind, shown: vec![] };
        let verdict = judge.request(before, operations.as_array().expect("a list"));
        assert!(verdict.is_ok(), "{}", verdict.unwrap_err());
    }
}

/// What is listed and no longer so would hide a mistake.
#[test]
fn each_known_difference_is_one() {
    let server = Server::start();
    let mut stale = Vec::new();
    for (index, known) in KNOWN.iter().enumerate() {
        let of_group = known.example.contains("members");
        let (kind, before) = if of_group { (group_type(), EXAMPLES[1]) } else { (user_type(), EXAMPLES[0]) };
        let [before, operation] = [before, known.example].map(|text| serde_json::from_str(text).expect(text));
        let mut judge = Judge { server: &server, kind: &kind, shown: vec![] };
        let verdict = judge.verdict(&before, &operation, DEPTH);
        assert!(verdict.is_ok(), "{}", verdict.unwrap_err());
        if judge.shown.first() != Some(&index) {
            stale.push(format!("{} {operation} {:?}", known.told(), judge.shown));
        }
    }
    assert!(stale.is_empty(), "listed, and not so:\n{}", stale.join("\n"));
}
