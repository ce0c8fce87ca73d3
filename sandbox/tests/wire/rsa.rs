//! RSA ID Plus.

use scimux_sandbox::{Sandbox, demo};
use serde_json::{Value, json};

use crate::client::{Answer, Api, JSON, SCIM, start};

async fn api() -> (Sandbox, Api) {
    let sandbox = start("rsa").await;
    demo::seed(&sandbox).await;
    let authorization = "Bearer 29da0602f6db1ed033aa91d644ce4d70bdf3ab58".to_owned();
    let root = sandbox.base_url();
    (sandbox, Api { root, authorization, media_type: SCIM })
}

fn one() -> String {
    format!("/Users/{}", demo::USER_ONE)
}

fn is_refused(answer: &Answer, status: u16, scim_type: &str, detail: &str) {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    assert_eq!(body["status"], json!(status.to_string()));
    assert_eq!(body["scimType"].as_str().unwrap_or_default(), scim_type, "{body}");
    assert!(body["detail"].as_str().is_some_and(|d| d.contains(detail)), "{body}");
}

#[tokio::test]
async fn the_documented_patches_work() {
    let (_sandbox, api) = api().await;
    let named = api.patch(&one(), json!([{"op": "add", "path": "nickname", "value": "User One"}])).await;
    assert_eq!((named.status, named.json()["nickName"].clone()), (200, json!("User One")));
    let held = api.patch(&one(), json!([{"op": "remove", "path": "nickname"}])).await.json();
    assert_eq!(held.get("nickName"), None);
    assert_eq!(api.patch(&one(), json!([{"op": "remove", "path": "nickName"}])).await.status, 200);

    let phones = json!([{"type": "work", "value": "+31 65 7777777"}, {"type": "mobile", "value": "+31 65 8888888", "primary": true}]);
    let held = api.patch(&one(), json!([{"op": "add", "path": "phoneNumbers", "value": phones}])).await.json();
    let reversed = json!([{"type": "mobile", "value": "+31 65 8888888"}, {"type": "work", "value": "+31 65 7777777"}]);
    assert_eq!(held["phoneNumbers"], reversed);

    let mail = json!([{"value": "user_one_629@example.com", "type": "work"}]);
    let address = json!([{"primary": true, "type": "work", "streetAddress": "Banklaan 1", "country": "Netherlands"}]);
    let all = json!([{"op": "remove", "path": "phoneNumbers[type eq \"work\"]"}, {"op": "replace", "value": {"emails": mail}},
        {"op": "add", "path": "addresses", "value": address}]);
    let held = api.patch(&one(), all).await.json();
    assert_eq!((held["phoneNumbers"].clone(), held["emails"].clone()), (json!([reversed[0]]), mail));
    assert_eq!(held["addresses"], address);
    assert_eq!(held["meta"]["location"], json!(format!("{}{}", api.root, one())));
}

#[tokio::test]
async fn patches_are_refused_as_the_sdk_refuses_them() {
    let (sandbox, api) = api().await;
    for (operation, scim_type, detail) in [
        (
            json!({"op": "add", "path": "emails[type eq \"work\"].value", "value": "x"}),
            "invalidPath",
            "must not include any value",
        ),
        (json!({"op": "replace", "path": "emails", "value": []}), "invalidSyntax", "empty container"),
        (json!({"op": "replace", "path": "title", "value": null}), "invalidSyntax", "empty container"),
        (json!({"op": "remove"}), "noTarget", "must not be null"),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "x"}),
            "noTarget",
            "matching the filter",
        ),
        (json!({"op": "replace", "path": "name.a.b", "value": "x"}), "invalidPath", ""),
        (json!({"op": "replace", "value": "x"}), "invalidSyntax", "object"),
        (json!({"op": "replace", "path": "id", "value": "x"}), "mutability", ""),
        (
            json!({"op": "remove", "path": "userName"}),
            "invalidSyntax",
            "Attribute userName is required and must have a value",
        ),
        (
            json!({"op": "add", "path": "phoneNumbers", "value": [{"type": "help", "value": "1"}]}),
            "invalidSyntax",
            "Value help is not valid for attribute phoneNumbers[0].type because it is not one of the canonical types: \
             other, pager, work, mobile, fax, home",
        ),
    ] {
        is_refused(&api.patch(&one(), json!([operation])).await, 400, scim_type, detail);
    }
    let both = json!([{"op": "replace", "value": {"emails": [{"value": "x", "type": "test"}]}}, {"op": "remove", "path": "userName"}]);
    let text = "Value test is not valid for attribute emails[0].type because it is not one of the canonical types: other, work, \
                home, Attribute userName is required and must have a value";
    is_refused(&api.patch(&one(), both).await, 400, "invalidSyntax", text);
    let upper = json!([{"op": "Replace", "path": "title", "value": "T"}]);
    is_refused(&api.patch(&one(), upper.clone()).await, 400, "invalidSyntax", "");
    sandbox.set("patch_op_case", json!("any")).expect("a switch");
    assert_eq!(api.patch(&one(), upper).await.status, 200);
}

#[tokio::test]
async fn put_keeps_or_clears() {
    let (sandbox, api) = api().await;
    let two = format!("/Users/{}", demo::USER_TWO);
    let body =
        json!({"userName": "user_two123", "emails": [{"value": "u@example.com", "type": "work", "primary": true}]});
    let held = api.call("PUT", &two, Some(body.clone())).await.json();
    assert_eq!(held["emails"], json!([{"value": "u@example.com", "type": "work"}]));
    assert_eq!(held["displayName"], "User Two");
    sandbox.set("put_clears", json!(true)).expect("a switch");
    let held = api.call("PUT", &two, Some(body.clone())).await.json();
    assert_eq!((held.get("displayName"), held.get("phoneNumbers"), held["active"].clone()), (None, None, json!(true)));
    is_refused(&api.call("PUT", &two, Some(json!({"title": "x"}))).await, 400, "invalidSyntax", "userName is required");
    is_refused(&api.call("PUT", &two, Some(json!({"userName": "User One"}))).await, 409, "", "");
    is_refused(&api.call("PUT", "/Users/x", Some(body)).await, 404, "", "");
    sandbox.set("keep_primary", json!(true)).expect("a switch");
    assert_eq!(api.get(&two).await.json()["emails"][0]["primary"], true);
}

#[tokio::test]
async fn a_local_source_only_takes_new_users() {
    let (sandbox, api) = api().await;
    sandbox.set("local_source", json!(true)).expect("a switch");
    for method in ["PUT", "PATCH", "DELETE"] {
        is_refused(&api.call(method, &one(), None).await, 405, "", "");
    }
    assert_eq!(api.call("POST", "/Users", Some(json!({"userName": "new", "password": "p"}))).await.status, 201);
    assert_eq!(api.get(&one()).await.status, 200);
}

#[tokio::test]
async fn the_rest_is_switched_or_refused() {
    let (sandbox, api) = api().await;
    let set = |name: &str, value: Value| sandbox.set(name, value).expect("a switch");
    let created =
        api.call("POST", "/Users", Some(json!({"userName": "new", "password": "p", "timezone": "Z/Z"}))).await.json();
    assert_eq!(
        (created.get("password"), created.get("timezone"), created["active"].clone()),
        (None, None, json!(true))
    );
    set("unknown_attributes", json!("refuse"));
    let unknown = json!({"userName": "newer", "timezone": "Z/Z"});
    is_refused(&api.call("POST", "/Users", Some(unknown)).await, 400, "invalidSyntax", "timezone is undefined");
    set("emails_required", json!(true));
    is_refused(
        &api.call("POST", "/Users", Some(json!({"userName": "newer"}))).await,
        400,
        "invalidSyntax",
        "emails is required",
    );
    is_refused(&api.get("/Users/x").await, 404, "", "");
    set("unknown_get", json!(400));
    is_refused(&api.get("/Users/x").await, 400, "", "");
    is_refused(&api.get("/Groups").await, 404, "", "");

    let wrong = Api {
        authorization: "29da0602f6db1ed033aa91d644ce4d70bdf3ab58".to_owned(),
        root: api.root.clone(),
        media_type: SCIM,
    };
    is_refused(&wrong.get("/Users").await, 401, "", "");
    set("unauthorized_body", json!("empty"));
    assert_eq!(wrong.get("/Users").await.text, "");
    sandbox.clear();
    let json_type = Api { media_type: JSON, ..api };
    is_refused(&json_type.call("PUT", &one(), Some(json!({"userName": "u"}))).await, 415, "", "");
    set("media_type", json!("any"));
    assert_eq!(json_type.call("PUT", &one(), Some(json!({"userName": "u"}))).await.status, 200);
    assert_eq!(json_type.call("DELETE", &one(), None).await.status, 204);
    is_refused(&json_type.call("DELETE", &one(), None).await, 404, "", "");
}

#[tokio::test]
async fn lists_take_eq_on_three_attributes() {
    let (sandbox, api) = api().await;
    let set = |name: &str, value: Value| sandbox.set(name, value).expect("a switch");
    for filter in [
        "username+eq+%22User%20One%22",
        "emails%20eq%20%22user.one%40example.com%22",
        "emails.value%20eq%20%22user.one%40example.com%22",
    ] {
        let list = api.get(&format!("/Users?filter={filter}")).await.json();
        assert_eq!(
            (list["totalResults"].clone(), list["Resources"][0]["id"].clone()),
            (json!(1), json!(demo::USER_ONE)),
            "{filter}"
        );
        assert_eq!(list["Resources"][0]["meta"].get("location"), None);
    }
    for filter in [
        "userName%20sw%20%22u%22",
        "title%20eq%20%22u%22",
        "userName%20pr",
        "userName%20eq%20%22a%22%20or%20id%20eq%20%22b%22",
    ] {
        is_refused(
            &api.get(&format!("/Users?filter={filter}")).await,
            400,
            "invalidFilter",
            "Unsupported Search Filter",
        );
    }
    let paged = api.get("/Users?startIndex=2&count=1").await.json();
    assert_eq!(
        (paged["startIndex"].clone(), paged["itemsPerPage"].clone(), paged["totalResults"].clone()),
        (json!(2), json!(1), json!(2))
    );
    set("paging", json!("ignore"));
    assert_eq!(api.get("/Users?startIndex=2&count=1").await.json()["itemsPerPage"], 2);
    let none = "/Users?filter=userName%20eq%20%22none%22";
    assert_eq!(api.get(none).await.json()["Resources"], json!([]));
    set("empty_list", json!("absent"));
    assert_eq!(api.get(none).await.json().get("Resources"), None);
    set("list_without_filter", json!("refuse"));
    is_refused(&api.get("/Users").await, 400, "invalidFilter", "");
}
