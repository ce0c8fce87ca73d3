//! Asking each target once whether it answers, for `scimux check --targets`.

use std::io;
use std::sync::Arc;

use futures_util::future::join_all;
use scimux_adapters::{Action, Conditions, Failure, Next, Operation, Reply, Run, VendorError, VendorErrorKind};
use scimux_scim::ListQuery;
use tower::ServiceExt;

use super::generation::live_targets;
use crate::config::{Auth, Config};
use crate::target::{Asked, CallError, LiveTarget, Trace, describe};
use crate::telemetry::Metrics;

/// What came of asking one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The target's name.
    pub target: String,
    /// Whether it answered as it should.
    pub well: bool,
    /// What it answered, or why it did not, and what to look at.
    pub text: String,
}

/// Logs in to every target, asks for its own description where it has one, and reads one page of its first resource type, in
/// parallel.
///
/// # Errors
/// TLS cannot be set up.
pub async fn probe(config: &Config) -> io::Result<Vec<Probed>> {
    let targets = live_targets(config, "", &Arc::new(Metrics::new()), &[])?;
    Ok(join_all(targets.iter().map(|target| one(target))).await)
}

async fn one(target: &LiveTarget) -> Probed {
    let (well, text) = match &target.config.auth {
        Auth::Passthrough => (true, "not asked: the credential is the client's".to_owned()),
        _ => match ask(target).await {
            Ok(text) => (true, text),
            Err(text) => (false, text),
        },
    };
    Probed { target: target.name.to_string(), well, text }
}

async fn ask(target: &LiveTarget) -> Result<String, String> {
    if describe::can_be_asked(target) {
        match describe::ask(target).await {
            Ok(documents) => target.lasting.knowledge.describe(documents),
            Err(error) => target.lasting.knowledge.not_described(error.to_string()),
        }
    }
    let canonical = &target.lasting.knowledge.target();
    let Some(served) = canonical.types.first() else { return Ok("it has no resource type to ask for".to_owned()) };
    let query = ListQuery { count: Some(1), ..ListQuery::default() };
    let (endpoint, action) = (served.canonical.endpoint.clone(), Action::List(Box::new(query)));
    // No create, so that it is of no account when it was asked.
    let operation = Operation {
        endpoint,
        action,
        asked_at: 0,
        wants_resource: true,
        wants_default: false,
        conditions: Conditions::default(),
    };
    let (mut run, mut next) = Run::start(operation, canonical.clone());
    let trace = Trace { record: Arc::default(), traceparent: None, authorization: None };
    loop {
        match next {
            Next::Send(call) => {
                let (known, trace) = (canonical.clone(), trace.clone());
                let asked = Asked { call: Arc::new(call), target: known, trace, ends_with_client: true };
                let got = match target.service.clone().oneshot(asked).await {
                    Ok(heard) => Ok(heard.answer),
                    Err(CallError::Vendor(error)) => Err(error),
                    Err(CallError::Refused(error)) => return Err(error.to_string()),
                };
                next = run.resume(got);
            }
            Next::Done(Ok(outcome)) => return Ok(answered(&outcome.reply, &served.canonical.endpoint) + &own(target)),
            Next::Done(Err(Failure::Vendor { error, .. })) => return Err(failed(&error)),
            Next::Done(Err(Failure::Refused(error))) => return Err(error.to_string()),
        }
    }
}

/// The types by the provider's own description, where it gave one.
fn own(target: &LiveTarget) -> String {
    let description = target.lasting.knowledge.description();
    if description.at.is_none() {
        let failure = description.failure.map(|(_, why)| format!("; its own description cannot be read: {why}"));
        return failure.unwrap_or_default();
    }
    let known = target.lasting.knowledge.target();
    let names: Vec<&str> = known.types.iter().map(|served| served.canonical.name.as_str()).collect();
    format!("; with its own description it serves {}", names.join(", "))
}

fn answered(reply: &Reply, endpoint: &str) -> String {
    match reply {
        Reply::Page(page) => match page.total_results {
            Some(total) => format!("answers: {total} in {endpoint}"),
            None => format!("answers: {} on the first page of {endpoint}", page.len()),
        },
        _ => "answers".to_owned(),
    }
}

/// What went wrong, what to look at, and the vendor's own words, which only the operator at the terminal sees.
fn failed(error: &VendorError) -> String {
    let advice = match error.kind {
        VendorErrorKind::LoginRefused => "the login is refused; check user name, password and client of auth",
        VendorErrorKind::CredentialRefused => "the credential is refused; check auth",
        VendorErrorKind::Forbidden => "the credential may not read; check its rights at the vendor",
        VendorErrorKind::NotFound | VendorErrorKind::WrongTarget | VendorErrorKind::NotUnderstood => {
            "no SCIM list there; check base_url, tenant and version"
        }
        VendorErrorKind::Unreachable | VendorErrorKind::BrokenOff => {
            "no connection; check base_url, proxy, ca_file and the network"
        }
        VendorErrorKind::TimedOut => "no answer in time; check the network, or raise upstream.timeout_secs",
        _ => "the vendor fails",
    };
    let words = [error.hint.as_deref(), error.text.as_deref()].into_iter().flatten().map(|words| format!("; {words}"));
    format!("{advice} ({error}{})", words.collect::<String>())
}
