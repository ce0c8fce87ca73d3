//! The verdict of scim2-tester, an independent client that tests servers, on routes to scim2-server: with PUT and PATCH,
//! without one, and without the other. What the server lacks makes no difference at the front door.

use serde_json::Value;

use crate::independent::{Server, printed, python};
use crate::world::{Gateway, TOKEN, json};

/// What the tester finds on scim2-server itself.
const ALL: u32 = 135;

async fn verdict(without: &[&str]) {
    let server = Server::start(without).await;
    let gateway = Gateway::start(&format!("[targets.t]\n{}", server.target_toml())).await;
    let mut tester = python("run_tester.py");
    tester.arg(gateway.socket()).args([TOKEN, "t"]);
    let verdict = json(&printed(tester).await);
    assert_eq!((&verdict["results"], &verdict["others"]), (&ALL.into(), &Value::Array(Vec::new())), "{verdict:#}");
}

#[tokio::test]
async fn over_a_strict_server() {
    verdict(&[]).await;
}

#[tokio::test]
async fn over_the_same_without_patch() {
    verdict(&["PATCH", "501"]).await;
}

#[tokio::test]
async fn over_the_same_without_put() {
    verdict(&["PUT", "404html"]).await;
}
