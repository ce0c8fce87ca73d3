//! The zone as a whole, over a vendor that answers as the test says; no sockets.

mod bulk;
mod checks;
mod failures;
mod mutations;
mod paths;
mod resources;
mod rules;
