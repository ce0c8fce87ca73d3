use bytes::Bytes;
use scimux_scim::body::{self, Canonical};
use scimux_scim::{Object, Quirks, ResourceType, Value, diff, patch as scim_patch, value};

use crate::targets::{QUIRKS, refused, types};

/// A PATCH of a valid resource makes a valid one or is refused; the resource does not grow beyond what the message can
/// write into each of its values; what it changes is the same when the operations, or the difference, went over the wire.
///
/// The input is `{"current": RESOURCE, "patch": MESSAGE}`.
pub fn patch(input: &[u8]) {
    let Ok(input) = value::parse(&Bytes::copy_from_slice(input)) else { return };
    let part = |name| input.get(name).and_then(Value::as_object);
    let (Some(current), Some(message)) = (part("current"), part("patch")) else { return };
    for known in types() {
        let Ok(Canonical { resource, .. }) = body::canonical(current.clone(), known, Quirks::default()) else {
            continue;
        };
        for quirks in QUIRKS {
            apply(&resource, message, known, quirks);
        }
    }
}

fn apply(current: &Object, message: &Object, known: &ResourceType, quirks: Quirks) {
    let operations = match scim_patch::decode(message, "1", known, quirks) {
        Ok(patch) => patch.operations,
        Err(error) => return refused(&error),
    };
    let after = match scim_patch::apply(current, &operations, known) {
        Ok(after) => after,
        Err(error) => return refused(&error),
    };
    let (before, written) = (current.to_bytes().len(), message.to_bytes().len());
    let places = elements(current) + elements(message) + 1;
    assert!(after.to_bytes().len() <= before + written * places + 4096, "{before}, {written}, {places}: {after:?}");
    assert_eq!(after.get("id"), current.get("id"));
    let valid = body::canonical(after.clone(), known, Quirks::default());
    assert!(valid.is_ok(), "{operations:?} made {after:?}: {valid:?}");

    let sent = value::parse(&scim_patch::encode(&operations).to_bytes()).expect("what is written is JSON");
    if !operations.is_empty() {
        let received = scim_patch::decode(&sent, "1", known, quirks).expect("what is written is read").operations;
        let again = scim_patch::apply(current, &received, known).expect("and applied");
        assert!(diff::same(&again, &after, known), "{operations:?} became {received:?}: {after:?}, {again:?}");
    }
    let difference = diff::diff(current, &after, known);
    let again = scim_patch::apply(current, &difference, known).expect("a difference can be applied");
    assert!(diff::same(&again, &after, known), "{difference:?}: {after:?}, {again:?}");
}

/// The elements of all lists.
fn elements(object: &Object) -> usize {
    object.iter().map(|(_, value)| elements_of(value)).sum()
}

fn elements_of(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.len() + values.iter().map(elements_of).sum::<usize>(),
        Value::Object(object) => elements(object),
        _ => 0,
    }
}
