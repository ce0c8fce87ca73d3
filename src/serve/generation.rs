//! What one configuration makes; a reload makes another.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::config::{Config, Limits, Listen, Server, TargetConfig};
use crate::core::brake::Brakes;
use crate::core::lasting::Lasting;
use crate::core::path::segments;
use crate::core::route::Route;
use crate::front::concurrency::Places;
use crate::stack::{self, FrontService};
use crate::target::{LiveTarget, describe};
use crate::telemetry::Metrics;
use crate::upstream::{Roots, transport};

/// The stations as one configuration wants them. Requests that began in one generation end in it.
pub(super) struct Generation {
    /// What clients' requests go to.
    pub(super) front: FrontService,
    /// Its targets.
    pub(super) targets: Arc<[Arc<LiveTarget>]>,
    /// `[server.limits]`.
    pub(super) limits: Limits,
    /// Asks its targets how they describe themselves.
    pub(super) _descriptions: JoinSet<()>,
}

/// What all generations share.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) metrics: Arc<Metrics>,
    pub(super) places: Arc<Places>,
    pub(super) lasting: Arc<Lasting>,
}

impl Generation {
    /// The stations for `config` behind `addresses`; `before` is what they take the place of.
    ///
    /// # Errors
    /// The configuration lets strangers in, or TLS cannot be set up.
    pub(super) fn build(
        config: &Config,
        addresses: &[SocketAddr],
        common: &Common,
        before: Option<&Self>,
    ) -> io::Result<Self> {
        refuse_strangers(config)?;
        let public_url = public_url(&config.server, addresses)?;
        let before = before.map_or(&[][..], |before| &before.targets);
        let targets = live_targets(config, &public_url, &common.metrics, before)?;
        Ok(Self::of(config, &public_url, common, targets))
    }

    /// The stations for `config` in front of `targets`.
    pub(super) fn of(config: &Config, public_url: &str, common: &Common, targets: Vec<Arc<LiveTarget>>) -> Self {
        let Common { metrics, places, lasting } = common.clone();
        let limits = config.server.limits.clone();
        let access = config.server.access.clone();
        let routes: Arc<[Arc<Route>]> = routes(config, public_url, &targets, &lasting.brakes, &metrics).into();
        let clients = config.clients.iter().cloned().map(Arc::new).collect();
        let core = stack::core(clients, routes, &limits, lasting, metrics.clone());
        let front = stack::front(&limits, access, places, metrics, core);
        let descriptions = describe::start(&targets);
        Self { front, targets: targets.into(), limits, _descriptions: descriptions }
    }
}

impl Common {
    /// Sets what lasts to the bounds of a configuration that has come into force, with its targets.
    pub(super) fn follow(&self, config: &Config, targets: &[Arc<LiveTarget>]) {
        let braked = config.routes.iter().filter(|route| route.brake.is_some());
        self.lasting.brakes.keep(&braked.map(|route| route.name.clone()).collect::<Vec<_>>());
        targets.iter().for_each(|target| target.lasting.quota.change(&target.config.upstream));
        self.places.resize(config.server.limits.concurrency);
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
    let bound = || addresses.first().map(|address| format!("{}://{address}", server.scheme()));
    let missing = || io::Error::new(io::ErrorKind::InvalidInput, "server.public_url is needed behind a unix socket");
    server.public_url.clone().or_else(bound).ok_or_else(missing)
}

/// The targets of `config`; `before` holds those of before a reload.
pub(super) fn live_targets(
    config: &Config,
    public_url: &str,
    metrics: &Arc<Metrics>,
    before: &[Arc<LiveTarget>],
) -> io::Result<Vec<Arc<LiveTarget>>> {
    let roots = Roots::default();
    let live = |target: &Arc<TargetConfig>| {
        let before = before.iter().find(|before| *before.name == target.target.settings.name);
        let http = transport(&target.upstream, LiveTarget::places(target), &roots)?;
        Ok(Arc::new(LiveTarget::new(target, http, public_url, metrics, before.map(|before| &**before))))
    };
    config.targets.iter().map(live).collect()
}

/// The routes that lead to `targets`.
pub(crate) fn routes(
    config: &Config,
    public_url: &str,
    targets: &[Arc<LiveTarget>],
    brakes: &Brakes,
    metrics: &Arc<Metrics>,
) -> Vec<Arc<Route>> {
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
            rules: route.rules.clone(),
            brake: route.brake.map(|limit| brakes.of(&route.name, limit, metrics)),
        }))
    });
    built.collect()
}
