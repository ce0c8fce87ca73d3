//! What is found out, as it is printed and as `--json` writes it (docs/explain.md).

use bytes::Bytes;
use scimux_adapters::Note;
use scimux_scim::{Object, value};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A request explained.
#[derive(Debug, Serialize)]
pub(crate) struct Explained {
    /// The route's name.
    pub(crate) route: String,
    /// The target's name.
    pub(crate) target: String,
    /// Its adapter.
    pub(crate) adapter: &'static str,
    /// The client whose token the request brings; `None`: not known, nothing was checked.
    pub(crate) client: Option<String>,
    /// Where the vendor's credential comes from.
    pub(crate) credential: &'static str,
    /// What the provider itself could say and nobody asked; `None` where there is nothing of the kind.
    pub(crate) not_asked: Option<&'static str>,
    /// The request's method.
    pub(crate) method: String,
    /// Its path at the front door, with the query.
    pub(crate) path: String,
    /// What happens.
    #[serde(flatten)]
    pub(crate) course: Course,
    /// What happens instead if the vendor does otherwise.
    pub(crate) otherwise: Vec<Otherwise>,
}

/// Another course, and when it is taken.
#[derive(Debug, Serialize)]
pub(crate) struct Otherwise {
    /// To follow "if".
    #[serde(rename = "if")]
    pub(crate) condition: String,
    /// What happens then, from the beginning.
    #[serde(flatten)]
    pub(crate) course: Course,
}

/// What happens, in order.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Course {
    /// Why it is done so.
    pub(crate) because: Vec<String>,
    /// The vendor calls.
    pub(crate) steps: Vec<Step>,
    /// What was changed after the last call, or without any.
    pub(crate) changes: Vec<Change>,
    /// Whether it is told to its end; else what follows depends on the answer to the last call.
    pub(crate) complete: bool,
    /// The answer to the client; `None` where that depends on the vendor's answer.
    pub(crate) answer: Option<Answer>,
}

/// A vendor call.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    /// Its kind, e.g. `read`.
    pub(crate) call: &'static str,
    /// The HTTP method.
    pub(crate) method: String,
    /// The path with the query.
    pub(crate) path: String,
    /// The headers, a credential by its form only.
    #[serde(serialize_with = "as_map")]
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Option<Body>,
    /// What was changed on the way to it.
    pub(crate) changes: Vec<Change>,
    /// Where its answer comes from.
    pub(crate) answer: Told,
    /// What comes after it as planned, in words.
    pub(crate) then: Vec<&'static str>,
}

/// Where the answer to a call comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", content = "text", rename_all = "lowercase")]
pub(crate) enum Told {
    /// From `--current`, or what has become of it.
    Current,
    /// Nobody said it; this is assumed.
    Assumed(&'static str),
    /// Nobody said it, and what follows depends on it.
    Unknown,
}

/// A body that is sent.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Body {
    /// JSON, with its members in order.
    Json(Object),
    /// Anything else.
    Text(String),
}

/// A change on the way from the client to the vendor.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// `dropped`, `renamed`, `lowered`, `added`, `kept`.
    pub(crate) kind: &'static str,
    /// The canonical path of the attribute.
    pub(crate) attribute: String,
    /// Why.
    pub(crate) why: String,
}

/// The answer to the client.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Whether it holds only if the vendor does as assumed.
    pub(crate) assumed: bool,
    /// Its headers.
    #[serde(serialize_with = "as_map")]
    pub(crate) headers: Vec<(String, String)>,
    /// Its body; `None` where only the vendor could say it.
    pub(crate) body: Option<Object>,
}

impl Course {
    /// Whether two courses send the same.
    pub(super) fn sends_as(&self, other: &Self) -> bool {
        let same =
            |(one, two): (&Step, &Step)| (&one.method, &one.path, &one.body) == (&two.method, &two.path, &two.body);
        self.steps.len() == other.steps.len() && self.steps.iter().zip(&other.steps).all(same)
    }
}

impl Body {
    pub(super) fn of(bytes: &Bytes) -> Option<Self> {
        let text = || Self::Text(String::from_utf8_lossy(bytes).into_owned());
        (!bytes.is_empty()).then(|| value::parse(bytes).map_or_else(|_| text(), Self::Json))
    }
}

impl From<&Note> for Change {
    fn from(note: &Note) -> Self {
        Self { kind: note.kind.as_str(), attribute: note.attribute.clone(), why: note.why.to_string() }
    }
}

fn as_map<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(pairs.len()))?;
    for (name, value) in pairs {
        map.serialize_entry(name, value)?;
    }
    map.end()
}
