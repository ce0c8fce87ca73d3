//! Thousands of short lives of the whole stack under a clock that stands still, over a vendor that fails in every way: clients
//! come and hang up, tokens die, the configuration is changed. After each step is checked what must always be true (CONTRACT
//! section 5), in the end that nothing was kept and nothing was lost.
//!
//! All choices follow from a seed, so that a failure can be had again: `SCIMUX_TEST_SEED` is the first seed (`new`: another
//! one each time), `SCIMUX_TEST_CASES` how many there are.

mod clients;
mod random;
mod vendor;
mod witness;

use std::sync::{Arc, LazyLock, Mutex};

use tokio::task::JoinSet;
use tokio::time::{Duration, sleep, timeout};

use self::clients::{Ask, Told, populate};
use self::vendor::{MOODS, Mood, Vendor};
use super::super::generation::{Common, Generation};
use crate::config::Config;
use crate::front::concurrency::Places;
use crate::target::LiveTarget;
use crate::target::fixture::{PUBLIC, config};
use crate::telemetry::Metrics;

const STEPS: usize = 12;
const CASES: u64 = 1000;
/// Longer than any pause: that after refused logins is the longest.
const LONG: Duration = Duration::from_secs(16 * 60);

type SharedTold = Arc<Mutex<Told>>;

/// What a reload can choose between; the last has the widest bounds.
const BOUNDS: [(usize, &str); 3] = [
    (1, "upstream.timeout_secs = 3\nupstream.retries = 2"),
    (3, "upstream.timeout_secs = 5\nupstream.retries = 1\nupstream.rate_per_sec = 4"),
    (5, "upstream.timeout_secs = 9\nupstream.retries = 2"),
];

fn configs(patch: &str) -> Vec<Config> {
    let auth = r#"{ scheme = "oauth2_client_credentials", token_url = "http://login.example/token", client_id = "us", client_secret = "canary-secret" }"#;
    let of = |(concurrency, lines): &(usize, &str)| {
        config(&format!(
            "[server]\npublic_url = \"{PUBLIC}\"\nlimits.request_timeout_secs = 20\n[clients.test]\ntokens = [\"good\"]\n\
             [targets.t]\nadapter = \"scim\"\nbase_url = \"http://vendor.example/v2\"\nauth = {auth}\nallow_plaintext = true\n\
             discovery = \"off\"\nput = \"native\"\npatch = \"{patch}\"\nupstream.concurrency = {concurrency}\n{lines}\n"
        ))
    };
    BOUNDS.iter().map(of).collect()
}

static LACKS_PATCH: LazyLock<Vec<Config>> = LazyLock::new(|| configs("emulate"));
static HAS_PATCH: LazyLock<Vec<Config>> = LazyLock::new(|| configs("native"));

#[test]
fn a_vendor_that_lacks_patch_is_never_sent_too_much_and_loses_nothing() {
    live_all(&LACKS_PATCH);
}

#[test]
fn a_vendor_that_has_patch_is_never_sent_too_much_and_loses_nothing() {
    live_all(&HAS_PATCH);
}

#[test]
fn the_same_seed_is_the_same_life() {
    let life = |seed| live(seed, &LACKS_PATCH).expect("nothing is wrong");
    assert_eq!(life(7), life(7));
    assert_ne!(life(7), life(8));
}

fn live_all(configs: &[Config]) {
    let cases = std::env::var("SCIMUX_TEST_CASES").map_or(CASES, |text| text.parse().expect("a number of cases"));
    let first = match std::env::var("SCIMUX_TEST_SEED").ok().as_deref() {
        None => 1,
        Some("new") => u64::from(std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").subsec_nanos()),
        Some(given) => given.parse().expect("SCIMUX_TEST_SEED is a number, or `new`"),
    };
    for seed in first..first + cases {
        if let Err(wrong) = live(seed, configs) {
            println!("SCIMUX_TEST_SEED={seed} SCIMUX_TEST_CASES=1 has it again");
            panic!("{wrong}");
        }
    }
}

/// One life; its digest, or what was wrong.
fn live(seed: u64, configs: &[Config]) -> Result<u64, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let mut world = World::new(seed, configs);
        for _ in 0..STEPS {
            world.step().await;
            world.vendor.state().witness.verdict()?;
        }
        world.wind_up().await;
        world.vendor.state().witness.verdict()?;
        Ok(world.vendor.state().witness.digest())
    })
}

struct World<'a> {
    configs: &'a [Config],
    vendor: Arc<Vendor>,
    common: Common,
    /// What the vendor's moods change between.
    moods: &'static [Mood],
    now: Option<Generation>,
    told: SharedTold,
    clients: JoinSet<Option<u16>>,
    asked: usize,
}

impl<'a> World<'a> {
    fn new(seed: u64, configs: &'a [Config]) -> Self {
        let vendor = Vendor::new(seed, seed.is_multiple_of(4));
        populate(&mut vendor.state());
        let (metrics, places) = (Arc::new(Metrics::new()), Arc::new(Places::new(1)));
        let common = Common { metrics, places, lasting: Arc::default() };
        let (told, clients) = (SharedTold::default(), JoinSet::new());
        let moods = MOODS[usize::from(seed.is_multiple_of(3))];
        let mut world = Self { configs, vendor, common, moods, now: None, told, clients, asked: 0 };
        world.vendor.state().mood = moods[0];
        world.reload(seed as usize % configs.len());
        world
    }

    /// What a reload does, but for files and doors.
    fn reload(&mut self, which: usize) {
        let config = &self.configs[which];
        let target = &config.targets[0];
        let before = self.now.as_ref().map(|now| &*now.targets[0]);
        let http = self.vendor.http(target.upstream.timeout);
        let live = LiveTarget::new(target, http, PUBLIC, &self.common.metrics, before);
        let generation = Generation::of(config, PUBLIC, &self.common, vec![Arc::new(live)]);
        self.common.follow(config, &generation.targets);
        self.vendor.state().breaker = generation.targets[0].lasting.breaker.clone();
        self.vendor.state().witness.reloaded(target.upstream.concurrency);
        self.now = Some(generation);
    }

    async fn step(&mut self) {
        let moods = self.moods;
        let choice = self.vendor.state().random.below(100);
        match choice {
            0..60 => self.ask_some(),
            60..72 => {
                let which = self.vendor.state().random.below(self.configs.len());
                self.reload(which);
            }
            72..86 => self.change(|state| state.mood = state.random.pick(moods)),
            86..94 => self.change(|state| state.login_mood = state.random.pick(MOODS[0])),
            _ => self.change(|state| state.tokens.clear()),
        }
        let (short, long) = {
            let mut state = self.vendor.state();
            (state.random.within_millis(300), state.random.within_millis(9000))
        };
        sleep(if choice.is_multiple_of(3) { long } else { short }).await;
    }

    fn change(&self, how: impl FnOnce(&mut vendor::State)) {
        let mut state = self.vendor.state();
        how(&mut state);
        let (mood, login, tokens) = (state.mood, state.login_mood, state.tokens.len());
        state.witness.note(&format!("vendor {mood:?}, login {login:?}, {tokens} tokens"));
    }

    fn ask_some(&mut self) {
        let some = 1 + self.vendor.state().random.below(if self.moods == MOODS[0] { 4 } else { 7 });
        for _ in 0..some {
            self.asked += 1;
            let ask = Ask::any(&mut self.vendor.state().random, self.asked);
            self.ask(ask);
        }
    }

    fn ask(&mut self, ask: Ask) {
        let front = self.now.as_ref().expect("it was built").front.clone();
        self.clients.spawn(ask.send(front, self.vendor.clone(), self.told.clone()));
    }

    fn must(&self, so: bool, otherwise: &str) {
        self.vendor.state().witness.must(so, || otherwise.to_owned());
    }

    /// When all is well again everything has its end, everything was given back, and everything told is true.
    async fn wind_up(&mut self) {
        self.change(|state| (state.mood, state.login_mood) = (Mood::Well, Mood::Well));
        while self.clients.join_next().await.is_some() {}
        let ended = timeout(LONG, self.common.places.all_free()).await.is_ok();
        sleep(LONG).await;
        let idle = self.vendor.state().witness.is_idle();
        self.must(ended && idle, "something never ends");
        let widest = self.configs.len() - 1;
        self.reload(widest);
        self.probe(std::iter::once(Ask::read(0)).collect(), "the target stays closed").await;
        let (concurrency, reads) = (BOUNDS[widest].0, (9000..).map(Ask::read));
        self.vendor.state().witness.most = 0;
        self.probe(reads.take(concurrency + 1).collect(), "reads fail though all is well").await;
        let most = self.vendor.state().witness.most;
        self.must(most == concurrency, "a place was not given back");
        self.probe(Ask::changes(9100).collect(), "a resource stays locked").await;
        self.told.lock().expect("no panic while it is held").check(&mut self.vendor.state());
    }

    /// Asks all at the same time; each has its answer.
    async fn probe(&mut self, asks: Vec<Ask>, otherwise: &str) {
        asks.into_iter().for_each(|ask| self.ask(ask));
        while let Some(status) = self.clients.join_next().await {
            let well = status.ok().flatten().is_some_and(|status| matches!(status, 200 | 204 | 404));
            self.must(well, otherwise);
        }
    }
}
