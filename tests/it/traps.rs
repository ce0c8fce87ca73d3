//! Entries of rfc-traps that can be seen at the front door and that no other test names; `tests/traps.py` keeps the count.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::world::{Answer, PUBLIC, TOKEN, World};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn user(name: &str) -> Value {
    json!({"schemas": [USER], "userName": name})
}

async fn create(world: &World, name: &str) -> Value {
    world.send("POST", "/Users", user(name)).await.expect(201)
}

fn at(resource: &Value) -> String {
    format!("/Users/{}", resource["id"].as_str().expect("an id"))
}

async fn ask(world: &World, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("/t/scim/v2{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("authorization", format!("Bearer {TOKEN}"));
    world.gateway().request(request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request")).await
}

#[tokio::test]
async fn traps_51_57_193_196_299_what_is_created_says_where_and_what_it_is() {
    let world = World::start("scim").await;
    let mut asked = user("trap-51");
    asked["id"] = json!("mine");
    let answer = world.send("POST", "/Users", asked).await;
    let made = answer.expect(201);
    assert_ne!(made["id"], "mine");
    let location = format!("{PUBLIC}/t/scim/v2{}", at(&made));
    assert_eq!((answer.header("location"), &made["meta"]["location"]), (&*location, &json!(location)));
    assert_eq!(
        (&made["meta"]["resourceType"], &made["meta"]["created"]),
        (&json!("User"), &made["meta"]["lastModified"])
    );
}

#[tokio::test]
async fn traps_102_103_filters_without_hits_and_on_one_resource() {
    let world = World::start("scim").await;
    let none = world.get("/Users?filter=userName%20eq%20%22nobody%22").await.expect(200);
    assert_eq!(none["totalResults"], 0);
    let one = create(&world, "trap-103").await;
    let read = world.get(&format!("{}?filter=userName%20eq%20%22x%22", at(&one))).await.expect(200);
    assert_eq!(read["userName"], "trap-103", "a filter means nothing for one resource");
}

#[tokio::test]
async fn traps_127_197_198_200_208_211_a_life() {
    let world = World::start("scim").await;
    world.send("PUT", "/Users/never-made", user("trap-200")).await.refused(404, "");
    assert_eq!(world.get("/Users?filter=userName%20eq%20%22trap-200%22").await.expect(200)["totalResults"], 0);
    let first = create(&world, "trap-198").await;
    world.send("POST", "/Users", user("TRAP-198")).await.refused(409, "uniqueness");
    assert_eq!(world.send("PUT", &at(&first), user("trap-198")).await.expect(200)["userName"], "trap-198");
    let gone = world.send("DELETE", &at(&first), Value::Null).await;
    assert_eq!((gone.status.as_u16(), gone.body.len()), (204, 0));
    for (method, body) in [("GET", Value::Null), ("PUT", user("trap-198")), ("DELETE", Value::Null)] {
        world.send(method, &at(&first), body).await.refused(404, "");
    }
    world.patch(&at(&first), json!([{"op": "replace", "path": "title", "value": "T"}])).await.refused(404, "");
    assert_ne!(create(&world, "trap-198").await["id"], first["id"]);
}

#[tokio::test]
async fn traps_199_213_281_282_288_295_296_methods_and_places() {
    let world = World::start("scim").await;
    let one = create(&world, "trap-213").await;
    for (method, path, allowed) in [
        ("POST", at(&one), "GET, HEAD, PUT, PATCH, DELETE"),
        ("PUT", "/Users".to_owned(), "GET, HEAD, POST"),
        ("PATCH", "/Users".to_owned(), "GET, HEAD, POST"),
        ("DELETE", "/Users".to_owned(), "GET, HEAD, POST"),
        ("OPTIONS", "/Users".to_owned(), "GET, HEAD, POST"),
    ] {
        let answer = world.send(method, &path, json!({})).await;
        answer.refused(405, "");
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
    let head = world.send("HEAD", &at(&one), Value::Null).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    world.get("/Me").await.refused(501, "");
    world.get("/Users/Me").await.refused(404, "");
    let elsewhere = world.gateway().send("GET", "/t/scim/v3/Users", Value::Null).await;
    elsewhere.refused(404, "");
    let unknown = Request::builder().uri("/t/scim/v2/Users").header("authorization", "Bearer wrong");
    let refused = world.gateway().request(unknown.body(Full::default()).expect("a request")).await;
    refused.refused(401, "");
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test]
async fn traps_214_215_294_paths_and_ids() {
    let world = World::start("scim").await;
    for path in ["/Users/", "//Users", "/users"] {
        world.get(path).await.expect(200);
    }
    world.wire();
    for (asked, sent) in [("a%20b%C3%BC", "a%20b%C3%BC"), ("1.scim", "1.scim")] {
        world.get(&format!("/Users/{asked}")).await.refused(404, "");
        let path = world.wire().first().expect("the vendor is asked").path.clone();
        assert!(path.ends_with(&format!("/Users/{sent}")), "{path}");
    }
    world.get("/Users/a%2Fb").await.refused(404, "");
    assert!(world.wire().is_empty());
}

#[tokio::test]
async fn traps_129_290_291_292_322_media_types_and_preferences() {
    let world = World::start("scim").await;
    for (kind, status) in [
        (Some("application/scim+json"), 201),
        (Some("Application/SCIM+JSON; Charset=UTF-8"), 201),
        (Some("application/json"), 201),
        (None, 201),
        (Some("application/json-patch+json"), 415),
        (Some("text/html"), 415),
    ] {
        let headers: Vec<_> = kind.map(|kind| ("content-type", kind)).into_iter().collect();
        let name = format!("trap-292-{}", kind.unwrap_or_default().to_lowercase());
        let answer = ask(&world, "POST", "/Users", &headers, &user(&name).to_string()).await;
        assert_eq!(answer.status, status, "{kind:?}");
    }
    for (accept, told) in [
        (None, "application/scim+json"),
        (Some("*/*"), "application/scim+json"),
        (Some("application/json"), "application/json"),
        (Some("application/scim+json, application/json;q=0.5"), "application/scim+json"),
    ] {
        let headers: Vec<_> = accept.map(|accept| ("accept", accept)).into_iter().collect();
        let answer = ask(&world, "GET", "/Users", &headers, "").await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, told), "{accept:?}");
    }
    let preference = ask(&world, "GET", "/Users", &[("prefer", "respond-async")], "").await;
    assert_eq!(preference.status, 200, "what is not done is not promised");
}
