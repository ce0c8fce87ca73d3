//! `[targets.*.upstream]`.

use std::path::PathBuf;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::secrets::Secrets;
use super::table::Table;
use super::{Environment, Upstream, urls};

/// The bounds of the calls to a target; `None` where something reported keeps it from being built.
pub(super) fn upstream(target: &Table, base_url: Option<&Uri>, secrets: Secrets) -> Option<Upstream> {
    let table = target.section("upstream");
    // It is needed to connect, as secrets are.
    let ca_file = if secrets.withhold { Some(None) } else { ca_file(&table) };
    let proxy = proxy(&table, base_url, secrets.environment);
    Some(Upstream {
        timeout: table.seconds("timeout_secs"),
        connect_timeout: table.seconds("connect_timeout_secs"),
        retries: table.count("retries"),
        concurrency: table.size("concurrency"),
        rate_per_sec: table.integer("rate_per_sec"),
        response_bytes: table.size("response_bytes"),
        ca_file: ca_file?,
        proxy: proxy?,
    })
}

/// `ca_file`, read and looked into.
#[allow(clippy::option_option)] // outer: whether it is in order, inner: whether it is there
fn ca_file(table: &Table) -> Option<Option<(PathBuf, Vec<u8>)>> {
    let Some(path) = table.text("ca_file") else { return Some(None) };
    let message = match std::fs::read(path) {
        Ok(bytes) => match certificates(&bytes) {
            Ok(1..) => return Some(Some((PathBuf::from(path), bytes))),
            Ok(_) => format!("{path} holds no certificate; must be PEM, with -----BEGIN CERTIFICATE-----"),
            Err(error) => format!("{path} is not PEM: {error}"),
        },
        Err(error) => format!("cannot read {path}: {error}"),
    };
    table.problem("ca_file", message);
    None
}

fn certificates(bytes: &[u8]) -> Result<usize, rustls::pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(bytes).try_fold(0, |count, certificate| certificate.map(|_| count + 1))
}

/// The proxy for a target: its own, else what the environment says.
#[allow(clippy::option_option)] // as above
fn proxy(table: &Table, base_url: Option<&Uri>, environment: &Environment) -> Option<Option<Uri>> {
    if table.has("proxy") {
        let uri = urls::any(table, "proxy")?;
        if uri.scheme_str() != Some("http") || uri.path() != "/" {
            table.problem(
                "proxy",
                "must be http://host:port; the way through it is encrypted to the vendor all the same",
            );
            return None;
        }
        return Some(Some(uri));
    }
    let report =
        |(variable, message): (&str, &str)| table.findings().problem_in(variable, &table.path("proxy"), message);
    from_environment(base_url, environment).map_err(report).ok()
}

/// `HTTPS_PROXY` and `NO_PROXY`, as curl reads them, for an https target. The error names the variable that is wrong.
fn from_environment(
    base_url: Option<&Uri>,
    environment: &Environment,
) -> Result<Option<Uri>, (&'static str, &'static str)> {
    let get = |names: [&'static str; 2]| {
        let mut set = names.into_iter().filter_map(|name| Some((name, environment.get(name)?.trim())));
        set.find(|(_, text)| !text.is_empty())
    };
    let (Some((variable, proxy)), Some(base_url)) = (get(["HTTPS_PROXY", "https_proxy"]), base_url) else {
        return Ok(None);
    };
    let exempt = get(["NO_PROXY", "no_proxy"]).map_or("", |(_, text)| text);
    let proxy = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    let uri = urls::parse(&proxy).ok().filter(|uri| uri.scheme_str() == Some("http") && uri.path() == "/");
    // The rules of NO_PROXY do not depend on the proxy, so a stand-in tells whether a proxy that is wrong would be used.
    let matcher = Matcher::builder().https("http://proxy.invalid").no(exempt).build();
    match (matcher.intercept(base_url), uri) {
        (None, _) => Ok(None),
        (Some(_), Some(uri)) => Ok(Some(uri)),
        (Some(_), None) => Err((
            variable,
            "must be http://host:port, without user and password, to be used for this target; \
             set proxy here, or name the host in NO_PROXY",
        )),
    }
}
