//! The same unmodified client at every vendor: one script of canonical requests, and each answer of each route compared
//! with that of a plain RFC 7644 server. What may differ is computed from what the route says of itself in `/Schemas`,
//! `/ResourceTypes` and `/ServiceProviderConfig`, and from what the contract says of every route (`declared`); nothing is written down for a vendor.

mod declared;
mod script;

use std::collections::BTreeSet;

use scimux_adapters::{Capability, capabilities};
use serde_json::{Value, json};

use crate::independent::Server;
use crate::world::{Answer, Gateway, PUBLIC, World, json as parse};
use declared::Declared;
use script::Step;

/// Where requests go.
#[derive(Clone, Copy)]
enum Door<'a> {
    /// A route of a gateway, by its name.
    Gateway(&'a Gateway, &'a str),
    /// A server itself, no gateway before it.
    Server(&'a Server),
}

impl Door<'_> {
    async fn send(self, method: &str, path: &str, body: &Value) -> Answer {
        match self {
            Self::Gateway(gateway, name) => gateway.send(method, &format!("/{name}/scim/v2{path}"), body.clone()).await,
            Self::Server(server) => server.send(method, &format!("/v2{path}"), body).await,
        }
    }

    fn base(self) -> String {
        match self {
            Self::Gateway(_, name) => format!("{PUBLIC}/{name}/scim/v2"),
            Self::Server(server) => format!("http://127.0.0.1:{}/v2", server.port),
        }
    }
}

/// A place where the script is played.
struct Route<'a> {
    name: &'a str,
    door: Door<'a>,
    declared: Declared,
    /// Whether DELETE deactivates: in no discovery document, but in `/targets` (CONTRACT sections 3 and 6).
    keeps_deleted: bool,
    id: String,
}

impl<'a> Route<'a> {
    async fn new(name: &'a str, door: Door<'a>, keeps_deleted: bool) -> Self {
        let mut documents = Vec::new();
        for path in ["/Schemas", "/ResourceTypes/User"] {
            documents.push(door.send("GET", path, &Value::Null).await.expect(200));
        }
        // What the script needs is to be said of every route, since every route does it.
        let features = door.send("GET", "/ServiceProviderConfig", &Value::Null).await.expect(200);
        for feature in ["patch", "filter", "sort", "etag"] {
            assert_eq!(features[feature]["supported"], true, "{feature} at {name}: {features}");
        }
        let declared = Declared::read(&documents[0], &documents[1]);
        Self { name, door, declared, keeps_deleted, id: String::new() }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.door.send(method, &path.replace("{id}", &self.id), body).await
    }

    /// What an answer says, with its own URLs relative to the route.
    fn without_base(&self, said: &Value) -> Value {
        parse(&said.to_string().replace(&self.door.base(), ""))
    }

    /// PUT without `active` leaves it as it is, so that a leaver does not come back: a promise of every route (CONTRACT
    /// section 3), not of the RFC.
    async fn as_the_contract_reads_it(&self, step: &Step, body: &Value) -> Value {
        let strict = step.plainly.as_ref().filter(|_| matches!(self.door, Door::Server(_)));
        let mut body = strict.unwrap_or(body).clone();
        if matches!(self.door, Door::Server(_)) && step.method == "PUT" && body.get("active").is_none() {
            let present = self.send("GET", "/Users/{id}", &Value::Null).await.expect(200);
            body["active"] = present["active"].clone();
        }
        body
    }

    async fn play(&mut self, step: &Step, body: &Value) -> Answer {
        let answer = self.send(step.method, step.path, body).await;
        if let (true, Some(id)) = (answer.status == 201, self.id.is_empty().then(|| answer.json()["id"].clone())) {
            self.id = id.as_str().expect("an id").to_owned();
        }
        // Both are right by the RFC (rfc-traps 125); a route answers 200 with the whole user (CONTRACT section 3).
        if matches!(self.door, Door::Server(_)) && step.method == "PATCH" && answer.status == 204 {
            return self.send("GET", "/Users/{id}", &Value::Null).await;
        }
        answer
    }
}

/// Plays the script at a route as it is, and at the plain server without what the route says it cannot hold.
async fn compare(route: &mut Route<'_>, plain: &mut Route<'_>) {
    let mut compared = 0;
    for step in script::steps() {
        let what = format!("{} at {}", step.does, route.name);
        let got = route.play(&step, &step.body).await;
        let told = String::from_utf8_lossy(&got.body).into_owned();
        if let Some(scim_type) = route.declared.refuses(&step, &plain.declared) {
            got.refused(400, scim_type);
            continue;
        }
        let (lessened, mut dropped) = route.declared.lessen(&step, &plain.declared, &got);
        let expected = match &lessened {
            Some(body) => plain.play(&step, &plain.as_the_contract_reads_it(&step, body).await).await,
            // Nothing of it is left to ask: the answer is the user as it is.
            None => plain.send("GET", "/Users/{id}", &Value::Null).await,
        };
        if route.keeps_deleted && expected.status == 404 {
            assert_eq!(got.expect(200)["active"], false, "{what}: {told}");
            continue;
        }
        let reference = String::from_utf8_lossy(&expected.body).into_owned();
        if got.status.is_success() {
            dropped.extend(route.declared.crowded(&reference));
            // What is never returned may be lost by a PATCH that had to be made a PUT, and the client is told.
            let named = names(got.header("scimux-dropped")).into_iter();
            let named: BTreeSet<String> = named.filter(|name| !route.declared.is_never_returned(name)).collect();
            assert_eq!(named, dropped, "{what}: {told}");
        }
        assert_eq!(got.status, expected.status, "{what}: {told} {reference}");
        compared += usize::from(same(&got, &expected, route, plain, &what));
        sync(route, plain).await;
    }
    assert!(compared >= 20, "{}: only {compared} answers held a user", route.name);
}

fn names(header: &str) -> BTreeSet<String> {
    header.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Whether the answers held a user; that they say the same is asserted.
fn same(got: &Answer, expected: &Answer, route: &Route<'_>, plain: &Route<'_>, what: &str) -> bool {
    if expected.body.is_empty() {
        assert!(got.body.is_empty(), "{what}");
        return false;
    }
    assert_eq!(got.header("content-type"), expected.header("content-type"), "{what}");
    let (got_body, expected_body) = (got.json(), expected.json());
    if expected.status.as_u16() >= 400 {
        assert_eq!(got_body["scimType"], expected_body["scimType"], "{what}: {got_body} {expected_body}");
        return false;
    }
    let users = |list: &Value| match list.get("Resources") {
        Some(users) => users.as_array().expect("a list").clone(),
        None => vec![list.clone()],
    };
    for name in ["totalResults", "startIndex", "itemsPerPage"] {
        assert_eq!(got_body.get(name), expected_body.get(name), "{what}: {got_body} {expected_body}");
    }
    assert_eq!(users(&got_body).len(), users(&expected_body).len(), "{what}: {got_body} {expected_body}");
    for (got_user, expected_user) in users(&got_body).iter().zip(&users(&expected_body)) {
        let view = |user: &Value, at: &Route<'_>| route.declared.shown(&at.without_base(user), &plain.declared);
        let (seen, wanted) = (view(got_user, route), view(expected_user, plain));
        assert_eq!(seen, wanted, "{what}: {got_body} {expected_body}");
        // Nobody may pass by holding nothing.
        assert!(seen["userName"].is_string() && seen["active"].is_boolean() && seen["name"].is_object(), "{seen}");
        check_meta(got_user, got, route, what);
    }
    !users(&got_body).is_empty()
}

/// What every route makes itself: `id`, `meta`, `schemas` and the headers that repeat them.
fn check_meta(user: &Value, answer: &Answer, route: &Route<'_>, what: &str) {
    let meta = &user["meta"];
    let location = format!("{}/Users/{}", route.door.base(), route.id);
    assert_eq!((&meta["resourceType"], &meta["location"]), (&json!("User"), &json!(location)), "{what}: {user}");
    assert_eq!(user["id"], route.id.as_str(), "{what}");
    let listed: Vec<&str> = user["schemas"].as_array().expect("schemas").iter().filter_map(Value::as_str).collect();
    let containers = user.as_object().expect("a user").keys().map(String::as_str).filter(|name| name.contains(':'));
    let mut present: Vec<&str> = std::iter::once(script::USER).chain(containers).collect();
    let mut listed = listed;
    present.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, present, "{what}: schemas tell what is there");
    assert!(listed.iter().all(|urn| route.declared.has_schema(urn)), "{what}: /Schemas does not know {listed:?}");
    assert!(meta["version"].is_string(), "{what}: {user}");
    if answer.headers.contains_key("etag") {
        assert_eq!(meta["version"], answer.header("etag"), "{what}");
    }
    if answer.status == 201 {
        assert_eq!(answer.header("location"), location, "{what}");
    }
}

/// Takes from the plain server's user what the route says it does not keep (a second value where one fits), so that the
/// next step begins from the same.
async fn sync(route: &Route<'_>, plain: &Route<'_>) {
    let answer = plain.send("GET", "/Users/{id}", &Value::Null).await;
    if answer.status != 200 {
        return;
    }
    let user = answer.json();
    let shown = route.send("GET", "/Users/{id}", &Value::Null).await.expect(200);
    let kept = route.declared.kept(&user, &shown, &plain.declared);
    if kept != user {
        plain.send("PUT", "/Users/{id}", &kept).await.expect(200);
    }
}

fn keeps_deleted(toml: &str, name: &str) -> bool {
    let server = "[server]\nlisten = \"127.0.0.1:0\"\n";
    let (config, _) = scimux::config::parse(&format!("{server}{toml}"), "test.toml", &Default::default())
        .expect("the configuration of the test");
    let target = config.targets.iter().find(|target| target.target.settings.name == name).expect("a target");
    let user = target.target.types.iter().find(|served| served.canonical.name == "User").expect("users");
    capabilities(&target.target, user).contains(&("delete", Capability::Emulated))
}

#[tokio::test]
async fn every_vendor_answers_as_a_plain_server_but_for_what_it_declares() {
    let world = World::all().await;
    let server = Server::start(&[]).await;
    for (vendor, sandbox) in scimux_sandbox::vendors().iter().zip(&world.sandboxes) {
        let keeps_deleted = keeps_deleted(&format!("[targets.{vendor}]\n{}", sandbox.target_toml()), vendor);
        let mut route = Route::new(vendor, Door::Gateway(world.gateway(), vendor), keeps_deleted).await;
        let mut plain = Route::new("scim2-server", Door::Server(&server), false).await;
        compare(&mut route, &mut plain).await;
    }
}

/// The gateway changes nothing of what such a server answers.
#[tokio::test]
async fn a_plain_server_answers_the_same_through_the_gateway() {
    let (behind, beside) = (Server::start(&[]).await, Server::start(&[]).await);
    let gateway = Gateway::start(&format!("[targets.t]\n{}", behind.target_toml())).await;
    let mut route = Route::new("t", Door::Gateway(&gateway, "t"), false).await;
    let mut plain = Route::new("scim2-server", Door::Server(&beside), false).await;
    compare(&mut route, &mut plain).await;
}
