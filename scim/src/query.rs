//! Query parameters of lists and projections (RFC 7644 sections 3.4.2 and 3.9).

use crate::schema::{Attribute, Kind, Returned};
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

impl Projection {
    /// The resource cut to the projection (RFC 7644 section 3.9): `returned` always, never and request are held.
    #[must_use]
    pub fn apply(&self, mut resource: Object, resource_type: &ResourceType) -> Object {
        resource.retain(|name, value| match value {
            Value::Object(container) if is_container(name, resource_type) => {
                container.retain(|attribute, value| {
                    let path = AttributePath::attribute(attribute.clone()).with_urn(name.clone());
                    self.keep(&path, value, resource_type)
                });
                !container.is_empty()
            }
            value => self.keep(&AttributePath::attribute(name.clone()), value, resource_type),
        });
        resource
    }

    /// Whether an attribute stays; of a complex one the parts are cut.
    fn keep(&self, path: &AttributePath, value: &mut Value, resource_type: &ResourceType) -> bool {
        let attribute = resource_type.resolve(path).map(|resolved| resolved.attribute);
        let returned = attribute.map_or(Returned::Default, |attribute| attribute.returned);
        // `schemas` says what the resource is and stays always (rfc-traps 20).
        let always =
            returned == Returned::Always || path.urn.is_none() && path.attribute.eq_ignore_ascii_case("schemas");
        match self.names(path) {
            _ if returned == Returned::Never => false,
            _ if always => true,
            Named::Whole => !matches!(self, Self::Without(_)) && shows(value, attribute),
            Named::Parts(parts) => {
                cut(value, &parts, matches!(self, Self::Only(_)), attribute);
                !value.is_unassigned()
            }
            Named::Not => !matches!(self, Self::Only(_)) && returned != Returned::Request && shows(value, attribute),
        }
    }

    fn names(&self, path: &AttributePath) -> Named<'_> {
        let (Self::Only(paths) | Self::Without(paths)) = self else { return Named::Not };
        let same_urn = |named: &AttributePath| match (&named.urn, &path.urn) {
            (None, None) => true,
            (Some(named), Some(urn)) => named.eq_ignore_ascii_case(urn),
            _ => false,
        };
        let mut parts = Vec::new();
        for named in paths.iter().filter(|named| same_urn(named)) {
            let whole = named.is_container() || named.attribute.eq_ignore_ascii_case(&path.attribute);
            match &named.sub_attribute {
                None if whole => return Named::Whole,
                Some(sub) if whole => parts.push(&**sub),
                _ => {}
            }
        }
        if parts.is_empty() { Named::Not } else { Named::Parts(parts) }
    }
}

/// How a projection names an attribute.
enum Named<'a> {
    Not,
    Whole,
    Parts(Vec<&'a str>),
}

fn is_container(name: &str, resource_type: &ResourceType) -> bool {
    resource_type.extension(name).is_some() || resource_type.open && name.contains(':')
}

/// Cuts the parts that are never returned, or not by themselves; whether anything is left.
fn shows(value: &mut Value, attribute: Option<&Attribute>) -> bool {
    let hides = |sub: &Attribute| matches!(sub.returned, Returned::Never | Returned::Request);
    if attribute.is_some_and(|attribute| attribute.sub_attributes.iter().any(hides)) {
        cut(value, &[], false, attribute);
        return !value.is_unassigned();
    }
    true
}

fn cut(value: &mut Value, parts: &[&str], only: bool, attribute: Option<&Attribute>) {
    match value {
        Value::Array(elements) => {
            elements.iter_mut().for_each(|element| cut(element, parts, only, attribute));
            elements.retain(|element| !element.is_unassigned());
        }
        Value::Object(members) => members.retain(|name, _| {
            let returned =
                attribute.and_then(|attribute| attribute.sub(name)).map_or(Returned::Default, |sub| sub.returned);
            let named = parts.iter().any(|part| part.eq_ignore_ascii_case(name));
            match returned {
                Returned::Always => true,
                Returned::Never => false,
                Returned::Request => named && only,
                Returned::Default => named == only,
            }
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{object, r0, user_type};

    fn read(query: &str) -> ListQuery {
        ListQuery::parse(query, &user_type()).expect(query)
    }

    fn shown(query: &str, resource: Object) -> Vec<String> {
        let kept = read(query).projection.apply(resource, &user_type());
        kept.iter().map(|(name, _)| name.to_string()).collect()
    }

    #[test]
    fn traps_233_to_238_numbers() {
        let cases = [
            ("startIndex=0", Some(1), None),
            ("startIndex=-5&count=-3", Some(1), Some(0)),
            ("STARTINDEX=7&Count=9999", Some(7), Some(MAX_COUNT)),
            ("count=0", None, Some(0)),
            ("count=", None, None),
            ("", None, None),
        ];
        for (query, start, count) in cases {
            assert_eq!((read(query).start_index, read(query).count), (start, count), "{query}");
        }
        let wrong = [
            "startIndex=abc",
            "count=1.5",
            "sortOrder=up",
            "attributes=title&excludedAttributes=name",
            "cursor=&startIndex=1",
        ];
        for query in wrong {
            let error = ListQuery::parse(query, &user_type()).expect_err(query);
            assert_eq!(error.scim_type, Some(crate::ScimType::InvalidValue), "{query}");
        }
        let detail = |query| ListQuery::parse(query, &user_type()).expect_err(query).detail.to_string();
        assert_eq!(detail("count=99999999999999999999999"), "count: the number is too large");
        assert_eq!(detail("startIndex=9x"), "startIndex: a whole number is needed");
        assert_eq!(detail("startIndex=-"), "startIndex: a whole number is needed");
    }

    #[test]
    fn traps_247_312_319_sort_and_cursor() {
        for query in ["sortBy=name", "sortBy=addresses", "sortBy=nothing", "sortBy=emails[type%20eq%20%22a%22]"] {
            let error = ListQuery::parse(query, &user_type()).expect_err(query);
            assert_eq!(error.scim_type, Some(crate::ScimType::InvalidPath), "{query}");
        }
        assert!(read("sortBy=emails").sort_by.is_some());
        assert_eq!(read("cursor").cursor.as_deref(), Some(""));
        assert_eq!(read("cursor=abc&count=5").cursor.as_deref(), Some("abc"));
        let all = ListQuery::read(&Parameters::of_query("sortBy=members").expect("one"), &user_type(), Types::All);
        assert_eq!(all.expect("a type may lack it").sort_by.expect("kept").to_string(), "members");
    }

    #[test]
    fn trap_249_a_search_request_asks_as_a_query_does() {
        let body = r#"{"schemas":["urn:x"],"attributes":["title","name.givenName"],"filter":"title pr","startIndex":2,
            "count":"10","sortBy":"title","SortOrder":"descending","excludedAttributes":null,"other":{}}"#;
        let asked = Parameters::of_message(&object(body)).expect("a request");
        let asked = ListQuery::read(&asked, &user_type(), Types::One).expect("a query");
        let query =
            "attributes=title,name.givenName&filter=title%20pr&startIndex=2&count=10&sortBy=title&sortOrder=descending";
        assert_eq!(asked, read(query));
        for body in [r#"{"filter":true}"#, r#"{"attributes":[1]}"#, r#"{"count":{}}"#] {
            let error = Parameters::of_message(&object(body)).expect_err(body);
            assert_eq!(error.scim_type, Some(crate::ScimType::InvalidValue), "{body}");
        }
    }

    #[test]
    fn traps_90_91_248_decoding_happens_once() {
        assert_eq!(read("filter=userName+eq+%22a%2Bb%22").filter.expect("one").to_string(), "userName eq \"a+b\"");
        assert_eq!(read("filter=title eq \"%2522\"").filter.expect("one").to_string(), "title eq \"%22\"");
        assert_eq!(read("aadOptscim062020&_=1"), ListQuery::default());
        for query in ["filter=%zz", "filter=%", "x=%ff"] {
            assert!(ListQuery::parse(query, &user_type()).is_err(), "{query}");
        }
    }

    #[test]
    fn traps_216_to_231_projections() {
        assert_eq!(shown("attributes=TITLE", r0()), ["schemas", "id", "title"]);
        assert_eq!(
            shown("attributes=nothing", r0()),
            ["schemas", "id"],
            "rfc-traps 226: it names nothing that is here"
        );
        assert_eq!(shown("excludedAttributes=nothing", r0()), shown("", r0()));
        assert_eq!(shown("attributes=,", r0()), shown("", r0()));
        assert_eq!(
            shown("excludedAttributes=id,schemas,emails,name", r0()),
            ["schemas", "id", "userName", "title", "active"]
        );
        assert_eq!(shown("attributes=name.middleName", r0()), ["schemas", "id"]);
        let kept = read("attributes=emails.value,name.givenName").projection.apply(r0(), &user_type());
        let expected = r#"{"name":{"givenName":"G"},"emails":[{"value":"w@x.io"},{"value":"h@x.io"}]}"#;
        assert_eq!(
            (kept.get("name"), kept.get("emails")),
            (object(expected).get("name"), object(expected).get("emails"))
        );
        let kept = read("excludedAttributes=emails.type,emails.primary").projection.apply(r0(), &user_type());
        assert_eq!(kept.get("emails"), object(expected).get("emails"));
        let secret = object(r#"{"id":"1","userName":"a","password":"p"}"#);
        assert_eq!(shown("attributes=password", secret.clone()), ["id"]);
        assert_eq!(shown("", secret), ["id", "userName"]);
        let extended = object(r#"{"id":"1","title":"T","E":{"department":"D","division":"V"}}"#);
        let urn = crate::schema::ENTERPRISE_USER;
        assert_eq!(shown(&format!("attributes={urn}"), extended.clone()), ["id", urn]);
        let kept = read(&format!("attributes={urn}:department")).projection.apply(extended.clone(), &user_type());
        assert_eq!(kept.get(urn), object(r#"{"E":{"department":"D"}}"#).get(urn));
        assert_eq!(shown(&format!("excludedAttributes={urn}"), extended), ["id", "title"]);
    }
}
