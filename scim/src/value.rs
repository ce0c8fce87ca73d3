//! JSON values as SCIM needs them: members in order, names found without regard to case (RFC 7643 section 2.1), numbers
//! kept as they were written, strings that share the buffer they were parsed from.

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::ScimError;

/// A string; a slice of the parsed body wherever the body had no escape in it. Cloning copies no text.
pub type Text = bytestring::ByteString;

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`; the same state as absent (RFC 7643 section 2.5).
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number in the digits it was written with.
    Number(Text),
    /// A string.
    String(Text),
    /// An array.
    Array(Vec<Value>),
    /// A complex value.
    Object(Object),
}

/// A JSON object, or a whole resource. `==` compares names and order exactly; [`crate::diff::same`] compares as SCIM does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    members: Vec<(Text, Value)>,
}

/// The deepest nesting of arrays and objects that is read (CONTRACT section 3).
pub const MAX_DEPTH: usize = 32;

/// Reads one JSON object.
///
/// # Errors
/// 400 `invalidSyntax`: not UTF-8, not JSON, not an object, nested deeper than [`MAX_DEPTH`], two names equal but for
/// case in one object, or text behind the object.
pub fn parse(body: &Bytes) -> Result<Object, ScimError> {
    let _ = body;
    todo!()
}

impl Value {
    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// Whether the value counts as unassigned: `null`, `[]`, or an object of unassigned members (RFC 7643 section 2.5).
    #[must_use]
    pub fn is_unassigned(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Array(elements) => elements.iter().all(Self::is_unassigned),
            Self::Object(object) => object.iter().all(|(_, value)| value.is_unassigned()),
            Self::Bool(_) | Self::Number(_) | Self::String(_) => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl Object {
    /// An empty object.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a name, found without regard to ASCII case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value of a name, to change it in place.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.members.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The text of a string member.
    #[must_use]
    pub fn str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Sets a member: in place where the name is there (its spelling stays), else at the end.
    pub fn insert(&mut self, name: impl Into<Text>, value: impl Into<Value>) {
        let name = name.into();
        match self.get_mut(&name) {
            Some(slot) => *slot = value.into(),
            None => self.members.push((name, value.into())),
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let index = self.members.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(self.members.remove(index).1)
    }

    /// Whether the name is there.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Value)> {
        self.members.iter().map(|(name, value)| (name, value))
    }

    /// The members in order, values to be changed in place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Text, &mut Value)> {
        self.members.iter_mut().map(|(name, value)| (&*name, value))
    }

    /// Keeps the members for which `keep` answers true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Text, &mut Value) -> bool) {
        self.members.retain_mut(|(name, value)| keep(name, value));
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The object as JSON text.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        serde_json::to_vec(self).expect("values hold nothing that JSON cannot").into()
    }
}

impl IntoIterator for Object {
    type Item = (Text, Value);
    type IntoIter = std::vec::IntoIter<(Text, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl FromIterator<(Text, Value)> for Object {
    /// Later members win over earlier ones of the same name.
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(members: I) -> Self {
        let mut object = Self::new();
        for (name, value) in members {
            object.insert(name, value);
        }
        object
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.members.iter().map(|(name, value)| (&**name, value)))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let _ = serializer;
        todo!()
    }
}
