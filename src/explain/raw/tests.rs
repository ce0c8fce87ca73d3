use super::*;

fn target(path: &str, host: Option<&str>) -> Route {
    let toml = format!(
        "server.listen = \"127.0.0.1:8080\"\n[targets.t]\nadapter = \"scim\"\nbase_url = \"https://vendor.example/v2\"\n\
         auth.scheme = \"none\"\n[routes.t]\npath = {path:?}\n{}",
        host.map(|host| format!("host = {host:?}\n")).unwrap_or_default()
    );
    let (config, _) = crate::config::parse(&toml, "test", &crate::config::Environment::new()).expect("it is in order");
    config.routes.into_iter().next().expect("a route")
}

#[test]
fn lines_end_in_either_way() {
    for text in [
        "PATCH /Users/1 HTTP/1.1\r\nContent-Type: application/json\r\nX: a:b\r\n\r\n{\"a\":\r\n1}\n",
        "PATCH /Users/1 HTTP/1.1\nContent-Type:application/json\nX:  a:b \n\n{\"a\":\r\n1}\n",
        "\r\n\nPATCH /Users/1\ncontent-type: application/json\nx: a:b\n\n{\"a\":\r\n1}\n",
    ] {
        let raw = parse(text.as_bytes()).expect("a request");
        assert_eq!((raw.method.as_str(), raw.target.as_str()), ("PATCH", "/Users/1"));
        assert_eq!(raw.headers.get("content-type").expect("it is there"), "application/json");
        assert_eq!(raw.headers.get("x").expect("it is there"), "a:b");
        assert_eq!(raw.body, "{\"a\":\r\n1}\n", "the body is as it was");
    }
}

#[test]
fn a_request_may_end_behind_its_first_line() {
    for text in ["GET /Users", "GET /Users HTTP/1.1\n", "GET /Users HTTP/1.1\r\n\r\n"] {
        assert_eq!(parse(text.as_bytes()).expect("a request").body, "");
    }
}

#[test]
fn the_length_written_does_not_count() {
    let raw = parse(b"POST /Users\nContent-Length: 1\n\n{\"a\":1}").expect("a request");
    assert_eq!(raw.body, "{\"a\":1}");
    assert!(!raw.headers.contains_key("content-length"));
}

#[test]
fn what_is_no_request_is_told() {
    for (text, word) in [
        (&b""[..], "empty"),
        (b"\n\n", "empty"),
        (b"{\"a\": 1}", "first line"),
        (b"GET", "first line"),
        (b"GET /a b c", "first line"),
        (b"GET / HTTP/1.1\nno header\n\n", "Name: value"),
        (b"GET / HTTP/1.1\nX: a\n  folded\n\n", "Name: value"),
        (b"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n", "Transfer-Encoding"),
    ] {
        let problem = parse(text).expect_err("it is no request");
        assert!(problem.contains(word), "{problem}");
    }
    let many = format!("GET / HTTP/1.1\n{}\n", "X: a\n".repeat(MAX_HEADERS + 1));
    assert!(parse(many.as_bytes()).is_err());
    let long = format!("GET / HTTP/1.1\nX: {}\n\n", "a".repeat(HEAD_BYTES));
    assert!(parse(long.as_bytes()).is_err());
}

#[test]
fn the_path_is_whole_or_below_the_route() {
    let route = target("/gate/scim/v2", None);
    for given in [
        "/Users/1?attributes=id",
        "/gate/scim/v2/Users/1?attributes=id",
        "https://scim.example.com/gate/scim/v2/Users/1?attributes=id",
        "https://vendor.example/Users/1?attributes=id",
    ] {
        let raw = parse(format!("GET {given} HTTP/1.1\n\n").as_bytes()).expect("a request");
        let request = raw.below(&route).expect("a path");
        assert_eq!(request.uri(), "/gate/scim/v2/Users/1?attributes=id", "{given}");
    }
    for given in ["Users/1", "*", "/Us<ers"] {
        let raw = parse(format!("GET {given} HTTP/1.1\n\n").as_bytes()).expect("a request");
        assert!(raw.below(&route).is_err(), "{given}");
    }
}

#[test]
fn the_route_says_the_host() {
    let raw = parse(b"GET /Users HTTP/1.1\nHost: localhost:8080\n\n").expect("a request");
    let request = raw.below(&target("/scim", Some("scim.example.com"))).expect("a path");
    assert_eq!(request.headers().get("host").expect("it is there"), "scim.example.com");
}
