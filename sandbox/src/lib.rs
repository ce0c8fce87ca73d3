//! Imitations of the vendors scimux speaks to, and one plain RFC 7644 server.
//!
//! Integration tests, `scimux demo` and `scimux sandbox VENDOR` use them. They share no type with the gateway, on purpose:
//! were imitation and gateway made of the same structs, one wrong name would pass on both sides. Each behaviour carries a
//! pointer to where the vendor documents it; what no document settles is a switch ([`Sandbox::set`]), so that the
//! gateway can be tested with it on and off.
//!
//! # Over HTTP
//!
//! A sandbox that runs alone is steered below `/__sandbox`, where no request is recorded:
//!
//! | Request | Does |
//! | --- | --- |
//! | `GET /__sandbox/health` | 200 and the vendor's name |
//! | `GET /__sandbox/switches` | every switch with its value, the possible values and what it decides |
//! | `PUT /__sandbox/switches` | sets those in the body, e.g. `{"create_status": 201}` |
//! | `POST /__sandbox/faults` | queues a fault, e.g. `{"kind": "status", "status": 503, "method": "PUT", "times": 2}` |
//! | `DELETE /__sandbox/faults` | drops the faults and resets the switches |
//! | `GET /__sandbox/exchanges` | what crossed the wire since the last call |
//!
//! A fault's `kind` is one of `delay` (with `millis`), `status` (with `status`, `headers` as an object, `body`),
//! `break_before_reading`, `break_after_reading`, `half_body`, `slow_drip` (with `millis`), `not_json`, `expire_session`.
#![forbid(unsafe_code)]

mod control;
pub mod demo;
mod filter;
mod huawei;
mod patch;
mod pingone;
mod plain;
mod rsa;
mod server;
mod store;
mod veeva;
mod vendor;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::server::Shared;
use crate::vendor::Vendor;

static VENDORS: [&dyn Vendor; 5] = [&veeva::Veeva, &pingone::PingOne, &huawei::Huawei, &rsa::Rsa, &plain::Plain];

/// The vendors that can be imitated.
pub fn vendors() -> &'static [&'static str] {
    &["veeva", "pingone", "huawei", "rsa", "scim"]
}

/// A running imitation; stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Sandbox {
    /// Binds `listen` (port 0 = any free one) and serves HTTP/1.1 and HTTP/2 without TLS.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such vendor, else why the address cannot be bound.
    pub async fn start(vendor: &str, listen: SocketAddr) -> std::io::Result<Sandbox> {
        let found = VENDORS.iter().copied().find(|v| v.name() == vendor).ok_or_else(|| {
            let text = format!("no vendor {vendor:?}; there are {}", vendors().join(", "));
            std::io::Error::new(std::io::ErrorKind::NotFound, text)
        })?;
        let listener = tokio::net::TcpListener::bind(listen).await?;
        let shared = Arc::new(Shared::new(found, listener.local_addr()?));
        let accepting = tokio::spawn(server::accept(listener, Arc::clone(&shared)));
        Ok(Sandbox { shared, accepting })
    }

    /// Whose imitation this is.
    pub fn vendor(&self) -> &'static str {
        self.shared.vendor.name()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// `base_url` for a scimux target: the origin, with the base path for the vendors that have it in their base URL.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.shared.origin(), self.shared.vendor.base())
    }

    /// TOML keys that point a scimux target at this sandbox, with its built-in credentials. They fit below a
    /// `[targets.NAME]` header.
    pub fn target_toml(&self) -> String {
        self.shared.vendor.target(&self.shared.origin())
    }

    /// What crossed the wire since the last call, oldest first; of more than 1000 the last 1000. An exchange is
    /// there as soon as the imitation has done its work, before the client has the answer.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        self.shared.take_exchanges()
    }

    /// Sets a switch: a behaviour that no document of the vendor settles.
    ///
    /// # Errors
    ///
    /// A text that names the known switches or the possible values.
    pub fn set(&self, switch: &str, value: Value) -> Result<(), String> {
        self.shared.state().switches.set(switch, &value)
    }

    /// Queues a fault for the next requests that match it.
    pub fn fault(&self, fault: Fault) {
        self.shared.add_fault(fault);
    }

    /// Drops the faults and resets the switches. The data stays.
    pub fn clear(&self) {
        self.shared.clear();
    }

    /// The resources at an endpoint (`/Users`) as the vendor holds them, which may be more than it returns.
    pub fn resources(&self, endpoint: &str) -> Vec<Value> {
        self.shared.state().store.all(endpoint).iter().cloned().map(Value::Object).collect()
    }

    /// Puts a resource straight into the store, in the place of the one with its `id`, and returns the id. What the
    /// vendor sets itself (`meta`, `active`, …) is filled in; nothing is checked.
    pub fn seed(&self, endpoint: &str, resource: Value) -> String {
        self.shared.seed(endpoint, resource)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One request and its answer, as they crossed the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The path with the query, undecoded.
    pub path: String,
    /// The request's headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub body: String,
    /// The answer's status; 0 if the connection was broken instead.
    pub status: u16,
    /// The answer's headers, names in lower case.
    pub answer_headers: Vec<(String, String)>,
    /// The answer's body.
    pub answer: String,
}

/// Something that goes wrong for the next requests that match.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Only requests of this method.
    pub method: Option<String>,
    /// Only requests whose path with query contains this.
    pub path_contains: Option<String>,
    /// How many requests it strikes. A request is struck by the oldest fault that matches it, and by no other.
    pub times: u32,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What can go wrong.
#[derive(Debug, Clone)]
pub enum FaultKind {
    /// The work is done and recorded at once, the answer comes so much later.
    Delay(Duration),
    /// This answer, and no work done.
    Status {
        /// The status.
        status: u16,
        /// The headers; `content-type` is JSON if it is not among them.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// The connection is closed before the request's body is read; no work done.
    BreakBeforeReading,
    /// The work is done, then the connection is closed without an answer.
    BreakAfterReading,
    /// The work is done, and the connection is closed in the middle of the answer's body.
    HalfBody,
    /// The work is done, and the answer's body comes byte by byte, each so much later than the one before.
    SlowDrip(Duration),
    /// A web page with status 200, and no work done.
    NotJson,
    /// Every session and token issued so far is dead. A vendor whose token is static refuses it for this one request.
    ExpireSession,
}
