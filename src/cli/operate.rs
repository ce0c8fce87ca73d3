//! `scimux reload` and `scimux brake`: what is asked of a running gateway, over its `admin.socket`.

use std::io;
use std::path::{Path, PathBuf};

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

use super::{Exit, Terminal, file, print_problems};
use crate::config;
use crate::core::path::encode;

/// How to find the gateway.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Where {
    /// The gateway's configuration, whose admin.socket is used [default: $SCIMUX_CONFIG, then scimux.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The socket itself, should the configuration name another by now
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// Has the gateway read its configuration again, and prints what it says.
pub(super) async fn reload(gateway: &Where, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    change(gateway, "/reload", "reloaded", terminal).await
}

/// What is to be done with a safety brake.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum Brake {
    /// Let deletes and deactivations on a route go on, counted from zero again
    Release {
        /// The route's name
        route: String,
        #[command(flatten)]
        gateway: Where,
    },
}

/// Releases a safety brake.
pub(super) async fn brake(Brake::Release { route, gateway }: &Brake, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    change(gateway, &format!("/brakes/{}/release", encode(route)), "released", terminal).await
}

async fn change(gateway: &Where, path: &str, done: &str, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let given = gateway.socket.clone().map(Ok);
    let named = || config::admin_socket(&file(gateway.config.clone(), terminal), &terminal.environment);
    let socket = match given.unwrap_or_else(named) {
        Ok(socket) => socket,
        Err(problems) => {
            print_problems(&problems, terminal.err)?;
            return Ok(Exit::Usage);
        }
    };
    let (status, answer) = match ask(&socket, path).await {
        Ok(answered) => answered,
        Err(error) => {
            writeln!(terminal.err, "scimux: no answer from a gateway at {}: {error}", socket.display())?;
            return Ok(Exit::Internal);
        }
    };
    let (exit, out, word) = match status {
        200 => (Exit::Well, &mut *terminal.out, done.to_owned()),
        _ => (Exit::Usage, &mut *terminal.err, format!("not {done}")),
    };
    for line in answer["said"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{word}")?;
    Ok(exit)
}

async fn ask(socket: &Path, path: &str) -> io::Result<(u16, Value)> {
    let stream = TokioIo::new(UnixStream::connect(socket).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let request = http::Request::post(path).header("host", "scimux").body(Empty::<bytes::Bytes>::new());
    let answer = sender.send_request(request.map_err(io::Error::other)?).await.map_err(io::Error::other)?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let not_ours = |error| io::Error::other(format!("its answer is not a gateway's: {error}"));
    Ok((status, serde_json::from_slice(&body).map_err(not_ours)?))
}
