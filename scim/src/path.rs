//! Attribute paths (RFC 7644 figure 7, section 3.10): `[urn:]attribute[filter][.sub]`.

use std::fmt;

use crate::{Filter, Object, ResourceType, ScimError, Text, Value, filter};

/// A path to an attribute, to values of it, to a part of it, or (with an empty `attribute`) to a whole extension.
///
/// `Display` prints it; names in filters and `attributes=` are paths without `filter`.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributePath {
    /// The schema URN in front, as written.
    pub urn: Option<Text>,
    /// The attribute; empty if the path is a URN alone, which names the extension's container (rfc-traps 9).
    pub attribute: Text,
    /// The value filter in brackets; its paths are relative to the attribute.
    pub filter: Option<Box<Filter>>,
    /// The sub-attribute behind the dot.
    pub sub_attribute: Option<Text>,
}

impl AttributePath {
    /// A path to a core attribute.
    pub fn attribute(name: impl Into<Text>) -> Self {
        Self { urn: None, attribute: name.into(), filter: None, sub_attribute: None }
    }

    /// The same path with a URN in front.
    #[must_use]
    pub fn with_urn(mut self, urn: impl Into<Text>) -> Self {
        self.urn = Some(urn.into());
        self
    }

    /// The same path with a sub-attribute behind.
    #[must_use]
    pub fn with_sub(mut self, name: impl Into<Text>) -> Self {
        self.sub_attribute = Some(name.into());
        self
    }

    /// Whether the path names a whole extension.
    #[must_use]
    pub fn is_container(&self) -> bool {
        self.attribute.is_empty()
    }

    /// The path without filter and sub-attribute.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { urn: self.urn.clone(), attribute: self.attribute.clone(), filter: None, sub_attribute: None }
    }

    /// Reads a path. The URN is cut at the longest schema `known` has, else at the last `:` before any `[` (rfc-traps 7).
    /// Where `known` is open, what has the shape of a whole schema URN (`urn:…:2.0:User`) is one.
    ///
    /// # Errors
    /// 400 `invalidPath`; `invalidFilter` for what is wrong inside the brackets.
    pub fn parse(text: &str, known: &ResourceType) -> Result<Self, ScimError> {
        let text = text.trim_matches(' ');
        if text.len() > filter::MAX_LENGTH {
            return Err(ScimError::invalid_path(format!("a path longer than {} bytes", filter::MAX_LENGTH)));
        }
        let (name, rest) = text.split_at(text.find(|c| !is_name_char(c)).unwrap_or(text.len()));
        let path = Self::name(name, known)?;
        match rest.strip_prefix('[') {
            Some(inside) => path.with_brackets(inside, known),
            None if rest.is_empty() => Ok(path),
            None => Err(ScimError::invalid_path(format!("\"{text}\" is not urn:attribute[filter].subAttribute"))),
        }
    }

    /// The rest of a path from behind `[` on.
    fn with_brackets(mut self, inside: &str, known: &ResourceType) -> Result<Self, ScimError> {
        if self.is_container() || self.sub_attribute.is_some() {
            return Err(ScimError::invalid_path("a value filter stands directly behind an attribute"));
        }
        if inside.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(ScimError::invalid_path("an element is chosen by a value filter, not by its place")); // rfc-traps 115
        }
        let (filter, rest) = filter::parse_brackets(inside, known)?;
        let rest = rest.ok_or_else(|| ScimError::invalid_path(format!("the bracket behind {self} is not closed")))?;
        self.filter = Some(Box::new(filter));
        self.sub_attribute = match rest.strip_prefix('.') {
            Some(sub) if is_attribute_name(sub) => Some(sub.into()),
            None if rest.is_empty() => None,
            _ => return Err(ScimError::invalid_path(format!("behind \"]\" stands \"{rest}\", not .subAttribute"))),
        };
        Ok(self)
    }

    /// A path without brackets: `[urn:]attribute[.sub]`, or a schema's URN.
    pub(crate) fn name(text: &str, known: &ResourceType) -> Result<Self, ScimError> {
        let (urn, name) = split_urn(text, known);
        let (attribute, sub) = match name.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (name, None),
        };
        let whole_schema = urn.is_some() && name.is_empty();
        let well_formed = is_attribute_name(attribute) && sub.is_none_or(is_attribute_name);
        if !(whole_schema || well_formed) || urn.is_some_and(str::is_empty) {
            return Err(ScimError::invalid_path(format!("\"{text}\" is no attribute name")));
        }
        Ok(Self {
            urn: urn.map(Text::from),
            attribute: attribute.into(),
            filter: None,
            sub_attribute: sub.map(Text::from),
        })
    }

    /// The value at the path in a resource: filter ignored, sub-attribute followed for single-valued complex attributes.
    #[must_use]
    pub fn get<'a>(&self, resource: &'a Object) -> Option<&'a Value> {
        let container = match &self.urn {
            Some(urn) if self.is_container() => return resource.get(urn),
            Some(urn) => resource.get(urn)?.as_object()?,
            None => resource,
        };
        let value = container.get(&self.attribute)?;
        match &self.sub_attribute {
            Some(sub) => value.as_object()?.get(sub),
            None => Some(value),
        }
    }

    /// Sets the value at the path (no filter), making containers on the way; `schemas` is not touched.
    pub fn set(&self, resource: &mut Object, value: Value) {
        let container = match &self.urn {
            Some(urn) if self.is_container() => return resource.insert(urn.clone(), value),
            Some(urn) => object_at(resource, urn),
            None => resource,
        };
        match &self.sub_attribute {
            Some(sub) => object_at(container, &self.attribute).insert(sub.clone(), value),
            None => container.insert(self.attribute.clone(), value),
        }
    }

    /// Takes the value at the path out (no filter); containers left empty go too.
    pub fn take(&self, resource: &mut Object) -> Option<Value> {
        let names =
            [self.urn.as_ref(), Some(&self.attribute).filter(|name| !name.is_empty()), self.sub_attribute.as_ref()];
        let names: Vec<&Text> = names.into_iter().flatten().collect();
        take_at(resource, &names)
    }
}

/// The object under a name, made where there is none.
fn object_at<'a>(within: &'a mut Object, name: &Text) -> &'a mut Object {
    if within.get(name).and_then(Value::as_object).is_none() {
        within.insert(name.clone(), Object::new());
    }
    match within.get_mut(name) {
        Some(Value::Object(object)) => object,
        _ => unreachable!("the object was put there above"),
    }
}

fn take_at(within: &mut Object, names: &[&Text]) -> Option<Value> {
    let (first, rest) = names.split_first()?;
    if rest.is_empty() {
        return within.remove(first);
    }
    let Some(Value::Object(inner)) = within.get_mut(first) else { return None };
    let taken = take_at(inner, rest);
    if inner.is_empty() {
        within.remove(first);
    }
    taken
}

/// Cuts the URN off a name without brackets. `(Some(urn), "")` is a whole schema.
fn split_urn<'t>(text: &'t str, known: &ResourceType) -> (Option<&'t str>, &'t str) {
    if let Some((urn, name)) = known.urns().filter_map(|urn| behind_known(text, urn)).max_by_key(|(urn, _)| urn.len()) {
        return (Some(urn), name);
    }
    match text.rsplit_once(':') {
        Some((urn, name)) if known.open && ends_in_version(urn) && name.starts_with(char::is_uppercase) => {
            (Some(text), "")
        }
        Some((urn, name)) if !name.is_empty() => (Some(urn), name),
        _ => (None, text),
    }
}

/// The text cut behind a known schema's URN; some clients write `.` instead of `:` there.
fn behind_known<'t>(text: &'t str, known: &str) -> Option<(&'t str, &'t str)> {
    let (urn, rest) = text.split_at_checked(known.len()).filter(|(urn, _)| urn.eq_ignore_ascii_case(known))?;
    match rest.strip_prefix(':').or_else(|| rest.strip_prefix('.').filter(|name| is_plain_name(name))) {
        Some(name) if !name.is_empty() => Some((urn, name)),
        None if rest.is_empty() => Some((urn, rest)),
        _ => None,
    }
}

/// Whether a name neither begins like the rest of a version nor holds more of a URN.
fn is_plain_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(':')
}

/// Whether the last segment of a URN is a version such as `2.0`.
fn ends_in_version(urn: &str) -> bool {
    let last = urn.rsplit(':').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_digit()) && last.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether the character can stand in a name with its URN; everything else ends the name.
pub(crate) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_$:.%~+/@".contains(c)
}

/// `ALPHA *("-" / "_" / DIGIT / ALPHA)`, and `$` for `$ref` (rfc-traps 21, 22).
pub(crate) fn is_attribute_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'$'))
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            f.write_str(urn)?;
            f.write_str(if self.is_container() { "" } else { ":" })?;
        }
        f.write_str(&self.attribute)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        if let Some(sub) = &self.sub_attribute {
            f.write_str(".")?;
            f.write_str(sub)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
