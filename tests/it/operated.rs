//! What an operator meets at the start: wrong files by name, and targets that do not answer as they should.

use scimux_sandbox::{Fault, FaultKind, Sandbox};
use serde_json::Value;

use crate::world::{Gateway, World, sandbox, scimux};

#[test]
fn each_wrong_file_is_named_at_the_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let torn = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let (certificate, key, roots) = (file("tls.crt", torn), file("tls.key", "no key"), file("ca.pem", ""));
    let empty = file("empty-secret", "\n");
    let absent = directory.path().join("absent-secret").display().to_string();
    let config = file(
        "scimux.toml",
        &format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[server.tls]\ncertificate = {certificate:?}\nprivate_key = {key:?}\n\
             client_ca = {roots:?}\n[clients.a]\ntokens = [{{ file = {empty:?} }}]\n[targets.t]\nadapter = \"scim\"\n\
             base_url = \"https://vendor.example/v2\"\nauth = {{ scheme = \"bearer\", token = {{ file = {absent:?} }} }}\n\
             upstream.ca_file = {roots:?}\n"
        ),
    );
    for (code, said) in [scimux(&["serve", "--config", &config]), scimux(&["check", "--config", &config])]
        .map(|(code, out, err)| (code, out + &err))
    {
        assert_eq!(code, 64, "{said}");
        for (key, file) in [
            ("server.tls.certificate", &certificate),
            ("server.tls.private_key", &key),
            ("server.tls.client_ca", &roots),
            ("targets.t.auth.token", &absent),
            ("targets.t.upstream.ca_file", &roots),
        ] {
            let named = said.lines().any(|line| line.contains(&format!("{key}: ")) && line.contains(file.as_str()));
            assert!(named, "{key}, {file}: {said}");
        }
        assert!(said.contains("clients.a.tokens[0]: the secret is empty"), "{said}");
        assert!(said.ends_with("6 problems\n"), "{said}");
    }
}

/// What `scimux check --targets` says of a sandbox whose target has these keys.
async fn checked(toml: String) -> (i32, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("scimux.toml");
    std::fs::write(&file, format!("[targets.t]\n{toml}upstream.timeout_secs = 1\nupstream.retries = 0\n"))
        .expect("written");
    let path = file.display().to_string();
    let done = tokio::task::spawn_blocking(move || scimux(&["check", "--targets", "--config", &path])).await;
    let (code, out, err) = done.expect("no panic");
    assert_eq!(err, "", "{out}");
    (code, out)
}

/// The same keys with other secrets, and those secrets.
fn with_wrong_secrets(toml: &str) -> String {
    let mut wrong = String::new();
    for line in toml.split_inclusive('\n') {
        let mut line = line.to_owned();
        for key in ["password = \"", "client_secret = \"", " token = \""] {
            if let Some((head, tail)) = line.clone().split_once(key) {
                let (_, rest) = tail.split_once('"').expect("the end of the value");
                line = format!("{head}{key}canary-wrong\"{rest}");
            }
        }
        wrong.push_str(&line);
    }
    assert!(wrong.contains("canary-wrong"), "{toml}");
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_what_is_wrong_with_a_target() {
    for vendor in scimux_sandbox::vendors() {
        let sandbox: Sandbox = sandbox(vendor).await;
        let toml = sandbox.target_toml();
        let (code, out) = checked(toml.clone()).await;
        assert_eq!(code, 0, "{out}");
        assert!(out.contains("  t  ok  answers: "), "{vendor}: {out}");

        let (code, out) = checked(with_wrong_secrets(&toml)).await;
        let refused = out.contains("  t  failed  the login is refused; check user name")
            || out.contains("  t  failed  the credential is refused; check auth");
        assert!(code == 64 && refused && !out.contains("canary"), "{vendor}: {out}");

        for (kind, said) in [
            (FaultKind::NotJson, "no SCIM list there; check base_url, tenant and version"),
            (FaultKind::Delay(std::time::Duration::from_secs(600)), "no answer in time; check the network"),
            (FaultKind::BreakBeforeReading, "no connection; check base_url, proxy, ca_file and the network"),
            (
                FaultKind::Status { status: 403, headers: Vec::new(), body: String::new() },
                "check its rights at the vendor",
            ),
            (FaultKind::Status { status: 500, headers: Vec::new(), body: String::new() }, "the vendor fails"),
        ] {
            sandbox.fault(Fault { method: None, path_contains: Some("/Users".to_owned()), times: u32::MAX, kind });
            let (code, out) = checked(toml.clone()).await;
            assert!(code == 64 && out.contains("  t  failed  ") && out.contains(said), "{vendor}: {out}");
            sandbox.clear();
        }
        // The address of one that has just ended.
        drop(sandbox);
        let (code, out) = checked(toml).await;
        assert!(code == 64 && out.contains("  t  failed  no connection; check base_url"), "{vendor}: {out}");
    }
}

#[tokio::test]
async fn one_target_that_fails_does_not_hide_another() {
    let vendor = sandbox("scim").await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("scimux.toml");
    let text = format!(
        "[targets.a]\nadapter = \"scim\"\nbase_url = \"http://127.0.0.1:1\"\nauth.scheme = \"none\"\n[targets.b]\n{}\n",
        vendor.target_toml()
    );
    std::fs::write(&file, text).expect("written");
    let path = file.display().to_string();
    let done = tokio::task::spawn_blocking(move || scimux(&["check", "--targets", "--config", &path])).await;
    let (code, out, _) = done.expect("no panic");
    assert_eq!(code, 64);
    assert!(out.contains("  a  failed  no connection") && out.contains("  b  ok      answers: "), "{out}");
}

/// `admin.listen` shows and changes nothing.
#[tokio::test]
async fn admin_takes_get_only() {
    let vendor = sandbox("scim").await;
    let toml = format!(
        "[admin]\nlisten = \"127.0.0.1:0\"\n[routes.t.brake]\ndeletes_per_hour = 1\n[targets.t]\n{}",
        vendor.target_toml()
    );
    let gateway = Gateway::start(&toml).await;
    let address = admin_address(&gateway).await;
    let ask = |method: &str, path: &str| {
        let request = http::Request::builder().method(method).uri(path).header("host", "x");
        let request = request.body(http_body_util::Full::default()).expect("a request");
        async move {
            let stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
            crate::world::exchange(hyper_util::rt::TokioIo::new(stream), request).await
        }
    };
    for path in ["/livez", "/readyz", "/metrics", "/targets"] {
        assert_eq!(ask("GET", path).await.status, 200, "{path}");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for path in ["/reload", "/brakes/t/release", "/targets", "/livez"] {
            let answer = ask(method, path).await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, HEAD"), "{method} {path}");
        }
    }
    let targets = ask("GET", "/targets").await.json();
    assert_eq!(targets[0]["name"], "t");
    let output = gateway.stop().await;
    assert!(!output.contains("reloaded") && !output.contains("released"), "{output}");
    assert!(serde_json::from_str::<Value>(output.lines().next().expect("a line")).is_ok(), "{output}");
}

/// No call was made, and all the same the operator sees why, also while the login is not tried again.
#[tokio::test]
async fn targets_show_why_a_login_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let admin = directory.path().join("admin.sock").display().to_string();
    for vendor in ["veeva", "pingone"] {
        let sandbox = sandbox(vendor).await;
        let toml = with_wrong_secrets(&sandbox.target_toml());
        let gateway =
            Gateway::start(&format!("[admin]\nlisten = \"127.0.0.1:0\"\nsocket = {admin:?}\n[targets.t]\n{toml}"))
                .await;
        for _ in 0..2 {
            gateway.send("GET", "/t/scim/v2/Users", Value::Null).await.refused(502, "");
            let target = crate::world::json(&World::admin(&admin, "/targets").await)[0].take();
            let failure = target["last_failure"]["error"].as_str().unwrap_or_default();
            assert!(failure.starts_with("LoginRefused, status "), "{vendor}: {target}");
        }
    }
}

/// Where a gateway says that it can be watched.
async fn admin_address(gateway: &Gateway) -> std::net::SocketAddr {
    loop {
        let printed = gateway.printed();
        if let Some((_, rest)) = printed.split_once("\"admin\":\"") {
            return rest.split('"').next().and_then(|text| text.parse().ok()).expect("an address");
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
