//! The scimux executable.
fn main() {
    // commands follow
}
