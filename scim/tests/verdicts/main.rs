//! Verdicts of independent implementations on this crate: PATCH against `scim2-server`, filters against three parsers and
//! against that server's evaluation. Where they differ, the difference is listed with the reason that decides it, and a
//! difference that is not listed fails.
//!
//! `SCIMUX_TEST_SEED` repeats a run (`new`: another one), `SCIMUX_TEST_CASES` sets how many cases are made.

mod evaluation;
mod filters;
mod patch;
mod random;
mod server;
mod users;
