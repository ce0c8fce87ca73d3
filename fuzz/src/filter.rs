use std::str;

use scimux_scim::filter::MAX_LENGTH;
use scimux_scim::{Filter, Object};

use crate::targets::{refused, types};

/// A filter that is read is printed in a form that reads as the same, and evaluated without trouble. What is refused is a
/// refusal of the client.
pub fn filter(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    for known in types() {
        let filter = match Filter::parse(text, known) {
            Ok(filter) => filter,
            Err(error) => {
                refused(&error);
                continue;
            }
        };
        assert!(text.len() <= MAX_LENGTH, "{} bytes were read", text.len());
        let printed = filter.to_string();
        match Filter::parse(&printed, known) {
            Ok(again) => assert_eq!(again, filter, "{printed}"),
            // Names are written out, strings escaped: that may be too long.
            Err(error) => assert!(printed.len() > MAX_LENGTH, "{printed}: {error}"),
        }
        match filter.compile(known) {
            Ok(compiled) => drop(compiled.matches(&Object::new())),
            Err(error) => refused(&error),
        }
        filter.reduce(known).map_or_else(|error| refused(&error), drop);
    }
}
