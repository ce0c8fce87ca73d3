//! The commands (CONTRACT section 1).
