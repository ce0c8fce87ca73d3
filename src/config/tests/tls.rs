//! `[server.tls]` and `clients.*.certificates`: what is wrong is told by file.

use rcgen::DnType::CommonName;

use super::secrets::Directory;
use super::{GOOD, assert_problems, good, problems};
use crate::certificate::Name;
use crate::certificate::fixture::Authority;

/// Certificate, key and root of an authority, as files.
struct Files {
    directory: Directory,
    certificate: String,
    key: String,
    roots: String,
}

impl Files {
    fn new() -> Self {
        let (authority, directory) = (Authority::new(), Directory::new());
        let issued = authority.issue(&[(CommonName, "scim.example.com")], &["scim.example.com"]);
        let certificate = directory.file("tls.crt", &issued.pem());
        let key = directory.file("tls.key", &issued.key_pem());
        let roots = directory.file("clients.pem", &authority.pem());
        Self { directory, certificate, key, roots }
    }

    fn with(&self, certificate: &str, key: &str, more: &str) -> String {
        format!("[server.tls]\ncertificate = {certificate:?}\nprivate_key = {key:?}\n{more}\n{GOOD}")
    }

    /// What is found where one of the files is another.
    #[track_caller]
    fn wrong(&self, certificate: Option<&str>, key: Option<&str>, roots: Option<&str>, expected: &[(&str, &str)]) {
        let (certificate, key) = (certificate.unwrap_or(&self.certificate), key.unwrap_or(&self.key));
        let more = format!("client_ca = {:?}", roots.unwrap_or(&self.roots));
        assert_problems(&problems(&self.with(certificate, key, &more), &[]), expected);
    }
}

#[test]
fn each_wrong_file_is_named() {
    let files = Files::new();
    let file = |name: &str, content: &str| files.directory.file(name, content);
    files.wrong(None, None, None, &[]);
    files.wrong(Some("/absent/a"), None, None, &[("server.tls.certificate", "cannot read /absent/a")]);
    files.wrong(None, Some("/absent/a"), None, &[("server.tls.private_key", "cannot read /absent/a")]);
    files.wrong(None, None, Some("/absent/a"), &[("server.tls.client_ca", "cannot read /absent/a")]);
    let all = [
        ("server.tls.certificate", "cannot read /absent/c"),
        ("server.tls.private_key", "cannot read /absent/k"),
        ("server.tls.client_ca", "cannot read /absent/r"),
    ];
    files.wrong(Some("/absent/c"), Some("/absent/k"), Some("/absent/r"), &all);
    let (key, certificate) = (files.key.as_str(), files.certificate.as_str());
    files.wrong(Some(key), None, None, &[("server.tls.certificate", "tls.key holds no certificate")]);
    files.wrong(None, Some(certificate), None, &[("server.tls.private_key", "tls.crt holds no private key")]);
    files.wrong(None, None, Some(key), &[("server.tls.client_ca", "tls.key holds no certificate")]);
    let broken = file("broken", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
    files.wrong(Some(&broken), None, None, &[("server.tls.certificate", "broken is not PEM")]);
    let empty = file("empty", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    files.wrong(Some(&empty), None, None, &[("server.tls.certificate", "empty: the first certificate is wrong")]);
    files.wrong(None, None, Some(&empty), &[("server.tls.client_ca", "empty holds a certificate that is no root")]);
    let other = Files::new();
    files.wrong(None, Some(&other.key), None, &[("server.tls.private_key", "is not the key of the first certificate")]);
    let no_key = file("no-key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    files.wrong(None, Some(&no_key), None, &[("server.tls.private_key", "no-key is no key for TLS")]);
}

#[test]
fn the_key_is_not_in_what_is_printed() {
    let files = Files::new();
    let key = std::fs::read_to_string(&files.key).expect("a file");
    let line = key.lines().nth(1).expect("a line of the key");
    let certificate = format!("certificate = {:?}\nprivate_key = {:?}", files.certificate, files.key);
    let (config, _) = good(&format!("[server.tls]\n{certificate}\n"), &[]);
    let printed = format!("{config:?}");
    assert!(printed.contains("Tls") && !printed.contains(line), "{printed}");
    // Where the two are taken for each other, the message does not repeat what it read either.
    let found = format!("{:?}", problems(&files.with(&files.key, &files.certificate, ""), &[]));
    assert!(!found.contains(line), "{found}");
}

#[test]
fn what_belongs_together_is_asked_for_together() {
    let files = Files::new();
    let both = [("server.tls.certificate", "missing"), ("server.tls.private_key", "missing")];
    assert_problems(&problems(&format!("[server.tls]\n{GOOD}"), &[]), &both);
    let required = files.with(&files.certificate, &files.key, "client_certificates = \"required\"");
    assert_problems(&problems(&required, &[]), &[("server.tls.client_certificates", "needs client_ca")]);
    let named = format!("clients.d.certificates = [\"CN=d\"]\n{GOOD}");
    assert_problems(&problems(&named, &[]), &[("clients.d.certificates", "nobody is asked")]);
}

#[test]
fn clients_by_certificate() {
    let files = Files::new();
    let asked = format!("client_ca = {:?}\nclient_certificates = \"required\"", files.roots);
    let head = files.with(&files.certificate, &files.key, &asked);
    let text = format!("{head}\n[clients.d]\ncertificates = [\"CN=d\", \"dns:D.example\"]\n");
    let (config, _) = super::parse(&text, "test.toml", &super::environment(&[])).expect("nothing is wrong in it");
    let subject = Name::Subject(vec![("CN".to_owned(), "d".to_owned())]);
    assert_eq!(config.clients[1].certificates, [subject, Name::Dns("d.example".to_owned())]);
    assert!(config.clients[1].token_hashes.is_empty());
    let again = format!("{text}[clients.e]\ncertificates = [\"dns:d.EXAMPLE\", \"d\"]\n");
    let expected =
        [("clients.e.certificates", "client d has the same certificate"), ("clients.e.certificates", "is no name")];
    assert_problems(&problems(&again, &[]), &expected);
}
