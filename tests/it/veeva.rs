//! The Veeva column of the table of what each vendor needs, on the wire.

use scimux_sandbox::demo::ABIGAIL;
use scimux_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::world::{PUBLIC, World, json as parse};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn path() -> String {
    format!("/Users/{ABIGAIL}")
}

fn abigail() -> Value {
    json!({
        "schemas": [USER],
        "userName": "AbigailSmith@veepharm.com",
        "name": {"familyName": "Smith", "givenName": "Abigail"},
        "emails": [{"value": "abigail.smith@veepharm.com", "type": "work", "primary": true}],
        "preferredLanguage": "en", "locale": "en-US", "timezone": "America/New_York",
    })
}

#[tokio::test]
async fn path_credential_and_media_type() {
    let world = World::start("veeva").await;
    world.get(&path()).await.expect(200);
    let exchanges = world.sandbox().take_exchanges();
    assert_eq!(exchanges.len(), 2, "{exchanges:#?}");
    assert_eq!((exchanges[0].method.as_str(), exchanges[0].path.as_str()), ("POST", "/api/v25.2/auth"));
    assert_eq!(exchanges[1].path, format!("/api/v25.2/scim/v2/Users/{ABIGAIL}"));
    let header = |name: &str| {
        let found = exchanges[1].headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let session = parse(&exchanges[0].answer)["sessionId"].as_str().expect("a session").to_owned();
    assert_eq!(header("authorization"), session, "raw, without Bearer");
    assert!(header("accept").contains("json"));
    assert!(header("user-agent").starts_with("scimux/"));
}

#[tokio::test]
async fn an_access_token_goes_as_bearer() {
    let sandbox = crate::world::sandbox("veeva").await;
    let auth = r#"auth = { scheme = "bearer", token = "veeva-vault-sandbox-access-token" }"#;
    let lines: Vec<_> =
        sandbox.target_toml().lines().filter(|line| !line.starts_with("auth")).map(String::from).collect();
    let toml = format!("[targets.t]\n{}\n{auth}\n", lines.join("\n"));
    let gateway = crate::world::Gateway::start(&toml).await;
    gateway.send("GET", &format!("/t/scim/v2{}", path()), Value::Null).await.expect(200);
    let exchanges = sandbox.take_exchanges();
    assert_eq!(exchanges.len(), 1, "no login");
    let sent = ("authorization".to_owned(), "Bearer veeva-vault-sandbox-access-token".to_owned());
    assert!(exchanges[0].headers.contains(&sent));
}

#[tokio::test]
async fn a_dead_session_inside_a_200_is_renewed_once() {
    for status in ["200", "401"] {
        let world = World::start("veeva").await;
        world.sandbox().set("expired_session_status", json!(status)).expect("a switch");
        world.get(&path()).await.expect(200);
        world.sandbox().fault(Fault { method: None, path_contains: None, times: 1, kind: FaultKind::ExpireSession });
        world.sandbox().take_exchanges();
        world
            .patch(&path(), json!([{"op": "replace", "path": "timezone", "value": "Europe/Berlin"}]))
            .await
            .expect(200);
        let logins =
            world.sandbox().take_exchanges().iter().filter(|exchange| exchange.path.ends_with("/auth")).count();
        assert_eq!(logins, 1, "one new login after the dead session ({status})");
    }
}

#[tokio::test]
async fn each_session_that_was_taken_and_dies_is_renewed() {
    let world = World::start("veeva").await;
    world.get(&path()).await.expect(200);
    for _ in 0..2 {
        world.sandbox().fault(Fault { method: None, path_contains: None, times: 1, kind: FaultKind::ExpireSession });
        world.get(&path()).await.expect(200);
    }
    let is_login = |exchange: &scimux_sandbox::Exchange| exchange.path.ends_with("/auth");
    assert_eq!(world.sandbox().take_exchanges().iter().filter(|exchange| is_login(exchange)).count(), 3);
}

#[tokio::test]
async fn a_session_for_another_vault_is_refused() {
    let world = World::start("veeva").await;
    world.sandbox().set("other_vault", json!(true)).expect("a switch");
    let detail = world.get(&path()).await.refused(502, "");
    assert!(detail.contains("Vault") || detail.contains("login"), "{detail}");
    assert!(world.wire().is_empty(), "no SCIM call with another Vault's session");
}

#[tokio::test]
async fn put_reads_and_sends_null_only_for_what_it_may_clear() {
    let world = World::start("veeva").await;
    let mut body = abigail();
    body.as_object_mut().expect("an object").remove("timezone");
    let answer = world.send("PUT", &path(), body).await;
    let resource = answer.expect(200);
    let wire = world.wire();
    assert_eq!(wire.iter().map(|exchange| exchange.method.as_str()).collect::<Vec<_>>(), ["GET", "PUT"]);
    let sent = parse(&wire[1].body);
    assert_eq!(sent["userName"], "AbigailSmith@veepharm.com");
    assert_eq!(sent["locale"], "en_US", "the vendor's form");
    assert_eq!(sent["name"], json!({"familyName": "Smith", "givenName": "Abigail"}), "whole");
    assert!(sent["emails"][0].get("primary").is_none(), "{sent}");
    assert!(sent.get("timezone").is_none(), "required, so never null: {sent}");
    assert!(sent.get("active").is_none(), "a PUT without active leaves it: {sent}");
    assert!(sent.get(VAULT).is_none(), "an extension that the request does not name: {sent}");
    assert!(sent.get(ENTERPRISE).is_none(), "an extension that the request does not name: {sent}");
    assert_eq!(resource["locale"], "en-US");
    assert_eq!(resource["timezone"], "America/Los_Angeles", "the vendor's state, not an echo");
    assert_eq!(resource[VAULT]["licenseType"]["value"], "full__v");
}

#[tokio::test]
async fn put_clears_in_an_extension_that_it_names() {
    let world = World::start("veeva").await;
    let mut body = abigail();
    body["schemas"] = json!([USER, ENTERPRISE]);
    let resource = world.send("PUT", &path(), body).await.expect(200);
    let sent = parse(&world.wire()[1].body);
    assert_eq!(sent[ENTERPRISE], json!({"manager": null}), "{sent}");
    assert!(resource.get(ENTERPRISE).is_none(), "{resource}");
    assert_eq!(resource["schemas"], json!([USER, VAULT]), "the base first");
}

#[tokio::test]
async fn patch_is_one_put_where_the_operations_alone_determine_the_result() {
    let world = World::start("veeva").await;
    let operations = json!([
        {"op": "replace", "path": "timezone", "value": "Europe/Berlin"},
        {"op": "Replace", "path": "active", "value": "False"},
    ]);
    let resource = world.patch(&path(), operations).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire.len(), 1);
    let mut sent = parse(&wire[0].body);
    sent.as_object_mut().expect("an object").remove("schemas");
    assert_eq!(sent, json!({"timezone": "Europe/Berlin", "active": false}));
    assert_eq!((&resource["active"], &resource["timezone"]), (&json!(false), &json!("Europe/Berlin")));
}

#[tokio::test]
async fn patch_reads_first_where_a_part_is_touched_and_sends_only_what_changed() {
    let world = World::start("veeva").await;
    let operations = json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@veepharm.com"},
        {"op": "replace", "path": "name.givenName", "value": "Abby"},
        {"op": "replace", "path": "timezone", "value": "America/Los_Angeles"},
    ]);
    let resource = world.patch(&path(), operations).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire.iter().map(|exchange| exchange.method.as_str()).collect::<Vec<_>>(), ["GET", "PUT"]);
    let mut sent = parse(&wire[1].body);
    sent.as_object_mut().expect("an object").remove("schemas");
    let name = json!({"familyName": "Smith", "givenName": "Abby"});
    assert_eq!(sent, json!({"emails": [{"value": "new@veepharm.com", "type": "work"}], "name": name}));
    assert_eq!(resource["displayName"], "Abby Smith");
}

#[tokio::test]
async fn patch_that_changes_nothing_puts_nothing() {
    let world = World::start("veeva").await;
    let operations = json!([{"op": "replace", "path": "name.givenName", "value": "Abigail"}]);
    let resource = world.patch(&path(), operations).await.expect(200);
    assert_eq!(world.calls(), [format!("GET /Users/{ABIGAIL}")]);
    assert_eq!(resource["name"]["givenName"], "Abigail");
}

#[tokio::test]
async fn manager_is_a_bare_string_there_and_complex_here() {
    let world = World::start("veeva").await;
    let manager = format!("{ENTERPRISE}:manager");
    let operations = json!([{"op": "replace", "path": manager, "value": {"value": "61579"}}]);
    let resource = world.patch(&path(), operations).await.expect(200);
    let sent = parse(&world.wire()[1].body);
    assert_eq!(sent[ENTERPRISE]["manager"], "61579");
    assert_eq!(resource[ENTERPRISE]["manager"]["value"], "61579");
}

#[tokio::test]
async fn display_name_is_computed_there_so_it_is_dropped_and_said() {
    let world = World::start("veeva").await;
    let operations = json!([
        {"op": "replace", "path": "displayName", "value": "A. S."},
        {"op": "replace", "path": "active", "value": false},
    ]);
    let answer = world.patch(&path(), operations).await;
    assert_eq!(answer.expect(200)["displayName"], "Abigail Smith");
    assert_eq!(answer.header("scimux-dropped"), "displayName");
    let refusing = World::with("veeva", "unsupported = \"refuse\"").await;
    let operations = json!([{"op": "replace", "path": "displayName", "value": "A. S."}]);
    assert!(refusing.patch(&path(), operations).await.refused(400, "invalidValue").contains("displayName"));
    assert!(refusing.wire().is_empty());
}

#[tokio::test]
async fn create_sends_defaults_and_delete_deactivates() {
    let world = World::start("veeva").await;
    let body = json!({
        "schemas": [USER], "userName": "new@veepharm.com", "name": {"familyName": "N", "givenName": "E"},
        "emails": [{"value": "private@x.io", "type": "home"}, {"value": "new@veepharm.com", "type": "work"}],
        "locale": "de-DE", "externalId": "e-1",
    });
    let answer = world.send("POST", "/Users", body.clone()).await;
    let resource = answer.expect(201);
    let sent = parse(&world.wire()[0].body);
    assert_eq!(sent[VAULT]["securityProfile"]["value"], "document_user__v");
    assert_eq!((&sent["locale"], &sent["preferredLanguage"]), (&json!("de_DE"), &json!("en")));
    assert_eq!(sent["emails"], json!([{"value": "new@veepharm.com", "type": "work"}]), "the one work e-mail");
    let id = resource["id"].as_str().expect("an id");
    assert_eq!(answer.header("location"), format!("{PUBLIC}/t/scim/v2/Users/{id}"));
    let mut dropped: Vec<_> = answer.header("scimux-dropped").split(',').map(str::trim).collect();
    dropped.sort_unstable();
    assert_eq!(dropped, ["emails", "externalId"]);

    for _ in 0..2 {
        assert_eq!(world.send("DELETE", &format!("/Users/{id}"), Value::Null).await.expect(204), Value::Null);
    }
    let last = world.wire().pop().expect("a call");
    assert_eq!(last.method, "PUT");
    assert_eq!(parse(&last.body)["active"], false);
    assert_eq!(world.get(&format!("/Users/{id}")).await.expect(200)["active"], false);
    world.send("POST", "/Users", body).await.refused(409, "uniqueness");
}

#[tokio::test]
async fn delete_is_501_where_it_is_refused() {
    let world = World::with("veeva", "delete = \"refuse\"").await;
    world.send("DELETE", &path(), Value::Null).await.refused(501, "");
    assert!(world.wire().is_empty());
}

#[tokio::test]
async fn envelope_errors_under_200_become_scim_errors_without_the_host() {
    let world = World::start("veeva").await;
    let mut taken = abigail();
    taken["userName"] = json!("a.smithn@veepharm.com");
    taken[VAULT] = json!({"securityProfile": {"value": "document_user__v"}});
    let detail = world.send("POST", "/Users", taken).await.refused(409, "uniqueness");
    assert!(!detail.contains(&world.sandbox().address().to_string()), "{detail}");
    assert!(!detail.contains("v25.2"), "{detail}");
    let detail = world.get("/Users/1").await.refused(404, "");
    assert!(!detail.contains(&world.sandbox().address().to_string()), "{detail}");
}

#[tokio::test]
async fn list_passes_filter_sort_and_paging_on_in_the_vendors_form() {
    let world = World::start("veeva").await;
    let list =
        world.get("/Users?filter=userName%20eq%20%22a.smithn@veepharm.com%22&startIndex=1&count=2").await.expect(200);
    assert_eq!((&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(list["Resources"][0]["meta"]["location"], format!("{PUBLIC}/t/scim/v2/Users/{ABIGAIL}"));
    let sent = world.wire().remove(0).path;
    assert!(sent.contains("filter=userName%20eq%20%22a.smithn"), "{sent}");
    assert!(sent.contains("count=2"), "{sent}");
    world.get("/Users?filter=title%20eq%20%22a%22").await.refused(400, "invalidFilter");
    assert!(world.wire().is_empty(), "an empty list would make a client create a duplicate");
}

#[tokio::test]
async fn groups_are_501() {
    let world = World::start("veeva").await;
    for (method, path) in [("GET", "/Groups"), ("POST", "/Groups"), ("PATCH", "/Groups/1"), ("DELETE", "/Groups/1")] {
        let body = if method == "GET" || method == "DELETE" { Value::Null } else { json!({"displayName": "x"}) };
        world.send(method, path, body).await.refused(501, "");
    }
    assert!(world.wire().is_empty());
}

/// What users refer to can be read, and nothing else.
#[tokio::test]
async fn security_profiles_and_the_like_are_types_of_their_own() {
    let world = World::start("veeva").await;
    let types = world.get("/ResourceTypes").await.expect(200);
    let names: Vec<_> = types["Resources"].as_array().expect("a list").iter().map(|kind| &kind["name"]).collect();
    assert_eq!(names, ["User", "SecurityProfile", "SecurityPolicy", "LicenseType"]);

    let user = world.get("/Users/93521").await.expect(200);
    let profile = user[VAULT]["securityProfile"].clone();
    let path = format!("/SecurityProfiles/{}", profile["value"].as_str().expect("a name"));
    assert_eq!(profile["$ref"], format!("{PUBLIC}/t/scim/v2{path}"));
    let read = world.get(&path).await.expect(200);
    assert_eq!((&read["id"], &read["active"]), (&profile["value"], &json!(true)));
    assert_eq!(read["meta"]["location"], profile["$ref"]);
    assert_eq!(read["schemas"], json!(["urn:ietf:params:scim:schemas:extension:veevavault:2.0:SecurityProfile"]));
    let schema = world.get(&format!("/Schemas/{}", read["schemas"][0].as_str().expect("a URN"))).await.expect(200);
    let mutability: Vec<_> =
        schema["attributes"].as_array().expect("a list").iter().map(|one| &one["mutability"]).collect();
    assert_eq!(mutability, ["readOnly", "readOnly"]);

    for (endpoint, total) in [("SecurityProfiles", 4), ("SecurityPolicies", 1), ("LicenseTypes", 2)] {
        assert_eq!(world.get(&format!("/{endpoint}")).await.expect(200)["totalResults"], total, "{endpoint}");
    }
    world.wire();
    let body = json!({"schemas": read["schemas"], "displayName": "Mine"});
    world.send("POST", "/SecurityProfiles", body.clone()).await.refused(501, "");
    world.send("PUT", &path, body).await.refused(501, "");
    world.patch(&path, json!([{"op": "replace", "path": "displayName", "value": "Mine"}])).await.refused(501, "");
    world.send("PATCH", &path, json!({})).await.refused(501, "");
    world.send("DELETE", &path, Value::Null).await.refused(501, "");
    assert!(world.calls().is_empty(), "nothing reaches the vendor");
    world.get("/SecurityProfiles/nobody__v").await.refused(404, "");
    let found = world.get("/SecurityProfiles?filter=displayName%20sw%20%22business%22").await.expect(200);
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!("business_admin__v")));
}

/// A Vault without two of the types is told so when they are asked for, not before.
#[tokio::test]
async fn a_type_that_this_vault_lacks_is_no_empty_list() {
    let world = World::start("veeva").await;
    world.sandbox().set("all_types", json!(false)).expect("a switch");
    world.get("/SecurityProfiles").await.expect(200);
    world.get("/LicenseTypes").await.refused(502, "");
}
