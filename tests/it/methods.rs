//! PUT and PATCH in both directions on plain SCIM targets: what they lack is said, or learned from what they answer.

use scimux_sandbox::demo::{ISABELLA, USER_ONE};
use serde_json::{Value, json};

use crate::world::{World, json as parse};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const BARBARA: &str = "/Users/2819c223-7f76-453a-919d-413861904646";

fn put_body() -> Value {
    json!({"schemas": [USER], "userName": "babs", "active": true, "title": "T", "emails": [{"value": "b@x.io"}]})
}

fn retitle() -> Value {
    json!([{"op": "replace", "path": "title", "value": "U"}])
}

async fn without(method: &str, answer: &str) -> World {
    let world = World::start("scim").await;
    world.sandbox().set(method, json!(answer)).expect("a switch");
    world
}

#[tokio::test]
async fn a_put_that_is_lacking_is_learned_from_each_of_the_three_answers() {
    for answer in ["501", "405", "404html"] {
        let world = without("put", answer).await;
        let resource = world.send("PUT", BARBARA, put_body()).await.expect(200);
        assert_eq!((&resource["title"], &resource["emails"][0]["value"]), (&json!("T"), &json!("b@x.io")), "{answer}");
        let learned = ["PUT", "GET", "PATCH"].map(|method| format!("{method} {BARBARA}"));
        assert_eq!(world.calls(), learned, "{answer}");
        let mut body = put_body();
        body["title"] = json!("V");
        assert_eq!(world.send("PUT", BARBARA, body).await.expect(200)["title"], "V");
        let wire = world.wire();
        assert_eq!(wire.iter().map(|exchange| &*exchange.method).collect::<Vec<_>>(), ["GET", "PATCH"], "{answer}");
        assert_eq!(parse(&wire[1].body)["Operations"], json!([{"op": "replace", "path": "title", "value": "V"}]));
    }
}

/// rfc-traps 128: providers say it with 501, 405 or 404.
#[tokio::test]
async fn a_patch_that_is_lacking_is_learned_for_its_type_only() {
    for answer in ["501", "405", "404html"] {
        let world = without("patch", answer).await;
        let resource = world.patch(BARBARA, retitle()).await.expect(200);
        assert_eq!((&resource["title"], &resource["active"]), (&json!("U"), &json!(true)), "{answer}");
        let learned = ["PATCH", "GET", "PUT"].map(|method| format!("{method} {BARBARA}"));
        assert_eq!(world.calls(), learned, "{answer}");
        world.patch(BARBARA, json!([{"op": "remove", "path": "title"}])).await.expect(200);
        assert_eq!(world.calls(), [format!("GET {BARBARA}"), format!("PUT {BARBARA}")]);
        world.patch(BARBARA, json!([{"op": "remove", "path": "title"}])).await.expect(200);
        assert_eq!(world.calls(), [format!("GET {BARBARA}")], "no change, no PUT (rfc-traps 327)");

        let group = json!({"schemas": [GROUP], "displayName": "Eng"});
        let id = world.send("POST", "/Groups", group).await.expect(201)["id"].as_str().expect("an id").to_owned();
        world.wire();
        let rename = json!([{"op": "replace", "path": "displayName", "value": "E"}]);
        world.patch(&format!("/Groups/{id}"), rename).await.expect(204);
        assert!(world.calls()[0].starts_with("PATCH"), "a group's PATCH is tried by itself");
    }
}

#[tokio::test]
async fn nothing_is_learned_of_what_is_not_there() {
    let world = without("put", "404html").await;
    world.send("PUT", "/Users/nobody", put_body()).await.refused(404, "");
    world.sandbox().set("put", json!("on")).expect("a switch");
    world.wire();
    world.send("PUT", BARBARA, put_body()).await.expect(200);
    assert_eq!(world.calls(), [format!("PUT {BARBARA}")]);
}

#[tokio::test]
async fn a_target_that_has_neither_refuses() {
    let world = without("put", "501").await;
    world.sandbox().set("patch", json!("501")).expect("a switch");
    world.patch(BARBARA, retitle()).await.refused(501, "");
    world.send("PUT", BARBARA, put_body()).await.refused(501, "");
}

#[tokio::test]
async fn what_the_operator_says_is_not_tried() {
    let world = World::with("scim", "put = \"emulate\"").await;
    world.send("PUT", BARBARA, put_body()).await.expect(200);
    assert_eq!(world.calls(), [format!("GET {BARBARA}"), format!("PATCH {BARBARA}")]);
    let world = World::with("scim", "patch = \"emulate\"").await;
    world.patch(BARBARA, retitle()).await.expect(200);
    assert_eq!(world.calls(), [format!("GET {BARBARA}"), format!("PUT {BARBARA}")]);
}

/// What `active` is without a value neither vendor says: a default would bring a leaver back.
#[tokio::test]
async fn active_is_never_left_without_a_value() {
    for (vendor, id) in [("pingone", ISABELLA), ("rsa", USER_ONE)] {
        let world = World::start(vendor).await;
        for operations in [
            json!([{"op": "remove", "path": "active"}]),
            json!([{"op": "remove", "path": "active", "value": false}]),
            json!([{"op": "replace", "path": "active", "value": null}]),
            json!([{"op": "replace", "path": "active", "value": []}]),
            json!([{"op": "replace", "value": {"active": null}}]),
        ] {
            world.patch(&format!("/Users/{id}"), operations).await.refused(400, "mutability");
        }
        assert!(world.wire().is_empty(), "{vendor}: nothing is sent");
    }
}
