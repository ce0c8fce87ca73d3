//! `[server]`, `[admin]` and `[log]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use tracing_subscriber::EnvFilter;

use super::secrets::Secrets;
use super::table::Table;
use super::{Admin, Limits, Listen, Log, Server, access, tls, urls};

/// `[server]`.
pub(super) fn server(top: &Table, secrets: Secrets) -> Server {
    let table = top.section("server");
    let listen = listen(&table);
    let public_url = public_url(&table);
    if let Some(unnamed) = listen.iter().find(|listen| !names_itself(listen)).filter(|_| !table.has("public_url")) {
        let message = format!(
            "missing; {unnamed} gives clients no URL. Must be the URL they use, for example https://scim.example.com"
        );
        table.problem("public_url", message);
    }
    // The key is a secret, and what connects nowhere needs none of the files.
    let tls = if secrets.withhold { None } else { tls::tls(&table.section("tls")) };
    Server { listen, public_url, tls, access: access::access(&table), limits: limits(&table.section("limits")) }
}

/// Whether everything listened on is out of the network's reach.
pub(super) fn is_local(server: &Server) -> bool {
    server.listen.iter().all(|listen| match listen {
        Listen::Tcp(address) => address.ip().is_loopback(),
        Listen::Unix(_) => true,
    })
}

fn listen(table: &Table) -> Vec<Listen> {
    let texts = table.texts("listen").unwrap_or_default();
    let mut all: Vec<Listen> = Vec::new();
    for text in texts {
        match address(text) {
            Ok(Listen::Tcp(address)) if address.port() != 0 && all.contains(&Listen::Tcp(address)) => {
                table.problem("listen", format!("{address} stands there twice"));
            }
            Ok(listen) => all.push(listen),
            Err(message) => table.problem("listen", message),
        }
    }
    all
}

fn address(text: &str) -> Result<Listen, String> {
    match text.strip_prefix("unix:") {
        Some(path) if path.starts_with('/') => Ok(Listen::Unix(PathBuf::from(path))),
        Some(_) => Err(format!("{text:?}: the path of a socket begins with /, for example unix:/run/scimux.sock")),
        None => text.parse().map(Listen::Tcp).map_err(|_| {
            format!("{text:?} is no address; must be IP:port, for example 127.0.0.1:8080 or [::1]:8080, or unix:/path")
        }),
    }
}

fn names_itself(listen: &Listen) -> bool {
    matches!(listen, Listen::Tcp(address) if !address.ip().is_unspecified())
}

fn public_url(table: &Table) -> Option<String> {
    let uri = urls::any(table, "public_url")?;
    Some(uri.to_string().trim_end_matches('/').to_owned())
}

fn limits(table: &Table) -> Limits {
    Limits {
        body_bytes: table.size("body_bytes"),
        bulk_operations: table.size("bulk_operations"),
        header_timeout: table.seconds("header_timeout_secs"),
        body_timeout: table.seconds("body_timeout_secs"),
        failed_attempts_per_min: u32::try_from(table.count("failed_attempts_per_min")).unwrap_or(u32::MAX),
        request_timeout: table.seconds("request_timeout_secs"),
        concurrency: table.size("concurrency"),
        drain: table.seconds("drain_secs"),
        drain_delay: table.seconds("drain_delay_secs"),
    }
}

/// `[admin]`.
pub(super) fn admin(top: &Table, server: &Server) -> Option<Admin> {
    let table = top.section("admin");
    if !table.is_present() {
        return None;
    }
    let text = table.text("listen")?;
    let Ok(address) = text.parse::<SocketAddr>() else {
        table.problem("listen", format!("{text:?} is no address; must be IP:port, for example 127.0.0.1:9090"));
        return None;
    };
    if server.listen.contains(&Listen::Tcp(address)) && address.port() != 0 {
        table.problem(
            "listen",
            "the same as server.listen; what it serves is not for clients, give it a port of its own",
        );
    }
    let socket = admin_socket(top);
    if socket.as_ref().is_some_and(|socket| server.listen.contains(&Listen::Unix(socket.clone()))) {
        table.problem(
            "socket",
            "the same as server.listen; what it takes is not for clients, give it a path of its own",
        );
    }
    Some(Admin { listen: address, socket })
}

/// `admin.socket`.
pub(super) fn admin_socket(top: &Table) -> Option<PathBuf> {
    let table = top.section("admin");
    let text = table.text("socket")?;
    if !text.starts_with('/') {
        table.problem(
            "socket",
            format!("{text:?}: the path of a socket begins with /, for example /run/scimux/admin.sock"),
        );
        return None;
    }
    Some(PathBuf::from(text))
}

/// `[log]`.
pub(super) fn log(top: &Table) -> Log {
    let table = top.section("log");
    let level = table.text("level").unwrap_or_default();
    if let Some(message) = filter_problem(level) {
        table.problem("level", message);
    }
    Log { json: table.text("format") == Some("json"), level: level.to_owned() }
}

/// A bare word that is no level would be taken for a module's name and switch the log off.
fn filter_problem(filter: &str) -> Option<String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    if let Err(error) = EnvFilter::builder().parse(filter) {
        return Some(format!("not a tracing filter: {error}; for example info or warn,scimux=debug"));
    }
    let bare = filter.split(',').map(str::trim).find(|directive| {
        let is_word = !directive.is_empty() && directive.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_word && !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(directive))
    })?;
    Some(format!("{bare:?} is no level; must be one of {}, or module=level", LEVELS.join(", ")))
}

impl Server {
    /// The scheme of URLs that lead to a TCP listener.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

impl std::fmt::Display for Listen {
    /// As the configuration has it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}
