//! One listening socket, TCP or unix.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::{Duration, sleep};

use crate::config::Listen;

/// After an error of `accept`, mostly too many open files, before it is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// A listening socket. A unix socket's file goes with it.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// A connection.
pub(super) enum Stream {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

/// The file of a unix socket.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Socket {
    /// Binds it; a unix socket with the permissions `mode`.
    pub(super) async fn bind(listen: &Listen, mode: u32) -> io::Result<Self> {
        match listen {
            Listen::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            Listen::Unix(path) => {
                refuse_unless_stale(path).await?;
                let (listener, file) = bind_unix(path, mode)?;
                Ok(Self::Unix(listener, file))
            }
        }
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }

    /// Closes it. The connections that stand and were not taken yet.
    pub(super) fn close(self) -> Vec<Stream> {
        match self {
            Self::Tcp(listener) => {
                let Ok(listener) = listener.into_std() else { return Vec::new() };
                all(|| {
                    let (stream, from) = listener.accept()?;
                    stream.set_nonblocking(true)?;
                    Ok(tcp(TcpStream::from_std(stream)?, from))
                })
            }
            Self::Unix(listener, file) => {
                // First the name, so that no more come.
                drop(file);
                let Ok(listener) = listener.into_std() else { return Vec::new() };
                all(|| {
                    let (stream, _) = listener.accept()?;
                    stream.set_nonblocking(true)?;
                    Ok(Stream::Unix(UnixStream::from_std(stream)?))
                })
            }
        }
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> Stream {
        loop {
            let accepted = match self {
                Self::Tcp(listener) => listener.accept().await.map(|(stream, from)| tcp(stream, from)),
                Self::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
            };
            match accepted {
                Ok(stream) => return stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// What an accept that never waits gets, until there is nothing to get.
fn all<S>(mut accept: impl FnMut() -> io::Result<S>) -> Vec<S> {
    std::iter::from_fn(|| accept().ok()).collect()
}

fn tcp(stream: TcpStream, from: SocketAddr) -> Stream {
    // Without it small answers wait for acknowledgements; a socket that refuses it works all the same.
    let _ = stream.set_nodelay(true);
    Stream::Tcp(stream, from)
}

/// A socket that nobody listens on may be replaced; anything else may not.
async fn refuse_unless_stale(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(file) if !file.file_type().is_socket() => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"))
        }
        Ok(_) => match UnixStream::connect(path).await {
            Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
            Err(_) => Ok(()),
        },
    }
}

/// Binds under another name and moves the socket into place, so that it never is there with other permissions.
fn bind_unix(path: &Path, mode: u32) -> io::Result<(UnixListener, SocketFile)> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let _ = std::fs::remove_file(&temporary);
    let listener = UnixListener::bind(&temporary)?;
    std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(mode))?;
    std::fs::rename(&temporary, path)?;
    Ok((listener, SocketFile(path.to_owned())))
}
