//! `scimux explain`: what it prints is what `serve` sends; it connects nowhere and tells no secret.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use scimux_sandbox::demo::{Scene, scenes};
use scimux_sandbox::{Exchange, Sandbox};
use serde_json::{Value, json};

use crate::world::{self, World, asks_for_description};

/// Runs the built binary with a request on its standard input.
fn explain(config: &Path, arguments: &[&str], request: &str) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_scimux"))
        .args(["explain", "--config"])
        .arg(config)
        .args(arguments)
        .env_remove("HTTPS_PROXY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built binary starts");
    let mut input = process.stdin.take().expect("a pipe");
    // A command that ends at once, because of its arguments, does not read.
    drop(input.write_all(request.as_bytes()));
    drop(input);
    process.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[track_caller]
fn explained(config: &Path, route: &str, current: Option<&Path>, request: &str) -> Value {
    let mut arguments = vec!["--route", route, "--json"];
    if let Some(current) = current {
        arguments.extend(["--current", current.to_str().expect("UTF-8")]);
    }
    let output = explain(config, &arguments, request);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    world::json(&text(&output.stdout))
}

fn request(scene: &Scene) -> String {
    let body = scene.body.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} {} HTTP/1.1\r\nContent-Type: application/scim+json\r\n\r\n{body}", scene.method, scene.path)
}

/// Method, path, content headers and body of what a vendor was sent.
fn sent(exchange: &Exchange) -> Value {
    let header = |name: &str| exchange.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let body: Value = serde_json::from_str(&exchange.body).unwrap_or(Value::Null);
    json!([exchange.method, exchange.path, header("accept"), header("content-type"), header("if-match"), body])
}

/// The same of what a course says.
fn said(course: &Value) -> Vec<Value> {
    let steps = course["steps"].as_array().expect("a list").iter();
    steps
        .map(|step| {
            let headers = &step["headers"];
            let [accept, kind, version] = ["accept", "content-type", "if-match"].map(|name| &headers[name]);
            json!([step["method"], step["path"], accept, kind, version, step["body"]])
        })
        .collect()
}

fn is_login(exchange: &Exchange) -> bool {
    exchange.path.ends_with("/auth") || exchange.path.ends_with("/as/token")
}

fn wire(sandbox: &Sandbox) -> Vec<Exchange> {
    sandbox
        .take_exchanges()
        .into_iter()
        .filter(|exchange| !is_login(exchange) && !asks_for_description(exchange))
        .collect()
}

/// The vendor's own answer to a GET of the scene's resource, in a file.
async fn current(world: &World, sandbox: &Sandbox, scene: &Scene, directory: &Path) -> Option<PathBuf> {
    scene.resource_id?;
    let path = format!("/{}/scim/v2{}", scene.vendor, scene.path);
    world.gateway().send("GET", &path, Value::Null).await.expect(200);
    let read = wire(sandbox).pop().expect("the vendor was asked");
    let file = directory.join("current.json");
    std::fs::write(&file, read.answer).expect("it is written");
    Some(file)
}

/// The vendor's own answer to a read, as the gateway has just made it; `None` if that was no success.
pub(crate) fn just_read(sandbox: &Sandbox) -> Option<String> {
    wire(sandbox).pop().filter(|read| read.method == "GET" && read.status == 200).map(|read| read.answer)
}

/// Asserts that `explain` says of a request what the vendor was sent for it, up to the first answer that was no success: told
/// is what follows if the vendor does its work. `present` is what the vendor had before; what a request only reads is on the wire.
pub(crate) fn assert_explained(
    config: &Path,
    route: &str,
    request: &str,
    present: Option<String>,
    sandbox: &Sandbox,
    what: &str,
) {
    let wire = wire(sandbox);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("current.json");
    let read = wire.first().filter(|first| first.method == "GET" && first.status == 200);
    let present = present.or_else(|| read.map(|read| read.answer.clone()));
    let current = present.map(|present| {
        std::fs::write(&file, present).expect("it is written");
        file.as_path()
    });
    let told = explained(config, route, current, request);
    assert_eq!(self::wire(sandbox), [], "explaining sends nothing: {what}");
    let failed = wire.iter().position(|exchange| exchange.status >= 300);
    let sent: Vec<Value> = wire.iter().take(failed.map_or(wire.len(), |at| at + 1)).map(self::sent).collect();
    let agrees = |course: &Value| {
        let said = said(course);
        let open = course["complete"] == false && !said.is_empty();
        said == sent || failed.is_some() && said.starts_with(&sent) || open && sent.starts_with(&said)
    };
    let others = told["otherwise"].as_array().expect("a list");
    assert!(agrees(&told) || others.iter().any(agrees), "{what}\n{request}\n{told:#}\nsent: {sent:#?}");
}

#[tokio::test]
async fn what_is_explained_is_what_is_sent() {
    let world = World::all().await;
    let directory = tempfile::tempdir().expect("a directory");
    let (mut by_condition, mut exact) = (0, 0);
    for scene in scenes() {
        let sandbox = world.sandboxes.iter().find(|sandbox| sandbox.vendor() == scene.vendor).expect("a sandbox");
        let current = current(&world, sandbox, &scene, directory.path()).await;
        let told = explained(&world.gateway().config(), scene.vendor, current.as_deref(), &request(&scene));
        assert_eq!(wire(sandbox), [], "explaining {} sends nothing", scene.title);
        let path = format!("/{}/scim/v2{}", scene.vendor, scene.path);
        let answer = world.gateway().send(scene.method, &path, scene.body.clone().unwrap_or(Value::Null)).await;
        let sent: Vec<Value> = wire(sandbox).iter().map(sent).collect();
        let title = format!("{}: {}\n{told:#}", scene.vendor, scene.title);
        if said(&told) != sent {
            // What the vendor does where nobody says what it does is among what is told.
            let others = told["otherwise"].as_array().expect("a list");
            assert!(others.iter().any(|other| said(other) == sent), "{title}\n{sent:#?}");
            by_condition += 1;
        }
        assert_eq!(told["complete"], true, "{title}");
        // Where nothing had to be assumed the answer is the client's, to the letter.
        if told["answer"]["assumed"] == false {
            exact += 1;
            assert_eq!(told["answer"]["status"], answer.status.as_u16(), "{title}");
            assert_eq!(told["answer"]["body"], answer.json(), "{title}");
        }
    }
    // RSA's PUT, of which no document says whether it clears.
    assert_eq!(by_condition, 1, "all other scenes are told without an if");
    assert!(exact >= 2, "answers that nothing had to be assumed for: {exact}");
}

/// A configuration for every scheme, none of whose secrets can be read but the plain one.
fn secretive(vendor: &str) -> String {
    format!(
        r#"
        [server]
        listen = "127.0.0.1:8080"
        [clients.one]
        tokens = [{{ env = "SCIMUX_TEST_NOT_SET" }}, "canary-client-token"]
        read_only = true
        [targets.session]
        adapter = "veeva"
        base_url = "http://{vendor}"
        api_version = "v25.2"
        auth = {{ scheme = "session", username = "u", password = {{ env = "SCIMUX_TEST_NOT_SET" }} }}
        [targets.oauth]
        adapter = "pingone"
        base_url = "http://{vendor}"
        environment_id = "abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6"
        auth = {{ scheme = "oauth2_client_credentials", token_url = "http://{vendor}/as/token", client_id = "c", client_secret = {{ file = "/absent/secret" }} }}
        [targets.bearer]
        adapter = "scim"
        base_url = "http://{vendor}"
        auth = {{ scheme = "bearer", token = "canary-target-token" }}
        headers = {{ "X-Tenant" = "canary-header" }}
        [targets.basic]
        adapter = "scim"
        base_url = "http://{vendor}"
        auth = {{ scheme = "basic", username = "u", password = {{ env = "SCIMUX_TEST_NOT_SET" }} }}
        [targets.header]
        adapter = "scim"
        base_url = "http://{vendor}"
        auth = {{ scheme = "header", name = "X-Api-Key", value = "canary-api-key" }}
        [targets.passed]
        adapter = "scim"
        base_url = "http://{vendor}"
        auth = {{ scheme = "passthrough" }}
        [routes.passed]
        open = true
        "#
    )
}

#[test]
fn no_secret_is_needed_or_told_and_nothing_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    listener.set_nonblocking(true).expect("a socket can be so");
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("scimux.toml");
    let vendor = listener.local_addr().expect("an address").to_string();
    std::fs::write(&config, secretive(&vendor)).expect("it is written");
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}],
    });
    let request = format!("PATCH /Users/1 HTTP/1.1\nAuthorization: Bearer canary-of-the-request\n\n{patch}");
    for (route, header, form) in [
        ("session", "authorization", "***"),
        ("oauth", "authorization", "Bearer ***"),
        ("bearer", "authorization", "Bearer ***"),
        ("bearer", "x-tenant", "***"),
        ("basic", "authorization", "Basic ***"),
        ("header", "x-api-key", "***"),
        ("passed", "authorization", "Bearer ***"),
    ] {
        for arguments in [&["--route", route][..], &["--route", route, "--json"]] {
            let output = explain(&config, arguments, &request);
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{route}");
            assert!(!out.contains("canary"), "{route}: {out}");
            let line =
                if arguments.len() > 2 { format!("\"{header}\": \"{form}\"") } else { format!("{header}: {form}\n") };
            assert!(out.contains(&line), "{route}: {line:?} is not in {out}");
        }
    }
    let nobody = listener.accept().expect_err("nobody connects");
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_known_token_brings_its_clients_bounds() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("scimux.toml");
    std::fs::write(&config, secretive("127.0.0.1:1")).expect("it is written");
    let delete = |token: &str| format!("DELETE /Users/1 HTTP/1.1\nAuthorization: Bearer {token}\n\n");
    let told = explained(&config, "bearer", None, &delete("canary-client-token"));
    assert_eq!((&told["client"], &told["answer"]["status"]), (&json!("one"), &json!(403)), "{told:#}");
    assert_eq!(told["steps"], json!([]));
    let told = explained(&config, "bearer", None, &delete("another"));
    assert_eq!((&told["client"], &told["answer"]["status"]), (&Value::Null, &json!(204)), "{told:#}");
    assert_eq!(said(&told).len(), 1);
}

#[tokio::test]
async fn without_the_present_resource_the_rest_depends_on_it() {
    let world = World::start("veeva").await;
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@example.com"}],
    });
    let request = format!("PATCH /t/scim/v2/Users/93521 HTTP/1.1\n\n{patch}");
    let told = explained(&world.gateway().config(), "t", None, &request);
    assert_eq!(said(&told).len(), 1, "{told:#}");
    assert_eq!((&told["complete"], &told["answer"]), (&json!(false), &Value::Null), "{told:#}");
    let step = &told["steps"][0];
    assert_eq!((&step["call"], &step["answer"]["from"]), (&json!("read"), &json!("unknown")), "{told:#}");
    assert_eq!(step["then"].as_array().expect("a list").len(), 2, "{told:#}");
    assert_eq!(told["because"].as_array().expect("a list").len(), 1, "{told:#}");
    let output = explain(&world.gateway().config(), &["--route", "t"], &request);
    let out = text(&output.stdout);
    for line in ["then, by that answer: apply the operations", "depends on the vendor's answer"] {
        assert!(out.contains(line), "{line:?} is not in {out}");
    }
    assert!(world.wire().is_empty());
}

#[tokio::test]
async fn what_is_changed_on_the_way_is_told() {
    let world = World::start("pingone").await;
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "x", "displayName": "dropped",
        "nonsense": 1, "emails": [{"value": "x@example.com", "type": "work"}],
    });
    let told = explained(&world.gateway().config(), "t", None, &format!("POST /Users\n\n{user}"));
    let changes: Vec<_> = told["steps"][0]["changes"].as_array().expect("a list").iter().collect();
    for name in ["displayName", "nonsense"] {
        let change = changes.iter().find(|change| change["attribute"] == name).unwrap_or_else(|| panic!("{told:#}"));
        assert_eq!(change["kind"], "dropped", "{told:#}");
        assert!(!change["why"].as_str().expect("a text").is_empty());
    }
    let dropped = told["answer"]["headers"]["scimux-dropped"].as_str().expect("the header");
    assert!(dropped.contains("displayName") && dropped.contains("nonsense"), "{dropped}");
}

#[test]
fn bad_usage_is_64() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("scimux.toml");
    std::fs::write(&config, secretive("127.0.0.1:1")).expect("it is written");
    let wrong = directory.path().join("wrong.json");
    std::fs::write(&wrong, "[]").expect("it is written");
    let wrong = wrong.to_str().expect("UTF-8");
    let put = "PATCH /Users/1\n\n{\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"], \"Operations\": \
               [{\"op\": \"replace\", \"path\": \"emails[type eq \\\"work\\\"].value\", \"value\": \"x\"}]}";
    for (arguments, request, word) in [
        (&["--route", "nobody"][..], "GET /Users", "known here: basic, bearer"),
        (&["--route", "basic"], "", "the request is empty"),
        (&["--route", "basic"], "this is no request", "first line"),
        (&["--route", "session", "--current", wrong], put, "--current must hold"),
        (&["--route", "basic", "--current", "/absent"], "GET /Users/1", "cannot read /absent"),
        (&[], "GET /Users", "--route"),
    ] {
        let output = explain(&config, arguments, request);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!((output.status.code(), out.as_str()), (Some(64), ""), "{arguments:?}: {err}");
        assert!(err.contains(word), "{word:?} is not in {err}");
    }
    std::fs::write(&config, "[targets.t]\n").expect("it is written");
    let output = explain(&config, &["--route", "t"], "GET /Users");
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("targets.t.adapter: missing"));
}
