//! The gateway: a library and a thin binary. See `ARCHITECTURE.md`.

pub mod cli;
pub mod config;
pub mod secret;
pub mod serve;
