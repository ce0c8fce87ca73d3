//! From the client's request to a canonical operation, and from its outcome to the client's answer.

use scimux_adapters::Outcome;
use tower::Layer;
use tower::layer::layer_fn;

use super::body::Whole;
use super::decode::decode;
use super::encode::encode;
use super::{CoreError, Job};
use crate::front::Response;
use crate::stack::{Stage, station};

/// Decodes requests and encodes outcomes.
pub(crate) fn layer<S>() -> impl Layer<S, Service: Stage<Whole, Response, CoreError>>
where
    S: Stage<Job, Outcome, CoreError>,
{
    layer_fn(|inner: S| {
        station(move |whole: Whole| {
            let begun = decode(whole).map(|(job, view)| (inner.pass(job), view));
            async move {
                let (outcome, view) = begun?;
                encode(outcome.await?, &view)
            }
        })
    })
}
