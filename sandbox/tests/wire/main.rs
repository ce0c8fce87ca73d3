//! The imitations over real sockets: what each vendor's documents say, its strictness, and every switch.

mod client;
mod faults;
mod huawei;
mod pingone;
mod plain;
mod rsa;
mod veeva;
