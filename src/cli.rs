//! The commands (CONTRACT section 1). Everything they print goes to the writers handed in; only `main.rs` exits.

mod check;
mod demo;
mod explain;
mod operate;
mod sandbox;
mod serve;
mod signals;

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};

use crate::config::{Environment, Problem};

/// One SCIM 2.0 endpoint in front of many vendors.
#[derive(Debug, Parser)]
#[command(name = "scimux", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway until SIGTERM or SIGINT
    Serve {
        /// The configuration [default: $SCIMUX_CONFIG, then scimux.toml]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print every problem of the configuration, its routes, and the URLs to paste into Entra ID or Okta
    Check {
        /// The configuration [default: $SCIMUX_CONFIG, then scimux.toml]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Also log in to each target and read one page
        #[arg(long)]
        targets: bool,
    },
    /// Have a running gateway read its configuration again, over its admin.socket, as SIGHUP does
    Reload(operate::Where),
    /// Operate a safety brake of a running gateway, over its admin.socket
    #[command(subcommand)]
    Brake(operate::Brake),
    /// Show the whole job over sandboxes, with nothing to configure, then keep serving
    Demo {
        /// Exit after the walk-through, non-zero if a step was not as expected
        #[arg(long)]
        once: bool,
    },
    /// Read a raw HTTP request from standard input and print what would be sent to the vendor, sending nothing
    Explain(explain::Options),
    /// Run one vendor's sandbox alone
    Sandbox {
        /// Whose
        #[arg(value_parser = PossibleValuesParser::new(scimux_sandbox::vendors()))]
        vendor: String,
        /// Where [default: the address that config/scimux.toml has for the vendor]
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
    },
}

/// How a command ended; its number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Well.
    Well = 0,
    /// Bad usage or configuration.
    Usage = 64,
    /// An internal error.
    Internal = 70,
}

/// What a command may know of the world, and where it prints.
pub struct Terminal<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// Whether standard output is a terminal.
    pub is_terminal: bool,
    /// The environment.
    pub environment: Environment,
}

impl std::fmt::Debug for Terminal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("is_terminal", &self.is_terminal).finish_non_exhaustive()
    }
}

/// Runs the command that `arguments` (the program's name first) name.
pub async fn run(arguments: impl IntoIterator<Item = OsString>, terminal: &mut Terminal<'_>) -> Exit {
    let done = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => dispatch(arguments.command, terminal).await,
        Err(error) => usage(&error, terminal),
    };
    match done {
        Ok(exit) => exit,
        // Whoever read our output has enough of it, as in `scimux check | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Well,
        Err(error) => {
            let _ = writeln!(terminal.err, "scimux: {error}");
            Exit::Internal
        }
    }
}

async fn dispatch(command: Command, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    match command {
        Command::Serve { config } => serve::serve(&file(config, terminal), terminal).await,
        Command::Check { config, targets } => check::check(&file(config, terminal), targets, terminal).await,
        Command::Explain(options) => {
            explain::explain(&file(options.config.clone(), terminal), &options, terminal).await
        }
        Command::Reload(gateway) => operate::reload(&gateway, terminal).await,
        Command::Brake(brake) => operate::brake(&brake, terminal).await,
        Command::Demo { once } => demo::demo(once, terminal).await,
        Command::Sandbox { vendor, listen } => sandbox::sandbox(&vendor, listen, terminal).await,
    }
}

/// Help and version are well; what clap cannot read is bad usage.
fn usage(error: &clap::Error, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let text = error.render();
    if error.use_stderr() {
        write!(terminal.err, "{text}")?;
        return Ok(Exit::Usage);
    }
    write!(terminal.out, "{text}")?;
    Ok(Exit::Well)
}

fn file(option: Option<PathBuf>, terminal: &Terminal<'_>) -> PathBuf {
    let variable = || terminal.environment.get("SCIMUX_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    option.or_else(variable).unwrap_or_else(|| PathBuf::from("scimux.toml"))
}

/// Prints problems, one a line.
fn print_problems(problems: &[Problem], out: &mut dyn Write) -> io::Result<()> {
    for problem in problems {
        writeln!(out, "{problem}")?;
    }
    match problems.len() {
        1 => writeln!(out, "1 problem"),
        count => writeln!(out, "{count} problems"),
    }
}

#[cfg(test)]
mod tests;
