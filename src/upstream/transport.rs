//! Sends one request to a vendor and reads the whole answer, within bounds of time and size.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::Uri;
use http::uri::Scheme;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use scimux_adapters::{VendorError, VendorErrorKind};
use tokio::time::{Duration, timeout};
use tower::service_fn;
use tower::util::BoxCloneSyncService;

use super::connect::{Connector, Roots};
use super::pool::{Failure, Pool};
use crate::config::Upstream;

/// HTTP to one target.
pub(crate) type HttpService = BoxCloneSyncService<http::Request<Bytes>, http::Response<Bytes>, VendorError>;

/// A transport that reaches the schemes and authorities of `places` and nothing else. It never follows a redirect and
/// never decompresses.
///
/// # Errors
/// TLS or the proxy cannot be set up.
pub(crate) fn transport(upstream: &Upstream, places: Vec<Uri>, roots: &Roots) -> io::Result<HttpService> {
    let encrypted = places.iter().any(|place| place.scheme() == Some(&Scheme::HTTPS));
    let connector = Connector::new(upstream, encrypted, roots)?;
    let pool = |place: &Uri| Arc::new(Pool::new(place, connector.clone(), upstream.concurrency));
    let pools = places.iter().map(pool).collect();
    let sender = Arc::new(Sender { pools, limit: upstream.timeout, most: upstream.response_bytes });
    Ok(BoxCloneSyncService::new(service_fn(move |request| sender.send(request))))
}

struct Sender {
    pools: Vec<Arc<Pool>>,
    limit: Duration,
    most: usize,
}

impl Sender {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> impl Future<Output = Result<http::Response<Bytes>, VendorError>> + use<> {
        let (limit, most) = (self.limit, self.most);
        let pool = self.pools.iter().find(|pool| pool.reaches(request.uri()));
        let sent = pool.map(|pool| (pool.clone(), pool.send(request.map(Full::new))));
        async move {
            let Some((pool, answer)) = sent else {
                return Err(failed(VendorErrorKind::Unreachable).with_hint("the call is not for this target's host"));
            };
            let whole = async {
                let (answer, connection) = answer.await.map_err(told)?;
                let answer = read(answer, most).await?;
                if let Some(connection) = connection {
                    pool.give_back(connection);
                }
                Ok(answer)
            };
            timeout(limit, whole).await.unwrap_or_else(|_| Err(failed(VendorErrorKind::TimedOut)))
        }
    }
}

async fn read(answer: http::Response<Incoming>, most: usize) -> Result<http::Response<Bytes>, VendorError> {
    let (head, body) = answer.into_parts();
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(http::Response::from_parts(head, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            let hint = format!("it is longer than the {most} bytes of `response_bytes`");
            let error = VendorError { status: Some(head.status.as_u16()), ..failed(VendorErrorKind::NotUnderstood) };
            Err(error.with_hint(hint))
        }
        Err(_) => Err(failed(VendorErrorKind::BrokenOff)),
    }
}

fn failed(kind: VendorErrorKind) -> VendorError {
    VendorError::new(kind)
}

/// Only a failure to connect proves that no byte of the request reached the vendor.
fn told(failure: Failure) -> VendorError {
    let (kind, error) = match failure {
        Failure::Connecting(error) => (VendorErrorKind::Unreachable, error),
        Failure::Broken(error) => (VendorErrorKind::BrokenOff, error),
    };
    tracing::debug!(error = describe(&*error), "call to a vendor failed");
    failed(kind)
}

fn describe(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
