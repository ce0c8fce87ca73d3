//! The files that come with scimux load, and say what they are meant to say.

use std::path::Path;

use super::secrets::Directory;
use super::{Environment, parse, repository};
use crate::certificate::fixture::Authority;
use crate::config::{Config, load};

/// Every variable that a text asks for, with some value.
fn fake_environment(text: &str) -> Environment {
    let names = text.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next());
    names.map(|name| (name.to_owned(), format!("secret-of-{name}"))).collect()
}

fn loaded(path: &Path) -> Config {
    let text = std::fs::read_to_string(path).expect("it can be read");
    match load(path, &fake_environment(&text)) {
        Ok((config, _)) => config,
        Err(problems) => panic!("{problems:#?}"),
    }
}

#[test]
fn every_vendor_has_an_example_that_loads() {
    for vendor in scimux_adapters::vendors() {
        let config = loaded(&repository(&format!("config/examples/{}.toml", vendor.name)));
        assert_eq!(config.targets.len(), 1);
        assert_eq!(config.targets[0].target.vendor.name, vendor.name);
        assert!(!config.clients.is_empty(), "an example shows who may call");
    }
}

#[test]
fn every_file_is_loaded_by_a_test() {
    let tested = |name: &str| name == "scimux.toml" || name == "reference.toml";
    for entry in std::fs::read_dir(repository("config")).expect("it is there") {
        let entry = entry.expect("it can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(entry.path().is_dir() || tested(&name), "config/{name} is in no test");
    }
    for entry in std::fs::read_dir(repository("config/examples")).expect("it is there") {
        let name = entry.expect("it can be read").file_name().to_string_lossy().into_owned();
        let vendor = name.strip_suffix(".toml").and_then(scimux_adapters::vendor);
        assert!(vendor.is_some(), "config/examples/{name} is no vendor's");
    }
}

/// `config/scimux.toml` speaks to the sandboxes as they describe themselves, on the ports of `scimux sandbox`.
#[tokio::test]
async fn the_sandboxes_configuration_is_theirs() {
    let committed = loaded(&repository("config/scimux.toml"));
    assert!(committed.admin.is_some());
    assert_eq!(committed.targets.len(), scimux_sandbox::vendors().len());
    for (port, vendor) in (9101..).zip(scimux_sandbox::vendors()) {
        let sandbox =
            scimux_sandbox::Sandbox::start(vendor, ([127, 0, 0, 1], 0).into()).await.expect("loopback is there");
        let here = sandbox.address().to_string();
        let text =
            format!("[targets.{vendor}]\n{}", sandbox.target_toml()).replace(&here, &format!("127.0.0.1:{port}"));
        let (own, _) = parse(&text, "sandbox", &Environment::new()).expect("a sandbox describes itself well");
        let same = committed.targets.iter().find(|target| target.target.settings.name == *vendor).expect("it is there");
        assert_eq!(format!("{:?}", same.target.settings), format!("{:?}", own.targets[0].target.settings));
        assert_eq!(secrets(same), secrets(&own.targets[0]));
    }
}

/// The credential with what `Debug` hides.
fn secrets(target: &crate::config::TargetConfig) -> String {
    use crate::config::Auth::{Basic, Bearer, Header, None, OAuth2, Passthrough, Session};
    let secret = match &target.auth {
        None | Passthrough => "",
        Bearer(secret) | Basic(_, secret) | Header(_, secret) => secret.loaded().expose(),
        OAuth2 { client_secret: secret, .. } | Session { password: secret, .. } => secret.loaded().expose(),
    };
    format!("{:?} {secret}", target.auth)
}

/// The configurations of `deploy/`, with nothing in the place of their secrets.
#[test]
fn what_is_deployed_loads() {
    let files = ["compose/scimux.toml", "systemd/scimux.toml", "kubernetes/standalone.yaml", "kubernetes/sidecar.yaml"];
    for name in files {
        let text = std::fs::read_to_string(repository("deploy").join(name)).expect("it can be read");
        let text = if name.ends_with(".yaml") { config_map(&text) } else { text };
        let config = match crate::config::read(&text, name, &Environment::new(), true) {
            Ok((config, _)) => config,
            Err(problems) => panic!("{problems:#?}"),
        };
        let operated = config.admin.as_ref().is_some_and(|admin| admin.socket.is_some());
        assert!(operated || config.routes.iter().all(|route| route.brake.is_none()), "{name}: who would release it?");
        assert!(config.admin.is_some(), "{name}: probes need it");
    }
}

/// The text under `scimux.toml: |` of a manifest.
fn config_map(manifest: &str) -> String {
    let (_, text) = manifest.split_once("scimux.toml: |\n").expect("it is there");
    let lines = text.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    lines.map(|line| format!("{}\n", line.trim_start_matches("    "))).collect()
}

#[test]
fn the_contracts_example_loads() {
    let directory = Directory::new();
    let _ = directory.file("ping", "secret\n");
    let pem = std::fs::read_to_string(repository("tests/testdata/ca.pem")).expect("it can be read");
    let _ = directory.file("vendor-ca.pem", &pem);
    let authority = Authority::new();
    let issued = authority.issue(&[], &["scim.example.com"]);
    let files = [("tls.crt", issued.pem()), ("tls.key", issued.key_pem()), ("clients.pem", authority.pem())];
    for (name, content) in files {
        let _ = directory.file(name, &content);
    }
    let here = directory.0.display().to_string();
    let text = std::fs::read_to_string(repository("tests/testdata/contract.toml")).expect("it can be read");
    let text = text.replace("/run/secrets", &here).replace("/etc/scimux", &here);
    let (config, warnings) = match parse(&text, "contract.toml", &fake_environment(&text)) {
        Ok(parsed) => parsed,
        Err(problems) => panic!("{problems:#?}"),
    };
    assert_eq!((config.targets.len(), config.routes.len(), config.clients.len()), (5, 5, 1));
    assert!(config.server.tls.is_some());
    assert_eq!(config.clients[0].token_hashes.len(), 2);
    assert!(config.routes.iter().any(|route| route.host.is_some()));
    let waiting: Vec<&str> =
        warnings.iter().map(|warning| warning.key.rsplit('.').next().unwrap_or_default()).collect();
    assert!(waiting.is_empty(), "{waiting:?}");
    assert!(config.clients[0].quirks.reading.replace_creates);
    assert!(!config.clients[0].quirks.json_answers);
}
