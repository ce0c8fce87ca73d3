//! From where requests may come: `server.allow_from`, `server.trusted_proxies`, `clients.*.allow_from`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::table::Table;

/// Whose word about a request's origin counts, and from where anybody may call.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The networks that may call; `None`: all.
    pub allow_from: Option<Vec<IpNet>>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether it is believed on unix sockets.
    pub trusts_sockets: bool,
}

/// What `[server]` says of it.
pub(super) fn access(server: &Table) -> Access {
    const SOCKETS: &str = "unix";
    let proxies = server.texts("trusted_proxies").unwrap_or_default();
    let networks = proxies.iter().filter(|text| **text != SOCKETS);
    Access {
        allow_from: allow_from(server),
        trusted_proxies: networks.filter_map(|text| network(server, "trusted_proxies", text)).collect(),
        trusts_sockets: proxies.contains(&SOCKETS),
    }
}

/// `allow_from` of a section.
pub(super) fn allow_from(table: &Table) -> Option<Vec<IpNet>> {
    let texts = table.texts("allow_from")?;
    Some(texts.into_iter().filter_map(|text| network(table, "allow_from", text)).collect())
}

/// A network, or one address.
fn network(table: &Table, key: &str, text: &str) -> Option<IpNet> {
    let message = match text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
        Ok(network) if mapped(&network) => format!("{text:?}: an IPv4 address is written as one here, without ::ffff:"),
        Ok(network) if network.network() == network.addr() => return Some(network),
        Ok(network) => {
            format!("{text:?} is an address within a network; did you mean {}, or {}?", network.trunc(), network.addr())
        }
        Err(_) => format!("{text:?} is no network; must be like 192.0.2.0/24 or 2001:db8::/32, or one address"),
    };
    table.problem(key, message);
    None
}

/// Requests' addresses are never of this form, so such a network would hold none.
fn mapped(network: &IpNet) -> bool {
    matches!(network, IpNet::V6(network) if network.addr().to_ipv4_mapped().is_some())
}
