//! The PingOne column of the table of what each vendor needs, on the wire.

use scimux_sandbox::demo::ISABELLA;
use serde_json::{Value, json};

use crate::world::{PUBLIC, World, json as parse};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PING: &str = "urn:pingidentity:schemas:extension:2.0:PingOneUser";
const ENVIRONMENT: &str = "abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6";

fn path() -> String {
    format!("/Users/{ISABELLA}")
}

#[tokio::test]
async fn path_credential_and_media_type() {
    for (switch, line) in [("basic", ""), ("post", "auth.client_auth = \"post\"")] {
        let sandbox = crate::world::sandbox("pingone").await;
        sandbox.set("token_auth", json!(switch)).expect("a switch");
        let toml = sandbox.target_toml().replace(" }", &format!("{} }}", line.replace("auth.", ", ")));
        let gateway = crate::world::Gateway::start(&format!("[targets.t]\n{toml}")).await;
        let body = json!({"schemas": [USER], "userName": "x", "active": true});
        gateway.send("PUT", &format!("/t/scim/v2{}", path()), body).await.expect(200);
        let exchanges = sandbox.take_exchanges();
        assert!(exchanges[0].path.ends_with("/as/token"));
        assert_eq!(exchanges[1].path, format!("/environments/{ENVIRONMENT}/v2/Users/{ISABELLA}"));
        let token = parse(&exchanges[0].answer)["access_token"].as_str().expect("a token").to_owned();
        assert!(exchanges[1].headers.contains(&("authorization".into(), format!("Bearer {token}"))));
        assert!(exchanges[1].headers.contains(&("content-type".into(), "application/json".into())));
    }
}

#[tokio::test]
async fn put_is_put_without_type_and_population_stays() {
    let world = World::start("pingone").await;
    let body = json!({
        "schemas": [USER, PING], "userName": "tmp-Isabella-Updated", "active": true,
        "emails": [{"value": "IsabellaOfCastile@example.com", "type": "work", "primary": true}],
    });
    let resource = world.send("PUT", &path(), body).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire.len(), 1);
    let sent = parse(&wire[0].body);
    assert_eq!(sent["emails"], json!([{"value": "IsabellaOfCastile@example.com", "primary": true}]));
    assert_eq!(resource["emails"][0]["type"], "work", "the vendor's only value gets the type that clients look for");
    assert!(resource[PING]["population"]["id"].is_string());
    assert!(resource.get("nickName").is_none(), "PUT replaces");
    assert_eq!(resource["meta"]["location"], format!("{PUBLIC}/t/scim/v2/Users/{ISABELLA}"));
}

#[tokio::test]
async fn a_put_without_active_never_brings_a_leaver_back() {
    for switch in ["keep", "reset"] {
        let world = World::start("pingone").await;
        world.sandbox().set("put_active", json!(switch)).expect("a switch");
        world.patch(&path(), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        let body = json!({"schemas": [USER], "userName": "Isabella"});
        assert_eq!(world.send("PUT", &path(), body).await.expect(200)["active"], false, "{switch}");
    }
}

#[tokio::test]
async fn patch_of_single_values_goes_by_bare_and_dotted_path() {
    let world = World::start("pingone").await;
    let operations = json!([
        {"op": "Replace", "path": "USERNAME", "value": "Isabella_Patched"},
        {"op": "remove", "path": "nickName"},
        {"op": "add", "path": "name.middleName", "value": "midN"},
        {"op": "replace", "path": "active", "value": false},
    ]);
    let resource = world.patch(&path(), operations).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire.len(), 1);
    assert_eq!(
        parse(&wire[0].body)["Operations"],
        json!([
            {"op": "replace", "path": "userName", "value": "Isabella_Patched"},
            {"op": "remove", "path": "nickName"},
            {"op": "add", "path": "name.middleName", "value": "midN"},
            {"op": "replace", "path": "active", "value": false},
        ])
    );
    assert_eq!(resource["name"]["middleName"], "midN");
}

#[tokio::test]
async fn a_pathless_complex_value_is_spread_over_dotted_paths() {
    let world = World::start("pingone").await;
    let operations = json!([{"op": "replace", "value": {"name": {"givenName": "Isa"}, "title": "Queen"}}]);
    let resource = world.patch(&path(), operations).await.expect(200);
    let sent = parse(&world.wire()[0].body);
    assert_eq!(
        sent["Operations"],
        json!([
            {"op": "replace", "path": "name.givenName", "value": "Isa"},
            {"op": "replace", "path": "title", "value": "Queen"},
        ])
    );
    assert_eq!(resource["name"]["familyName"], "Trastamara", "a replaced complex value merges");
}

#[tokio::test]
async fn patch_of_a_list_replaces_the_bare_path_after_a_read() {
    let world = World::start("pingone").await;
    let operations = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "i@example.com"}]);
    let resource = world.patch(&path(), operations).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire.iter().map(|exchange| exchange.method.as_str()).collect::<Vec<_>>(), ["GET", "PATCH"]);
    assert_eq!(
        parse(&wire[1].body)["Operations"],
        json!([{"op": "replace", "path": "emails", "value": [{"value": "i@example.com", "primary": true}]}])
    );
    assert_eq!(resource["emails"], json!([{"value": "i@example.com", "primary": true, "type": "work"}]));
}

#[tokio::test]
async fn a_second_value_is_dropped_and_the_primary_one_stays() {
    let world = World::start("pingone").await;
    let body = json!({
        "schemas": [USER], "userName": "Isabella", "active": true,
        "emails": [{"value": "a@example.com", "type": "work"}, {"value": "b@example.com", "type": "work", "primary": true}],
        "displayName": "Isabella",
    });
    let answer = world.send("PUT", &path(), body).await;
    assert_eq!(answer.expect(200)["emails"][0]["value"], "b@example.com");
    let mut dropped: Vec<_> = answer.header("scimux-dropped").split(',').map(str::trim).collect();
    dropped.sort_unstable();
    assert_eq!(dropped, ["displayName", "emails"]);
    assert_eq!(parse(&world.wire()[0].body)["emails"], json!([{"value": "b@example.com", "primary": true}]));
}

#[tokio::test]
async fn traps_149_204_the_population_is_given_at_creation_and_never_changed() {
    let population = "11111111-0ff5-4f60-ae82-4ae65d9d0e3a";
    let world = World::with("pingone", &format!("population_id = \"{population}\"")).await;
    let body = json!({"schemas": [USER], "userName": "new", "emails": [{"value": "n@example.com", "type": "work"}]});
    let resource = world.send("POST", "/Users", body).await.expect(201);
    assert_eq!(parse(&world.wire()[0].body)[PING]["population"]["id"], population);
    let id = resource["id"].as_str().expect("an id");
    let path = format!("/Users/{id}");
    let other = "22222222-0ff5-4f60-ae82-4ae65d9d0e3a";
    let patch = |population: &str| {
        json!([
            {"op": "replace", "path": format!("{PING}:population.id"), "value": population},
            {"op": "replace", "path": "title", "value": "T"},
        ])
    };
    let put = |population: &str| json!({"schemas": [USER, PING], "userName": "new", "active": true, "title": "U", PING: {"population": {"id": population}}});
    world.patch(&path, patch(other)).await.refused(400, "mutability");
    world
        .patch(&path, json!([{"op": "remove", "path": format!("{PING}:population")}]))
        .await
        .refused(400, "mutability");
    world
        .patch(&path, json!([{"op": "replace", "value": {PING: {"population": {"id": other}}}}]))
        .await
        .refused(400, "mutability");
    world.send("PUT", &path, put(other)).await.refused(400, "mutability");
    assert!(world.wire().iter().all(|exchange| exchange.method == "GET"), "nothing is changed");
    assert_eq!(world.patch(&path, patch(population)).await.expect(200)["title"], "T");
    let answer = world.send("PUT", &path, put(population)).await;
    assert_eq!((&answer.expect(200)["title"], answer.header("scimux-dropped")), (&json!("U"), ""));
}

#[tokio::test]
async fn a_uniqueness_violation_in_a_400_is_409() {
    for errors in ["platform", "scim"] {
        let world = World::start("pingone").await;
        world.sandbox().set("errors", json!(errors)).expect("a switch");
        let body = json!({"schemas": [USER], "userName": "Ferdinand", "active": true});
        world.send("PUT", &path(), body.clone()).await.refused(409, "uniqueness");
        world.send("POST", "/Users", body).await.refused(409, "uniqueness");
        let operations = json!([{"op": "replace", "path": "userName", "value": "Ferdinand"}]);
        world.patch(&path(), operations).await.refused(409, "uniqueness");
    }
}

#[tokio::test]
async fn delete_and_a_list_that_cannot_page() {
    let world = World::start("pingone").await;
    let list = world.get("/Users?startIndex=2&count=1").await.expect(200);
    assert_eq!((&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]), (&json!(2), &json!(2), &json!(1)));
    let sent = world.wire().remove(0).path;
    assert!(!sent.contains("startIndex"), "{sent}");
    world.send("DELETE", &path(), Value::Null).await.expect(204);
    assert_eq!(world.calls(), [format!("DELETE {}", path())]);
    world.get(&path()).await.refused(404, "");
    world.send("POST", "/Groups", json!({"displayName": "x"})).await.refused(501, "");
}

#[tokio::test]
async fn a_list_at_the_cap_is_never_presented_as_whole() {
    let world = World::start("pingone").await;
    for n in 0..200 {
        world
            .sandbox()
            .seed("/Users", json!({"userName": format!("user{n}"), "emails": [{"value": format!("u{n}@x.io")}]}));
    }
    let answer = world.get("/Users?startIndex=150").await;
    assert!(answer.refused(400, "tooMany").contains("200"));
}
