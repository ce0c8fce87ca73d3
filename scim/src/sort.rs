//! The order of resources in a list (RFC 7644 section 3.4.2.3).

use std::cmp::Reverse;

use crate::filter::{Strings, strings};
use crate::scalar::{Decimal, Instant};
use crate::schema::Kind;
use crate::{AttributePath, Object, ResourceType, Text, Value};

/// Orders resources by one attribute.
#[derive(Clone, Debug)]
pub struct Sorter {
    /// Names from the resource on.
    steps: Vec<Text>,
    kind: Option<Kind>,
    strings: Strings,
    descending: bool,
}

/// Where a resource stands among others; equal keys keep the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey(Order);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Ascending(Place),
    Descending(Reverse<Place>),
}

/// What has no value is last in ascending order and first in descending order (rfc-traps 243).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Value(Scalar),
    Absent,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scalar {
    Bool(bool),
    Number(Decimal),
    Instant(Instant),
    Text(String),
}

impl Sorter {
    /// Orders by the attribute at a path; what the type lacks has no value anywhere.
    #[must_use]
    pub fn new(path: &AttributePath, descending: bool, resource_type: &ResourceType) -> Self {
        let Some(resolved) = resource_type.resolve(path) else {
            let names = [path.urn.as_ref(), Some(&path.attribute), path.sub_attribute.as_ref()];
            let steps = names.into_iter().flatten().cloned().collect();
            return Self { steps, kind: None, strings: Strings::AnyCase, descending };
        };
        let attribute = resolved.attribute;
        // rfc-traps 74: a list of complex values stands for their `value`.
        let implied = attribute.sub("value").filter(|_| attribute.multi_valued);
        let sub = resolved.sub_attribute.or(implied);
        let leaf = sub.unwrap_or(attribute);
        let urn = resolved.extension.map(|schema| &*schema.id);
        let names = [urn, Some(&*attribute.name), sub.map(|sub| &*sub.name)];
        Self {
            steps: names.into_iter().flatten().map(Text::from).collect(),
            kind: Some(leaf.kind),
            strings: strings(attribute, leaf),
            descending,
        }
    }

    /// Where a resource stands.
    #[must_use]
    pub fn key(&self, resource: &Object) -> SortKey {
        let place = self.value(resource).map_or(Place::Absent, |value| Place::Value(self.scalar(value)));
        SortKey(match self.descending {
            false => Order::Ascending(place),
            true => Order::Descending(Reverse(place)),
        })
    }

    /// The value: of a list the one that is primary, else the first (rfc-traps 244).
    fn value<'a>(&self, resource: &'a Object) -> Option<&'a Value> {
        let (first, rest) = self.steps.split_first()?;
        let value =
            rest.iter().try_fold(chosen(resource.get(first)?)?, |value, step| chosen(value.as_object()?.get(step)?))?;
        (!value.is_unassigned()).then_some(value)
    }

    fn scalar(&self, value: &Value) -> Scalar {
        match value {
            Value::Bool(value) => Scalar::Bool(*value),
            Value::Number(digits) if self.kind != Some(Kind::String) => {
                Decimal::parse(digits).map_or_else(|| Scalar::Text(digits.to_string()), Scalar::Number)
            }
            Value::String(text) if self.kind == Some(Kind::DateTime) => {
                Instant::parse(text).map_or_else(|| Scalar::Text(text.to_string()), Scalar::Instant)
            }
            Value::String(text) | Value::Number(text) => Scalar::Text(self.strings.key(text)),
            Value::Null | Value::Array(_) | Value::Object(_) => Scalar::Text(String::new()),
        }
    }
}

fn chosen(value: &Value) -> Option<&Value> {
    let Value::Array(elements) = value else { return Some(value) };
    let is_primary = |element: &&Value| {
        element.as_object().and_then(|element| element.get("primary")).and_then(Value::as_bool) == Some(true)
    };
    elements.iter().find(is_primary).or_else(|| elements.first())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{object, user_type};

    /// The ids in order.
    fn sorted(path: &str, descending: bool, resources: &[&str]) -> String {
        let known = user_type();
        let path = AttributePath::parse(path, &known).expect(path);
        let sorter = Sorter::new(&path, descending, &known);
        let mut resources: Vec<_> = resources.iter().map(|resource| object(resource)).collect();
        resources.sort_by_key(|resource| sorter.key(resource));
        resources.iter().filter_map(|resource| resource.str("id")).collect()
    }

    #[test]
    fn traps_243_246_absent_case_and_ties() {
        let people = [
            r#"{"id":"1","title":"b"}"#,
            r#"{"id":"2"}"#,
            r#"{"id":"3","title":"A"}"#,
            r#"{"id":"4","title":"c"}"#,
            r#"{"id":"5","title":"B"}"#,
            r#"{"id":"6","title":null}"#,
        ];
        assert_eq!(sorted("title", false, &people), "315426");
        assert_eq!(sorted("TITLE", true, &people), "264153");
        let exact =
            [r#"{"id":"1","externalId":"b"}"#, r#"{"id":"2","externalId":"A"}"#, r#"{"id":"3","externalId":"a"}"#];
        assert_eq!(sorted("externalId", false, &exact), "231");
    }

    #[test]
    fn traps_244_247_lists_and_types() {
        let people = [
            r#"{"id":"1","emails":[{"value":"a"},{"value":"z","primary":true}],"active":true}"#,
            r#"{"id":"2","emails":[{"value":"m"}],"active":false}"#,
            r#"{"id":"3","emails":[]}"#,
        ];
        assert_eq!(sorted("emails", false, &people), "213");
        assert_eq!(sorted("emails.value", true, &people), "312");
        assert_eq!(sorted("active", false, &people), "213");
        let times = [
            r#"{"id":"1","meta":{"created":"2011-05-13T06:42:34+02:00"},"E":{"department":"B"}}"#,
            r#"{"id":"2","meta":{"created":"2011-05-13T05:00:00Z"},"E":{"department":"a"}}"#,
        ];
        assert_eq!(sorted("meta.created", false, &times), "12");
        assert_eq!(
            sorted("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", false, &times),
            "21"
        );
        let unknown = Sorter::new(&AttributePath::attribute("nothing"), false, &user_type());
        assert_eq!(unknown.key(&object(people[0])), unknown.key(&object(people[1])));
    }
}
