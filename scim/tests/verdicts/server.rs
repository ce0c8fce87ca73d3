//! `scim2-server` as a child process, and a plain HTTP/1.0 client for it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program of the virtual environment that `make venv` makes.
pub(crate) fn python() -> PathBuf {
    let venv = std::env::var_os("SCIMUX_TEST_VENV").map_or_else(|| root().join("target/venv"), PathBuf::from);
    let program = venv.join("bin/python");
    assert!(program.exists(), "{} is missing: run `make venv`", program.display());
    program
}

/// A running server with nothing in it.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts it with the extension of these tests.
    pub(crate) fn start() -> Self {
        let mut process = Command::new(python())
            .arg(root().join("tests/python/reference.py"))
            .arg(root().join("scim/tests/verdicts/extension.json"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut line).expect("the server prints where it is");
        let address = line.trim().strip_prefix("http://").and_then(|rest| rest.strip_suffix("/v2"));
        Self { address: address.expect("a base URL").to_owned(), process }
    }

    /// Sends a request; `Value::Null` is no body. The answer's status and body.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        let head = format!(
            "{method} /v2{path} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).expect("the request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer in UTF-8");
        read(&answer).unwrap_or_else(|| panic!("{method} {path} {body}: no answer but {answer:?}"))
    }
}

fn read(answer: &str) -> Option<(u16, Value)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).ok()? };
    Some((status, body))
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
