//! No secret in any output, no person's data and no vendor's text in the log, nothing of the vendor's place in an answer.

use http::Request;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use scimux_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use tokio::net::UnixStream;

use crate::world::{Answer, TOKEN, World, exchange};

/// Values of people's attributes that the test sends and the sandboxes hold.
const PEOPLE: [&str; 4] = ["Abigail", "canary-family-name", "canary@example.com", "IsabellaOfCastile"];

fn text(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body))
}

#[tokio::test]
async fn nothing_secret_or_personal_is_printed() {
    let world = World::all().await;
    let mut answers = Vec::new();
    let mut places =
        vec!["abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6".to_owned(), "v25.2".to_owned(), "/environments/".to_owned()];
    for scene in scimux_sandbox::demo::scenes() {
        let path = format!("/{}/scim/v2{}", scene.vendor, scene.path);
        answers.push(text(&world.gateway().send(scene.method, &path, scene.body.unwrap_or(Value::Null)).await));
    }
    for sandbox in &world.sandboxes {
        let route = format!("/{}/scim/v2/Users", sandbox.vendor());
        answers.push(text(&world.gateway().send("GET", &route, Value::Null).await));
        answers.push(text(&world.gateway().send("GET", &format!("{route}/unknown"), Value::Null).await));
        let person = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "canary@example.com", "active": true,
            "name": {"familyName": "canary-family-name", "givenName": "Abigail"}, "displayName": "canary-family-name",
            "emails": [{"value": "canary@example.com", "type": "work", "primary": true}],
        });
        for _ in 0..2 {
            answers.push(text(&world.gateway().send("POST", &route, person.clone()).await));
        }
        places.push(sandbox.address().to_string());
    }
    let mut secrets = vec![TOKEN.to_owned()];
    for sandbox in &world.sandboxes {
        for exchange in sandbox.take_exchanges() {
            let credentials = exchange.headers.into_iter().filter(|(name, _)| name == "authorization");
            secrets.extend(credentials.filter_map(|(_, value)| value.split(' ').next_back().map(str::to_owned)));
        }
        let quoted = sandbox.target_toml();
        let values = quoted.split('"').skip(1).step_by(2).map(str::to_owned);
        secrets.extend(
            values.filter(|value| value.contains("secret") || value.contains("password") || value.contains("token-")),
        );
    }
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() >= 5, "{secrets:?}");
    for answer in &answers {
        for hidden in secrets.iter().chain(&places) {
            assert!(!answer.contains(hidden.as_str()), "{hidden} is in an answer: {answer}");
        }
    }
    let output = world.output().await;
    assert!(output.contains("request_id"), "the log is there to be searched: {output}");
    for hidden in secrets.iter().map(String::as_str).chain(PEOPLE) {
        let line = output.lines().find(|line| line.contains(hidden));
        assert!(line.is_none(), "{hidden} is in the output: {line:?}");
    }
}

/// The beginning of each value of a person that the second test sends, and of what its vendors say.
const CANARY: &str = "canary";

fn person(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": format!("canary-{name}@example.com"), "active": true, "title": "canary-title",
        "displayName": "canary-display", "nickName": "canary-nick", "externalId": "canary-external",
        "name": {"familyName": "canary-family", "givenName": "canary-given", "formatted": "canary-formatted"},
        "emails": [{"value": format!("canary-{name}@example.com"), "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "canary-number", "type": "mobile"}],
        "addresses": [{"streetAddress": "canary-street", "type": "work"}],
        "canary-attribute": "canary-value", "invented": {"canary-name": "canary"},
        ENTERPRISE: {"department": "canary-department", "employeeNumber": "canary-employee"},
    })
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Requests that hold a person's data in every place where a client can put it; most of them are refused by somebody.
fn requests(id: &str) -> Vec<(&'static str, String, String)> {
    let patch = |operations: Value| {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}).to_string()
    };
    let user = format!("/Users/{id}");
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "canary-bulk", "data": person("bulk")},
            {"method": "PUT", "path": user, "data": person("replaced")},
            {"method": "PATCH", "path": "/Users/bulkId:canary-absent", "data": {"canary": true}},
        ],
    });
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "emails[value eq \"canary-one@example.com\"]", "sortBy": "canary"});
    let mut long = person("long");
    long["password"] = json!("canary-password");
    let mut requests = vec![
        ("POST", "/Users".to_owned(), long.to_string()),
        ("PUT", user.clone(), person("put").to_string()),
        ("PUT", user.clone(), "{\"userName\": \"canary".to_owned()),
        ("PUT", user.clone(), "{\"userName\": \"canary-a\", \"USERNAME\": \"canary-b\"}".to_owned()),
        ("PUT", user.clone(), "{\"userName\": \"canary\", \"active\": \"canary\", \"emails\": \"canary\"}".to_owned()),
        ("POST", "/Bulk".to_owned(), bulk.to_string()),
        ("POST", "/Users/.search".to_owned(), search.to_string()),
    ];
    let operations = [
        json!([{"op": "replace", "path": "emails[value eq \"canary@example.com\"].value", "value": "canary-new@example.com"}]),
        json!([{"op": "add", "path": "canary-path", "value": "canary"}]),
        json!([{"op": "replace", "path": "name[canary", "value": "canary"}]),
        json!([{"op": "canary", "path": "title", "value": "canary"}]),
        json!([{"op": "replace", "value": {"title": "canary", "canary": ["canary"], "userName": "canary@example.com"}}]),
        json!([{"op": "remove", "path": "emails[value eq \"canary\" and canary eq 1]"}]),
    ];
    requests.extend(operations.map(|operations| ("PATCH", user.clone(), patch(operations))));
    let queries = [
        "filter=userName%20eq%20%22canary%40example.com%22",
        "filter=emails[value%20sw%20%22canary%22]",
        "filter=canary%20eq",
        "sortBy=canary&attributes=canary,emails.canary&excludedAttributes=canary",
        "count=canary&startIndex=canary&cursor=canary",
    ];
    requests.extend(queries.map(|query| ("GET", format!("/Users?{query}"), String::new())));
    requests
}

/// What goes wrong at a vendor that tells of people while it does.
fn told_by_the_vendor() -> Vec<FaultKind> {
    let mut kinds = vec![FaultKind::NotJson, FaultKind::HalfBody, FaultKind::BreakAfterReading];
    let says = |status: u16, name: &str, value: &str, body: &str| FaultKind::Status {
        status,
        headers: vec![(name.to_owned(), value.to_owned())],
        body: body.to_owned(),
    };
    let error = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"canary-type","detail":"canary@example.com"}"#;
    for status in [400, 401, 403, 404, 409, 412, 429, 500, 503] {
        kinds.push(says(status, "x-canary", "canary@example.com", error));
    }
    kinds.push(says(302, "location", "https://canary.example.com/canary", ""));
    kinds.push(says(200, "etag", "canary", "\"canary\""));
    kinds.push(says(200, "content-type", "application/scim+json", r#"{"id":"1","userName":["canary"],"canary":1"#));
    kinds.push(says(
        200,
        "x",
        "y",
        r#"{"Resources":[{"id":7,"userName":"canary","active":"canary"}],"totalResults":"canary"}"#,
    ));
    kinds
}

/// At the level `trace`, for this gateway and for the libraries it is made of, as JSON and as text; nor is it shown.
#[tokio::test]
async fn nothing_personal_is_printed_at_any_level() {
    let world = World::all().await;
    let everything = "trace,hyper=trace,hyper_util=trace,h2=trace,rustls=trace,tower=trace,scimux_scim=trace";
    let socket = world.gateway().socket().with_file_name("admin.sock");
    let admin = format!("[admin]\nlisten = \"127.0.0.1:0\"\nsocket = {socket:?}\n[log]");
    world.gateway().edit("[log]", &admin);
    world.gateway().edit("level = \"debug\"", &format!("level = \"{everything}\"\nformat = \"text\""));
    assert!(world.gateway().reload().await);
    for sandbox in &world.sandboxes {
        let users = format!("/{}/scim/v2/Users", sandbox.vendor());
        world.gateway().send("POST", &users, person("one")).await;
        let list = world.gateway().send("GET", &users, Value::Null).await.expect(200);
        let id = list["Resources"][0]["id"].as_str().expect("an id").to_owned();
        for (method, path, body) in requests(&id) {
            ask(&world, sandbox.vendor(), method, &path, &body, TOKEN).await;
        }
        ask(&world, sandbox.vendor(), "GET", "/Users?filter=userName%20eq%20%22canary%22", "", "canary-token").await;
        for kind in told_by_the_vendor() {
            for (method, path, body) in
                requests(&id).into_iter().take(2).chain([("GET", format!("/Users/{id}"), String::new())])
            {
                sandbox.fault(Fault {
                    method: None,
                    path_contains: Some("Users".to_owned()),
                    times: 1,
                    kind: kind.clone(),
                });
                ask(&world, sandbox.vendor(), method, &path, &body, TOKEN).await;
                sandbox.clear();
            }
        }
        if sandbox.vendor() == "rsa" {
            world.gateway().edit("format = \"text\"", "format = \"json\"");
            assert!(world.gateway().reload().await);
        }
    }
    for path in ["/metrics", "/targets"] {
        let stream = TokioIo::new(UnixStream::connect(&socket).await.expect("it listens"));
        let request = Request::get(path).header("host", "x").body(Full::default()).expect("a request");
        let shown = String::from_utf8(exchange(stream, request).await.body.to_vec()).expect("UTF-8");
        assert!(shown.contains("huawei") && !shown.to_lowercase().contains(CANARY), "{shown}");
    }
    let output = world.output().await;
    for seen in ["DEBUG scimux::upstream::transport: call to a vendor failed", r#""message":"change asked for""#] {
        assert!(output.contains(seen), "{seen} is not in {output}");
    }
    let lines: Vec<&str> = output.lines().filter(|line| line.to_lowercase().contains(CANARY)).collect();
    assert!(lines.is_empty(), "{lines:#?}");
}

/// Sends a request with this token; whatever comes of it, it is an answer.
async fn ask(world: &World, route: &str, method: &str, path: &str, body: &str, token: &str) {
    let request = Request::builder().method(method).uri(format!("/{route}/scim/v2{path}"));
    let request = request.header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
    let answer = world.gateway().request(request.body(Full::from(body.to_owned())).expect("a request")).await;
    assert!(answer.status.as_u16() >= 200, "{answer:?}");
}
