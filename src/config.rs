//! The configuration (CONTRACT section 2). The only module that reads files and the environment.
//!
//! `source` makes one tree of the TOML file and the variables over it, `shape` checks it against the key table
//! (`keys`), and the builders read it with `table` and check what keys mean together. Nothing stops at the first
//! problem: everything goes into `findings`.

mod access;
mod auth;
mod clients;
mod findings;
mod keys;
mod routes;
mod rules;
mod secrets;
mod server;
mod shape;
mod source;
mod table;
mod targets;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod upstream;
mod urls;
mod values;

use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Uri};
use scimux_adapters::Target;

use crate::certificate::Name;
use crate::secret::SecretSource;

pub use access::Access;
use findings::Findings;
use secrets::Secrets;
pub use secrets::read_secret_file;
use table::Table;
pub use tls::Tls;

/// A checked configuration.
#[derive(Debug)]
pub struct Config {
    /// `[server]`.
    pub server: Server,
    /// `[admin]`.
    pub admin: Option<Admin>,
    /// `[log]`.
    pub log: Log,
    /// `[clients.*]`, in the order of their names.
    pub clients: Vec<Client>,
    /// `[targets.*]`, in the order of their names.
    pub targets: Vec<Arc<TargetConfig>>,
    /// `[routes.*]` and the routes of targets that no route names.
    pub routes: Vec<Route>,
}

/// `[server]`.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where to listen.
    pub listen: Vec<Listen>,
    /// Base of every URL the gateway writes, without trailing slash; `None`: `http://` and the address bound.
    pub public_url: Option<String>,
    /// `[server.tls]`, for all TCP listeners.
    pub tls: Option<Tls>,
    /// From where requests may come.
    pub access: Access,
    /// `[server.limits]`.
    pub limits: Limits,
}

/// `[admin]`.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where GET is answered.
    pub listen: SocketAddr,
    /// The unix socket, mode 0600, where changes are taken; `None`: nowhere.
    pub socket: Option<PathBuf>,
}

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// TCP.
    Tcp(SocketAddr),
    /// A unix socket, mode 0660; a stale one is replaced.
    Unix(PathBuf),
}

/// `[server.limits]`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest request body, in bytes; `maxPayloadSize` of bulk requests.
    pub body_bytes: usize,
    /// The most operations of a bulk request; `maxOperations`.
    pub bulk_operations: usize,
    /// For the head of a request, and for a TLS handshake.
    pub header_timeout: Duration,
    /// For the body of a request.
    pub body_timeout: Duration,
    /// Wrong credentials from one address in a minute; beyond them 429, late.
    pub failed_attempts_per_min: u32,
    /// From the first byte of a request to the last of its answer.
    pub request_timeout: Duration,
    /// Requests in flight; beyond it 503.
    pub concurrency: usize,
    /// How long requests in flight may take after the listeners closed.
    pub drain: Duration,
    /// How long `/readyz` says 503 before the listeners close.
    pub drain_delay: Duration,
}

/// `[log]`.
#[derive(Clone, Debug)]
pub struct Log {
    /// JSON, else text.
    pub json: bool,
    /// A tracing filter.
    pub level: String,
}

/// `[clients.NAME]`.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its name.
    pub name: String,
    /// SHA-256 of each of its tokens.
    pub token_hashes: Vec<[u8; 32]>,
    /// Names of its certificates.
    pub certificates: Vec<Name>,
    /// The networks it may call from; `None`: all.
    pub allow_from: Option<Vec<ipnet::IpNet>>,
    /// Names of the routes it may use; `None`: all.
    pub routes: Option<Vec<String>>,
    /// Whether it may only read.
    pub read_only: bool,
    /// `quirks`, for what only some clients mean.
    pub quirks: ClientQuirks,
}

/// `clients.NAME.quirks`: what one client means otherwise than the RFC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientQuirks {
    /// `replace_creates` and `empty_string_clears`: how its requests are read.
    pub reading: scimux_scim::Quirks,
    /// `json_answers`: answers are `application/json`, whatever `Accept` says.
    pub json_answers: bool,
    /// `method_override`: `X-HTTP-Method-Override` on POST is the method meant.
    pub method_override: bool,
}

/// `[targets.NAME]`.
#[derive(Debug)]
pub struct TargetConfig {
    /// What the adapters need.
    pub target: Arc<Target>,
    /// `auth`.
    pub auth: Auth,
    /// `headers`: fixed headers to the vendor.
    pub headers: Vec<(HeaderName, SecretSource)>,
    /// `[targets.NAME.upstream]`.
    pub upstream: Upstream,
}

/// `auth` of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Nothing is sent.
    None,
    /// The client's `Authorization`, unchanged.
    Passthrough,
    /// A static bearer token.
    Bearer(SecretSource),
    /// HTTP Basic.
    Basic(String, SecretSource),
    /// A header of its own.
    Header(HeaderName, SecretSource),
    /// OAuth 2.0 client credentials.
    OAuth2 {
        /// The token endpoint.
        token_url: Uri,
        /// The client.
        client_id: String,
        /// Its secret.
        client_secret: SecretSource,
        /// Whether the client is authenticated by HTTP Basic; else in the form.
        basic: bool,
        /// `scope`.
        scope: Option<String>,
    },
    /// The vendor's own login.
    Session {
        /// The user.
        username: String,
        /// Its password.
        password: SecretSource,
    },
}

/// `[targets.NAME.upstream]`.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// For one call.
    pub timeout: Duration,
    /// For a connection.
    pub connect_timeout: Duration,
    /// How often a call is sent again at most.
    pub retries: u64,
    /// Calls in flight.
    pub concurrency: usize,
    /// Calls a second at most.
    pub rate_per_sec: Option<u64>,
    /// The largest answer, in bytes.
    pub response_bytes: usize,
    /// PEM of further roots, its bytes as read.
    pub ca_file: Option<(PathBuf, Vec<u8>)>,
    /// The proxy for calls; `None`: none. `HTTPS_PROXY` and `NO_PROXY` are already in it.
    pub proxy: Option<Uri>,
}

/// A front-door path that leads to a target.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// Its path, with a leading and without a trailing slash.
    pub path: String,
    /// Its host, in lower case, without port.
    pub host: Option<String>,
    /// Its target.
    pub target: Arc<TargetConfig>,
    /// Discovery without a token.
    pub public_discovery: bool,
    /// Without any token of ours; only with `passthrough`.
    pub open: bool,
    /// `[routes.NAME.rules]`.
    pub rules: Rules,
    /// `[routes.NAME.brake]`: deletes and deactivations within an hour.
    pub brake: Option<usize>,
}

/// `[routes.NAME.rules]`: what nobody may do on a route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Names of resource types, and the operation refused on each.
    refused: Vec<(String, &'static str)>,
}

/// Something wrong in the configuration, or (as a warning) unwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the environment variable that lay over it.
    pub origin: String,
    /// The key, dotted.
    pub key: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// The environment variables a configuration may look at.
pub type Environment = BTreeMap<String, String>;

/// Where a configuration comes from, to be read again on reload.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    /// What lies over it, and holds the secrets of `{ env = … }`: a process keeps its environment.
    pub environment: Environment,
}

impl Source {
    /// Reads and checks it, its secrets and certificates too.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn load(&self) -> Result<(Config, Vec<Problem>), Vec<Problem>> {
        load(&self.file, &self.environment)
    }

    /// A problem of it that is no key's.
    #[must_use]
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::of(&self.file.display().to_string(), message)
    }
}

/// Reads and checks a configuration file with `environment` over it.
///
/// # Errors
/// Every problem at once.
pub fn load(file: &Path, environment: &Environment) -> Result<(Config, Vec<Problem>), Vec<Problem>> {
    parse(&text(file)?, &file.display().to_string(), environment)
}

/// The same with `***` in the place of every secret of a target, none of which is looked for, nor a `ca_file`: for what
/// connects nowhere.
///
/// # Errors
/// Every other problem at once.
pub fn load_without_secrets(file: &Path, environment: &Environment) -> Result<Config, Vec<Problem>> {
    read(&text(file)?, &file.display().to_string(), environment, true).map(|(config, _)| config)
}

/// Where the gateway of a configuration takes changes. Nothing else of it is looked at: it may be wrong.
///
/// # Errors
/// The file cannot be read, is not TOML, or names no socket.
pub fn admin_socket(file: &Path, environment: &Environment) -> Result<PathBuf, Vec<Problem>> {
    let findings = Findings::new(&file.display().to_string());
    let tree = source::tree(&text(file)?, environment, &findings);
    let socket = tree.as_ref().and_then(|tree| server::admin_socket(&Table::top(tree, &findings)));
    if let (Some(_), None) = (&tree, &socket) {
        findings.problem("admin.socket", "missing; the gateway takes changes only where it is set, else restart it");
    }
    socket.ok_or_else(|| findings.finish::<()>(None).err().unwrap_or_default())
}

fn text(file: &Path) -> Result<String, Vec<Problem>> {
    let problem = |error| Problem::of(&file.display().to_string(), format!("cannot read it: {error}"));
    std::fs::read_to_string(file).map_err(|error| vec![problem(error)])
}

/// Reads a file that a command was given, of at most `most` bytes.
///
/// # Errors
/// It cannot be read, or is larger.
pub fn read_file(file: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(std::io::Error::other(format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}

/// The same for a text already read; `origin` names it in problems.
///
/// # Errors
/// Every problem at once.
pub fn parse(text: &str, origin: &str, environment: &Environment) -> Result<(Config, Vec<Problem>), Vec<Problem>> {
    read(text, origin, environment, false)
}

fn read(
    text: &str,
    origin: &str,
    environment: &Environment,
    withhold: bool,
) -> Result<(Config, Vec<Problem>), Vec<Problem>> {
    let findings = Findings::new(origin);
    let config = source::tree(text, environment, &findings).map(|tree| {
        shape::check(&tree, &findings);
        build(&Table::top(&tree, &findings), Secrets { environment, findings: &findings, withhold })
    });
    findings.finish(config)
}

/// Builds what can be built; where something cannot, a problem is reported and the result is not used.
fn build(top: &Table, secrets: Secrets) -> Config {
    let server = server::server(top, secrets);
    let admin = server::admin(top, &server);
    let log = server::log(top);
    let clients = clients::clients(top, secrets);
    let targets = targets::targets(top, secrets);
    let (routes, names) = routes::routes(top, &targets);
    clients::check(top, &clients, &names, &server);
    Config { server, admin, log, clients, targets, routes }
}

/// The environment of this process, without what is not UTF-8.
#[must_use]
pub fn environment() -> Environment {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

impl Problem {
    /// A problem that is no key's.
    #[must_use]
    pub fn of(origin: &str, message: impl Into<String>) -> Self {
        Self { origin: origin.to_owned(), key: String::new(), message: message.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.origin, self.message),
            key => write!(f, "{}: {key}: {}", self.origin, self.message),
        }
    }
}
