//! What a service manager that waits for it is told (systemd's `sd_notify`); without one nothing happens.

use sd_notify::NotifyState::{self, Ready, Reloading, Status, Stopping, Watchdog};
use tokio::time::interval;

/// The gateway takes requests. From now on the watchdog is fed, if there is one: by a task like every other, so that it
/// starves when no task gets on any more.
pub(crate) fn ready() {
    tell(&[Ready, Status("serving")]);
    if let Some(patience) = sd_notify::watchdog_enabled() {
        tokio::spawn(async move {
            let mut beat = interval(patience / 3);
            loop {
                beat.tick().await;
                tell(&[Watchdog]);
            }
        });
    }
}

/// A reload begins; [`reloaded`] must follow.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[Reloading, now]),
        Err(error) => tracing::warn!(%error, "cannot tell the service manager"),
    }
}

/// The reload has ended, one way or the other.
pub(crate) fn reloaded(done: bool) {
    let status = if done { "serving" } else { "configuration not reloaded, the old one stays in force" };
    tell(&[Ready, Status(status)]);
}

/// The gateway drains.
pub(crate) fn stopping() {
    tell(&[Stopping, Status("draining")]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "cannot tell the service manager");
    }
}
