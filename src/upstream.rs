//! The way to a vendor: connections, and the credential that opens the door.

mod connect;
mod credential;
mod grant;
mod live_secret;
mod pool;
mod token;
mod transport;

#[cfg(test)]
mod tests;

pub(crate) use connect::Roots;
pub(crate) use credential::{Credential, Credentials};
pub(crate) use transport::{HttpService, transport};
