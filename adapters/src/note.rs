//! What was changed on the way from the client to the vendor, and why.

use std::borrow::Cow;

/// One change. Logs, counters, the `scimux-dropped` header and `explain` read it; it never holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What kind of change.
    pub kind: NoteKind,
    /// The canonical path of the attribute.
    pub attribute: String,
    /// Why, in a few words.
    pub why: Cow<'static, str>,
}

/// Kinds of [`Note`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// Left out: the vendor cannot hold it, or no schema knows it.
    Dropped,
    /// Sent under another name or in another form.
    Renamed,
    /// Expressed by other operations than the client's.
    Lowered,
    /// Added: a default, or what the vendor demands.
    Added,
    /// Kept at the vendor although the client's request says it should go.
    Kept,
}

impl NoteKind {
    /// The kind in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Renamed => "renamed",
            Self::Lowered => "lowered",
            Self::Added => "added",
            Self::Kept => "kept",
        }
    }
}

impl Note {
    /// A note.
    pub fn new(kind: NoteKind, attribute: impl Into<String>, why: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, attribute: attribute.into(), why: why.into() }
    }
}
