//! The plain RFC 7644 server.

use base64::Engine;
use scimux_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::client::{Answer, Api, JSON, SCIM, start};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OWN: &str = "urn:acme:scim:schemas:extension:badge:2.0:User";

async fn api() -> (Sandbox, Api) {
    let sandbox = start("scim").await;
    let basic = base64::prelude::BASE64_STANDARD.encode("scimux:plain-sandbox-password");
    let root = sandbox.base_url();
    (sandbox, Api { root, authorization: format!("Basic {basic}"), media_type: SCIM })
}

fn new_user(name: &str) -> Value {
    json!({"schemas": [CORE], "userName": name, "active": true, "nickname": "N", "password": "secret",
        "emails": [{"value": format!("{name}@example.com"), "type": "work", "primary": true}]})
}

async fn created(api: &Api, name: &str) -> String {
    let answer = api.call("POST", "/Users", Some(new_user(name))).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("/Users/{}", answer.json()["id"].as_str().expect("an id"))
}

fn is_refused(answer: &Answer, status: u16, scim_type: &str) {
    let body = answer.json();
    assert_eq!((answer.status, body["scimType"].as_str().unwrap_or_default()), (status, scim_type), "{body}");
}

#[tokio::test]
async fn a_user_is_created_replaced_and_deleted() {
    let (sandbox, api) = api().await;
    let path = created(&api, "bjensen").await;
    let read = api.get(&path).await;
    assert_eq!(read.json()["meta"]["location"], json!(format!("{}{path}", api.root)));
    assert_eq!((read.json()["nickName"].clone(), read.json().get("password")), (json!("N"), None));
    assert_eq!(read.header("etag"), "W/\"1\"");
    is_refused(&api.call("POST", "/Users", Some(new_user("BJensen"))).await, 409, "uniqueness");

    let put = json!({"schemas": [CORE, OWN], "userName": "bjensen", "id": "x", OWN: {"number": 7}});
    let held = api.call("PUT", &path, Some(put.clone())).await.json();
    assert_eq!((held.get("nickName"), held.get("active"), held["schemas"].clone()), (None, None, json!([CORE, OWN])));
    assert_eq!(held[OWN]["number"], 7);
    api.patch(&path, json!([{"op": "add", "path": "active", "value": false}])).await;
    sandbox.set("put_active", json!("keep")).expect("a switch");
    assert_eq!(api.call("PUT", &path, Some(put)).await.json()["active"], false);
    is_refused(&api.call("PUT", &path, Some(json!({"schemas": [CORE]}))).await, 400, "invalidValue");
    assert_eq!(api.call("DELETE", &path, None).await.status, 204);
    assert_eq!(api.get(&path).await.status, 404);
}

#[tokio::test]
async fn patch_is_that_of_the_rfc() {
    let (sandbox, api) = api().await;
    let path = created(&api, "bjensen").await;
    let held = api
        .patch(
            &path,
            json!([
                {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "b@example.com"},
                {"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Tour"},
                {"op": "add", "path": format!("{OWN}:number"), "value": 7},
                {"op": "remove", "path": format!("{CORE}:nickName")},
                {"op": "add", "value": {"title": "T", "name": {"givenName": "B"}}},
            ]),
        )
        .await
        .json();
    assert_eq!(
        (held["emails"][0]["value"].clone(), held[ENTERPRISE]["department"].clone()),
        (json!("b@example.com"), json!("Tour"))
    );
    assert_eq!(
        (held[OWN]["number"].clone(), held.get("nickName"), held["title"].clone()),
        (json!(7), None, json!("T"))
    );
    for (operation, scim_type) in [
        (json!({"op": "replace", "path": "id", "value": "x"}), "mutability"),
        (json!({"op": "remove", "path": "userName"}), "mutability"),
        (json!({"op": "replace", "path": "shoeSize", "value": "x"}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "x"}), "noTarget"),
        (json!({"op": "move", "path": "title"}), "invalidSyntax"),
        (json!({"op": "replace", "path": "active", "value": "yes"}), "invalidValue"),
    ] {
        is_refused(&api.patch(&path, json!([operation])).await, 400, scim_type);
    }
    let version = api.get(&path).await.json()["meta"]["version"].clone();
    let same = api.patch(&path, json!([{"op": "replace", "path": "title", "value": "T"}])).await;
    assert_eq!(same.json()["meta"]["version"], version);
    sandbox.set("patch_status", json!(204)).expect("a switch");
    let silent = api.patch(&path, json!([{"op": "remove", "path": "title"}])).await;
    assert_eq!((silent.status, silent.text.as_str()), (204, ""));
}

#[tokio::test]
async fn a_server_may_lack_put_or_patch() {
    let (sandbox, api) = api().await;
    let path = created(&api, "bjensen").await;
    for (method, switch) in [("PUT", "put"), ("PATCH", "patch")] {
        for (value, status, body) in
            [("501", 501, "implemented"), ("405", 405, "allowed"), ("404html", 404, "<!DOCTYPE")]
        {
            sandbox.set(switch, json!(value)).expect("a switch");
            let answer = api.call(method, &path, Some(new_user("bjensen"))).await;
            assert_eq!(answer.status, status, "{}", answer.text);
            assert!(answer.text.contains(body), "{}", answer.text);
            assert_eq!(api.get("/ServiceProviderConfig").await.json()["patch"]["supported"], switch == "put");
        }
        assert_eq!(api.get(&path).await.json()["userName"], "bjensen");
        sandbox.set(switch, json!("on")).expect("a switch");
    }
}

#[tokio::test]
async fn versions_guard_writes() {
    let (sandbox, api) = api().await;
    let path = created(&api, "bjensen").await;
    let stale = [("if-match", "W/\"0\"")];
    let body = || Some(new_user("bjensen"));
    assert_eq!(api.with("PUT", &path, body(), &stale).await.status, 412);
    assert_eq!(api.with("DELETE", &path, None, &stale).await.status, 412);
    assert_eq!(api.with("PUT", &path, body(), &[("if-match", "\"1\"")]).await.header("etag"), "W/\"2\"");
    assert_eq!(api.with("GET", &path, None, &[("if-none-match", "W/\"2\"")]).await.status, 304);
    sandbox.set("etag", json!(false)).expect("a switch");
    let unguarded = api.with("PUT", &path, body(), &stale).await;
    assert_eq!((unguarded.status, unguarded.header("etag")), (200, ""));
    assert_eq!(unguarded.json()["meta"].get("version"), None);
}

#[tokio::test]
async fn groups_hold_members() {
    let (_sandbox, api) = api().await;
    let user = created(&api, "bjensen").await.replace("/Users/", "");
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G", "members": [{"value": user}]});
    let group = api.call("POST", "/Groups", Some(body)).await.json();
    let path = format!("/Groups/{}", group["id"].as_str().expect("an id"));
    assert_eq!(group["members"][0]["$ref"], json!(format!("{}/Users/{user}", api.root)));
    let gone =
        api.patch(&path, json!([{"op": "remove", "path": format!("members[value eq \"{user}\"]")}])).await.json();
    assert_eq!(gone.get("members"), None);
    let shaped = api.get(&format!("{path}?attributes=displayName")).await.json();
    assert_eq!(shaped.as_object().map(serde_json::Map::len), Some(3));
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    let (sandbox, api) = api().await;
    for name in ["carl", "anna", "bert"] {
        created(&api, name).await;
    }
    let names = |answer: Answer| {
        let body = answer.json();
        let all = body["Resources"].as_array().cloned().unwrap_or_default();
        all.iter().map(|u| u["userName"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(api.get("/Users?sortBy=userName&sortOrder=descending").await), ["carl", "bert", "anna"]);
    assert_eq!(names(api.get("/Users?sortBy=emails&startIndex=2&count=1").await), ["bert"]);
    let filter = json!({"filter": "emails[type eq \"work\" and value sw \"a\"]", "attributes": ["userName"]});
    let found = api.call("POST", "/Users/.search", Some(filter)).await;
    assert_eq!(found.json()["Resources"][0].get("emails"), None);
    assert_eq!(names(found), ["anna"]);
    is_refused(&api.get("/Users?filter=userName").await, 400, "invalidFilter");
    sandbox.set("max_results", json!(2)).expect("a switch");
    let cut = api.get("/Users?count=100").await.json();
    assert_eq!((cut["totalResults"].clone(), cut["itemsPerPage"].clone()), (json!(3), json!(2)));
    sandbox.set("no_paging_members", json!(true)).expect("a switch");
    assert_eq!(api.get("/Users").await.json().get("itemsPerPage"), None);
}

#[tokio::test]
async fn lists_page_by_cursor() {
    let (sandbox, api) = api().await;
    let seeded = api.get("/Users").await.json()["totalResults"].as_u64().expect("a number");
    for number in seeded..5 {
        assert_eq!(api.call("POST", "/Users", Some(new_user(&format!("cursor{number}")))).await.status, 201);
    }
    assert_eq!(api.get("/Users?count=2&cursor=").await.json()["startIndex"], 1, "off: no such parameter");
    sandbox.set("cursors", json!("on")).expect("a switch");
    let page = api.get("/Users?count=2&cursor").await.json();
    assert_eq!((page.get("startIndex"), &page["itemsPerPage"]), (None, &json!(2)));
    let next = page["nextCursor"].as_str().expect("a cursor").to_owned();
    let last = api.get(&format!("/Users?count=200&cursor={next}")).await.json();
    assert_eq!((last["Resources"].as_array().expect("a list").len(), last.get("nextCursor")), (3, None));
    is_refused(&api.get("/Users?cursor=x").await, 400, "invalidCursor");
    assert_eq!(api.get("/Users?startIndex=2").await.json()["startIndex"], 2);
    sandbox.set("cursors", json!("only")).expect("a switch");
    assert_eq!(api.get("/Users?startIndex=2&count=1").await.json().get("startIndex"), None);
}

#[tokio::test]
async fn filters_and_sorting_can_be_lacking() {
    let (sandbox, api) = api().await;
    for name in ["one", "two"] {
        assert_eq!(api.call("POST", "/Users", Some(new_user(name))).await.status, 201);
    }
    let one = "/Users?filter=userName%20eq%20%22one%22";
    let count = |list: Value| list["totalResults"].as_u64().expect("a number");
    let all = count(api.get("/Users").await.json());
    assert_eq!(count(api.get(one).await.json()), 1);
    let user = "schemas%20eq%20%22urn:ietf:params:scim:schemas:core:2.0:User%22";
    assert_eq!(count(api.get(&format!("/Users?filter={user}")).await.json()), all);
    sandbox.set("filter", json!("ignore")).expect("a switch");
    assert_eq!(count(api.get(one).await.json()), all);
    sandbox.set("filter", json!("refuse")).expect("a switch");
    assert_eq!((api.get(one).await.status, api.get("/Users?sortBy=id").await.status), (501, 200));
    sandbox.set("sort", json!(false)).expect("a switch");
    assert_eq!((api.get("/Users").await.status, api.get("/Users?sortBy=id").await.status), (200, 501));
}

#[tokio::test]
async fn credentials_types_and_paths_are_checked() {
    let (_sandbox, api) = api().await;
    let bearer =
        Api { root: api.root.clone(), authorization: "Bearer plain-sandbox-token".to_owned(), media_type: JSON };
    assert_eq!(bearer.call("POST", "/Users", Some(new_user("a"))).await.status, 201);
    let wrong = Api { root: api.root.clone(), authorization: "Bearer x".to_owned(), media_type: "text/plain" };
    let answer = wrong.get("/Users").await;
    assert_eq!((answer.status, answer.header("www-authenticate").is_empty()), (401, false));
    let text = Api { media_type: "text/plain", ..api };
    is_refused(&text.call("POST", "/Users", Some(new_user("b"))).await, 415, "");
    is_refused(&text.get("//Users").await, 404, "");
    is_refused(&text.call("DELETE", "/Users", None).await, 405, "");
    assert_eq!(text.get("/ServiceProviderConfig").await.json()["patch"]["supported"], true);
}
