use std::str;

use scimux_scim::filter::MAX_LENGTH;
use scimux_scim::{AttributePath, Object, Value};

use crate::targets::{refused, types};

/// A path that is read is printed in a form that reads as the same; its canonical form is its own; what is set there is
/// found there, and gone when taken.
pub fn path(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    for known in types() {
        let path = match AttributePath::parse(text, known) {
            Ok(path) => path,
            Err(error) => {
                refused(&error);
                continue;
            }
        };
        let printed = path.to_string();
        match AttributePath::parse(&printed, known) {
            Ok(again) => assert_eq!(again, path, "{printed}"),
            Err(error) => assert!(printed.len() > MAX_LENGTH, "{printed}: {error}"),
        }
        if let Some(canonical) = known.canonical(&path) {
            assert_eq!(known.canonical(&canonical).as_ref(), Some(&canonical), "{printed}");
        }
        let mut resource = Object::new();
        path.set(&mut resource, Value::Bool(true));
        assert_eq!(path.get(&resource), Some(&Value::Bool(true)), "{printed}");
        assert_eq!(path.take(&mut resource), Some(Value::Bool(true)), "{printed}");
        assert!(resource.is_empty(), "{printed}: {resource:?}");
    }
}
