//! What a client asks for, and what came of it, in canonical names.

use scimux_scim::body::Canonical;
use scimux_scim::list::Page;
use scimux_scim::patch::Patch;
use scimux_scim::version::Tags;
use scimux_scim::{ListQuery, Object, Text};

use crate::Note;

/// A canonical operation on one resource type.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The endpoint of the resource type, e.g. `/Users`.
    pub endpoint: String,
    /// What is to be done.
    pub action: Action,
    /// Whether the client wants the resource back; where it does not, a vendor's 204 is answer enough.
    pub wants_resource: bool,
    /// Under which versions it may be done.
    pub conditions: Conditions,
}

/// Under which versions of its resource an operation may be carried out (RFC 7644 section 3.14).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`: only one of these.
    pub if_match: Option<Tags>,
    /// `If-None-Match`: none of these.
    pub if_none_match: Option<Tags>,
}

/// What is to be done. Bodies and operations are decoded against [`crate::ServedType::canonical`].
#[derive(Clone, Debug)]
pub enum Action {
    /// POST.
    Create(Canonical),
    /// GET of one.
    Read(Text),
    /// GET of many. The projection is the gateway's to apply.
    List(ListQuery),
    /// PUT.
    Replace(Text, Canonical),
    /// PATCH.
    Patch(Text, Patch),
    /// DELETE.
    Delete(Text),
}

impl Action {
    /// The canonical operation's name, as in profiles and `/targets`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Read(_) => "read",
            Self::List(_) => "list",
            Self::Replace(..) => "replace",
            Self::Patch(..) => "patch",
            Self::Delete(_) => "delete",
        }
    }
}

/// What came of an operation.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The answer for the client.
    pub reply: Reply,
    /// What was changed on the way.
    pub notes: Vec<Note>,
}

/// The answer for the client, in canonical names. `meta.location` and `$ref` are the gateway's to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// 201.
    Created(Object),
    /// 200.
    Resource(Object),
    /// 200 with a list.
    Page(Page),
    /// 304: the client has this version.
    NotModified(Text),
    /// 204.
    NoContent,
}
