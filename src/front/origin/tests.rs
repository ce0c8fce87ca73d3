use super::*;

fn networks(texts: &[&str]) -> Vec<ipnet::IpNet> {
    texts.iter().map(|text| text.parse().expect("a network")).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn at(text: &str) -> Origin {
    Origin::Address(ip(text))
}

#[test]
fn only_trusted_proxies_are_believed() {
    let trusted_proxies = networks(&["10.0.0.0/8", "2001:db8:1::/48"]);
    let access = Access { allow_from: None, trusted_proxies, trusts_sockets: false };
    let cases: [(&str, &[&str], Origin); 17] = [
        ("192.0.2.1", &[], at("192.0.2.1")),
        ("192.0.2.1", &["198.51.100.1"], at("192.0.2.1")),
        ("10.0.0.1", &[], at("10.0.0.1")),
        ("10.0.0.1", &["198.51.100.1"], at("198.51.100.1")),
        ("10.0.0.1", &["198.51.100.1, 192.0.2.9"], at("192.0.2.9")),
        ("10.0.0.1", &["127.0.0.1, 192.0.2.9, 10.0.0.2"], at("192.0.2.9")),
        ("10.0.0.1", &["127.0.0.1", "192.0.2.9,10.0.0.2"], at("192.0.2.9")),
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], at("10.0.0.3")),
        ("10.0.0.1", &["198.51.100.1:4711"], at("198.51.100.1")),
        ("10.0.0.1", &["[2001:db8::7]:4711"], at("2001:db8::7")),
        ("10.0.0.1", &["[2001:db8::7]"], at("2001:db8::7")),
        ("10.0.0.1", &["2001:db8::7"], at("2001:db8::7")),
        ("10.0.0.1", &["::ffff:192.0.2.9"], at("192.0.2.9")),
        ("2001:db8:1::1", &["192.0.2.9"], at("192.0.2.9")),
        // Nobody guesses what was meant.
        ("10.0.0.1", &["unknown"], Origin::Unknown),
        ("10.0.0.1", &["198.51.100.1, "], Origin::Unknown),
        ("10.0.0.1", &["192.0.2.9, _hidden, 10.0.0.2"], Origin::Unknown),
    ];
    for (address, forwarded, expected) in cases {
        let peer = Peer { address: Some(ip(address)), names: Vec::new() };
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, value.parse().expect("a value"));
        }
        assert_eq!(origin(&access, &peer, &headers), expected, "{address} {forwarded:?}");
    }
}

#[test]
fn a_socket_is_local_unless_a_proxy_is_behind_it() {
    let mut headers = HeaderMap::new();
    headers.append(X_FORWARDED_FOR, "192.0.2.9".parse().expect("a value"));
    let (peer, mut access) = (Peer::default(), Access::default());
    assert_eq!(origin(&access, &peer, &headers), Origin::Local);
    access.trusts_sockets = true;
    assert_eq!(origin(&access, &peer, &headers), at("192.0.2.9"));
    assert_eq!(origin(&access, &peer, &HeaderMap::new()), Origin::Local);
}

#[test]
fn what_is_in_a_network() {
    let some = networks(&["192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"]);
    for (origin, among) in [
        (at("192.0.2.255"), true),
        (at("192.0.3.0"), false),
        (at("2001:db8:ffff::1"), true),
        (at("2001:db9::1"), false),
        (at("198.51.100.7"), true),
        (at("198.51.100.8"), false),
        (Origin::Local, true),
        (Origin::Unknown, false),
    ] {
        assert_eq!(origin.is_among(Some(&some)), among, "{origin:?}");
        assert!(origin.is_among(None));
    }
}
