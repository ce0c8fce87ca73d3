//! Real sockets: what reached the vendor and what did not, bounds, proxies, TLS.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Uri;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use scimux_adapters::{VendorError, VendorErrorKind as Kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Duration;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::super::{HttpService, Roots, transport};
use crate::config::Upstream;
use crate::target::fixture::{PLAIN, config};

fn upstream() -> Upstream {
    config(PLAIN).targets[0].upstream.clone()
}

fn reach(upstream: &Upstream, place: &str) -> HttpService {
    transport(upstream, vec![place.parse::<Uri>().expect("a URL")], &Roots::default()).expect("a transport")
}

async fn ask(http: &HttpService, url: &str) -> Result<http::Response<Bytes>, VendorError> {
    let request = http::Request::post(url).body(Bytes::from_static(b"body")).expect("a request");
    http.clone().oneshot(request).await
}

async fn kind(upstream: &Upstream, address: &str) -> Kind {
    let url = format!("http://{address}/x");
    ask(&reach(upstream, &url), &url).await.expect_err("it fails").kind
}

/// A vendor that reads a request's head and then writes `answer`, connection by connection.
async fn scripted(answer: &'static [u8]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = heads.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = head(&mut stream).await;
            kept.lock().expect("no panic").push(head);
            stream.write_all(answer).await.expect("written");
            if answer.is_empty() {
                continue; // closes
            }
            tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
        }
    });
    (address, heads)
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    String::from_utf8(head).expect("ASCII")
}

#[tokio::test]
async fn unreachable_is_told_from_broken_off() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").to_string();
    assert_eq!(kind(&upstream(), &free).await, Kind::Unreachable);
    assert_eq!(kind(&upstream(), "nowhere.invalid").await, Kind::Unreachable);
    let (closes, _) = scripted(b"").await;
    assert_eq!(kind(&upstream(), &closes).await, Kind::BrokenOff);
    let (half, _) = scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nhalf").await;
    let upstream = Upstream { timeout: Duration::from_millis(50), ..upstream() };
    assert_eq!(kind(&upstream, &half).await, Kind::TimedOut);
    let (silent, _) = scripted(b"HTTP/1.1 100 Continue\r\n\r\n").await;
    assert_eq!(kind(&upstream, &silent).await, Kind::TimedOut);
}

#[tokio::test]
async fn answers_are_bounded_and_redirects_not_followed() {
    let (long, _) = scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123456789").await;
    let small = Upstream { response_bytes: 8, ..upstream() };
    assert_eq!(kind(&small, &long).await, Kind::NotUnderstood);
    let url = format!("http://{long}/x");
    assert_eq!(ask(&reach(&upstream(), &url), &url).await.expect("an answer").body(), "123456789");

    let (elsewhere, heads) = scripted(b"HTTP/1.1 302 Found\r\nlocation: /y\r\ncontent-length: 0\r\n\r\n").await;
    let url = format!("http://{elsewhere}/x");
    assert_eq!(ask(&reach(&upstream(), &url), &url).await.expect("an answer").status(), 302);
    assert_eq!(heads.lock().expect("no panic").len(), 1);
}

#[tokio::test]
async fn only_the_targets_own_host_is_reached() {
    let (address, heads) = scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let http = reach(&upstream(), &format!("http://{address}/base"));
    let port = address.split(':').next_back().expect("a port");
    for url in [format!("http://localhost:{port}/x"), format!("https://{address}/x"), "http://127.0.0.1/x".to_owned()] {
        assert_eq!(ask(&http, &url).await.expect_err("not allowed").kind, Kind::Unreachable, "{url}");
    }
    assert!(heads.lock().expect("no panic").is_empty());
    ask(&http, &format!("http://{address}/elsewhere")).await.expect("the same host");
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel() {
    let answer = b"HTTP/1.1 200 OK\r\n\r\n";
    let (proxy, heads) = scripted(answer).await;
    let proxy = Some(format!("http://us%20er:pass@{proxy}").parse().expect("a URL"));
    let upstream = Upstream { proxy, timeout: Duration::from_millis(200), ..upstream() };
    // Behind the tunnel nobody answers; what counts is what the proxy was asked.
    let _ = ask(&reach(&upstream, "http://vendor.example"), "http://vendor.example/x").await;
    let heads = heads.lock().expect("no panic").clone();
    assert!(heads[0].starts_with("CONNECT vendor.example:80 HTTP/1.1\r\n"), "{heads:?}");
    assert!(heads[0].to_lowercase().contains("proxy-authorization: basic dxmgzxi6cgfzcw=="), "{heads:?}");

    let (refusing, _) = scripted(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    let proxy = Some(format!("http://{refusing}").parse().expect("a URL"));
    let upstream = Upstream { proxy, ..upstream };
    let error = ask(&reach(&upstream, "http://vendor.example"), "http://vendor.example/x").await;
    assert_eq!(error.expect_err("no tunnel").kind, Kind::Unreachable);
}

/// A certificate for `localhost` that signs itself, good for a hundred years, and its key. They open nothing.
const CERTIFICATE: &[u8] = include_bytes!("testdata/localhost.crt");
const KEY: &[u8] = include_bytes!("testdata/localhost.key");

/// A vendor behind TLS, speaking what ALPN agrees on; answers with the HTTP version.
async fn encrypted(alpn: &[&[u8]]) -> String {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let anybody = versions.expect("versions").with_no_client_auth();
    let mut tls = anybody.with_single_cert(vec![certificate], key).expect("they belong together");
    tls.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let answer = service_fn(|request: http::Request<hyper::body::Incoming>| async move {
                Ok::<_, std::convert::Infallible>(http::Response::new(format!("{:?}", request.version())))
            });
            tokio::spawn(async move {
                let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    });
    format!("https://localhost:{port}/x")
}

#[tokio::test]
async fn tls_with_a_root_of_ones_own_and_the_protocol_both_speak() {
    for (alpn, version) in [(&[&b"h2"[..], b"http/1.1"][..], "HTTP/2.0"), (&[&b"http/1.1"[..]][..], "HTTP/1.1")] {
        let url = encrypted(alpn).await;
        let trusting = Upstream { ca_file: Some(("ca.pem".into(), CERTIFICATE.to_vec())), ..upstream() };
        assert_eq!(ask(&reach(&trusting, &url), &url).await.expect("an answer").body(), version);
        let error = ask(&reach(&upstream(), &url), &url).await.expect_err("nobody vouches for it");
        assert_eq!(error.kind, Kind::Unreachable);
    }
    let broken =
        Upstream { ca_file: Some(("ca.pem".into(), b"-----BEGIN CERTIFICATE-----\n!\n".to_vec())), ..upstream() };
    assert!(transport(&broken, vec![Uri::from_static("https://x")], &Roots::default()).is_err());
}

/// A vendor that answers each request in full; tells of each connection how many requests came by it when it has ended.
async fn lasting(requests: usize) -> (String, mpsc::UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/x", listener.local_addr().expect("an address"));
    let (ended, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let ended = ended.clone();
            tokio::spawn(async move {
                let (mut came, mut byte, mut read) = (0, [0], Vec::new());
                while came < requests && stream.read(&mut byte).await.is_ok_and(|count| count > 0) {
                    read.push(byte[0]);
                    if read.ends_with(b"\r\n\r\nbody") {
                        read.clear();
                        came += 1;
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.expect("written");
                    }
                }
                ended.send(came).expect("somebody listens");
            });
        }
    });
    (url, told)
}

#[tokio::test]
async fn a_connection_is_used_again_until_it_was_idle_for_too_long() {
    let (url, mut ended) = lasting(usize::MAX).await;
    let http = reach(&upstream(), &url);
    for _ in 0..3 {
        assert_eq!(ask(&http, &url).await.expect("an answer").status(), 200);
    }
    assert!(ended.is_empty());
    let begun = tokio::time::Instant::now();
    // From here on time passes as soon as nobody has anything to do.
    tokio::time::pause();
    assert_eq!(ended.recv().await, Some(3));
    assert!((19..22).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn one_that_the_vendor_has_closed_is_not_missed() {
    let (url, mut ended) = lasting(1).await;
    let http = reach(&upstream(), &url);
    for _ in 0..20 {
        assert_eq!(ask(&http, &url).await.expect("an answer").status(), 200);
        assert_eq!(ended.recv().await, Some(1));
    }
}

#[tokio::test]
async fn as_many_are_kept_as_may_be_under_way() {
    let (url, mut ended) = lasting(usize::MAX).await;
    let http = reach(&Upstream { concurrency: 2, ..upstream() }, &url);
    let (one, two, three) = tokio::join!(ask(&http, &url), ask(&http, &url), ask(&http, &url));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(ended.recv().await, Some(1), "the third is closed");
    assert!(ended.is_empty());
    drop(http);
    assert_eq!((ended.recv().await, ended.recv().await), (Some(1), Some(1)), "and the others with their target");
}
