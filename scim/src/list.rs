//! List responses (RFC 7644 section 3.4.2).

use crate::{Object, ScimError, Text, Value};

/// The URN in `schemas` of a list.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// One page of resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// How many resources match in all; `None` where the sender did not say.
    pub total_results: Option<u64>,
    /// The 1-based index of the first one here.
    pub start_index: Option<u64>,
    /// The page's resources.
    pub resources: Vec<Object>,
}

impl Page {
    /// Reads a vendor's list: numbers also as strings, member names in any case, `Resources` absent or null when empty
    /// (rfc-traps 240, 241).
    ///
    /// # Errors
    /// What is no list: 400 `invalidSyntax`, to be told as the vendor's fault by the caller.
    pub fn read(mut message: Object) -> Result<Self, ScimError> {
        let total_results = number(message.get("totalResults"))?;
        let start_index = number(message.get("startIndex"))?;
        let is_list = total_results.is_some() || message.contains("Resources");
        let resources = match message.remove("Resources") {
            Some(Value::Array(elements)) => elements.into_iter().map(resource).collect::<Result<_, _>>()?,
            None | Some(Value::Null) if is_list => Vec::new(),
            _ => return Err(ScimError::invalid_syntax("the list has no array Resources")),
        };
        Ok(Self { total_results, start_index, resources })
    }

    /// The list message with all members as numbers, as clients need them. `itemsPerPage` is what is on the page
    /// (rfc-traps 236).
    #[must_use]
    pub fn to_message(self) -> Object {
        let here = self.resources.len() as u64;
        let start = self.start_index.unwrap_or(1).max(1);
        let resources = self.resources.into_iter().map(Value::Object).collect();
        Object::from_iter([
            (Text::from_static("schemas"), Value::Array(vec![LIST_URN.into()])),
            (Text::from_static("totalResults"), integer(self.total_results.unwrap_or(here))),
            (Text::from_static("startIndex"), integer(start)),
            (Text::from_static("itemsPerPage"), integer(here)),
            (Text::from_static("Resources"), Value::Array(resources)),
        ])
    }
}

fn integer(number: u64) -> Value {
    Value::Number(number.to_string().into())
}

fn resource(element: Value) -> Result<Object, ScimError> {
    match element {
        Value::Object(resource) => Ok(resource),
        _ => Err(ScimError::invalid_syntax("an element of Resources is no object")),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::object;

    #[test]
    fn trap_240_241_lists_of_all_kinds_are_read() {
        let cases = [
            (r#"{"totalResults":"2","itemsPerPage":"2","startIndex":"1","Resources":[{"id":"1"},{"id":"2"}]}"#, 2),
            (r#"{"totalResults":0}"#, 0),
            (r#"{"totalResults":0,"Resources":null}"#, 0),
            (r#"{"resources":[{"id":"1"}]}"#, 1),
        ];
        for (message, resources) in cases {
            assert_eq!(Page::read(object(message)).expect(message).resources.len(), resources, "{message}");
        }
        for message in ["{}", r#"{"Resources":{}}"#, r#"{"Resources":[1]}"#, r#"{"totalResults":"many"}"#] {
            assert!(Page::read(object(message)).is_err(), "{message}");
        }
    }

    #[test]
    fn trap_236_239_241_what_is_written_are_numbers() {
        let page = Page { total_results: Some(7), start_index: Some(3), resources: vec![object(r#"{"id":"1"}"#)] };
        let expected = format!(
            r#"{{"schemas":["{LIST_URN}"],"totalResults":7,"startIndex":3,"itemsPerPage":1,"Resources":[{{"id":"1"}}]}}"#
        );
        assert_eq!(page.to_message().to_bytes(), expected.as_bytes());
        let empty = Page::default().to_message();
        assert_eq!((empty.get("totalResults"), empty.get("startIndex")), (Some(&integer(0)), Some(&integer(1))));
    }
}
