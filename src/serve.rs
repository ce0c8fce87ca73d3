//! The running gateway.

use std::net::SocketAddr;

use crate::config::Config;

/// A gateway that runs until it is stopped.
#[derive(Debug)]
pub struct Gateway {
    _private: (),
}

impl Gateway {
    /// Binds the listeners and begins to serve.
    ///
    /// # Errors
    /// An address cannot be bound, or TLS cannot be set up.
    pub async fn start(config: Config) -> std::io::Result<Self> {
        let _ = config;
        todo!()
    }

    /// The TCP addresses bound for the front door, in the order of the configuration.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        todo!()
    }

    /// The admin address bound.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        todo!()
    }

    /// `/readyz` turns 503; after `drain_delay` no new connections; requests in flight and started mutations are finished,
    /// at most for `drain`.
    pub async fn stop(self) {
        todo!()
    }
}
