//! Sends the same requests over and over, as fast as they are answered or at a fixed rate, and prints one JSON object.
//!
//! At a fixed rate a request's time begins when it was due, not when it could be sent: a server that stalls does not hide
//! the requests that would have come meanwhile (coordinated omission).

use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Parser;
use tokio::task::LocalSet;

use bench_tools::client::{Client, Prepared, connect};
use bench_tools::processes::on_processor;
use bench_tools::timer::Timer;

type Failure = Box<dyn Error>;

/// The load.
#[derive(Parser)]
struct Arguments {
    /// Where to.
    #[arg(long)]
    address: String,
    /// Method and path of a request; several are sent one after the other and count as one.
    #[arg(long = "request", required = true)]
    requests: Vec<String>,
    /// The file with the body of those that have one.
    #[arg(long)]
    body: Option<std::path::PathBuf>,
    /// The client's token.
    #[arg(long, default_value = "bench-token")]
    token: String,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// TLS.
    #[arg(long)]
    tls: bool,
    /// HTTP/2 over TLS with so many requests at a time on each connection.
    #[arg(long)]
    streams: Option<usize>,
    /// Seconds before it counts.
    #[arg(long, default_value_t = 1.0)]
    warm: f64,
    /// Seconds that count.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Requests a second, evenly; without it as many as are answered.
    #[arg(long)]
    rate: Option<f64>,
    /// Each connection ends after so many, and all count.
    #[arg(long)]
    each: Option<usize>,
    /// Sends one request over each connection, says so, and holds them.
    #[arg(long)]
    idle: bool,
    /// Processes whose time on the processor is counted.
    #[arg(long, value_delimiter = ',')]
    processes: Vec<u32>,
}

/// What is sent, and when it counts.
struct Plan {
    arguments: Arguments,
    requests: Vec<Prepared>,
    begin: Instant,
    from: Instant,
    until: Instant,
}

/// What one client has seen: how long each took, and what went wrong.
#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    wrong: Vec<String>,
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(run(Arguments::parse())))
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut clients = Vec::new();
    for _ in 0..arguments.connections {
        clients.extend(connect(&arguments.address, arguments.tls, arguments.streams).await?);
    }
    let plan = Rc::new(Plan::new(arguments)?);
    if plan.arguments.idle {
        for client in &mut clients {
            client.send(&plan.requests[0]).await?;
        }
        println!("connected");
        return std::future::pending().await;
    }
    let (number_of_clients, mut tasks) = (clients.len(), Vec::new());
    for (number, client) in clients.into_iter().enumerate() {
        tasks.push(tokio::task::spawn_local(work(client, number, number_of_clients, plan.clone())));
    }
    let used = tokio::task::spawn_local(measure(plan.clone()));
    let mut seen = Seen::default();
    for task in tasks {
        let one = task.await?;
        seen.times.extend(one.times);
        seen.wrong.extend(one.wrong);
    }
    let used = if plan.arguments.each.is_some() { Duration::ZERO } else { used.await? };
    print(&plan, seen, used);
    Ok(())
}

impl Plan {
    fn new(arguments: Arguments) -> Result<Self, Failure> {
        let body = Bytes::from(arguments.body.as_ref().map(std::fs::read).transpose()?.unwrap_or_default());
        let scheme = if arguments.tls || arguments.streams.is_some() { "https" } else { "http" };
        let prepare = |line: &String| Prepared::new(line, body.clone(), &arguments.address, scheme, &arguments.token);
        let requests = arguments.requests.iter().map(prepare).collect::<Result<_, Failure>>()?;
        let begin = Instant::now() + Duration::from_millis(10);
        let from = begin + Duration::from_secs_f64(arguments.warm);
        let until = from + Duration::from_secs_f64(arguments.seconds);
        Ok(Self { arguments, requests, begin, from, until })
    }
}

/// What one client does.
async fn work(client: Client, number: usize, clients: usize, plan: Rc<Plan>) -> Seen {
    let mut seen = Seen::default();
    if let Err(failure) = keep_sending(client, number, clients, &plan, &mut seen).await {
        seen.wrong.push(failure.to_string());
    }
    seen
}

async fn keep_sending(
    mut client: Client,
    number: usize,
    clients: usize,
    plan: &Plan,
    seen: &mut Seen,
) -> Result<(), Failure> {
    let timer = Timer::new()?;
    for turn in 0.. {
        let due = plan.arguments.rate.map(|rate| {
            let turns = (turn * clients + number) as f64;
            plan.begin + Duration::from_secs_f64(turns / rate)
        });
        if let Some(due) = due {
            timer.until(due).await?;
        }
        let begun = due.unwrap_or_else(Instant::now);
        match plan.arguments.each {
            Some(each) if turn >= each => break,
            None if begun >= plan.until => break,
            _ => {}
        }
        for request in &plan.requests {
            if let Err(failure) = client.send(request).await {
                seen.wrong.push(failure.to_string());
                if seen.wrong.len() > 100 {
                    return Ok(());
                }
            }
        }
        let ended = Instant::now();
        // Without a rate, what ends in the time that counts; with one, what was due in it, however late it ended.
        let counted = if due.is_some() { begun } else { ended };
        if plan.arguments.each.is_some() || (plan.from..plan.until).contains(&counted) {
            seen.times.push(ended - begun);
        }
    }
    Ok(())
}

/// The time on the processor while it counts.
async fn measure(plan: Rc<Plan>) -> Duration {
    tokio::time::sleep_until(plan.from.into()).await;
    let before = on_processor(&plan.arguments.processes);
    tokio::time::sleep_until(plan.until.into()).await;
    on_processor(&plan.arguments.processes) - before
}

fn print(plan: &Plan, mut seen: Seen, used: Duration) {
    seen.times.sort_unstable();
    let number = seen.times.len();
    let at = |share: f64| {
        let index = ((number as f64 * share).ceil() as usize).clamp(1, number.max(1)) - 1;
        seen.times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    let answer = serde_json::json!({
        "requests": number,
        "per_second": number as f64 / plan.arguments.seconds,
        "p50": at(0.5),
        "p99": at(0.99),
        "cpu": used.as_secs_f64() * 1e6 / number.max(1) as f64,
        "failed": seen.wrong.len(),
        "why": seen.wrong.first(),
    });
    println!("{answer}");
}
