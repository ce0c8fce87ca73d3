//! Connections to one vendor: TCP, through a proxy where there is one, then TLS where the URL says so.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};
use tower::Service;

use crate::config::Upstream;
use crate::front::BoxError;

type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// The roots every target trusts, read when the first one needs them: a gateway in front of plain HTTP needs none.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    system: OnceLock<RootCertStore>,
}

impl Roots {
    /// The system's roots, or Mozilla's where the system has none (a container from scratch).
    fn system(&self) -> RootCertStore {
        let load = || {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
            roots
        };
        self.system.get_or_init(load).clone()
    }

    fn with(&self, further: Option<&[u8]>) -> io::Result<RootCertStore> {
        let mut roots = self.system();
        for certificate in further.into_iter().flat_map(CertificateDer::pem_slice_iter) {
            let certificate = certificate.map_err(invalid)?;
            roots.add(certificate).map_err(invalid)?;
        }
        Ok(roots)
    }
}

fn invalid(error: impl Into<BoxError>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

/// Connects within a bound of time, the TLS handshake included: a vendor that accepts and then says nothing has not seen
/// a byte of the request.
#[derive(Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<Dial>,
    limit: Duration,
}

/// A TCP connection to the vendor or to its proxy.
#[derive(Clone, Debug)]
enum Dial {
    Direct(HttpConnector),
    Proxied(Tunnel<HttpConnector>),
}

impl Connector {
    /// A connector as `[targets.NAME.upstream]` says.
    ///
    /// # Errors
    /// `ca_file` holds no certificates, or the proxy is none.
    pub(crate) fn new(upstream: &Upstream, encrypted: bool, roots: &Roots) -> io::Result<Self> {
        let further = upstream.ca_file.as_ref().map(|(_, pem)| pem.as_slice());
        let trusted = if encrypted { roots.with(further)? } else { RootCertStore::empty() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(invalid)?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let dial = Dial::new(upstream)?;
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(dial);
        Ok(Self { https, limit: upstream.connect_timeout })
    }
}

impl Dial {
    fn new(upstream: &Upstream) -> io::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(upstream.connect_timeout));
        let Some(proxy) = &upstream.proxy else { return Ok(Self::Direct(tcp)) };
        if proxy.scheme_str().is_some_and(|scheme| scheme != "http") {
            return Err(invalid("a proxy is spoken to over plain http, which then carries TLS to the vendor"));
        }
        let tunnel = Tunnel::new(proxy.clone(), tcp);
        Ok(Self::Proxied(match proxy_credential(proxy) {
            Some(credential) => tunnel.with_auth(credential),
            None => tunnel,
        }))
    }
}

/// `user:password@` of the proxy's URL.
fn proxy_credential(proxy: &Uri) -> Option<HeaderValue> {
    let (user, _) = proxy.authority()?.as_str().rsplit_once('@')?;
    let plain: Vec<u8> = percent_decode_str(user).collect();
    HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(plain))).ok()
}

/// The tunnel takes a URL without port for one of TLS.
fn with_port(to: Uri) -> Uri {
    match (to.scheme_str(), to.host(), to.port()) {
        (Some("http"), Some(host), None) => format!("http://{host}:80").parse().unwrap_or(to),
        _ => to,
    }
}

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Direct(tcp) => tcp.poll_ready(context).map_err(Into::into),
            Self::Proxied(tunnel) => tunnel.poll_ready(context).map_err(Into::into),
        }
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        match self {
            Self::Direct(tcp) => {
                let connecting = tcp.call(to);
                Box::pin(async move { Ok(connecting.await?) })
            }
            Self::Proxied(tunnel) => {
                let connecting = tunnel.call(with_port(to));
                Box::pin(async move { Ok(connecting.await?) })
            }
        }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = timeout(self.limit, self.https.call(to));
        Box::pin(async move { connecting.await? })
    }
}
