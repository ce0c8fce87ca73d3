//! PingOne.

use base64::Engine;
use scimux_sandbox::{Sandbox, demo};
use serde_json::{Value, json};

use crate::client::{Answer, Api, FORM, JSON, SCIM, send, start};

const ENVIRONMENT: &str = "abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6";
const PING: &str = "urn:pingidentity:schemas:extension:2.0:PingOneUser";
const ID: &str = "1f7d3c5e-6a52-4c0e-9d59-0b3f8e6a2c41";
const SECRET: &str = "pingone-sandbox-secret";

async fn token(sandbox: &Sandbox, basic: bool, form: &str) -> Answer {
    let url = format!("{}/{ENVIRONMENT}/as/token", sandbox.base_url());
    let credential = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{ID}:{SECRET}")));
    let mut headers = vec![("content-type", FORM)];
    if basic {
        headers.push(("authorization", &credential));
    }
    send("POST", &url, &headers, form).await.expect("an answer")
}

async fn api() -> (Sandbox, Api) {
    let sandbox = start("pingone").await;
    demo::seed(&sandbox).await;
    let token = token(&sandbox, true, "grant_type=client_credentials").await.json();
    let authorization = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
    let root = format!("{}/environments/{ENVIRONMENT}/v2", sandbox.base_url());
    (sandbox, Api { root, authorization, media_type: JSON })
}

fn user() -> String {
    format!("/Users/{}", demo::ISABELLA)
}

fn code(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let word = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    (answer.status, word(&body["code"]), word(&body["details"][0]["code"]))
}

fn is(answer: &Answer, status: u16, error: &str, detail: &str) {
    assert_eq!(code(answer), (status, error.to_owned(), detail.to_owned()), "{}", answer.text);
}

#[tokio::test]
async fn tokens_follow_the_applications_method() {
    let sandbox = start("pingone").await;
    let grant = "grant_type=client_credentials";
    let post = format!("{grant}&client_id={ID}&client_secret={SECRET}");
    let body = token(&sandbox, true, grant).await.json();
    assert_eq!((body["token_type"].clone(), body["expires_in"].clone()), (json!("Bearer"), json!(3600)));
    assert_eq!(token(&sandbox, false, &post).await.status, 401);
    sandbox.set("token_auth", json!("post")).expect("a switch");
    assert_eq!(token(&sandbox, false, &post).await.status, 200);
    let refused = token(&sandbox, true, grant).await;
    assert_eq!((refused.status, refused.json()["error"].clone()), (401, json!("invalid_client")));
    sandbox.set("token_auth", json!("any")).expect("a switch");
    assert_eq!(token(&sandbox, true, "grant_type=password").await.status, 400);

    sandbox.set("expires_in", json!(0)).expect("a switch");
    let dead = token(&sandbox, true, grant).await.json()["access_token"].as_str().expect("a token").to_owned();
    let root = format!("{}/environments/{ENVIRONMENT}/v2", sandbox.base_url());
    let dead = Api { root, authorization: format!("Bearer {dead}"), media_type: JSON };
    is(&dead.get("/Users").await, 401, "ACCESS_FAILED", "INVALID_TOKEN");
}

#[tokio::test]
async fn the_documented_put_clears_but_keeps_active_and_population() {
    let (sandbox, api) = api().await;
    let body = json!({"schemas": [PING], "userName": "tmp-Isabella-Updated",
        "emails": [{"value": "IsabellaOfCastile@example.com", "primary": true}]});
    let answer = api.call("PUT", &user(), Some(body.clone())).await;
    let held = answer.json();
    assert_eq!(answer.status, 200);
    assert_eq!(held["emails"], body["emails"]);
    assert_eq!((held.get("nickName"), held.get("name")), (None, None));
    assert_eq!(held["active"], true);
    assert_eq!(held[PING]["population"]["id"], "cb3ef0a0-0ff5-4f60-ae82-4ae65d9d0e3a");
    assert!(!answer.header("correlation-id").is_empty());

    api.patch(&user(), json!([{"op": "replace", "path": "active", "value": false}])).await;
    assert_eq!(api.call("PUT", &user(), Some(body.clone())).await.json()["active"], false);
    sandbox.set("put_active", json!("reset")).expect("a switch");
    assert_eq!(api.call("PUT", &user(), Some(body)).await.json()["active"], true);
    let nameless = api.call("PUT", &user(), Some(json!({"nickName": "x"}))).await;
    is(&nameless, 400, "INVALID_DATA", "REQUIRED_VALUE");
}

#[tokio::test]
async fn the_documented_patch_works_and_nothing_else_by_default() {
    let (sandbox, api) = api().await;
    let three = json!([{"op": "replace", "path": "userName", "value": "Isabella_Patched"},
        {"op": "remove", "path": "nickName"}, {"op": "add", "path": "name.middleName", "value": "midN"}]);
    let held = api.patch(&user(), three).await.json();
    assert_eq!(
        (held["userName"].clone(), held["name"]["middleName"].clone()),
        (json!("Isabella_Patched"), json!("midN"))
    );
    assert_eq!((held.get("nickName"), held["name"]["givenName"].clone()), (None, json!("Isabella")));
    let mail = json!([{"value": "i@example.com"}]);
    for (switch, operation) in [
        ("patch_filters", json!({"op": "replace", "path": "emails[primary eq true].value", "value": "x@example.com"})),
        ("patch_filters", json!({"op": "replace", "path": "emails.value", "value": "x@example.com"})),
        ("patch_pathless", json!({"op": "replace", "value": {"title": "Queen"}})),
        (
            "patch_urn_paths",
            json!({"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:title", "value": "Q"}),
        ),
        ("patch_op_case", json!({"op": "Replace", "path": "title", "value": "Queen"})),
    ] {
        is(&api.patch(&user(), json!([operation])).await, 400, "INVALID_DATA", "");
        sandbox.set(switch, json!(true)).expect("a switch");
        let answer = api.patch(&user(), json!([operation])).await;
        assert_eq!(answer.status, 200, "{operation} {}", answer.text);
        sandbox.clear();
    }
    is(&api.patch(&user(), json!([{"op": "add", "path": "emails", "value": mail}])).await, 400, "INVALID_DATA", "");
    api.patch(&user(), json!([{"op": "remove", "path": "emails"}])).await;
    sandbox.set("patch_add_arrays", json!(true)).expect("a switch");
    assert_eq!(api.patch(&user(), json!([{"op": "add", "path": "emails", "value": mail}])).await.status, 200);
    assert_eq!(api.patch(&user(), json!([{"op": "replace", "path": "emails", "value": mail}])).await.status, 200);
    let removed = api.patch(&user(), json!([{"op": "remove", "path": "userName"}])).await;
    is(&removed, 400, "INVALID_DATA", "REQUIRED_VALUE");
    // Atomic: the first operation of a failing request leaves no trace.
    let failing =
        json!([{"op": "replace", "path": "title", "value": "T"}, {"op": "replace", "path": "active", "value": "true"}]);
    is(&api.patch(&user(), failing).await, 400, "INVALID_DATA", "INVALID_VALUE");
    assert_ne!(api.get(&user()).await.json()["title"], "T");
}

#[tokio::test]
async fn one_value_per_attribute() {
    let (sandbox, api) = api().await;
    let put = |emails: Value| api.call("PUT", user(), Some(json!({"userName": "i", "emails": emails})));
    is(&put(json!([{"value": "a@b.c"}, {"value": "d@e.f"}])).await, 400, "INVALID_DATA", "INVALID_VALUE");
    let typed = json!([{"value": "a@b.c", "type": "work"}]);
    assert_eq!(put(typed.clone()).await.json()["emails"], json!([{"value": "a@b.c", "primary": true}]));
    sandbox.set("email_type", json!("keep")).expect("a switch");
    assert_eq!(put(typed.clone()).await.json()["emails"][0]["type"], "work");
    sandbox.set("email_type", json!("refuse")).expect("a switch");
    is(&put(typed).await, 400, "INVALID_DATA", "INVALID_VALUE");
    assert_eq!(put(json!([])).await.json().get("emails"), None);
    sandbox.set("emails_required", json!(true)).expect("a switch");
    is(&put(json!([])).await, 400, "INVALID_DATA", "REQUIRED_VALUE");
}

#[tokio::test]
async fn population_and_unknown_attributes_are_switched() {
    let (sandbox, api) = api().await;
    let other = "00000000-0000-4000-8000-000000000001";
    let put = |more: Value| {
        let mut body = json!({"userName": "i"});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        api.call("PUT", user(), Some(body))
    };
    let moved = json!({PING: {"population": {"id": other}}});
    is(&put(moved.clone()).await, 400, "INVALID_DATA", "INVALID_VALUE");
    sandbox.set("population_change", json!("ignore")).expect("a switch");
    assert_ne!(put(moved.clone()).await.json()[PING]["population"]["id"], other);
    sandbox.set("population_change", json!("accept")).expect("a switch");
    assert_eq!(put(moved).await.json()[PING]["population"]["id"], other);

    assert_eq!(put(json!({"displayName": "I"})).await.json().get("displayName"), None);
    sandbox.set("unknown_attributes", json!("refuse")).expect("a switch");
    is(&put(json!({"displayName": "I"})).await, 400, "INVALID_DATA", "INVALID_VALUE");
    is(&put(json!({"timezone": "Europe"})).await, 400, "INVALID_DATA", "INVALID_VALUE");

    let address = json!({"addresses": [{"locality": "Avila", "country": "ES"}]});
    assert_eq!(put(address.clone()).await.json()["addresses"][0]["country"], "ES");
    sandbox.set("address_country", json!("countryCode")).expect("a switch");
    assert_eq!(put(address).await.json()["addresses"][0]["countryCode"], "ES");
    is(&put(json!({"addresses": [{"country": "Spain"}]})).await, 400, "INVALID_DATA", "INVALID_VALUE");
}

#[tokio::test]
async fn create_read_delete_and_a_duplicate() {
    let (sandbox, api) = api().await;
    let body = json!({"userName": "Joanna", "password": "Secret-1"});
    let created = api.call("POST", "/Users", Some(body.clone())).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.json().get("password"), None);
    assert_eq!(created.json()["active"], true);
    let path = format!("/Users/{}", created.json()["id"].as_str().expect("an id"));
    assert_eq!(created.header("location"), format!("{}{path}", api.root));
    is(&api.call("POST", "/Users", Some(body.clone())).await, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION");
    sandbox.set("errors", json!("scim")).expect("a switch");
    let scim = api.call("POST", "/Users", Some(body)).await;
    assert_eq!(
        (scim.status, scim.json()["scimType"].clone(), scim.json()["status"].clone()),
        (409, json!("uniqueness"), json!("409"))
    );
    sandbox.clear();
    let deleted = api.call("DELETE", &path, None).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(api.call("DELETE", &path, None).await.status, 404);
}

#[tokio::test]
async fn paths_types_and_environments_are_exact() {
    let (sandbox, api) = api().await;
    assert_eq!(api.get("/Groups").await.status, 501);
    assert_eq!(api.call("POST", &user(), Some(json!({}))).await.status, 405);
    let elsewhere = Api { root: api.root.replace(ENVIRONMENT, demo::ISABELLA), ..api };
    assert_eq!(elsewhere.get("/Users").await.status, 403);
    let api = Api { root: format!("{}/environments/{ENVIRONMENT}/v2", sandbox.base_url()), ..elsewhere };
    let raw = Api { authorization: api.authorization.replace("Bearer ", ""), root: api.root.clone(), media_type: JSON };
    is(&raw.get("/Users").await, 401, "ACCESS_FAILED", "INVALID_TOKEN");
    let scim = Api { media_type: SCIM, ..api };
    assert_eq!(scim.call("PUT", &user(), Some(json!({"userName": "i"}))).await.status, 415);
    sandbox.set("scim_media_type", json!(true)).expect("a switch");
    assert_eq!(scim.call("PUT", &user(), Some(json!({"userName": "i"}))).await.status, 200);
}

#[tokio::test]
async fn lists_have_a_filter_a_count_and_a_cap() {
    let (sandbox, api) = api().await;
    let search = |body: Value| api.call("POST", "/Users/.search", Some(body));
    assert_eq!(
        search(json!({"filter": "emails ew \"@castile.example.com\"", "count": 10})).await.json()["totalResults"],
        1
    );
    assert_eq!(search(json!({})).await.json()["totalResults"], 2);
    for filter in [
        "emails.value eq \"x\"",
        "displayName eq \"x\"",
        "userName ew \"x\"",
        "title pr",
        "emails[value eq \"x\"]",
        "x",
    ] {
        is(&search(json!({"filter": filter})).await, 400, "INVALID_DATA", "INVALID_FILTER");
    }
    sandbox.set("filter_email_value", json!(true)).expect("a switch");
    assert_eq!(search(json!({"filter": "emails.value co \"castile\""})).await.json()["totalResults"], 1);
    assert_eq!(api.get("/Users?filter=userName%20eq%20%22ferdinand%22").await.json()["totalResults"], 1);

    for n in 0..199 {
        sandbox.seed("/Users", json!({"userName": format!("u{n}")}));
    }
    let page = api.get("/Users?startIndex=100").await.json();
    assert_eq!((page["totalResults"].clone(), page["Resources"].as_array().map(Vec::len)), (json!(201), Some(200)));
    assert_eq!(page.get("startIndex"), None);
    sandbox.set("total_above_cap", json!("returned")).expect("a switch");
    sandbox.set("list_paging_members", json!(true)).expect("a switch");
    let page = api.get("/Users").await.json();
    assert_eq!((page["totalResults"].clone(), page["itemsPerPage"].clone()), (json!(200), json!(200)));
}
