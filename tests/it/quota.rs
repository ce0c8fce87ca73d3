//! How fast vendors are asked, by what their answers say of their bounds.

use scimux_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::world::{World, json as parse};

const ABIGAIL: &str = "/Users/93521";

/// A world with an `admin.socket`, which is there as long as the directory.
async fn watched(vendor: &str) -> (World, String, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("admin.sock").display().to_string();
    let world = World::with(vendor, &format!("[admin]\nlisten = \"127.0.0.1:0\"\nsocket = {socket:?}\n")).await;
    (world, socket, directory)
}

async fn rate(socket: &str) -> Value {
    parse(&World::admin(socket, "/targets").await)[0]["rate"].clone()
}

/// Veeva's headers have names of its own, which its profile gives: 2000 calls in five minutes, delayed when they are used up.
#[tokio::test]
async fn a_vendor_that_says_what_is_left_is_asked_at_its_pace_also_after_a_reload() {
    let (world, socket, _directory) = watched("veeva").await;
    let pace = async || (rate(&socket).await["per_sec"].as_f64().unwrap_or(0.0) * 100.0).round();
    world.get(ABIGAIL).await.expect(200);
    assert_eq!(pace().await, 0.0, "1999 are left");
    world.sandbox().set("burst_remaining", json!(100)).expect("a switch");
    world.get(ABIGAIL).await.expect(200);
    assert_eq!(pace().await, 667.0);
    world.gateway().edit("level = \"debug\"", "level = \"info\"");
    assert!(world.gateway().reload().await);
    assert_eq!(pace().await, 667.0, "what was learned is kept");
    world.sandbox().set("burst_remaining", json!(1999)).expect("a switch");
    world.get(ABIGAIL).await.expect(200);
    assert_eq!(pace().await, 0.0, "the next window");
}

/// A 429 with `Retry-After` is meant for everybody: what follows is told so without a call, also after a reload.
#[tokio::test]
async fn a_busy_vendor_is_left_in_peace() {
    let (world, socket, _directory) = watched("scim").await;
    let headers = vec![("retry-after".to_owned(), "70".to_owned())];
    let kind = FaultKind::Status { status: 429, headers, body: String::new() };
    world.sandbox().fault(Fault { method: None, path_contains: None, times: 1, kind });
    let first = world.get("/Users/1").await;
    first.refused(429, "");
    assert_eq!((first.header("retry-after"), world.calls().len()), ("70", 1));
    for _ in 0..2 {
        let next = world.get("/Users/1").await;
        next.refused(429, "");
        let seconds: u64 = next.header("retry-after").parse().expect("seconds");
        assert!((1..=60).contains(&seconds), "{seconds}: after a minute it is asked how it stands");
        assert!(world.calls().is_empty());
        assert!(world.gateway().reload().await);
    }
    assert!(rate(&socket).await["paused_secs"].as_u64().is_some_and(|seconds| seconds > 0));
}
