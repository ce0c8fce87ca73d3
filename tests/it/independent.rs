//! Independent programs that these tests run: those of the virtual environment which `make venv` makes.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::world::{Answer, exchange};

/// `scim2-server`, an independent and strict RFC 7644 server, on a port of its own.
pub(crate) struct Server {
    process: Child,
    /// Where it listens, on loopback.
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Server {
    /// Starts it; `without` is the method it lacks and what answers in its place (`tests/python/scim_server.py`).
    pub(crate) async fn start(without: &[&str]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let process = python("scim_server.py")
            .args([&port.to_string(), "T"])
            .args(without)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut server = Self { process, port };
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = server.process.try_wait().expect("the process can be asked") {
                panic!("scim2-server ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    /// Sends a request straight to it; `Value::Null` is no body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("the server listens");
        let bytes = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = Request::builder().method(method).uri(path).header("authorization", "Bearer T");
        let request = request.header("host", format!("127.0.0.1:{}", self.port));
        let request = request.header("content-type", "application/scim+json").body(Full::new(bytes));
        exchange(TokioIo::new(stream), request.expect("a request")).await
    }

    /// Its keys below `[targets.NAME]`.
    pub(crate) fn target_toml(&self) -> String {
        format!(
            "adapter = \"scim\"\nbase_url = \"http://127.0.0.1:{}/v2\"\nauth = {{ scheme = \"bearer\", token = \"T\" }}\n",
            self.port
        )
    }
}

/// A script of `tests/python`, to be run with the packages of the virtual environment.
pub(crate) fn python(script: &str) -> Command {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/target/venv");
    let venv = std::env::var("SCIMUX_TEST_VENV").unwrap_or_else(|_| root.to_owned());
    let program = PathBuf::from(venv).join("bin/python");
    assert!(program.exists(), "{} is missing: run `make venv`", program.display());
    let mut command = Command::new(program);
    command.arg(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python")).join(script));
    command
}

/// A script of `tests/node`, to be run with the modules that `make node` installs.
pub(crate) fn node(script: &str) -> Command {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/target/node");
    let folder = std::env::var("SCIMUX_TEST_NODE").unwrap_or_else(|_| root.to_owned());
    let modules = PathBuf::from(&folder).join("node_modules");
    assert!(modules.exists(), "{} is missing: run `make node`, which needs npm", modules.display());
    let mut command = Command::new("node");
    command.arg(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node")).join(script));
    command.env("SCIMUX_TEST_NODE", folder);
    command
}

/// Runs a script to its end and returns what it printed.
pub(crate) async fn printed(mut command: Command) -> String {
    let run = tokio::task::spawn_blocking(move || command.output());
    let Output { status, stdout, stderr } = run.await.expect("no panic").expect("the program runs");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("UTF-8")
}
