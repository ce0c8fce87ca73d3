//! A vendor that answers nonsense breaks neither the process nor another target, and is never taken for an answer.

use std::fmt::Write as _;
use std::sync::Arc;

use scimux_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{Answer, Gateway, sandbox};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// What a vendor may send in the place of an answer.
fn nonsense() -> Vec<(&'static str, Vec<u8>)> {
    let mut all: Vec<(&'static str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("bytes", (0..=255).cycle().take(5000).collect()),
        ("a line", b"hello\r\n".to_vec()),
        ("another protocol", b"220 mail.example.com ESMTP\r\n".to_vec()),
        ("a preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("a request", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("status 99", b"HTTP/1.1 99 X\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ("status 1000", b"HTTP/1.1 1000 X\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ("status 101", b"HTTP/1.1 101 X\r\nupgrade: canary\r\nconnection: upgrade\r\n\r\n".to_vec()),
        ("only 100", b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        ("two lengths", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".to_vec()),
        ("a negative length", b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}".to_vec()),
        ("a vast length", b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n{}".to_vec()),
        ("a length too long", b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{}".to_vec()),
        ("no chunk", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n".to_vec()),
        ("a header line of bytes", b"HTTP/1.1 200 OK\r\n\xff\xfe: \x01\r\ncontent-length: 2\r\n\r\n{}".to_vec()),
    ];
    let mut long = b"HTTP/1.1 200 OK\r\n".to_vec();
    (0..5000).for_each(|number| long.extend(format!("x-{number}: y\r\n").bytes()));
    all.push(("too many headers", long));
    all.push(("too much", http("200 OK", "", &"[".repeat(200_000))));
    let bodies = [
        ("no JSON", "{"),
        ("a web page", "<html><body>sign in</body></html>"),
        ("null", "null"),
        ("a text", "\"x\""),
        ("a list", "[{\"id\":\"1\"}]"),
        ("an empty object", "{}"),
        ("two values", "{}{}"),
        ("equal names", r#"{"id":"1","ID":"2","userName":"a","userName":"b"}"#),
        ("an id that is a number", r#"{"id":1,"userName":"a"}"#),
        ("an id that is a path", r#"{"id":"../../x","userName":"a"}"#),
        ("an id that is nothing", r#"{"id":"","userName":"a"}"#),
        ("a list of what is no resource", r#"{"totalResults":2,"Resources":[1,"x"]}"#),
        ("a list that is a text", r#"{"totalResults":2,"Resources":"x"}"#),
        ("a total below nothing", r#"{"totalResults":-1,"Resources":[]}"#),
        ("a vast number", r#"{"totalResults":1e999,"Resources":[]}"#),
    ];
    all.extend(bodies.map(|(name, body)| (name, http("200 OK", "content-type: application/scim+json\r\n", body))));
    let deep = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    all.push(("depth", http("200 OK", "content-type: application/json\r\n", &deep)));
    let mut torn = http("200 OK", "", "{\"id\":\"?\"}");
    let at = torn.iter().rposition(|byte| *byte == b'?').expect("it is there");
    torn[at] = 0xff;
    all.push(("no UTF-8", torn));
    let packed = http("200 OK", "content-encoding: gzip\r\ncontent-type: application/json\r\n", "\u{1}\u{8}packed");
    all.push(("packed", packed));
    let wait = http("429 Slow Down", "retry-after: -5 o'clock\r\n", "{}");
    all.push(("a wait that is none", wait));
    all.push(("a wait of ages", http("503 X", "retry-after: 99999999999999999999\r\n", "")));
    all.push(("a redirect to nowhere", http("301 X", "location: \u{1F600}\r\n", "")));
    all
}

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A vendor that answers each request so, and closes the connection.
async fn vendor(answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_with(stream, answer.clone()));
        }
    });
    port
}

async fn answer_with(mut stream: TcpStream, answer: Arc<Vec<u8>>) -> std::io::Result<()> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    while !read.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            length => read.extend_from_slice(&buffer[..length]),
        }
    }
    stream.write_all(&answer).await?;
    stream.shutdown().await?;
    // What is still on its way is read, so that the answer is not lost with it.
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// Targets of every adapter at this port, and one whose login is there.
fn targets(number: usize, port: u16) -> String {
    let base = format!("base_url = \"http://127.0.0.1:{port}\"");
    let bearer = "auth = { scheme = \"bearer\", token = \"t\" }";
    let bounds = "upstream.retries = 0\nupstream.timeout_secs = 5";
    let grant = format!(
        "auth = {{ scheme = \"oauth2_client_credentials\", token_url = \"http://127.0.0.1:{port}/token\", \
         client_id = \"c\", client_secret = \"s\" }}"
    );
    let mut toml = String::new();
    for (name, keys) in [
        ("scim", format!("adapter = \"scim\"\n{bearer}")),
        ("veeva", format!("adapter = \"veeva\"\napi_version = \"v25.2\"\n{bearer}{VEEVA}")),
        ("pingone", format!("adapter = \"pingone\"\nenvironment_id = \"e\"\n{bearer}")),
        ("huawei", format!("adapter = \"huawei\"\ntenant_id = \"t\"\n{bearer}")),
        ("rsa", format!("adapter = \"rsa\"\n{bearer}")),
        ("login", format!("adapter = \"pingone\"\nenvironment_id = \"e\"\n{grant}")),
    ] {
        writeln!(toml, "[targets.{name}-{number}]\n{base}\n{keys}\n{bounds}").expect("writing to a string");
    }
    toml
}

/// What Veeva demands on create.
const VEEVA: &str = "\ndefaults.preferredLanguage = \"en\"\ndefaults.locale = \"en_US\"\ndefaults.timezone = \"Etc/UTC\"\n\
    defaults.\"urn:ietf:params:scim:schemas:extension:veevavault:2.0:User:securityProfile.value\" = \"document_user__v\"";

fn person() -> Value {
    json!({"schemas": [USER], "userName": "a", "name": {"familyName": "f", "givenName": "g"}, "displayName": "d",
        "active": true, "emails": [{"value": "a@example.com", "type": "work", "primary": true}]})
}

/// One of each operation.
fn operations() -> [(&'static str, &'static str, Value); 6] {
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "displayName", "value": "x"}]});
    [
        ("GET", "/Users/1", Value::Null),
        ("GET", "/Users?filter=userName%20eq%20%22a%22", Value::Null),
        ("POST", "/Users", person()),
        ("PUT", "/Users/1", person()),
        ("PATCH", "/Users/1", patch),
        ("DELETE", "/Users/1", Value::Null),
    ]
}

/// What the gateway may say to it: never that a resource is not there, that the client is wrong, or that it broke itself.
fn is_fit(answer: &Answer) -> bool {
    let status = answer.status.as_u16();
    if status == 204 {
        return true;
    }
    let body = answer.json();
    if matches!(status, 200 | 201) {
        return body["Resources"].is_array() || body["id"].as_str().is_some_and(|id| !id.is_empty());
    }
    let text = status.to_string();
    matches!(status, 429 | 501..=504) && body["status"] == *text && body["detail"].is_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_told_as_such_and_harms_nobody_else() {
    let well: Sandbox = sandbox("scim").await;
    let mut toml = format!("[targets.well]\n{}\n", well.target_toml());
    let all = nonsense();
    for (number, (_, answer)) in all.iter().enumerate() {
        toml.push_str(&targets(number, vendor(answer.clone()).await));
    }
    let gateway = Gateway::start(&toml).await;
    let mut unfit = Vec::new();
    for (number, (name, _)) in all.iter().enumerate() {
        for adapter in ["scim", "veeva", "pingone", "huawei", "rsa", "login"] {
            for (method, path, body) in operations() {
                let answer = gateway.send(method, &format!("/{adapter}-{number}/scim/v2{path}"), body).await;
                if !is_fit(&answer) {
                    unfit.push(format!("{name}, {adapter}, {method} {path}: {} {:?}", answer.status, answer.body));
                }
            }
        }
        gateway.send("GET", "/well/scim/v2/Users", Value::Null).await.expect(200);
    }
    assert!(unfit.is_empty(), "{unfit:#?}");
    let output = gateway.stop().await;
    assert!(!output.contains("panicked"), "{output}");
    assert!(output.contains(r#""complete":true,"requests_cut":0"#), "{output}");
}
