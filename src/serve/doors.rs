//! The sockets that are open, and what stands behind each.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use tokio::time::{Duration, timeout};

use crate::admin;
use crate::config::{Config, Listen, Server};
use crate::listen::{Bound, Connections, Listener, Manner};
use crate::stack::FrontService;

/// For whom a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Clients.
    Front,
    /// Who watches.
    Watch,
    /// Who operates.
    Control,
}

impl Role {
    /// The permissions of a unix socket.
    fn mode(self) -> u32 {
        match self {
            Self::Front | Self::Watch => 0o660,
            Self::Control => 0o600,
        }
    }
}

/// A socket that is to be open.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    role: Role,
    listen: Listen,
}

/// Every socket that a configuration wants.
fn wanted(config: &Config) -> Vec<Wanted> {
    let front = config.server.listen.iter().map(|listen| Wanted { role: Role::Front, listen: listen.clone() });
    let watch = config.admin.iter().map(|admin| Wanted { role: Role::Watch, listen: Listen::Tcp(admin.listen) });
    let sockets = config.admin.iter().filter_map(|admin| admin.socket.clone());
    let control = sockets.map(|socket| Wanted { role: Role::Control, listen: Listen::Unix(socket) });
    front.chain(watch).chain(control).collect()
}

/// A socket that is open.
#[derive(Debug)]
struct Door {
    wanted: Wanted,
    address: Option<SocketAddr>,
    listener: Listener,
}

/// The sockets of a configuration: those that are open already, and those bound but not served yet.
#[derive(Debug)]
pub(super) struct Opening(Vec<(Wanted, Option<SocketAddr>, Option<Bound>)>);

impl Opening {
    /// The TCP addresses for clients, in the order of the configuration.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().filter(|(wanted, ..)| wanted.role == Role::Front).filter_map(|(_, address, _)| *address).collect()
    }
}

/// All sockets of a gateway.
#[derive(Debug)]
pub(super) struct Doors {
    /// `None`: closed for good.
    open: Mutex<Option<Vec<Door>>>,
    clients: Arc<Connections>,
    operators: Arc<Connections>,
}

impl Doors {
    /// None is open yet.
    pub(super) fn new(server: &Server) -> Self {
        let clients = Connections::new(server.limits.concurrency, Manner::front(server));
        let operators = Connections::new(admin::REQUESTS, Manner::admin());
        Self { open: Mutex::new(Some(Vec::new())), clients: clients.into(), operators: operators.into() }
    }

    /// Binds those sockets that `config` wants and that are not open yet: all, or an error and nothing has changed.
    pub(super) async fn bind(&self, config: &Config) -> io::Result<Opening> {
        let mut opening = Vec::new();
        let mut open: Vec<_> = self.here().iter().flatten().map(|door| (door.wanted.clone(), door.address)).collect();
        for wanted in wanted(config) {
            if let Some(at) = open.iter().position(|(open, _)| *open == wanted) {
                let (wanted, address) = open.swap_remove(at);
                opening.push((wanted, address, None));
            } else {
                let bound = Bound::to(&wanted.listen, wanted.role.mode()).await?;
                opening.push((wanted, bound.address(), Some(bound)));
            }
        }
        Ok(Opening(opening))
    }

    /// Serves what was bound, and closes what is wanted no more: requests under way there have `drain` to end. False if
    /// all is closed for good.
    pub(super) fn change(&self, opening: Opening, drain: Duration, service: impl Fn(Role) -> FrontService) -> bool {
        let mut here = self.here();
        let Some(mut old) = here.take() else { return false };
        let doors = opening.0.into_iter().filter_map(|(wanted, address, bound)| match bound {
            Some(bound) => {
                let listener = bound.serve(service(wanted.role), self.connections(wanted.role));
                Some(Door { wanted, address, listener })
            }
            None => Some(old.swap_remove(old.iter().position(|door| door.wanted == wanted)?)),
        });
        *here = Some(doors.collect());
        for door in old {
            tracing::info!(listen = %door.wanted.listen, "no longer listening");
            door.listener.close();
            tokio::spawn(async move { timeout(drain, door.listener.finished()).await });
        }
        true
    }

    /// Takes clients' connections as this says: those that come, and as many at a time.
    pub(super) fn take_as(&self, server: &Server) {
        self.clients.change(Manner::front(server));
        self.clients.resize(server.limits.concurrency);
    }

    /// The TCP addresses of a role, in the order of the configuration.
    pub(super) fn addresses(&self, role: Role) -> Vec<SocketAddr> {
        let here = self.here();
        here.iter().flatten().filter(|door| door.wanted.role == role).filter_map(|door| door.address).collect()
    }

    /// Closes all for good. Clients' are closed now, each connection after the request it is in; the others when what is
    /// returned is dropped.
    pub(super) fn shut(&self) -> Shut {
        let doors = self.here().take().unwrap_or_default();
        doors.iter().filter(|door| door.wanted.role == Role::Front).for_each(|door| door.listener.close());
        Shut(doors)
    }

    fn connections(&self, role: Role) -> Arc<Connections> {
        match role {
            Role::Front => self.clients.clone(),
            Role::Watch | Role::Control => self.operators.clone(),
        }
    }

    fn here(&self) -> std::sync::MutexGuard<'_, Option<Vec<Door>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sockets that are closed for good. Dropped, it cuts off what is still connected.
#[derive(Debug)]
pub(super) struct Shut(Vec<Door>);

impl Shut {
    /// Waits until the last client's connection has ended.
    pub(super) async fn finished(&self) {
        let clients = self.0.iter().filter(|door| door.wanted.role == Role::Front);
        join_all(clients.map(|door| door.listener.finished())).await;
    }
}
