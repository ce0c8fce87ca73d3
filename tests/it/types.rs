//! The resource types and schemas of a plain provider are its own: nothing here knows of users and groups only.

use scimux_sandbox::{Fault, FaultKind, Sandbox};
use serde_json::{Value, json};

use crate::independent::Server;
use crate::world::{Answer, Gateway, PUBLIC, asks_for_description, sandbox};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const DEVICE: &str = "urn:example:scim:schemas:core:2.0:Device";
const BADGE: &str = "urn:example:scim:schemas:extension:badge:2.0:User";

async fn over(options: &[&str]) -> (Server, Gateway) {
    let server = Server::start(options).await;
    let gateway = Gateway::start(&format!("[targets.t]\n{}", server.target_toml())).await;
    (server, gateway)
}

async fn send(gateway: &Gateway, method: &str, path: &str, body: Value) -> Answer {
    gateway.send(method, &format!("/t/scim/v2{path}"), body).await
}

async fn get(gateway: &Gateway, path: &str) -> Value {
    send(gateway, "GET", path, Value::Null).await.expect(200)
}

fn names(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().expect("Resources").iter().map(|one| one["id"].as_str().expect("an id")).collect()
}

fn device() -> Value {
    json!({"schemas": [DEVICE], "serial": "S1", "active": true, "parts": [{"value": "a", "size": 1}, {"value": "b", "size": 2}]})
}

fn patch(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// A whole life of a resource of a type that no RFC has, whatever method the provider lacks (rfc-traps 324).
/// rfc-traps 311: the endpoint is what the provider says.
#[tokio::test]
async fn trap_324_devices_live_as_users_do() {
    for lacking in [&["devices"][..], &["devices", "PATCH", "501"], &["devices", "PUT", "404html"]] {
        let (_server, gateway) = over(lacking).await;
        assert_eq!(names(&get(&gateway, "/ResourceTypes").await), ["User", "Group", "Device"]);
        let created = send(&gateway, "POST", "/Devices", device()).await.expect(201);
        let path = format!("/Devices/{}", created["id"].as_str().expect("an id"));
        assert_eq!(created["meta"]["location"], format!("{PUBLIC}/t/scim/v2{path}"), "{lacking:?}");
        assert_eq!(created["meta"]["resourceType"], "Device");
        let operations = json!([{"op": "replace", "path": "parts[value eq \"a\"].size", "value": 7}, {"op": "remove", "path": "active"}]);
        let patched = send(&gateway, "PATCH", &path, patch(operations)).await.expect(200);
        assert_eq!((&patched["parts"][0]["size"], patched.get("active")), (&json!(7), None), "{lacking:?}");
        let mut wanted = device();
        wanted["serial"] = json!("S2");
        wanted["parts"] = json!([{"value": "b", "size": 3}]);
        let put = send(&gateway, "PUT", &path, wanted.clone()).await.expect(200);
        assert_eq!((&put["serial"], &put["parts"], &put["active"]), (&json!("S2"), &wanted["parts"], &json!(true)));
        let found = get(&gateway, "/Devices?filter=serial%20eq%20%22S2%22&sortBy=serial").await;
        assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &created["id"]));
        send(&gateway, "DELETE", &path, Value::Null).await.expect(204);
        send(&gateway, "GET", &path, Value::Null).await.refused(404, "");
    }
}

/// What the schema says is checked before the provider is asked, and what no schema has is told as left out.
#[tokio::test]
async fn the_providers_schemas_decide() {
    let (_server, gateway) = over(&["devices"]).await;
    assert_eq!(names(&get(&gateway, "/Schemas").await).iter().filter(|id| **id == DEVICE || **id == BADGE).count(), 2);
    let mut body = device();
    body["color"] = json!("red");
    body["note"] = json!("mine");
    let answer = send(&gateway, "POST", "/Devices", body.clone()).await;
    let device = answer.expect(201);
    assert!(device.get("color").is_none() && device.get("note").is_none());
    let dropped = answer.header("scimux-dropped").to_owned();
    assert!(dropped.contains("color"), "{dropped}");
    body["active"] = json!("perhaps");
    send(&gateway, "POST", "/Devices", body).await.refused(400, "invalidValue");
    let path = format!("/Devices/{}", device["id"].as_str().expect("an id"));
    let wrong = patch(json!([{"op": "replace", "path": "color", "value": "red"}]));
    send(&gateway, "PATCH", &path, wrong).await.refused(400, "invalidPath");

    let user = json!({"schemas": [USER, BADGE, ENTERPRISE, "urn:nobody:2.0:User"], "userName": "babs", "active": true,
        BADGE: {"number": 7}, ENTERPRISE: {"department": "D"}, "urn:nobody:2.0:User": {"x": 1}});
    let answer = send(&gateway, "POST", "/Users", user).await;
    let user = answer.expect(201);
    assert_eq!((&user[BADGE]["number"], &user[ENTERPRISE]["department"]), (&json!(7), &json!("D")));
    assert!(user.get("urn:nobody:2.0:User").is_none() && answer.header("scimux-dropped").contains("urn:nobody"));
    send(&gateway, "GET", "/Nothings", Value::Null).await.refused(404, "");
}

#[tokio::test]
async fn what_is_known_stays_when_the_provider_is_down() {
    let (server, gateway) = over(&["devices"]).await;
    assert_eq!(names(&get(&gateway, "/ResourceTypes").await).len(), 3);
    drop(server);
    send(&gateway, "GET", "/Devices", Value::Null).await.refused(502, "");
    assert_eq!(names(&get(&gateway, "/ResourceTypes").await), ["User", "Group", "Device"]);
}

/// A type may be there of which nobody could ask: never 404 (CONTRACT section 4).
#[tokio::test]
async fn an_unknown_type_of_a_provider_that_is_down_is_no_404() {
    let sandbox = sandbox("scim").await;
    let kind = FaultKind::Status { status: 503, headers: Vec::new(), body: String::new() };
    sandbox.fault(Fault {
        method: None,
        path_contains: Some("/ServiceProviderConfig".to_owned()),
        times: u32::MAX,
        kind,
    });
    let gateway = Gateway::start(&format!("[targets.t]\n{}", sandbox.target_toml())).await;
    let answer = send(&gateway, "GET", "/Devices", Value::Null).await;
    answer.refused(503, "");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(names(&get(&gateway, "/ResourceTypes").await), ["User", "Group"], "those of RFC 7643 until then");
    get(&gateway, "/Users").await;
    send(&gateway, "GET", "/a/b/c", Value::Null).await.refused(404, "");
}

/// A provider without these documents is one of RFC 7643's users and groups, and so is one that is not to be believed.
#[tokio::test]
async fn without_a_description_there_are_users_and_groups() {
    let server = Server::start(&["devices", "PATCH", "501"]).await;
    let gateway = Gateway::start(&format!("[targets.t]\n{}discovery = \"off\"\n", server.target_toml())).await;
    assert_eq!(names(&get(&gateway, "/ResourceTypes").await), ["User", "Group"]);
    send(&gateway, "GET", "/Devices", Value::Null).await.refused(404, "");
    let user = json!({"schemas": [USER, BADGE], "userName": "babs", "active": true, BADGE: {"number": 7}});
    let user = send(&gateway, "POST", "/Users", user).await.expect(201);
    assert_eq!(user[BADGE]["number"], 7, "what nobody describes is kept as it is");
}

/// What the provider says of PATCH decides before one is tried; the operator may know better.
#[tokio::test]
async fn a_patch_that_the_provider_says_it_lacks_is_not_tried() {
    let sandbox = sandbox("scim").await;
    sandbox.set("patch", json!("501")).expect("a switch");
    let path = "/Users/2819c223-7f76-453a-919d-413861904646";
    let title = patch(json!([{"op": "replace", "path": "title", "value": "U"}]));
    let methods = |sandbox: &Sandbox| {
        let wire = sandbox.take_exchanges().into_iter().filter(|exchange| !asks_for_description(exchange));
        wire.map(|exchange| exchange.method).collect::<Vec<_>>()
    };
    let gateway = Gateway::start(&format!("[targets.t]\n{}", sandbox.target_toml())).await;
    assert_eq!(send(&gateway, "PATCH", path, title.clone()).await.expect(200)["title"], "U");
    assert_eq!(methods(&sandbox), ["GET", "PUT"]);
    let gateway = Gateway::start(&format!("[targets.t]\n{}patch = \"native\"\n", sandbox.target_toml())).await;
    send(&gateway, "PATCH", path, title).await.refused(501, "");
    assert_eq!(methods(&sandbox), ["PATCH"]);
}
