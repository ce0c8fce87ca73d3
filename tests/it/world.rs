//! The built binary over sandboxes: one gateway process, the imitations it speaks to, and a plain client.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use scimux_sandbox::{Exchange, Sandbox};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;

/// What the configuration says clients reach the gateway at.
pub(crate) const PUBLIC: &str = "https://scim.example.com";
/// The client's token in every test.
pub(crate) const TOKEN: &str = "canary-client-token-4711";

/// A gateway over one or more sandboxes.
pub(crate) struct World {
    pub(crate) sandboxes: Vec<Sandbox>,
    gateway: Gateway,
}

/// A running gateway process.
pub(crate) struct Gateway {
    process: Child,
    directory: tempfile::TempDir,
}

/// An answer of the gateway.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl World {
    /// A gateway whose route `t` leads to an imitation of `vendor` with the demo's people in it.
    pub(crate) async fn start(vendor: &str) -> Self {
        Self::with(vendor, "").await
    }

    /// The same with more lines below `[targets.t]`.
    pub(crate) async fn with(vendor: &str, target_lines: &str) -> Self {
        let sandbox = sandbox(vendor).await;
        let toml = format!("[targets.t]\n{}{target_lines}\n", sandbox.target_toml());
        let gateway = Gateway::start(&toml).await;
        Self { sandboxes: vec![sandbox], gateway }.described().await
    }

    /// Once the targets have been asked how they describe themselves; what they were sent for that is forgotten.
    async fn described(self) -> Self {
        for sandbox in self.sandboxes.iter().filter(|sandbox| sandbox.vendor() == "scim") {
            while !sandbox.take_exchanges().iter().any(|exchange| exchange.path.ends_with("/Schemas")) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        self
    }

    /// One route per vendor, each of its name.
    pub(crate) async fn all() -> Self {
        Self::all_with("", "").await
    }

    /// The same with more lines below each `[targets.X]`, and more behind all of them.
    pub(crate) async fn all_with(target_lines: &str, more: &str) -> Self {
        let mut toml = String::new();
        let mut sandboxes = Vec::new();
        for vendor in scimux_sandbox::vendors() {
            let sandbox = sandbox(vendor).await;
            let target = sandbox.target_toml();
            write!(toml, "[targets.{vendor}]\n{target}{target_lines}\n").expect("writing to a string");
            sandboxes.push(sandbox);
        }
        let gateway = Gateway::start(&format!("{toml}{more}")).await;
        Self { gateway, sandboxes }.described().await
    }

    /// What `/metrics` says on an `admin.socket`.
    pub(crate) async fn metrics(socket: &str) -> String {
        Self::admin(socket, "/metrics").await
    }

    /// What a path says there.
    pub(crate) async fn admin(socket: &str, path: &str) -> String {
        let request = Request::get(path).body(Full::default()).expect("a request");
        let answer = request_at(Path::new(socket), request).await;
        String::from_utf8(answer.body.to_vec()).expect("UTF-8")
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandboxes[0]
    }

    /// Sends a canonical request below the route `t`.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.gateway.send(method, &format!("/t/scim/v2{path}"), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Value::Null).await
    }

    /// A PATCH of these operations.
    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Answer {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        self.send("PATCH", path, serde_json::json!({"schemas": schemas, "Operations": operations})).await
    }

    /// The parts.
    pub(crate) fn apart(self) -> (Vec<Sandbox>, Gateway) {
        (self.sandboxes, self.gateway)
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// What the vendor saw since the last call, logins and questions how it describes itself left out.
    pub(crate) fn wire(&self) -> Vec<Exchange> {
        let is_login = |exchange: &Exchange| exchange.path.ends_with("/auth") || exchange.path.ends_with("/as/token");
        let counts = |exchange: &Exchange| !is_login(exchange) && !asks_for_description(exchange);
        self.sandbox().take_exchanges().into_iter().filter(counts).collect()
    }

    /// The methods and paths the vendor saw, e.g. `GET /Users/1`; paths from `/Users` or `/Groups` on.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.wire().iter().map(short).collect()
    }

    /// Stops the gateway and returns all it printed.
    pub(crate) async fn output(self) -> String {
        self.gateway.stop().await
    }
}

/// Whether the gateway asks for what describes the vendor, as it does of its own accord.
pub(crate) fn asks_for_description(exchange: &Exchange) -> bool {
    let documents = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];
    documents.iter().any(|document| exchange.path.ends_with(document))
}

/// `GET /Users/1`
pub(crate) fn short(exchange: &Exchange) -> String {
    let at = exchange.path.find("/Users").or_else(|| exchange.path.find("/Groups")).unwrap_or(0);
    format!("{} {}", exchange.method, &exchange.path[at..])
}

/// A seeded imitation on a port of its own.
pub(crate) async fn sandbox(vendor: &str) -> Sandbox {
    let address = "127.0.0.1:0".parse().expect("an address");
    let sandbox = Sandbox::start(vendor, address).await.expect("the sandbox starts");
    scimux_sandbox::demo::seed(&sandbox).await;
    sandbox
}

/// The body that crossed the wire.
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"))
}

impl Gateway {
    /// Starts the built binary on a unix socket of its own with `toml` behind the server's section.
    pub(crate) async fn start(toml: &str) -> Self {
        Self::start_with(toml, &[]).await
    }

    pub(crate) async fn start_with(toml: &str, environment: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("scim.sock");
        let config = directory.path().join("scimux.toml");
        let server = format!(
            "[server]\nlisten = \"unix:{}\"\npublic_url = \"{PUBLIC}\"\n[log]\nlevel = \"debug\"\n\
             [clients.test]\ntokens = [\"{TOKEN}\"]\n{toml}",
            socket.display()
        );
        std::fs::write(&config, server).expect("the configuration is written");
        let process = spawn(&config, &directory.path().join("output"), environment);
        let mut gateway = Self { process, directory };
        gateway.wait_until_bound().await;
        gateway
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("scim.sock")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory.path().join("scimux.toml")
    }

    /// Writes another configuration: this one with `from` replaced by `to`.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.config()).expect("it was written");
        assert!(text.contains(from), "{from} is not in {text}");
        std::fs::write(self.config(), text.replace(from, to)).expect("the configuration is written");
    }

    /// Sends the process a signal.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill runs");
        assert!(status.success());
    }

    /// The most memory the process has had so far.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.memory("VmHWM:")
    }

    /// The memory it has now.
    pub(crate) fn resident_bytes(&self) -> usize {
        self.memory("VmRSS:")
    }

    /// How many files and connections it has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).expect("it runs on Linux").count()
    }

    fn memory(&self, what: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs on Linux");
        let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("a size");
        let kibibytes = line.trim().strip_suffix(" kB").and_then(|number| number.parse::<usize>().ok());
        kibibytes.expect("a number of kB") * 1024
    }

    /// Sends SIGHUP, waits until the process has acted on it, and returns whether the configuration was taken.
    pub(crate) async fn reload(&self) -> bool {
        let count =
            |text: &str| (text.matches("configuration reloaded").count(), text.matches(" not reloaded").count());
        let before = count(&self.printed());
        self.signal("HUP");
        loop {
            let now = count(&self.printed());
            if now != before {
                return now.0 > before.0;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// All it has printed so far.
    pub(crate) fn printed(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("output")).unwrap_or_default()
    }

    async fn wait_until_bound(&mut self) {
        while UnixStream::connect(self.socket()).await.is_err() {
            if let Some(status) = self.process.try_wait().expect("the process can be asked") {
                panic!("the gateway ended with {status}: {}", self.printed());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends a request as the test client; `Value::Null` is no body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let bytes = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {TOKEN}"));
        if !bytes.is_empty() {
            request = request.header("content-type", "application/scim+json");
        }
        self.request(request.body(Full::new(bytes)).expect("a request")).await
    }

    /// Sends a request as it is, on a connection of its own.
    pub(crate) async fn request(&self, request: Request<Full<Bytes>>) -> Answer {
        request_at(&self.socket(), request).await
    }

    /// Asks the process to end, waits until it has, and returns all it printed.
    pub(crate) async fn stop(self) -> String {
        self.signal("TERM");
        self.ended().await
    }

    /// Waits until the process has ended well, and returns all it printed.
    pub(crate) async fn ended(mut self) -> String {
        let status = loop {
            match self.process.try_wait().expect("the process can be asked") {
                Some(status) => break status,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        assert!(status.success(), "the gateway ended with {status}");
        self.printed()
    }
}

/// One request and its answer on a connection of its own.
pub(crate) async fn exchange<S>(stream: TokioIo<S>, request: Request<Full<Bytes>>) -> Answer
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.expect("a connection");
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.expect("an answer");
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Answer { status: head.status, headers: head.headers, body }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Sends a request on a connection of its own to a unix socket.
async fn request_at(socket: &Path, mut request: Request<Full<Bytes>>) -> Answer {
    let stream = UnixStream::connect(socket).await.expect("the gateway listens");
    if !request.headers().contains_key("host") {
        request.headers_mut().insert("host", "scim.example.com".parse().expect("a host"));
    }
    exchange(TokioIo::new(stream), request).await
}

fn spawn(config: &Path, output: &Path, environment: &[(&str, &str)]) -> Child {
    let output = std::fs::File::create(output).expect("a file for the output");
    Command::new(env!("CARGO_BIN_EXE_scimux"))
        .args(["serve", "--config"])
        .arg(config)
        .env_remove("HTTPS_PROXY")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a second handle"))
        .stderr(output)
        .spawn()
        .expect("the built binary starts")
}

/// Runs a command of the built binary that ends by itself: its exit code, standard output and standard error.
pub(crate) fn scimux(arguments: &[&str]) -> (i32, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_scimux")).args(arguments).stdin(Stdio::null()).output();
    let done = done.expect("the built binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (done.status.code().expect("it ended by itself"), text(done.stdout), text(done.stderr))
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        json(std::str::from_utf8(&self.body).expect("UTF-8"))
    }

    /// The body, after checking the status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks that it is an RFC 7644 error with this status and `scimType`, and returns its detail.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, scim_type: &str) -> String {
        let body = self.expect(status);
        assert_eq!(body["schemas"], serde_json::json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{body}");
        assert_eq!(body["status"], status.to_string().as_str(), "{body}");
        assert_eq!(body["scimType"].as_str().unwrap_or_default(), scim_type, "{body}");
        assert!(self.header("content-type").starts_with("application/"), "{:?}", self.headers);
        body["detail"].as_str().expect("a detail").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
