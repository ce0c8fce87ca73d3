//! One connection, or one stream of it.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

type Failure = Box<dyn std::error::Error>;

/// What bytes go over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A request in both forms.
pub struct Prepared {
    text: Bytes,
    request: http::Request<()>,
    body: Bytes,
}

pub enum Client {
    Http1 { stream: Box<dyn Stream>, buffer: BytesMut },
    Http2(h2::client::SendRequest<Bytes>),
}

impl Prepared {
    /// # Errors
    /// What is no request.
    pub fn new(line: &str, body: Bytes, address: &str, scheme: &str, token: &str) -> Result<Self, Failure> {
        let (method, path) = line.split_once(' ').ok_or("METHOD PATH")?;
        let body = if matches!(method, "PUT" | "PATCH" | "POST") { body } else { Bytes::new() };
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n");
        let mut request = http::Request::builder().method(method).uri(format!("{scheme}://{address}{path}"));
        request = request.header("authorization", format!("Bearer {token}"));
        if !body.is_empty() {
            text += &format!("content-type: application/scim+json\r\ncontent-length: {}\r\n", body.len());
            request = request.header("content-type", "application/scim+json").header("content-length", body.len());
        }
        let text = [text.as_bytes(), b"\r\n", &body].concat().into();
        Ok(Self { text, request: request.body(())?, body })
    }
}

/// A connection; of HTTP/2 so many streams.
///
/// # Errors
/// It cannot be made.
pub async fn connect(address: &str, tls: bool, streams: Option<usize>) -> Result<Vec<Client>, Failure> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let stream: Box<dyn Stream> = if tls || streams.is_some() {
        let mut config = ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone))
            .with_no_client_auth();
        config.alpn_protocols = vec![if streams.is_some() { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let name = ServerName::try_from("localhost")?;
        Box::new(TlsConnector::from(Arc::new(config)).connect(name, tcp).await?)
    } else {
        Box::new(tcp)
    };
    let Some(streams) = streams else {
        return Ok(vec![Client::Http1 { stream, buffer: BytesMut::with_capacity(256 * 1024) }]);
    };
    let windows = 16 * 1024 * 1024;
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(windows).initial_connection_window_size(windows);
    let (sender, connection) = builder.handshake(stream).await?;
    tokio::task::spawn_local(connection);
    Ok((0..streams).map(|_| Client::Http2(sender.clone())).collect())
}

impl Client {
    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// The connection broke, or the status is not of success.
    pub async fn send(&mut self, request: &Prepared) -> Result<(), Failure> {
        match self {
            Self::Http1 { stream, buffer } => {
                stream.write_all(&request.text).await?;
                read(stream, buffer).await
            }
            Self::Http2(sender) => {
                let mut ready = sender.clone().ready().await?;
                let (answer, mut body) = ready.send_request(request.request.clone(), request.body.is_empty())?;
                if !request.body.is_empty() {
                    body.send_data(request.body.clone(), true)?;
                }
                let (head, mut body) = answer.await?.into_parts();
                while let Some(part) = body.data().await {
                    let length = part?.len();
                    body.flow_control().release_capacity(length)?;
                }
                if head.status.is_success() { Ok(()) } else { Err(head.status.to_string().into()) }
            }
        }
    }
}

async fn read(stream: &mut Box<dyn Stream>, buffer: &mut BytesMut) -> Result<(), Failure> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break buffer.split_to(end + 4);
        }
        more(stream, buffer).await?;
    };
    let head = std::str::from_utf8(&head)?;
    let header = |wanted: &str| {
        let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).next()
    };
    if let Some(length) = header("content-length") {
        take(stream, buffer, length.parse()?).await?;
    } else if header("transfer-encoding").is_some() {
        chunks(stream, buffer).await?;
    }
    match head.as_bytes().get(9) {
        Some(b'2') => Ok(()),
        _ => Err(head.lines().next().unwrap_or_default().into()),
    }
}

async fn chunks(stream: &mut Box<dyn Stream>, buffer: &mut BytesMut) -> Result<(), Failure> {
    loop {
        let Some(end) = buffer.windows(2).position(|window| window == b"\r\n") else {
            more(stream, buffer).await?;
            continue;
        };
        let length = usize::from_str_radix(std::str::from_utf8(&buffer.split_to(end + 2)[..end])?.trim(), 16)?;
        take(stream, buffer, length + 2).await?;
        if length == 0 {
            return Ok(());
        }
    }
}

/// Reads so many bytes and forgets them.
async fn take(stream: &mut Box<dyn Stream>, buffer: &mut BytesMut, mut length: usize) -> Result<(), Failure> {
    loop {
        let here = length.min(buffer.len());
        drop(buffer.split_to(here));
        length -= here;
        if length == 0 {
            return Ok(());
        }
        more(stream, buffer).await?;
    }
}

async fn more(stream: &mut Box<dyn Stream>, buffer: &mut BytesMut) -> Result<(), Failure> {
    buffer.reserve(64 * 1024);
    match stream.read_buf(buffer).await? {
        0 => Err("the server closed the connection".into()),
        _ => Ok(()),
    }
}

/// Takes every certificate: it is the bench's own.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
