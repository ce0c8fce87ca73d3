//! What a client asks for, and what came of it, in canonical names.

use std::sync::Arc;

use scimux_scim::body::Canonical;
use scimux_scim::patch::Patch;
use scimux_scim::version::Tags;
use scimux_scim::{ListQuery, Partial, Text};

use crate::{Note, ServedType, Target, VendorError, VendorErrorKind, dialect, version};

/// A canonical operation on one resource type.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The endpoint of the resource type, e.g. `/Users`; empty for a search over all types.
    pub endpoint: String,
    /// What is to be done.
    pub action: Action,
    /// When the client asked, in seconds since 1970; a create that is found must not be older (CONTRACT section 5).
    pub asked_at: i64,
    /// Whether the client wants the resource back; where it does not, a vendor's 204 is answer enough.
    pub wants_resource: bool,
    /// Whether the client wants all of it that is returned by default, so that nothing is left out of what comes back.
    pub wants_default: bool,
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
    /// GET of many. The projection is the gateway's to apply; a `cursor` is [`Listing::next`] of the page before.
    List(Box<ListQuery>),
    /// GET of many over several types (RFC 7644 section 3.4.2.1), in this order: the endpoint of each, and the same query
    /// read against its schemas.
    Search(Vec<(String, ListQuery)>),
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
            Self::List(_) | Self::Search(_) => "list",
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
    Created(Partial),
    /// 200.
    Resource(Partial),
    /// 200 with a list.
    Page(Listing),
    /// 304: the client has this version.
    NotModified(Text),
    /// 204.
    NoContent,
}

/// A page of the answer. Its resources are text until they are written, one by one.
#[derive(Clone, Debug)]
pub struct Listing {
    /// How many resources match in all; `None` only where a cursor was asked for.
    pub total_results: Option<u64>,
    /// The 1-based index of the first one; `None` where a cursor was asked for.
    pub start_index: Option<u64>,
    /// Where the next page begins, for the `cursor` of a later query; `None`: this is the last one.
    pub next: Option<String>,
    /// What it is a list of.
    pub(crate) target: Arc<Target>,
    /// Which of the target's types each resource is of, and the resource as the vendor sent it.
    pub(crate) resources: Vec<(usize, Text)>,
}

impl PartialEq for Listing {
    fn eq(&self, other: &Self) -> bool {
        let told = |list: &Self| (list.total_results, list.start_index, list.next.clone());
        told(self) == told(other) && self.resources == other.resources
    }
}

impl Listing {
    /// How many resources are on the page.
    #[must_use]
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// How long they are together, as the vendor wrote them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.resources.iter().map(|(_, text)| text.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The page's resources in canonical names, each with its type, decoded one by one. `is_cut` says of which types not all
    /// that is returned by default will be shown: those are read whole.
    ///
    /// # Errors
    /// Each on its own: what the vendor sent is no resource.
    pub fn resources(
        &self,
        is_cut: impl Fn(&ServedType) -> bool,
    ) -> impl Iterator<Item = Result<(&ServedType, Partial), VendorError>> {
        self.resources.iter().map(move |(index, text)| {
            let served = &self.target.types[*index];
            let partial = if is_cut(served) { None } else { dialect::listed_partly(text, served) };
            let whole = || dialect::listed(text, served).map(Partial::from).ok_or_else(no_resource);
            let resource = partial.map_or_else(whole, Ok)?;
            Ok((served, resource.map(|resource| version::show(served.mapping.resource_to_canonical(resource), served))))
        })
    }
}

fn no_resource() -> VendorError {
    VendorError::new(VendorErrorKind::NotUnderstood).with_hint("an element of the vendor's list is no resource")
}
