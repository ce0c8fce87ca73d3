//! The same over HTTP/2, where frames say how long a body is: what an HTTP/1.1 reader behind would read otherwise.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Duration, timeout};

use super::{USERS, serves_on, untouched};
use crate::world::{TOKEN, World};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// What came of the one stream.
#[derive(Debug, PartialEq)]
enum End {
    /// An answer, by the first byte of its header block: an entry of HPACK's table (RFC 7541 appendix A), with 0x80 added.
    Answered(u8),
    /// Stream or connection were ended.
    Refused,
}

const OK: End = End::Answered(0x88);
const BAD_REQUEST: End = End::Answered(0x8c);

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields as they are, neither indexed nor packed (RFC 7541 section 6.2.2).
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

async fn ask(world: &World, fields: &[(&str, &str)]) -> End {
    let mut stream = UnixStream::connect(world.gateway().socket()).await.expect("it listens");
    let head = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(fields));
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[]), &head].concat()).await.expect("written");
    timeout(Duration::from_secs(60), end(&mut stream)).await.expect("an end")
}

async fn end(stream: &mut UnixStream) -> End {
    let mut head = [0; 9];
    while stream.read_exact(&mut head).await.is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        if stream.read_exact(&mut payload).await.is_err() {
            break;
        }
        match head[3] {
            HEADERS => return End::Answered(payload[0]),
            RST_STREAM | GOAWAY => break,
            _ => {}
        }
    }
    End::Refused
}

#[tokio::test]
async fn what_only_another_version_could_mean() {
    let world = World::start("scim").await;
    let token = format!("Bearer {TOKEN}");
    let (method, scheme, path) = ((":method", "GET"), (":scheme", "https"), (":path", USERS));
    let (authority, authorization) = ((":authority", "scim.example.com"), ("authorization", token.as_str()));
    let with =
        |more: &[(&'static str, &'static str)]| [&[method, scheme, path, authority, authorization], more].concat();
    for (what, more) in [
        ("chunks", ("transfer-encoding", "chunked")),
        ("a connection's header", ("connection", "close")),
        ("another one", ("keep-alive", "1")),
        ("an upgrade", ("upgrade", "h2c")),
        ("capitals", ("X-A", "b")),
        ("a line in a value", ("x-a", "b\r\ncontent-length: 5")),
        ("NUL in a value", ("x-a", "b\0")),
        ("a line in a name", ("x-a: b\r\nx", "c")),
        ("a colon in a name", ("x:a", "b")),
        ("a body that is not there", ("content-length", "5")),
        ("a length that is none", ("content-length", "+0")),
        ("a second authority", (":authority", "evil.example")),
        ("a second path", (":path", "/")),
        ("a pseudo-header that there is not", (":x", "b")),
        ("another host", ("host", "evil.example")),
        ("a host with a path", ("host", "scim.example.com/x")),
    ] {
        let end = ask(&world, &with(&[more])).await;
        assert!(end == End::Refused || end == BAD_REQUEST, "{what}: {end:?}");
        untouched(&world, what);
    }
    for (what, path) in
        [("a space", "/t/scim/v2/Users x"), ("a line", "/t\r\nx: y"), ("nothing", ""), ("no slash", "t")]
    {
        let end = ask(&world, &[method, scheme, (":path", path), authority, authorization]).await;
        assert!(end != OK, "{what}: {end:?}");
        untouched(&world, what);
    }
    let end =
        ask(&world, &[method, (":scheme", "https"), path, (":authority", "u@scim.example.com"), authorization]).await;
    assert!(end == End::Refused || end == BAD_REQUEST, "a user: {end:?}");
    untouched(&world, "a user");
    assert_eq!(ask(&world, &with(&[("host", "scim.example.com")])).await, OK);
    world.wire();
    serves_on(&world).await;
}
