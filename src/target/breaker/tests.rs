//! When a target is asked and when it is left alone. Time stands still unless a test moves it.

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::advance;
use tower::ServiceExt;

use super::*;
use crate::stack::CoreService;
use crate::target::fixture::{self, PLAIN, config, request, send, vendor};

const USER: &str = "/t/scim/v2/Users/1";
const NO_REPEATS: &str = "[targets.t]\nupstream.retries = 0";

/// A vendor that answers with the status it is given (0: not at all), and counts its calls.
struct Fickle {
    core: CoreService,
    status: Arc<AtomicU16>,
    calls: Arc<AtomicUsize>,
}

fn fickle(status: u16) -> Fickle {
    let (status, calls) = (Arc::new(AtomicU16::new(status)), Arc::new(AtomicUsize::new(0)));
    let (says, counted) = (status.clone(), calls.clone());
    let (http, _) = vendor(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        match says.load(Ordering::SeqCst) {
            0 => Err(VendorError::new(VendorErrorKind::Unreachable)),
            status => Ok(fixture::json(status, &json!({"id": "1", "userName": "a"}))),
        }
    });
    Fickle { core: fixture::core(&config(&PLAIN.replace("[targets.t]", NO_REPEATS)), &http), status, calls }
}

impl Fickle {
    async fn ask(&self) -> (u16, Option<String>) {
        let (answer, _) = send(&self.core, "GET", USER, "").await;
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        (answer.status().as_u16(), retry_after.map(ToOwned::to_owned))
    }

    async fn ask_many(&self, times: u32) {
        for _ in 0..times {
            self.ask().await;
        }
    }

    fn calls(&self) -> usize {
        self.calls.swap(0, Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_keeps_failing_is_left_alone_and_tried_with_one_call() {
    let vendor = fickle(0);
    vendor.ask_many(FAILURES).await;
    assert_eq!(vendor.calls(), FAILURES as usize);
    assert_eq!((vendor.ask().await, vendor.calls()), ((503, Some("1".to_owned())), 0));

    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        advance(Duration::from_secs(pause)).await;
        let all: Vec<u16> =
            join_all((0..9).map(|_| vendor.ask())).await.into_iter().map(|(status, _)| status).collect();
        assert_eq!(all.iter().filter(|status| **status == 502).count(), 1, "{all:?}");
        assert_eq!((vendor.calls(), all.iter().filter(|status| **status == 503).count()), (1, 8));
    }
    vendor.status.store(200, Ordering::SeqCst);
    advance(Duration::from_secs(59)).await;
    assert_eq!(vendor.ask().await, (503, Some("1".to_owned())));
    advance(Duration::from_secs(1)).await;
    assert_eq!((vendor.ask().await.0, vendor.ask().await.0), (200, 200));
    vendor.status.store(0, Ordering::SeqCst);
    vendor.ask_many(FAILURES - 1).await;
    assert_eq!(vendor.ask().await.0, 502, "the count begins anew");
}

#[tokio::test(start_paused = true)]
async fn only_what_says_that_nobody_is_there_counts() {
    for (status, opens) in
        [(0, true), (502, true), (503, true), (504, true), (500, false), (429, false), (404, false), (401, false)]
    {
        let vendor = fickle(status);
        vendor.ask_many(3 * FAILURES).await;
        let expected = if opens { FAILURES as usize } else { 3 * FAILURES as usize };
        assert!(vendor.calls() >= expected, "{status}");
        assert_eq!(vendor.ask().await.1.is_some() && vendor.calls() == 0, opens, "{status}");
    }
    let vendor = fickle(0);
    for _ in 0..3 {
        vendor.ask_many(FAILURES - 1).await;
        vendor.status.store(400, Ordering::SeqCst);
        vendor.ask().await;
        vendor.status.store(0, Ordering::SeqCst);
    }
    vendor.calls();
    vendor.ask().await;
    assert_eq!(vendor.calls(), 1, "a refusal is an answer");
}

#[tokio::test(start_paused = true)]
async fn a_trial_whose_client_hangs_up_leaves_the_trial_to_the_next() {
    let breaker = Arc::new(Breaker::default());
    let now = Instant::now();
    let pass = |now| breaker.admit(now);
    for _ in 0..FAILURES {
        pass(now).expect("closed").ended(Verdict::Badly, Duration::ZERO, now);
    }
    assert_eq!((breaker.phase(now), pass(now).expect_err("open")), (Phase::Open, FIRST_PAUSE));
    let later = now + FIRST_PAUSE;
    assert_eq!(breaker.phase(later), Phase::HalfOpen);
    let trial = pass(later).expect("a trial");
    assert_eq!(pass(later).expect_err("one at a time"), TRIAL);
    advance(FIRST_PAUSE).await;
    drop(trial);
    let trial = pass(later).expect("another trial");
    assert_eq!(trial.ended(Verdict::Nothing, Duration::ZERO, later), None);
    let trial = pass(later).expect("and another");
    assert_eq!(trial.ended(Verdict::Well, Duration::ZERO, later), Some(Phase::Closed));
    assert_eq!(breaker.phase(later), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_began_before_the_breaker_opened_says_nothing_of_the_time_after() {
    let breaker = Arc::new(Breaker::default());
    let now = Instant::now();
    let late = (breaker.admit(now).expect("closed"), breaker.admit(now).expect("closed"));
    for _ in 0..FAILURES {
        breaker.admit(now).expect("closed").ended(Verdict::Badly, Duration::ZERO, now);
    }
    assert_eq!(late.0.ended(Verdict::Well, Duration::ZERO, now), None);
    assert_eq!(breaker.phase(now), Phase::Open);
    let trial = breaker.admit(now + FIRST_PAUSE).expect("a trial");
    drop(late.1);
    assert!(breaker.admit(now + FIRST_PAUSE).is_err(), "the trial is still under way");
    drop(trial);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_says_for_how_long_is_left_alone_so_long() {
    let breaker = Arc::new(Breaker::default());
    let now = Instant::now();
    let wish = |seconds| Duration::from_secs(seconds);
    for _ in 0..FAILURES {
        breaker.admit(now).expect("closed").ended(Verdict::Badly, wish(20), now);
    }
    assert_eq!(breaker.admit(now).expect_err("open"), wish(20));
    let trial = breaker.admit(now + wish(20)).expect("a trial");
    trial.ended(Verdict::Badly, wish(86_400), now);
    assert_eq!(breaker.admit(now).expect_err("open"), LONGEST_PAUSE);
}

#[tokio::test(start_paused = true)]
async fn a_repeat_that_is_not_made_tells_what_the_vendor_said() {
    let (http, _) = vendor(|_| Ok(fixture::json(504, &json!({}))));
    let core = fixture::core(&config(PLAIN), &http);
    let mut all = Vec::new();
    for _ in 0..FAILURES {
        let asked = request("GET", USER, &[("authorization", "Bearer good")], "");
        all.push(fixture::read(core.clone().oneshot(asked).await).await.0.status().as_u16());
    }
    assert_eq!(all.iter().position(|status| *status == 503), Some(4), "three attempts each: {all:?}");
    assert_eq!(all[..4], [504; 4], "also the request in whose time it opened");
}
