//! The scimux executable.
#![forbid(unsafe_code)]

use std::io::{IsTerminal, Write, stderr, stdin, stdout};
use std::process::ExitCode;

use scimux::cli::{self, Exit, Terminal};
use scimux::config;

/// Requests are many small values that live for microseconds, made on one thread and often freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let exit = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run()),
        Err(error) => {
            let _ = writeln!(stderr(), "scimux: cannot start its threads: {error}");
            Exit::Internal
        }
    };
    ExitCode::from(exit as u8)
}

async fn run() -> Exit {
    let mut terminal = Terminal {
        input: &mut stdin(),
        out: &mut stdout(),
        err: &mut stderr(),
        is_terminal: stdout().is_terminal(),
        environment: config::environment(),
    };
    cli::run(std::env::args_os(), &mut terminal).await
}
