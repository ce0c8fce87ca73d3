//! Mutations are not cut in the middle, and take turns.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::Semaphore;
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use crate::target::fixture::{self, PLAIN, Seen, config, request, send};
use crate::upstream::HttpService;

const PERSON: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"babs"}"#;
const AUTHORIZATION: [(&str, &str); 1] = [("authorization", "Bearer good")];

/// A vendor that answers a call for each permit it is given.
fn gated() -> (HttpService, Seen, Arc<Semaphore>) {
    let (seen, gate) = (Seen::default(), Arc::new(Semaphore::new(0)));
    let (kept, closed) = (seen.clone(), gate.clone());
    let http = service_fn(move |request: http::Request<Bytes>| {
        let (kept, closed) = (kept.clone(), closed.clone());
        async move {
            kept.lock().expect("no panic").push(request);
            closed.acquire().await.expect("never closed").forget();
            Ok(fixture::json(200, &json!({"id": "1", "userName": "babs"})))
        }
    });
    (BoxCloneSyncService::new(http), seen, gate)
}

async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_started_mutation_is_finished_without_its_client_and_holds_its_lock() {
    let (http, seen, gate) = gated();
    let core = fixture::core(&config(PLAIN), &http);
    let calls = || seen.lock().expect("no panic").len();
    let mut first = Box::pin(core.clone().oneshot(request("PUT", "/t/scim/v2/Users/1", &AUTHORIZATION, PERSON)));
    assert!(futures_util::poll!(&mut first).is_pending());
    until(|| calls() == 1).await;
    drop(first);

    let second = tokio::spawn({
        let core = core.clone();
        async move { send(&core, "PUT", "/t/scim/v2/Users/1", PERSON).await.0.status() }
    });
    let other = tokio::spawn(async move { send(&core, "PUT", "/t/scim/v2/Users/2", PERSON).await.0.status() });
    until(|| calls() == 2).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let of_one = || {
        let seen = seen.lock().expect("no panic");
        let of_one = seen.iter().filter(|call| call.uri().path() == "/v2/Users/1");
        of_one.map(|call| call.method().to_string()).collect::<Vec<_>>()
    };
    assert_eq!((calls(), of_one().len()), (2, 1), "the second waits for the first, whose client is gone");
    gate.add_permits(9);
    assert_eq!(second.await.expect("no panic"), 200);
    assert_eq!(other.await.expect("no panic"), 200);
    // A PUT that does not speak of `active` reads it first.
    assert_eq!(of_one(), ["GET", "PUT", "GET", "PUT"]);
}

#[tokio::test]
async fn a_read_ends_with_its_client() {
    let (http, seen, gate) = gated();
    let core = fixture::core(&config(PLAIN), &http);
    let mut read = Box::pin(core.oneshot(request("GET", "/t/scim/v2/Users/1", &AUTHORIZATION, "")));
    assert!(futures_util::poll!(&mut read).is_pending());
    until(|| seen.lock().expect("no panic").len() == 1).await;
    drop(read);
    gate.add_permits(1);
    tokio::task::yield_now().await;
    assert_eq!(gate.available_permits(), 1, "nobody waits for the answer any more");
}

#[tokio::test(start_paused = true)]
async fn a_lock_waited_for_too_long_is_503() {
    let (http, _seen, _gate) = gated();
    let core = fixture::core(&config(&PLAIN.replace("[targets.t]", "[targets.t]\nupstream.timeout_secs = 300")), &http);
    let first = tokio::spawn({
        let core = core.clone();
        async move { send(&core, "PUT", "/t/scim/v2/Users/1", PERSON).await.0.status() }
    });
    tokio::task::yield_now().await;
    let (answer, _) = send(&core, "DELETE", "/t/scim/v2/Users/1", "").await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].as_bytes()), (503, &b"1"[..]));
    first.abort();
}
