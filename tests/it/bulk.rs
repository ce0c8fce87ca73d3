//! Bulk requests over vendors none of which has them.

use scimux_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::independent::{printed, python};
use crate::world::{Answer, Gateway, PUBLIC, TOKEN, World, json as parse};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn user(bulk_id: &str) -> Value {
    let data = json!({
        "schemas": [USER], "userName": format!("{bulk_id}@example.com"), "displayName": bulk_id, "active": true,
        "name": {"familyName": bulk_id, "givenName": "A"},
        "emails": [{"value": format!("{bulk_id}@example.com"), "type": "work", "primary": true}],
    });
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
}

fn patch(path: &str, operations: Value) -> Value {
    json!({"method": "PATCH", "path": path, "data": {"schemas": [PATCH], "Operations": operations}})
}

async fn bulk(world: &World, operations: Value) -> (Answer, Vec<Value>) {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
    let answer = world.send("POST", "/Bulk", json!({"schemas": schemas, "Operations": operations})).await;
    let answers = answer.expect(200)["Operations"].as_array().expect("a list").clone();
    (answer, answers)
}

#[track_caller]
fn statuses(answers: &[Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["status"].as_str().unwrap_or_else(|| panic!("{answer}"))).collect()
}

/// The path below the route of an operation's location.
#[track_caller]
fn at(answer: &Value) -> String {
    let location = answer["location"].as_str().unwrap_or_else(|| panic!("no location in {answer}"));
    location.strip_prefix(&format!("{PUBLIC}/t/scim/v2")).unwrap_or_else(|| panic!("elsewhere: {answer}")).to_owned()
}

#[tokio::test]
async fn a_team_on_plain() {
    let world = World::start("scim").await;
    let operations = json!([
        {"method": "POST", "path": "/Groups", "bulkId": "team", "data":
            {"schemas": [GROUP], "displayName": "Team", "members": [{"value": "bulkId:ann"}, {"value": "bulkId:bo"}]}},
        user("ann"),
        user("bo"),
        patch("/Users/bulkId:bo", json!([{"op": "add", "value": {ENTERPRISE: {"manager": {"value": "bulkId:ann"}}}}])),
        patch("/Groups/bulkId:team", json!([{"op": "Remove", "path": "members[value eq \"bulkId:ann\"]"}])),
    ]);
    let (_, answers) = bulk(&world, operations).await;
    assert_eq!(statuses(&answers), ["201", "201", "201", "200", "204"], "{answers:#?}");
    let ann = world.get(&at(&answers[1])).await.expect(200)["id"].clone();
    let bo = world.get(&at(&answers[2])).await.expect(200);
    assert_eq!(bo[ENTERPRISE]["manager"]["value"], ann);
    assert_eq!(bo["meta"]["version"], answers[3]["version"]);
    let team = world.get(&at(&answers[0])).await.expect(200);
    assert_eq!(team["members"].as_array().map(Vec::len), Some(1), "{team}");
    assert_eq!(team["members"][0]["value"], bo["id"]);
    assert_eq!(at(&answers[4]), at(&answers[0]));
    assert!(!world.wire().iter().any(|exchange| exchange.body.contains("bulkId")));
}

#[tokio::test]
async fn every_operation_is_logged_as_one_of_its_own() {
    let world = World::start("scim").await;
    let operations = json!([user("canary-ann"), {"method": "DELETE", "path": "/Users/nobody"}, user("bo")]);
    let (_, answers) = bulk(&world, operations).await;
    assert_eq!(statuses(&answers), ["201", "404", "201"], "{answers:#?}");
    let calls = world.wire().len();
    let output = world.output().await;
    let lines: Vec<Value> = output.lines().map(parse).collect();
    let of = |target: &str| lines.iter().filter(|line| line["logger"] == target).collect::<Vec<_>>();
    let fields = |line: &Value, name: &str| line[name].clone();
    let audits: Vec<_> =
        of("scimux::audit").iter().map(|line| (fields(line, "operation"), fields(line, "outcome"))).collect();
    let audit = |operation: &str, outcome: &str| (json!(operation), json!(outcome));
    assert_eq!(audits.len(), 3, "{output}");
    for expected in [audit("create", "done"), audit("delete", "failed")] {
        assert!(audits.contains(&expected), "{audits:?}");
    }
    let access = of("scimux::access");
    assert_eq!(access.len(), 1, "one request");
    assert_eq!((fields(access[0], "resource"), fields(access[0], "upstream_calls")), (json!("Bulk"), json!(calls)));
    let whole = lines.iter().find(|line| line["message"] == "bulk request carried out").expect("a line");
    assert_eq!((&whole["operations"], &whole["answered"], &whole["failed"]), (&json!(3), &json!(3), &json!(1)));
    assert!(!output.contains("canary-ann"), "{output}");
}

/// Veeva has no PATCH, no DELETE and no groups: each operation is what its request would be by itself.
#[tokio::test]
async fn operations_on_veeva() {
    let world = World::start("veeva").await;
    let operations = json!([
        patch("/Users/bulkId:ann", json!([{"op": "replace", "path": "name.givenName", "value": "Ann"}])),
        user("ann"),
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": [GROUP], "displayName": "G"}},
        {"method": "DELETE", "path": "/Users/bulkId:ann"},
        {"method": "PUT", "path": "/Users/4711", "data": {"userName": "x"}},
    ]);
    let (answer, answers) = bulk(&world, operations).await;
    assert_eq!(statuses(&answers)[..4], ["200", "201", "501", "204"], "{answers:#?}");
    assert!(answers[4]["status"].as_str().is_some_and(|status| status.starts_with('4')), "{}", answers[4]);
    assert_eq!((at(&answers[0]), at(&answers[3])), (at(&answers[1]), at(&answers[1])));
    let ann = world.get(&at(&answers[1])).await.expect(200);
    assert_eq!(
        (&ann["name"]["givenName"], &ann["active"]),
        (&json!("Ann"), &json!(false)),
        "patched, then deactivated"
    );
    assert_eq!(answer.header("scimux-dropped"), "displayName");
    assert_eq!(answers[2]["response"]["status"], "501");
}

#[tokio::test]
async fn a_group_on_huawei() {
    let world = World::start("huawei").await;
    let operations = json!([
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": [GROUP], "displayName": "G"}},
        patch("/Groups/bulkId:g", json!([{"op": "add", "path": "members", "value": [{"value": "bulkId:ann"}]}])),
        user("ann"),
        user("ann"),
    ]);
    let (_, answers) = bulk(&world, operations).await;
    assert_eq!(statuses(&answers), ["201", "204", "201", "400"], "{answers:#?}");
    let id = at(&answers[2]).rsplit('/').next().expect("an id").to_owned();
    let wire = world.wire();
    let member = wire.iter().find(|exchange| exchange.method == "PATCH").expect("the members");
    assert!(member.body.contains(&id) && !member.body.contains("bulkId"), "{}", member.body);
}

#[tokio::test]
async fn a_vendor_that_fails_fails_its_operation_alone() {
    let world = World::with("scim", "upstream.retries = 0").await;
    let kind = FaultKind::BreakBeforeReading;
    world.sandbox().fault(Fault { method: Some("POST".into()), path_contains: None, times: 1, kind });
    let (_, answers) = bulk(&world, json!([user("ann"), {"method": "DELETE", "path": "/Users/bulkId:ann"}])).await;
    assert_eq!(statuses(&answers), ["504", "409"], "{answers:#?}");
    assert!(answers[0]["response"]["detail"].as_str().is_some_and(|detail| detail.contains("outcome is unknown")));
    let kind =
        FaultKind::Status { status: 429, headers: vec![("retry-after".into(), "7".into())], body: String::new() };
    world.sandbox().fault(Fault { method: Some("POST".into()), path_contains: None, times: 9, kind });
    let (_, answers) = bulk(&world, json!([user("bo")])).await;
    assert_eq!(statuses(&answers), ["429"], "{answers:#?}");
    assert!(answers[0]["response"]["detail"].as_str().is_some_and(|detail| detail.ends_with("(Retry-After: 7)")));
}

/// What an independent server says of the same requests: status, location, version and `scimType` of each operation.
#[tokio::test]
async fn traps_253_to_271_an_independent_server_says_the_same() {
    let (server, toml) = crate::scim2_server::spawn().await;
    let other = crate::scim2_server::spawn().await.0;
    let gateway = Gateway::start(&toml).await;
    let requests = independent();
    let mut both = python("bulk.py");
    both.arg(gateway.socket()).args([TOKEN, "t", &other.port.to_string(), "T", &requests.to_string()]);
    let told: Vec<Value> = printed(both).await.lines().map(parse).collect();
    assert_eq!(told.len(), requests.as_array().expect("a list").len());
    for (place, one) in told.iter().enumerate() {
        assert_eq!(one["gateway"], one["server"], "request {place}: {}", requests[place]);
    }
    drop(server);
}

fn independent() -> Value {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
    let user = |bulk_id: &str| {
        let data = json!({"schemas": [USER], "userName": bulk_id});
        json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
    };
    let group = |bulk_id: &str, member: &str| {
        let data = json!({"schemas": [GROUP], "displayName": bulk_id, "members": [{"value": member}]});
        json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data})
    };
    let title = |path: &str| patch(path, json!([{"op": "replace", "path": "title", "value": "T"}]));
    let delete = |path: &str| json!({"method": "DELETE", "path": path});
    let mut stale = title("/Users/bulkId:u");
    stale["version"] = "W/\"no\"".into();
    let put = json!({"method": "PUT", "path": "/Users/bulkId:p", "data": {"schemas": [USER], "userName": "put"}});
    let all = [
        vec![group("g", "bulkId:u"), user("u"), user("U"), title("/Users/bulkId:u"), stale, delete("/Users/bulkId:u")],
        vec![delete("/Users/nobody"), delete("/Devices/1"), delete("/Users"), title("/Users/nobody")],
        vec![json!({"method": "POST", "path": "/Bulk", "bulkId": "b", "data": {}}), delete("/Users/1/2")],
        vec![group("a", "bulkId:b"), group("b", "bulkId:c"), group("c", "bulkId:b"), group("self", "bulkId:self")],
        vec![group("lost", "bulkId:nobody"), title("/Users/bulkId:nobody"), user("twice"), user("twice")],
        vec![put, user("p"), group("h", "bulkId:k"), group("k", "bulkId:p"), delete("/Users/bulkId:p")],
    ];
    let message = |operations: &Vec<Value>| json!({"schemas": schemas, "Operations": operations});
    let mut messages: Vec<Value> = all.iter().map(message).collect();
    for most in [1, 2] {
        let operations = [user(&format!("f{most}")), delete("/Users/1"), user("u1"), delete("/Users/2"), user("u2")];
        messages.push(json!({"schemas": schemas, "failOnErrors": most, "Operations": operations}));
    }
    messages.into()
}
