//! Each metric of CONTRACT section 6, counted by a running gateway for what it is there for.

use http::Request;
use http_body_util::Full;
use scimux_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::world::{Gateway, TOKEN, World, sandbox};

/// A gateway over a vendor that is well and one that is not there, and what `/metrics` says.
struct Watched {
    gateway: Gateway,
    vendor: scimux_sandbox::Sandbox,
    socket: String,
    _directory: tempfile::TempDir,
}

impl Watched {
    async fn start() -> Self {
        let (vendor, directory) = (sandbox("pingone").await, tempfile::tempdir().expect("a directory"));
        let socket = directory.path().join("admin.sock").display().to_string();
        let toml = format!(
            "[admin]\nlisten = \"127.0.0.1:0\"\nsocket = {socket:?}\n[targets.t]\nunsupported = \"drop\"\n{}\n\
             [targets.gone]\nadapter = \"scim\"\nbase_url = \"http://127.0.0.1:1\"\nauth = {{ scheme = \"none\" }}\n\
             upstream.retries = 0\n",
            vendor.target_toml()
        );
        Self { gateway: Gateway::start(&toml).await, vendor, socket, _directory: directory }
    }

    /// Checks that these lines are there.
    async fn says(&self, lines: &[&str]) {
        let text = World::metrics(&self.socket).await;
        for line in lines {
            assert!(text.lines().any(|there| there == *line), "{line} is not in\n{text}");
        }
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_status() {
    let watched = Watched::start().await;
    let send = |method: &'static str, path: &'static str| watched.gateway.send(method, path, Value::Null);
    for _ in 0..3 {
        send("GET", "/t/scim/v2/Users").await.expect(200);
    }
    send("GET", "/t/scim/v2/Users/absent").await.refused(404, "");
    send("GET", "/somewhere").await.refused(404, "");
    send("BREW", "/t/scim/v2/Users").await.refused(405, "");
    let nobody = Request::get("/t/scim/v2/Users").body(Full::default()).expect("a request");
    watched.gateway.request(nobody).await.refused(401, "");
    watched
        .says(&[
            r#"scimux_requests_total{route="t",method="GET",status="200"} 3"#,
            r#"scimux_requests_total{route="t",method="GET",status="404"} 1"#,
            r#"scimux_requests_total{route="other",method="GET",status="404"} 1"#,
            r#"scimux_requests_total{route="t",method="other",status="405"} 1"#,
            r#"scimux_requests_total{route="t",method="GET",status="401"} 1"#,
            "scimux_request_duration_seconds_count 7",
            r#"scimux_request_duration_seconds_bucket{le="+Inf"} 7"#,
            "scimux_in_flight 0",
        ])
        .await;
}

#[tokio::test]
async fn calls_repeats_and_logins_are_counted_by_target() {
    let watched = Watched::start().await;
    let list = || watched.gateway.send("GET", "/t/scim/v2/Users", Value::Null);
    list().await.expect(200);
    let busy = FaultKind::Status { status: 503, headers: Vec::new(), body: String::new() };
    watched.vendor.fault(Fault { method: Some("GET".to_owned()), path_contains: None, times: 1, kind: busy });
    list().await.expect(200);
    watched
        .says(&[
            r#"scimux_upstream_requests_total{target="t",method="GET",status="200"} 2"#,
            r#"scimux_upstream_requests_total{target="t",method="GET",status="503"} 1"#,
            "scimux_upstream_retries_total{target=\"t\"} 1",
            "scimux_token_renewals_total{target=\"t\"} 1",
            "scimux_breaker_state{target=\"t\"} 0",
        ])
        .await;
    let dead = FaultKind::ExpireSession;
    watched.vendor.fault(Fault { method: Some("GET".to_owned()), path_contains: None, times: 1, kind: dead });
    list().await.expect(200);
    watched
        .says(&[
            "scimux_token_renewals_total{target=\"t\"} 2",
            r#"scimux_upstream_requests_total{target="t",method="GET",status="401"} 1"#,
        ])
        .await;
}

#[tokio::test]
async fn a_target_that_is_gone_shows() {
    let watched = Watched::start().await;
    while watched.gateway.send("GET", "/gone/scim/v2/Users", Value::Null).await.status != 503 {}
    let text = World::metrics(&watched.socket).await;
    let count = |start: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("{start} {text}"));
        line.trim().parse::<f64>().expect("a number")
    };
    assert!(count(r#"scimux_upstream_requests_total{target="gone",method="GET",status="none"}"#) >= 10.0);
    assert!(count("scimux_upstream_duration_seconds_count") >= 10.0);
    watched.says(&["scimux_breaker_state{target=\"gone\"} 2", "scimux_breaker_state{target=\"t\"} 0"]).await;
}

#[tokio::test]
async fn what_is_dropped_is_counted_under_known_names_only() {
    let watched = Watched::start().await;
    let request = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "babs", "active": true,
        "name": {"familyName": "J", "givenName": "B"}, "emails": [{"value": "b@example.com", "primary": true}],
        "ims": [{"value": "b", "type": "xmpp"}], "invented-by-a-client": 1,
    });
    watched.gateway.send("POST", "/t/scim/v2/Users", request).await.expect(201);
    let text = World::metrics(&watched.socket).await;
    assert!(!text.contains("invented"), "{text}");
    watched
        .says(&[
            r#"scimux_attributes_dropped_total{target="t",attribute="other"} 1"#,
            r#"scimux_attributes_dropped_total{target="t",attribute="ims"} 1"#,
        ])
        .await;
}

#[tokio::test]
async fn what_is_in_flight_shows() {
    let watched = Watched::start().await;
    watched.gateway.send("GET", "/t/scim/v2/Users", Value::Null).await.expect(200);
    let slow = FaultKind::Delay(std::time::Duration::from_secs(600));
    watched.vendor.fault(Fault { method: Some("GET".to_owned()), path_contains: None, times: 1, kind: slow });
    watched.vendor.take_exchanges();
    let mut stream = tokio::net::UnixStream::connect(watched.gateway.socket()).await.expect("it listens");
    let request = format!("GET /t/scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.expect("written");
    while watched.vendor.take_exchanges().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    watched.says(&["scimux_in_flight 1"]).await;
    drop(stream);
    while !World::metrics(&watched.socket).await.contains("scimux_in_flight 0\n") {}
    watched.says(&[r#"scimux_requests_total{route="t",method="GET",status="499"} 1"#]).await;
}
