//! The whole gateway over real sockets: its beginning, its end, and what can be watched meanwhile.

mod access;
mod simulation;
mod tls;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use scimux_sandbox::Sandbox;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::Duration;

use super::Gateway;
use crate::config::Config;
use crate::target::fixture::config;

/// A vendor that answers every call with one user, a call for each permit it is given.
struct Vendor {
    address: String,
    begun: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Vendor {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (begun, done, gate) = (Arc::default(), Arc::default(), Arc::new(Semaphore::new(0)));
        let vendor = Self { address, begun, done, gate };
        let (begun, done, gate) = (vendor.begun.clone(), vendor.done.clone(), vendor.gate.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let watch = (begun.clone(), done.clone(), gate.clone());
                let answer = service_fn(move |_| {
                    let (begun, done, gate) = watch.clone();
                    async move {
                        begun.fetch_add(1, Ordering::SeqCst);
                        gate.acquire().await.expect("never closed").forget();
                        done.fetch_add(1, Ordering::SeqCst);
                        let body = Full::new(Bytes::from_static(br#"{"id":"1","userName":"babs"}"#));
                        Ok::<_, std::convert::Infallible>(http::Response::new(body))
                    }
                });
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        vendor
    }

    async fn gateway(&self, listen: &str) -> std::io::Result<Gateway> {
        Gateway::start(self.config(listen), None).await
    }

    fn config(&self, listen: &str) -> Config {
        config(&format!(
            r#"
            [server]
            listen = "{listen}"
            public_url = "https://scim.example.com"
            limits.request_timeout_secs = 600
            [admin]
            listen = "127.0.0.1:0"
            [log]
            level = "off"
            [targets.t]
            adapter = "scim"
            base_url = "http://{}/v2"
            auth = {{ scheme = "none" }}
            discovery = "off"
            upstream.timeout_secs = 600
            "#,
            self.address
        ))
    }

    async fn called(&self, times: usize) {
        while self.begun.load(Ordering::SeqCst) < times {
            tokio::task::yield_now().await;
        }
    }
}

fn request(method: &str, path: &str) -> http::Request<Full<Bytes>> {
    let body = if method == "PUT" {
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"babs"}"#
    } else {
        ""
    };
    http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "x")
        .body(Full::new(body.into()))
        .expect("a request")
}

async fn connect(address: std::net::SocketAddr) -> http1::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("the gateway listens");
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);
    sender
}

async fn get(address: std::net::SocketAddr, path: &str) -> (StatusCode, String) {
    let answer = connect(address).await.send_request(request("GET", path)).await.expect("an answer");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

#[tokio::test]
async fn requests_in_flight_are_finished_and_new_ones_not_taken() {
    let vendor = Vendor::start().await;
    let gateway = vendor.gateway("127.0.0.1:0").await.expect("it starts");
    let (front, admin) = (gateway.addresses()[0], gateway.admin_address().expect("an address"));
    assert_eq!(get(admin, "/readyz").await.0, 200);
    let idle = connect(front).await;
    let mut client = connect(front).await;
    let answer = tokio::spawn(async move { client.send_request(request("GET", "/t/scim/v2/Users/1")).await });
    vendor.called(1).await;
    assert!(get(admin, "/metrics").await.1.contains("scimux_in_flight 1\n"));

    let stopping = tokio::spawn(gateway.stop());
    while get(admin, "/readyz").await.0 != 503 {}
    while TcpStream::connect(front).await.is_ok() {}
    while !idle.is_closed() {
        tokio::task::yield_now().await;
    }
    assert!(!stopping.is_finished());
    vendor.gate.add_permits(1);
    assert_eq!(answer.await.expect("no panic").expect("an answer").status(), 200);
    stopping.await.expect("no panic");
    assert!(TcpStream::connect(admin).await.is_err());
}

/// The kernel let them in: not to answer would be a request lost, which its client may not dare to send again.
#[tokio::test]
async fn who_came_in_before_the_listeners_closed_is_answered() {
    let vendor = Vendor::start().await;
    vendor.gate.add_permits(8);
    let gateway = vendor.gateway("127.0.0.1:0").await.expect("it starts");
    let front = gateway.addresses()[0];
    // Without a turn of the runtime, so that nobody has taken them when the end begins.
    let came: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(front).expect("the kernel takes it");
            stream.write_all(b"GET /t/scim/v2/Users/1 HTTP/1.1\r\nhost: x\r\n\r\n").expect("room for it");
            stream.set_nonblocking(true).expect("a socket");
            TcpStream::from_std(stream).expect("a socket")
        })
        .collect();
    gateway.stop().await;
    for mut stream in came {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer, then the end");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn before_the_listeners_close_the_delay_passes() {
    let vendor = Vendor::start().await;
    vendor.gate.add_permits(9);
    let mut config = vendor.config("127.0.0.1:0");
    config.server.limits.drain_delay = Duration::from_secs(600);
    let gateway = Gateway::start(config, None).await.expect("it starts");
    let (front, admin) = (gateway.addresses()[0], gateway.admin_address().expect("an address"));
    let stopping = tokio::spawn(gateway.stop());
    while get(admin, "/readyz").await.0 != 503 {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(front, "/t/scim/v2/Users/1").await.0, 200, "who has not heard of it yet is served");
    stopping.abort();
    while TcpStream::connect(front).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_does_not_end_in_time_is_broken_off() {
    let vendor = Vendor::start().await;
    let mut config = vendor.config("127.0.0.1:0");
    config.server.limits.drain = Duration::ZERO;
    let gateway = Gateway::start(config, None).await.expect("it starts");
    let mut client = connect(gateway.addresses()[0]).await;
    let answer = tokio::spawn(async move { client.send_request(request("PUT", "/t/scim/v2/Users/1")).await });
    vendor.called(1).await;
    let places = gateway.0.common.places.clone();
    gateway.stop().await;
    assert_eq!(places.taken(), 0, "nothing is left of it");
    assert!(answer.await.expect("no panic").is_err());
}

#[tokio::test]
async fn a_mutation_without_its_client_is_waited_for() {
    let vendor = Vendor::start().await;
    let gateway = vendor.gateway("127.0.0.1:0").await.expect("it starts");
    let (front, admin) = (gateway.addresses()[0], gateway.admin_address().expect("an address"));
    let mut client = connect(front).await;
    let answer = tokio::spawn(async move { client.send_request(request("PUT", "/t/scim/v2/Users/1")).await });
    vendor.called(1).await;
    answer.abort();
    let stopping = tokio::spawn(gateway.stop());
    while TcpStream::connect(front).await.is_ok() {}
    assert!(get(admin, "/metrics").await.1.contains("scimux_in_flight 1\n"));
    assert!(!stopping.is_finished());
    vendor.gate.add_permits(9);
    stopping.await.expect("no panic");
    assert_eq!(vendor.done.load(Ordering::SeqCst), vendor.begun.load(Ordering::SeqCst));
}

#[tokio::test]
async fn both_versions_of_http_on_one_port() {
    let vendor = Vendor::start().await;
    vendor.gate.add_permits(2);
    let gateway = vendor.gateway("127.0.0.1:0").await.expect("it starts");
    let stream = TcpStream::connect(gateway.addresses()[0]).await.expect("the gateway listens");
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);
    let two = client.send_request(request("GET", "http://x/t/scim/v2/Users/1")).await.expect("an answer");
    assert_eq!((two.status(), two.version()), (StatusCode::OK, http::Version::HTTP_2));
    assert_eq!(get(gateway.addresses()[0], "/t/scim/v2/Users/1").await.0, 200);
}

#[tokio::test]
async fn targets_show_how_they_do() {
    let vendor = Vendor::start().await;
    vendor.gate.add_permits(1);
    let gateway = vendor.gateway("127.0.0.1:0").await.expect("it starts");
    let admin = gateway.admin_address().expect("an address");
    let targets = || async { serde_json::from_str::<Value>(&get(admin, "/targets").await.1).expect("JSON") };
    let before = targets().await;
    assert_eq!((&before[0]["name"], &before[0]["adapter"]), (&"t".into(), &"scim".into()));
    assert_eq!(before[0]["base_url"], format!("http://{}/v2", vendor.address));
    assert_eq!((&before[0]["last_success"], &before[0]["credential"]["scheme"]), (&Value::Null, &"none".into()));
    assert_eq!(before[0]["resource_types"]["User"]["patch"], "native");
    let page = include_str!("../../docs/operations.md").split("## What `/targets` says").nth(1).expect("the heading");
    for key in before[0].as_object().expect("an object").keys() {
        assert!(page.contains(&format!("`{key}`")), "docs/operations.md does not say what {key} is");
    }
    get(gateway.addresses()[0], "/t/scim/v2/Users/1").await;
    assert!(targets().await[0]["last_success"].as_str().is_some_and(|time| time.ends_with('Z')));
    assert_eq!(get(admin, "/livez").await.0, 200);
    assert_eq!(get(admin, "/elsewhere").await.0, 404);
    let posted = connect(admin).await.send_request(request("POST", "/livez")).await.expect("an answer");
    assert_eq!(posted.status(), 405);
    assert_eq!(get(gateway.addresses()[0], "/livez").await.0, 404, "not on the public listener");
}

#[tokio::test]
async fn targets_show_what_was_learned() {
    let sandbox = Sandbox::start("scim", "127.0.0.1:0".parse().expect("an address")).await.expect("it starts");
    let id = sandbox.seed("/Users", serde_json::json!({"userName": "babs", "active": true}));
    sandbox.set("put", "405".into()).expect("a switch");
    let toml = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[log]\nlevel = \"off\"\n[targets.t]\n{}",
        sandbox.target_toml()
    );
    let gateway = Gateway::start(config(&toml), None).await.expect("it starts");
    let admin = gateway.admin_address().expect("an address");
    let target = || async { serde_json::from_str::<Value>(&get(admin, "/targets").await.1).expect("JSON")[0].take() };
    assert_eq!(target().await["learned"], serde_json::json!([]));
    let put =
        connect(gateway.addresses()[0]).await.send_request(request("PUT", &format!("/t/scim/v2/Users/{id}"))).await;
    assert_eq!(put.expect("an answer").status(), StatusCode::OK);
    let after = target().await;
    let learned = &after["learned"][0];
    assert_eq!(
        (&learned["endpoint"], &learned["lacks"], &learned["status"]),
        (&"/Users".into(), &"PUT".into(), &405.into())
    );
    assert!(learned["at"].as_str().is_some_and(|time| time.ends_with('Z')), "{learned}");
    let does = |kind: &str| after["resource_types"][kind]["replace"].clone();
    assert_eq!((does("User"), does("Group")), ("emulated".into(), "native".into()));
}

#[tokio::test]
async fn unix_sockets_are_replaced_when_stale_and_only_then() {
    let vendor = Vendor::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("scim.sock");
    let listen = format!("unix:{}", path.display());
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a stale socket"));
    let gateway = vendor.gateway(&listen).await.expect("the stale one is replaced");
    let mode = std::fs::metadata(&path).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    UnixStream::connect(&path).await.expect("the gateway listens");
    assert!(vendor.gateway(&listen).await.is_err(), "somebody listens there");
    UnixStream::connect(&path).await.expect("still the first one");
    gateway.stop().await;
    assert!(!path.exists());
    std::fs::write(&path, "a file").expect("written");
    assert!(vendor.gateway(&listen).await.is_err(), "no socket, not ours to replace");
    assert_eq!(std::fs::read(&path).expect("still there"), b"a file");
}

#[tokio::test]
async fn strangers_need_a_client() {
    let toml = "[server]\nlisten = \"127.0.0.1:0\"\n[targets.t]\nadapter = \"scim\"\nbase_url = \"http://127.0.0.1:1\"\nauth = { scheme = \"none\" }\n";
    let mut config = config(toml);
    config.server.listen = vec![crate::config::Listen::Tcp("0.0.0.0:0".parse().expect("an address"))];
    assert_eq!(Gateway::start(config, None).await.expect_err("refused").kind(), std::io::ErrorKind::InvalidInput);
}
