//! Where a request comes from, and whether anybody may call from there.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, StatusCode};
use tower::Layer;
use tower::layer::layer_fn;

use super::error_body::refuse;
use super::peer::{Peer, peer};
use super::{Request, Response};
use crate::config::Access;
use crate::stack::{Stage, at_once, relay};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request comes from, as far as somebody trusted says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// The address of the client, or of the first proxy on the way that is not trusted.
    Address(IpAddr),
    /// This machine, by a unix socket; its permissions say who may.
    Local,
    /// A trusted proxy did not say it understandably.
    Unknown,
}

/// Refuses requests from where nobody may call, and tells those below where the others come from.
pub(crate) fn layer<S>(access: Access) -> impl Layer<S, Service: Stage<Request, Response, Infallible>>
where
    S: Stage<Request, Response, Infallible>,
{
    layer_fn(move |inner: S| {
        let access = access.clone();
        relay(move |mut request: Request| {
            let origin = peer(&request).map_or(Origin::Unknown, |peer| origin(&access, peer, request.headers()));
            if !origin.is_among(access.allow_from.as_deref()) {
                let refusal = refuse(StatusCode::FORBIDDEN, "nobody may call from this address");
                return at_once(Ok::<_, Infallible>(refusal));
            }
            request.extensions_mut().insert(origin);
            inner.pass(request)
        })
    })
}

impl Origin {
    /// Of a request that has passed [`layer`].
    pub(crate) fn of(request: &Request) -> Self {
        request.extensions().get().copied().unwrap_or(Self::Unknown)
    }

    /// Whether it is in one of these networks; `None`: anywhere. What nobody vouches for is in none.
    pub(crate) fn is_among(self, networks: Option<&[ipnet::IpNet]>) -> bool {
        let Some(networks) = networks else { return true };
        match self {
            Self::Address(address) => networks.iter().any(|network| network.contains(&address)),
            Self::Local => true,
            Self::Unknown => false,
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Local => f.write_str("a unix socket"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// From the connection outwards: as long as who speaks is trusted, the address it names speaks next.
fn origin(access: &Access, peer: &Peer, headers: &HeaderMap) -> Origin {
    let trusted = |address: IpAddr| access.trusted_proxies.iter().any(|network| network.contains(&address));
    let mut nearest = match peer.address {
        Some(address) if !trusted(address) => return Origin::Address(address),
        None if !access.trusts_sockets => return Origin::Local,
        Some(address) => Origin::Address(address),
        None => Origin::Local,
    };
    let values = headers.get_all(X_FORWARDED_FOR).iter().rev();
    for named in values.flat_map(|value| value.to_str().unwrap_or("?").rsplit(',')) {
        match address(named.trim()) {
            Some(address) if trusted(address) => nearest = Origin::Address(address),
            Some(address) => return Origin::Address(address),
            None => return Origin::Unknown,
        }
    }
    nearest
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(bare).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests;
