//! Each client's whole life of a user and a group (`tests/clients/*.json`), played as that client sends it against every
//! route. What a file expects is what a plain RFC 7644 server answers; what a route's vendor lacks is computed here from
//! that target's own profile, never written down for a client.

mod expect;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use scimux::config;
use scimux_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::explain::{assert_explained, just_read};
use crate::scim2_server;
use crate::world::{Answer, Gateway, json as parse, sandbox};
use expect::{Expected, Route};

struct Fixture {
    name: String,
    content: Value,
}

fn fixtures() -> Vec<Fixture> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");
    let entries = std::fs::read_dir(directory).expect("the directory of the fixtures");
    let read = |path: &Path| Fixture {
        name: path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned(),
        content: parse(&std::fs::read_to_string(path).expect("a file that is listed")),
    };
    let mut all: Vec<Fixture> = entries.map(|entry| read(&entry.expect("an entry").path())).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// One configured client for each fixture, with that client's quirks.
fn clients(fixtures: &[Fixture]) -> String {
    let mut toml = String::new();
    for Fixture { name, content } in fixtures {
        let quirks = content.get("quirks").cloned().unwrap_or_else(|| json!([]));
        write!(toml, "[clients.{name}]\ntokens = [\"{}\"]\nquirks = {quirks}\n", token(name))
            .expect("writing to a string");
    }
    toml
}

fn token(name: &str) -> String {
    format!("canary-token-of-{name}")
}

/// Plays every fixture against the one target of a configuration. What a sandbox there is sent for a request is what `explain`
/// says of that request.
async fn play(target_toml: &str, sandbox: Option<&Sandbox>) {
    let fixtures = fixtures();
    let toml = format!("{}{target_toml}\n", clients(&fixtures));
    let (config, _) = config::parse(&toml, "test.toml", &config::Environment::new()).expect("a configuration");
    let route = Route { target: config.targets[0].target.clone() };
    let gateway = Gateway::start(&toml).await;
    let name = &route.target.settings.name;
    for fixture in &fixtures {
        let base = format!("/{name}/scim/v2");
        let (ids, refused) = (BTreeMap::new(), BTreeSet::new());
        let mut life = Life { gateway: &gateway, route: &route, sandbox, fixture, base, ids, refused };
        for step in fixture.content["steps"].as_array().expect("steps") {
            life.step(step).await;
        }
    }
}

struct Life<'a> {
    gateway: &'a Gateway,
    route: &'a Route,
    sandbox: Option<&'a Sandbox>,
    fixture: &'a Fixture,
    base: String,
    /// What has been created: `user`, `group`.
    ids: BTreeMap<String, String>,
    /// The endpoints where what this client creates was refused.
    refused: BTreeSet<&'static str>,
}

impl Life<'_> {
    async fn step(&mut self, step: &Value) {
        let Some(step) = self.filled(step) else { return };
        let what = format!("{} at {}: {}", self.fixture.name, self.route.target.settings.name, step["does"]);
        let answer = self.send(&step, &what).await;
        let told = String::from_utf8_lossy(&answer.body).into_owned();
        let expected = self.route.expected(&step);
        match expected {
            Expected::Refused(status, scim_type) => {
                assert_eq!(answer.status.as_u16(), status, "{what}: {told}");
                assert_eq!(answer.json()["scimType"].as_str().unwrap_or_default(), scim_type, "{what}: {told}");
            }
            Expected::Answer(status, body) => {
                assert_eq!(answer.status.as_u16(), status, "{what}: {told}");
                if let Some(body) = body {
                    let got = answer.json();
                    self.route.compare(&step, &body, &got).unwrap_or_else(|why| panic!("{what}: {why}: {told}"));
                }
            }
        }
        self.check_type(&answer, &what);
        match (step["creates"].as_str(), answer.status.as_u16()) {
            (None, _) => {}
            (Some(name), 201) => {
                self.ids.insert(name.to_owned(), answer.json()["id"].as_str().expect("an id").to_owned());
            }
            (Some(_), _) => drop(self.refused.insert(expect::endpoint(&step))),
        }
    }

    /// The step with the ids of what has been created; `None` if it is about something that could not be created.
    fn filled(&self, step: &Value) -> Option<Value> {
        let mut text = step.to_string();
        for (name, id) in &self.ids {
            text = text.replace(&format!("{{{name}}}"), id);
        }
        // A group that cannot be made here is asked for all the same: it is refused before anybody looks for it.
        let kind = expect::endpoint(step);
        if self.route.serves(kind) {
            let own = if kind == "/Users" { "{user}" } else { "{group}" };
            if step["path"].as_str().is_some_and(|path| path.contains(own)) && text.contains(own) {
                return None;
            }
        }
        let mut step = parse(&text.replace("{user}", "u1").replace("{group}", "g1"));
        if self.refused.contains(kind) && step["answer"]["totalResults"].is_u64() {
            step["answer"]["totalResults"] = json!(0);
        }
        Some(step)
    }

    async fn send(&self, step: &Value, what: &str) -> Answer {
        let body = step.get("body").map(ToString::to_string).unwrap_or_default();
        let path = format!("{}{}", self.base, step["path"].as_str().expect("a path"));
        let method = step["method"].as_str().expect("a method");
        let headers = self.headers(step);
        let mut request = Request::builder().method(method).uri(&path);
        let mut raw = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in &headers {
            request = request.header(name, value);
            write!(raw, "{name}: {value}\r\n").expect("writing to a string");
        }
        raw = format!("{raw}\r\n{body}");
        let request = request.body(Full::new(Bytes::from(body))).expect("a request");
        let present = self.present(method, &path).await;
        let answer = self.gateway.request(request).await;
        if let Some(sandbox) = self.sandbox {
            let route = &self.route.target.settings.name;
            assert_explained(&self.gateway.config(), route, &raw, present, sandbox, what);
        }
        answer
    }

    /// What a sandbox has of the resource that is about to be changed, as it answers a GET.
    async fn present(&self, method: &str, path: &str) -> Option<String> {
        let sandbox = self.sandbox?;
        let is_change = method != "GET" && path[self.base.len()..].matches('/').count() == 2;
        if !is_change {
            return None;
        }
        self.gateway.send("GET", path, Value::Null).await;
        just_read(sandbox)
    }

    fn headers(&self, step: &Value) -> Vec<(String, String)> {
        let all =
            [&self.fixture.content["headers"], &step["headers"]].into_iter().filter_map(Value::as_object).flatten();
        let all = all.map(|(name, value)| (name.clone(), value.as_str().expect("a header").to_owned()));
        let token = format!("Bearer {}", token(&self.fixture.name));
        all.chain([("authorization".to_owned(), token)]).collect()
    }

    /// The media type that this client takes.
    fn check_type(&self, answer: &Answer, what: &str) {
        if answer.body.is_empty() {
            return;
        }
        let forced = self.fixture.content["quirks"].as_array().is_some_and(|all| all.contains(&json!("json_answers")));
        let asked = self.fixture.content["headers"]["accept"] == "application/json";
        let wanted = if forced || asked { "application/json" } else { "application/scim+json" };
        assert_eq!(answer.header("content-type"), wanted, "{what}");
    }
}

async fn over_sandbox(vendor: &str) {
    let sandbox = sandbox(vendor).await;
    play(&format!("[targets.{vendor}]\n{}", sandbox.target_toml()), Some(&sandbox)).await;
}

#[tokio::test]
async fn over_veeva() {
    over_sandbox("veeva").await;
}

#[tokio::test]
async fn over_pingone() {
    over_sandbox("pingone").await;
}

#[tokio::test]
async fn over_huawei() {
    over_sandbox("huawei").await;
}

#[tokio::test]
async fn over_rsa() {
    over_sandbox("rsa").await;
}

#[tokio::test]
async fn over_the_plain_sandbox() {
    over_sandbox("scim").await;
}

#[tokio::test]
async fn over_scim2_server() {
    let (_server, target_toml) = scim2_server::spawn().await;
    play(&target_toml, None).await;
}

/// Each quirk changes what one client means, and nothing for another.
#[tokio::test]
async fn quirks_are_one_clients_own() {
    let sandbox = sandbox("scim").await;
    let all = r#"["replace_creates", "empty_string_clears", "json_answers", "method_override"]"#;
    let toml = format!(
        "[clients.odd]\ntokens = [\"{}\"]\nquirks = {all}\n[targets.t]\n{}\n",
        token("odd"),
        sandbox.target_toml()
    );
    let gateway = Gateway::start(&toml).await;
    let send = async |method: &str, path: &str, body: Value, token: String| {
        let request = Request::builder().method(method).uri(format!("/t/scim/v2{path}"));
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.header("accept", "application/scim+json").header("x-http-method-override", "PATCH");
        gateway.request(request.body(Full::new(Bytes::from(body.to_string()))).expect("a request")).await
    };
    let plain = || crate::world::TOKEN.to_owned();
    let path = "/Users/2819c223-7f76-453a-919d-413861904646";
    let create =
        json!({"Operations": [{"op": "replace", "path": "phoneNumbers[type eq \"fax\"].value", "value": "1"}]});
    let clear = json!({"Operations": [{"op": "replace", "path": "displayName", "value": ""}]});

    send("POST", path, create.clone(), plain()).await.refused(405, "");
    send("PATCH", path, create.clone(), plain()).await.refused(400, "noTarget");
    let kept = send("PATCH", path, clear.clone(), plain()).await;
    assert_eq!((&kept.expect(200)["displayName"], kept.header("content-type")), (&json!(""), "application/scim+json"));

    let made = send("POST", path, create, token("odd")).await;
    assert_eq!(made.expect(200)["phoneNumbers"], json!([{"type": "fax", "value": "1"}]));
    assert_eq!(made.header("content-type"), "application/json");
    let cleared = send("POST", path, clear, token("odd")).await.expect(200);
    assert!(cleared.get("displayName").is_none(), "{cleared}");
    let wrong = send("POST", path, json!({"Operations": []}), token("odd")).await;
    wrong.refused(400, "invalidSyntax");
    assert_eq!(wrong.header("content-type"), "application/json", "errors too");
}
