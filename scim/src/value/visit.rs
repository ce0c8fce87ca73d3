//! Values as `serde_json` reads them, for tests to compare with.

use std::fmt;
use std::ops::Range;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{MAX_DEPTH, Names, Object, Text, Value, too_deep, twice};

/// Reads one value at a depth; strings without escapes become slices of `text`.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'t> {
    text: &'t Text,
    depth: usize,
}

impl<'t> Reader<'t> {
    /// Reads what `text` is.
    pub(crate) fn whole(text: &'t Text) -> Self {
        Self { text, depth: 0 }
    }

    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(too_deep()));
        }
        Ok(Self { text: self.text, depth: self.depth + 1 })
    }

    fn holds(self, part: &str) -> bool {
        let within =
            |whole: Range<*const u8>, part: Range<*const u8>| whole.start <= part.start && part.end <= whole.end;
        within(self.text.as_bytes().as_ptr_range(), part.as_bytes().as_ptr_range())
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string().into()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value, E> {
        Ok(Value::String(if self.holds(text) { self.text.slice_ref(text) } else { text.into() }))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let reader = self.deeper()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(reader)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        // A number does not count as a level, so the depth is looked at only once the first key has come.
        let name = match members.next_key_seed(Key(self))? {
            None => return self.deeper().map(|_| Value::Object(Object::new())),
            Some(Name::NumberFollows) => {
                return members.next_value::<String>().map(|digits| Value::Number(digits.into()));
            }
            Some(Name::Member(name)) => name,
        };
        let reader = self.deeper()?;
        let mut names = Names::default();
        let mut read = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next {
            if names.has(&read, &name) {
                return Err(de::Error::custom(twice(&name)));
            }
            read.push((name, members.next_value_seed(reader)?));
            next = members.next_key_seed(Key(reader))?.map(Name::into_member);
        }
        Ok(Value::Object(Object::of(read)))
    }
}

/// Reads the name of a member.
struct Key<'t>(Reader<'t>);

enum Name {
    Member(Text),
    /// serde_json (with `arbitrary_precision`) shows a number that is no 64-bit integer as a map with one private key.
    NumberFollows,
}

impl Name {
    fn into_member(self) -> Text {
        match self {
            Self::Member(name) => name,
            Self::NumberFollows => Text::new(),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    /// serde_json's private key lies in its own memory and every unescaped name of the body in the body, so a client
    /// that writes the private key gets an object like any other.
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name, E> {
        Ok(if self.0.holds(name) { Name::Member(self.0.text.slice_ref(name)) } else { Name::NumberFollows })
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(Name::Member(name.into()))
    }
}
