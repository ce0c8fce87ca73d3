//! What is well-formed HTTP, and hostile in what it holds: ids, bodies, filters.

use super::{BARBARA, USERS, get, head, say, serves_on, untouched};
use crate::world::World;

/// `..` in every spelling that some reader on the way to a vendor might undo.
#[tokio::test]
async fn ids_that_climb() {
    let world = World::start("scim").await;
    let climbing = [
        "..",
        "../Groups",
        "../../..",
        "%2e%2e",
        "%2E%2e",
        ".%2e",
        "%2e.",
        "..%2f",
        "..%2F..%2f",
        "%2e%2e%2f%2e%2e",
        "..%5c",
        "..\\",
        "%252e%252e",
        "%252e%252e%252f",
        "%25%32%65",
        "..%00",
        "..%0a",
        "..%0d%0a",
        "..%23",
        "..%3f",
        "..?",
        "%c0%ae%c0%ae",
        "%c0%ae%c0%ae%c0%af",
        "%e0%80%ae%e0%80%ae",
        "%uff0e%uff0e",
        "%%32%65",
        "..%25",
        ".",
        "%2e",
        "./..",
        "a/..",
        "a/../b",
        "a%2f..%2fb",
        "%",
        "%2",
        "%zz",
        "%2e%2",
    ];
    for id in climbing {
        for method in ["GET", "DELETE"] {
            let line = format!("{method} {USERS}/{id} HTTP/1.1");
            let said = say(world.gateway(), format!("{}connection: close\r\n\r\n", head(&line))).await;
            assert!(matches!(said.statuses()[..], [404 | 400]), "{line}: {said:?}");
            untouched(&world, &line);
        }
    }
    // What only looks like it is one segment at the vendor, whatever that makes of semicolons and wide dots.
    for (id, sent) in [
        ("..;x", "..%3Bx"),
        ("..%3b", "..%3B"),
        (".;a=b", ".%3Ba%3Db"),
        ("...", "..."),
        ("%ef%bc%8e%ef%bc%8e", "%EF%BC%8E%EF%BC%8E"),
        ("%e2%80%a5", "%E2%80%A5"),
    ] {
        let said = say(world.gateway(), get(&format!("{USERS}/{id}"), "")).await;
        assert_eq!(said.statuses(), [404], "{id}: {said:?}");
        let calls = world.calls();
        assert!(calls.contains(&format!("GET /Users/{sent}")), "{id}: {calls:?}");
        assert!(
            calls.iter().all(|call| *call == format!("GET /Users/{sent}") || call.starts_with("GET /Users?")),
            "{calls:?}"
        );
    }
    serves_on(&world).await;
}

#[tokio::test]
async fn bodies_that_are_meant_to_hurt() {
    let world = World::start("scim").await;
    let person = |rest: &str| {
        format!("{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"a\"{rest}}}")
            .into_bytes()
    };
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let patch = |operations: String| {
        format!("{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operations}]}}")
            .into_bytes()
    };
    let operation = r#"{"op":"add","path":"title","value":"x"}"#;
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("half a million brackets", "[".repeat(500_000).into_bytes()),
        ("deep objects", format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)).into_bytes()),
        ("deep below an attribute", person(&format!(",\"x\":{}1{}", "[".repeat(33), "]".repeat(33)))),
        ("the same name twice", person(",\"userName\":\"b\"")),
        ("the same name in another case", person(",\"USERNAME\":\"b\"")),
        ("the same name escaped", person(",\"\\u0075serName\":\"b\"")),
        ("the same name below", person(",\"name\":{\"givenName\":\"a\",\"givenname\":\"b\"}")),
        ("the same name in an extension", person(",\"urn:x:y\":{\"a\":1,\"a\":2}")),
        ("invalid UTF-8", [&person("")[..40], b"\xff\xfe", &person("")[40..]].concat()),
        ("an overlong slash", [&person("")[..40], b"\xc0\xaf", &person("")[40..]].concat()),
        ("a surrogate in UTF-8", [&person("")[..40], b"\xed\xa0\x80", &person("")[40..]].concat()),
        ("half a surrogate pair", person(",\"title\":\"\\ud800\"")),
        ("UTF-16", utf_16("{\"userName\":\"a\"}")),
        ("a byte order mark in the middle", [b"{".as_slice(), b"\xef\xbb\xbf", b"\"userName\":\"a\"}"].concat()),
        ("a control character", person(",\"title\":\"\u{1}\"")),
        ("a number that is none", person(",\"x\":NaN")),
        ("a leading zero", person(",\"x\":01")),
        ("a comment", person("/**/")),
        ("a comma too many", person(",")),
        ("something behind it", [person(""), b"x".to_vec()].concat()),
        ("two bodies", [person(""), person("")].concat()),
        ("no object", b"\"userName\"".to_vec()),
        ("null", b"null".to_vec()),
        ("nothing but blanks", b"   ".to_vec()),
        ("ten thousand operations", patch(vec![operation; 10_000].join(","))),
        ("a path that never closes", patch(operation.replace("title", &"emails[".repeat(5_000)))),
        ("a filter of parentheses", patch(operation.replace("title", &format!("emails[{}]", "(".repeat(5_000))))),
        ("a filter of nots", patch(operation.replace("title", &format!("emails[{}type pr]", "not (".repeat(5_000))))),
        ("an op of a megabyte", patch(operation.replace("add", &"a".repeat(1_000_000)))),
    ];
    for (what, body) in &bodies {
        for line in
            [format!("POST {USERS} HTTP/1.1"), format!("PUT {BARBARA} HTTP/1.1"), format!("PATCH {BARBARA} HTTP/1.1")]
        {
            let mut bytes =
                format!("{}content-length: {}\r\nconnection: close\r\n\r\n", head(&line), body.len()).into_bytes();
            bytes.extend(body);
            let said = say(world.gateway(), bytes).await;
            assert_eq!(said.statuses(), [400], "{what}, {line}: {said:?}");
            untouched(&world, what);
        }
    }
    serves_on(&world).await;
}

#[tokio::test]
async fn filters_that_are_meant_to_hurt() {
    let world = World::start("scim").await;
    for (what, filter) in [
        ("parentheses", "(".repeat(8_000)),
        ("nots", "not%20(".repeat(2_000)),
        ("a chain of ors", format!("title%20pr{}", "%20or%20title%20pr".repeat(1_000))),
        ("brackets", "emails[".repeat(2_000)),
        ("an open string", "userName%20eq%20%22a".to_owned()),
        ("invalid UTF-8", "userName%20eq%20%22%ff%22".to_owned()),
        ("NUL", "%00".repeat(100)),
    ] {
        let said = say(world.gateway(), get(&format!("{USERS}?filter={filter}"), "")).await;
        assert_eq!(said.statuses(), [400], "{what}: {said:?}");
        untouched(&world, what);
    }
    serves_on(&world).await;
}
