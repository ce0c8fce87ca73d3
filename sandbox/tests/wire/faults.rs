//! Faults, the record of exchanges, and the control endpoints.

use std::time::Duration;

use scimux_sandbox::{Fault, FaultKind, Sandbox, vendors};
use serde_json::json;

use crate::client::{JSON, send, start};

fn fault(kind: FaultKind) -> Fault {
    Fault { method: None, path_contains: None, times: 1, kind }
}

const TOKEN: (&str, &str) = ("authorization", "Bearer plain-sandbox-token");

async fn create(sandbox: &Sandbox, name: &str) -> Result<crate::client::Answer, String> {
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name});
    send("POST", &format!("{}/Users", sandbox.base_url()), &[TOKEN, ("content-type", JSON)], &body.to_string()).await
}

#[tokio::test]
async fn every_vendor_starts_and_an_unknown_one_does_not() {
    for vendor in vendors() {
        let sandbox = start(vendor).await;
        assert_eq!(sandbox.vendor(), *vendor);
        assert!(sandbox.base_url().starts_with(&format!("http://{}", sandbox.address())));
        assert!(sandbox.target_toml().contains(&format!("adapter = \"{vendor}\"")));
        let taken = Sandbox::start(vendor, sandbox.address()).await.expect_err("the address is taken");
        assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    }
    let unknown = Sandbox::start("okta", ([127, 0, 0, 1], 0).into()).await.expect_err("no such vendor");
    assert_eq!(unknown.kind(), std::io::ErrorKind::NotFound);
}

#[tokio::test]
async fn exchanges_are_recorded_once() {
    let sandbox = start("scim").await;
    let answer = create(&sandbox, "bjensen").await.expect("an answer");
    let exchanges = sandbox.take_exchanges();
    assert_eq!(exchanges.len(), 1);
    let one = &exchanges[0];
    assert_eq!((one.method.as_str(), one.path.as_str(), one.status), ("POST", "/v2/Users", 201));
    assert!(one.headers.contains(&("authorization".to_owned(), TOKEN.1.to_owned())));
    assert!(one.body.contains("bjensen"));
    assert_eq!(one.answer, answer.text);
    assert!(sandbox.take_exchanges().is_empty());
}

#[tokio::test]
async fn a_broken_connection_has_done_its_work_or_not() {
    let sandbox = start("scim").await;
    sandbox.fault(fault(FaultKind::BreakBeforeReading));
    create(&sandbox, "a").await.expect_err("broken");
    assert!(sandbox.resources("/Users").is_empty());
    sandbox.fault(fault(FaultKind::BreakAfterReading));
    create(&sandbox, "b").await.expect_err("broken");
    assert_eq!(sandbox.resources("/Users").len(), 1);
    sandbox.fault(fault(FaultKind::HalfBody));
    create(&sandbox, "c").await.expect_err("half");
    assert_eq!(sandbox.resources("/Users").len(), 2);
    let statuses: Vec<u16> = sandbox.take_exchanges().iter().map(|e| e.status).collect();
    assert_eq!(statuses, [0, 0, 201]);
}

#[tokio::test]
async fn a_fault_strikes_what_it_names_and_so_often() {
    let sandbox = start("scim").await;
    let status = |status| FaultKind::Status {
        status,
        headers: vec![("Retry-After".to_owned(), "7".to_owned())],
        body: "{}".to_owned(),
    };
    let (method, path_contains) = (Some("POST".to_owned()), Some("/Users".to_owned()));
    sandbox.fault(Fault { method, path_contains, times: 2, kind: status(503) });
    let url = format!("{}/Users", sandbox.base_url());
    assert_eq!(send("GET", &url, &[TOKEN], "").await.expect("an answer").status, 200);
    for _ in 0..2 {
        let answer = create(&sandbox, "a").await.expect("an answer");
        assert_eq!((answer.status, answer.header("retry-after")), (503, "7"));
    }
    assert_eq!(create(&sandbox, "a").await.expect("an answer").status, 201);
    sandbox.fault(fault(FaultKind::NotJson));
    let page = send("GET", &url, &[TOKEN], "").await.expect("an answer");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html"));
    sandbox.fault(fault(FaultKind::ExpireSession));
    assert_eq!(send("GET", &url, &[TOKEN], "").await.expect("an answer").status, 401);
    assert_eq!(send("GET", &url, &[TOKEN], "").await.expect("an answer").status, 200);
    sandbox.fault(fault(status(500)));
    sandbox.clear();
    assert_eq!(send("GET", &url, &[TOKEN], "").await.expect("an answer").status, 200);
}

#[tokio::test]
async fn a_delayed_answer_finds_its_work_done() {
    let sandbox = start("scim").await;
    sandbox.fault(fault(FaultKind::Delay(Duration::from_secs(3600))));
    tokio::select! {
        _ = create(&sandbox, "late") => panic!("the answer takes an hour"),
        () = async { while sandbox.resources("/Users").is_empty() { tokio::task::yield_now().await } } => {}
    }
    assert_eq!(sandbox.take_exchanges()[0].status, 201);
}

#[tokio::test]
async fn an_answer_may_come_byte_by_byte() {
    let sandbox = start("scim").await;
    create(&sandbox, "slow").await.expect("an answer");
    let each = Duration::from_millis(1);
    sandbox.fault(fault(FaultKind::SlowDrip(each)));
    let url = format!("{}/Users", sandbox.base_url());
    let begun = tokio::time::Instant::now();
    let slow = send("GET", &url, &[TOKEN], "").await.expect("an answer").text;
    let bytes = u32::try_from(slow.len()).expect("a short answer");
    assert!(begun.elapsed() >= each * (bytes - 1), "{:?} for {bytes} bytes", begun.elapsed());
    assert_eq!(slow, send("GET", &url, &[TOKEN], "").await.expect("an answer").text);
}

#[tokio::test]
async fn the_control_endpoints_steer_a_lone_sandbox() {
    let sandbox = start("scim").await;
    let control = |path: &str| format!("http://{}/__sandbox/{path}", sandbox.address());
    let switches = send("GET", &control("switches"), &[], "").await.expect("an answer").json();
    assert_eq!(switches["patch_status"]["value"], json!(200));
    let set = send("PUT", &control("switches"), &[], "{\"patch_status\": 204}").await.expect("an answer");
    assert_eq!(set.json()["patch_status"]["value"], json!(204));
    let wrong = send("PUT", &control("switches"), &[], "{\"patch_state\": 204}").await.expect("an answer");
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("patch_status"), "{}", wrong.text);
    let body = json!({"kind": "status", "status": 429, "headers": {"Retry-After": "1"}, "path_contains": "/Users"});
    assert_eq!(send("POST", &control("faults"), &[], &body.to_string()).await.expect("an answer").status, 200);
    assert_eq!(create(&sandbox, "a").await.expect("an answer").status, 429);
    let exchanges = send("GET", &control("exchanges"), &[], "").await.expect("an answer").json();
    assert_eq!(exchanges.as_array().map(Vec::len), Some(1));
    assert_eq!(exchanges[0]["status"], json!(429));
    assert_eq!(send("DELETE", &control("faults"), &[], "").await.expect("an answer").status, 200);
    assert_eq!(send("GET", &control("health"), &[], "").await.expect("an answer").json(), json!({"vendor": "scim"}));
}

#[tokio::test]
async fn a_wrong_switch_names_the_right_ones() {
    let sandbox = start("veeva").await;
    let unknown = sandbox.set("create", json!(1)).expect_err("unknown");
    assert!(unknown.contains("create_status"), "{unknown}");
    let value = sandbox.set("create_status", json!(202)).expect_err("not allowed");
    assert!(value.contains("200, 201"), "{value}");
    sandbox.set("create_status", json!("201")).expect("a word is taken as well");
}

#[tokio::test]
async fn http_2_is_served_too() {
    let sandbox = start("scim").await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http::<http_body_util::Full<hyper::body::Bytes>>();
    let request = hyper::Request::builder().uri(format!("{}/Users", sandbox.base_url())).header(TOKEN.0, TOKEN.1);
    let answer =
        client.request(request.body(http_body_util::Full::default()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn it_stops_when_dropped() {
    let sandbox = start("scim").await;
    let url = format!("{}/Users", sandbox.base_url());
    drop(sandbox);
    // The task that accepts ends at its next turn; until then a connection may still be taken.
    while send("GET", &url, &[TOKEN], "").await.is_ok() {}
}

#[tokio::test]
async fn every_switch_is_tested_and_documented() {
    let tests = [
        ("veeva", include_str!("veeva.rs")),
        ("pingone", include_str!("pingone.rs")),
        ("huawei", include_str!("huawei.rs")),
        ("rsa", include_str!("rsa.rs")),
        ("scim", include_str!("plain.rs")),
    ];
    let readme = include_str!("../../README.md");
    for (vendor, source) in tests {
        let sandbox = start(vendor).await;
        let url = format!("http://{}/__sandbox/switches", sandbox.address());
        let switches = send("GET", &url, &[], "").await.expect("an answer").json();
        for (name, switch) in switches.as_object().expect("an object") {
            assert!(source.contains(&format!("\"{name}\"")), "no test of {vendor} sets {name}");
            let row = format!("| `{name}` | `{}`", switch["values"][0].to_string().trim_matches('"'));
            assert!(readme.contains(&row), "README.md lacks {row}");
        }
    }
}
