//! Integration tests: the built binary over the sandboxes and over an independent SCIM server, by real HTTP over real
//! sockets, with a look at what the vendor was sent.

mod brake;
mod bulk;
mod clients;
mod contract;
mod discovery;
mod errors;
mod explain;
mod front;
mod hostile;
mod huawei;
mod independent;
mod invariants;
mod logging;
mod memory;
mod methods;
mod metrics;
mod nonsense;
mod operated;
mod pingone;
mod plain;
mod quota;
mod reading;
mod readme;
mod reload;
mod rsa;
mod same_client;
mod scim2_server;
mod secrets;
mod tester;
mod tester_vendors;
mod traps;
mod types;
mod veeva;
mod versions;
mod world;
