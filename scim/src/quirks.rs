//! What only some clients mean, given to the functions that read their requests.

/// What one client means otherwise than the RFC. The default is the RFC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// `replace` under a value filter that finds nothing creates the value, as `add` does (rfc-traps 159).
    pub replace_creates: bool,
    /// The empty string clears any attribute, not only references (rfc-traps 38).
    pub empty_string_clears: bool,
}
