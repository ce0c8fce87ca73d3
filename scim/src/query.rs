//! Query parameters of lists and projections (RFC 7644 sections 3.4.2 and 3.9).

mod projection;

use crate::schema::{Attribute, Kind};
use crate::{AttributePath, Filter, Object, ResourceType, ScimError, ScimType, Text, Value};

/// The page size where the client asks for none.
pub const DEFAULT_COUNT: u64 = 100;
/// The largest page.
pub const MAX_COUNT: u64 = 200;
/// The most paths in a projection.
pub const MAX_PATHS: usize = 200;

/// What a list request asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListQuery {
    /// `filter`.
    pub filter: Option<Filter>,
    /// `startIndex`, 1-based; `None` if the client sent none.
    pub start_index: Option<u64>,
    /// `count`, cut to [`MAX_COUNT`]; `None` if the client sent none.
    pub count: Option<u64>,
    /// `cursor` (RFC 9865), empty for page one; `None` if the client sent none.
    pub cursor: Option<Text>,
    /// `sortBy`.
    pub sort_by: Option<AttributePath>,
    /// `sortOrder=descending`.
    pub descending: bool,
    /// `attributes` or `excludedAttributes`.
    pub projection: Projection,
}

/// Which attributes an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Projection {
    /// The default set.
    #[default]
    Default,
    /// `attributes`: these and what is always returned.
    Only(Vec<AttributePath>),
    /// `excludedAttributes`: the default set without these.
    Without(Vec<AttributePath>),
}

/// Whether a query is about one resource type or, at the root, about all of them, where an attribute that a type lacks
/// has no value (RFC 7644 section 3.4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Types {
    /// One.
    One,
    /// All.
    All,
}

/// The parameters of a list or projection by name, from wherever they came; values are decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query string (without the `?`); `+` is a blank.
    ///
    /// # Errors
    /// 400 `invalidSyntax`: bad percent-encoding.
    pub fn of_query(query: &str) -> Result<Self, ScimError> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// Reads a SearchRequest (RFC 7644 section 3.4.3), whatever its `schemas` say. Members that no RFC has are ignored.
    ///
    /// # Errors
    /// 400 `invalidValue`: a member that is neither text nor number nor a list of texts.
    pub fn of_message(message: &Object) -> Result<Self, ScimError> {
        let assigned = message.iter().filter(|(name, value)| is_parameter(name) && **value != Value::Null);
        assigned.map(|(name, value)| Ok((name.to_string(), member(name, value)?))).collect::<Result<_, _>>().map(Self)
    }

    /// Without all that shapes the answer's resources only: `attributes` and `excludedAttributes` are left.
    #[must_use]
    pub fn projecting(mut self) -> Self {
        let shapes =
            |name: &str| name.eq_ignore_ascii_case("attributes") || name.eq_ignore_ascii_case("excludedAttributes");
        self.0.retain(|(name, _)| shapes(name));
        self
    }
}

fn is_parameter(name: &str) -> bool {
    const KNOWN: [&str; 8] =
        ["attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor"];
    KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn member(name: &str, value: &Value) -> Result<String, ScimError> {
    let wrong = || ScimError::invalid_value(format!("{name}: text, a number, or for attributes a list of texts"));
    match value {
        Value::String(text) | Value::Number(text) => Ok(text.to_string()),
        Value::Array(names) => {
            let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
            names.map(|names| names.join(",")).ok_or_else(wrong)
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => Err(wrong()),
    }
}

impl ListQuery {
    /// Reads a query string (without the `?`). Unknown parameters are ignored, names compare without case; `+` is a blank.
    /// Unknown names in projections are ignored.
    ///
    /// # Errors
    /// 400 `invalidFilter`; `invalidPath` for `sortBy`; `invalidValue` for numbers, for `attributes` together with
    /// `excludedAttributes` and for `cursor` together with `startIndex`; `invalidCount` for a `count` out of range beside a
    /// cursor; `invalidSyntax` for bad percent-encoding.
    pub fn parse(query: &str, resource_type: &ResourceType) -> Result<Self, ScimError> {
        Self::read(&Parameters::of_query(query)?, resource_type, Types::One)
    }

    /// Reads parameters as [`ListQuery::parse`] does.
    ///
    /// # Errors
    /// As [`ListQuery::parse`].
    pub fn read(parameters: &Parameters, resource_type: &ResourceType, types: Types) -> Result<Self, ScimError> {
        let mut read = Self::default();
        let (mut only, mut without, mut count) = (None, None, None);
        for (name, value) in &parameters.0 {
            match name.to_ascii_lowercase().as_str() {
                // rfc-traps 312, 320: an empty cursor asks for page one.
                "cursor" => read.cursor = Some(value.as_str().into()),
                // rfc-traps 226, 238: any other empty parameter is none.
                _ if value.is_empty() => {}
                "filter" => read.filter = Some(Filter::parse(value, resource_type)?),
                "startindex" => read.start_index = Some(integer("startIndex", value)?.max(1).unsigned_abs()),
                "count" => count = Some(integer("count", value)?),
                "sortby" => read.sort_by = Some(sort_path(value, resource_type, types)?),
                "sortorder" => read.descending = is_descending(value)?,
                "attributes" => add_paths(value, resource_type, &mut only)?,
                "excludedattributes" => add_paths(value, resource_type, &mut without)?,
                _ => {}
            }
        }
        if read.cursor.is_some() && read.start_index.is_some() {
            return Err(ScimError::invalid_value("cursor and startIndex exclude each other")); // rfc-traps 319
        }
        read.count = count.map(|count| count.max(0).unsigned_abs().min(MAX_COUNT));
        if read.cursor.is_some() && read.count.map(i64::try_from) != count.map(Ok) {
            let detail = format!("count: with a cursor it is 0 to {MAX_COUNT}"); // rfc-traps 318
            return Err(ScimError::bad_request(ScimType::InvalidCount, detail));
        }
        read.projection = projection(only, without)?;
        Ok(read)
    }
}

/// `%xx` and `+` decoded once (rfc-traps 90, 91).
fn decode(text: &str) -> Result<String, ScimError> {
    let wrong = || ScimError::invalid_syntax("the query's percent-encoding is wrong: write % as %25");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let byte = high.zip(low).map(|(high, low)| high * 16 + low).ok_or_else(wrong)?;
                u8::try_from(byte).expect("two hexadecimal digits are a byte")
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

fn integer(name: &str, value: &str) -> Result<i64, ScimError> {
    let digits = value.trim().trim_start_matches(['+', '-']);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = if is_number { "the number is too large" } else { "a whole number is needed" };
    value.trim().parse().map_err(|_| ScimError::invalid_value(format!("{name}: {wrong}")))
}

fn is_descending(value: &str) -> Result<bool, ScimError> {
    match value.to_ascii_lowercase().as_str() {
        "ascending" => Ok(false),
        "descending" => Ok(true),
        _ => Err(ScimError::invalid_value("sortOrder: ascending or descending")),
    }
}

fn sort_path(value: &str, resource_type: &ResourceType, types: Types) -> Result<AttributePath, ScimError> {
    let path = AttributePath::parse(value, resource_type)?;
    let known = resource_type.canonical(&path).filter(|path| path.filter.is_none() && !path.is_container());
    match known {
        // rfc-traps 247
        Some(known) if resource_type.resolve(&known).is_some_and(|resolved| is_whole_complex(resolved.leaf())) => {
            Err(ScimError::invalid_path(format!("sortBy: {known} has no order; name one of its sub-attributes")))
        }
        Some(known) => Ok(known),
        None if types == Types::All && path.filter.is_none() && !path.is_container() => Ok(path),
        None => Err(ScimError::invalid_path(format!("sortBy: no schema knows {value}"))),
    }
}

fn is_whole_complex(attribute: &Attribute) -> bool {
    attribute.kind == Kind::Complex && !(attribute.multi_valued && attribute.sub("value").is_some())
}

/// Comma-separated paths; what no schema knows is ignored (rfc-traps 224, 226).
fn add_paths(
    value: &str,
    resource_type: &ResourceType,
    into: &mut Option<Vec<AttributePath>>,
) -> Result<(), ScimError> {
    for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let into = into.get_or_insert_default();
        if into.len() == MAX_PATHS {
            return Err(ScimError::invalid_value(format!("at most {MAX_PATHS} attributes can be named")));
        }
        let path = AttributePath::parse(name, resource_type).ok();
        into.extend(path.and_then(|path| resource_type.canonical(&path)));
    }
    Ok(())
}

/// rfc-traps 223, 226: the two exclude each other; one that names nothing known still is one.
fn projection(only: Option<Vec<AttributePath>>, without: Option<Vec<AttributePath>>) -> Result<Projection, ScimError> {
    match (only, without) {
        (None, None) => Ok(Projection::Default),
        (Some(only), None) => Ok(Projection::Only(only)),
        (None, Some(without)) => Ok(Projection::Without(without)),
        (Some(_), Some(_)) => Err(ScimError::invalid_value("attributes and excludedAttributes exclude each other")),
    }
}

#[cfg(test)]
mod tests;
