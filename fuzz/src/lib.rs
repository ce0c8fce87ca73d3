//! What must hold of scimux's decoders whatever bytes they get: one plain function each, which panics where it does not
//! hold. `tests/kept.rs` calls them with the kept corpus and with changed pieces of it, `cargo-fuzz/` with what libFuzzer finds.
#![forbid(unsafe_code)]

mod answer;
mod dialect;
mod drive;
mod filter;
mod patch;
mod path;
mod request;
mod targets;

pub use answer::answer;
pub use dialect::dialect;
pub use filter::filter;
pub use patch::patch;
pub use path::path;
pub use request::request;

/// Something to be called with any bytes.
pub type Body = fn(&[u8]);

/// All of them, by the name of their folder in `corpus/`.
pub const BODIES: &[(&str, Body)] = &[
    ("answer", answer),
    ("dialect", dialect),
    ("filter", filter),
    ("patch", patch),
    ("path", path),
    ("request", request),
];
