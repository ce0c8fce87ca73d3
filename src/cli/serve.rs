//! `scimux serve`.

use std::io;
use std::path::Path;

use tokio::time::{Duration, interval};

use super::signals::{Asked, Signals};
use super::{Exit, Terminal, print_problems};
use crate::config::{Listen, Source};
use crate::serve::Gateway;
use crate::telemetry::{self, supervisor};

/// Runs the gateway until it is told to stop.
pub(super) async fn serve(file: &Path, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let source = Source { file: file.to_owned(), environment: terminal.environment.clone() };
    let (config, warnings) = match source.load() {
        Ok(loaded) => loaded,
        Err(problems) => {
            print_problems(&problems, terminal.err)?;
            return Ok(Exit::Usage);
        }
    };
    telemetry::init(&config.log);
    warnings.iter().for_each(telemetry::warn);
    let mut signals = Signals::catch()?;
    let sockets: Vec<String> = unix(&config.server.listen).collect();
    let gateway = Gateway::start(config, Some(source)).await?;
    let addresses: Vec<String> = gateway.addresses().iter().map(ToString::to_string).chain(sockets).collect();
    tracing::info!(listen = addresses.join(" "), admin = gateway.admin_address().map(|at| at.to_string()), "serving");
    supervisor::ready();
    tokio::spawn(beat());
    while signals.next().await == Asked::Reload {
        tokio::spawn(gateway.reloader().reload());
    }
    supervisor::stopping();
    tokio::select! {
        () = gateway.stop() => {}
        () = signals.stop() => tracing::warn!("a second signal: stopped at once"),
    }
    Ok(Exit::Well)
}

/// A timer that ends sooner than all others wakes the runtime when it is set: for each call to a vendor, two system calls.
/// One that always ends sooner spares them.
async fn beat() {
    let mut beat = interval(Duration::from_secs(1));
    loop {
        beat.tick().await;
    }
}

fn unix(listen: &[Listen]) -> impl Iterator<Item = String> {
    listen.iter().filter(|listen| matches!(listen, Listen::Unix(_))).map(ToString::to_string)
}
