//! The order of checks of CONTRACT section 3.

use serde_json::json;
use tower::ServiceExt;

use crate::target::fixture::{self, PLAIN, config, read, request, vendor};

/// Every kind of path below a route, with the methods it takes. A new endpoint is added here.
const PATHS: [(&str, &str); 13] = [
    ("/", "GET, HEAD"),
    ("/Users", "GET, HEAD, POST"),
    ("/Users/1", "GET, HEAD, PUT, PATCH, DELETE"),
    ("/Groups", "GET, HEAD, POST"),
    ("/Groups/1", "GET, HEAD, PUT, PATCH, DELETE"),
    ("/Users/.search", "POST"),
    ("/.search", "POST"),
    ("/Bulk", "POST"),
    ("/ServiceProviderConfig", "GET, HEAD"),
    ("/ServiceProviderConfigs", "GET, HEAD"),
    ("/ResourceTypes/User", "GET, HEAD"),
    ("/Schemas", "GET, HEAD"),
    ("/Me", ""),
];
/// A client's place in a trace, as W3C Trace Context writes it.
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];

#[tokio::test]
async fn every_path_needs_a_token() {
    let (http, seen) = vendor(|_| Ok(fixture::json(200, &json!({}))));
    let patient = PLAIN.replace("[clients", "limits.failed_attempts_per_min = 100000\n[clients");
    let core = fixture::core(&config(&patient), &http);
    let elsewhere = ["/", "/nowhere", "/t", "/t/scim/v2", "*"];
    let paths = PATHS.iter().map(|(path, _)| format!("/t/scim/v2{path}")).chain(elsewhere.map(String::from));
    for path in paths {
        for method in METHODS {
            for token in
                [None, Some("Bearer wrong"), Some("Bearer goo"), Some("Basic good"), Some("good"), Some("Bearer ")]
            {
                let headers: Vec<_> = token.map(|token| ("authorization", token)).into_iter().collect();
                let (answer, body) = read(core.clone().oneshot(request(method, &path, &headers, "x")).await).await;
                assert_eq!(answer.status(), 401, "{method} {path} {token:?}");
                assert!(answer.headers().contains_key("www-authenticate"));
                assert_eq!(body["status"], "401");
            }
        }
    }
    let twice = [("authorization", "Bearer good"), ("authorization", "Bearer good")];
    assert_eq!(core.oneshot(request("GET", "/t/scim/v2/Users", &twice, "")).await.expect("an answer").status(), 401);
    assert!(seen.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn methods_are_405_with_allow_and_me_is_501() {
    let (http, seen) = vendor(|_| Ok(fixture::json(200, &json!({}))));
    let core = fixture::core(&config(PLAIN), &http);
    for (path, allowed) in PATHS.iter().filter(|(_, allowed)| !allowed.is_empty()) {
        for method in METHODS.iter().filter(|method| !allowed.split(", ").any(|known| known == **method)) {
            let (answer, _) = fixture::send(&core, method, &format!("/t/scim/v2{path}"), "").await;
            assert_eq!(answer.status(), 405, "{method} {path}");
            assert_eq!(answer.headers()["allow"], *allowed);
        }
    }
    for (method, path) in [("GET", "/Me"), ("PUT", "/Me/x")] {
        let (answer, body) = fixture::send(&core, method, &format!("/t/scim/v2{path}"), "{}").await;
        assert_eq!((answer.status().as_u16(), &body["status"]), (501, &"501".into()), "{path}");
    }
    assert!(seen.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn route_then_method_then_read_only_then_body() {
    let toml = format!(
        "{PLAIN}[clients.reader]\ntokens = [\"reads\"]\nread_only = true\n[clients.other]\ntokens = [\"other\"]\nroutes = [\"u\"]\n[routes.t]\n[routes.u]\ntarget = \"t\"\n"
    );
    let (http, seen) = vendor(|_| Ok(fixture::json(200, &json!({"Resources": [], "totalResults": 0}))));
    let core = fixture::core(&config(&toml), &http);
    let ask = |token: &'static str, method: &'static str, path: &'static str, kind: &'static str| {
        let headers = [("authorization", token), ("content-type", kind)];
        let answer = core.clone().oneshot(request(method, path, &headers, "no JSON"));
        async move { answer.await.expect("an answer").status().as_u16() }
    };
    assert_eq!(ask("bearer other", "BREW", "/t/scim/v2/Users", "text/html").await, 404, "not this client's route");
    assert_eq!(ask("Bearer reads", "BREW", "/t/scim/v2/Users", "text/html").await, 405);
    assert_eq!(ask("Bearer reads", "POST", "/t/scim/v2/Users", "text/html").await, 403);
    assert_eq!(ask("Bearer reads", "POST", "/t/scim/v2/.search", "text/html").await, 415, "a search is a read");
    assert_eq!(ask("Bearer good", "POST", "/t/scim/v2/Users", "text/html").await, 415);
    assert_eq!(ask("Bearer good", "POST", "/t/scim/v2/Users", "application/json").await, 400);
    assert!(seen.lock().expect("no panic").is_empty());
    assert_eq!(ask("Bearer reads", "GET", "/t/scim/v2/Users", "text/html").await, 200);
    assert_eq!(ask("Bearer other", "GET", "/u/scim/v2/Users", "text/html").await, 200);
}

#[tokio::test]
async fn host_first_then_the_longest_whole_segments() {
    let toml = format!(
        "{PLAIN}[routes.short]\npath = \"/a\"\ntarget = \"t\"\n[routes.long]\npath = \"/a/b\"\ntarget = \"t\"\n[routes.host]\npath = \"/a\"\nhost = \"Own.example.com\"\ntarget = \"t\"\n"
    );
    let (http, _) = vendor(|_| Ok(fixture::json(200, &json!({"id": "1", "userName": "u"}))));
    let core = fixture::core(&config(&toml), &http);
    let base = |host: &'static str, path: &'static str| {
        let headers = [("authorization", "Bearer good"), ("host", host)];
        let answer = core.clone().oneshot(request("GET", path, &headers, ""));
        async move {
            let (answer, body) = read(answer.await).await;
            let location = body["meta"]["location"].as_str().unwrap_or_default().to_owned();
            (answer.status().as_u16(), location)
        }
    };
    let at = |path: &str| (200, format!("https://scim.example.com{path}/Users/1"));
    assert_eq!(base("x", "/a/Users/1").await, at("/a"));
    assert_eq!(base("x", "/a/b/Users/1").await, at("/a/b"));
    assert_eq!(base("own.EXAMPLE.com:8080", "/a/Users/1").await, at("/a"));
    assert_eq!(base("own.example.com", "/a/b/Users/1").await.0, 404, "the host's own route wins, and has no such path");
    assert_eq!(base("x", "/ab/Users/1").await.0, 404);
}

#[tokio::test]
async fn open_routes_pass_the_credential_on_and_the_refusal_back() {
    let bearer = r#"{ scheme = "bearer", token = "canary-secret" }"#;
    let toml = PLAIN.replace(bearer, r#"{ scheme = "passthrough" }"#) + "[routes.t]\nopen = true\n";
    let (http, seen) = vendor(|_| Ok(fixture::json(401, &json!({}))));
    let core = fixture::core(&config(&toml), &http);
    let headers = [("authorization", "Bearer the-vendors-own"), ("cookie", "c"), ("traceparent", PARENT)];
    let (answer, body) = read(core.oneshot(request("GET", "/t/scim/v2/Users", &headers, "")).await).await;
    assert_eq!((answer.status().as_u16(), &body["status"]), (401, &"401".into()));
    assert!(answer.headers().contains_key("www-authenticate"));
    let seen = seen.lock().expect("no panic");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].headers()["authorization"], "Bearer the-vendors-own");
    assert_eq!(seen[0].headers()["traceparent"], PARENT);
    assert!(!seen[0].headers().contains_key("cookie"));
    assert!(seen[0].headers()["user-agent"].to_str().expect("ASCII").starts_with("scimux/"));
}

#[tokio::test]
async fn bodies_are_json_in_utf8_and_not_too_long() {
    let toml = PLAIN.replace("[clients.test]", "limits.body_bytes = 1024\n[clients.test]");
    let (http, _) = vendor(|_| Ok(fixture::json(200, &json!({}))));
    let core = fixture::core(&config(&toml), &http);
    let ask = |headers: &[(&str, &str)], body: &str| {
        let headers: Vec<_> = headers.iter().copied().chain([("authorization", "Bearer good")]).collect();
        let answer = core.clone().oneshot(request("POST", "/t/scim/v2/Users", &headers, body));
        async move { answer.await.expect("an answer").status().as_u16() }
    };
    for kind in
        ["application/json", "Application/SCIM+json; charset=\"UTF-8\"", "text/json", "application/json;x=y", ""]
    {
        assert_eq!(ask(&[("content-type", kind)], "no JSON").await, 400, "{kind}");
    }
    assert_eq!(ask(&[], "no JSON").await, 400);
    for kind in ["text/plain", "application/json; charset=latin1", "application/xml", "multipart/form-data"] {
        assert_eq!(ask(&[("content-type", kind)], "{}").await, 415, "{kind}");
    }
    assert_eq!(ask(&[("content-encoding", "gzip")], "{}").await, 415);
    assert_eq!(ask(&[("content-length", "1025")], "{}").await, 413, "told before a byte is read");
    assert_eq!(ask(&[], &" ".repeat(1025)).await, 413);
}

#[tokio::test]
async fn the_clients_trace_goes_to_the_vendor_if_it_is_one() {
    let long = format!("01-{}-{}", &PARENT[3..], "ab".repeat(120));
    for (given, passed) in [
        (vec![PARENT], true),
        (vec!["01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-ab"], true),
        (vec![PARENT, PARENT], false),
        (vec!["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-ab"], false),
        (vec!["ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], false),
        (vec!["00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"], false),
        (vec![&long], false),
        (vec!["babs@example.com"], false),
    ] {
        let (http, seen) = vendor(|_| Ok(fixture::json(200, &json!({"id": "1"}))));
        let core = fixture::core(&config(PLAIN), &http);
        let headers: Vec<(&str, &str)> = given.iter().map(|value| ("traceparent", *value)).collect();
        let headers = [&[("authorization", "Bearer good")], &headers[..]].concat();
        let answer = core.oneshot(request("GET", "/t/scim/v2/Users/1", &headers, "")).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let sent = seen.lock().expect("no panic")[0].headers().get("traceparent").cloned();
        assert_eq!(sent.as_ref().map(http::HeaderValue::as_bytes), passed.then(|| given[0].as_bytes()));
    }
}
