//! Bulk requests: order and numbers under way, what happens when time or the client's patience ends, and that nothing
//! but resources is reached.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use crate::stack::CoreService;
use crate::target::fixture::{self, PLAIN, Seen, config, request, send};
use crate::upstream::HttpService;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const BULK: &str = "/t/scim/v2/Bulk";
const BASE: &str = "https://scim.example.com/t/scim/v2";

fn message(operations: &[Value]) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations})
}

fn create(name: &str) -> Value {
    let data = json!({"schemas": [USER], "userName": name});
    json!({"method": "POST", "path": "/Users", "bulkId": name, "data": data})
}

fn group(name: &str, member: &str) -> Value {
    let data = json!({"schemas": [GROUP], "displayName": name, "members": [{"value": member}]});
    json!({"method": "POST", "path": "/Groups", "bulkId": name, "data": data})
}

fn delete(id: &str) -> Value {
    json!({"method": "DELETE", "path": format!("/Users/{id}")})
}

/// Sends the operations; the answers to them.
async fn bulk(core: &CoreService, message: &Value) -> Vec<Value> {
    let (answer, body) = send(core, "POST", BULK, &message.to_string()).await;
    assert_eq!(answer.status(), 200, "{body}");
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    body["Operations"].as_array().expect("a list").clone()
}

fn statuses(answers: &[Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["status"].as_str().expect("a string")).collect()
}

/// A provider: what is created as `x` has the id `id-x`; names and ids that begin with `bad` are refused. It answers a
/// call for each permit, and knows how many were under way at most.
struct Provider {
    core: CoreService,
    seen: Seen,
    gate: Arc<Semaphore>,
    most: Arc<AtomicUsize>,
}

fn provider(toml: &str, permits: usize) -> Provider {
    let (seen, gate, most) = (Seen::default(), Arc::new(Semaphore::new(permits)), Arc::new(AtomicUsize::new(0)));
    let (kept, closed, highest) = (seen.clone(), gate.clone(), most.clone());
    let under_way = Arc::new(Mutex::new(0));
    let http = service_fn(move |request: http::Request<Bytes>| {
        let (kept, closed, highest, under_way) = (kept.clone(), closed.clone(), highest.clone(), under_way.clone());
        async move {
            let answer = answer(&request);
            kept.lock().expect("no panic").push(request);
            let now = {
                let mut under_way = under_way.lock().expect("no panic");
                *under_way += 1;
                *under_way
            };
            highest.fetch_max(now, Ordering::Relaxed);
            tokio::task::yield_now().await;
            closed.acquire().await.expect("never closed").forget();
            *under_way.lock().expect("no panic") -= 1;
            Ok(answer)
        }
    });
    let http: HttpService = BoxCloneSyncService::new(http);
    Provider { core: fixture::core(&config(toml), &http), seen, gate, most }
}

fn answer(request: &http::Request<Bytes>) -> http::Response<Bytes> {
    let mut body: Value = serde_json::from_slice(request.body()).unwrap_or_else(|_| json!({"userName": "x"}));
    let name = body["userName"].as_str().or(body["displayName"].as_str()).unwrap_or("x").to_owned();
    let last = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    if name.starts_with("bad") || last.starts_with("bad") {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
        return fixture::json(409, &json!({"schemas": schemas, "status": "409", "scimType": "uniqueness"}));
    }
    match request.method().as_str() {
        "POST" => {
            body["id"] = format!("id-{name}").into();
            fixture::json(201, &body)
        }
        "DELETE" => http::Response::builder().status(204).body(Bytes::new()).expect("a response"),
        _ => fixture::json(200, &json!({"schemas": [USER], "id": last, "userName": "x", "active": true})),
    }
}

impl Provider {
    /// What it was sent: method, path and body.
    fn calls(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("no panic");
        seen.iter().map(|call| format!("{} {}", call.method(), call.uri().path().trim_start_matches("/v2"))).collect()
    }

    fn bodies(&self) -> String {
        let seen = self.seen.lock().expect("no panic");
        seen.iter().map(|call| String::from_utf8_lossy(call.body()).into_owned()).collect()
    }
}

async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn traps_253_to_260_answers_and_references() {
    let provider = provider(PLAIN, 99);
    let operations = [
        group("team", "bulkId:ann"),
        create("ann"),
        json!({"method": "patch", "path": "Users/bulkId:ann", "data": {"Operations": [
            {"op": "replace", "path": "displayName", "value": "bulkId:ann"}]}}),
        json!({"method": "DELETE", "path": "/Users/7"}),
        create("bad"),
        group("lost", "bulkId:bad"),
        json!({"method": "PUT", "path": "/Users/bulkId:bad", "data": {"userName": "x"}}),
        json!({"method": "POST", "path": "/Users", "data": {"userName": "x"}}),
    ];
    let answers = bulk(&provider.core, &message(&operations)).await;
    assert_eq!(statuses(&answers), ["201", "201", "200", "204", "409", "409", "409", "400"]);
    let locations: Vec<_> = answers.iter().map(|answer| answer["location"].as_str()).collect();
    let at = |path: &str| format!("{BASE}{path}");
    let expected = ["/Groups/id-team", "/Users/id-ann", "/Users/id-ann", "/Users/7"].map(at);
    assert_eq!(locations[..4], expected.iter().map(|url| Some(url.as_str())).collect::<Vec<_>>());
    assert_eq!(locations[4..], [None, None, Some(&*at("/Users/bulkId:bad")), None]);
    assert_eq!((&answers[0]["bulkId"], &answers[0]["method"]), (&json!("team"), &json!("POST")));
    assert!(answers[0]["version"].as_str().is_some_and(|version| version.starts_with("W/")), "{answers:?}");
    assert_eq!((answers[0].get("response"), answers[4]["response"]["scimType"].as_str()), (None, Some("uniqueness")));
    assert_eq!(answers[7]["response"]["scimType"], "invalidValue");
    assert!(answers[5]["response"]["detail"].as_str().is_some_and(|detail| detail.contains("bulkId bad")));
    let bodies = provider.bodies();
    assert!(bodies.contains(r#""members":[{"value":"id-ann"}]"#), "{bodies}");
    assert_eq!(bodies.matches("bulkId").count(), 1, "a display name is no reference: {bodies}");
    assert!(!provider.calls().iter().any(|call| call == "POST /Groups" && bodies.contains("lost")));
}

/// rfc-traps 267: an operation reaches resources of its route, and nothing else.
#[tokio::test]
async fn trap_267_paths() {
    let provider = provider(PLAIN, 99);
    let outside = [
        ("POST", "/Bulk", "400"),
        ("POST", "Bulk/", "400"),
        ("POST", "/.search", "400"),
        ("POST", "/Users/.search", "400"),
        ("PATCH", "/Me", "400"),
        ("PUT", "/Schemas", "400"),
        ("PUT", "/ServiceProviderConfig", "400"),
        ("DELETE", "/Users/../Groups/1", "404"),
        ("DELETE", "/Users/..", "404"),
        ("DELETE", "../v2/Users/1", "404"),
        ("DELETE", "/Users/%2e%2e", "404"),
        ("DELETE", "/Users/a%2fb", "404"),
        ("DELETE", "/Users/%3Fx", "404"),
        ("DELETE", "/Users/1?x=/Users/2", "400"),
        ("DELETE", "https://vendor.example/Users/1", "404"),
        ("DELETE", "//vendor.example/Users", "404"),
        ("DELETE", "/u/scim/v2/Users/1", "404"),
        ("DELETE", "/Users", "405"),
        ("POST", "/Users/1", "405"),
        ("PUT", "/Devices/1", "404"),
        ("DELETE", "/", "400"),
        ("DELETE", "", "400"),
        ("GET", "/Users/1", "400"),
    ];
    let nested = message(&[delete("1")]);
    let operations: Vec<Value> = outside
        .iter()
        .enumerate()
        .map(|(place, (method, path, _))| {
            json!({"method": method, "path": path, "bulkId": format!("b{place}"), "data": nested})
        })
        .collect();
    let answers = bulk(&provider.core, &message(&operations)).await;
    for ((answer, (method, path, status)), place) in answers.iter().zip(outside).zip(0..) {
        assert_eq!(answer["status"], status, "{method} {path}: {answer}");
        assert_eq!(answer["bulkId"], format!("b{place}"));
        let location = answer["location"].as_str();
        assert_eq!(location.is_some(), method != "POST", "{answer}");
        assert!(location.is_none_or(|location| location.starts_with(BASE)), "{answer}");
    }
    assert!(provider.calls().is_empty(), "{:?}", provider.calls());
}

#[tokio::test]
async fn traps_254_264_what_is_wrong_with_the_whole_reaches_nobody() {
    let toml = PLAIN.replace("[clients.test]", "limits.body_bytes = 2048\nlimits.bulk_operations = 2\n[clients.test]");
    let provider = provider(&toml, 99);
    let deep = format!("{{\"Operations\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    let large = message(&[json!({"method": "DELETE", "path": "/Users/1", "x": "y".repeat(3000)})]).to_string();
    let table = [
        (message(&[delete("1"), delete("2"), delete("3")]).to_string(), 413, "maxOperations (2)"),
        (large, 413, "2048"),
        ("{}".to_owned(), 400, "Operations"),
        ("[]".to_owned(), 400, "object"),
        ("".to_owned(), 400, "JSON"),
        (deep, 400, "nested deeper"),
        (json!({"failOnErrors": -1, "Operations": [delete("1")]}).to_string(), 400, "failOnErrors"),
    ];
    for (body, status, word) in table {
        let (answer, told) = send(&provider.core, "POST", BULK, &body).await;
        assert_eq!(answer.status().as_u16(), status, "{told}");
        assert!(told["detail"].as_str().is_some_and(|detail| detail.contains(word)), "{word}: {told}");
    }
    let headers = [("authorization", "Bearer good"), ("content-type", "text/plain")];
    let answer = provider.core.clone().oneshot(request("POST", BULK, &headers, "{}")).await.expect("an answer");
    assert_eq!(answer.status(), 415);
    assert!(provider.calls().is_empty());
}

#[tokio::test]
async fn a_client_that_may_only_read_and_one_of_another_route() {
    let toml = format!(
        "{PLAIN}[clients.reader]\ntokens = [\"reads\"]\nread_only = true\n[clients.other]\ntokens = [\"other\"]\nroutes = [\"u\"]\n[routes.t]\n[routes.u]\ntarget = \"t\"\n"
    );
    let provider = provider(&toml, 99);
    for (token, status) in [("Bearer reads", 403), ("Bearer other", 404)] {
        let body = message(&[delete("1")]).to_string();
        let request = request("POST", BULK, &[("authorization", token)], &body);
        assert_eq!(provider.core.clone().oneshot(request).await.expect("an answer").status().as_u16(), status);
    }
    assert!(provider.calls().is_empty());
}

#[tokio::test]
async fn as_many_at_once_as_the_target_has_places() {
    let provider = provider(&PLAIN.replace("[targets.t]", "[targets.t]\nupstream.concurrency = 3"), 99);
    let operations: Vec<Value> = (0..20).map(|number| create(&format!("u{number}"))).collect();
    let answers = bulk(&provider.core, &message(&operations)).await;
    assert!(statuses(&answers).iter().all(|status| *status == "201"));
    assert_eq!(provider.most.load(Ordering::Relaxed), 3);
    let places: Vec<_> = answers.iter().map(|answer| answer["bulkId"].as_str().expect("a bulkId").to_owned()).collect();
    assert_eq!(places, (0..20).map(|number| format!("u{number}")).collect::<Vec<_>>(), "in the order of the request");
}

#[tokio::test]
async fn trap_263_errors_end_it() {
    let provider = provider(PLAIN, 99);
    let operations = [create("a"), create("bad1"), create("b"), delete("bad2"), delete("3"), delete("4")];
    for (most, expected) in [
        (1, &["201", "409"][..]),
        (2, &["201", "409", "201", "409"]),
        (3, &["201", "409", "201", "409", "204", "204"]),
        (0, &["201", "409", "201", "409", "204", "204"]),
    ] {
        let mut message = message(&operations);
        message["failOnErrors"] = most.into();
        let before = provider.calls().len();
        assert_eq!(statuses(&bulk(&provider.core, &message).await), expected, "{most}");
        assert_eq!(provider.calls().len() - before, expected.len(), "what is left out was not tried");
    }
}

#[tokio::test(start_paused = true)]
async fn what_time_did_not_suffice_for_says_so() {
    let toml = PLAIN.replace("[targets.t]", "[targets.t]\nupstream.concurrency = 2\nupstream.timeout_secs = 300");
    let provider = provider(&toml, 1);
    let operations = [create("a"), create("b"), create("c"), create("d"), group("g", "bulkId:d"), delete("9")];
    let began = tokio::time::Instant::now();
    let answers = bulk(&provider.core, &message(&operations)).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "before the deadline of the whole request");
    let begun = provider.calls().len();
    let mut told = statuses(&answers);
    told[..3].sort_unstable();
    assert_eq!((begun, told), (3, vec!["201", "504", "504", "503", "503", "503"]));
    for answer in &answers[3..] {
        assert!(
            answer["response"]["detail"].as_str().is_some_and(|detail| detail.starts_with("not tried")),
            "{answer}"
        );
    }
    assert_eq!(answers[5]["location"], format!("{BASE}/Users/9"));
}

#[tokio::test]
async fn what_has_begun_is_finished_without_the_client_and_nothing_more_begins() {
    let provider = provider(&PLAIN.replace("[targets.t]", "[targets.t]\nupstream.concurrency = 2"), 0);
    let body = message(&[create("a"), create("b"), create("c")]).to_string();
    let headers = [("authorization", "Bearer good")];
    let client = tokio::spawn(provider.core.clone().oneshot(request("POST", BULK, &headers, &body)));
    until(|| provider.calls().len() == 2).await;
    client.abort();
    assert!(client.await.is_err_and(|error| error.is_cancelled()));
    provider.gate.add_permits(2);
    until(|| provider.gate.available_permits() == 0).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(provider.calls(), ["POST /Users", "POST /Users"], "both were answered, and the third never sent");
}

#[tokio::test]
async fn trap_265_versions_and_names_of_what_was_dropped() {
    let provider = provider(PLAIN, 99);
    let patch = |version: &str| {
        json!({"method": "PATCH", "path": "/Users/1", "version": version,
            "data": {"Operations": [{"op": "replace", "path": "title", "value": "x"}]}})
    };
    let mut unknown = create("a");
    unknown["data"]["shoeSize"] = 44.into();
    let body = message(&[patch("W/\"other\""), patch("\n"), unknown]).to_string();
    let (answer, told) = send(&provider.core, "POST", BULK, &body).await;
    assert_eq!(statuses(told["Operations"].as_array().expect("a list")), ["412", "412", "201"], "{told}");
    assert_eq!(answer.headers()["scimux-dropped"], "shoeSize");
    assert!(!provider.calls().iter().any(|call| call.starts_with("PATCH")));
}
