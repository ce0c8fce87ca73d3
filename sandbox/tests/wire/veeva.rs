//! Veeva Vault.

use scimux_sandbox::{Fault, FaultKind, Sandbox, demo};
use serde_json::{Value, json};

use crate::client::{Answer, Api, FORM, JSON, SCIM, send, start};

const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

async fn login(sandbox: &Sandbox) -> Answer {
    let url = format!("{}/api/v25.2/auth", sandbox.base_url());
    let form = "username=scim%40veepharm.com&password=veeva-sandbox-password";
    send("POST", &url, &[("content-type", FORM)], form).await.expect("an answer")
}

async fn api() -> (Sandbox, Api) {
    let sandbox = start("veeva").await;
    demo::seed(&sandbox).await;
    let session = login(&sandbox).await.json()["sessionId"].as_str().expect("a session").to_owned();
    let root = format!("{}/api/v25.2/scim/v2", sandbox.base_url());
    sandbox.take_exchanges();
    (sandbox, Api { root, authorization: session, media_type: SCIM })
}

fn error(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!(body["responseStatus"], "FAILURE", "{body}");
    body["errors"][0]["type"].as_str().expect("a type").to_owned()
}

fn new_user() -> Value {
    json!({"schemas": [CORE, VAULT], "userName": "b.jensen@veepharm.com", "name": {"givenName": "Barbara", "familyName": "Jensen"},
        "emails": [{"value": "bj@veepharm.com", "type": "work", "primary": true}], "preferredLanguage": "en",
        "locale": "en_US", "timezone": "Europe/Berlin", VAULT: {"securityProfile": {"value": "document_user__v"}}})
}

#[tokio::test]
async fn the_login_tells_of_this_vault_or_another() {
    let sandbox = start("veeva").await;
    let body = login(&sandbox).await.json();
    assert_eq!(body["responseStatus"], "SUCCESS");
    assert_eq!(body["vaultIds"][0]["url"], json!(format!("{}/api", sandbox.base_url())));
    assert_eq!(body["vaultIds"][0]["id"], body["vaultId"]);
    sandbox.set("other_vault", json!(true)).expect("a switch");
    let other = login(&sandbox).await.json();
    assert_ne!(other["vaultId"], body["vaultId"]);
    let dead = Api {
        root: format!("{}/api/v25.2/scim/v2", sandbox.base_url()),
        authorization: other["sessionId"].as_str().expect("a session").to_owned(),
        media_type: SCIM,
    };
    assert_eq!(error(&dead.get("/Users").await), "INVALID_SESSION_ID");
}

#[tokio::test]
async fn a_wrong_login_is_refused_in_a_200() {
    let sandbox = start("veeva").await;
    let url = format!("{}/api/v25.2/auth", sandbox.base_url());
    for (form, kind) in [
        ("username=scim%40veepharm.com", "NO_PASSWORD_PROVIDED"),
        ("username=scim%40veepharm.com&password=x", "USERNAME_OR_PASSWORD_INCORRECT"),
    ] {
        let answer = send("POST", &url, &[("content-type", FORM)], form).await.expect("an answer");
        assert_eq!((answer.status, error(&answer).as_str()), (200, kind));
        assert_eq!(answer.json()["errorType"], "AUTHENTICATION_FAILED");
    }
}

#[tokio::test]
async fn a_session_is_sent_raw_or_as_bearer_and_dies() {
    let (sandbox, raw) = api().await;
    assert_eq!(raw.get("/Users/93521").await.status, 200);
    let with = |authorization: String| Api { root: raw.root.clone(), authorization, media_type: SCIM };
    assert_eq!(with(format!("Bearer {}", raw.authorization)).get("/Users/93521").await.json()["id"], "93521");
    assert_eq!(
        with("Bearer veeva-vault-sandbox-access-token".to_owned()).get("/Users/93521").await.json()["id"],
        "93521"
    );
    for wrong in [format!("Session {}", raw.authorization), "x".to_owned()] {
        assert_eq!(error(&with(wrong).get("/Users/93521").await), "INVALID_SESSION_ID");
    }
    sandbox.set("access_token", json!(false)).expect("a switch");
    let refused = with("Bearer veeva-vault-sandbox-access-token".to_owned()).get("/Users").await;
    assert_eq!(error(&refused), "INVALID_SESSION_ID");

    sandbox.fault(Fault { method: None, path_contains: None, times: 1, kind: FaultKind::ExpireSession });
    let expired = raw.get("/Users/93521").await;
    assert_eq!((expired.status, error(&expired).as_str()), (200, "INVALID_SESSION_ID"));
    sandbox.set("expired_session_status", json!(401)).expect("a switch");
    assert_eq!(raw.get("/Users/93521").await.status, 401);
}

#[tokio::test]
async fn put_merges_and_null_clears() {
    let (sandbox, api) = api().await;
    let put = |body: Value| api.call("PUT", "/Users/93521", Some(body));
    let answer = put(json!({"userName": "abigail@veepharm.com", "displayName": "X", "nonsense": 1})).await;
    let user = answer.json();
    assert_eq!(answer.status, 200);
    assert_eq!(user["schemas"][0], VAULT);
    assert_eq!(user["displayName"], "Abigail Smith");
    assert_eq!(user["locale"], "en_US");
    assert!(user.get("nonsense").is_none());
    assert!(user["meta"]["location"].as_str().is_some_and(|l| l.ends_with("/api/v25.2/scim/v2/Users/93521")), "{user}");
    assert_eq!(user[ENTERPRISE], json!({"manager": "61603"}));
    assert!(
        user[VAULT]["securityProfile"]["$ref"]
            .as_str()
            .is_some_and(|r| r.contains("/SecurityProfiles/business_admin__v"))
    );

    // An object is an invalid attribute, a bare string is not, null clears.
    assert_eq!(put(json!({ENTERPRISE: {"manager": {"value": "7"}}})).await.json()[ENTERPRISE]["manager"], "61603");
    assert_eq!(put(json!({ENTERPRISE: {"manager": "7"}})).await.json()[ENTERPRISE]["manager"], "7");
    assert!(put(json!({ENTERPRISE: {"manager": null}})).await.json().get(ENTERPRISE).is_none());
    assert!(put(json!({VAULT: {"licenseType": null}})).await.json()[VAULT].get("licenseType").is_none());

    let emails = json!([{"value": "as@veepharm.com", "type": "work", "primary": true}]);
    let without_primary = json!([{"value": "as@veepharm.com", "type": "work"}]);
    assert_eq!(put(json!({"emails": emails})).await.json()["emails"], without_primary);
    for wrong in
        [json!([{"value": "a@b.c", "type": "home"}]), json!([emails[0], emails[0]]), json!([{"value": "a@b.c"}])]
    {
        assert_eq!(error(&put(json!({"emails": wrong})).await), "INVALID_DATA");
    }
    assert_eq!(error(&put(json!({"active": "true"})).await), "INVALID_DATA");
    assert_eq!(sandbox.resources("/Users").len(), 1);
}

#[tokio::test]
async fn what_put_leaves_open_is_switched() {
    let (sandbox, api) = api().await;
    let set = |name: &str, value: Value| sandbox.set(name, value).expect("a switch");
    let put = |body: Value| api.call("PUT", "/Users/93521", Some(body));
    assert_eq!(error(&put(json!({"locale": null})).await), "INVALID_DATA");
    assert_eq!(error(&put(json!({VAULT: {"securityProfile": null}})).await), "INVALID_DATA");
    set("null_on_required", json!("ignore"));
    assert_eq!(put(json!({"locale": null, "emails": []})).await.json()["locale"], "en_US");

    assert_eq!(put(json!({"name": {"givenName": "Abby"}})).await.json()["displayName"], "Abby Smith");
    set("complex_merge", json!(false));
    assert_eq!(error(&put(json!({"name": {"givenName": "Abby"}})).await), "PARAMETER_REQUIRED");

    assert_eq!(error(&put(json!({"locale": "en-US"})).await), "INVALID_DATA");
    set("locale_dash", json!("accept"));
    assert_eq!(put(json!({"locale": "en-US"})).await.json()["locale"], "en-US");

    assert_eq!(put(json!({VAULT: {"domainAdmin": false}})).await.json()[VAULT]["domainAdmin"], false);
    set("unknown_mutability", json!("readOnly"));
    assert_eq!(put(json!({VAULT: {"domainAdmin": true}})).await.json()[VAULT]["domainAdmin"], false);

    let profile = json!({VAULT: {"securityProfile": {"value": "custom__c"}}});
    assert_eq!(error(&put(profile.clone()).await), "INVALID_DATA");
    set("unknown_profile", json!("accept"));
    assert_eq!(put(profile).await.json()[VAULT]["securityProfile"]["value"], "custom__c");

    assert_eq!(put(json!({"userName": "a@example.com"})).await.json()["userName"], "a@example.com");
    assert_eq!(error(&put(json!({"userName": "a"})).await), "INVALID_DATA");
    set("check_domain", json!(true));
    assert_eq!(error(&put(json!({"userName": "b@example.com"})).await), "INVALID_DATA");

    assert_eq!(error(&put(json!([{"active": false}])).await), "INVALID_DATA");
    set("array_bodies", json!(true));
    assert_eq!(put(json!([{"active": false}])).await.json()["active"], false);
}

#[tokio::test]
async fn create_demands_what_the_vault_demands() {
    let (sandbox, api) = api().await;
    for missing in ["schemas", "userName", "name", "emails", "preferredLanguage", "locale", "timezone", VAULT] {
        let mut body = new_user();
        body.as_object_mut().expect("an object").shift_remove(missing);
        let answer = api.call("POST", "/Users", Some(body)).await;
        assert_eq!((answer.status, error(&answer).as_str()), (200, "PARAMETER_REQUIRED"), "{missing}");
    }
    let created = api.call("POST", "/Users", Some(new_user())).await;
    assert_eq!((created.status, created.header("location")), (200, ""));
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    assert!(id.bytes().all(|b| b.is_ascii_digit()), "{id}");
    assert_eq!(created.json()[VAULT]["licenseType"]["value"], "full__v");

    let again = api.call("POST", "/Users", Some(new_user())).await;
    assert_eq!(error(&again), "ITEM_NAME_EXISTS");
    assert!(again.text.contains(&sandbox.address().to_string()), "the message names the host: {}", again.text);
    sandbox.set("duplicate_type", json!("INVALID_DATA")).expect("a switch");
    assert_eq!(error(&api.call("POST", "/Users", Some(new_user())).await), "INVALID_DATA");
    sandbox.set("error_status", json!(400)).expect("a switch");
    assert_eq!(api.call("POST", "/Users", Some(new_user())).await.status, 400);

    sandbox.set("create_status", json!(201)).expect("a switch");
    let mut other = new_user();
    other["userName"] = json!("other@veepharm.com");
    let created = api.call("POST", "/Users", Some(other)).await;
    assert_eq!(created.status, 201);
    assert!(created.header("location").starts_with(&api.root), "{}", created.header("location"));
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let (sandbox, api) = api().await;
    for path in ["/Groups", "/Bulk", "/Users/.search/x"] {
        let answer = api.get(path).await;
        assert_eq!((answer.status, error(&answer).as_str()), (404, "MALFORMED_URL"), "{path}");
    }
    let wrong = Api { root: format!("{}/api/v25.2/services/scim/v2", sandbox.base_url()), ..api };
    assert_eq!(wrong.get("/Users").await.status, 404);
    let api = Api { root: format!("{}/api/v25.2/scim/v2", sandbox.base_url()), ..wrong };
    for method in ["PATCH", "DELETE"] {
        let answer = api.call(method, "/Users/93521", None).await;
        assert_eq!((answer.status, error(&answer).as_str()), (200, "METHOD_NOT_SUPPORTED"));
    }
    sandbox.set("method_status", json!(404)).expect("a switch");
    assert_eq!(error(&api.call("DELETE", "/Users/93521", None).await), "MALFORMED_URL");
    let unknown = api.get("/Users/1").await;
    assert_eq!((unknown.status, error(&unknown).as_str()), (200, "USER_NOT_FOUND"));
    sandbox.set("unknown_id", json!("MALFORMED_URL")).expect("a switch");
    assert_eq!(api.get("/Users/1").await.status, 404);
    let plain_text = api.with("PUT", "/Users/93521", None, &[("content-type", "text/plain")]).await;
    assert_eq!(error(&plain_text), "INVALID_DATA");
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    let (sandbox, api) = api().await;
    api.call("POST", "/Users", Some(new_user())).await;
    let ids = |answer: &Answer| {
        let body = answer.json();
        let all = body["Resources"].as_array().cloned().unwrap_or_default();
        all.iter().map(|u| u["userName"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let found = api.get("/Users?filter=userName%20eq%20%22B.jensen%40veepharm.com%22").await;
    assert_eq!(ids(&found), ["b.jensen@veepharm.com"]);
    for filter in ["userName%20sw%20%22b%22", "title%20eq%20%22b%22", "userName%20eq%20%22a%22%20and%20active%20pr"] {
        assert_eq!(error(&api.get(&format!("/Users?filter={filter}")).await), "INVALID_FILTER");
    }
    sandbox.set("unsupported_filter", json!("ignore")).expect("a switch");
    assert_eq!(ids(&api.get("/Users?filter=userName%20sw%20%22b%22").await).len(), 2);
    let sorted = api.get("/Users?sortBy=name.familyName&sortOrder=descending").await;
    assert_eq!(ids(&sorted), ["a.smithn@veepharm.com", "b.jensen@veepharm.com"]);
    let paged = api.get("/Users?count=1&startIndex=2").await;
    assert_eq!(ids(&paged), ["b.jensen@veepharm.com"]);
    assert_eq!((paged.json()["totalResults"].clone(), paged.json()["startIndex"].clone()), (json!(2), json!(2)));
    assert!(ids(&api.get("/Users?count=0").await).is_empty());
    let shaped = api.get("/Users/93521?attributes=userName,name").await.json();
    let mut names: Vec<_> = shaped.as_object().expect("an object").keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["id", "name", "schemas", "userName"]);
    sandbox.set("list_members", json!("bare")).expect("a switch");
    assert!(api.get("/Users").await.json().get("startIndex").is_none());
    assert_eq!(api.get("/SecurityProfiles/document_user__v").await.json()["displayName"], "Document User");
    assert_eq!(api.get("/SecurityProfiles").await.json()["totalResults"], 4);
    assert_eq!(api.get("/LicenseTypes/full__v").await.json()["meta"]["resourceType"], "LicenseType");
    assert_eq!(api.get("/ResourceTypes").await.json()["totalResults"], 4);
    assert_eq!(api.get("/SecurityPolicies/1").await.status, 404);
    sandbox.set("all_types", json!(false)).expect("a switch");
    assert_eq!(api.get("/SecurityPolicies").await.json()["errors"][0]["type"], "MALFORMED_URL");
    assert_eq!(api.get("/ResourceTypes").await.json()["totalResults"], 2);
}

#[tokio::test]
async fn answers_carry_the_vaults_headers() {
    let (sandbox, api) = api().await;
    let more = [("x-vaultapi-referenceid", "r1"), ("accept", SCIM)];
    let answer = api.with("GET", "/Users/93521", None, &more).await;
    for name in
        ["x-vaultapi-executionid", "x-vaultapi-burstlimit", "x-vaultapi-burstlimitremaining", "x-vaultapi-vaultid"]
    {
        assert!(!answer.header(name).is_empty(), "{name}");
    }
    assert_eq!(answer.header("x-vaultapi-burstlimitremaining"), "1999");
    assert_eq!(answer.header("x-vaultapi-status"), "SUCCESS");
    assert_eq!(answer.header("x-vaultapi-referenceid"), "r1");
    assert_eq!(answer.header("content-type"), SCIM);
    assert!(api.get("/Users/93521").await.header("content-type").starts_with(JSON));
    sandbox.set("burst_remaining", json!(7)).expect("a number");
    assert_eq!(api.get("/Users/93521").await.header("x-vaultapi-burstlimitremaining"), "7");
    let old = Api { root: format!("{}/api/v21.2/scim/v2", sandbox.base_url()), ..api };
    assert_eq!(old.get("/Users/93521").await.header("x-vaultapi-status"), "");
}
