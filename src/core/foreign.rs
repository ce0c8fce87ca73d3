//! What no schema knows comes through as the vendor has it, but not where the vendor is: links, tenants, environments.

use scimux_scim::schema::{Schema, common};
use scimux_scim::{Object, ResourceType, Value};

use super::redact::Redactor;

/// Takes every text that names the target's place out of the attributes that no schema knows, and what is then empty.
/// Attributes of a schema are people's data, whatever stands in them.
pub(crate) fn hide_place(resource: &mut Object, known: &ResourceType, redactor: &Redactor) {
    resource.retain(|name, value| match known.extension(name) {
        Some(schema) => {
            if let Value::Object(container) = value {
                container.retain(|name, value| keep(name, value, schema, redactor));
            }
            true
        }
        None => {
            common().iter().any(|attribute| attribute.name.eq_ignore_ascii_case(name))
                || keep(name, value, &known.schema, redactor)
        }
    });
}

fn keep(name: &str, value: &mut Value, schema: &Schema, redactor: &Redactor) -> bool {
    match schema.attribute(name) {
        Some(attribute) => {
            for part in parts(value) {
                part.retain(|name, value| attribute.sub(name).is_some() || without_place(value, redactor));
            }
            true
        }
        None => without_place(value, redactor),
    }
}

/// The objects of a complex attribute, one or many.
fn parts(value: &mut Value) -> Vec<&mut Object> {
    match value {
        Value::Object(parts) => vec![parts],
        Value::Array(elements) => elements.iter_mut().flat_map(parts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Whether anything is left of the value. What was empty before may stay.
fn without_place(value: &mut Value, redactor: &Redactor) -> bool {
    match value {
        Value::String(text) => !redactor.finds_any(text),
        Value::Array(elements) => {
            let before = elements.len();
            elements.retain_mut(|element| without_place(element, redactor));
            before == 0 || !elements.is_empty()
        }
        Value::Object(parts) => {
            let before = parts.len();
            parts.retain(|_, value| without_place(value, redactor));
            before == 0 || !parts.is_empty()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use scimux_scim::{schema, value};

    use super::*;

    fn hidden(json: &str) -> String {
        let words = ["vendor.example", "tenant-1", "v2"].map(String::from);
        let redactor = Redactor::new(words, "https://scim.example.com");
        let (name, endpoint) = ("User".to_owned(), "/Users".to_owned());
        let user = ResourceType { name, endpoint, schema: schema::user().clone(), extensions: Vec::new(), open: false };
        let mut resource = value::parse(&Bytes::copy_from_slice(json.as_bytes())).expect("JSON");
        hide_place(&mut resource, &user, &redactor);
        String::from_utf8(resource.to_bytes().to_vec()).expect("UTF-8")
    }

    #[test]
    fn unknown_attributes_lose_what_names_the_place_and_nothing_else() {
        let json = r#"{"id":"tenant-1","_links":{"self":{"href":"https://VENDOR.example/x"}},"tenant":"tenant-1",
            "lifecycle":{"status":"OK","env":{"id":"tenant-1"}},"tags":["a","tenant-1"],"none":{},"version":"v2",
            "emails":[{"value":"a@vendor.example","verifiedBy":"vendor.example"}]}"#;
        let left = concat!(
            r#"{"id":"tenant-1","lifecycle":{"status":"OK"},"tags":["a"],"none":{},"version":"v2","#,
            r#""emails":[{"value":"a@vendor.example"}]}"#
        );
        assert_eq!(hidden(json), left);
    }
}
