//! Versions (RFC 7644 section 3.14) on every route: the header, `meta.version`, and the conditions that name them.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::world::{Answer, Gateway, TOKEN, World};

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A request below a route with one more header.
async fn under(gateway: &Gateway, method: &str, url: &str, condition: (&str, &str), body: Value) -> Answer {
    let bytes = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/scim+json")
        .header(condition.0, condition.1);
    gateway.request(request.body(Full::new(bytes)).expect("a request")).await
}

fn replace(path: &str, value: Value) -> Value {
    json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": path, "value": value}]})
}

/// The version in the body, which is the one in the header (rfc-traps 58, 279).
#[track_caller]
fn version(answer: &Answer) -> String {
    let body = answer.expect(answer.status.as_u16());
    let version = body["meta"]["version"].as_str().unwrap_or_else(|| panic!("no version in {body}"));
    assert_eq!(answer.header("etag"), version);
    assert!(version.starts_with("W/\"") && version.ends_with('"'), "{version}");
    version.to_owned()
}

/// The first user of a route.
async fn somebody(gateway: &Gateway, base: &str) -> Value {
    let list = gateway.send("GET", &format!("{base}/Users"), Value::Null).await;
    list.expect(200)["Resources"][0].clone()
}

#[tokio::test]
async fn traps_58_272_to_280_on_every_route() {
    let world = World::all().await;
    let gateway = world.gateway();
    for vendor in scimux_sandbox::vendors() {
        let base = format!("/{vendor}/scim/v2");
        let listed = somebody(gateway, &base).await;
        let url = format!("{base}/Users/{}", listed["id"].as_str().expect("an id"));
        let first = gateway.send("GET", &url, Value::Null).await;
        let tag = version(&first);
        assert_eq!(listed["meta"]["version"], tag, "{vendor}: a list shows the version that a read shows");

        let known = under(gateway, "GET", &url, ("if-none-match", &format!("\"x\", {tag}")), Value::Null).await;
        assert_eq!((known.status.as_u16(), known.body.len(), known.header("etag")), (304, 0, tag.as_str()), "{vendor}");
        let part =
            under(gateway, "GET", &format!("{url}?attributes=userName"), ("if-none-match", "\"x\""), Value::Null).await;
        assert_eq!(
            (part.status.as_u16(), part.header("etag")),
            (200, tag.as_str()),
            "{vendor}: a part has the whole's version"
        );
        assert!(part.json().get("meta").is_none(), "{vendor}");

        let stale = ("if-match", "W/\"stale\"");
        let off = replace("active", json!(false));
        under(gateway, "PATCH", &url, stale, off.clone()).await.refused(412, "");
        under(gateway, "PUT", &url, stale, first.json()).await.refused(412, "");
        under(gateway, "DELETE", &url, stale, Value::Null).await.refused(412, "");
        assert_eq!(version(&gateway.send("GET", &url, Value::Null).await), tag, "{vendor}: nothing has changed");

        let strong = tag.trim_start_matches("W/").to_owned();
        let done = under(gateway, "PATCH", &url, ("if-match", &format!("\"x\", {strong}")), off.clone()).await;
        let second = version(&done);
        assert_ne!(second, tag, "{vendor}");
        let read = gateway.send("GET", &url, Value::Null).await;
        assert_eq!(version(&read), second, "{vendor}: what a change answers is what a read shows");
        under(gateway, "PATCH", &url, ("if-match", &tag), off.clone()).await.refused(412, "");
        let again = under(gateway, "PATCH", &url, ("if-match", &second), off).await;
        assert_eq!(version(&again), second, "{vendor}: what changes nothing leaves the version (rfc-traps 277)");
        let put = under(gateway, "PUT", &url, ("if-match", &second), read.json()).await;
        let third = version(&put);
        under(gateway, "DELETE", &url, ("if-match", &third), Value::Null).await.expect(204);
    }
}

#[tokio::test]
async fn the_vendors_own_version_goes_both_ways() {
    let world = World::start("scim").await;
    let url = format!("/t/scim/v2{}", "/Users/2819c223-7f76-453a-919d-413861904646");
    let tag = version(&world.gateway().send("GET", &url, Value::Null).await);
    world.wire();
    under(world.gateway(), "PATCH", &url, ("if-match", &tag), replace("title", json!("U"))).await.expect(200);
    let wire = world.wire();
    assert_eq!(wire.iter().map(|exchange| exchange.method.as_str()).collect::<Vec<_>>(), ["GET", "PATCH"]);
    assert!(wire[1].headers.contains(&("if-match".into(), tag.clone())), "{:?}", wire[1].headers);

    world.sandbox().set("etag", json!("false")).expect("a switch");
    let own = version(&world.gateway().send("GET", &url, Value::Null).await);
    assert_ne!(own, tag, "computed where the vendor gives none");
    world.wire();
    let body = replace("title", json!("V"));
    under(world.gateway(), "PATCH", &url, ("if-match", &own), body).await.expect(200);
    assert!(world.wire().iter().all(|exchange| exchange.headers.iter().all(|(name, _)| name != "if-match")));
}

#[tokio::test]
async fn trap_277_the_version_of_a_group_follows_its_members_where_they_are_shown() {
    let world = World::start("scim").await;
    world.sandbox().set("etag", json!("false")).expect("a switch");
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Eng"});
    let created = world.send("POST", "/Groups", group).await;
    let tag = version(&created);
    let path = format!("/Groups/{}", created.json()["id"].as_str().expect("an id"));
    let operations = json!([{"op": "add", "path": "members", "value": [{"value": "u1"}]}]);
    let answer = world.patch(&path, operations).await;
    assert_eq!(answer.expect(204), Value::Null);
    let read = world.get(&path).await;
    assert_ne!(version(&read), tag);
    let without = world.get(&format!("{path}?excludedAttributes=members")).await;
    assert_eq!(version(&without), version(&read), "a projection has the version of the whole");
}
