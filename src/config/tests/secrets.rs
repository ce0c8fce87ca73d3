//! Secrets: where they come from, and that they do not print.

use std::path::Path;

use super::{GOOD, assert_problems, environment, good, parse, problems};
use crate::config::{Auth, read_secret_file};
use crate::secret::SecretSource;

/// A directory that is removed again.
pub(crate) struct Directory(pub(crate) std::path::PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("scimux-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).expect("a directory can be made");
        Self(path)
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("a file can be written");
        path.display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn with_token(token: &str) -> String {
    GOOD.replace("{ env = \"SECRET\" }", token)
}

#[test]
fn a_file_is_read_without_its_newline() {
    let directory = Directory::new();
    for (content, secret) in [("s", "s"), ("s\n", "s"), ("s\r\n", "s"), ("s\n\n", "s\n"), (" s ", " s ")] {
        let path = directory.file("secret", content);
        assert_eq!(read_secret_file(Path::new(&path)).expect("it is there").expose(), secret);
    }
}

#[test]
fn every_form_is_read() {
    let directory = Directory::new();
    let file = directory.file("secret", "from-file\n");
    let read = |token: &str| {
        let (config, warnings) =
            parse(&with_token(token), "test.toml", &environment(&[])).expect("nothing is wrong in it");
        let Auth::Bearer(source) = config.targets[0].auth.clone() else { panic!("a bearer token") };
        (source, warnings.len())
    };
    assert!(matches!(read("{ env = \"SECRET\" }"), (SecretSource::Env(..), 0)));
    let (source, _) = read(&format!("{{ file = {file:?} }}"));
    assert_eq!(source.loaded().expose(), "from-file");
    let (source, warnings) = read("\"plain\"");
    assert_eq!((source.loaded().expose(), warnings), ("plain", 1));
}

#[test]
fn what_is_wrong_with_one() {
    let directory = Directory::new();
    let empty = format!("{{ file = {:?} }}", directory.file("empty", "\n"));
    for (token, words) in [
        ("{ env = \"ABSENT\" }", "ABSENT is not set"),
        ("{ env = \"EMPTY\" }", "the secret is empty"),
        (empty.as_str(), "the secret is empty"),
        ("\"\"", "the secret is empty"),
        ("{ file = \"/absent\" }", "cannot read /absent"),
        ("{ env = \"A\", file = \"/b\" }", "comes from one place"),
        ("{}", "comes from one place"),
        ("{ value = \"canary\" }", "unknown key `value`"),
        ("{ env = 1 }", "`env` is not a string"),
        ("1", "is a number"),
        ("{ env = \"LINES\" }", "line break"),
    ] {
        let found = problems(&with_token(token), &[("EMPTY", ""), ("LINES", "a\nb")]);
        assert_problems(&found, &[("targets.t.auth.token", words)]);
    }
}

#[test]
fn nothing_of_a_configuration_prints_a_secret() {
    let (config, warnings) = good("clients.d.tokens = [\"canary-of-a-plain-token\"]\n", &[]);
    assert_eq!(warnings.len(), 1);
    let text = format!("{config:?} {warnings:?}");
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn the_proxy_comes_from_the_environment_where_the_target_has_none() {
    let proxy = |more: &str, variables: &[(&str, &str)]| {
        let text = format!("{GOOD}{more}");
        let (config, _) = parse(&text, "test.toml", &environment(variables)).expect("nothing is wrong in it");
        config.targets[0].upstream.proxy.as_ref().map(ToString::to_string)
    };
    let set = ("HTTPS_PROXY", "http://proxy.example:3128");
    assert_eq!(proxy("", &[]), None);
    assert_eq!(proxy("", &[set]).as_deref(), Some("http://proxy.example:3128/"));
    assert_eq!(proxy("", &[("https_proxy", "proxy.example:3128")]).as_deref(), Some("http://proxy.example:3128/"));
    assert_eq!(proxy("", &[set, ("NO_PROXY", "example.com")]), None);
    assert_eq!(proxy("", &[set, ("NO_PROXY", "other.example")]).as_deref(), Some("http://proxy.example:3128/"));
    let own = "upstream.proxy = \"http://own.example:1\"";
    assert_eq!(proxy(own, &[set]).as_deref(), Some("http://own.example:1/"));
    let found = problems(GOOD, &[("HTTPS_PROXY", "http://u:canary@proxy.example:3128")]);
    assert_problems(&found, &[("targets.t.upstream.proxy", "must be http://host:port")]);
    assert_eq!(found[0].origin, "HTTPS_PROXY");
    assert!(!found[0].message.contains("canary"));
}

#[test]
fn a_ca_file_holds_certificates() {
    let directory = Directory::new();
    let with = |path: &str| format!("{GOOD}upstream.ca_file = {path:?}");
    let pem = super::repository("tests/testdata/ca.pem").display().to_string();
    let (config, _) = parse(&with(&pem), "test.toml", &environment(&[])).expect("nothing is wrong in it");
    assert!(config.targets[0].upstream.ca_file.is_some());
    for (path, words) in [
        (directory.file("empty.pem", ""), "holds no certificate"),
        (directory.file("torn.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n"), "is not PEM"),
        ("/absent.pem".to_owned(), "cannot read /absent.pem"),
    ] {
        assert_problems(&problems(&with(&path), &[]), &[("targets.t.upstream.ca_file", words)]);
    }
}
