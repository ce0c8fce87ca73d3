//! Values brought to their attribute's type: the harmless conversions of rfc-traps 27 to 42, and nothing that guesses.

use std::collections::{BTreeSet, HashSet};
use std::fmt::{self, Display};

use crate::diff::key;
use crate::scalar::{Instant, tidy_base64};
use crate::schema::{Attribute, Kind};
use crate::value::embedded;
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

/// The value in the attribute's type; `None` if it says "no value".
///
/// # Errors
/// 400 `invalidValue` that names the path and what is wanted.
pub(crate) fn coerce(
    value: Value,
    attribute: &Attribute,
    path: &dyn Display,
    seen: &mut Seen,
) -> Result<Option<Value>, ScimError> {
    if attribute.multi_valued {
        return list(value, attribute, path, seen);
    }
    match value {
        // rfc-traps 41: one element is unwrapped, two are no single value.
        Value::Array(elements) if elements.len() > 1 => Err(wrong(path, "one value, not a list")),
        Value::Array(elements) => match elements.into_iter().next() {
            Some(element) => single(element, attribute, path, seen),
            None => Ok(None),
        },
        value => single(value, attribute, path, seen),
    }
}

/// One element of a multi-valued attribute, or a single value.
pub(crate) fn single(
    value: Value,
    attribute: &Attribute,
    path: &dyn Display,
    seen: &mut Seen,
) -> Result<Option<Value>, ScimError> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex, Value::Object(parts)) => complex(opened(parts, attribute), attribute, path, seen),
        (Kind::Complex, value @ (Value::String(_) | Value::Number(_))) => bare(value, attribute, path, seen),
        (Kind::Complex, _) => Err(wrong(path, "an object")),
        // clients.md rule 8: an empty reference refers to nothing.
        (kind, Value::String(text))
            if text.is_empty() && (kind == Kind::Reference || seen.quirks.empty_string_clears) =>
        {
            Ok(None)
        }
        (kind, value) => simple(value, kind, path).map(Some),
    }
}

/// clients.md rule 13: a role whose `value` is a JSON object in a string is that object (Entra ID). The text of any other
/// attribute is text, whatever it looks like.
fn opened(mut parts: Object, attribute: &Attribute) -> Object {
    let inner = parts.get("value").filter(|_| attribute.name == "roles").and_then(embedded);
    for (name, value) in inner.into_iter().flatten() {
        parts.insert(name, value);
    }
    parts
}

fn list(value: Value, attribute: &Attribute, path: &dyn Display, seen: &mut Seen) -> Result<Option<Value>, ScimError> {
    let elements = match value {
        Value::Null => return Ok(None),
        Value::Array(elements) => elements,
        // rfc-traps 42: one object where a list belongs.
        one => vec![one],
    };
    let mut kept = Vec::with_capacity(elements.len());
    for element in elements {
        if matches!(element, Value::Array(_)) {
            return Err(wrong(path, "a list of values, not of lists"));
        }
        kept.extend(single(element, attribute, path, seen)?);
    }
    if !have_names_of_their_own(&kept, attribute) {
        // rfc-traps 46: the same value twice is one.
        let mut known = BTreeSet::new();
        kept.retain(|element| known.insert(key(element, Some(attribute))));
    }
    one_primary(&kept, path)?;
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
}

/// Whether each element has a text as its `value` that no other has, so that no two can be the same. It is the common case,
/// and spares comparing all that they say.
fn have_names_of_their_own(elements: &[Value], attribute: &Attribute) -> bool {
    let is_text = attribute.sub("value").is_some_and(|value| matches!(value.kind, Kind::String | Kind::Reference));
    let mut known = HashSet::with_capacity(elements.len());
    let names = elements.iter().map(|element| element.as_object().and_then(|parts| parts.str("value")));
    elements.len() < 2 || is_text && names.into_iter().all(|name| name.is_some_and(|name| known.insert(name)))
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

fn complex(
    parts: Object,
    attribute: &Attribute,
    path: &dyn Display,
    seen: &mut Seen,
) -> Result<Option<Value>, ScimError> {
    let said_none = seen.quirks.empty_string_clears && parts.str("value") == Some("");
    let mut kept = Object::new();
    for (name, value) in parts {
        let Some(sub) = attribute.sub(&name) else {
            seen.unknown.push(format!("{path}.{name}"));
            continue;
        };
        if seen.drop_read_only && sub.is_read_only() {
            continue;
        }
        if let Some(value) = coerce(value, sub, &Part(path, &sub.name), seen)? {
            kept.insert(sub.name.clone(), value);
        }
    }
    // clients.md rule 8: `{"value":""}` says "none".
    let cleared = kept.str("value") == Some("") && (attribute.is_reference() || kept.len() == 1);
    Ok((!kept.is_empty() && !cleared && !said_none).then_some(Value::Object(kept)))
}

/// A bare value for a complex attribute is its `value` (clients.md rule 12), or the whole of it as JSON (rule 13); an
/// empty one says "none" (rule 8).
fn bare(value: Value, attribute: &Attribute, path: &dyn Display, seen: &mut Seen) -> Result<Option<Value>, ScimError> {
    if let Some(parts) = embedded(&value) {
        return complex(parts, attribute, path, seen);
    }
    if value.as_str() == Some("") {
        return Ok(None);
    }
    match attribute.sub("value") {
        Some(_) => complex(Object::from_iter([(Text::from_static("value"), value)]), attribute, path, seen),
        None => Err(wrong(path, "an object")),
    }
}

fn simple(value: Value, kind: Kind, path: &dyn Display) -> Result<Value, ScimError> {
    match (kind, value) {
        (Kind::Boolean, value @ Value::Bool(_)) => Ok(value),
        (Kind::Boolean, Value::String(text)) => {
            boolean(&text).map(Value::Bool).ok_or_else(|| wrong(path, "true or false"))
        }
        (Kind::Boolean, _) => Err(wrong(path, "true or false")),
        (Kind::Integer, Value::Number(digits) | Value::String(digits)) if is_integer(&digits) => {
            Ok(Value::Number(digits))
        }
        (Kind::Integer, _) => Err(wrong(path, "a whole number without fraction and exponent")),
        (Kind::Decimal, value @ Value::Number(_)) => Ok(value),
        (Kind::Decimal, Value::String(digits)) if digits.parse::<serde_json::Number>().is_ok() => {
            Ok(Value::Number(digits))
        }
        (Kind::Decimal, _) => Err(wrong(path, "a number")),
        (Kind::DateTime, Value::String(text)) if Instant::parse(&text).is_some() => Ok(Value::String(text)),
        (Kind::DateTime, _) => Err(wrong(path, "a date and time such as 2011-05-13T04:42:34Z")),
        (Kind::Binary, Value::String(text)) => {
            tidy_base64(&text).map(|text| Value::String(text.into())).ok_or_else(|| wrong(path, "base64"))
        }
        (Kind::Binary, _) => Err(wrong(path, "base64")),
        // rfc-traps 30: the digits as they were written.
        (Kind::String | Kind::Reference, Value::Number(digits)) => Ok(Value::String(digits)),
        (Kind::String | Kind::Reference, value @ Value::String(_)) => Ok(value),
        (Kind::String | Kind::Reference | Kind::Complex, _) => Err(wrong(path, "a string")),
    }
}

/// rfc-traps 27, 28: `"False"` is false.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") { Some(true) } else { text.eq_ignore_ascii_case("false").then_some(false) }
}

/// rfc-traps 29.
fn is_integer(digits: &str) -> bool {
    digits.parse::<serde_json::Number>().is_ok() && !digits.contains(['.', 'e', 'E'])
}

fn wrong(path: &dyn Display, wanted: &str) -> ScimError {
    ScimError::invalid_value(format!("{path}: {wanted} is needed"))
}
