//! Bad input: the SCIM error of the table, and the vendor sees nothing.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::world::{TOKEN, World};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const BARBARA: &str = "/t/scim/v2/Users/2819c223-7f76-453a-919d-413861904646";

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body.into())).expect("a request")
}

fn authorization() -> String {
    format!("Bearer {TOKEN}")
}

#[tokio::test]
async fn bad_bodies_are_400_and_never_reach_the_vendor() {
    let world = World::start("scim").await;
    let nested = format!("{{\"userName\":\"a\",\"x\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let deep = "[".repeat(200_000);
    let cases: [(&str, &[u8]); 8] = [
        ("malformed", b"{\"userName\":"),
        ("no object", b"[1]"),
        ("two objects", b"{\"userName\":\"a\"}{}"),
        ("names equal but for case", b"{\"userName\":\"a\",\"USERNAME\":\"b\"}"),
        ("invalid UTF-8", b"{\"userName\":\"\xff\"}"),
        ("nested over 32", nested.as_bytes()),
        ("very deep", deep.as_bytes()),
        ("empty", b""),
    ];
    let token = authorization();
    for (what, body) in cases {
        for (method, path) in [("POST", "/t/scim/v2/Users"), ("PUT", BARBARA), ("PATCH", BARBARA)] {
            let headers = [("authorization", token.as_str()), ("content-type", "application/scim+json")];
            let answer = world.gateway().request(request(method, path, &headers, body.to_vec())).await;
            let detail = answer.refused(400, "invalidSyntax");
            assert!(!detail.is_empty(), "{what}");
        }
    }
    assert!(world.wire().is_empty());
}

#[tokio::test]
async fn wrong_values_paths_and_operations_are_told_apart() {
    let world = World::start("scim").await;
    let path = "/Users/2819c223-7f76-453a-919d-413861904646";
    let cases = [
        (json!([{"op": "replace", "path": "emails[type eq \"work\"", "value": "x"}]), "invalidPath"),
        (json!([{"op": "replace", "path": "noSuch", "value": "x"}]), "invalidPath"),
        (json!([{"op": "remove"}]), "noTarget"),
        (json!([{"op": "move", "path": "title", "value": "x"}]), "invalidSyntax"),
        (json!([{"op": "add", "path": "title"}]), "invalidValue"),
        (json!([{"op": "replace", "path": "id", "value": "9"}]), "mutability"),
        (json!([{"op": "replace", "value": {"id": "9"}}]), "mutability"),
        (json!([{"op": "remove", "path": "userName"}]), "mutability"),
        (json!([{"op": "replace", "path": "active", "value": "maybe"}]), "invalidValue"),
        (json!([]), "invalidSyntax"),
    ];
    for (operations, scim_type) in cases {
        world.patch(path, operations.clone()).await.refused(400, scim_type);
    }
    let two = json!([{"value": "a", "primary": true}, {"value": "b", "primary": true}]);
    let body = json!({"schemas": [USER], "userName": "a", "emails": two});
    world.send("PUT", path, body).await.refused(400, "invalidValue");
    world.send("POST", "/Users", json!({"schemas": [USER]})).await.refused(400, "invalidValue");
    world.get("/Users?filter=userName%20eq").await.refused(400, "invalidFilter");
    world.get("/Users?startIndex=abc").await.refused(400, "invalidValue");
    assert!(world.wire().is_empty());
}

#[tokio::test]
async fn ids_that_could_lead_elsewhere_are_404() {
    let world = World::start("scim").await;
    let ids =
        ["..", ".", "%2e%2e", "%2e%2e%2f", "a%2Fb", "a%3Fb", "%252e", "a%5Cb", "a%23b", "%00", "%zz", "%2E", "%ff"];
    for id in ids {
        for method in ["GET", "DELETE", "PATCH"] {
            let body = if method == "PATCH" {
                json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [{"op": "remove", "path": "title"}]})
            } else {
                Value::Null
            };
            world.send(method, &format!("/Users/{id}"), body).await.refused(404, "");
        }
    }
    world.get(&format!("/Users/{}", "a".repeat(257))).await.refused(404, "");
    assert!(world.wire().is_empty());
    world.get("/Users/a%20b%C3%BC").await.refused(404, "");
    assert!(world.wire()[0].path.ends_with("/Users/a%20b%C3%BC"), "everything else is one encoded segment");
}

#[tokio::test]
async fn the_token_comes_first_then_the_route() {
    let world = World::start("scim").await;
    let good = authorization();
    let paths = [BARBARA, "/t/scim/v2/Users", "/nowhere", "/t/scim/v2/ServiceProviderConfig", "/"];
    for path in paths {
        for token in ["", "Bearer wrong", "Basic dTpw", "Bearer ", "Bearer canary-client-token-471"] {
            let headers: Vec<_> =
                [("authorization", token)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
            let answer = world.gateway().request(request("GET", path, &headers, "")).await;
            answer.refused(401, "");
            assert!(!answer.header("www-authenticate").is_empty());
        }
    }
    for path in ["/nowhere", "/", "/t", "/t/scim/v2x/Users", "/t/scim/v2/Nothings", "/t/scim/v2/Users/a/b"] {
        let answer = world.gateway().request(request("GET", path, &[("authorization", good.as_str())], "")).await;
        answer.refused(404, "");
    }
    world.send("GET", "/Me", Value::Null).await.refused(501, "");
    assert!(world.wire().is_empty());
}

#[tokio::test]
async fn methods_types_and_sizes() {
    let world = World::start("scim").await;
    let token = authorization();
    for (method, path) in
        [("PUT", "/t/scim/v2/Users"), ("POST", BARBARA), ("TRACE", BARBARA), ("PURGE", "/t/scim/v2/Users")]
    {
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        let answer = world.gateway().request(request(method, path, &headers, "{}")).await;
        answer.refused(405, "");
        assert!(answer.header("allow").contains("GET"), "{:?}", answer.headers);
    }
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-type", "application/xml"),
        ("content-type", "application/json; charset=latin1"),
        ("content-type", "application/json-patch+json"),
        ("content-encoding", "gzip"),
    ] {
        let mut headers = vec![("authorization", token.as_str()), (name, value)];
        if name == "content-encoding" {
            headers.push(("content-type", "application/json"));
        }
        world.gateway().request(request("POST", "/t/scim/v2/Users", &headers, "{}")).await.refused(415, "");
    }
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let large = format!("{{\"userName\":\"{}\"}}", "x".repeat(1_048_600));
    world.gateway().request(request("POST", "/t/scim/v2/Users", &headers, large)).await.refused(413, "");
    assert!(world.wire().is_empty());
}

#[tokio::test]
async fn slashes_types_and_request_ids_are_tolerant() {
    let world = World::start("scim").await;
    let token = authorization();
    for path in ["/t/scim/v2/Users/", "//t//scim/v2//Users", "/t/scim/v2/users?aadOptscim062020&_=1"] {
        world.gateway().request(request("GET", path, &[("authorization", token.as_str())], "")).await.expect(200);
    }
    for content_type in ["application/json; charset=utf-8", "text/json", "APPLICATION/SCIM+JSON"] {
        let name = content_type.replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let body = json!({"schemas": [USER], "userName": name}).to_string();
        let headers = [("authorization", token.as_str()), ("content-type", content_type)];
        world.gateway().request(request("POST", "/t/scim/v2/Users", &headers, body)).await.expect(201);
    }
    world.wire();
    let headers =
        [("authorization", token.as_str()), ("x-request-id", "abc-1"), ("accept", "application/json"), ("cookie", "c")];
    let answer = world.gateway().request(request("GET", BARBARA, &headers, "")).await;
    assert_eq!((answer.header("x-request-id"), answer.header("content-type")), ("abc-1", "application/json"));
    let sent = &world.wire()[0].headers;
    assert!(sent.contains(&("x-request-id".into(), "abc-1".into())), "{sent:?}");
    assert!(!sent.iter().any(|(name, _)| name == "cookie"), "{sent:?}");
    let headers = [("authorization", token.as_str()), ("x-request-id", "two words")];
    let answer = world.gateway().request(request("HEAD", BARBARA, &headers, "")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.is_empty());
    assert!(!answer.header("x-request-id").is_empty() && answer.header("x-request-id") != "two words");
    assert!(answer.header("content-type").starts_with("application/scim+json"));
}

#[tokio::test]
async fn read_only_clients_and_clients_of_other_routes() {
    let sandbox = crate::world::sandbox("scim").await;
    // SHA-256 of "test".
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let toml = format!(
        "[clients.reader]\ntokens = [{{ sha256 = \"{hash}\" }}]\nread_only = true\n\
         [clients.other]\ntokens = [\"other-token\"]\nroutes = [\"u\"]\n\
         [targets.t]\n{}\n[routes.t]\n[routes.u]\ntarget = \"t\"\npath = \"/u\"\n",
        sandbox.target_toml()
    );
    let gateway = crate::world::Gateway::start(&toml).await;
    let reader = [("authorization", "Bearer test"), ("content-type", "application/json")];
    gateway.request(request("GET", BARBARA, &reader, "")).await.expect(200);
    gateway.request(request("DELETE", BARBARA, &reader, "")).await.refused(403, "");
    let other = [("authorization", "Bearer other-token")];
    gateway.request(request("GET", BARBARA, &other, "")).await.refused(404, "");
    gateway.request(request("GET", "/u/Users", &other, "")).await.expect(200);
}
