//! The demo's own world: sandboxes on free ports and a gateway in front of them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use scimux_sandbox::demo::{Scene, seed};
use scimux_sandbox::{Exchange, Sandbox};

use crate::config::{self, Config, Environment, Route, TargetConfig};
use crate::serve::Gateway;

/// Where the demo listens if it can.
const PORT: u16 = 8080;

/// Sandboxes, gateway and a client.
pub(super) struct Stage {
    sandboxes: Vec<Sandbox>,
    gateway: Gateway,
    routes: Vec<Route>,
    targets: Vec<Arc<TargetConfig>>,
    client: Client<HttpConnector, Full<Bytes>>,
    token: String,
}

/// A scene that has been played.
pub(super) struct Played<'a> {
    /// The scene.
    pub(super) scene: &'a Scene,
    /// The canonical path.
    pub(super) path: String,
    /// What went to the vendor and came back.
    pub(super) exchanges: Vec<Exchange>,
    /// The canonical status.
    pub(super) status: u16,
    /// The canonical answer's `scimux-dropped`.
    pub(super) dropped: Option<String>,
    /// The canonical answer.
    pub(super) answer: Bytes,
}

impl Played<'_> {
    pub(super) fn as_expected(&self) -> bool {
        self.status == self.scene.expect_status
    }
}

impl Stage {
    /// Starts everything.
    pub(super) async fn build() -> io::Result<Self> {
        let mut sandboxes = Vec::new();
        for vendor in scimux_sandbox::vendors() {
            let sandbox = Sandbox::start(vendor, (Ipv4Addr::LOCALHOST, 0).into()).await?;
            seed(&sandbox).await;
            sandboxes.push(sandbox);
        }
        let token = uuid::Uuid::new_v4().simple().to_string()[..16].to_owned();
        let (gateway, routes, targets) = start(&sandboxes, &token).await?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { sandboxes, gateway, routes, targets, client, token })
    }

    /// Stops everything.
    pub(super) async fn strike(self) {
        self.gateway.stop().await;
    }

    /// Sends a scene's request to the gateway.
    pub(super) async fn play<'a>(&self, scene: &'a Scene) -> io::Result<Played<'a>> {
        let sandbox = self.sandboxes.iter().find(|sandbox| sandbox.vendor() == scene.vendor);
        let sandbox = sandbox.ok_or_else(|| io::Error::other(format!("no sandbox for {}", scene.vendor)))?;
        let _ = sandbox.take_exchanges();
        let path = format!("{}{}", self.route(scene.vendor), scene.path);
        let response = self.client.request(self.request(scene, &path)?).await.map_err(io::Error::other)?;
        let (head, body) = response.into_parts();
        let answer = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let dropped = head.headers.get("scimux-dropped").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let exchanges = sandbox.take_exchanges();
        Ok(Played { scene, path, exchanges, status: head.status.as_u16(), dropped, answer })
    }

    fn request(&self, scene: &Scene, path: &str) -> io::Result<http::Request<Full<Bytes>>> {
        let body = scene.body.as_ref().map(ToString::to_string).unwrap_or_default();
        http::Request::builder()
            .method(scene.method)
            .uri(format!("{}{path}", self.origin()))
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(CONTENT_TYPE, "application/scim+json")
            .body(Full::from(body))
            .map_err(io::Error::other)
    }

    /// The route's path for a vendor.
    pub(super) fn route(&self, vendor: &str) -> &str {
        let route = self.routes.iter().find(|route| route.name == vendor);
        route.map_or("", |route| &route.path)
    }

    /// The gateway's URL.
    pub(super) fn origin(&self) -> String {
        self.gateway.addresses().first().map(|address| format!("http://{address}")).unwrap_or_default()
    }

    /// The token of the demo's client.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// The targets.
    pub(super) fn targets(&self) -> &[Arc<TargetConfig>] {
        &self.targets
    }

    /// The sandboxes.
    pub(super) fn sandboxes(&self) -> &[Sandbox] {
        &self.sandboxes
    }
}

/// The gateway on the first port that is free, with what it serves.
async fn start(sandboxes: &[Sandbox], token: &str) -> io::Result<(Gateway, Vec<Route>, Vec<Arc<TargetConfig>>)> {
    let ports = (PORT..PORT + 100).chain([0]);
    for port in ports {
        let config = configuration(sandboxes, token, port)?;
        let (routes, targets) = (config.routes.clone(), config.targets.clone());
        match Gateway::start(config, None).await {
            Ok(gateway) => return Ok((gateway, routes, targets)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "no free port on loopback"))
}

fn configuration(sandboxes: &[Sandbox], token: &str, port: u16) -> io::Result<Config> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut text = format!(
        "server.listen = \"{listen}\"\nlog = {{ format = \"text\", level = \"error\" }}\nclients.demo.tokens = [\"{token}\"]\n"
    );
    for sandbox in sandboxes {
        text.push_str(&format!("[targets.{}]\n{}\n", sandbox.vendor(), sandbox.target_toml()));
    }
    match config::parse(&text, "the demo's configuration", &Environment::new()) {
        Ok((config, _)) => Ok(config),
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Err(io::Error::other(lines.join("\n")))
        }
    }
}
