//! Four vendors, and what is wrong with three of them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use scimux_sandbox::{Fault, FaultKind, Sandbox};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The targets, in the order in which they are asked.
pub(crate) const TARGETS: [&str; 4] = ["healthy", "slow", "flapping", "gone"];
/// How many people each vendor holds from the beginning.
const PEOPLE: usize = 50;
/// How late the slow one answers.
const SLOW: Duration = Duration::from_secs(1);
/// How long the flapping one stays as it is.
const FLAP: Duration = Duration::from_secs(2);

/// Whether three of them are ill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Well,
    Ill,
}

/// The vendors of one gateway.
pub(crate) struct Vendors {
    state: State,
    sandboxes: Vec<Arc<Sandbox>>,
    /// Each one's people, as id and user name.
    people: Vec<Vec<(String, String)>>,
    /// What was wrong with the flapping one so far: each run of load goes on where the last one ended.
    flapped: Arc<AtomicUsize>,
}

impl Vendors {
    pub(crate) async fn start(state: State) -> Self {
        let (mut sandboxes, mut people) = (Vec::new(), Vec::new());
        for target in TARGETS {
            let sandbox = Sandbox::start("scim", ([127, 0, 0, 1], 0).into()).await.expect("loopback is there");
            let seed = |number| {
                let name = format!("{target}-{number}");
                (sandbox.seed("/Users", json!({"userName": name, "active": true, "title": "0"})), name)
            };
            people.push((0..PEOPLE).map(seed).collect());
            if state == State::Ill && target == "slow" {
                sandbox.fault(every_request(FaultKind::Delay(SLOW)));
            }
            sandboxes.push(Arc::new(sandbox));
        }
        Self { state, sandboxes, people, flapped: Arc::default() }
    }

    /// The configuration of the targets.
    pub(crate) fn toml(&self) -> String {
        let mut toml = String::new();
        for (target, sandbox) in TARGETS.iter().zip(&self.sandboxes) {
            let mut keys = sandbox.target_toml();
            if self.state == State::Ill && *target == "gone" {
                // Nobody listens on a port so low.
                keys = keys.replace(&sandbox.address().to_string(), "127.0.0.1:1");
            }
            writeln!(toml, "[targets.{target}]\n{keys}").expect("writing to a string");
        }
        toml
    }

    pub(crate) fn people(&self) -> &[Vec<(String, String)>] {
        &self.people
    }

    /// The title that each person has at the vendor.
    pub(crate) fn titles(&self, target: usize) -> Vec<(String, String)> {
        let text = |user: &Value, name: &str| user[name].as_str().unwrap_or_default().to_owned();
        self.sandboxes[target].resources("/Users").iter().map(|user| (text(user, "id"), text(user, "title"))).collect()
    }

    /// Lets the flapping one flap until this is aborted.
    pub(crate) fn flap(&self) -> JoinHandle<()> {
        let (state, sandbox, flapped) = (self.state, self.sandboxes[2].clone(), self.flapped.clone());
        tokio::spawn(async move {
            if state == State::Well {
                return;
            }
            let kinds = kinds();
            loop {
                let next = flapped.fetch_add(1, Ordering::Relaxed) % kinds.len();
                sandbox.fault(every_request(kinds[next].clone()));
                sleep(FLAP).await;
                sandbox.clear();
                sleep(FLAP).await;
            }
        })
    }

    /// It is well again.
    pub(crate) fn stop_flapping(&self) {
        self.sandboxes[2].clear();
    }
}

fn every_request(kind: FaultKind) -> Fault {
    Fault { method: None, path_contains: None, times: u32::MAX, kind }
}

fn kinds() -> Vec<FaultKind> {
    let status = |status: u16, headers: &[(&str, &str)]| FaultKind::Status {
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: String::new(),
    };
    vec![
        status(503, &[("retry-after", "1")]),
        FaultKind::BreakBeforeReading,
        status(500, &[]),
        FaultKind::BreakAfterReading,
        FaultKind::NotJson,
        status(429, &[("retry-after", "1")]),
        FaultKind::HalfBody,
        status(502, &[]),
    ]
}
