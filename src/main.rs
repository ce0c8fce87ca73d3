//! The scimux executable.
fn main() {}
