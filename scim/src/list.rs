//! List responses (RFC 7644 section 3.4.2): read without building a tree of the whole, written resource by resource.

use bytes::Bytes;

use crate::lex::{Lexer, Malformed, Quoted};
use crate::value::{self, MAX_DEPTH};
use crate::{Object, Partial, ScimError, Text, Value};

/// The URN in `schemas` of a list.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// One page of resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// How many resources match in all; `None` where the sender did not say.
    pub total_results: Option<u64>,
    /// The 1-based index of the first one here.
    pub start_index: Option<u64>,
    /// Where the next page begins (RFC 9865); `None`: this is the last one, or the sender has no cursors.
    pub next_cursor: Option<Text>,
    /// The page's resources as JSON text, slices of the message; [`value::parse_text`] reads one.
    pub resources: Vec<Text>,
}

/// A message that should be a list, with its resources still text.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// All members but `Resources`.
    pub head: Object,
    resources: Option<Option<Vec<Text>>>,
}

impl Message {
    /// Splits a message.
    ///
    /// # Errors
    /// 400 `invalidSyntax`: what is no JSON object, or has `Resources` that are no array.
    pub fn split(body: &Bytes) -> Result<Self, ScimError> {
        let text = value::text(body)?;
        let (mut message, mut lexer) = (Self::default(), Lexer::new(&text));
        lexer.members(MAX_DEPTH, |lexer, name, depth| message.member(&text, lexer, name, depth))?;
        if lexer.peek().is_some() {
            return Err(Malformed.into());
        }
        Ok(message)
    }

    fn member<'t>(
        &mut self,
        text: &'t Text,
        lexer: &mut Lexer<'t>,
        name: Quoted<'_>,
        depth: usize,
    ) -> Result<(), ScimError> {
        let name = name.to_text(text)?;
        let is_resources = name.eq_ignore_ascii_case("Resources");
        if self.head.contains(&name) || is_resources && self.resources.is_some() {
            return Err(ScimError::invalid_syntax("a name stands twice in the list (case is ignored)")); // rfc-traps 3
        }
        if is_resources {
            self.resources = Some(resources(text, lexer, depth)?);
        } else {
            self.head.insert(name, value::read_next(text, lexer, depth)?);
        }
        Ok(())
    }

    /// The page: numbers also as strings, member names in any case, `Resources` absent or null when empty
    /// (rfc-traps 240, 241).
    ///
    /// # Errors
    /// What is no list: 400 `invalidSyntax`, to be told as the vendor's fault by the caller.
    pub fn into_page(self) -> Result<Page, ScimError> {
        let total_results = number(self.head.get("totalResults"))?;
        if total_results.is_none() && self.resources.is_none() {
            return Err(ScimError::invalid_syntax("the list has no array Resources"));
        }
        Ok(Page {
            total_results,
            start_index: number(self.head.get("startIndex"))?,
            next_cursor: self.head.str("nextCursor").filter(|cursor| !cursor.is_empty()).map(Text::from),
            resources: self.resources.flatten().unwrap_or_default(),
        })
    }
}

/// The elements of an array, as they are written: each is checked when it is read. `None`: there is `null` instead.
fn resources(text: &Text, lexer: &mut Lexer<'_>, depth: usize) -> Result<Option<Vec<Text>>, Malformed> {
    if lexer.peek() == Some(b'n') {
        return lexer.skip(depth).map(|()| None);
    }
    let mut resources = Vec::new();
    lexer.elements(depth, |lexer, _| {
        let start = lexer.position();
        lexer.leap()?;
        let element = lexer.since(start);
        resources.push(text.slice_ref(element));
        if element.is_empty() { Err(Malformed) } else { Ok(()) }
    })?;
    Ok(Some(resources))
}

fn number(value: Option<&Value>) -> Result<Option<u64>, ScimError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(digits) | Value::String(digits)) => {
            digits.parse().map(Some).map_err(|_| ScimError::invalid_syntax("a number of the list is none"))
        }
        Some(_) => Err(ScimError::invalid_syntax("a number of the list is none")),
    }
}

/// What a list says of itself beside its resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// How many resources match in all; may be left out only where a cursor was asked for (rfc-traps 314).
    pub total_results: Option<u64>,
    /// The 1-based index of the first resource; `None` where a cursor was asked for.
    pub start_index: Option<u64>,
    /// How many resources follow (rfc-traps 236).
    pub items_per_page: u64,
    /// Where the next page begins.
    pub next_cursor: Option<Text>,
}

/// Writes a list message into one buffer, all numbers as numbers (rfc-traps 241).
#[derive(Debug)]
pub struct Writer {
    buffer: Vec<u8>,
    empty: bool,
}

impl Writer {
    /// Begins the message.
    #[must_use]
    pub fn new(head: &Head) -> Self {
        let mut message = Object::new();
        message.insert("schemas", vec![LIST_URN.into()]);
        let numbers = [("totalResults", head.total_results), ("startIndex", head.start_index)];
        for (name, number) in numbers.into_iter().chain([("itemsPerPage", Some(head.items_per_page))]) {
            if let Some(number) = number {
                message.insert(name, number);
            }
        }
        if let Some(cursor) = &head.next_cursor {
            message.insert("nextCursor", cursor.clone());
        }
        let mut buffer = Vec::from(message.to_bytes());
        buffer.pop();
        buffer.extend_from_slice(b",\"Resources\":[");
        Self { buffer, empty: true }
    }

    /// Makes room for so many bytes of resources, to be had in one piece.
    pub fn reserve(&mut self, bytes: usize) {
        self.buffer.reserve(bytes);
    }

    /// Adds a resource.
    pub fn push(&mut self, resource: &Partial) {
        if !std::mem::take(&mut self.empty) {
            self.buffer.push(b',');
        }
        resource.write(&mut self.buffer);
    }

    /// The whole message.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        self.buffer.extend_from_slice(b"]}");
        self.buffer.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::object;

    fn read(message: &str) -> Result<Page, ScimError> {
        Message::split(&Bytes::copy_from_slice(message.as_bytes())).and_then(Message::into_page)
    }

    #[test]
    fn trap_240_241_lists_of_all_kinds_are_read() {
        let cases = [
            (r#"{"totalResults":"2","itemsPerPage":"2","startIndex":"1","Resources":[{"id":"1"}, {"id":"2"}]}"#, 2),
            (r#"{"totalResults":0}"#, 0),
            (r#"{"totalResults":0,"Resources":null}"#, 0),
            (r#"{"resources":[{"id":"1"}]}"#, 1),
            (r#"{"Resources":[]}"#, 0),
        ];
        for (message, resources) in cases {
            assert_eq!(read(message).expect(message).resources.len(), resources, "{message}");
        }
        let wrong = [
            "{}",
            "[]",
            "",
            r#"{"Resources":{}}"#,
            r#"{"totalResults":"many"}"#,
            r#"{"Resources":[]}x"#,
            r#"{"Resources":[],"resources":[]}"#,
        ];
        for message in wrong {
            assert!(read(message).is_err(), "{message}");
        }
    }

    #[test]
    fn resources_are_slices_of_the_message_and_read_one_by_one() {
        let body = Bytes::from_static(br#"{"x":{"a":1},"Resources":[{"id":"1","n":1.50},7],"nextCursor":"c"}"#);
        let message = Message::split(&body).expect("a list");
        assert_eq!(message.head.get("x"), object(r#"{"x":{"a":1}}"#).get("x"));
        let page = message.into_page().expect("a page");
        assert_eq!((page.next_cursor.as_deref(), page.total_results), (Some("c"), None));
        assert_eq!(*page.resources[0], *r#"{"id":"1","n":1.50}"#);
        assert!(body.as_ptr_range().contains(&page.resources[0].as_ptr()), "nothing is copied");
        assert_eq!(value::parse_text(&page.resources[0]).expect("an object").str("id"), Some("1"));
        assert!(value::parse_text(&page.resources[1]).is_err(), "no object");
        let deep = format!(r#"{{"Resources":[{}1{}]}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let page = read(&deep).expect("split without looking inside");
        assert!(value::parse_text(&page.resources[0]).is_err(), "nested too deep");
    }

    #[test]
    fn trap_236_239_241_what_is_written_are_numbers() {
        let head = Head { total_results: Some(7), start_index: Some(3), items_per_page: 2, next_cursor: None };
        let mut writer = Writer::new(&head);
        writer.push(&object(r#"{"id":"1"}"#).into());
        writer.push(&object(r#"{"id":"2"}"#).into());
        let expected = format!(
            r#"{{"schemas":["{LIST_URN}"],"totalResults":7,"startIndex":3,"itemsPerPage":2,"Resources":[{{"id":"1"}},{{"id":"2"}}]}}"#
        );
        assert_eq!(writer.finish(), expected.as_bytes());
        let head = Head { next_cursor: Some("c".into()), ..Head::default() };
        let expected = format!(r#"{{"schemas":["{LIST_URN}"],"itemsPerPage":0,"nextCursor":"c","Resources":[]}}"#);
        assert_eq!(Writer::new(&head).finish(), expected.as_bytes());
    }
}
