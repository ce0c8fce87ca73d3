//! Carries one path out for `instructions.py`, which counts what happens inside [`counted`]; without a name, prints all.

use std::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;

use scimux_benches::Run;

/// How often a path is carried out before it counts: what is set up once is set up then.
const WARM: usize = 3;

/// How often it counts.
const TIMES: usize = 10;

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        let printed = writeln!(std::io::stdout(), "{TIMES}\n{}", scimux_benches::names().join("\n"));
        return printed.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    };
    let Some(run) = scimux_benches::case(&name) else { return ExitCode::from(2) };
    for _ in 0..WARM {
        black_box(run());
    }
    counted(&run);
    ExitCode::SUCCESS
}

#[inline(never)]
fn counted(run: &Run) {
    for _ in 0..TIMES {
        black_box(run());
    }
}
