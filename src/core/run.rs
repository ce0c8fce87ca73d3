//! Carries an operation out: the machine says which call is next, the target's service makes it.

use std::sync::Arc;

use scimux_adapters::{Failure, Next, Outcome, Run};

use super::{Context, CoreError, Failed, Job, guard, proof};
use crate::stack::Stage;
use crate::target::{Asked, CallError, Heard};

/// Drives one operation to its end.
///
/// # Errors
/// The gateway's refusal, or the vendor's failure with its context.
pub(crate) async fn run(job: Job) -> Result<Outcome, CoreError> {
    let Job { context, operation } = job;
    let (name, ends_with_client) = (operation.action.name(), !guard::is_mutation(&operation.action));
    let mut notes = Vec::new();
    let (mut run, mut next) = Run::start(operation, context.known.clone());
    loop {
        context.trace.record.show(&run);
        if matches!(next, Next::Done(_)) {
            learn(&run, &context);
        }
        match next {
            Next::Send(call) => {
                let (target, trace) = (context.known.clone(), context.trace.clone());
                let asked = Asked { call: Arc::new(call), target, trace, ends_with_client };
                let got = match context.target().service.pass(asked).await {
                    Ok(Heard { answer, notes: more }) => {
                        notes.extend(more);
                        Ok(answer)
                    }
                    Err(CallError::Refused(error)) => return Err(error.into()),
                    Err(CallError::Vendor(error)) => Err(proof::check(error, &context).await),
                };
                next = run.resume(got);
            }
            Next::Done(Ok(mut outcome)) => {
                outcome.notes.extend(notes);
                return Ok(outcome);
            }
            Next::Done(Err(failure)) => return Err(tell(failure, name, &context)),
        }
    }
}

/// What the operation found lacking is kept for the next ones.
fn learn(run: &Run, context: &Context) {
    let target = context.target();
    for lack in run.learned() {
        let (endpoint, method) = (lack.endpoint.as_str(), lack.method.as_str());
        tracing::debug!(target: "scimux::target", target = &*target.name, endpoint, method, status = lack.status, "method lacking");
    }
    target.lasting.knowledge.learn(run.learned());
}

fn tell(failure: Failure, operation: &'static str, context: &Context) -> CoreError {
    match failure {
        Failure::Refused(error) => error.into(),
        Failure::Vendor { error, done } => {
            CoreError::Failed(Box::new(Failed { error, done, operation, route: context.route.clone() }))
        }
    }
}
