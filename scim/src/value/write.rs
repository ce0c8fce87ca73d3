//! Values as JSON text.

use super::{Object, Value};
use crate::lex::{is_number, is_plain};

pub(super) fn object(object: &Object, into: &mut Vec<u8>) {
    into.push(b'{');
    for (index, (name, value)) in object.iter().enumerate() {
        if index > 0 {
            into.push(b',');
        }
        string(name, into);
        into.push(b':');
        self::value(value, into);
    }
    into.push(b'}');
}

pub(crate) fn value(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Null => into.extend_from_slice(b"null"),
        Value::Bool(true) => into.extend_from_slice(b"true"),
        Value::Bool(false) => into.extend_from_slice(b"false"),
        Value::Number(digits) => number(digits, into),
        Value::String(text) => string(text, into),
        Value::Array(elements) => array(elements, into),
        Value::Object(object) => self::object(object, into),
    }
}

fn array(elements: &[Value], into: &mut Vec<u8>) {
    into.push(b'[');
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            into.push(b',');
        }
        value(element, into);
    }
    into.push(b']');
}

/// The digits as they were written. What is no number (only code can make it so) leaves as a string: no panic.
fn number(digits: &str, into: &mut Vec<u8>) {
    if is_number(digits) {
        into.extend_from_slice(digits.as_bytes());
    } else {
        string(digits, into);
    }
}

/// Few texts need an escape, and a copy costs a tenth of what looking at each character does.
pub(crate) fn string(text: &str, into: &mut Vec<u8>) {
    if is_plain(text.as_bytes()) {
        into.push(b'"');
        into.extend_from_slice(text.as_bytes());
        into.push(b'"');
    } else {
        serde_json::to_writer(into, text).expect("a text is written to memory");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_written_as_serde_json_writes_them() {
        let text =
            r#"{"a":[null,true,false,"",{},[]],"n":[1,-2.50,12345678901234567890123,"1"],"\u0001é\"":{"b":"\\"}}"#;
        let object = crate::value::parse(&text.into()).expect("JSON");
        assert_eq!(object.to_bytes(), serde_json::to_vec(&object).expect("JSON"));
    }

    proptest! {
        #[test]
        fn texts_are_written_as_serde_json_writes_them(text in any::<String>(), ascii in "[ -~\\x00-\\x1f]{0,40}") {
            for text in [text, ascii] {
                let mut written = Vec::new();
                string(&text, &mut written);
                prop_assert_eq!(written, serde_json::to_vec(&text).expect("JSON"));
            }
        }
    }
}
