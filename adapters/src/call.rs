//! One call to a vendor, in vendor names and RFC shape, and what came of it.

use scimux_scim::list::Page;
use scimux_scim::{ListQuery, Object, Partial, PatchOp, Text};

/// A call to the vendor.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The endpoint of the resource type, e.g. `/Users`.
    pub endpoint: String,
    /// What is asked.
    pub kind: CallKind,
    /// Whether it may be sent again when its outcome is not known. Follows the canonical operation, never the vendor's
    /// HTTP method (CONTRACT section 5).
    pub repeat: Repeat,
    /// The vendor's version that the change is computed from, where the vendor has versions: `If-Match`.
    pub if_match: Option<Text>,
    /// Whether the answer is for the client as it is: what no rule touches may stay text ([`Answer::Shown`]).
    pub is_shown: bool,
}

/// What a call asks of the vendor.
#[expect(clippy::large_enum_variant, reason = "a handful live at a time, and only lists are large")]
#[derive(Clone, Debug, PartialEq)]
pub enum CallKind {
    /// Create a resource.
    Create(Object),
    /// Read one.
    Read(Text),
    /// List.
    List(ListQuery),
    /// PUT: id, body. The body is exactly what is to be sent: members that are `null` or `[]` are sent as such.
    Replace(Text, Object),
    /// PATCH: id, operations already in forms the vendor has.
    Patch(Text, Vec<PatchOp>),
    /// Delete.
    Delete(Text),
    /// Read the document at the endpoint, which is that of no resource type.
    Document,
}

impl CallKind {
    /// A name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Read(_) => "read",
            Self::List(_) => "list",
            Self::Replace(..) => "replace",
            Self::Patch(..) => "patch",
            Self::Delete(_) => "delete",
            Self::Document => "describe",
        }
    }

    /// The id of the resource the call is about.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Create(_) | Self::List(_) | Self::Document => None,
            Self::Read(id) | Self::Delete(id) | Self::Replace(id, _) | Self::Patch(id, _) => Some(id),
        }
    }
}

/// Whether a call may be sent again when its outcome is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Sending it twice does what sending it once does.
    Safe,
    /// Only if nothing of it reached the vendor, or the vendor's complete answer proves that it did nothing.
    OnlyIfNotDone,
}

/// What the vendor answered, in vendor names and RFC shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A resource.
    Resource(Object),
    /// The same, where [`Call::is_shown`] asked for no more.
    Shown(Box<Partial>),
    /// A page of resources.
    Page(Page),
    /// Success without a body; the id from a `Location`, where there was one.
    Empty(Option<Text>),
}
