//! Carries one path out for `instructions.py` and `growth.py`, which count what happens inside [`counted`].
//!
//! `scimux-benches` prints how often a path is counted, and the paths; `scimux-benches PATH` carries it out so often.
//! `scimux-benches growth` prints what grows; `scimux-benches growth NAME SIZE` carries it out once.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;

use scimux_benches::Run;
use scimux_benches::growth::GROWTH;

/// How often a path is carried out before it counts: what is set up once is set up then.
const WARM: usize = 3;

/// How often it counts.
const TIMES: usize = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => print(&format!("{TIMES}\n{}", scimux_benches::names().join("\n"))),
        ["growth"] => print(&grows()),
        ["growth", name, size] => {
            let growth = GROWTH.iter().find(|growth| growth.name == name);
            let run = growth.zip(size.parse().ok()).map(|(growth, size)| (growth.prepare)(size));
            walk(run, 1, 1)
        }
        [name, ..] => walk(scimux_benches::case(name), WARM, TIMES),
    }
}

/// Name, sizes and unit of all that grows.
fn grows() -> String {
    let line = |growth: &scimux_benches::growth::Growth| {
        let sizes: Vec<String> = growth.sizes.iter().map(usize::to_string).collect();
        format!("{}\t{}\t{}", growth.name, sizes.join(","), growth.unit)
    };
    GROWTH.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn print(text: &str) -> ExitCode {
    let printed = writeln!(std::io::stdout(), "{text}");
    printed.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn walk(run: Option<Run>, warm: usize, times: usize) -> ExitCode {
    let Some(run) = run else { return ExitCode::from(2) };
    for _ in 0..warm {
        black_box(run());
    }
    counted(&run, times);
    ExitCode::SUCCESS
}

#[inline(never)]
fn counted(run: &Run, times: usize) {
    for _ in 0..times {
        black_box(run());
    }
}
