//! What the load is made of.

pub mod client;
pub mod processes;
pub mod timer;
