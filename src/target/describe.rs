//! Asks service providers how they describe themselves (RFC 7644 section 4), and again from time to time.

use std::sync::Arc;

use scimux_adapters::{Answer, Call, CallKind, Documents, Repeat, Target, VendorError, VendorErrorKind};
use scimux_scim::Object;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};
use tower::ServiceExt;

use super::knowledge::Knowledge;
use super::{Asked, CallError, Heard, LiveTarget, Trace};
use crate::config::Auth;

/// How long a description is believed before it is asked for again.
const REFRESH: Duration = Duration::from_secs(3600);
/// The first pause after a failure; it doubles up to [`REFRESH`].
const PAUSE: Duration = Duration::from_secs(30);

/// Keeps what the targets say of themselves up to date for as long as what is returned lives.
pub(crate) fn start(targets: &[Arc<LiveTarget>]) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for target in targets.iter().filter(|target| can_be_asked(target)) {
        target.lasting.knowledge.is_being_asked();
        let watch = Watch(target.lasting.knowledge.clone());
        tasks.spawn(keep(target.clone(), watch));
    }
    tasks
}

/// Where the credential is the client's, there is none to ask with.
pub(crate) fn can_be_asked(target: &LiveTarget) -> bool {
    target.config.target.describes_itself() && !matches!(target.config.auth, Auth::Passthrough)
}

/// Lets go those who wait, also when the task is ended.
struct Watch(Arc<Knowledge>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.has_been_asked();
    }
}

async fn keep(live: Arc<LiveTarget>, watch: Watch) {
    let mut pause = PAUSE;
    loop {
        let asked = ask(&live).await;
        let next = if asked.is_ok() { REFRESH } else { pause };
        pause = if asked.is_ok() { PAUSE } else { REFRESH.min(pause * 2) };
        match asked {
            Ok(documents) => watch.0.describe(documents),
            Err(error) => watch.0.not_described(error.to_string()),
        }
        watch.0.has_been_asked();
        sleep(next).await;
    }
}

/// All that the provider says of itself.
///
/// # Errors
/// It cannot be asked now.
pub(crate) async fn ask(live: &LiveTarget) -> Result<Documents, VendorError> {
    let target = live.lasting.knowledge.target();
    Ok(Documents {
        provider: document(live, &target, "/ServiceProviderConfig").await?,
        types: document(live, &target, "/ResourceTypes").await?,
        schemas: document(live, &target, "/Schemas").await?,
    })
}

/// One document; `None` if the provider has none.
async fn document(live: &LiveTarget, target: &Arc<Target>, endpoint: &str) -> Result<Option<Object>, VendorError> {
    let kind = CallKind::Document;
    let call =
        Arc::new(Call { endpoint: endpoint.to_owned(), kind, repeat: Repeat::Safe, if_match: None, is_shown: false });
    let trace = Trace { record: Arc::default(), traceparent: None, authorization: None };
    match live.service.clone().oneshot(Asked { call, target: target.clone(), trace, ends_with_client: false }).await {
        Ok(Heard { answer: Answer::Resource(document), .. }) => Ok(Some(document)),
        Err(CallError::Vendor(error)) if !has_none(&error) => Err(error),
        Ok(_) | Err(_) => Ok(None),
    }
}

/// Whether a failure says that the provider has no such document, rather than that it cannot be asked now.
pub(crate) fn has_none(error: &VendorError) -> bool {
    let refused = |status: u16| matches!(status, 400 | 403 | 404 | 405 | 406 | 410 | 501);
    error.kind == VendorErrorKind::NotUnderstood || error.status.is_some_and(refused)
}

#[cfg(test)]
mod tests;
