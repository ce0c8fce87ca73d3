//! `[clients.*]`.

use scimux_scim::Quirks;

use super::findings::nearest;
use super::secrets::Secrets;
use super::table::Table;
use super::{Client, ClientQuirks, Server, access, server};
use crate::certificate::Name;

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
        certificates: certificates(table),
        allow_from: access::allow_from(table),
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

fn certificates(table: &Table) -> Vec<Name> {
    let texts = table.texts("certificates").unwrap_or_default();
    let read = |text| Name::parse(text).map_err(|message| table.problem("certificates", message)).ok();
    texts.into_iter().filter_map(read).collect()
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
    shared(top, clients, "tokens", |client| &client.token_hashes);
    shared(top, clients, "certificates", |client| &client.certificates);
    check_proofs(top);
    let closed = routes.iter().find(|(_, open)| !open);
    if let (true, Some((route, _)), false) = (clients.is_empty(), closed, server::is_local(server)) {
        let message = format!(
            "no client, and route {route} is reachable from the network: anybody could use it. \
             Add [clients.NAME] with tokens, or listen on loopback or a unix socket only"
        );
        top.problem("clients", message);
    }
}

/// What a client brings must tell who calls.
fn shared<T: PartialEq>(top: &Table, clients: &[Client], key: &str, proofs: impl Fn(&Client) -> &Vec<T>) {
    for (index, client) in clients.iter().enumerate() {
        let same = |other: &&Client| proofs(other).iter().any(|proof| proofs(client).contains(proof));
        if let Some(other) = clients.iter().take(index).find(same) {
            let path = format!("clients.{}.{key}", client.name);
            let message =
                format!("client {} has the same {}; each needs its own", other.name, key.trim_end_matches('s'));
            top.findings().problem(&path, message);
        }
    }
}

/// Each client can prove who it is, and certificates are asked for where they are to prove it.
fn check_proofs(top: &Table) {
    let asked = top.section("server").section("tls").has("client_ca");
    for (_, table) in top.named("clients") {
        if !table.has("tokens") && !table.has("certificates") {
            let message =
                "missing; a client needs tokens or certificates, for example tokens = [{ env = \"OKTA_TOKEN\" }]";
            table.problem("tokens", message);
        }
        if table.has("certificates") && !asked {
            table.problem("certificates", "nobody is asked for a certificate; set client_ca in [server.tls]");
        }
    }
}
