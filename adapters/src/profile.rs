//! What a vendor can do, as data: `profile.toml` beside each vendor's code, a source beside every line.

use std::collections::BTreeMap;

use scimux_scim::schema::{Mutability, Schema};
use serde::Deserialize;

/// A vendor's profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The product's name, for people.
    pub title: String,
    /// Whether the vendor's own `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` count more than what stands here.
    #[serde(default)]
    pub describes_itself: bool,
    /// How requests look.
    pub http: HttpProfile,
    /// Credential schemes the vendor takes, and the form of each.
    pub auth: BTreeMap<String, AuthForm>,
    /// How its errors look and what they mean.
    #[serde(default)]
    pub errors: ErrorProfile,
    /// The headers that say how many more calls it takes; absent: the usual ones, where they come.
    #[serde(default)]
    pub rate: Option<RateProfile>,
    /// Schemas that no RFC has.
    #[serde(default)]
    pub schemas: Vec<Schema>,
    /// Its resource types.
    pub types: Vec<TypeProfile>,
}

/// How requests look.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpProfile {
    /// Path between `base_url` and the endpoint; `{key}` stands for a setting's value, as one escaped segment.
    #[serde(default)]
    pub path: String,
    /// `Content-Type` of requests with a body.
    pub content_type: String,
    /// `Accept`.
    pub accept: String,
    /// Further headers; a header whose `{key}` is not set is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// The form of a credential on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthForm {
    /// Nothing is sent, or what the client sent.
    None,
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: Basic`.
    Basic,
    /// The secret alone in `Authorization`.
    Raw,
    /// The secret alone in a header that the configuration names.
    Header,
}

/// The headers that say how many more calls a vendor takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateProfile {
    /// How many calls a window has.
    pub limit: Option<String>,
    /// How many are left of them.
    pub remaining: String,
    /// When the window ends: seconds from now, or a moment since 1970.
    pub reset: Option<String>,
    /// How long a window is, where no header says when it ends.
    pub window_secs: Option<u64>,
}

/// How errors look and what they mean.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorProfile {
    /// JSON pointers to the vendor's code, the most exact first. `*` stands for every element of an array.
    pub codes: Vec<String>,
    /// JSON pointers to its text.
    pub texts: Vec<String>,
    /// JSON pointers, one of which leads to something in every error of the documented form. Empty: its errors have no
    /// documented form, and its 404 is plain.
    pub documented: Vec<String>,
    /// A member that marks an error under any HTTP status, and its values that mean success.
    pub envelope: Option<Envelope>,
    /// What codes and texts mean; the first that fits wins over the status.
    pub rules: Vec<ErrorRule>,
}

/// A member that marks an error under any HTTP status.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The top-level member.
    pub member: String,
    /// Values that mean success.
    pub success: Vec<String>,
}

/// What one code, text or status means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorRule {
    /// The HTTP status it needs.
    pub status: Option<u16>,
    /// The vendor's code it needs, anywhere among its codes.
    pub code: Option<String>,
    /// Words its text must hold, without regard to case.
    pub text: Option<String>,
    /// The calls it applies to (`create`, `read`, `list`, `replace`, `patch`, `delete`); empty: all.
    #[serde(default)]
    pub calls: Vec<String>,
    /// What it means.
    pub means: Meaning,
    /// What the gateway adds for the client.
    pub hint: Option<String>,
}

/// What a vendor's error means: a `scimType` of RFC 7644, or a kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // each name is explained at `VendorErrorKind` or RFC 7644 table 9
pub enum Meaning {
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    TooMany,
    Uniqueness,
    NotFound,
    WrongTarget,
    Forbidden,
    CredentialRefused,
    Conflict,
    TooLarge,
    Unsupported,
    RateLimited,
    Unavailable,
}

/// One resource type at a vendor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeProfile {
    /// Its name, e.g. `User`.
    pub name: String,
    /// Its endpoint, e.g. `/Users`.
    pub endpoint: String,
    /// The URN of its base schema.
    pub schema: String,
    /// Its extensions.
    #[serde(default)]
    pub extensions: Vec<ExtensionProfile>,
    /// Vendor path, value: what a create gets where the request has none; `{key}` stands for a setting's value, and an
    /// entry whose setting is not set is left out.
    #[serde(default)]
    pub create_with: BTreeMap<String, String>,
    /// Whether extensions that no schema here has are kept: the vendor's schemas are not known.
    #[serde(default)]
    pub open: bool,
    /// Whether its resources have versions of the vendor's, which `If-Match` compares (RFC 7644 section 3.14).
    #[serde(default)]
    pub versions: bool,
    /// Which operations the vendor has.
    pub operations: Operations,
    /// What its PUT means.
    #[serde(default)]
    pub put: PutProfile,
    /// Which forms its PATCH has.
    #[serde(default)]
    pub patch: PatchProfile,
    /// What its list can do.
    #[serde(default)]
    pub list: ListProfile,
    /// The attributes it holds, as paths (`name.givenName`, `urn…:attr`); empty: everything its schemas have.
    #[serde(default)]
    pub holds: Vec<String>,
    /// Where an attribute differs from its schema, by path.
    #[serde(default)]
    pub attributes: BTreeMap<String, AttributeProfile>,
}

/// An extension of a type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionProfile {
    /// Its URN.
    pub schema: String,
    /// Whether every resource has it.
    #[serde(default)]
    pub required: bool,
}

/// Which operations the vendor has itself.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)] // each name is an operation
pub struct Operations {
    pub create: bool,
    pub read: bool,
    pub list: bool,
    pub replace: bool,
    pub patch: bool,
    pub delete: bool,
}

/// What a vendor's PUT means.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PutProfile {
    /// What becomes of attributes that the body lacks.
    pub means: PutMeans,
    /// Attributes that stay when the body lacks them, although others are cleared.
    pub keeps: Vec<String>,
}

/// What becomes of attributes that a PUT lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PutMeans {
    /// They are cleared.
    #[default]
    Replace,
    /// They stay; `null` and `[]` clear.
    Merge,
    /// Nobody says: the answer is compared with what was asked.
    Unknown,
}

/// Which forms a vendor's PATCH has. What it lacks is computed by the gateway from the present resource.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatchProfile {
    /// Paths with a sub-attribute of a single-valued complex attribute (`name.givenName`).
    pub sub_attributes: bool,
    /// A complex single-valued attribute as a whole, which merges (RFC 7644 section 3.5.2.3).
    pub complex: bool,
    /// Operations that may have a value filter in the path.
    pub value_filters: Vec<String>,
    /// Operations on a multi-valued attribute without a filter.
    pub multi_valued: Vec<String>,
    /// Paths into extensions.
    pub extensions: bool,
    /// How the replacement of a whole multi-valued attribute is written.
    pub multi_valued_replace: MultiValuedReplace,
    /// The attributes PATCH takes; empty: all. Others are changed by PUT.
    pub attributes: Vec<String>,
    /// Attributes that may occur in one operation only.
    pub once: Vec<String>,
    /// Attributes that no operation may remove, beside the required ones.
    pub not_removable: Vec<String>,
    /// The most members added or removed by one call.
    pub max_members: Option<usize>,
}

impl Default for PatchProfile {
    /// All of RFC 7644 section 3.5.2.
    fn default() -> Self {
        let all = || ["add", "remove", "replace"].map(String::from).to_vec();
        Self {
            sub_attributes: true,
            complex: true,
            value_filters: all(),
            multi_valued: all(),
            extensions: true,
            multi_valued_replace: MultiValuedReplace::Path,
            attributes: Vec::new(),
            once: Vec::new(),
            not_removable: Vec::new(),
            max_members: None,
        }
    }
}

/// How the replacement of a whole multi-valued attribute is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultiValuedReplace {
    /// `{"op":"replace","path":"emails","value":[…]}`.
    #[default]
    Path,
    /// `{"op":"replace","value":{"emails":[…]}}`.
    Pathless,
}

/// What a vendor's list can do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListProfile {
    /// Filters it evaluates; absent: all.
    pub filter: Option<FilterProfile>,
    /// How the client moves through it.
    pub paging: Paging,
    /// The most resources one answer holds.
    pub cap: Option<u64>,
    /// Whether `sortBy` works.
    pub sort: bool,
    /// Attributes it cannot sort by.
    pub not_sortable: Vec<String>,
}

/// Filters a vendor evaluates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterProfile {
    /// Operators; `pr` is one of them.
    pub operators: Vec<String>,
    /// Attributes, as the vendor writes them.
    pub attributes: Vec<String>,
    /// Whether `and`, `or`, `not` and grouping work.
    #[serde(default)]
    pub logical: bool,
}

impl FilterProfile {
    /// No filter at all.
    #[must_use]
    pub fn none() -> Self {
        Self { operators: Vec::new(), attributes: Vec::new(), logical: false }
    }

    /// What it evaluates, in words.
    #[must_use]
    pub fn words(&self) -> String {
        if self.attributes.is_empty() {
            return "no filter".to_owned();
        }
        format!("{} on {}", self.operators.join(", "), self.attributes.join(", "))
    }
}

/// How a vendor pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// `startIndex` and `count`.
    #[default]
    Index,
    /// `cursor` and `count` (RFC 9865).
    Cursor,
    /// Only a `count`.
    Count,
    /// Not at all.
    None,
}

/// Where an attribute differs from its schema.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttributeProfile {
    /// Who may write it at this vendor. `readOnly` here and not in the RFC: the vendor computes it.
    pub mutability: Option<Mutability>,
    /// Nobody says who may write it: it is sent when asked for, never cleared by omission.
    pub mutability_unknown: bool,
    /// The vendor demands it on create and, where PUT replaces, on PUT.
    pub required: bool,
    /// A multi-valued attribute that holds one value: the `primary` one, else the first.
    pub single: bool,
    /// The vendor never returns it.
    pub never_returned: bool,
    /// The vendor returns at most so many values of it: a list as long may be cut off.
    pub returned_up_to: Option<usize>,
    /// Left out when versions are computed and resources compared.
    pub volatile: bool,
    /// Sub-attributes that are not sent.
    pub without: Vec<String>,
    /// Sub-attributes set on what is sent where the request has none; `true` for primary is always set.
    pub sent_with: BTreeMap<String, SubValue>,
    /// Sub-attributes given canonically to values that have none.
    pub read_with: BTreeMap<String, SubValue>,
    /// Names of sub-attributes that the vendor may answer with, and the names they have here.
    pub read_as: BTreeMap<String, String>,
    /// Closed list of values of `type`; others are refused.
    pub types: Vec<String>,
    /// Its form on the wire.
    pub wire: Wire,
}

/// A value of a sub-attribute in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SubValue {
    /// A boolean.
    Bool(bool),
    /// A string.
    Text(String),
}

/// The form of a value on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// As RFC 7643 has it.
    #[default]
    Rfc,
    /// A complex value as the bare string of its `value`.
    Bare,
    /// A language tag with `_` for `-`.
    Underscore,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// What is wrong with it, with its position: a mistake in scimux itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}
