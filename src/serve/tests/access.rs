//! From where requests may come, and how many may fail.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;

use crate::serve::Gateway;
use crate::target::fixture::config;

const DOCUMENT: &str = "/t/scim/v2/ServiceProviderConfig";

async fn gateway(listen: &str, server: &str) -> Gateway {
    let toml = format!(
        r#"
        [server]
        listen = [{listen}]
        public_url = "https://scim.example.com"
        {server}
        [log]
        level = "off"
        [clients.anywhere]
        tokens = ["good"]
        [clients.near]
        tokens = ["near"]
        allow_from = ["192.0.2.7"]
        [targets.t]
        adapter = "scim"
        base_url = "http://127.0.0.1:1/v2"
        auth = {{ scheme = "none" }}
        "#
    );
    Gateway::start(config(&toml), None).await.expect("it starts")
}

fn request(token: Option<&str>, forwarded: Option<&str>) -> http::Request<Full<Bytes>> {
    let mut request = http::Request::get(DOCUMENT).header("host", "scim.example.com");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(forwarded) = forwarded {
        request = request.header("x-forwarded-for", forwarded);
    }
    request.body(Full::default()).expect("a request")
}

/// Status and `Retry-After`.
async fn ask(to: SocketAddr, token: Option<&str>, forwarded: Option<&str>) -> (u16, Option<String>) {
    let io = TokioIo::new(TcpStream::connect(to).await.expect("the gateway listens"));
    let (mut sender, connection) = http1::handshake(io).await.expect("a connection");
    tokio::spawn(connection);
    let answer = sender.send_request(request(token, forwarded)).await.expect("an answer");
    let retry = answer.headers().get("retry-after").map(|value| value.to_str().expect("ASCII").to_owned());
    (answer.status().as_u16(), retry)
}

#[tokio::test]
async fn only_from_networks_that_are_allowed() {
    let allowed = "trusted_proxies = [\"127.0.0.1\"]\nallow_from = [\"192.0.2.0/24\"]";
    let gateway = gateway("\"127.0.0.1:0\"", allowed).await;
    for (forwarded, token, expected) in [
        (None, "good", 403),
        (Some("192.0.2.1"), "good", 200),
        (Some("198.51.100.1"), "good", 403),
        (Some("192.0.2.1, 198.51.100.1"), "good", 403),
        (Some("198.51.100.1, 192.0.2.1"), "good", 200),
        (Some("nonsense"), "good", 403),
        (Some("192.0.2.7"), "near", 200),
        // As if it were no token at all.
        (Some("192.0.2.8"), "near", 401),
        (Some("192.0.2.8"), "good", 200),
    ] {
        let (status, _) = ask(gateway.addresses()[0], Some(token), forwarded).await;
        assert_eq!(status, expected, "{forwarded:?} {token}");
    }
}

#[tokio::test]
async fn a_header_that_nobody_vouches_for_means_nothing() {
    let gateway = gateway("\"127.0.0.1:0\"", "allow_from = [\"192.0.2.0/24\"]").await;
    assert_eq!(ask(gateway.addresses()[0], Some("good"), Some("192.0.2.1")).await.0, 403);
}

#[tokio::test]
async fn a_unix_socket_needs_no_network() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("scim.sock");
    let listen = format!("\"unix:{}\"", path.display());
    let gateway = gateway(&listen, "allow_from = [\"192.0.2.0/24\"]").await;
    let io = TokioIo::new(UnixStream::connect(&path).await.expect("the gateway listens"));
    let (mut sender, connection) = http1::handshake(io).await.expect("a connection");
    tokio::spawn(connection);
    assert_eq!(sender.send_request(request(Some("good"), None)).await.expect("an answer").status(), 200);
    gateway.stop().await;
}

#[tokio::test]
async fn wrong_credentials_are_limited_by_address_and_nobody_is_locked_out() {
    let limited = "trusted_proxies = [\"127.0.0.1\"]\nlimits.failed_attempts_per_min = 2";
    let gateway = gateway("\"127.0.0.1:0\"", limited).await;
    let to = gateway.addresses()[0];
    let (here, there) = (Some("192.0.2.1"), Some("192.0.2.2"));
    for _ in 0..2 {
        assert_eq!(ask(to, Some("wrong"), here).await, (401, None));
    }
    let begun = Instant::now();
    let (status, retry) = ask(to, Some("wrong"), here).await;
    assert_eq!(status, 429);
    let seconds: u64 = retry.expect("Retry-After").parse().expect("a number");
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert!(begun.elapsed().as_secs() >= 1, "it comes late");
    // Who has no credential has not tried any, and a right one always passes.
    assert_eq!(ask(to, None, here).await, (401, None));
    assert_eq!(ask(to, Some("good"), here).await, (200, None));
    assert_eq!(ask(to, Some("wrong"), there).await, (401, None));
    assert_eq!(ask(to, Some("wrong"), here).await.0, 429);
}
