//! From where requests may come.

use super::{GOOD, assert_problems, good, problems};

#[track_caller]
fn with(server: &str, expected: &[(&str, &str)]) {
    assert_problems(&problems(&format!("[server]\n{server}\n{GOOD}"), &[]), expected);
}

#[test]
fn networks_and_addresses() {
    let networks = "allow_from = [\"192.0.2.0/24\", \"2001:db8::/32\", \"198.51.100.7\", \"::1\"]\n";
    let (config, warnings) = good(&format!("[server]\n{networks}trusted_proxies = [\"unix\", \"10.0.0.0/8\"]\n"), &[]);
    let access = &config.server.access;
    assert_eq!(access.allow_from.as_ref().map(Vec::len), Some(4));
    assert_eq!((access.trusted_proxies.len(), access.trusts_sockets), (1, true));
    assert!(warnings.is_empty() && config.clients[0].allow_from.is_none());
}

#[test]
fn what_is_no_network() {
    with("allow_from = [\"192.0.2.1/24\"]", &[("server.allow_from", "did you mean 192.0.2.0/24, or 192.0.2.1?")]);
    with("allow_from = [\"192.0.2.0/33\"]", &[("server.allow_from", "is no network")]);
    with("allow_from = [\"unix\"]", &[("server.allow_from", "is no network")]);
    with("allow_from = []", &[("server.allow_from", "the list is empty")]);
    with("allow_from = [\"::ffff:192.0.2.0/120\"]", &[("server.allow_from", "without ::ffff:")]);
    with("trusted_proxies = [\"proxy.example\"]", &[("server.trusted_proxies", "is no network")]);
    with("limits.failed_attempts_per_min = 0", &[("server.limits.failed_attempts_per_min", "out of range")]);
    let client = format!("clients.d = {{ tokens = [{{ env = \"SECRET\" }}], allow_from = [\"x\"] }}\n{GOOD}");
    assert_problems(&problems(&client, &[]), &[("clients.d.allow_from", "is no network")]);
}

#[test]
fn a_short_token_is_warned_about() {
    let toml = "clients.d.tokens = [{ env = \"SHORT\" }]\n";
    let (_, warnings) = good(toml, &[("SHORT", "fifteen-letters")]);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].message.contains("short") && !warnings[0].message.contains("fifteen-letters"), "{warnings:?}");
}
