//! The count, the window, and what counts. Time is tokio's and stands still unless a test moves it.

use serde_json::json;
use tokio::time::advance;

use super::*;
use crate::stack::CoreService;
use crate::target::fixture::{self, PLAIN, Seen, config, send, vendor};

fn brake(limit: usize) -> (Brakes, Arc<Brake>) {
    let brakes = Brakes::default();
    let brake = brakes.of("r", limit, &Arc::new(Metrics::new()));
    (brakes, brake)
}

/// Lets one pass that is done.
fn done(brake: &Arc<Brake>) -> bool {
    match brake.pass(1) {
        Ok(tickets) => {
            tickets.iter().for_each(|ticket| ticket.used(true));
            true
        }
        Err(_) => false,
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_within_any_hour() {
    let (_, brake) = brake(2);
    assert!(done(&brake));
    advance(HOUR / 2).await;
    assert!(done(&brake));
    advance(HOUR / 2).await;
    assert!(done(&brake), "the first is an hour ago");
    assert!(!done(&brake));
}

#[tokio::test(start_paused = true)]
async fn engaged_until_it_is_released() {
    let (brakes, brake) = brake(1);
    assert!(done(&brake));
    assert!(!done(&brake));
    advance(HOUR * 24).await;
    assert!(!done(&brake), "time does not release it");
    assert_eq!(brakes.release("r"), Some(Released { was_engaged: true, limit: 1 }));
    assert!(done(&brake));
    assert_eq!(brakes.release("other"), None);
}

#[tokio::test(start_paused = true)]
async fn many_pass_together_or_none_does() {
    let (_, brake) = brake(3);
    assert!(brake.pass(4).is_err());
    let (_, brake) = self::brake(3);
    assert!(brake.pass(0).expect("nothing is asked").is_empty());
    let tickets = brake.pass(3).expect("just as many as may");
    tickets[0].used(true);
    drop(tickets);
    assert_eq!(brake.pass(2).map(|tickets| tickets.len()).ok(), Some(2), "two of the three were not used");
}

#[tokio::test(start_paused = true)]
async fn a_reload_changes_the_limit_and_nothing_else() {
    let (brakes, brake) = brake(1);
    assert!(done(&brake) && !done(&brake));
    let metrics = Arc::new(Metrics::new());
    let same = brakes.of("r", 100, &metrics);
    assert!(!done(&same), "still engaged");
    brakes.keep(&["r".to_owned()]);
    assert!(!done(&brakes.of("r", 100, &metrics)));
    brakes.keep(&[]);
    assert!(done(&brakes.of("r", 1, &metrics)), "it was taken away and put there anew");
}

/// A gateway with a brake of 2, and a vendor with a person who is there.
fn gateway(status: u16) -> (CoreService, Seen) {
    let (http, seen) = vendor(move |request| match request.method().as_str() {
        "DELETE" => Ok(fixture::json(status, &json!({}))),
        _ => Ok(fixture::json(200, &json!({"id": "1", "userName": "babs", "active": false}))),
    });
    let toml = format!("{PLAIN}[routes.t.brake]\ndeletes_per_hour = 2\n[targets.t.upstream]\nretries = 0\n");
    (fixture::core(&config(&toml), &http), seen)
}

const PUT: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"babs","active":false}"#;

fn patch(operation: &str) -> String {
    format!(r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{operation}]}}"#)
}

#[tokio::test]
async fn deletes_and_deactivations_count_and_nothing_else_does() {
    let on = PUT.replace("false", "true");
    let cases = [
        ("DELETE", String::new(), true),
        ("PUT", PUT.to_owned(), true),
        ("PUT", PUT.replace("false", "\"False\""), true),
        ("PUT", on.clone(), false),
        ("PATCH", patch(r#"{"op":"replace","path":"active","value":false}"#), true),
        ("PATCH", patch(r#"{"op":"Replace","value":{"Active":"False"}}"#), true),
        ("PATCH", patch(r#"{"op":"add","path":"active","value":"false"}"#), true),
        (
            "PATCH",
            patch(r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:active","value":false}"#),
            true,
        ),
        (
            "PATCH",
            patch(r#"{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User:active":false}}"#),
            true,
        ),
        (
            "PATCH",
            patch(r#"{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"active":false}}}"#),
            true,
        ),
        (
            "PATCH",
            patch(r#"{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"active","value":false}"#),
            true,
        ),
        ("PATCH", patch(r#"{"op":"replace","path":"active","value":true}"#), false),
        ("PATCH", patch(r#"{"op":"replace","path":"title","value":"false"}"#), false),
        ("GET", String::new(), false),
    ];
    for (method, body, counts) in cases {
        let (core, seen) = gateway(204);
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let (answer, told) = send(&core, method, "/t/scim/v2/Users/1", &body).await;
            statuses.push(answer.status().as_u16());
            if counts && statuses.len() == 3 {
                assert_eq!(answer.headers()["retry-after"], "60");
                assert!(told["detail"].as_str().is_some_and(|detail| detail.contains("scimux brake release t")));
            }
        }
        assert_eq!(statuses[2] == 503, counts, "{method} {body}: {statuses:?}");
        assert!(statuses[..2].iter().all(|status| *status < 300), "{method} {body}: {statuses:?}");
        let before = seen.lock().expect("no panic").len();
        if counts {
            let (answer, _) = send(&core, "DELETE", "/t/scim/v2/Users/2", "").await;
            assert_eq!(answer.status(), 503, "of one route there is one brake");
            assert_eq!(seen.lock().expect("no panic").len(), before, "the vendor sees nothing");
            assert_eq!(send(&core, "PUT", "/t/scim/v2/Users/1", &on).await.0.status(), 200, "other changes go on");
            assert_eq!(send(&core, "GET", "/t/scim/v2/Users/1", "").await.0.status(), 200, "reads go on");
        }
    }
}

#[tokio::test]
async fn what_the_vendor_did_not_do_does_not_count() {
    for (status, counts) in [(403, false), (429, false), (500, true)] {
        let (core, _) = gateway(status);
        for _ in 0..2 {
            assert_eq!(send(&core, "DELETE", "/t/scim/v2/Users/1", "").await.0.status().as_u16(), status);
        }
        let (answer, _) = send(&core, "DELETE", "/t/scim/v2/Users/1", "").await;
        assert_eq!(answer.status() == 503, counts, "{status}");
    }
}

#[tokio::test]
async fn a_bulk_request_is_checked_whole() {
    let delete = |id: usize| json!({"method": "DELETE", "path": format!("/Users/{id}")});
    let bulk = |operations: Vec<serde_json::Value>| {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}).to_string()
    };
    let (core, seen) = gateway(204);
    let (answer, _) = send(&core, "POST", "/t/scim/v2/Bulk", &bulk(vec![delete(1), delete(2)])).await;
    assert_eq!(answer.status(), 200, "just as many as may");
    assert_eq!(send(&core, "DELETE", "/t/scim/v2/Users/3", "").await.0.status(), 503, "they count");
    let (core, seen_too) = gateway(204);
    let other = json!({"method": "PATCH", "path": "/Users/3", "data":
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
         "Operations": [{"op": "replace", "value": {"active": false}}]}});
    let (answer, body) = send(&core, "POST", "/t/scim/v2/Bulk", &bulk(vec![delete(1), delete(2), other])).await;
    assert_eq!(answer.status(), 503, "{body}");
    assert!(seen_too.lock().expect("no panic").is_empty(), "not one of them was done");
    assert_eq!(seen.lock().expect("no panic").iter().filter(|call| call.method() == "DELETE").count(), 2);
}
