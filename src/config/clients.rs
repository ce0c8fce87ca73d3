//! `[clients.*]`.

use scimux_scim::Quirks;

use super::findings::nearest;
use super::secrets::Secrets;
use super::table::Table;
use super::{Client, ClientQuirks, Server, server};

/// Every client.
pub(super) fn clients(top: &Table, secrets: Secrets) -> Vec<Client> {
    top.named("clients").into_iter().map(|(name, table)| client(name, &table, secrets)).collect()
}

fn client(name: &str, table: &Table, secrets: Secrets) -> Client {
    let quirks = table.texts("quirks").unwrap_or_default();
    let has = |quirk: &str| quirks.contains(&quirk);
    Client {
        name: name.to_owned(),
        token_hashes: secrets.tokens(table),
        routes: table.texts("routes").map(|routes| routes.into_iter().map(str::to_owned).collect()),
        read_only: table.flag("read_only"),
        quirks: ClientQuirks {
            reading: Quirks {
                replace_creates: has("replace_creates"),
                empty_string_clears: has("empty_string_clears"),
            },
            json_answers: has("json_answers"),
            method_override: has("method_override"),
        },
    }
}

/// What clients, routes and listeners must be together. `routes` holds the name of each and whether it is open, also of
/// those that are wrong.
pub(super) fn check(top: &Table, clients: &[Client], routes: &[(String, bool)], server: &Server) {
    for (name, table) in top.named("clients") {
        for route in table.texts("routes").unwrap_or_default() {
            if !routes.iter().any(|(known, _)| known == route) {
                let near = nearest(route, routes.iter().map(|(name, _)| name.as_str()));
                table.problem("routes", format!("client {name} may use {route:?}, but there is no such route; {near}"));
            }
        }
    }
    shared_tokens(top, clients);
    let closed = routes.iter().find(|(_, open)| !open);
    if let (true, Some((route, _)), false) = (clients.is_empty(), closed, server::is_local(server)) {
        let message = format!(
            "no client, and route {route} is reachable from the network: anybody could use it. \
             Add [clients.NAME] with tokens, or listen on loopback or a unix socket only"
        );
        top.problem("clients", message);
    }
}

/// A token must tell who calls.
fn shared_tokens(top: &Table, clients: &[Client]) {
    for (index, client) in clients.iter().enumerate() {
        let before = clients.iter().take(index);
        let mut same = before.filter(|other| other.token_hashes.iter().any(|hash| client.token_hashes.contains(hash)));
        if let Some(other) = same.next() {
            let key = format!("clients.{}.tokens", client.name);
            top.findings().problem(&key, format!("client {} has the same token; each needs its own", other.name));
        }
    }
}
