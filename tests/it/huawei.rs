//! The Huawei column of the table of what each vendor needs, on the wire.

use scimux_sandbox::demo::WEI;
use serde_json::{Value, json};

use crate::world::{PUBLIC, World, json as parse};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn path() -> String {
    format!("/Users/{WEI}")
}

fn wei() -> Value {
    json!({
        "schemas": [USER], "userName": "zhang.wei", "displayName": "Zhang Wei", "active": true,
        "name": {"familyName": "Zhang", "givenName": "Wei"},
        "emails": [{"value": "zhang.wei@example.com", "type": "work", "primary": true}],
    })
}

#[tokio::test]
async fn path_credential_and_media_type() {
    let world = World::start("huawei").await;
    world.send("PUT", &path(), wei()).await.expect(200);
    let wire = world.wire();
    let sent = wire.iter().find(|exchange| exchange.method == "PUT").expect("a PUT");
    assert!(sent.path.ends_with(&format!("/scim/v2/Users/{WEI}")), "{}", sent.path);
    let authorization = sent.headers.iter().find(|(name, _)| name == "authorization").expect("a credential");
    assert!(authorization.1.starts_with("Bearer "));
    assert!(sent.headers.contains(&("content-type".into(), "application/json".into())));
}

#[tokio::test]
async fn put_is_completed_from_the_present_user() {
    let world = World::start("huawei").await;
    let mut body = wei();
    for name in ["displayName", "active"] {
        body.as_object_mut().expect("an object").remove(name);
    }
    body["name"].as_object_mut().expect("an object").remove("givenName");
    let resource = world.send("PUT", &path(), body).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire[0].method, "GET");
    let sent = parse(&wire[1].body);
    assert_eq!((&sent["displayName"], &sent["name"]["givenName"]), (&json!("Zhang Wei"), &json!("Wei")));
    assert_eq!(resource["displayName"], "Zhang Wei");
    assert!(resource.get("title").is_none(), "PUT replaces");
}

#[tokio::test]
async fn put_names_what_the_present_user_lacks_too() {
    let world = World::start("huawei").await;
    let id = world.sandbox().seed("/Users", json!({"userName": "bare", "emails": []}));
    let body = json!({"schemas": [USER], "userName": "bare", "name": {"familyName": "B", "givenName": "A"}});
    let detail = world.send("PUT", &format!("/Users/{id}"), body).await.refused(400, "invalidValue");
    assert!(detail.contains("displayName") && detail.contains("emails"), "{detail}");
    assert!(!world.wire().iter().any(|exchange| exchange.method == "PUT"));
}

#[tokio::test]
async fn a_201_on_put_is_200() {
    let world = World::start("huawei").await;
    world.sandbox().set("put_status", json!("201")).expect("a switch");
    let answer = world.send("PUT", &path(), wei()).await;
    assert_eq!(answer.expect(200)["meta"]["location"], format!("{PUBLIC}/t/scim/v2/Users/{WEI}"));
}

#[tokio::test]
async fn a_put_that_merges_leaves_nothing_behind() {
    for merges in [true, false] {
        let world = World::start("huawei").await;
        world.sandbox().set("put_merges", json!(merges)).expect("a switch");
        let resource = world.send("PUT", &path(), wei()).await.expect(200);
        assert!(resource.get("title").is_none() && resource.get("addresses").is_none(), "{merges}: {resource}");
    }
}

#[tokio::test]
async fn a_put_without_active_never_brings_a_leaver_back() {
    for switch in ["keep", "reset"] {
        let world = World::start("huawei").await;
        world.sandbox().set("put_active", json!(switch)).expect("a switch");
        world.patch(&path(), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        let mut body = wei();
        body.as_object_mut().expect("an object").remove("active");
        assert_eq!(world.send("PUT", &path(), body).await.expect(200)["active"], false, "{switch}");
    }
}

#[tokio::test]
async fn exactly_one_email_primary_and_typed() {
    let world = World::start("huawei").await;
    let mut body = wei();
    body["emails"] = json!([{"value": "b@example.com"}, {"value": "c@example.com", "type": "home"}]);
    let answer = world.send("PUT", &path(), body).await;
    answer.expect(200);
    assert_eq!(answer.header("scimux-dropped"), "emails");
    let wire = world.wire();
    let sent = parse(&wire.iter().find(|exchange| exchange.method == "PUT").expect("a PUT").body);
    assert_eq!(sent["emails"], json!([{"value": "b@example.com", "type": "work", "primary": true}]));
}

#[tokio::test]
async fn patch_sends_whole_attributes_computed_after_a_read() {
    let world = World::start("huawei").await;
    let operations = json!([
        {"op": "replace", "path": "name.familyName", "value": "Wang"},
        {"op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "+86 755 1"},
    ]);
    let resource = world.patch(&path(), operations).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire.iter().map(|exchange| exchange.method.as_str()).collect::<Vec<_>>(), ["GET", "PATCH"]);
    let name = json!({"formatted": "Zhang Wei", "familyName": "Wang", "givenName": "Wei"});
    let phones = json!([{"value": "+86 755 1", "type": "work", "primary": true}]);
    let mut sent = parse(&wire[1].body)["Operations"].as_array().expect("operations").clone();
    sent.sort_by_key(|operation| operation["path"].to_string());
    assert_eq!(
        sent,
        [
            json!({"op": "replace", "path": "name", "value": name}),
            json!({"op": "replace", "path": "phoneNumbers", "value": phones})
        ]
    );
    assert_eq!(resource["name"]["familyName"], "Wang");
}

#[tokio::test]
async fn patch_is_one_call_where_nothing_has_to_be_computed() {
    let world = World::start("huawei").await;
    let operations = json!([{"op": "Replace", "path": "active", "value": "False"}, {"op": "remove", "path": "title"}]);
    assert_eq!(world.patch(&path(), operations).await.expect(200)["active"], false);
    let wire = world.wire();
    assert_eq!(wire.len(), 1);
    assert_eq!(
        parse(&wire[0].body)["Operations"],
        json!([{"op": "replace", "path": "active", "value": false}, {"op": "remove", "path": "title"}])
    );
}

#[tokio::test]
async fn user_name_and_active_are_never_removed_and_each_at_most_once() {
    let world = World::start("huawei").await;
    for name in ["userName", "active"] {
        world.patch(&path(), json!([{"op": "remove", "path": name}])).await.refused(400, "mutability");
    }
    assert!(world.wire().is_empty());
    let operations = json!([
        {"op": "replace", "path": "userName", "value": "first"}, {"op": "replace", "path": "userName", "value": "second"},
        {"op": "replace", "path": "active", "value": false}, {"op": "replace", "path": "active", "value": true},
    ]);
    assert_eq!(world.patch(&path(), operations).await.expect(200)["userName"], "second");
    let sent = parse(&world.wire().pop().expect("a call").body);
    assert_eq!(sent["Operations"], json!([{"op": "replace", "path": "userName", "value": "second"}]));
}

#[tokio::test]
async fn traps_210_331_enterprise_is_patched_and_profile_url_stays() {
    let world = World::start("huawei").await;
    let held = || world.sandbox().resources("/Users").iter().find(|user| user["id"] == WEI).cloned().expect("Wei");
    let url = held()["profileUrl"].clone();
    assert!(url.is_string());
    let operations = json!([
        {"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Cloud"},
        {"op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": "u2"},
    ]);
    let answer = world.patch(&path(), operations).await;
    let resource = answer.expect(200);
    assert_eq!(
        (&resource[ENTERPRISE]["department"], &resource[ENTERPRISE]["manager"]["value"]),
        (&json!("Cloud"), &json!("u2"))
    );
    assert!(resource["schemas"].as_array().expect("schemas").contains(&json!(ENTERPRISE)));
    assert!(answer.headers.get("scimux-dropped").is_none(), "{:?}", answer.headers);
    let wire = world.wire();
    assert_eq!(wire.iter().map(|exchange| exchange.method.as_str()).collect::<Vec<_>>(), ["GET", "PATCH"]);
    world.patch(&path(), json!([{"op": "remove", "path": format!("{ENTERPRISE}:department")}])).await.expect(200);
    assert_eq!(held()["profileUrl"], url);
    world.sandbox().set("patch_enterprise", json!("refuse")).expect("a switch");
    let operations = json!([{"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Cloud"}]);
    world.patch(&path(), operations).await.expect(400);
    assert_eq!(held()["profileUrl"], url, "never by a PUT in its place");
}

#[tokio::test]
async fn profile_url_itself_is_set_by_a_put() {
    let world = World::start("huawei").await;
    for (op, url) in [("replace", "https://example.com/1"), ("add", "https://example.com/2")] {
        let answer = world.patch(&path(), json!([{"op": op, "path": "profileUrl", "value": url}])).await;
        assert!(answer.expect(200).get("profileUrl").is_none(), "it is never returned");
        assert!(answer.headers.get("scimux-dropped").is_none(), "{:?}", answer.headers);
        let users = world.sandbox().resources("/Users");
        assert_eq!(users.iter().find(|user| user["id"] == WEI).expect("Wei")["profileUrl"], url);
    }
}

#[tokio::test]
async fn trap_221_members_are_in_no_answer() {
    let world = World::start("huawei").await;
    let mut group = json!({"schemas": [GROUP], "displayName": "Eng", "members": [{"value": WEI}]});
    let created = world.send("POST", "/Groups?attributes=members", group.clone()).await.expect(201);
    assert!(created.get("members").is_none(), "{created}");
    let at = format!("/Groups/{}", created["id"].as_str().expect("an id"));
    group["displayName"] = json!("Engineering");
    let add = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "add", "path": "members", "value": [{"value": WEI}]}]});
    for (method, path, body) in [
        ("PUT", at.clone(), group.clone()),
        ("PUT", format!("{at}?attributes=members"), group),
        ("PATCH", format!("{at}?attributes=members"), add),
        ("GET", format!("{at}?attributes=members"), Value::Null),
        ("GET", at.clone(), Value::Null),
    ] {
        let answer = world.send(method, &path, body).await.expect(200);
        assert!(answer.get("members").is_none(), "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn trap_52_what_is_demanded_is_never_emptied() {
    let world = World::start("huawei").await;
    for operation in [
        json!({"op": "replace", "path": "userName", "value": ""}),
        json!({"op": "add", "value": {"userName": ""}}),
        json!({"op": "replace", "path": "displayName", "value": ""}),
    ] {
        world.patch(&path(), json!([operation])).await.refused(400, "invalidValue");
    }
    let operations = json!([{"op": "replace", "path": "displayName", "value": ""}]);
    world.patch("/Groups/1", operations).await.refused(400, "invalidValue");
    assert!(world.wire().is_empty());
}

#[tokio::test]
async fn at_most_100_members_a_call() {
    let world = World::start("huawei").await;
    let group = json!({"schemas": [GROUP], "displayName": "Eng"});
    let id = world.send("POST", "/Groups", group).await.expect(201)["id"].as_str().expect("an id").to_owned();
    world.wire();
    let members: Vec<_> = (0..250).map(|n| json!({"value": format!("user-{n}")})).collect();
    let answer =
        world.patch(&format!("/Groups/{id}"), json!([{"op": "add", "path": "members", "value": members}])).await;
    assert_eq!(answer.expect(204), Value::Null);
    let counts: Vec<_> = world
        .wire()
        .iter()
        .filter(|exchange| exchange.method == "PATCH")
        .map(|exchange| parse(&exchange.body)["Operations"][0]["value"].as_array().expect("members").len())
        .collect();
    assert_eq!(counts, [100, 100, 50]);
}

#[tokio::test]
async fn error_bodies_and_lists_are_healed() {
    let world = World::start("huawei").await;
    let body = world.get("/Users/ac6aa714-daa7-1aaa-aaa2-000000000000").await.expect(404);
    assert_eq!(body["status"], "404");
    assert!(body.get("schema").is_none() && body.get("timeStamp").is_none(), "{body}");
    let list = world.get("/Users?count=10").await.expect(200);
    assert_eq!((&list["itemsPerPage"], &list["startIndex"]), (&json!(1), &json!(1)));
    assert_eq!(list["Resources"][0]["meta"]["location"], format!("{PUBLIC}/t/scim/v2/Users/{WEI}"));
    world.send("DELETE", &path(), Value::Null).await.expect(204);
    let mut body = wei();
    body["userName"] = json!("other");
    world.send("POST", "/Users", body.clone()).await.expect(201);
    world.send("POST", "/Users", body).await.refused(409, "uniqueness");
}

#[tokio::test]
async fn a_put_of_a_group_is_a_patch_of_name_and_members() {
    let world = World::start("huawei").await;
    let group = json!({"schemas": [GROUP], "displayName": "Eng", "externalId": "e1"});
    let id = world.send("POST", "/Groups", group).await.expect(201)["id"].as_str().expect("an id").to_owned();
    world.wire();
    let members: Vec<_> = (0..150).map(|n| json!({"value": format!("user-{n}")})).collect();
    let body = json!({"schemas": [GROUP], "displayName": "Engineering", "externalId": "e1", "members": members});
    let resource = world.send("PUT", &format!("/Groups/{id}"), body).await.expect(200);
    assert_eq!(resource["displayName"], "Engineering", "read back");
    let wire = world.wire();
    assert_eq!(wire.iter().map(|exchange| &*exchange.method).collect::<Vec<_>>(), ["GET", "PATCH", "PATCH", "GET"]);
    let first = &parse(&wire[1].body)["Operations"];
    assert_eq!(first[0], json!({"op": "replace", "path": "displayName", "value": "Engineering"}));
    assert_eq!((&first[1]["op"], &first[1]["path"]), (&json!("replace"), &json!("members")));
    assert_eq!(first[1]["value"].as_array().expect("members").len(), 100);
    let second = &parse(&wire[2].body)["Operations"];
    assert_eq!((&second[0]["op"], second[0]["value"].as_array().expect("members").len()), (&json!("add"), 50));
}

/// rfc-traps 52: what is demanded must not be empty, also where it stands in a value that is set as a whole.
#[tokio::test]
async fn trap_52_an_empty_part_that_is_demanded_never_reaches_the_vendor() {
    let world = World::start("huawei").await;
    for operations in [
        json!([{"op": "replace", "path": "name", "value": {"familyName": "", "givenName": "G"}}]),
        json!([{"op": "replace", "value": {"name": {"familyName": "", "givenName": "G"}}}]),
        json!([{"op": "replace", "path": "emails", "value": [{"value": "", "type": "work", "primary": true}]}]),
    ] {
        world.patch(&path(), operations).await.refused(400, "invalidValue");
    }
    assert!(world.wire().is_empty(), "nothing is sent");
}
