//! Another configuration, and the end, while requests are under way: none is lost.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use scimux_sandbox::{Fault, FaultKind, Sandbox};
use serde_json::{Value, json};
use tokio::net::{UnixDatagram, UnixStream};

use crate::world::{Gateway, TOKEN, World, sandbox, scimux};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const BARBARA: &str = "/t/scim/v2/Users/2819c223-7f76-453a-919d-413861904646";

/// A client that changes one user again and again, and reads it in between.
struct Client {
    socket: PathBuf,
    id: String,
    /// Whether each request comes over a connection of its own.
    reconnects: bool,
    /// The number of the last change that was answered.
    answered: Arc<AtomicU64>,
    stopping: Arc<AtomicBool>,
}

impl Client {
    /// Goes on until the gateway, which is to stop by then, takes no more requests.
    async fn run(self) {
        let mut connection = self.connect().await.expect("the gateway listens");
        for number in 1.. {
            let body = json!({"schemas": [USER], "userName": self.id, "active": true, "title": number.to_string()});
            for (method, body) in [("PUT", body.to_string()), ("GET", String::new())] {
                if self.reconnects {
                    let Some(another) = self.connect().await else { return self.ends() };
                    connection = another;
                }
                let Some((status, body)) = self.ask(&mut connection, method, body).await else { return self.ends() };
                assert_eq!(status, 200, "{body}");
                assert_eq!(body["title"], number.to_string(), "{method}");
                self.answered.store(number, Ordering::SeqCst);
            }
        }
    }

    fn ends(&self) {
        assert!(self.stopping.load(Ordering::SeqCst), "a request was lost while the gateway ran");
    }

    async fn connect(&self) -> Option<SendRequest<Full<Bytes>>> {
        let (sender, connection) = handshake(TokioIo::new(UnixStream::connect(&self.socket).await.ok()?)).await.ok()?;
        tokio::spawn(connection);
        Some(sender)
    }

    async fn ask(&self, connection: &mut SendRequest<Full<Bytes>>, method: &str, body: String) -> Option<(u16, Value)> {
        let request = Request::builder().method(method).uri(format!("/t/scim/v2/Users/{}", self.id));
        let request = request.header("host", "x").header("authorization", format!("Bearer {TOKEN}"));
        let answer = connection.send_request(request.body(Full::from(body)).expect("a request")).await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        Some((status, serde_json::from_slice(&body).expect("JSON")))
    }
}

/// Each client's count, once every one of them has got further.
async fn further(answered: &[Arc<AtomicU64>]) {
    let before: Vec<u64> = answered.iter().map(|count| count.load(Ordering::SeqCst)).collect();
    while answered.iter().zip(&before).any(|(count, before)| count.load(Ordering::SeqCst) <= *before) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn no_request_is_lost_under_reloads_and_sigterm() {
    const CLIENTS: usize = 6;
    const RELOADS: usize = 12;
    let (sandboxes, gateway) = World::with("scim", "[targets.t.upstream]\nconcurrency = 32").await.apart();
    let stopping = Arc::new(AtomicBool::new(false));
    let (mut clients, mut answered) = (Vec::new(), Vec::new());
    for number in 0..CLIENTS {
        let id = sandboxes[0].seed("/Users", json!({"userName": format!("load-{number}"), "title": "0"}));
        let count = Arc::new(AtomicU64::new(0));
        answered.push(count.clone());
        let (socket, reconnects) = (gateway.socket(), number % 2 == 1);
        let client = Client { socket, id, reconnects, answered: count, stopping: stopping.clone() };
        clients.push((client.id.clone(), tokio::spawn(client.run())));
    }
    for reload in 0..RELOADS {
        further(&answered).await;
        let (from, to) = [(32, 33), (33, 32)][reload % 2];
        gateway.edit(&format!("concurrency = {from}"), &format!("concurrency = {to}"));
        assert!(gateway.reload().await, "{}", gateway.printed());
        gateway.edit("adapter = \"scim\"", "adapter = \"nobody\"");
        assert!(!gateway.reload().await);
        gateway.edit("adapter = \"nobody\"", "adapter = \"scim\"");
    }
    further(&answered).await;
    stopping.store(true, Ordering::SeqCst);
    let output = gateway.stop().await;
    assert!(output.contains(r#""complete":true,"requests_cut":0"#), "{output}");
    for ((id, client), answered) in clients.into_iter().zip(answered) {
        client.await.expect("the client has lost nothing");
        assert_eq!(
            title(&sandboxes[0], &id),
            answered.load(Ordering::SeqCst).to_string(),
            "what was done was answered"
        );
        assert!(answered.load(Ordering::SeqCst) >= RELOADS as u64);
    }
}

fn title(sandbox: &Sandbox, id: &str) -> String {
    let all = sandbox.resources("/Users");
    let user = all.iter().find(|user| user["id"] == id).expect("it was seeded");
    user["title"].as_str().expect("a title").to_owned()
}

#[tokio::test]
async fn a_wrong_configuration_leaves_the_old_one_and_says_every_problem() {
    let world = World::start("scim").await;
    let gateway = world.gateway();
    gateway.edit("adapter = \"scim\"", "adapter = \"nobody\"\nretry = 1");
    gateway.edit("level = \"debug\"", "level = \"debug\"\nformat = \"xml\"");
    assert!(!gateway.reload().await);
    gateway.send("GET", BARBARA, Value::Null).await.expect(200);
    let output = world.output().await;
    for key in ["targets.t.adapter", "targets.t.retry", "log.format"] {
        let line = output.lines().find(|line| line.contains(&format!(r#""key":"{key}""#)));
        assert!(line.is_some_and(|line| line.contains(r#""level":"ERROR""#)), "{key} in {output}");
    }
}

/// A change that began before a reload is waited for by the next one after it, although the target is another by then.
#[tokio::test]
async fn locks_are_kept_over_a_reload() {
    let world = World::with("scim", "[server.limits]\nrequest_timeout_secs = 4\n").await;
    world.sandbox().fault(Fault {
        method: Some("PATCH".to_owned()),
        path_contains: None,
        times: 1,
        kind: FaultKind::Delay(Duration::from_secs(60)),
    });
    let operations = json!([{"op": "replace", "path": "title", "value": "T"}]);
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let retitle = || world.gateway().send("PATCH", BARBARA, body.clone());
    let reloaded = async {
        while !world.sandbox().take_exchanges().iter().any(|exchange| exchange.method == "PATCH") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.gateway().edit("[targets.t]", "[targets.t]\nunsupported = \"refuse\"");
        assert!(world.gateway().reload().await);
        retitle().await
    };
    let (first, second) = tokio::join!(retitle(), reloaded);
    assert!(second.refused(503, "").contains("other changes"), "{second:?}");
    assert_eq!(second.header("retry-after"), "1");
    first.refused(504, "");
}

#[tokio::test]
async fn a_secret_file_is_read_again_and_a_token_kept() {
    let vendor = sandbox("pingone").await;
    let directory = tempfile::tempdir().expect("a directory");
    let client_token = directory.path().join("token");
    std::fs::write(&client_token, TOKEN).expect("written");
    let toml = format!(
        "[targets.t]\n{}\n[clients.second]\ntokens = [{{ file = {:?} }}]\n",
        vendor.target_toml(),
        client_token.with_file_name("other")
    );
    std::fs::write(client_token.with_file_name("other"), "first").expect("written");
    let gateway = Gateway::start(&toml).await;
    let ask = |token: &'static str| {
        let request = Request::get("/t/scim/v2/Users").header("authorization", format!("Bearer {token}"));
        gateway.request(request.body(Full::default()).expect("a request"))
    };
    ask("first").await.expect(200);
    std::fs::write(client_token.with_file_name("other"), "second").expect("written");
    ask("second").await.refused(401, "");
    assert!(gateway.reload().await);
    ask("second").await.expect(200);
    ask("first").await.refused(401, "");
    let logins = vendor.take_exchanges().iter().filter(|exchange| exchange.path.ends_with("/as/token")).count();
    assert_eq!(logins, 1, "the token of before the reload is used on");
}

#[tokio::test]
async fn listeners_come_and_go_with_a_reload() {
    let world = World::start("scim").await;
    let gateway = world.gateway();
    let second = gateway.socket().with_file_name("second.sock");
    let first = format!("listen = \"unix:{}\"", gateway.socket().display());
    let both = format!("listen = [\"unix:{}\", \"unix:{}\"]", gateway.socket().display(), second.display());
    gateway.edit(&first, &both);
    assert!(gateway.reload().await);
    UnixStream::connect(&second).await.expect("the new one is open");
    gateway.send("GET", BARBARA, Value::Null).await.expect(200);
    // One that cannot be bound: nothing changes, the one that could be neither.
    let third = gateway.socket().with_file_name("third.sock");
    let unbindable = format!("listen = [\"unix:{}\", \"unix:/nowhere/at/all.sock\"]", third.display());
    gateway.edit(&both, &unbindable);
    assert!(!gateway.reload().await);
    assert!(UnixStream::connect(&third).await.is_err());
    UnixStream::connect(&second).await.expect("still open");
    gateway.edit(&unbindable, &first);
    assert!(gateway.reload().await);
    while UnixStream::connect(&second).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    gateway.send("GET", BARBARA, Value::Null).await.expect(200);
}

#[tokio::test]
async fn scimux_reload_says_what_came_of_it() {
    let world = World::start("scim").await;
    let gateway = world.gateway();
    let socket = gateway.socket().with_file_name("admin.sock");
    let config = gateway.config().display().to_string();
    let (code, _, said) = scimux(&["reload", "--config", &config]);
    assert_eq!(code, 64, "{said}");
    assert!(said.contains("admin.socket: missing"), "{said}");
    gateway.edit("[log]", &format!("[admin]\nlisten = \"127.0.0.1:0\"\nsocket = \"{}\"\n[log]", socket.display()));
    let (code, _, said) = scimux(&["reload", "--config", &config]);
    assert_eq!(code, 70, "no gateway listens there yet: {said}");
    assert!(gateway.reload().await);
    let mode = std::fs::metadata(&socket).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (code, said, _) = scimux(&["reload", "--config", &config]);
    assert_eq!((code, said.lines().last()), (0, Some("reloaded")), "{said}");
    assert!(said.contains("warning: "), "the client's token stands in plain text: {said}");
    gateway.edit("adapter = \"scim\"", "adapter = \"nobody\"\nretry = 1");
    let (code, _, said) = scimux(&["reload", "--config", &config]);
    assert_eq!(code, 64);
    assert!(said.contains("targets.t.adapter: ") && said.contains("targets.t.retry: "), "{said}");
    assert!(said.ends_with("not reloaded\n"), "{said}");
    gateway.send("GET", BARBARA, Value::Null).await.expect(200);
    std::fs::write(gateway.config(), "[[").expect("written");
    let (code, _, said) = scimux(&["reload", "--socket", &socket.display().to_string()]);
    assert_eq!(code, 64);
    assert!(said.contains("not TOML"), "{said}");
}

/// The next thing that the service manager is told, watchdog beats left out.
async fn told(manager: &UnixDatagram) -> String {
    loop {
        let mut buffer = [0; 512];
        let length = manager.recv(&mut buffer).await.expect("it is bound");
        let text = std::str::from_utf8(&buffer[..length]).expect("UTF-8").to_owned();
        if text != "WATCHDOG=1\n" {
            return text;
        }
    }
}

#[tokio::test]
async fn a_service_manager_hears_of_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("notify").display().to_string();
    let manager = UnixDatagram::bind(&path).expect("bound");
    let vendor = sandbox("scim").await;
    let environment = [("NOTIFY_SOCKET", path.as_str()), ("WATCHDOG_USEC", "30000")];
    let gateway = Gateway::start_with(&format!("[targets.t]\n{}", vendor.target_toml()), &environment).await;
    assert_eq!(told(&manager).await, "READY=1\nSTATUS=serving\n");
    let mut beat = [0; 64];
    let length = manager.recv(&mut beat).await.expect("a beat");
    assert_eq!(&beat[..length], b"WATCHDOG=1\n");
    assert!(gateway.reload().await);
    assert!(told(&manager).await.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(told(&manager).await, "READY=1\nSTATUS=serving\n");
    gateway.edit("adapter = \"scim\"", "adapter = \"nobody\"");
    assert!(!gateway.reload().await);
    assert!(told(&manager).await.starts_with("RELOADING=1\n"));
    assert!(told(&manager).await.starts_with("READY=1\nSTATUS=configuration not reloaded"));
    let stopping = tokio::spawn(gateway.stop());
    assert_eq!(told(&manager).await, "STOPPING=1\nSTATUS=draining\n");
    stopping.await.expect("no panic");
}

#[tokio::test]
async fn a_mutation_cut_off_at_the_end_leaves_its_audit_line() {
    let (sandboxes, gateway) = World::with("scim", "upstream.timeout_secs = 600").await.apart();
    gateway.edit("[log]", "[server.limits]\ndrain_secs = 1\nrequest_timeout_secs = 600\n[log]");
    assert!(gateway.reload().await);
    let delay = FaultKind::Delay(Duration::from_secs(600));
    sandboxes[0].fault(Fault { method: Some("DELETE".to_owned()), path_contains: None, times: 1, kind: delay });
    let mut stream = UnixStream::connect(gateway.socket()).await.expect("the gateway listens");
    let request = format!("DELETE {BARBARA} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.expect("written");
    while sandboxes[0].take_exchanges().iter().all(|exchange| exchange.method != "DELETE") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let output = gateway.stop().await;
    let audit = output.lines().find(|line| line.contains("scimux::audit")).expect("an audit line");
    assert!(audit.contains(r#""operation":"delete""#) && audit.contains(r#""outcome":"unknown""#), "{audit}");
    assert!(output.contains(r#""complete":false,"requests_cut":1"#), "{output}");
}
