//! What lasts longer than one configuration.

use tokio::sync::watch;

use super::attempts::Attempts;
use super::brake::Brakes;
use super::lock::Locks;

/// Kept over every reload, and shared by the old configuration and the new one while requests of both are under way.
#[derive(Debug, Default)]
pub(crate) struct Lasting {
    /// Who changes which resource now.
    pub(crate) locks: Locks,
    /// Who failed to be somebody.
    pub(crate) attempts: Attempts,
    /// Who has lost access within the last hour.
    pub(crate) brakes: Brakes,
    broken_off: watch::Sender<bool>,
}

impl Lasting {
    /// Breaks off every mutation that is under way; none is taken up any more.
    pub(crate) fn break_off(&self) {
        self.broken_off.send_replace(true);
    }

    /// Carries `work` out unless it is broken off before its end.
    pub(super) async fn unless_broken_off<F: Future>(&self, work: F) -> Option<F::Output> {
        let mut watching = self.broken_off.subscribe();
        tokio::select! {
            biased;
            // It fails only without a sender, and that is borrowed here.
            _ = watching.wait_for(|broken_off| *broken_off) => None,
            done = work => Some(done),
        }
    }
}
