//! Hostile input on raw sockets: nothing of it reaches the vendor, nothing of it is taken for two requests, and the gateway
//! serves the next client.

mod content;
mod http2;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Duration, timeout};

use crate::world::{Gateway, TOKEN, World, asks_for_description, sandbox};

const BARBARA: &str = "/t/scim/v2/Users/2819c223-7f76-453a-919d-413861904646";
const USERS: &str = "/t/scim/v2/Users";

/// What came back on one connection.
struct Said(Vec<u8>);

impl Said {
    /// The statuses of all answers.
    fn statuses(&self) -> Vec<u16> {
        let text = String::from_utf8_lossy(&self.0).into_owned();
        text.split("HTTP/1.").skip(1).filter_map(|answer| answer.get(2..5)?.parse().ok()).collect()
    }
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// Sends bytes, and reads until the gateway closes.
async fn say(gateway: &Gateway, bytes: impl AsRef<[u8]>) -> Said {
    exchange(gateway, bytes, false).await
}

/// Sends bytes, says that they are all, and reads until the gateway closes.
async fn break_off(gateway: &Gateway, bytes: impl AsRef<[u8]>) -> Said {
    exchange(gateway, bytes, true).await
}

async fn exchange(gateway: &Gateway, bytes: impl AsRef<[u8]>, ends: bool) -> Said {
    let (mut reader, mut writer) = UnixStream::connect(gateway.socket()).await.expect("it listens").into_split();
    let bytes = bytes.as_ref().to_vec();
    let mut said = Vec::new();
    // A gateway that has heard enough stops listening, and what is still written finds nobody.
    let write = async move {
        let _ = writer.write_all(&bytes).await;
        if ends {
            let _ = writer.shutdown().await;
        }
        writer
    };
    let read = async {
        let _ = reader.read_to_end(&mut said).await;
    };
    timeout(Duration::from_secs(60), async { tokio::join!(write, read) }).await.expect("the gateway closes");
    Said(said)
}

/// A request's head up to the lines that are tried out.
fn head(line: &str) -> String {
    format!("{line}\r\nhost: scim.example.com\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n")
}

fn post(lines: &str, body: &str) -> String {
    format!("{}{lines}\r\n\r\n{body}", head(&format!("POST {USERS} HTTP/1.1")))
}

fn get(target: &str, lines: &str) -> String {
    format!("{}{lines}connection: close\r\n\r\n", head(&format!("GET {target} HTTP/1.1")))
}

/// What must not be served: a DELETE that only one of two readers sees.
fn smuggled() -> String {
    format!("{}content-length: 0\r\nx-request-id: smuggled\r\n\r\n", head(&format!("DELETE {BARBARA} HTTP/1.1")))
}

/// The gateway still does its work, and the vendor has seen nothing until now.
#[track_caller]
fn untouched(world: &World, what: &str) {
    let calls = world.calls();
    assert!(calls.is_empty(), "{what}: the vendor saw {calls:?}");
}

async fn serves_on(world: &World) {
    world.gateway().send("GET", BARBARA, serde_json::Value::Null).await.expect(200);
    world.wire();
}

/// Each is refused: by a status of this list, or by a closed connection.
async fn refuse(world: &World, cases: &[(&str, String)], statuses: &[u16]) {
    for (what, bytes) in cases {
        let said = break_off(world.gateway(), bytes).await;
        let found = said.statuses();
        assert!(found.iter().all(|status| statuses.contains(status)) && found.len() <= 1, "{what}: {said:?}");
        untouched(world, what);
    }
    serves_on(world).await;
}

/// As [`refuse`], and it must be told.
async fn told(world: &World, cases: &[(&str, String)], statuses: &[u16]) {
    for (what, bytes) in cases {
        let said = say(world.gateway(), bytes).await;
        let found = said.statuses();
        assert!(found.len() == 1 && statuses.contains(&found[0]), "{what}: {said:?}");
        untouched(world, what);
    }
    serves_on(world).await;
}

#[tokio::test]
async fn lengths_and_codings_that_two_readers_could_read_differently() {
    let world = World::start("scim").await;
    let one = r#"{"userName":"a"}"#;
    let chunked = format!("{:x}\r\n{one}\r\n0\r\n\r\n", one.len());
    let told_of: Vec<(&str, String)> = vec![
        ("two lengths", post("content-length: 16\r\ncontent-length: 0", one)),
        ("two lengths in one", post("content-length: 16, 0", one)),
        ("the same twice in one", post("content-length: 16, 16", one)),
        ("a signed length", post("content-length: +16", one)),
        ("a negative length", post("content-length: -1", one)),
        ("a hexadecimal length", post("content-length: 0x10", one)),
        ("a length with a space", post("content-length: 1 6", one)),
        ("an empty length", post("content-length:", one)),
        ("a length beyond 64 bits", post("content-length: 18446744073709551632", one)),
        ("a coding nobody knows", post("transfer-encoding: xchunked", &chunked)),
        ("identity", post("transfer-encoding: identity", &chunked)),
        ("chunked not last", post("transfer-encoding: chunked, gzip", &chunked)),
        ("a space before the colon", post("transfer-encoding : chunked", &chunked)),
        ("a tab before the colon", post("content-length\t: 16", one)),
        ("a vertical tab", post("transfer-encoding:\u{b}chunked", &chunked)),
        ("a folded line", post("x-a: b\r\n transfer-encoding: chunked\r\ncontent-length: 16", one)),
        ("a header without colon", post("content-length 16", one)),
        ("NUL in a header", post("x-a: b\0\r\ncontent-length: 16", one)),
        ("CR in a header", post("x-a: b\rcontent-length: 16\r\ncontent-length: 16", one)),
        ("an empty name", post(": b\r\ncontent-length: 16", one)),
        ("chunked in HTTP/1.0", post("transfer-encoding: chunked", &chunked).replace("HTTP/1.1", "HTTP/1.0")),
    ];
    told(&world, &told_of, &[400]).await;
    let coded = [
        ("gzip, chunked", post("transfer-encoding: gzip, chunked\r\nconnection: close", &chunked)),
        ("chunked twice", post("transfer-encoding: chunked, chunked\r\nconnection: close", &chunked)),
        (
            "chunked in two lines",
            post("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\nconnection: close", &chunked),
        ),
    ];
    told(&world, &coded, &[501]).await;
    let bodies = [
        ("no size", post("transfer-encoding: chunked", "g\r\n{}\r\n0\r\n\r\n")),
        ("a negative size", post("transfer-encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n")),
        ("0x", post("transfer-encoding: chunked", "0x10\r\n{\"userName\":\"a\"}\r\n0\r\n\r\n")),
        ("a size beyond 64 bits", post("transfer-encoding: chunked", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n")),
        ("a chunk longer than its size", post("transfer-encoding: chunked", "2\r\n{}}}\r\n0\r\n\r\n")),
        ("a chunk cut off", post("transfer-encoding: chunked", "10\r\n{\"userName\"")),
        ("no last chunk", post("transfer-encoding: chunked", "10\r\n{\"userName\":\"a\"}\r\n")),
        ("an endless extension", post("transfer-encoding: chunked", &format!("10;{}\r\n", "x".repeat(100_000)))),
        ("a body cut off", post("content-length: 100", one)),
        ("a head cut off", head(&format!("POST {USERS} HTTP/1.1"))),
        ("a line cut off", "POST /t/sc".to_owned()),
    ];
    refuse(&world, &bodies, &[400]).await;
}

/// Where a length and chunks are both there, chunks count and the connection ends (RFC 9112 section 6.1), so that what
/// another reader would take for the next request is never read as one.
#[tokio::test]
async fn nothing_is_smuggled_behind_a_body() {
    let world = World::start("scim").await;
    let inner = smuggled();
    let cases = [
        (
            "CL.TE",
            get(BARBARA, "").replace("connection: close", "content-length: 5\r\ntransfer-encoding: chunked"),
            format!("0\r\n\r\n{inner}"),
        ),
        (
            "TE.CL",
            get(BARBARA, "").replace("connection: close", "transfer-encoding: chunked\r\ncontent-length: 5"),
            format!("0\r\n\r\n{inner}"),
        ),
        ("a GET with a body", get(BARBARA, &format!("content-length: {}\r\n", inner.len())), inner.clone()),
        (
            "an upgrade to h2c",
            get(BARBARA, "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n")
                .replace("connection: close", "connection: upgrade, http2-settings, close"),
            String::new(),
        ),
        (
            "a websocket",
            get(BARBARA, "upgrade: websocket\r\n").replace("connection: close", "connection: upgrade, close"),
            String::new(),
        ),
    ];
    for (what, first, rest) in cases {
        let said = say(world.gateway(), format!("{first}{rest}")).await;
        assert_eq!(said.statuses(), [200], "{what}: {said:?}");
        let calls = world.calls();
        assert!(calls.iter().all(|call| call.starts_with("GET")), "{what}: {calls:?}");
    }
    // In a trailer a header is none.
    let trailer =
        post("transfer-encoding: chunked\r\nconnection: close", "2\r\n{}\r\n0\r\nauthorization: Bearer x\r\n\r\n");
    let unauthorized = trailer.replacen(TOKEN, "wrong", 1).replace("Bearer x", &format!("Bearer {TOKEN}"));
    assert_eq!(say(world.gateway(), unauthorized).await.statuses(), [401]);
    // Requests one behind the other are answered one by one.
    let two = format!("{}{}", get(BARBARA, "").replace("connection: close\r\n", ""), get("/nowhere", ""));
    assert_eq!(say(world.gateway(), two).await.statuses(), [200, 404]);
    serves_on(&world).await;
}

#[tokio::test]
async fn lines_hosts_and_targets() {
    let world = World::start("scim").await;
    let whole = get(USERS, "");
    let host = "host: scim.example.com\r\n";
    let (line, rest) = whole.split_once("\r\n").expect("a line");
    assert!(line.ends_with("HTTP/1.1") && rest.contains(host));
    let with_line = |line: &str| format!("{line}\r\n{rest}");
    let with_host = |lines: &str| whole.replace(host, lines);
    let cases = [
        ("no Host", with_host("")),
        ("two Hosts", with_host(&host.repeat(2))),
        ("an empty Host", with_host("host:\r\n")),
        ("a Host with a path", with_host("host: scim.example.com/x\r\n")),
        ("a Host with a user", with_host("host: u@scim.example.com\r\n")),
        ("a Host with a space", with_host("host: scim.example.com evil.example\r\n")),
        ("a target of another host", with_line(&format!("GET http://evil.example{USERS} HTTP/1.1"))),
        ("a target of another port", with_line(&format!("GET http://scim.example.com:81{USERS} HTTP/1.1"))),
        ("a target with a user", with_line(&format!("GET http://u:p@scim.example.com{USERS} HTTP/1.1"))),
        ("a tunnel", with_line("CONNECT vendor.example:443 HTTP/1.1")),
        ("HTTP/0.9", format!("GET {USERS}\r\n")),
        ("HTTP/1.2", with_line(&format!("GET {USERS} HTTP/1.2"))),
        ("HTTP/2.0", with_line(&format!("GET {USERS} HTTP/2.0"))),
        ("http in lower case", with_line(&format!("GET {USERS} http/1.1"))),
        ("two spaces", with_line(&format!("GET  {USERS} HTTP/1.1"))),
        ("a space in the target", with_line(&format!("GET {USERS} /x HTTP/1.1"))),
        ("a method of no token", with_line(&format!("G(T {USERS} HTTP/1.1"))),
        ("a fragment", with_line(&format!("GET {USERS}/a\u{0} HTTP/1.1"))),
        ("TLS where it is not spoken", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n".to_owned()),
    ];
    told(&world, &cases, &[400]).await;
    let elsewhere = [
        ("asterisk", with_line("OPTIONS * HTTP/1.1")),
        ("no slash", with_line("GET t/scim/v2/Users HTTP/1.1")),
        ("another scheme", with_line("GET ftp://scim.example.com/ HTTP/1.1")),
        ("a file", with_line("GET file:///etc/passwd HTTP/1.1")),
        ("a path for a proxy", with_line(&format!("GET //evil.example{USERS} HTTP/1.1"))),
    ];
    told(&world, &elsewhere, &[400, 404, 405]).await;
    let absolute = with_line(&format!("GET http://SCIM.example.com:80{USERS}?count=1 HTTP/1.1"));
    assert_eq!(say(world.gateway(), absolute).await.statuses(), [200], "an absolute target of our own");
}

#[tokio::test]
async fn too_much_of_anything() {
    let world = World::start("scim").await;
    let long = "x".repeat(100_000);
    let cases = [
        ("a target of 100 kB", get(&format!("{USERS}?filter={long}"), ""), 431),
        ("a header of 100 kB", get(USERS, &format!("x-a: {long}\r\n")), 431),
        ("a name of 100 kB", get(USERS, &format!("{long}: a\r\n")), 431),
        ("101 headers", get(USERS, &"x-a: b\r\n".repeat(101)), 431),
        ("2 MB announced", post("content-length: 2000000", ""), 413),
        (
            "more than announced at most, in chunks",
            {
                let chunk = format!("{:x}\r\n{}\r\n", 100_000, " ".repeat(100_000));
                post("transfer-encoding: chunked\r\nconnection: close", &format!("{}0\r\n\r\n", chunk.repeat(20)))
            },
            413,
        ),
        ("a body that never ends", post("content-length: 99999999999", &" ".repeat(3_000_000)), 413),
    ];
    for (what, bytes, expected) in cases {
        let said = say(world.gateway(), bytes).await;
        // The answer may overtake the rest of what is sent, which then finds the connection closed.
        assert_eq!(said.statuses(), [expected], "{what}: {said:?}");
        untouched(&world, what);
    }
    serves_on(&world).await;
}

/// Who is slow is cut off, and takes no place from others meanwhile.
#[tokio::test]
async fn slow_heads_and_slow_bodies_are_cut() {
    let plain = sandbox("scim").await;
    let limits =
        [("SCIMUX_SERVER__LIMITS__HEADER_TIMEOUT_SECS", "1"), ("SCIMUX_SERVER__LIMITS__BODY_TIMEOUT_SECS", "1")];
    let gateway = Gateway::start_with(&format!("[targets.t]\n{}", plain.target_toml()), &limits).await;
    let half_a_head = format!("GET {USERS} HTTP/1.1\r\n");
    let (body, chunks) = (post("content-length: 100000", "{"), post("transfer-encoding: chunked", ""));
    // Without a token nobody waits for the body at all.
    let stranger = body.replace(TOKEN, "wrong");
    let (silent, head_only, preface, body, chunks, stranger) = tokio::join!(
        drip(&gateway, "", ""),
        drip(&gateway, &half_a_head, "x"),
        drip(&gateway, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
        drip(&gateway, &body, " "),
        drip(&gateway, &chunks, "1\r\n \r\n"),
        drip(&gateway, &stranger, " "),
    );
    assert_eq!(silent.statuses(), [0u16; 0], "{silent:?}");
    assert!(matches!(head_only.statuses()[..], [] | [408]), "{head_only:?}");
    assert_eq!(preface.statuses(), [0u16; 0], "{preface:?}");
    assert_eq!(body.statuses(), [408], "{body:?}");
    assert_eq!(chunks.statuses(), [408], "{chunks:?}");
    assert_eq!(stranger.statuses(), [401], "{stranger:?}");
    let calls: Vec<_> = plain.take_exchanges().into_iter().filter(|exchange| !asks_for_description(exchange)).collect();
    assert!(calls.is_empty(), "{calls:?}");
}

/// Sends `first`, then `more` again and again, until the gateway closes.
async fn drip(gateway: &Gateway, first: &str, more: &str) -> Said {
    let (mut reader, mut writer) = UnixStream::connect(gateway.socket()).await.expect("it listens").into_split();
    writer.write_all(first.as_bytes()).await.expect("written");
    let mut said = Vec::new();
    let write = async {
        while writer.write_all(more.as_bytes()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::future::pending::<()>().await;
    };
    let read = timeout(Duration::from_secs(60), reader.read_to_end(&mut said));
    tokio::select! {
        // A reset is an end too.
        ended = read => drop(ended.expect("the gateway closes")),
        () = write => {}
    }
    Said(said)
}
