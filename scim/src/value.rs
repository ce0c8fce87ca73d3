//! JSON values as SCIM needs them: members in order, names found without regard to case (RFC 7643 section 2.1), numbers
//! kept as they were written, strings that share the buffer they were parsed from.

mod read;
#[cfg(test)]
mod visit;
pub(crate) mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Serialize, Serializer};

#[cfg(test)]
pub(crate) use self::visit::Reader;
use crate::ScimError;
use crate::lex::{Lexer, Malformed};

/// A string; a slice of the parsed body wherever the body had no escape in it. Cloning copies no text.
pub type Text = bytestring::ByteString;

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`; the same state as absent (RFC 7643 section 2.5).
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number in the digits it was written with (serde_json writes `1E9` as `1e+9`, nothing else).
    Number(Text),
    /// A string.
    String(Text),
    /// An array.
    Array(Vec<Value>),
    /// A complex value.
    Object(Object),
}

/// A JSON object, or a whole resource. `==` compares names and order exactly; [`crate::diff::same`] compares as SCIM does.
///
/// Clones share their members until one of them is changed: a resource is kept by the plan, the call and what may have to
/// begin again, and copied by none of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    members: Arc<Vec<(Text, Value)>>,
}

/// The deepest nesting of arrays and objects that is read (CONTRACT section 3).
pub const MAX_DEPTH: usize = 32;

/// Reads one JSON object.
///
/// # Errors
/// 400 `invalidSyntax`: not UTF-8, not JSON, not an object, nested deeper than [`MAX_DEPTH`], two names equal but for
/// case in one object, or text behind the object.
pub fn parse(body: &Bytes) -> Result<Object, ScimError> {
    parse_text(&text(body)?)
}

/// Reads one JSON object from text, such as one resource of a list.
///
/// # Errors
/// As [`parse`].
pub fn parse_text(text: &Text) -> Result<Object, ScimError> {
    match read::value(text, MAX_DEPTH)? {
        Value::Object(object) => Ok(object),
        _ => Err(ScimError::invalid_syntax("the body must be a JSON object")),
    }
}

/// Reads the next value of a text that is under way, nested at most `depth` deep.
///
/// # Errors
/// It is no JSON, too deep, or has two names equal but for case in one object.
pub fn read_next<'t>(text: &'t Text, lexer: &mut Lexer<'t>, depth: usize) -> Result<Value, Malformed> {
    read::next(text, lexer, depth)
}

/// The object that a string holds as JSON text (clients.md rule 13). It is not looked into for more such strings.
pub(crate) fn embedded(value: &Value) -> Option<Object> {
    let Value::String(text) = value else { return None };
    let is_candidate = text.trim_start().starts_with('{');
    match is_candidate.then(|| read::value(text, MAX_DEPTH))?.ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// The text of a body.
///
/// # Errors
/// 400 `invalidSyntax`: it is not UTF-8.
pub fn text(body: &Bytes) -> Result<Text, ScimError> {
    Text::try_from(without_bom(body))
        .map_err(|_| ScimError::invalid_syntax("the body is not UTF-8, the only encoding JSON has here"))
}

/// rfc-traps 293: a byte order mark is skipped.
fn without_bom(body: &Bytes) -> Bytes {
    if body.starts_with(b"\xEF\xBB\xBF") { body.slice(3..) } else { body.clone() }
}

/// Finds names equal but for case (rfc-traps 3): two hops might pick different ones.
#[derive(Default)]
struct Names {
    /// A bit for each name so far, by its length and its ends: most names share theirs with no other.
    ends: u64,
    folded: Option<BTreeSet<String>>,
}

impl Names {
    /// Up to so many members are compared one by one.
    const FEW: usize = 32;

    /// Whether one of the members has the name already.
    fn has(&mut self, members: &[(Text, Value)], name: &str) -> bool {
        if members.len() >= Self::FEW {
            return self.is_among_many(members, name);
        }
        let (known, own) = (self.ends, ends(name));
        self.ends |= own;
        known & own != 0 && members.iter().any(|(known, _)| is_name(known, name))
    }

    fn is_among_many(&mut self, members: &[(Text, Value)], name: &str) -> bool {
        let all = || members.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        !self.folded.get_or_insert_with(all).insert(name.to_ascii_lowercase())
    }
}

/// One of 64 bits, the same for names equal but for case.
fn ends(name: &str) -> u64 {
    let folded = |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(byte | 0x20));
    let bytes = name.as_bytes();
    1 << ((bytes.len() + 5 * folded(bytes.first()) + 11 * folded(bytes.last())) % 64)
}

/// What is said of a name that stands twice.
fn twice(name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    format!("the attribute \"{name}\" stands twice in one object (case is ignored)")
}

/// What is said of what is nested too deep.
fn too_deep() -> String {
    format!("nested deeper than {MAX_DEPTH}")
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

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::String(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number.to_string().into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(elements: Vec<Value>) -> Self {
        Self::Array(elements)
    }
}

impl Object {
    /// An empty object.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Of members of which no two have the same name.
    pub(crate) fn of(members: Vec<(Text, Value)>) -> Self {
        Self { members: Arc::new(members) }
    }

    /// The value of a name, found without regard to ASCII case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(known, _)| is_name(known, name)).map(|(_, value)| value)
    }

    /// The value of a name, to change it in place.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let place = self.place(name)?;
        Some(&mut self.own()[place].1)
    }

    /// The text of a string member.
    #[must_use]
    pub fn str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Sets a member: in place where the name is there (its spelling stays), else at the end.
    pub fn insert(&mut self, name: impl Into<Text>, value: impl Into<Value>) {
        insert(self.own(), name.into(), value.into());
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let place = self.place(name)?;
        Some(self.own().remove(place).1)
    }

    /// Whether the name is there.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(known, _)| is_name(known, name))
    }

    /// The members, shared with no other object any more.
    fn own(&mut self) -> &mut Vec<(Text, Value)> {
        Arc::make_mut(&mut self.members)
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Value)> {
        self.members.iter().map(|(name, value)| (name, value))
    }

    /// The members in order, values to be changed in place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Text, &mut Value)> {
        self.own().iter_mut().map(|(name, value)| (&*name, value))
    }

    /// Keeps the members for which `keep` answers true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Text, &mut Value) -> bool) {
        self.own().retain_mut(|(name, value)| keep(name, value));
    }

    /// The members with what `keep` makes of their values, without those of which it makes nothing.
    ///
    /// # Errors
    /// Those of `keep`.
    pub fn try_filter_map<E>(self, mut keep: impl FnMut(&Text, Value) -> Result<Option<Value>, E>) -> Result<Self, E> {
        let kept = self.into_iter().filter_map(|(name, value)| match keep(&name, value) {
            Ok(value) => value.map(|value| Ok((name, value))),
            Err(error) => Some(Err(error)),
        });
        Ok(Self::of(kept.collect::<Result<_, _>>()?))
    }

    /// Keeps the members for which `keep`, which may change them, answers true. No two may get the same name.
    ///
    /// # Errors
    /// The first of `keep`.
    pub(crate) fn try_retain<E>(
        &mut self,
        mut keep: impl FnMut(&mut Text, &mut Value) -> Result<bool, E>,
    ) -> Result<(), E> {
        try_retain(self.own(), |(name, value)| keep(name, value))
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
        let mut text = Vec::with_capacity(2048);
        self.write(&mut text);
        text.into()
    }

    /// Appends the object as JSON text.
    pub(crate) fn write(&self, into: &mut Vec<u8>) {
        write::object(self, into);
    }
}

impl IntoIterator for Object {
    type Item = (Text, Value);
    type IntoIter = std::vec::IntoIter<(Text, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.members).into_iter()
    }
}

impl FromIterator<(Text, Value)> for Object {
    /// Later members win over earlier ones of the same name.
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(members: I) -> Self {
        let mut object = Vec::new();
        for (name, value) in members {
            insert(&mut object, name, value);
        }
        Self::of(object)
    }
}

/// Keeps the elements for which `keep` answers true, up to the first error.
pub(crate) fn try_retain<T, E>(list: &mut Vec<T>, mut keep: impl FnMut(&mut T) -> Result<bool, E>) -> Result<(), E> {
    let mut result = Ok(());
    list.retain_mut(|element| match result.is_ok().then(|| keep(element)) {
        Some(Ok(kept)) => kept,
        Some(Err(error)) => {
            result = Err(error);
            false
        }
        None => false,
    });
    result
}

/// Sets a member: in place where the name is there, else at the end.
pub(crate) fn insert(members: &mut Vec<(Text, Value)>, name: Text, value: Value) {
    match members.iter_mut().find(|(known, _)| is_name(known, &name)) {
        Some((_, slot)) => *slot = value,
        None => members.push((name, value)),
    }
}

/// Whether two names are the same but for ASCII case. Most are told apart by length and first letter, and most that are the
/// same are spelled the same.
#[inline]
pub(crate) fn is_name(known: &str, name: &str) -> bool {
    let (known, name) = (known.as_bytes(), name.as_bytes());
    let first = |name: &[u8]| name.first().map_or(0, |byte| byte | 0x20);
    known.len() == name.len() && first(known) == first(name) && (known == name || known.eq_ignore_ascii_case(name))
}

/// For what holds values among other things; [`Object::to_bytes`] writes the same text faster.
impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.members.iter().map(|(name, value)| (&**name, value)))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(digits) => serialize_number(digits, serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

/// The digits as they were written. What is no number (only code can make it so) leaves as a string: no panic.
fn serialize_number<S: Serializer>(digits: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    match digits.parse::<serde_json::Number>() {
        Ok(number) => number.serialize(serializer),
        Err(_) => serializer.serialize_str(digits),
    }
}

#[cfg(test)]
mod tests;
