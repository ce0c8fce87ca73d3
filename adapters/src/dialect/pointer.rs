//! JSON pointers (RFC 6901) into answers, with `*` for every element of an array.

use scimux_scim::{Object, Value};

/// What a pointer leads to.
pub(super) fn find<'a>(message: &'a Object, pointer: &str) -> Vec<&'a Value> {
    let mut segments = pointer.split('/').skip(1);
    let Some(first) = segments.next() else { return Vec::new() };
    let start: Vec<_> = message.get(first).into_iter().collect();
    segments.fold(start, |values, segment| values.into_iter().flat_map(|value| step(value, segment)).collect())
}

/// The texts that pointers lead to, in the pointers' order; numbers as their digits.
pub(super) fn texts<'a>(message: &'a Object, pointers: &[String]) -> Vec<&'a str> {
    let values = pointers.iter().flat_map(|pointer| find(message, pointer));
    values.filter_map(text).filter(|text| !text.is_empty()).collect()
}

fn step<'a>(value: &'a Value, segment: &str) -> Vec<&'a Value> {
    match value {
        Value::Object(object) => object.get(segment).into_iter().collect(),
        Value::Array(elements) if segment == "*" => elements.iter().collect(),
        Value::Array(elements) => {
            segment.parse().ok().and_then(|index: usize| elements.get(index)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) | Value::Number(text) => Some(text),
        _ => None,
    }
}
