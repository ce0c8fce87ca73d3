//! The running gateway.

mod probe;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::{Duration, sleep, timeout};

use crate::admin::{self, Watched};
use crate::config::{Config, Listen, Server, TargetConfig};
use crate::core::lock::Locks;
use crate::core::path::segments;
use crate::core::route::Route;
use crate::front::concurrency::Places;
use crate::listen::{Bound, Listeners};
use crate::stack;
use crate::target::LiveTarget;
use crate::telemetry::{self, Metrics};
use crate::upstream::{Roots, transport};

pub use probe::{Probed, probe};

/// A gateway that runs until it is stopped. Dropping it cuts everything off at once.
#[derive(Debug)]
pub struct Gateway {
    addresses: Vec<SocketAddr>,
    admin_address: Option<SocketAddr>,
    ready: Arc<AtomicBool>,
    places: Arc<Places>,
    listeners: Listeners,
    admin: Option<Listeners>,
    drain: Duration,
    drain_delay: Duration,
}

impl Gateway {
    /// Binds the listeners and begins to serve.
    ///
    /// # Errors
    /// An address cannot be bound, or TLS cannot be set up.
    pub async fn start(config: Config) -> io::Result<Self> {
        telemetry::init(&config.log);
        refuse_strangers(&config)?;
        let bound = Bound::all(&config.server.listen).await?;
        let addresses = bound.addresses();
        let public_url = public_url(&config.server, &addresses)?;
        let metrics = Arc::new(Metrics::new());
        let limits = &config.server.limits;
        let places = Arc::new(Places::new(limits.concurrency));
        let targets = live_targets(&config, &public_url, &metrics)?;
        let routes: Arc<[Arc<Route>]> = routes(&config, &public_url, &targets).into();
        let clients = config.clients.iter().cloned().map(Arc::new).collect();
        let core = stack::core(clients, routes, limits, Arc::new(Locks::default()), metrics.clone());
        let front = stack::front(limits, places.clone(), metrics.clone(), core);
        let ready = Arc::new(AtomicBool::new(false));
        let watched = Watched { ready: ready.clone(), metrics, places: places.clone(), targets: targets.into() };
        let (admin, admin_address) = admin(config.admin, watched).await?;
        let listeners = bound.serve(front, limits.concurrency);
        ready.store(true, Ordering::Release);
        let (drain, drain_delay) = (limits.drain, limits.drain_delay);
        Ok(Self { addresses, admin_address, ready, places, listeners, admin, drain, drain_delay })
    }

    /// The TCP addresses bound for the front door, in the order of the configuration.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The admin address bound.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// `/readyz` turns 503; after `drain_delay` no new connections; requests in flight and started mutations are finished,
    /// at most for `drain`.
    pub async fn stop(self) {
        self.ready.store(false, Ordering::Release);
        tracing::info!("draining");
        sleep(self.drain_delay).await;
        self.listeners.close();
        let finished = async {
            self.listeners.finished().await;
            self.places.all_free().await;
        };
        let complete = timeout(self.drain, finished).await.is_ok();
        self.listeners.cut();
        if let Some(admin) = &self.admin {
            admin.cut();
        }
        tracing::info!(complete, requests_cut = self.places.taken(), "stopped");
    }
}

/// Without a client everybody may call, so only this machine may reach the door.
fn refuse_strangers(config: &Config) -> io::Result<()> {
    let guarded = !config.clients.is_empty() || config.routes.iter().all(|route| route.open);
    let local = |listen: &Listen| match listen {
        Listen::Tcp(address) => address.ip().is_loopback(),
        Listen::Unix(_) => true,
    };
    if guarded || config.server.listen.iter().all(local) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "without clients the gateway listens on loopback or a unix socket only",
    ))
}

fn public_url(server: &Server, addresses: &[SocketAddr]) -> io::Result<String> {
    let bound = || addresses.first().map(|address| format!("http://{address}"));
    let missing = || io::Error::new(io::ErrorKind::InvalidInput, "server.public_url is needed behind a unix socket");
    server.public_url.clone().or_else(bound).ok_or_else(missing)
}

fn live_targets(config: &Config, public_url: &str, metrics: &Arc<Metrics>) -> io::Result<Vec<Arc<LiveTarget>>> {
    let roots = Roots::default();
    config.targets.iter().map(|target| live_target(target, public_url, metrics, &roots).map(Arc::new)).collect()
}

fn live_target(
    config: &Arc<TargetConfig>,
    public_url: &str,
    metrics: &Arc<Metrics>,
    roots: &Roots,
) -> io::Result<LiveTarget> {
    let http = transport(&config.upstream, LiveTarget::places(config), roots)?;
    Ok(LiveTarget::new(config, http, public_url, metrics))
}

/// The routes that lead to `targets`.
pub(crate) fn routes(config: &Config, public_url: &str, targets: &[Arc<LiveTarget>]) -> Vec<Arc<Route>> {
    let live = |wanted: &Arc<TargetConfig>| targets.iter().find(|live| Arc::ptr_eq(&live.config, wanted)).cloned();
    let built = config.routes.iter().filter_map(|route| {
        let base = format!("{public_url}{}", route.path);
        Some(Arc::new(Route {
            name: route.name.as_str().into(),
            host: route.host.clone(),
            segments: segments(&route.path).map(ToOwned::to_owned).collect(),
            base: base.trim_end_matches('/').to_owned(),
            target: live(&route.target)?,
            public_discovery: route.public_discovery,
            open: route.open,
        }))
    });
    built.collect()
}

async fn admin(address: Option<SocketAddr>, watched: Watched) -> io::Result<(Option<Listeners>, Option<SocketAddr>)> {
    let Some(address) = address else { return Ok((None, None)) };
    let bound = Bound::all(&[Listen::Tcp(address)]).await?;
    let address = bound.addresses().first().copied();
    Ok((Some(bound.serve(admin::service(watched), admin::CONNECTIONS)), address))
}

#[cfg(test)]
mod tests;
