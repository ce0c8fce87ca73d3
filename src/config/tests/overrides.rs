//! Environment variables over the file.

use super::{GOOD, assert_problems, good, problems};
use crate::config::Listen;

#[test]
fn a_variable_lies_over_a_key() {
    let variables = [
        ("SCIMUX_SERVER__LISTEN", "127.0.0.1:81"),
        ("SCIMUX_SERVER__LIMITS__BODY_BYTES", "2048"),
        ("SCIMUX_TARGETS__T__BASE_URL", "https://other.example.com"),
        ("SCIMUX_CLIENTS__C__ROUTES", "t"),
        ("SCIMUX_ROUTES__T__PUBLIC_DISCOVERY", "true"),
        ("SCIMUX_PORT", "tcp://10.0.0.1:80"),
        ("SCIMUXX__A", "ignored"),
    ];
    let (config, _) = good("server.listen = \"127.0.0.1:80\"\n", &variables);
    assert_eq!(config.server.listen, [Listen::Tcp(([127, 0, 0, 1], 81).into())]);
    assert_eq!(config.server.limits.body_bytes, 2048);
    assert_eq!(config.targets[0].target.settings.base_url.host(), Some("other.example.com"));
    assert_eq!(config.clients[0].routes.as_deref(), Some(&["t".to_owned()][..]));
    assert!(config.routes[0].public_discovery);
}

#[test]
fn a_list_is_toml_or_has_commas() {
    for text in ["[\"127.0.0.1:81\", \"127.0.0.1:82\"]", "[ '127.0.0.1:81','127.0.0.1:82' ]"] {
        assert_eq!(good("", &[("SCIMUX_SERVER__LISTEN", text)]).0.server.listen.len(), 2);
    }
    let found = problems(GOOD, &[("SCIMUX_CLIENTS__C__ROUTES", "t, u")]);
    assert_problems(&found, &[("clients.c.routes", "\"u\"")]);
}

#[test]
fn names_are_found_without_regard_to_case() {
    let text = GOOD.replace("targets.t", "targets.Tee");
    let found = problems(&text, &[("SCIMUX_TARGETS__TEE__DELETE", "never")]);
    assert_problems(&found, &[("targets.Tee.delete", "must be one of")]);
}

#[test]
fn the_variable_is_the_origin() {
    let variables = [
        ("SCIMUX_SERVER__LISTEN", "nowhere"),
        ("SCIMUX_SERVER__LISTN", "x"),
        ("SCIMUX_SERVER__LIMITS", "x"),
        ("SCIMUX_SERVER__LIMITS__BODY_BYTES", "many"),
        ("SCIMUX_TARGETS__T__AUTH__TOKEN", "canary"),
        ("SCIMUX_TARGETS__T__AUTH__TOKEN__ENV", "canary"),
        ("SCIMUX_CLIENTS__C__TOKENS", "canary"),
        ("SCIMUX_TARGETS__T__HEADERS__X", "canary"),
        ("SCIMUX_TARGETS__T__HEADERS", "canary"),
        ("SCIMUX_LOG__", "canary"),
    ];
    let found = problems(GOOD, &variables);
    assert_problems(
        &found,
        &[
            ("server.listen", "must be IP:port"),
            ("server.listn", "did you mean `listen`?"),
            ("server.limits", "not a table"),
            ("server.limits.body_bytes", "must be a whole number"),
            ("targets.t.auth.token", "a secret is not set by an override"),
            ("targets.t.auth.token.env", "a secret is not set by an override"),
            ("clients.c.tokens", "a secret is not set by an override"),
            ("targets.t.headers.x", "no key `x` here"),
            ("targets.t.headers", "not a table"),
            ("log.", "no key `` here"),
        ],
    );
    assert!(
        found.iter().all(|problem| problem.origin.starts_with("SCIMUX_") && !problem.message.contains("canary")),
        "{found:#?}"
    );
}
