//! The URLs of a configuration: absolute, http or https, with nothing in them that would be lost or leaked later.

use std::net::IpAddr;

use http::Uri;

use super::table::Table;

/// A key that holds a URL to which credentials go: `http` only to loopback, unless `allow_plaintext`.
pub(super) fn outbound(table: &Table, key: &str, allow_plaintext: bool) -> Option<Uri> {
    let uri = checked(table, key, table.text(key)?)?;
    if uri.scheme_str() == Some("http") && !allow_plaintext && !is_loopback(uri.host().unwrap_or_default()) {
        let message = "http to a host that is not loopback would send credentials in plain text; \
                       use https, or set allow_plaintext = true in the target";
        table.problem(key, message);
        return None;
    }
    Some(uri)
}

/// A key that holds a URL of any of the two schemes.
pub(super) fn any(table: &Table, key: &str) -> Option<Uri> {
    checked(table, key, table.text(key)?)
}

fn checked(table: &Table, key: &str, text: &str) -> Option<Uri> {
    parse(text).map_err(|message| table.problem(key, message)).ok()
}

/// A URL without trailing slash. Messages do not repeat the text: it may hold a password.
pub(super) fn parse(text: &str) -> Result<Uri, &'static str> {
    const FORM: &str = "not a URL; must be https://host, with a port and a path where needed";
    if text.contains('#') {
        return Err("a URL here has no fragment; remove # and what follows");
    }
    if text.contains('?') {
        return Err("a URL here has no query; remove ? and what follows");
    }
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| FORM)?;
    let authority = uri.authority().ok_or(FORM)?;
    if authority.as_str().contains('@') {
        return Err("a URL here has no user or password; credentials belong into auth");
    }
    if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
        return Err(FORM);
    }
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err("the port must be a number from 1 to 65535");
    }
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    if !path.is_empty() && path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err("the path of a URL here has no empty segments, no . and no ..");
    }
    Ok(uri)
}

/// Whether a host, as written in a URL, is this machine whatever the network does.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
