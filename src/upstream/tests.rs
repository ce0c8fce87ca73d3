//! Credentials over a vendor that answers as the test says; the transport over real sockets.

mod credentials;
mod transport;
