//! Huawei Cloud IAM Identity Center.

use scimux_sandbox::{Sandbox, demo};
use serde_json::{Value, json};

use crate::client::{Answer, Api, JSON, SCIM, start};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn api() -> (Sandbox, Api) {
    let sandbox = start("huawei").await;
    demo::seed(&sandbox).await;
    let root = format!("{}/e0d69be4-ee68-4653-97e4-9e8000000000/scim/v2", sandbox.base_url());
    let authorization = "Bearer eyJraWQiOiJzYW5kYm94In0.huawei-sandbox-token".to_owned();
    (sandbox, Api { root, authorization, media_type: JSON })
}

fn wei() -> String {
    format!("/Users/{}", demo::WEI)
}

fn whole() -> Value {
    json!({"schemas": [CORE], "userName": "zhang.wei", "displayName": "Zhang Wei",
        "name": {"familyName": "Zhang", "givenName": "Wei"},
        "emails": [{"value": "zhang.wei@example.com", "type": "work", "primary": true}]})
}

fn with(more: Value) -> Value {
    let mut body = whole();
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

fn is_refused(answer: &Answer, status: u16) {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    assert_eq!(body["status"], json!(status), "an integer: {body}");
    assert!(body["schema"].is_string() && body["schemas"].is_array() && body["timeStamp"].is_string(), "{body}");
    assert_eq!(body.get("scimType"), None);
}

#[tokio::test]
async fn put_replaces_and_demands_the_whole() {
    let (sandbox, api) = api().await;
    let answer =
        api.call("PUT", &wei(), Some(with(json!({"profileUrl": "https://example.com/w", "id": demo::WEI})))).await;
    let held = answer.json();
    assert_eq!(answer.status, 200);
    assert_eq!((held.get("title"), held.get("profileUrl"), held["meta"].get("location")), (None, None, None));
    assert_eq!(held["active"], true);
    assert_eq!(sandbox.resources("/Users")[0]["profileUrl"], "https://example.com/w");
    for missing in ["schemas", "userName", "displayName", "name", "emails"] {
        let mut body = whole();
        body.as_object_mut().expect("an object").shift_remove(missing);
        is_refused(&api.call("PUT", &wei(), Some(body)).await, 400);
    }
    let mail = whole()["emails"][0].clone();
    for wrong in [
        json!({"emails": [mail, mail]}),
        json!({"emails": [{"value": "a@b.c", "type": "work"}]}),
        json!({"emails": [{"value": "a@b.c", "primary": true}]}),
        json!({"emails": [{"value": "a@b.c", "type": "work", "primary": true, "display": "x"}]}),
        json!({"name": {"familyName": "Zhang"}}),
        json!({"phoneNumbers": [{"value": "1"}, {"value": "2"}]}),
        json!({"userName": "zhang wei"}),
        json!({"title": ""}),
        json!({"active": "true"}),
        json!({"groups": [{"value": "x"}]}),
        json!({"password": "x"}),
        json!({ENTERPRISE: {"manager": {"value": "x", "displayName": "X"}}}),
    ] {
        is_refused(&api.call("PUT", &wei(), Some(with(wrong))).await, 400);
    }
}

#[tokio::test]
async fn what_put_leaves_open_is_switched() {
    let (sandbox, api) = api().await;
    let set = |name: &str, value: Value| sandbox.set(name, value).expect("a switch");
    let put = |body: Value| api.call("PUT", wei(), Some(body));
    set("put_merges", json!(true));
    assert_eq!(put(whole()).await.json()["title"], "Clerk");
    set("put_status", json!(201));
    assert_eq!(put(whole()).await.status, 201);
    put(with(json!({"active": false}))).await;
    sandbox.clear();
    assert_eq!(put(whole()).await.json()["active"], false);
    set("put_active", json!("reset"));
    assert_eq!(put(whole()).await.json()["active"], true);
    assert_eq!(put(with(json!({"title": null}))).await.status, 200);
    set("null_values", json!("refuse"));
    is_refused(&put(with(json!({"title": null}))).await, 400);
    assert_eq!(put(with(json!({"roles": ["x"]}))).await.status, 200);
    set("unknown_attributes", json!("refuse"));
    is_refused(&put(with(json!({"roles": ["x"]}))).await, 400);
    let scim = Api { media_type: SCIM, ..api };
    is_refused(&scim.call("PUT", &wei(), Some(whole())).await, 400);
    set("scim_media_type", json!(true));
    assert_eq!(scim.call("PUT", &wei(), Some(whole())).await.status, 200);
}

#[tokio::test]
async fn patch_takes_whole_attributes_of_its_list() {
    let (sandbox, api) = api().await;
    let name = json!({"familyName": "Wang", "givenName": "Wei"});
    let answer = api.patch(&wei(), json!([{"op": "replace", "path": "name", "value": name}])).await;
    assert_eq!((answer.status, answer.json()["name"].clone()), (200, name));
    let mail = json!([{"value": "w@example.com", "type": "work", "primary": true}]);
    assert_eq!(
        api.patch(&wei(), json!([{"op": "replace", "path": "emails", "value": mail}])).await.json()["emails"],
        mail
    );
    assert_eq!(api.patch(&wei(), json!([{"op": "remove", "path": "title"}])).await.json().get("title"), None);
    for (switch, operation) in [
        ("patch_dotted", json!({"op": "replace", "path": "name.familyName", "value": "Li"})),
        ("patch_dotted", json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "l@example.com"})),
        ("patch_filters", json!({"op": "remove", "path": "phoneNumbers[type ne \"home\"]"})),
        ("patch_pathless", json!({"op": "replace", "value": {"title": "Boss"}})),
        ("patch_op_case", json!({"op": "Replace", "path": "title", "value": "Boss"})),
    ] {
        is_refused(&api.patch(&wei(), json!([operation])).await, 400);
        sandbox.set(switch, json!(true)).expect("a switch");
        let answer = api.patch(&wei(), json!([operation])).await;
        assert_eq!(answer.status, 200, "{operation} {}", answer.text);
        sandbox.clear();
    }
    for wrong in [
        json!([{"op": "remove", "path": "userName"}]),
        json!([{"op": "remove", "path": "active"}]),
        json!([{"op": "remove", "path": "displayName"}]),
        json!([{"op": "replace", "path": "active", "value": true}, {"op": "replace", "path": "active", "value": false}]),
        json!([{"op": "add", "path": "emails", "value": mail}]),
        json!([{"op": "replace", "path": "emails", "value": [mail[0], mail[0]]}]),
        json!([{"op": "replace", "path": "roles", "value": "x"}]),
        json!([{"op": "replace", "path": format!("{CORE}:title"), "value": "x"}]),
        json!([{"op": "replace", "path": "title"}]),
    ] {
        is_refused(&api.patch(&wei(), wrong).await, 400);
    }
}

#[tokio::test]
async fn the_enterprise_path_and_the_parts_of_a_name_are_switched() {
    let (sandbox, api) = api().await;
    let value = json!({"department": "Cloud"});
    for (switch, path) in [("literal", "enterprise"), ("urn", ENTERPRISE)] {
        let operation = json!([{"op": "replace", "path": path, "value": value}]);
        is_refused(&api.patch(&wei(), operation.clone()).await, 400);
        sandbox.set("patch_enterprise", json!(switch)).expect("a switch");
        assert_eq!(api.patch(&wei(), operation).await.json()[ENTERPRISE], value);
        sandbox.set("patch_enterprise", json!("attribute")).expect("a switch");
    }
    for (op, value) in [("add", json!("Cloud")), ("remove", json!(null))] {
        let operation = json!([{"op": op, "path": format!("{ENTERPRISE}:department"), "value": value}]);
        assert_eq!(api.patch(&wei(), operation.clone()).await.json()[ENTERPRISE]["department"], value);
        sandbox.set("patch_enterprise", json!("refuse")).expect("a switch");
        is_refused(&api.patch(&wei(), operation).await, 400);
        sandbox.clear();
    }
    let part = json!([{"op": "replace", "path": "name", "value": {"familyName": "Wang"}}]);
    is_refused(&api.patch(&wei(), part.clone()).await, 400);
    sandbox.set("patch_name_merges", json!(true)).expect("a switch");
    assert_eq!(api.patch(&wei(), part).await.json()["name"]["givenName"], "Wei");
}

#[tokio::test]
async fn create_read_delete_and_duplicates() {
    let (sandbox, api) = api().await;
    is_refused(&api.call("POST", "/Users", Some(whole())).await, 409);
    let same_mail = with(json!({"userName": "other"}));
    is_refused(&api.call("POST", "/Users", Some(same_mail)).await, 409);
    let body =
        with(json!({"userName": "li", "emails": [{"value": "li@example.com", "type": "work", "primary": true}]}));
    let created = api.call("POST", "/Users", Some(body)).await;
    assert_eq!(created.status, 201);
    let path = format!("/Users/{}", created.json()["id"].as_str().expect("an id"));
    assert_eq!(api.get(&path).await.json()["userName"], "li");
    assert_eq!(api.call("DELETE", &path, None).await.status, 204);
    is_refused(&api.call("DELETE", &path, None).await, 404);
    sandbox.set("delete_status", json!(200)).expect("a switch");
    assert_eq!(api.call("DELETE", &wei(), None).await.status, 200);
}

#[tokio::test]
async fn groups_never_show_their_members() {
    let (sandbox, api) = api().await;
    let member = json!({"value": demo::WEI, "type": "User"});
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff", "members": [member]});
    let created = api.call("POST", "/Groups", Some(body.clone())).await;
    assert_eq!((created.status, created.json()["members"].clone()), (201, json!([member])));
    let path = format!("/Groups/{}", created.json()["id"].as_str().expect("an id"));
    assert_eq!(api.get(&path).await.json()["members"], json!([]));
    assert_eq!(sandbox.resources("/Groups")[0]["members"], json!([member]));
    is_refused(&api.call("PUT", &path, Some(body)).await, 405);

    let many = |n: usize| (0..n).map(|i| json!({"value": format!("u{i}")})).collect::<Value>();
    let add = |n: usize| api.patch(&path, json!([{"op": "add", "path": "members", "value": many(n)}]));
    is_refused(
        &api.patch(
            &path,
            json!([{"op": "add", "path": "members", "value": many(60)},
        {"op": "add", "path": "members", "value": many(41)}]),
        )
        .await,
        400,
    );
    is_refused(&add(101).await, 400);
    let done = add(100).await;
    assert_eq!((done.status, done.text.as_str()), (204, ""));
    let gone = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", demo::WEI)},
        {"op": "remove", "path": "members", "value": [{"value": "u0"}]}]);
    sandbox.set("group_patch_status", json!(200)).expect("a switch");
    assert_eq!(api.patch(&path, gone).await.status, 200);
    assert_eq!(sandbox.resources("/Groups")[0]["members"].as_array().map(Vec::len), Some(99));
    is_refused(&api.patch(&path, json!([{"op": "remove", "path": "displayName"}])).await, 400);
    let listed = api.get("/Groups?filter=displayName%20eq%20%22Staff%22").await.json();
    assert_eq!((listed["itemsPerPage"].clone(), listed["startIndex"].clone()), (json!(1), json!("1")));
}

#[tokio::test]
async fn lists_are_short_and_strict() {
    let (sandbox, api) = api().await;
    for n in 0..50 {
        sandbox.seed("/Users", json!({"userName": format!("u{n}")}));
    }
    let list = api.get("/Users").await.json();
    assert_eq!((list["totalResults"].clone(), list["itemsPerPage"].clone()), (json!(51), json!("50")));
    for query in [
        "startIndex=1",
        "attributes=userName",
        "excludedAttributes=name",
        "filter=title%20eq%20%22x%22",
        "filter=userName%20sw%20%22u%22",
    ] {
        is_refused(&api.get(&format!("/Users?{query}")).await, 400);
    }
    assert_eq!(api.get("/Users?filter=userName%20eq%20%22u7%22").await.json()["totalResults"], 1);
}

#[tokio::test]
async fn a_wrong_token_or_tenant_is_refused() {
    let (sandbox, api) = api().await;
    let raw = Api { authorization: api.authorization.replace("Bearer ", ""), root: api.root.clone(), media_type: JSON };
    is_refused(&raw.get("/Users").await, 401);
    sandbox.set("auth_errors", json!("apigw")).expect("a switch");
    assert!(raw.get("/Users").await.json()["error_code"].as_str().is_some_and(|c| c.starts_with("APIGW")));
    let elsewhere = Api { root: api.root.replace("e0d69be4", "00000000"), ..api };
    is_refused(&elsewhere.get("/Users").await, 404);
}
