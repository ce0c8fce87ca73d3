//! The running gateway.

mod doors;
mod generation;
mod probe;
mod reload;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use tokio::time::{Duration, sleep, timeout};

use crate::admin::control::{Change, Changed};
use crate::admin::{self, Watched};
use crate::config::{Config, Problem, Source};
use crate::core::brake::{Brakes, Released};
use crate::front::Request;
use crate::front::concurrency::Places;
use crate::stack::{FrontService, Stage, relay};
use crate::telemetry::{self, Metrics};
use doors::{Doors, Role};
use generation::{Common, Generation};

pub(crate) use generation::routes;
pub use probe::{Probed, probe};
pub use reload::Reloader;

/// For those whose time to drain is over: they are dropped at once, and only what they leave behind takes a moment.
const MOMENT: Duration = Duration::from_secs(1);

/// A gateway that runs until it is stopped. Dropping it cuts everything off at once.
#[derive(Debug)]
pub struct Gateway(Arc<Shared>);

/// What outlasts every configuration.
struct Shared {
    ready: AtomicBool,
    common: Common,
    doors: Doors,
    now: ArcSwap<Generation>,
    source: Option<Source>,
    /// One reload at a time.
    reloading: tokio::sync::Mutex<()>,
}

impl Gateway {
    /// Binds the listeners and begins to serve. From `source` the configuration can be loaded again.
    ///
    /// # Errors
    /// An address cannot be bound, or TLS cannot be set up.
    pub async fn start(config: Config, source: Option<Source>) -> io::Result<Self> {
        telemetry::init(&config.log);
        let requests = config.server.limits.concurrency;
        let places = Arc::new(Places::new(requests));
        let common = Common { metrics: Arc::new(Metrics::new()), places, lasting: Arc::default() };
        let doors = Doors::new(&config.server);
        let opening = doors.bind(&config).await?;
        let now = ArcSwap::from_pointee(Generation::build(&config, &opening.addresses(), &common, None)?);
        let (ready, reloading) = (AtomicBool::new(false), tokio::sync::Mutex::default());
        let shared = Arc::new(Shared { ready, common, doors, now, source, reloading });
        shared.open(opening);
        shared.ready.store(true, Ordering::Release);
        Ok(Self(shared))
    }

    /// The TCP addresses bound for the front door, in the order of the configuration.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.doors.addresses(Role::Front)
    }

    /// The admin address bound.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.0.doors.addresses(Role::Watch).first().copied()
    }

    /// What loads the configuration again.
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        Reloader(self.0.clone())
    }

    /// `/readyz` turns 503; after `drain_delay` no new connections; requests in flight and started mutations are finished,
    /// at most for `drain`. What is not finished then is broken off, and each mutation's audit line says so.
    pub async fn stop(self) {
        let shared = &self.0;
        shared.ready.store(false, Ordering::Release);
        tracing::info!("draining");
        let limits = shared.now.load().limits.clone();
        sleep(limits.drain_delay).await;
        let shut = shared.doors.shut();
        let places = &shared.common.places;
        let finished = async {
            shut.finished().await;
            places.all_free().await;
        };
        let complete = timeout(limits.drain, finished).await.is_ok();
        let requests_cut = places.taken();
        drop(shut);
        shared.common.lasting.break_off();
        let _ = timeout(MOMENT, places.all_free()).await;
        tracing::info!(complete, requests_cut, "stopped");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Connections hold what is shared here, so that it would not end by itself.
        drop(self.0.doors.shut());
    }
}

impl Shared {
    /// Serves the sockets bound, and no others any more; false if the gateway stops.
    fn open(self: &Arc<Self>, opening: doors::Opening) -> bool {
        self.doors.change(opening, self.now.load().limits.drain, |role| self.clone().behind(role))
    }

    /// What stands behind the doors of a role, whichever configuration is in force.
    fn behind(self: Arc<Self>, role: Role) -> FrontService {
        match role {
            Role::Front => relay(move |request: Request| self.now.load().front.pass(request)),
            Role::Watch => admin::service(move || self.watched()),
            Role::Control => {
                let changing = self.clone();
                admin::control::service(move || self.watched(), move |change| changing.clone().carry_out(change))
            }
        }
    }

    async fn carry_out(self: Arc<Self>, change: Change) -> Changed {
        match change {
            Change::Reload => {
                let done = Reloader(self).reload().await;
                let line = |problem: &Problem| match done {
                    Ok(_) => format!("warning: {problem}"),
                    Err(_) => problem.to_string(),
                };
                let (Ok(problems) | Err(problems)) = &done;
                Changed { done: done.is_ok(), said: problems.iter().map(line).collect() }
            }
            Change::Release(route) => release(&self.common.lasting.brakes, &route),
        }
    }

    fn watched(&self) -> Watched {
        Watched {
            ready: self.ready.load(Ordering::Acquire),
            metrics: self.common.metrics.clone(),
            in_flight: self.common.places.taken(),
            targets: self.now.load().targets.clone(),
        }
    }
}

fn release(brakes: &Brakes, route: &str) -> Changed {
    let Some(Released { was_engaged, limit }) = brakes.release(route) else {
        let names = brakes.routes().join(", ");
        let known = if names.is_empty() { "no route has one".to_owned() } else { format!("those have: {names}") };
        return Changed { done: false, said: vec![format!("route {route} has no safety brake; {known}")] };
    };
    let was = if was_engaged { "released" } else { "was not engaged; counted from zero again" };
    let line =
        format!("safety brake of route {route}: {was}; {limit} deletes and deactivations may follow within an hour");
    Changed { done: true, said: vec![line] }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("ready", &self.ready).field("doors", &self.doors).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
