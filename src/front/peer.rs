//! Who is at the other end of the connection.

use std::net::IpAddr;
use std::sync::Arc;

use super::Request;
use crate::certificate::Name;

/// The other end of a connection, as far as the connection itself proves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its address; `None` behind a unix socket.
    pub(crate) address: Option<IpAddr>,
    /// The names of its certificate, which a root of `client_ca` vouches for.
    pub(crate) names: Vec<Name>,
}

/// The other end of the connection that a request came by; `None` if it came by none, as in `explain`.
pub(crate) fn peer(request: &Request) -> Option<&Peer> {
    request.extensions().get::<Arc<Peer>>().map(|peer| &**peer)
}
