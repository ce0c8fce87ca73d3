//! The RSA column of the table of what each vendor needs, on the wire.

use scimux_sandbox::demo::{USER_ONE, USER_TWO};
use serde_json::{Value, json};

use crate::world::{PUBLIC, World, json as parse};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn one() -> String {
    format!("/Users/{USER_ONE}")
}

fn two() -> Value {
    json!({
        "schemas": [USER], "userName": "user_two", "active": true, "displayName": "User Two",
        "name": {"familyName": "family_cloud", "givenName": "User"},
        "emails": [{"value": "usertwo@example.com", "type": "work", "primary": true}],
    })
}

#[tokio::test]
async fn path_credential_and_media_type() {
    let world = World::start("rsa").await;
    let operations = json!([{"op": "Add", "path": "nickname", "value": "User One"}]);
    let resource = world.patch(&one(), operations).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire[0].path, format!("/scim/Users/{USER_ONE}"));
    assert!(wire[0].headers.contains(&("content-type".into(), "application/scim+json".into())));
    assert!(wire[0].headers.iter().any(|(name, value)| name == "authorization" && value.starts_with("Bearer ")));
    assert_eq!(
        parse(&wire[0].body)["Operations"],
        json!([{"op": "add", "path": "nickName", "value": "User One"}]),
        "lower-case op, the schema's spelling"
    );
    assert_eq!(resource["meta"]["location"], format!("{PUBLIC}/t/scim/v2/Users/{USER_ONE}"));
}

#[tokio::test]
async fn put_clears_whatever_the_vendors_put_does() {
    for clears in ["true", "false"] {
        let world = World::start("rsa").await;
        world.sandbox().set("put_clears", json!(clears)).expect("a switch");
        let resource = world.send("PUT", &format!("/Users/{USER_TWO}"), two()).await.expect(200);
        assert!(resource.get("phoneNumbers").is_none(), "{resource}");
        let wire = world.wire();
        let methods: Vec<_> = wire.iter().map(|exchange| exchange.method.as_str()).collect();
        if clears == "true" {
            assert_eq!(methods, ["PUT"]);
        } else {
            assert_eq!(methods, ["PUT", "PATCH"]);
            assert_eq!(parse(&wire[1].body)["Operations"], json!([{"op": "remove", "path": "phoneNumbers"}]));
        }
    }
}

#[tokio::test]
async fn a_replaced_list_is_an_object_without_path_and_an_empty_one_a_remove() {
    let world = World::start("rsa").await;
    let emails = json!([{"value": "user_one123@example.com", "type": "work"}]);
    let operations = json!([{"op": "replace", "path": "emails", "value": emails}]);
    world.patch(&one(), operations).await.expect(200);
    assert_eq!(parse(&world.wire()[0].body)["Operations"], json!([{"op": "replace", "value": {"emails": emails}}]));
    for empty in [json!([]), Value::Null] {
        let operations = json!([{"op": "replace", "path": "phoneNumbers", "value": empty}]);
        world.patch(&one(), operations).await.expect(200);
        assert_eq!(parse(&world.wire()[0].body)["Operations"], json!([{"op": "remove", "path": "phoneNumbers"}]));
    }
}

#[tokio::test]
async fn no_filter_in_add_paths_but_in_removes() {
    let world = World::start("rsa").await;
    let operations = json!([{"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+31 65 1"}]);
    let resource = world.patch(&one(), operations).await.expect(200);
    assert_eq!(resource["phoneNumbers"], json!([{"type": "mobile", "value": "+31 65 1"}]));
    let sent = world.wire().pop().expect("a PATCH").body;
    assert!(!sent.contains("type eq"), "no filter in an add path: {sent}");
}

#[tokio::test]
async fn a_remove_with_a_filter_is_passed_on() {
    let world = World::start("rsa").await;
    let operations = json!([{"op": "remove", "path": "phoneNumbers[type eq \"work\"]"}]);
    let resource = world.patch(&format!("/Users/{USER_TWO}"), operations.clone()).await.expect(200);
    assert!(resource.get("phoneNumbers").is_none());
    assert_eq!(parse(&world.wire()[0].body)["Operations"], operations);
}

#[tokio::test]
async fn types_are_a_closed_list() {
    let world = World::start("rsa").await;
    let mut body = two();
    body["emails"] = json!([{"value": "x@example.com", "type": "test"}]);
    let detail = world.send("PUT", &format!("/Users/{USER_TWO}"), body).await.refused(400, "invalidValue");
    assert!(detail.contains("work"), "{detail}");
    let operations = json!([{"op": "replace", "path": "emails[type eq \"home\"].value", "value": "h@example.com"}]);
    world.patch(&one(), operations).await.refused(400, "noTarget");
}

#[tokio::test]
async fn a_405_means_a_local_identity_source() {
    let world = World::start("rsa").await;
    world.sandbox().set("local_source", json!(true)).expect("a switch");
    let operations = json!([{"op": "replace", "path": "title", "value": "T"}]);
    let detail = world.patch(&one(), operations).await.refused(501, "");
    assert!(detail.contains("Local"), "{detail}");
    assert!(world.send("DELETE", &one(), Value::Null).await.refused(501, "").contains("Local"));
}

#[tokio::test]
async fn create_read_list_and_delete() {
    let world = World::start("rsa").await;
    let body = json!({"schemas": [USER], "userName": "three", "emails": [{"value": "3@example.com", "type": "work"}]});
    let id = world.send("POST", "/Users", body.clone()).await.expect(201)["id"].as_str().expect("an id").to_owned();
    world.send("POST", "/Users", body).await.refused(409, "uniqueness");
    let list = world.get("/Users?filter=username%20EQ%20%22three%22").await.expect(200);
    assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &json!(id)));
    let list = world.get("/Users?filter=userName%20sw%20%22thr%22").await.expect(200);
    assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &json!(id)), "evaluated here");
    world.send("DELETE", &format!("/Users/{id}"), Value::Null).await.expect(204);
    world.send("DELETE", &format!("/Users/{id}"), Value::Null).await.refused(404, "");
}
