//! Sends one request to a vendor and reads the whole answer, within bounds of time and size.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Scheme};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use scimux_adapters::{VendorError, VendorErrorKind};
use tokio::time::{Duration, timeout};
use tower::service_fn;
use tower::util::BoxCloneSyncService;

use super::connect::{Connector, Roots};
use crate::config::Upstream;

/// HTTP to one target.
pub(crate) type HttpService = BoxCloneSyncService<http::Request<Bytes>, http::Response<Bytes>, VendorError>;

/// Shorter than what vendors keep idle connections: a change sent on one that the vendor is just closing has an outcome
/// that nobody knows.
const IDLE: Duration = Duration::from_secs(20);

/// A transport that reaches the schemes and authorities of `places` and nothing else. It never follows a redirect and
/// never decompresses.
///
/// # Errors
/// TLS or the proxy cannot be set up.
pub(crate) fn transport(upstream: &Upstream, places: Vec<Uri>, roots: &Roots) -> io::Result<HttpService> {
    let encrypted = places.iter().any(|place| place.scheme() == Some(&Scheme::HTTPS));
    let connector = Connector::new(upstream, encrypted, roots)?;
    let client = Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(upstream.concurrency)
        .http2_adaptive_window(true)
        .build(connector);
    let sender = Arc::new(Sender { client, places, limit: upstream.timeout, most: upstream.response_bytes });
    Ok(BoxCloneSyncService::new(service_fn(move |request| {
        let sender = sender.clone();
        async move { sender.send(request).await }
    })))
}

struct Sender {
    client: Client<Connector, Full<Bytes>>,
    places: Vec<Uri>,
    limit: Duration,
    most: usize,
}

impl Sender {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, VendorError> {
        if !self.may_reach(request.uri()) {
            return Err(failed(VendorErrorKind::Unreachable).with_hint("the call is not for this target's host"));
        }
        let late = |_| Err(failed(VendorErrorKind::TimedOut));
        timeout(self.limit, self.exchange(request)).await.unwrap_or_else(late)
    }

    fn may_reach(&self, uri: &Uri) -> bool {
        // Mostly they are the same to the letter.
        let same_authority = |place: &Uri| place.authority() == uri.authority() || authority(place) == authority(uri);
        let same = |place: &&Uri| place.scheme() == uri.scheme() && same_authority(place);
        self.places.iter().any(|place| same(&place))
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, VendorError> {
        let (head, body) = self.client.request(request.map(Full::new)).await.map_err(told)?.into_parts();
        match Limited::new(body, self.most).collect().await {
            Ok(body) => Ok(http::Response::from_parts(head, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => {
                let hint = format!("it is longer than the {} bytes of `response_bytes`", self.most);
                let error =
                    VendorError { status: Some(head.status.as_u16()), ..failed(VendorErrorKind::NotUnderstood) };
                Err(error.with_hint(hint))
            }
            Err(_) => Err(failed(VendorErrorKind::BrokenOff)),
        }
    }
}

fn authority(uri: &Uri) -> Option<String> {
    let default = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let with_port =
        |own: &Authority| format!("{}:{}", own.host().to_ascii_lowercase(), own.port_u16().unwrap_or(default));
    uri.authority().map(with_port)
}

fn failed(kind: VendorErrorKind) -> VendorError {
    VendorError::new(kind)
}

/// Only a failure to connect proves that no byte of the request reached the vendor.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn told(error: hyper_util::client::legacy::Error) -> VendorError {
    tracing::debug!(error = describe(&error), "call to a vendor failed");
    failed(if error.is_connect() { VendorErrorKind::Unreachable } else { VendorErrorKind::BrokenOff })
}

fn describe(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
