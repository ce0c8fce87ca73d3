//! What is sent again, when, and how often. Time stands still unless a call waits.

use std::collections::VecDeque;

use bytes::Bytes;
use http::StatusCode;
use scimux_adapters::VendorErrorKind as Kind;
use serde_json::{Value, json};
use tower::service_fn;
use tower::util::BoxCloneSyncService;

use super::*;
use crate::front::Response;
use crate::stack::CoreService;
use crate::target::fixture::{self, PLAIN, Seen, config, request, send, send_by, vendor};

const USER: &str = "/t/scim/v2/Users/1";
const PERSON: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"babs","active":true}"#;
const RENAME: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations":[{"op":"replace","path":"title","value":"T"}]}"#;
/// Method, path, body.
const OPERATIONS: [(&str, &str, &str); 6] = [
    ("GET", USER, ""),
    ("GET", "/t/scim/v2/Users", ""),
    ("PUT", USER, PERSON),
    ("DELETE", USER, ""),
    ("POST", "/t/scim/v2/Users", PERSON),
    ("PATCH", USER, RENAME),
];

/// One thing that a vendor does with a call.
#[derive(Clone)]
enum Does {
    Fails(Kind),
    Says(u16, Option<&'static str>, Value),
}

fn says(status: u16) -> Does {
    Does::Says(status, None, json!({}))
}

fn busy(status: u16, seconds: &'static str) -> Does {
    Does::Says(status, Some(seconds), json!({}))
}

fn gone() -> Does {
    Does::Says(404, None, json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"}))
}

fn shows(title: &str, version: &str) -> Does {
    let user = json!({"id": "1", "userName": "babs", "active": true, "title": title, "meta": {"version": version}});
    Does::Says(200, None, user)
}

impl Does {
    fn answer(self) -> Result<http::Response<Bytes>, VendorError> {
        match self {
            Self::Fails(kind) => Err(VendorError::new(kind)),
            Self::Says(status, retry_after, body) => {
                let mut answer = fixture::json(status, &body);
                if let Some(seconds) = retry_after {
                    answer.headers_mut().insert("retry-after", seconds.parse().expect("a number"));
                }
                Ok(answer)
            }
        }
    }
}

/// SCIM in front of a vendor that does these things in turn, and then does well.
fn over(toml: &str, script: Vec<Does>) -> (CoreService, Seen) {
    let script = Mutex::new(VecDeque::from(script));
    let (http, seen) = vendor(move |request| match script.lock().expect("no panic").pop_front() {
        Some(does) => does.answer(),
        None if request.method() == "DELETE" => Ok(fixture::empty(204)),
        None if request.uri().path().ends_with("/Users") && request.method() == "GET" => {
            Ok(fixture::json(200, &json!({"totalResults": 0, "Resources": []})))
        }
        None => shows("T", "").answer(),
    });
    (fixture::core(&config(toml), &http), seen)
}

fn calls(seen: &Seen) -> Vec<String> {
    seen.lock().expect("no panic").iter().map(|call| call.method().to_string()).collect()
}

fn status(answer: &(Response, Value)) -> u16 {
    answer.0.status().as_u16()
}

fn retries(most: u64) -> String {
    PLAIN.replace("[targets.t]", &format!("[targets.t]\nupstream.retries = {most}"))
}

#[tokio::test(start_paused = true)]
async fn what_is_repeated_follows_the_operation_and_the_error() {
    let proves_nothing_done = [Does::Fails(Kind::Unreachable), says(429), busy(429, "1"), busy(503, "1")];
    let may_be_done = [says(502), says(503), says(504), busy(502, "1")];
    let final_ =
        [says(500), says(400), says(403), says(413), Does::Fails(Kind::BrokenOff), Does::Fails(Kind::TimedOut)];
    let (mut cases, mut repeated) = (0, 0);
    for (kinds, safe, other) in
        [(&proves_nothing_done[..], true, true), (&may_be_done[..], true, false), (&final_[..], false, false)]
    {
        for (does, (number, (method, path, body))) in
            kinds.iter().flat_map(|does| OPERATIONS.iter().enumerate().map(move |operation| (does, operation)))
        {
            let (core, seen) = over(PLAIN, vec![does.clone()]);
            let answer = send(&core, method, path, body).await;
            let expected = if number < 4 { safe } else { other };
            let sent = calls(&seen).iter().filter(|sent| sent == method).count();
            assert_eq!(sent, 1 + usize::from(expected), "{method} {path}: {:?}", answer.1);
            assert_eq!(answer.0.status().is_success(), expected, "{method} {path}: {:?}", answer.1);
            cases += 1;
            repeated += usize::from(expected);
        }
    }
    assert_eq!((cases, repeated), (84, 40));
}

#[tokio::test(start_paused = true)]
async fn never_more_often_than_configured() {
    for most in [0, 1, 2, 5] {
        let (core, seen) = over(&retries(most), vec![says(503); 9]);
        let answer = send(&core, "GET", USER, "").await;
        assert_eq!((status(&answer), calls(&seen).len() as u64), (503, most + 1));
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_double_and_retry_after_is_the_least() {
    let (core, _) = over(&retries(3), vec![says(503); 3]);
    let begun = Instant::now();
    assert_eq!(status(&send(&core, "GET", USER, "").await), 200);
    let waited = begun.elapsed();
    assert!((Duration::from_millis(700)..Duration::from_millis(1410)).contains(&waited), "{waited:?}");

    let (core, _) = over(PLAIN, vec![busy(429, "7")]);
    let begun = Instant::now();
    assert_eq!(status(&send(&core, "POST", "/t/scim/v2/Users", PERSON).await), 201);
    assert_eq!(begun.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn requests_that_failed_together_do_not_come_back_together() {
    let target = config(PLAIN).targets[0].target.clone();
    let asked = |id: &str| Asked {
        target: target.clone(),
        call: Arc::new(scimux_adapters::Call {
            endpoint: "/Users".to_owned(),
            kind: scimux_adapters::CallKind::Read("1".into()),
            repeat: scimux_adapters::Repeat::Safe,
            if_match: None,
            is_shown: false,
        }),
        trace: crate::target::Trace {
            record: Arc::new(crate::telemetry::Record::new(id.into())),
            traceparent: None,
            authorization: None,
        },
        ends_with_client: true,
    };
    let pauses: std::collections::BTreeSet<_> = (0..100).map(|id| backoff(&asked(&id.to_string()), 1)).collect();
    assert!(pauses.len() > 50, "{pauses:?}");
    assert!(*pauses.first().expect("one") >= FIRST_PAUSE && *pauses.last().expect("one") <= 2 * FIRST_PAUSE);
    assert!(backoff(&asked("1"), 60) <= LONGEST_PAUSE);
}

#[tokio::test(start_paused = true)]
async fn no_repeat_begins_that_the_request_has_no_time_for() {
    let (core, seen) = over(PLAIN, vec![busy(429, "30")]);
    let begun = Instant::now();
    let answer = send_by(&core, begun + Duration::from_secs(29), "GET", USER).await;
    assert_eq!((status(&answer), answer.0.headers()["retry-after"].as_bytes()), (429, &b"30"[..]));
    assert_eq!((calls(&seen).len(), begun.elapsed()), (1, Duration::ZERO), "the client hears so at once");
    let (core, seen) = over(PLAIN, vec![busy(429, "28")]);
    assert_eq!(status(&send_by(&core, begun + Duration::from_secs(29), "GET", USER).await), 200);
    assert_eq!(calls(&seen).len(), 2);
    // Where nobody waits, not even then for as long as a vendor likes.
    let (core, _) = over(PLAIN, vec![busy(429, "86400")]);
    let begun = Instant::now();
    assert_eq!((status(&send(&core, "GET", USER, "").await), begun.elapsed()), (429, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn repeats_are_a_fifth_of_the_calls_and_a_few_more() {
    let (core, seen) =
        over(&PLAIN.replace("[targets.t]", "[targets.t]\nupstream.concurrency = 300"), vec![says(429); 10_000]);
    let begun = Instant::now();
    let all = (0..1000).map(|_| async { status(&send(&core, "GET", USER, "").await) });
    assert!(futures_util::future::join_all(all).await.into_iter().all(|status| status == 429));
    let (repeats, seconds) = (calls(&seen).len() - 1000, begun.elapsed().as_secs_f64().ceil());
    assert!(seconds < 3.0 && (100..=330).contains(&repeats), "{repeats} repeats in {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn what_waits_to_be_sent_again_holds_no_place() {
    let toml = PLAIN.replace("[targets.t]", "[targets.t]\nupstream.concurrency = 1");
    let (core, seen) = over(&toml, vec![busy(503, "20")]);
    let first = tokio::spawn({
        let core = core.clone();
        async move { status(&send(&core, "DELETE", USER, "").await) }
    });
    while calls(&seen).is_empty() {
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    assert_eq!(status(&send(&core, "GET", "/t/scim/v2/Users/2", "").await), 200);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(first.await.expect("no panic"), 204);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_delete_that_finds_nothing_is_done() {
    for (script, expected) in [
        (vec![gone()], 404),
        (vec![says(503), gone()], 204),
        (vec![Does::Fails(Kind::Unreachable), says(504), gone()], 204),
        // What is no SCIM error speaks of the place, not of the user.
        (vec![says(503), says(404)], 502),
    ] {
        let (core, _) = over(PLAIN, [vec![shows("T", "")], script].concat());
        assert_eq!(status(&send(&core, "GET", "/t/scim/v2/Users/2", "").await), 200, "the target is proven");
        let answer = send(&core, "DELETE", USER, "").await;
        assert_eq!(status(&answer), expected, "{}", answer.1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_412_to_our_own_version_after_a_repeat_is_settled_by_one_read() {
    let titled = PERSON.replace("\"active\"", "\"title\":\"T\",\"active\"");
    let refused = || Does::Says(412, None, json!({}));
    for (script, method, expected, sent) in [
        // The first attempt was done after all.
        (vec![shows("S", "\"1\""), says(503), refused(), shows("T", "\"2\"")], "PUT", 200, "GET PUT PUT GET"),
        // It was not, and somebody else was faster: the client's version is gone.
        (
            vec![shows("S", "\"1\""), says(503), refused(), shows("X", "\"2\""), shows("X", "\"2\"")],
            "PUT",
            412,
            "GET PUT PUT GET GET",
        ),
        // Nothing was repeated, so there is nothing to settle.
        (vec![shows("S", "\"1\""), refused(), shows("X", "\"2\"")], "PUT", 412, "GET PUT GET"),
        (vec![shows("S", "\"1\""), says(503), refused(), gone()], "DELETE", 204, "GET DELETE DELETE GET"),
    ] {
        let (core, seen) = over(PLAIN, script);
        let headers = [("authorization", "Bearer good"), ("if-match", "W/\"1\"")];
        let asked = request(method, USER, &headers, if method == "PUT" { &titled } else { "" });
        let answer = fixture::read(tower::ServiceExt::oneshot(core, asked).await).await;
        assert_eq!((status(&answer), calls(&seen).join(" ").as_str()), (expected, sent), "{}", answer.1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_ends_in_time_for_its_client_and_a_mutation_is_finished() {
    let http = BoxCloneSyncService::new(service_fn(|_: http::Request<Bytes>| async {
        sleep(Duration::from_secs(9)).await;
        shows("T", "").answer()
    }));
    let core = fixture::core(&config(PLAIN), &http);
    let begun = Instant::now();
    let answer = send_by(&core, begun + Duration::from_secs(2), "GET", USER).await;
    assert_eq!((answer.0.status(), begun.elapsed().as_secs()), (StatusCode::GATEWAY_TIMEOUT, 2));
    assert!(answer.1["detail"].as_str().is_some_and(|detail| detail.contains("the time for the request")));
    let answer = send_by(&core, begun + Duration::from_secs(2), "DELETE", USER).await;
    assert_eq!((answer.0.status(), begun.elapsed().as_secs()), (StatusCode::NO_CONTENT, 11));
}
