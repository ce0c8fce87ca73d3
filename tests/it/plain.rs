//! The plain column: RFC 7644 in, RFC 7644 out; and mappings in every position that CONTRACT section 2 names.

use serde_json::{Value, json};

use crate::world::{PUBLIC, World, json as parse};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const BARBARA: &str = "/Users/2819c223-7f76-453a-919d-413861904646";

#[tokio::test]
async fn put_patch_and_delete_are_passed_on() {
    let world = World::start("scim").await;
    let body =
        json!({"schemas": [USER], "userName": "babs", "active": true, "emails": [{"value": "b@x.io"}], "title": "T"});
    assert_eq!(world.send("PUT", BARBARA, body).await.expect(200)["title"], "T");
    let operations = json!([
        {"op": "Replace", "path": "title", "value": "U"},
        {"op": "add", "value": {"name.givenName": "Bo"}},
        {"op": "remove", "path": "emails[value eq \"b@x.io\"]"},
    ]);
    let resource = world.patch(BARBARA, operations).await.expect(200);
    assert_eq!((&resource["title"], &resource["name"]["givenName"]), (&json!("U"), &json!("Bo")));
    assert!(resource.get("emails").is_none());
    world.send("DELETE", BARBARA, Value::Null).await.expect(204);
    let wire = world.wire();
    assert_eq!(wire.iter().map(|exchange| exchange.method.as_str()).collect::<Vec<_>>(), ["PUT", "PATCH", "DELETE"]);
    assert!(wire[0].headers.iter().any(|(name, value)| name == "authorization" && value.starts_with("Basic ")));
    assert_eq!(
        parse(&wire[1].body)["Operations"],
        json!([
            {"op": "replace", "path": "title", "value": "U"},
            {"op": "add", "path": "name.givenName", "value": "Bo"},
            {"op": "remove", "path": "emails[value eq \"b@x.io\"]"},
        ])
    );
}

/// rfc-traps 333: the answer is what the vendor has.
#[tokio::test]
async fn a_204_on_patch_is_read_back() {
    let world = World::start("scim").await;
    world.sandbox().set("patch_status", json!("204")).expect("a switch");
    let resource = world.patch(BARBARA, json!([{"op": "replace", "path": "title", "value": "U"}])).await.expect(200);
    assert_eq!(resource["title"], "U");
    assert_eq!(world.calls(), [format!("PATCH {BARBARA}"), format!("GET {BARBARA}")]);
}

#[tokio::test]
async fn a_put_without_active_never_brings_a_leaver_back() {
    let world = World::start("scim").await;
    world.patch(BARBARA, json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
    let body = json!({"schemas": [USER], "userName": "babs"});
    assert_eq!(world.send("PUT", BARBARA, body).await.expect(200)["active"], false);
}

/// rfc-traps 126: asked for, the resource comes.
#[tokio::test]
async fn groups_answer_204_on_patch_unless_attributes_are_asked() {
    let world = World::start("scim").await;
    let group = json!({"schemas": [GROUP], "displayName": "Eng", "members": [{"value": "u1"}]});
    let id = world.send("POST", "/Groups", group).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let operations = json!([{"op": "Remove", "path": "members", "value": [{"value": "u2"}]}]);
    assert_eq!(world.patch(&format!("/Groups/{id}"), operations).await.expect(204), Value::Null);
    let group = world.get(&format!("/Groups/{id}")).await.expect(200);
    assert_eq!(group["members"][0]["value"], "u1", "a remove with a value removes that value and never all");
    let operations = json!([{"op": "add", "path": "members", "value": [{"value": "u3"}]}]);
    let group = world.patch(&format!("/Groups/{id}?attributes=members"), operations).await.expect(200);
    assert_eq!(group["members"].as_array().expect("members").len(), 2);
}

#[tokio::test]
async fn references_point_at_the_gateway() {
    let world = World::start("scim").await;
    let host = world.sandbox().base_url();
    let id = world.sandbox().seed(
        "/Groups",
        json!({"displayName": "Eng", "members": [
            {"value": "u1", "$ref": format!("{host}/Users/u1")}, {"value": "d1", "$ref": format!("{host}/Devices/d1")},
        ]}),
    );
    let group = world.get(&format!("/Groups/{id}")).await.expect(200);
    assert_eq!(group["members"][0]["$ref"], format!("{PUBLIC}/t/scim/v2/Users/u1"));
    assert!(group["members"][1].get("$ref").is_none(), "a type that the route does not serve");
    assert!(!group.to_string().contains(&world.sandbox().address().to_string()), "{group}");
}

#[tokio::test]
async fn lists_page_and_sort_at_the_vendor() {
    let world = World::start("scim").await;
    for n in 0..5 {
        world.sandbox().seed("/Users", json!({"userName": format!("user{n}")}));
    }
    let list = world.get("/Users?startIndex=2&count=2&sortBy=userName&sortOrder=descending").await.expect(200);
    assert_eq!((&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]), (&json!(6), &json!(2), &json!(2)));
    assert_eq!(list["Resources"][0]["userName"], "user3");
    let list = world.get("/Users?attributes=userName&count=1").await.expect(200);
    let names: Vec<_> = list["Resources"][0].as_object().expect("a user").keys().cloned().collect();
    assert!(!names.contains(&"name".to_owned()) && names.contains(&"userName".to_owned()), "{names:?}");
    let list = world.get("/Users?filter=userName%20eq%20%22nobody%22").await.expect(200);
    assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(0), &json!([])));
}

/// Mappings apply in bodies, `schemas`, PATCH paths and values, filters, projections, sortBy and error details.
#[tokio::test]
async fn urns_and_attributes_are_mapped_in_every_position() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let acme = "urn:acme:scim:schemas:extension:staff:2.0:User";
    let lines = format!(
        "urns = {{ \"{acme}\" = \"{enterprise}\" }}\nattributes = {{ \"nickName\" = \"{enterprise}:costCenter\" }}"
    );
    let world = World::with("scim", &lines).await;
    let body = json!({
        "schemas": [USER, acme], "userName": "mapped", "active": true, "nickName": "C1", acme: {"department": acme},
    });
    let resource = world.send("POST", "/Users", body).await.expect(201);
    let sent = parse(&world.wire()[0].body);
    assert_eq!(sent[enterprise], json!({"department": acme, "costCenter": "C1"}), "a value is never rewritten");
    assert!(sent.get("nickName").is_none() && sent.get(acme).is_none(), "{sent}");
    assert!(sent["schemas"].as_array().expect("schemas").contains(&json!(enterprise)));
    assert_eq!((&resource[acme], &resource["nickName"]), (&json!({"department": acme}), &json!("C1")));
    assert!(resource["schemas"].as_array().expect("schemas").contains(&json!(acme)), "{resource}");

    let path = format!("/Users/{}", resource["id"].as_str().expect("an id"));
    let operations = json!([
        {"op": "replace", "path": format!("{acme}:department"), "value": "D2"},
        {"op": "replace", "value": {"nickName": "C2"}},
    ]);
    let resource = world.patch(&format!("{path}?attributes=nickName,{acme}:department"), operations).await.expect(200);
    assert_eq!((&resource[acme]["department"], &resource["nickName"]), (&json!("D2"), &json!("C2")));
    assert_eq!(
        parse(&world.wire()[0].body)["Operations"],
        json!([
            {"op": "replace", "path": format!("{enterprise}:department"), "value": "D2"},
            {"op": "replace", "path": format!("{enterprise}:costCenter"), "value": "C2"},
        ])
    );
    let query =
        format!("/Users?filter={acme}:department%20eq%20%22D2%22%20and%20nickName%20eq%20%22C2%22&sortBy=nickName");
    assert_eq!(world.get(&query).await.expect(200)["totalResults"], 1);
    let sent = world.wire().remove(0).path;
    assert!(!sent.contains("acme") && !sent.contains("nickName") && sent.contains("costCenter"), "{sent}");
    let detail = world.patch(&path, json!([{"op": "replace", "path": format!("{acme}:salary"), "value": 1}])).await;
    assert!(detail.refused(400, "invalidPath").contains(acme));
}
