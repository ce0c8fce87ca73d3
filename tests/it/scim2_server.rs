//! Every PUT and PATCH variant over `scim2-server`, an independent and strict RFC 7644 server.

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use crate::independent::Server;
use crate::world::{Answer, Gateway, PUBLIC};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn start() -> (Server, Gateway) {
    let (server, toml) = spawn().await;
    (server, Gateway::start(&toml).await)
}

/// A server on a port of its own, and the section of a target `t` that leads to it.
pub(crate) async fn spawn() -> (Server, String) {
    let server = Server::start(&[]).await;
    let toml = format!("[targets.t]\n{}", server.target_toml());
    (server, toml)
}

async fn send(gateway: &Gateway, method: &str, path: &str, body: Value) -> Answer {
    gateway.send(method, &format!("/t/scim/v2{path}"), body).await
}

async fn patched(gateway: &Gateway, path: &str, operations: Value) -> Answer {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    send(gateway, "PATCH", path, body).await
}

fn alpha() -> Value {
    json!({
        "schemas": [USER], "userName": "Alpha", "title": "T", "active": true,
        "name": {"givenName": "G", "familyName": "F", "formatted": "G F"},
        "emails": [{"value": "w@x.io", "type": "work", "primary": true}, {"value": "h@x.io", "type": "home"}],
    })
}

#[tokio::test]
async fn every_put_and_patch_variant() {
    let (_server, gateway) = start().await;
    let created = send(&gateway, "POST", "/Users", alpha()).await;
    let path = format!("/Users/{}", created.expect(201)["id"].as_str().expect("an id"));
    assert_eq!(created.header("location"), format!("{PUBLIC}/t/scim/v2{path}"));
    send(&gateway, "POST", "/Users", alpha()).await.refused(409, "uniqueness");

    // The operations, and where the result shows what they did.
    let department = format!("/{}/department", ENTERPRISE.replace('~', "~0").replace('/', "~1"));
    let cases = [
        (json!([{"op": "Replace", "path": "title", "value": "U"}]), "/title", json!("U")),
        (json!([{"op": "add", "path": "nickName", "value": "N"}]), "/nickName", json!("N")),
        (json!([{"op": "remove", "path": "nickName"}]), "/nickName", Value::Null),
        (json!([{"op": "replace", "path": "NAME.FamilyName", "value": "Z"}]), "/name/familyName", json!("Z")),
        (json!([{"op": "replace", "path": "name", "value": {"givenName": "Q"}}]), "/name/familyName", json!("Z")),
        (json!([{"op": "replace", "value": {"name": {"givenName": "R"}}}]), "/name/givenName", json!("R")),
        (json!([{"op": "replace", "value": {"name.familyName": "Y"}}]), "/name/familyName", json!("Y")),
        (
            json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "w2@x.io"}]),
            "/emails/0/value",
            json!("w2@x.io"),
        ),
        (json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]), "/emails/1", Value::Null),
        (
            json!([{"op": "add", "path": "emails", "value": [{"value": "n@x.io", "type": "other"}]}]),
            "/emails/1/value",
            json!("n@x.io"),
        ),
        (json!([{"op": "replace", "path": "emails", "value": [{"value": "one@x.io"}]}]), "/emails/1", Value::Null),
        (json!([{"op": "Replace", "path": "active", "value": "False"}]), "/active", json!(false)),
        (json!([{"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "D"}]), &department, json!("D")),
        (json!([{"op": "replace", "path": ENTERPRISE, "value": {"department": "E"}}]), &department, json!("E")),
        (json!([{"op": "remove", "path": ENTERPRISE}]), &department, Value::Null),
        (json!([{"op": "replace", "path": "title", "value": null}]), "/title", Value::Null),
        (
            json!([{"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": "26118915"}]),
            "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value",
            json!("26118915"),
        ),
    ];
    for (operations, pointer, expected) in cases {
        let resource = patched(&gateway, &path, operations.clone()).await.expect(200);
        assert_eq!(resource.pointer(pointer).unwrap_or(&Value::Null), &expected, "{operations} gave {resource}");
        let read = send(&gateway, "GET", &path, Value::Null).await.expect(200);
        assert_eq!(
            read.pointer(pointer).unwrap_or(&Value::Null),
            &expected,
            "the server's own state after {operations}"
        );
    }
    let put = send(&gateway, "PUT", &path, alpha()).await.expect(200);
    assert_eq!((&put["title"], &put["emails"].as_array().map(Vec::len)), (&json!("T"), &Some(2)));
    let echo = send(&gateway, "PUT", &path, put.clone()).await.expect(200);
    assert_eq!((&echo["name"], &echo["emails"], &echo["id"]), (&put["name"], &put["emails"], &put["id"]));
    let bare = send(&gateway, "PUT", &path, json!({"schemas": [USER], "userName": "Alpha"})).await.expect(200);
    assert!(bare.get("title").is_none() && bare.get("emails").is_none() && bare.get("name").is_none(), "{bare}");
    assert_eq!(bare["active"], true, "kept");
    send(&gateway, "DELETE", &path, Value::Null).await.expect(204);
    send(&gateway, "GET", &path, Value::Null).await.refused(404, "");
}

#[tokio::test]
async fn groups_and_refusals() {
    let (_server, gateway) = start().await;
    let group = json!({"schemas": [GROUP], "displayName": "Eng", "members": [{"value": "u1"}, {"value": "u2"}]});
    let path = format!(
        "/Groups/{}",
        send(&gateway, "POST", "/Groups", group).await.expect(201)["id"].as_str().expect("an id")
    );
    let operations = json!([
        {"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "u1"}]},
        {"op": "Add", "path": "members", "value": [{"value": "u3"}]},
        {"op": "replace", "value": {"displayName": "Engineering"}},
    ]);
    patched(&gateway, &path, operations).await.expect(204);
    let group = send(&gateway, "GET", &path, Value::Null).await.expect(200);
    let members: Vec<_> =
        group["members"].as_array().expect("members").iter().map(|member| member["value"].clone()).collect();
    assert_eq!((members, &group["displayName"]), (vec![json!("u2"), json!("u3")], &json!("Engineering")));

    let created = send(&gateway, "POST", "/Users", alpha()).await.expect(201);
    let path = format!("/Users/{}", created["id"].as_str().expect("an id"));
    let operations = json!([{"op": "replace", "path": "emails[type eq \"fax\"].value", "value": "x"}]);
    patched(&gateway, &path, operations).await.refused(400, "noTarget");
    patched(&gateway, &path, json!([{"op": "replace", "path": "id", "value": "x"}])).await.refused(400, "mutability");
    let list =
        send(&gateway, "GET", "/Users?filter=userName%20eq%20%22ALPHA%22&count=5", Value::Null).await.expect(200);
    assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(1), &json!(1)));
    assert_eq!(list["Resources"][0]["meta"]["location"], format!("{PUBLIC}/t/scim/v2{path}"));
}

/// Asks the server itself.
async fn direct(server: &Server, path: &str) -> (u16, Value) {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", server.port)).await.expect("the server listens");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);
    let request = http::Request::builder()
        .uri(format!("/v2{path}"))
        .header("host", format!("127.0.0.1:{}", server.port))
        .header("authorization", "Bearer T")
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a whole body").to_bytes();
    (status, serde_json::from_slice(&body).expect("JSON"))
}

/// What of a list must be the same through the gateway and without it.
fn told(list: &Value) -> (Value, Vec<Value>) {
    let ids = list["Resources"].as_array().into_iter().flatten().map(|user| user["id"].clone());
    (list["totalResults"].clone(), ids.collect())
}

#[tokio::test]
async fn lists_through_the_gateway_are_the_servers_own() {
    let (server, gateway) = start().await;
    for number in 0..12 {
        let title = if number % 3 == 0 { Value::Null } else { json!(format!("T{}", number % 3)) };
        let body = json!({"schemas": [USER], "userName": format!("user{:02}", (number * 7) % 12), "title": title,
            "active": number % 2 == 0, "emails": [{"value": format!("m{number}@x.io"), "type": "work"}]});
        send(&gateway, "POST", "/Users", body).await.expect(201);
    }
    let terms = [
        r#"userName sw "user0""#,
        r#"userName eq "USER07""#,
        "title pr",
        r#"title eq "t1""#,
        "active eq true",
        r#"emails[type eq "work" and value ew "1@x.io"]"#,
        r#"emails co "m1""#,
    ];
    let mut filters: Vec<String> = terms.iter().map(ToString::to_string).collect();
    for (index, one) in terms.iter().enumerate() {
        let other = terms[(index + 3) % terms.len()];
        filters.extend([format!("{one} and {other}"), format!("{one} or {other}"), format!("not ({one}) and {other}")]);
    }
    for (index, filter) in filters.iter().enumerate() {
        let filter = filter.replace(' ', "%20").replace('"', "%22");
        let sort = ["&sortBy=userName", "&sortBy=userName&sortOrder=descending", "&sortBy=emails.value"][index % 3];
        let page = ["", "&startIndex=2&count=3", "&startIndex=1&count=1", "&startIndex=99"][index % 4];
        let path = format!("/Users?filter={filter}{sort}{page}");
        let (status, own) = direct(&server, &path).await;
        assert_eq!(status, 200, "{path}: {own}");
        let through = send(&gateway, "GET", &path, Value::Null).await.expect(200);
        assert_eq!(told(&through), told(&own), "{path}");
    }
}
