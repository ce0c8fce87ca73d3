//! The error table of CONTRACT section 4, for what the vendor does.

use std::time::Duration;

use scimux_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::world::{Gateway, World, short};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const BARBARA: &str = "/Users/2819c223-7f76-453a-919d-413861904646";

fn status(status: u16, headers: &[(&str, &str)], body: &str) -> FaultKind {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    FaultKind::Status { status, headers, body: body.to_owned() }
}

fn fault(kind: FaultKind) -> Fault {
    Fault { method: None, path_contains: None, times: 1, kind }
}

fn scim_error(status: u16, scim_type: &str) -> String {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
    json!({"schemas": schemas, "status": status.to_string(), "scimType": scim_type, "detail": "because"}).to_string()
}

#[tokio::test]
async fn each_vendor_status_has_its_answer() {
    // Said to be there, so that nothing is made of a 404, 405 or 501 but the answer to it.
    let world = World::with("scim", "put = \"native\"").await;
    world.get(BARBARA).await.expect(200);
    let retry: &[(&str, &str)] = &[("retry-after", "70")];
    let cases = [
        (status(400, &[], &scim_error(400, "mutability")), 400, "mutability"),
        (status(400, &[], "<html>"), 400, "invalidValue"),
        (status(422, &[], "{}"), 400, "invalidValue"),
        (status(403, &[], "{}"), 403, ""),
        (status(404, &[], &scim_error(404, "")), 404, ""),
        (status(404, &[], "<html>nginx</html>"), 502, ""),
        (status(405, &[], ""), 502, ""),
        (status(409, &[], &scim_error(409, "uniqueness")), 409, "uniqueness"),
        (status(410, &[], ""), 404, ""),
        (status(413, &[], ""), 413, ""),
        (status(415, &[], ""), 502, ""),
        (status(500, &[], ""), 500, ""),
        (status(502, &[], ""), 502, ""),
        (status(503, retry, ""), 503, ""),
        (status(504, &[], ""), 504, ""),
        (status(301, &[("location", "http://127.0.0.1:1/")], ""), 502, ""),
        (status(202, &[], "{}"), 502, ""),
        (FaultKind::NotJson, 502, ""),
        (FaultKind::HalfBody, 502, ""),
        (FaultKind::BreakBeforeReading, 502, ""),
        (FaultKind::BreakAfterReading, 502, ""),
        // The last: it holds back all calls for a minute.
        (status(429, retry, ""), 429, ""),
    ];
    for (kind, expected, scim_type) in cases {
        let what = format!("{kind:?}");
        world.sandbox().clear();
        world.sandbox().fault(Fault { times: 9, ..fault(kind) });
        let body = json!({"schemas": [USER], "userName": "babs", "active": true});
        let answer = world.send("PUT", BARBARA, body).await;
        assert_eq!(answer.status.as_u16(), expected, "{what}: {:?}", answer.body);
        answer.refused(expected, scim_type);
        if what.contains("retry-after") {
            assert_eq!(answer.header("retry-after"), "70", "{what}");
        }
    }
}

/// A list and a create are always there; a 404 to them is about the place.
#[tokio::test]
async fn what_a_scim_service_does_not_say_is_502() {
    let world = World::start("scim").await;
    world.get(BARBARA).await.expect(200);
    let documented = scim_error(404, "");
    for kind in [status(404, &[], &documented), status(404, &[], "<html>"), status(405, &[], ""), status(406, &[], "")]
    {
        for (method, body) in [("GET", Value::Null), ("POST", ada())] {
            world.sandbox().fault(fault(kind.clone()));
            let answer = world.send(method, "/Users", body).await;
            assert_eq!(answer.status, 502, "{kind:?} to {method}: {:?}", answer.body);
            answer.refused(502, "");
        }
    }
    assert!(!world.sandbox().resources("/Users").iter().any(|user| user["userName"] == ada()["userName"]));
}

#[tokio::test]
async fn our_refused_credential_is_502_after_one_renewal() {
    let world = World::start("scim").await;
    for refusals in [1, 2] {
        world.sandbox().take_exchanges();
        let mut twice = fault(status(401, &[], ""));
        twice.times = refusals;
        world.sandbox().fault(twice);
        world.get(BARBARA).await.refused(502, "");
        world.sandbox().clear();
    }
}

fn ada() -> Value {
    json!({
        "schemas": [USER], "userName": "ada@veepharm.com", "active": true, "displayName": "Ada Byron",
        "name": {"givenName": "Ada", "familyName": "Byron"}, "locale": "en-US", "preferredLanguage": "en",
        "timezone": "America/New_York", "emails": [{"value": "ada@veepharm.com", "type": "work", "primary": true}],
    })
}

/// The lookup finds it, made a moment ago and equal in all that was sent.
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_201_where_it_is_provably_there() {
    let world = World::all().await;
    for sandbox in &world.sandboxes {
        let path = format!("/{}/scim/v2/Users", sandbox.vendor());
        for kind in [FaultKind::BreakAfterReading, FaultKind::HalfBody] {
            sandbox.take_exchanges();
            let lost = Fault { method: Some("POST".into()), path_contains: Some("/Users".into()), ..fault(kind) };
            sandbox.fault(lost);
            let mut body = ada();
            let name = json!(format!("ada{}@veepharm.com", sandbox.resources("/Users").len()));
            (body["userName"], body["emails"][0]["value"]) = (name.clone(), name);
            let before = sandbox.resources("/Users").len();
            let answer = world.gateway().send("POST", &path, body.clone()).await;
            let wire = sandbox.take_exchanges();
            let calls: Vec<_> = wire.iter().map(short).filter(|call| call.contains("/Users")).collect();
            assert_eq!(answer.status, 201, "{}: {}", sandbox.vendor(), answer.json());
            let user = answer.json();
            assert_eq!(calls.iter().filter(|call| *call == "POST /Users").count(), 1, "{calls:?}");
            assert_eq!(calls.len(), 2, "one lookup: {calls:?}");
            assert_eq!(sandbox.resources("/Users").len(), before + 1);
            assert!(answer.header("location").ends_with(user["id"].as_str().expect("an id")));
            assert_eq!(user["userName"], body["userName"]);
        }
    }
}

/// What is there may be anybody's; groups have no lookup.
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_504_and_sent_once() {
    let world = World::start("scim").await;
    let mut lost = fault(FaultKind::BreakBeforeReading);
    lost.method = Some("POST".to_owned());
    world.sandbox().fault(lost.clone());
    let detail = world.send("POST", "/Users", ada()).await.refused(504, "");
    assert!(detail.contains("unknown") && detail.contains("none of this userName"), "{detail}");
    assert_eq!(world.calls().iter().filter(|call| call.starts_with("POST")).count(), 1);
    let mut older = ada();
    older["meta"] = json!({"created": "2020-01-01T00:00:00Z"});
    world.sandbox().seed("/Users", older);
    world.sandbox().fault(lost.clone());
    let detail = world.send("POST", "/Users", ada()).await.refused(504, "");
    assert!(detail.contains("nothing proves"), "{detail}");
    world.calls();
    world.sandbox().fault(Fault { kind: FaultKind::BreakAfterReading, ..lost });
    world.send("POST", "/Groups", json!({"displayName": "g"})).await.refused(504, "");
    assert_eq!(world.calls(), ["POST /Groups"]);
}

#[tokio::test]
async fn an_unreachable_or_slow_vendor_is_never_not_found() {
    let lines = "upstream.timeout_secs = 1\n";
    let world = World::with("scim", lines).await;
    world.sandbox().fault(fault(FaultKind::Delay(Duration::from_secs(3))));
    world.get(BARBARA).await.refused(504, "");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let toml =
        format!("[targets.t]\nadapter = \"scim\"\nbase_url = \"http://{closed}\"\nauth = {{ scheme = \"none\" }}\n");
    let gateway = Gateway::start(&toml).await;
    let detail = gateway.send("GET", &format!("/t/scim/v2{BARBARA}"), Value::Null).await.refused(502, "");
    assert!(!detail.contains(&closed.port().to_string()), "{detail}");
}

#[tokio::test]
async fn a_404_before_the_target_is_proven_is_probed() {
    let world = World::start("scim").await;
    world.get("/Users/nobody").await.refused(404, "");
    let wrong = world.sandbox().base_url().replace("/v2", "/v3");
    let toml = format!(
        "[targets.t]\nadapter = \"scim\"\nbase_url = \"{wrong}\"\nauth = {{ scheme = \"basic\", username = \"u\", password = \"p\" }}\n"
    );
    let gateway = Gateway::start(&toml).await;
    gateway.send("GET", &format!("/t/scim/v2{BARBARA}"), Value::Null).await.refused(502, "");
}

#[tokio::test]
async fn a_started_mutation_is_finished_when_the_client_hangs_up() {
    use tokio::io::AsyncWriteExt;
    let world = World::start("veeva").await;
    world.sandbox().take_exchanges();
    world.sandbox().fault(fault(FaultKind::Delay(Duration::from_millis(300))));
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "name.givenName", "value": "Finished"}]})
    .to_string();
    let mut stream = tokio::net::UnixStream::connect(world.gateway().socket()).await.expect("a connection");
    let head = format!(
        "PATCH /t/scim/v2/Users/93521 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        crate::world::TOKEN,
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("sent");
    while world.sandbox().take_exchanges().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    let changed = || world.sandbox().resources("/Users")[0]["name"]["givenName"] == "Finished";
    while !changed() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// rfc-traps 325: without tags changes take turns.
#[tokio::test]
async fn mutations_of_one_resource_take_turns() {
    let world = World::start("veeva").await;
    let path = "/Users/93521";
    let given = json!([{"op": "replace", "path": "name.givenName", "value": "A"}]);
    let family = json!([{"op": "replace", "path": "name.familyName", "value": "B"}]);
    let both = tokio::join!(world.patch(path, given), world.patch(path, family));
    both.0.expect(200);
    both.1.expect(200);
    let methods: Vec<_> = world.wire().iter().map(|exchange| exchange.method.clone()).collect();
    assert_eq!(methods, ["GET", "PUT", "GET", "PUT"], "no lost update");
    let user = world.get(path).await.expect(200);
    assert_eq!(user["name"], json!({"familyName": "B", "givenName": "A"}));
}

#[tokio::test]
async fn a_lock_waited_for_too_long_is_503_before_the_deadline() {
    let world = World::with("scim", "[server.limits]\nrequest_timeout_secs = 4\n").await;
    let mut slow = fault(FaultKind::Delay(Duration::from_secs(60)));
    slow.method = Some("PATCH".to_owned());
    world.sandbox().fault(slow);
    let title = |text: &str| world.patch(BARBARA, json!([{"op": "replace", "path": "title", "value": text}]));
    let (one, other) = tokio::join!(title("A"), title("B"));
    let (holder, waiter) = if one.status == 504 { (one, other) } else { (other, one) };
    holder.refused(504, "");
    let detail = waiter.refused(503, "");
    assert!(detail.contains("other changes"), "{detail}");
    assert_eq!(waiter.header("retry-after"), "1");
}

#[tokio::test]
async fn a_page_in_the_place_of_an_answer_deletes_nothing() {
    let world = World::start("scim").await;
    let mut page = fault(status(200, &[("content-type", "text/html")], "<html>Sign in</html>"));
    page.method = Some("DELETE".to_owned());
    world.sandbox().fault(page);
    world.send("DELETE", BARBARA, Value::Null).await.refused(502, "");
    world.get(BARBARA).await.expect(200);
}

#[tokio::test]
async fn nothing_of_the_place_is_left_in_what_no_schema_knows() {
    let world = World::start("scim").await;
    let base = world.sandbox().base_url();
    let place = base.trim_start_matches("http://");
    let user = json!({"schemas": [USER], "id": "1", "userName": "babs", "_links": {"self": {"href": base}},
        "environment": {"id": place}, "color": "red"});
    world.sandbox().fault(fault(status(200, &[("location", base.as_str()), ("x-vendor", place)], &user.to_string())));
    let answer = world.get("/Users/1").await;
    let shown = answer.expect(200);
    assert_eq!((&shown["color"], &shown["userName"]), (&json!("red"), &json!("babs")));
    let host = place.split('/').next().expect("a host");
    assert!(!shown.to_string().contains(host) && !format!("{:?}", answer.headers).contains(host), "{shown}");
}

#[tokio::test]
async fn a_tenant_in_the_path_of_the_base_url_is_not_told() {
    let sandbox = crate::world::sandbox("scim").await;
    let base = sandbox.base_url().replace("/v2", "/tenants/canary-tenant/v2");
    let toml = format!(
        "[targets.t]\nadapter = \"scim\"\nbase_url = \"{base}\"\nauth = {{ scheme = \"none\" }}\ndiscovery = \"off\"\n"
    );
    let gateway = Gateway::start(&toml).await;
    sandbox.fault(fault(status(400, &[], &json!({"detail": "no user 7 in CANARY-Tenant"}).to_string())));
    let detail = gateway.send("GET", "/t/scim/v2/Users/7", Value::Null).await.refused(400, "invalidValue");
    assert!(detail.contains("no user 7") && !detail.to_lowercase().contains("canary"), "{detail}");
}
