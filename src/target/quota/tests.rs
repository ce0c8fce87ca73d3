//! How fast a vendor is asked, by how many, and who is sent away. Time stands still unless a call waits.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;

use bytes::Bytes;
use futures_util::future::join_all;
use scimux_adapters::rate::Ends;
use serde_json::json;
use tokio::time::{advance, sleep};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::stack::CoreService;
use crate::target::fixture::{self, PLAIN, config, send};

const USER: &str = "/t/scim/v2/Users/1";

fn bounds(lines: &str) -> String {
    PLAIN.replace("[targets.t]", &format!("[targets.t]\nupstream.retries = 0\n{lines}"))
}

/// When calls came, and how many were under way together at most.
#[derive(Default)]
struct Load {
    times: Mutex<Vec<Instant>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Load {
    fn calls(&self) -> usize {
        self.times.lock().expect("no panic").len()
    }

    /// The most calls within any second.
    fn per_second(&self) -> usize {
        let times = self.times.lock().expect("no panic");
        let within =
            |from: &Instant| times.iter().filter(|at| *at >= from && **at < *from + Duration::from_secs(1)).count();
        times.iter().map(within).max().unwrap_or(0)
    }
}

/// SCIM in front of a vendor whose answers take so long and have these headers.
fn over(toml: &str, takes: Duration, headers: &'static [(&str, &str)], status: u16) -> (CoreService, Arc<Load>) {
    let load = Arc::new(Load::default());
    let seen = load.clone();
    let http = BoxCloneSyncService::new(service_fn(move |_: http::Request<Bytes>| {
        let seen = seen.clone();
        async move {
            seen.times.lock().expect("no panic").push(Instant::now());
            seen.most.fetch_max(seen.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(takes).await;
            seen.now.fetch_sub(1, Ordering::SeqCst);
            let mut answer = fixture::json(status, &json!({"id": "1", "userName": "a"}));
            for (name, value) in headers {
                answer.headers_mut().insert(*name, value.parse().expect("a header"));
            }
            Ok(answer)
        }
    }));
    (fixture::core(&config(toml), &http), load)
}

async fn ask(core: &CoreService) -> (u16, u64) {
    let (answer, _) = send(core, "GET", USER, "").await;
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    (answer.status().as_u16(), retry_after.unwrap_or(0))
}

/// How many got which answer, of so many that came together.
async fn ask_together(core: &CoreService, times: usize) -> BTreeMap<(u16, u64), usize> {
    let mut all = BTreeMap::new();
    for answer in join_all((0..times).map(|_| ask(core))).await {
        *all.entry(answer).or_default() += 1;
    }
    all
}

#[tokio::test(start_paused = true)]
async fn no_second_has_more_calls_than_configured() {
    for rate in [1, 7, 50, 400] {
        let (core, load) = over(
            &bounds(&format!("upstream.concurrency = 200\nupstream.rate_per_sec = {rate}")),
            Duration::ZERO,
            &[],
            200,
        );
        let begun = Instant::now();
        let wanted = usize::try_from(rate).expect("small") * 2 + 1;
        assert_eq!(ask_together(&core, wanted).await, BTreeMap::from([((200, 0), wanted)]), "{rate}");
        let taken = begun.elapsed().as_secs_f64();
        assert!((1.9..2.1).contains(&taken), "{taken} s for {wanted} calls at {rate} a second");
        assert!(load.per_second() <= usize::try_from(rate).expect("small") * 101 / 100 + 1, "{}", load.per_second());
    }
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_too_long_hears_so_at_once() {
    let (core, load) = over(&bounds("upstream.rate_per_sec = 1\nupstream.timeout_secs = 3"), Duration::ZERO, &[], 200);
    let all = ask_together(&core, 9).await;
    assert_eq!(all, BTreeMap::from([((200, 0), 4), ((429, 4), 5)]), "now, and after 1, 2 and 3 seconds");
    assert_eq!(load.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn as_many_as_configured_are_under_way_and_a_few_wait() {
    let takes = Duration::from_secs(6);
    let (core, load) = over(&bounds("upstream.concurrency = 2\nupstream.timeout_secs = 10"), takes, &[], 200);
    let all = ask_together(&core, 40).await;
    // Two at once, two after six seconds; those after twelve would be too late, and the line has 24 places.
    assert_eq!(all, BTreeMap::from([((200, 0), 4), ((429, 1), 36)]));
    assert_eq!(load.most.load(Ordering::SeqCst), 2);
    assert_eq!(ask_together(&core, 2).await, BTreeMap::from([((200, 0), 2)]), "all places were given back");
}

#[tokio::test(start_paused = true)]
async fn a_place_is_given_back_by_who_hangs_up() {
    let (core, load) = over(&bounds("upstream.concurrency = 1"), Duration::from_secs(5), &[], 200);
    let (inside, in_line) = (
        tokio::spawn({
            let core = core.clone();
            async move { ask(&core).await }
        }),
        {
            let core = core.clone();
            tokio::spawn(async move { ask(&core).await })
        },
    );
    while load.calls() == 0 {
        tokio::task::yield_now().await;
    }
    inside.abort();
    in_line.abort();
    let begun = Instant::now();
    assert_eq!((ask(&core).await, begun.elapsed()), ((200, 0), Duration::from_secs(5)));
}

#[tokio::test(start_paused = true)]
async fn a_429_with_retry_after_holds_everybody_back() {
    for (retry_after, then) in [(&[("retry-after", "5")][..], (429, 5)), (&[("retry-after", "30")], (429, 30))] {
        let (core, load) = over(&bounds(""), Duration::ZERO, retry_after, 429);
        assert_eq!(ask(&core).await, then);
        let begun = Instant::now();
        assert_eq!(ask(&core).await, then);
        // Within the patience of ten seconds it is waited for, and the vendor asked again.
        let waited = if then.1 == 5 { (5, 2) } else { (0, 1) };
        assert_eq!((begun.elapsed().as_secs(), load.calls()), waited);
    }
    let (core, load) = over(&bounds(""), Duration::ZERO, &[("retry-after", "86400")], 429);
    assert_eq!(ask(&core).await, (429, 86_400), "what the vendor said, to who asked");
    assert_eq!(ask(&core).await, (429, 60));
    advance(Duration::from_secs(60)).await;
    assert_eq!((ask(&core).await, load.calls()), ((429, 86_400), 2), "once a minute it is asked how it stands");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_window_is_spread_over_it() {
    let plenty = &[("ratelimit-limit", "100"), ("ratelimit-remaining", "11"), ("ratelimit-reset", "60")];
    let (core, _) = over(&bounds(""), Duration::ZERO, plenty, 200);
    let begun = Instant::now();
    assert_eq!(ask_together(&core, 30).await, BTreeMap::from([((200, 0), 30)]));
    assert_eq!(begun.elapsed(), Duration::ZERO);

    let little = &[("ratelimit-limit", "100"), ("ratelimit-remaining", "9"), ("ratelimit-reset", "20")];
    let (core, load) = over(&bounds(""), Duration::ZERO, little, 200);
    assert_eq!(ask(&core).await, (200, 0));
    assert_eq!(ask_together(&core, 9).await, BTreeMap::from([((200, 0), 6), ((429, 12), 3)]));
    assert_eq!(load.per_second(), 2, "one every two seconds, behind the one that told");

    let none = &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "8")];
    let (core, _) = over(&bounds(""), Duration::ZERO, none, 200);
    let begun = Instant::now();
    assert_eq!((ask(&core).await, begun.elapsed().as_secs()), ((200, 0), 0));
    assert_eq!((ask(&core).await, begun.elapsed().as_secs()), ((200, 0), 8));
}

fn quota(lines: &str) -> Quota {
    Quota::new(&config(&bounds(lines)).targets[0].upstream)
}

fn left(limit: u64, remaining: u64, ends: Ends) -> Allowance {
    Allowance { limit: Some(limit), remaining, ends }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_says_when_a_window_ends_calls_go_at_its_pace() {
    let quota = quota("");
    let window = Ends::Within(Duration::from_secs(300));
    quota.learn(left(2000, 201, window));
    assert_eq!(quota.pace(), (None, Duration::ZERO));
    quota.learn(left(2000, 0, window));
    let (per_second, paused) = quota.pace();
    assert!((6.6..6.7).contains(&per_second.expect("a pace")) && paused.is_zero(), "delayed is not refused");
    let begun = Instant::now();
    for _ in 0..10 {
        drop(quota.enter(Duration::from_secs(1)).await.expect("a place"));
    }
    assert!((1300..1400).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    quota.learn(left(2000, 1999, window));
    assert_eq!(quota.pace(), (None, Duration::ZERO), "the next window");
}

#[tokio::test(start_paused = true)]
async fn the_slower_of_what_is_configured_and_learned_counts() {
    let quota = quota("upstream.rate_per_sec = 2");
    let pace = || quota.pace().0.map(|rate| (rate * 10.0).round());
    quota.learn(left(1000, 99, Ends::In(Duration::from_secs(10))));
    assert_eq!(pace(), Some(20.0));
    quota.learn(left(1000, 9, Ends::In(Duration::from_secs(100))));
    assert_eq!(pace(), Some(1.0));
    advance(Duration::from_secs(100)).await;
    assert_eq!(pace(), Some(20.0), "the window is over");
    quota.learn(left(1000, 1, Ends::In(Duration::from_secs(86_400))));
    assert_eq!(quota.pace().0.map(|rate| (rate * 60.0).round()), Some(1.0), "never slower than once a minute");
}

#[tokio::test(start_paused = true)]
async fn a_reload_changes_the_bounds_and_keeps_what_was_learned() {
    let quota = quota("upstream.concurrency = 1\nupstream.rate_per_sec = 1");
    let held = quota.enter(Duration::ZERO).await.expect("a place");
    quota.pause(Duration::from_secs(7));
    quota.change(&config(&bounds("upstream.concurrency = 2")).targets[0].upstream);
    assert_eq!(quota.pace(), (None, Duration::from_secs(7)));
    let begun = Instant::now();
    let second = quota.enter(Duration::from_secs(9)).await.expect("a second place");
    assert_eq!(begun.elapsed().as_secs(), 7);
    let third = quota.enter(Duration::from_secs(9)).await.expect_err("no third");
    assert_eq!((third.why.contains("under way"), begun.elapsed().as_secs()), (true, 16));
    drop((held, second));
}

#[tokio::test(start_paused = true)]
async fn what_waits_at_a_slow_pace_goes_on_when_the_pace_is_lifted() {
    let quota = Arc::new(quota(""));
    quota.learn(left(100, 1, Ends::In(Duration::from_secs(40))));
    for expected in [0, 20] {
        let begun = Instant::now();
        drop(quota.enter(Duration::from_secs(30)).await.expect("a place"));
        assert!(begun.elapsed().as_secs().abs_diff(expected) <= 1, "{:?}", begun.elapsed());
    }
    quota.learn(left(100, 100, Ends::In(Duration::from_secs(40))));
    let begun = Instant::now();
    drop(quota.enter(Duration::from_secs(30)).await.expect("a place"));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    let core = fixture::core(&config(PLAIN), &fixture::vendor(|_| Ok(fixture::empty(204))).0);
    assert!(core.oneshot(fixture::request("GET", USER, &[], "")).await.is_ok());
}
