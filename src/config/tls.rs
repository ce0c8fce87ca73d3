//! `[server.tls]`: the files are read and fitted together here, so that what is wrong with one of them is told by its name.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, RootCertStore, ServerConfig};

use super::table::Table;

/// TLS of the front door, complete.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    /// What rustls serves with.
    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        self.0.clone()
    }
}

impl fmt::Debug for Tls {
    /// Without what hangs on the private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// `[server.tls]`; `None` where it is absent, or wrong and reported.
pub(super) fn tls(table: &Table) -> Option<Tls> {
    if !table.is_present() {
        return None;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Each is looked at, so that all that is wrong is told in one run.
    let (chain, key, verifier) = (chain(table), key(table), verifier(table, &provider));
    let certified = certified(table, chain?, key?, &provider);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has the cipher suites of TLS 1.2 and 1.3")
        .with_client_cert_verifier(verifier?)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified?)));
    // No early data (its default): a request in it could be played again by whoever recorded it.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Some(Tls(Arc::new(config)))
}

fn chain(table: &Table) -> Option<Vec<CertificateDer<'static>>> {
    certificates(table, "certificate", table.text("certificate")?)
}

/// The certificates of a PEM file, at least one.
fn certificates(table: &Table, key: &str, path: &str) -> Option<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(table, key, path)?).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => return Some(certificates),
        Ok(_) => {
            table.problem(key, format!("{path} holds no certificate; must be PEM, with -----BEGIN CERTIFICATE-----"));
        }
        Err(error) => table.problem(key, format!("{path} is not PEM: {error}")),
    }
    None
}

fn bytes(table: &Table, key: &str, path: &str) -> Option<Vec<u8>> {
    std::fs::read(path).map_err(|error| table.problem(key, format!("cannot read {path}: {error}"))).ok()
}

fn key(table: &Table) -> Option<PrivateKeyDer<'static>> {
    let path = table.text("private_key")?;
    let message = match PrivateKeyDer::from_pem_slice(&bytes(table, "private_key", path)?) {
        Ok(key) => return Some(key),
        Err(pem::Error::NoItemsFound) => {
            format!("{path} holds no private key; must be PEM, with -----BEGIN PRIVATE KEY-----, not encrypted")
        }
        Err(error) => format!("{path} is not PEM: {error}"),
    };
    table.problem("private_key", message);
    None
}

/// Certificate and key, if they belong together.
fn certified(
    table: &Table,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Option<CertifiedKey> {
    let path = |key: &str| table.text(key).unwrap_or_default();
    let error = match CertifiedKey::from_der(chain, key, provider) {
        Ok(certified) => return Some(certified),
        Err(error) => error,
    };
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => table.problem(
            "private_key",
            format!("{} is not the key of the first certificate of {}", path("private_key"), path("certificate")),
        ),
        Error::InvalidCertificate(error) => {
            table.problem("certificate", format!("{}: the first certificate is wrong: {error:?}", path("certificate")));
        }
        error => table.problem("private_key", format!("{} is no key for TLS: {error}", path("private_key"))),
    }
    None
}

/// Who looks at client certificates: nobody, unless there is a `client_ca`.
fn verifier(table: &Table, provider: &Arc<CryptoProvider>) -> Option<Arc<dyn ClientCertVerifier>> {
    let required = table.text("client_certificates") == Some("required");
    let Some(path) = table.text("client_ca") else {
        if required {
            table.problem("client_certificates", "needs client_ca, the roots by which they are verified");
        }
        return Some(WebPkiClientVerifier::no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(table, "client_ca", path)? {
        if let Err(error) = roots.add(certificate) {
            table.problem("client_ca", format!("{path} holds a certificate that is no root: {error}"));
            return None;
        }
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|error| table.problem("client_ca", format!("{path}: {error}"))).ok()
}
