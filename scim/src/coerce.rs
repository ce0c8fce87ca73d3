//! Values brought to their attribute's type: the harmless conversions of rfc-traps 27 to 42, and nothing that guesses.

use std::collections::{BTreeSet, HashSet};
use std::fmt::{self, Display};

use crate::diff::key;
use crate::lex::is_number;
use crate::scalar::{Instant, tidy_base64};
use crate::schema::{Attribute, Kind};
use crate::value::{embedded, try_retain};
use crate::{Object, Quirks, ScimError, Text, Value};

/// What is noticed on the way.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Paths of parts that no schema knows, left out.
    pub(crate) unknown: Vec<String>,
    /// Whether readOnly parts are left out (POST and PUT ignore them; a PATCH is refused elsewhere).
    pub(crate) drop_read_only: bool,
    /// What the client means otherwise.
    pub(crate) quirks: Quirks,
}

/// The path of a part, written only where it is told.
struct Part<'a>(&'a dyn Display, &'a str);

impl Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Brings a value into the attribute's type, in place; false if it says "no value".
///
/// # Errors
/// 400 `invalidValue` that names the path and what is wanted.
pub(crate) fn coerce(
    value: &mut Value,
    attribute: &Attribute,
    path: &dyn Display,
    seen: &mut Seen,
) -> Result<bool, ScimError> {
    if attribute.multi_valued {
        return list(value, attribute, path, seen);
    }
    if let Value::Array(elements) = value {
        // rfc-traps 41: one element is unwrapped, two are no single value.
        if elements.len() > 1 {
            return Err(wrong(path, "one value, not a list"));
        }
        let Some(element) = elements.pop() else { return Ok(false) };
        *value = element;
    }
    single(value, attribute, path, seen)
}

/// One element of a multi-valued attribute, or a single value.
pub(crate) fn single(
    value: &mut Value,
    attribute: &Attribute,
    path: &dyn Display,
    seen: &mut Seen,
) -> Result<bool, ScimError> {
    match (attribute.kind, &mut *value) {
        (_, Value::Null) => Ok(false),
        (Kind::Complex, Value::Object(parts)) => {
            open(parts, attribute);
            complex(parts, attribute, path, seen)
        }
        (Kind::Complex, Value::String(_) | Value::Number(_)) => bare(value, attribute, path, seen),
        (Kind::Complex, _) => Err(wrong(path, "an object")),
        // clients.md rule 8: an empty reference refers to nothing.
        (kind, Value::String(text))
            if text.is_empty() && (kind == Kind::Reference || seen.quirks.empty_string_clears) =>
        {
            Ok(false)
        }
        (kind, _) => simple(value, kind, path).map(|()| true),
    }
}

/// clients.md rule 13: a role whose `value` is a JSON object in a string is that object (Entra ID). The text of any other
/// attribute is text, whatever it looks like.
fn open(parts: &mut Object, attribute: &Attribute) {
    let inner = parts.get("value").filter(|_| attribute.name == "roles").and_then(embedded);
    for (name, value) in inner.into_iter().flatten() {
        parts.insert(name, value);
    }
}

fn list(value: &mut Value, attribute: &Attribute, path: &dyn Display, seen: &mut Seen) -> Result<bool, ScimError> {
    if !matches!(value, Value::Array(_) | Value::Null) {
        // rfc-traps 42: one object where a list belongs.
        *value = Value::Array(vec![std::mem::replace(value, Value::Null)]);
    }
    let Value::Array(elements) = value else { return Ok(false) };
    try_retain(elements, |element| match element {
        Value::Array(_) => Err(wrong(path, "a list of values, not of lists")),
        element => single(element, attribute, path, seen),
    })?;
    if !have_names_of_their_own(elements, attribute) {
        // rfc-traps 46: the same value twice is one.
        let mut known = BTreeSet::new();
        elements.retain(|element| known.insert(key(element, Some(attribute))));
    }
    one_primary(elements, path)?;
    Ok(!elements.is_empty())
}

/// Whether each element has a text as its `value` that no other has, so that no two can be the same. It is the common case,
/// and spares comparing all that they say.
fn have_names_of_their_own(elements: &[Value], attribute: &Attribute) -> bool {
    if elements.len() < 2 {
        return true;
    }
    let is_text = attribute.sub("value").is_some_and(|value| matches!(value.kind, Kind::String | Kind::Reference));
    let mut known = HashSet::with_capacity(elements.len());
    let mut names = elements.iter().map(|element| element.as_object().and_then(|parts| parts.str("value")));
    is_text && names.all(|name| name.is_some_and(|name| known.insert(name)))
}

/// rfc-traps 44, 141.
pub(crate) fn one_primary(elements: &[Value], path: &dyn Display) -> Result<(), ScimError> {
    let is_primary = |element: &&Value| {
        element.as_object().and_then(|parts| parts.get("primary")).and_then(Value::as_bool) == Some(true)
    };
    if elements.iter().filter(is_primary).count() > 1 {
        return Err(ScimError::invalid_value(format!("{path}: only one value can be primary")));
    }
    Ok(())
}

fn complex(parts: &mut Object, attribute: &Attribute, path: &dyn Display, seen: &mut Seen) -> Result<bool, ScimError> {
    let said_none = seen.quirks.empty_string_clears && parts.str("value") == Some("");
    parts.try_retain(|name, value| {
        let Some(sub) = attribute.sub(name) else {
            seen.unknown.push(format!("{path}.{name}"));
            return Ok(false);
        };
        if seen.drop_read_only && sub.is_read_only() {
            return Ok(false);
        }
        spell(name, &sub.name);
        coerce(value, sub, &Part(path, &sub.name), seen)
    })?;
    // clients.md rule 8: `{"value":""}` says "none".
    let cleared = parts.str("value") == Some("") && (attribute.is_reference() || parts.len() == 1);
    Ok(!parts.is_empty() && !cleared && !said_none)
}

/// Most names are in the schema's spelling: those stay what they are.
pub(crate) fn spell(name: &mut Text, canonical: &Text) {
    if name != canonical {
        *name = canonical.clone();
    }
}

/// A bare value for a complex attribute is its `value` (clients.md rule 12), or the whole of it as JSON (rule 13); an
/// empty one says "none" (rule 8).
fn bare(value: &mut Value, attribute: &Attribute, path: &dyn Display, seen: &mut Seen) -> Result<bool, ScimError> {
    let mut parts = match embedded(value) {
        Some(parts) => parts,
        None if value.as_str() == Some("") => return Ok(false),
        None if attribute.sub("value").is_none() => return Err(wrong(path, "an object")),
        None => Object::from_iter([(Text::from_static("value"), std::mem::replace(value, Value::Null))]),
    };
    let says_something = complex(&mut parts, attribute, path, seen)?;
    *value = Value::Object(parts);
    Ok(says_something)
}

fn simple(value: &mut Value, kind: Kind, path: &dyn Display) -> Result<(), ScimError> {
    let typed = match (kind, &mut *value) {
        (Kind::Boolean, Value::Bool(_)) => return Ok(()),
        (Kind::Boolean, Value::String(text)) => {
            boolean(text).map(Value::Bool).ok_or_else(|| wrong(path, "true or false"))?
        }
        (Kind::Boolean, _) => return Err(wrong(path, "true or false")),
        (Kind::Integer, Value::Number(digits) | Value::String(digits)) if is_integer(digits) => {
            Value::Number(std::mem::take(digits))
        }
        (Kind::Integer, _) => return Err(wrong(path, "a whole number without fraction and exponent")),
        (Kind::Decimal, Value::Number(_)) => return Ok(()),
        (Kind::Decimal, Value::String(digits)) if is_number(digits) => Value::Number(std::mem::take(digits)),
        (Kind::Decimal, _) => return Err(wrong(path, "a number")),
        (Kind::DateTime, Value::String(text)) if Instant::parse(text).is_some() => return Ok(()),
        (Kind::DateTime, _) => return Err(wrong(path, "a date and time such as 2011-05-13T04:42:34Z")),
        (Kind::Binary, Value::String(text)) => {
            tidy_base64(text).map(|text| Value::String(text.into())).ok_or_else(|| wrong(path, "base64"))?
        }
        (Kind::Binary, _) => return Err(wrong(path, "base64")),
        // rfc-traps 30: the digits as they were written.
        (Kind::String | Kind::Reference, Value::Number(digits)) => Value::String(std::mem::take(digits)),
        (Kind::String | Kind::Reference, Value::String(_)) => return Ok(()),
        (Kind::String | Kind::Reference | Kind::Complex, _) => return Err(wrong(path, "a string")),
    };
    *value = typed;
    Ok(())
}

/// rfc-traps 27, 28: `"False"` is false.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") { Some(true) } else { text.eq_ignore_ascii_case("false").then_some(false) }
}

/// rfc-traps 29.
fn is_integer(digits: &str) -> bool {
    is_number(digits) && !digits.contains(['.', 'e', 'E'])
}

fn wrong(path: &dyn Display, wanted: &str) -> ScimError {
    ScimError::invalid_value(format!("{path}: {wanted} is needed"))
}
