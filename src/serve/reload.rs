//! Another configuration while the gateway runs.

use std::sync::Arc;

use super::Shared;
use super::generation::Generation;
use crate::config::{Config, Problem, Source};
use crate::telemetry::{self, supervisor};

/// Loads the configuration of a gateway again.
#[derive(Clone, Debug)]
pub struct Reloader(pub(super) Arc<Shared>);

impl Reloader {
    /// Reads the configuration again, with its secrets and certificates, and puts it in force: requests under way end in
    /// the old one, no connection is closed but those of listeners that are no longer wanted. Says what came of it in the
    /// log, and returns the warnings.
    ///
    /// # Errors
    /// Every problem; the configuration in force stays.
    pub async fn reload(self) -> Result<Vec<Problem>, Vec<Problem>> {
        // In a task of its own: who asked may go away, and half a reload is none.
        let stopping = |_| Err(vec![Problem::of("", STOPPING)]);
        tokio::spawn(self.begun()).await.unwrap_or_else(stopping)
    }

    async fn begun(self) -> Result<Vec<Problem>, Vec<Problem>> {
        let _alone = self.0.reloading.lock().await;
        supervisor::reloading();
        let done = self.0.clone().load().await;
        match &done {
            Ok(warnings) => {
                warnings.iter().for_each(telemetry::warn);
                tracing::info!("configuration reloaded");
            }
            Err(problems) => {
                for Problem { origin, key, message } in problems {
                    tracing::error!(origin, key, problem = message, "configuration problem");
                }
                tracing::error!(problems = problems.len(), "configuration not reloaded, the old one stays in force");
            }
        }
        self.0.common.metrics.reload(done.is_ok());
        supervisor::reloaded(done.is_ok());
        done
    }
}

impl Shared {
    async fn load(self: Arc<Self>) -> Result<Vec<Problem>, Vec<Problem>> {
        let Some(source) = self.source.clone() else {
            return Err(vec![Problem::of("", "this gateway was started without a file to reload")]);
        };
        let reading = source.clone();
        // Files may be slow, on a network for instance.
        let (config, warnings) = blocking(move || reading.load()).await.unwrap_or_else(|| Err(ended(&source)))?;
        self.put_in_force(config).await.map_err(|message| vec![source.problem(message)])?;
        Ok(warnings)
    }

    async fn put_in_force(self: Arc<Self>, config: Config) -> Result<(), String> {
        let opening = self.doors.bind(&config).await.map_err(|error| error.to_string())?;
        let addresses = opening.addresses();
        let (config, building) = (Arc::new(config), self.clone());
        let built = config.clone();
        let build = move || Generation::build(&built, &addresses, &building.common, Some(&**building.now.load()));
        let generation = match blocking(build).await {
            Some(built) => built.map_err(|error| error.to_string())?,
            None => return Err(STOPPING.to_owned()),
        };
        let targets = generation.targets.clone();
        self.now.store(Arc::new(generation));
        self.common.follow(&config, &targets);
        self.doors.take_as(&config.server);
        telemetry::change(&config.log);
        if self.open(opening) { Ok(()) } else { Err(STOPPING.to_owned()) }
    }
}

const STOPPING: &str = "the gateway stops";

fn ended(source: &Source) -> Vec<Problem> {
    vec![source.problem(STOPPING)]
}

/// Runs what may block; `None` if it cannot be, as at the process's end.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}
