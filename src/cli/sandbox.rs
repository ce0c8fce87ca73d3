//! `scimux sandbox VENDOR`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use scimux_sandbox::{Sandbox, demo};

use super::signals::Signals;
use super::{Exit, Terminal};

/// Runs one sandbox until it is told to stop.
pub(super) async fn sandbox(vendor: &str, listen: Option<SocketAddr>, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let listen = listen.unwrap_or_else(|| usual(vendor));
    let sandbox = match Sandbox::start(vendor, listen).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            writeln!(terminal.err, "cannot listen on {listen}: {error}; choose another with --listen")?;
            return Ok(Exit::Internal);
        }
    };
    let mut signals = Signals::catch()?;
    demo::seed(&sandbox).await;
    writeln!(terminal.out, "# The {vendor} sandbox, at {}. A target that speaks to it:", sandbox.base_url())?;
    writeln!(terminal.out, "[targets.{vendor}]\n{}", sandbox.target_toml())?;
    terminal.out.flush()?;
    signals.stop().await;
    Ok(Exit::Well)
}

/// The address that `config/scimux.toml` has for a vendor: 9101 and on, in the vendors' order.
fn usual(vendor: &str) -> SocketAddr {
    let ports = (9101..).zip(scimux_sandbox::vendors());
    let port = ports.into_iter().find(|(_, name)| **name == vendor).map_or(0, |(port, _)| port);
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
