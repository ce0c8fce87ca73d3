//! The front door with TLS: who gets in, as whom, and what happens when the certificate is renewed.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::DnType::CommonName;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificate::fixture::{Authority, Issued};
use crate::config::tests::secrets::Directory;
use crate::config::{self, Environment, Source};
use crate::serve::Gateway;

const NAME: &str = "scim.example.com";
const DOCUMENT: &str = "/t/scim/v2/ServiceProviderConfig";
const USER: &str = "/t/scim/v2/Users/1";

/// A gateway's files, and the authority that vouches for it and its clients.
struct House {
    authority: Authority,
    directory: Directory,
}

impl House {
    fn new() -> Self {
        let house = Self { authority: Authority::new(), directory: Directory::new() };
        house.issue();
        house.directory.file("clients.pem", &house.authority.pem());
        house
    }

    /// A new certificate and key in place of the old ones.
    fn issue(&self) -> CertificateDer<'static> {
        let issued = self.authority.issue(&[(CommonName, NAME)], &[NAME]);
        self.directory.file("tls.crt", &issued.pem());
        self.directory.file("tls.key", &issued.key_pem());
        issued.der()
    }

    fn source(&self, tls: &str) -> Source {
        let toml = format!(
            r#"
            [server]
            listen = "127.0.0.1:0"
            limits.header_timeout_secs = 1
            [server.tls]
            certificate = "{0}/tls.crt"
            private_key = "{0}/tls.key"
            client_ca = "{0}/clients.pem"
            {tls}
            [log]
            level = "off"
            [clients.token]
            tokens = ["good"]
            [clients.subject]
            certificates = ["CN=subject"]
            [clients.name]
            certificates = ["dns:name.example", "CN=both"]
            read_only = true
            [targets.t]
            adapter = "scim"
            base_url = "http://127.0.0.1:1/v2"
            auth = {{ scheme = "none" }}
            "#,
            self.directory.0.display()
        );
        Source { file: self.directory.file("scimux.toml", &toml).into(), environment: Environment::new() }
    }

    async fn gateway(&self, tls: &str) -> Gateway {
        let source = self.source(tls);
        let (config, _) = source.load().expect("nothing is wrong in it");
        Gateway::start(config, Some(source)).await.expect("it starts")
    }

    /// A TLS connection that offers `protocol`, with `own` as the client's certificate.
    async fn connect(
        &self,
        to: SocketAddr,
        protocol: &str,
        own: Option<&Issued>,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der()).expect("a root");
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_root_certificates(roots);
        let mut config = match own {
            Some(own) => builder.with_client_auth_cert(vec![own.der()], own.key_der()).expect("they belong together"),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let name = ServerName::try_from(NAME).expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(to).await?).await
    }

    /// The status of one request on a connection of its own; an error where there is no answer.
    async fn ask(
        &self,
        to: SocketAddr,
        own: Option<&Issued>,
        token: Option<&str>,
        ask: (&str, &str),
    ) -> Result<u16, ()> {
        let io = self.connect(to, "http/1.1", own).await.map_err(drop)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(drop)?;
        tokio::spawn(connection);
        let answer = sender.send_request(request(ask.0, ask.1, token)).await.map_err(drop)?;
        Ok(answer.status().as_u16())
    }
}

fn request(method: &str, path: &str, token: Option<&str>) -> http::Request<Full<Bytes>> {
    let mut request = http::Request::builder().method(method).uri(path).header("host", NAME);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Full::default()).expect("a request")
}

#[tokio::test]
async fn both_versions_of_http_by_what_tls_agreed_on() {
    let house = House::new();
    let gateway = house.gateway("").await;
    let to = gateway.addresses()[0];
    let io = house.connect(to, "h2", None).await.expect("TLS");
    assert_eq!(io.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await.expect("HTTP/2");
    tokio::spawn(connection);
    let mut asked = request("GET", &format!("https://{NAME}{DOCUMENT}"), Some("good"));
    asked.headers_mut().remove("host");
    let answer = sender.send_request(asked).await.expect("an answer");
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, http::Version::HTTP_2));

    let io = house.connect(to, "http/1.1", None).await.expect("TLS");
    assert_eq!(io.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.expect("HTTP/1.1");
    tokio::spawn(connection);
    let answer = sender.send_request(request("GET", "/t/scim/v2/Schemas", Some("good"))).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    let base = format!("\"https://{to}/t/scim/v2/");
    assert!(String::from_utf8_lossy(&body).contains(&base), "without public_url, URLs are those of the listener");
}

#[tokio::test]
async fn a_client_is_known_by_token_or_by_certificate() {
    let house = House::new();
    let gateway = house.gateway("").await;
    let to = gateway.addresses()[0];
    let issue = |subject: &str, names: &[&str]| house.authority.issue(&[(CommonName, subject)], names);
    let (subject, name) = (issue("subject", &[]), issue("anybody", &["other.example", "Name.example"]));
    let (stranger, two) = (issue("stranger", &["subject", "xname.example"]), issue("subject", &["name.example"]));
    let (get, delete) = (("GET", DOCUMENT), ("DELETE", USER));
    for (own, token, ask, expected) in [
        (None, Some("good"), get, 200),
        (None, None, get, 401),
        (Some(&subject), None, get, 200),
        (Some(&name), None, get, 200),
        (Some(&stranger), None, get, 401),
        (Some(&stranger), Some("good"), get, 200),
        // Two clients' names are nobody's.
        (Some(&two), None, get, 401),
        // Who brings a token is judged by it.
        (Some(&subject), Some("wrong"), get, 401),
        (Some(&name), Some("good"), delete, 502),
        // The vendor cannot be reached, so whoever may write gets 502.
        (Some(&subject), None, delete, 502),
        (Some(&name), None, delete, 403),
    ] {
        assert_eq!(house.ask(to, own, token, ask).await, Ok(expected), "{token:?} {ask:?}");
    }
    let foreign = Authority::new().issue(&[(CommonName, "subject")], &[]);
    assert_eq!(house.ask(to, Some(&foreign), Some("good"), get).await, Err(()), "no root vouches for it");
}

#[tokio::test]
async fn without_a_certificate_nobody_connects_where_it_is_required() {
    let house = House::new();
    let gateway = house.gateway("client_certificates = \"required\"").await;
    let (to, get) = (gateway.addresses()[0], ("GET", DOCUMENT));
    assert_eq!(house.ask(to, None, Some("good"), get).await, Err(()));
    let own = house.authority.issue(&[(CommonName, "stranger")], &[]);
    assert_eq!(house.ask(to, Some(&own), Some("good"), get).await, Ok(200));
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_and_no_connection_lost() {
    let house = House::new();
    let gateway = house.gateway("").await;
    let to = gateway.addresses()[0];
    let before = house.connect(to, "http/1.1", None).await.expect("TLS");
    let shown = |io: &TlsStream<TcpStream>| io.get_ref().1.peer_certificates().expect("a certificate")[0].clone();
    let old = shown(&before);
    let (mut sender, connection) = http1::handshake(TokioIo::new(before)).await.expect("HTTP/1.1");
    tokio::spawn(connection);
    assert_eq!(sender.send_request(request("GET", DOCUMENT, Some("good"))).await.expect("an answer").status(), 200);

    let new = house.issue();
    gateway.reloader().reload().await.expect("nothing is wrong in it");
    let after = house.connect(to, "http/1.1", None).await.expect("TLS");
    assert!(shown(&after) == new && new != old);
    sender.ready().await.expect("the old connection is there");
    assert_eq!(sender.send_request(request("GET", DOCUMENT, Some("good"))).await.expect("an answer").status(), 200);

    house.directory.file("tls.key", "no key");
    let problems = gateway.reloader().reload().await.expect_err("the key is gone");
    assert!(problems[0].message.contains("tls.key holds no private key"), "{problems:?}");
    let still = house.connect(to, "http/1.1", None).await.expect("TLS");
    assert!(shown(&still) == new, "the old one stays in force");
}

#[tokio::test]
async fn who_does_not_speak_tls_is_cut_off() {
    let house = House::new();
    let gateway = house.gateway("").await;
    let to = gateway.addresses()[0];
    // One says nothing at all, another speaks plain HTTP.
    let mut silent = TcpStream::connect(to).await.expect("the gateway listens");
    let mut plain = TcpStream::connect(to).await.expect("the gateway listens");
    tokio::io::AsyncWriteExt::write_all(&mut plain, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    for client in [&mut silent, &mut plain] {
        let mut said = Vec::new();
        let _ = client.read_to_end(&mut said).await;
        assert!(!said.starts_with(b"HTTP"), "{said:?}");
    }
    assert_eq!(house.ask(to, None, Some("good"), ("GET", DOCUMENT)).await, Ok(200));
}

#[test]
fn a_configuration_withheld_needs_no_key() {
    let directory = Directory::new();
    let toml = "[server.tls]\ncertificate = \"/absent\"\nprivate_key = \"/absent\"\n\
                [targets.t]\nadapter = \"scim\"\nbase_url = \"http://127.0.0.1:1\"\nauth.scheme = \"none\"\n";
    let file = directory.file("scimux.toml", toml);
    let loaded = config::load_without_secrets(file.as_ref(), &Environment::new()).expect("it is read");
    assert!(loaded.server.tls.is_none());
}
