//! Resources of which some members are still the text that their sender wrote: what no rule touches need not become values.

use bytes::Bytes;

use crate::value::write;
use crate::{Object, Text, Value};

/// The members of most extensions have room in so many bytes.
const MOST_USUAL: usize = 512;

/// A resource in two parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partial {
    /// The members that are values.
    pub resource: Object,
    /// The others.
    pub passed: Passed,
}

/// Members as text, of the resource and of containers in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Passed {
    members: Vec<u8>,
    containers: Vec<(Text, Vec<u8>)>,
}

impl Passed {
    /// With room for so many bytes of members.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        Self { members: Vec::with_capacity(bytes), containers: Vec::new() }
    }

    /// Adds a member of the resource, as it is written: `"name":value`.
    pub fn push(&mut self, member: &str) {
        append(member.as_bytes(), &mut self.members);
    }

    /// Adds a member of the container of an extension.
    pub fn push_into(&mut self, urn: &Text, member: &str) {
        match self.containers.iter_mut().find(|(known, _)| known == urn) {
            Some((_, members)) => append(member.as_bytes(), members),
            None => {
                let mut members = Vec::with_capacity(MOST_USUAL);
                members.extend_from_slice(member.as_bytes());
                self.containers.push((urn.clone(), members));
            }
        }
    }
}

fn append(member: &[u8], to: &mut Vec<u8>) {
    if !to.is_empty() {
        to.push(b',');
    }
    to.extend_from_slice(member);
}

impl From<Object> for Partial {
    /// A resource that is all values.
    fn from(resource: Object) -> Self {
        Self { resource, passed: Passed::default() }
    }
}

impl Partial {
    /// The same with its values changed by `change`, which leaves alone what was passed.
    #[must_use]
    pub fn map(self, change: impl FnOnce(Object) -> Object) -> Self {
        Self { resource: change(self.resource), ..self }
    }

    /// The whole resource as JSON text.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut text = Vec::with_capacity(2048 + self.passed.members.len());
        self.write(&mut text);
        text.into()
    }

    /// Appends the whole resource as JSON text. What was passed stands in front of the last member: people look for
    /// `meta` at the end.
    pub(crate) fn write(&self, into: &mut Vec<u8>) {
        let Passed { members, containers } = &self.passed;
        let last = self.resource.len().saturating_sub(1);
        into.push(b'{');
        let start = into.len();
        for (index, (name, value)) in self.resource.iter().enumerate() {
            if index == last && !members.is_empty() {
                separate(start, into);
                into.extend_from_slice(members);
            }
            separate(start, into);
            write::string(name, into);
            into.push(b':');
            match containers.iter().find(|(urn, _)| urn.eq_ignore_ascii_case(name)) {
                Some((_, passed)) => container(value, passed, into),
                None => write::value(value, into),
            }
        }
        into.push(b'}');
    }
}

fn separate(start: usize, into: &mut Vec<u8>) {
    if into.len() > start {
        into.push(b',');
    }
}

fn container(value: &Value, passed: &[u8], into: &mut Vec<u8>) {
    write::value(value, into);
    // Whoever passes a member of a container leaves another in it, so that the rules see the container.
    if into.last() == Some(&b'}') {
        into.pop();
        if into.last() != Some(&b'{') {
            into.push(b',');
        }
        into.extend_from_slice(passed);
        into.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::object;

    fn written(json: &str, fill: impl FnOnce(&mut Passed)) -> String {
        let mut partial = Partial::from(object(json));
        fill(&mut partial.passed);
        String::from_utf8(partial.to_bytes().to_vec()).expect("UTF-8")
    }

    #[test]
    fn what_was_passed_stands_in_its_place_as_it_was_written() {
        let json = r#"{"id":"1","urn:x":{"a":1},"urn:y":{"a":2},"meta":{}}"#;
        assert_eq!(written(json, |_| {}), json);
        let whole = written(json, |passed| {
            passed.push("\"b\" : [1, 2]");
            passed.push("\"c\":1E5");
            passed.push_into(&"urn:y".into(), "\"d\":0");
            passed.push_into(&"urn:y".into(), "\"e\":\"\\u0061\"");
        });
        let expected = concat!(
            r#"{"id":"1","urn:x":{"a":1},"urn:y":{"a":2,"d":0,"e":"\u0061"},"#,
            r#""b" : [1, 2],"c":1E5,"meta":{}}"#
        );
        assert_eq!(whole, expected);
        assert_eq!(written(r#"{"meta":1}"#, |passed| passed.push("\"a\":0")), r#"{"a":0,"meta":1}"#);
    }
}
