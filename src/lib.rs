//! The gateway: a library and a thin binary. See `ARCHITECTURE.md`.
#![forbid(unsafe_code)]

mod admin;
mod certificate;
pub mod cli;
pub mod config;
mod core;
mod explain;
mod front;
mod listen;
pub mod secret;
pub mod serve;
mod stack;
mod target;
pub mod telemetry;
mod upstream;
