//! Load with faults: the built gateway before four vendors, one of which is slow, one flaps and one is gone. What the healthy
//! one's clients get must not show it.
//!
//! `cargo bench --bench soak -- --seconds 600`, or `make soak`. It measures what the machine takes, then sends a fifth
//! of that in open loop, by turns to a gateway whose vendors all are well and to one whose vendors are not, so that
//! whatever else the machine does meets both. It prints its figures, and fails where a claim does not hold.

#![expect(clippy::print_stdout, reason = "its figures are what it is for")]

mod figures;
mod gateway;
mod traffic;
mod vendors;

use std::process::ExitCode;
use std::time::Duration;

use figures::{Claims, Figures, Flat};
use gateway::Gateway;
use traffic::Traffic;
use vendors::{State, Vendors};

/// Of the time for load, so much goes to measuring the capacity; the rest in rounds of one part well and two parts ill.
const MEASURING: f64 = 0.1;
const ROUND: Duration = Duration::from_secs(6);
/// Requests at once, before anything is measured.
const AT_ONCE: usize = 700;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let claims = runtime.expect("threads can be started").block_on(soak(seconds()));
    println!("\n{claims}");
    if claims.hold() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `--seconds N`; what cargo adds to it is passed over.
fn seconds() -> Duration {
    let arguments: Vec<String> = std::env::args().collect();
    let given = arguments.iter().position(|argument| argument == "--seconds").and_then(|at| arguments.get(at + 1));
    Duration::from_secs(given.map_or(600, |text| text.parse().expect("--seconds takes a number")))
}

async fn soak(time: Duration) -> Claims {
    let (well, ill) = (Side::start(State::Well).await, Side::start(State::Ill).await);
    let capacity = well.traffic.capacity(time.mul_f64(MEASURING)).await;
    let rate = capacity / 5.0;
    println!("capacity {capacity:.0} requests a second, of which {rate:.0} are sent, to four targets in turn");
    // A process keeps the memory that it needed at its worst, so its worst comes first: what comes together where the machine
    // stands still for some seconds. Then caches and connections are as they will be.
    ill.traffic.at_once(AT_ONCE).await;
    ill.load(rate, ROUND / 2).await;
    let (mut calm, mut stormy, mut flat) = (Figures::default(), Figures::default(), Flat::default());
    let rounds = (time.mul_f64(1.0 - MEASURING).as_secs() / ROUND.as_secs()).max(1);
    let round = time.mul_f64(1.0 - MEASURING) / u32::try_from(rounds).expect("a few");
    for number in 1..=rounds {
        calm.add(well.load(rate, round / 3).await);
        let (figures, samples) = ill.watched(rate, round * 2 / 3).await;
        stormy.add(figures);
        flat.add(samples);
        if number % 10 == 0 {
            println!("round {number} of {rounds}: {}", ill.gateway.sample());
        }
    }
    println!("\nall well:\n{calm}\none slow, one flapping, one gone:\n{stormy}\n{flat}");
    let mut claims = Claims::default();
    claims.of_answers(&calm, &stormy);
    claims.of_latency(&calm, &stormy);
    claims.of_memory(&flat);
    for side in [well, ill] {
        side.end(&mut claims).await;
    }
    claims
}

/// A gateway, its vendors, and its clients.
struct Side {
    vendors: Vendors,
    gateway: Gateway,
    traffic: Traffic,
    files_at_first: usize,
}

impl Side {
    async fn start(state: State) -> Self {
        let vendors = Vendors::start(state).await;
        let gateway = Gateway::start(&vendors.toml()).await;
        let traffic = Traffic::new(gateway.socket(), vendors.people(), state == State::Well);
        let files_at_first = gateway.sample().files;
        Self { vendors, gateway, traffic, files_at_first }
    }

    /// Requests at this rate for so long, and what came of them.
    async fn load(&self, rate: f64, time: Duration) -> Figures {
        let flapping = self.vendors.flap();
        let figures = self.traffic.open_loop(rate, time).await;
        flapping.abort();
        self.vendors.stop_flapping();
        figures
    }

    /// The same, with the process looked at every second.
    async fn watched(&self, rate: f64, time: Duration) -> (Figures, Vec<gateway::Sample>) {
        let (mut samples, mut second) = (Vec::new(), tokio::time::interval(Duration::from_secs(1)));
        let mut load = std::pin::pin!(self.load(rate, time));
        loop {
            tokio::select! {
                figures = &mut load => return (figures, samples),
                _ = second.tick() => samples.push(self.gateway.sample()),
            }
        }
    }

    /// What must hold when the load is over.
    async fn end(self, claims: &mut Claims) {
        let Self { vendors, gateway, traffic, files_at_first } = self;
        claims.of_state(&traffic.differences(&vendors));
        drop(traffic);
        claims.of_files(files_at_first, gateway.files_when_idle(files_at_first).await);
        claims.of_process(&gateway.stop().await);
    }
}
