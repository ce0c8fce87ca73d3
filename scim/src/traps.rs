//! Tests by the entries of rfc-traps, each row or function named by its numbers. `tests/traps.py` keeps the count, over the
//! whole repository.

mod body;
mod diff;
mod filter;
mod laws;
mod patch;
mod put;
mod query;
