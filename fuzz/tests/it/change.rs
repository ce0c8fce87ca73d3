//! Changes of an input: of its bytes, and of the JSON in it, so that what comes of it is often JSON again.

use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::{Index, select};
use serde_json::Value;

/// What the decoders look for, and what is seldom seen.
const TOKENS: &[&str] = &[
    " eq ",
    " ne ",
    " co ",
    " pr",
    " and ",
    " or ",
    "not (",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\",
    ":",
    ",",
    ".",
    "/",
    "..",
    "%2e%2e",
    "%2F",
    "%00",
    "%ff",
    "?",
    "#",
    ";",
    "\r\n",
    "\u{0}",
    "\u{feff}",
    "é",
    "\u{10ffff}",
    "\\ud800",
    "null",
    "true",
    "-0",
    "1e999",
    "18446744073709551616",
    "value",
    "$ref",
    "primary",
    "schemas",
    "meta",
    "id",
    "active",
    "members",
    "urn:",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "emails[type eq \"work\"].value",
    "filter=",
    "&count=0",
    "cursor=",
    "Retry-After: 1\r\n",
    "2011-05-13T04:42:34Z",
];

/// One change.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Bytes are left out.
    Cut(Index, u8),
    /// A token is put in.
    Insert(Index, &'static str),
    /// A byte becomes another.
    Set(Index, u8),
    /// Bytes of it are repeated.
    Repeat(Index, u8, u8),
    /// From a place on it is another input.
    Splice(Index, Index),
    /// A value in its JSON becomes one of another input's.
    Graft(Index, Index),
    /// A value in its JSON becomes this.
    Plant(Index, &'static str),
    /// An object in its JSON gets a member of another input's.
    Member(Index, Index),
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    let json = select(&["null", "true", "\"\"", "\"1\"", "[]", "{}", "[null]", "-1", "[[[]]]", "{\"value\":null}"][..]);
    prop_oneof![
        1 => (index(), any::<u8>()).prop_map(|(at, length)| Change::Cut(at, length)),
        2 => (index(), select(TOKENS)).prop_map(|(at, token)| Change::Insert(at, token)),
        1 => (index(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => (index(), any::<u8>(), prop_oneof![4 => 1..3_u8, 1 => Just(u8::MAX)]).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        1 => (index(), index()).prop_map(|(at, from)| Change::Splice(at, from)),
        4 => (index(), index()).prop_map(|(at, from)| Change::Graft(at, from)),
        3 => (index(), json).prop_map(|(at, json)| Change::Plant(at, json)),
        3 => (index(), index()).prop_map(|(at, from)| Change::Member(at, from)),
    ]
}

impl Change {
    pub(crate) fn apply(&self, input: &mut Vec<u8>, other: &[u8]) {
        let place = |index: &Index, length: usize| index.index(length + 1);
        match self {
            Self::Cut(at, length) => {
                let at = place(at, input.len());
                input.drain(at..(at + usize::from(*length)).min(input.len()));
            }
            Self::Insert(at, token) => {
                let at = place(at, input.len());
                input.splice(at..at, token.bytes());
            }
            Self::Set(at, byte) if !input.is_empty() => *at.get_mut(input) = *byte,
            Self::Set(..) => {}
            Self::Repeat(at, length, times) => {
                let at = place(at, input.len());
                let piece = input[at..(at + usize::from(*length)).min(input.len())].repeat(usize::from(*times));
                input.splice(at..at, piece);
            }
            Self::Splice(at, from) => {
                input.truncate(place(at, input.len()));
                input.extend(&other[place(from, other.len())..]);
            }
            Self::Graft(at, from) => within(input, |json| {
                let values = json_of(other).map(|(_, other)| values(&other)).unwrap_or_default();
                if !values.is_empty() {
                    set(json, at, from.get(&values).clone());
                }
            }),
            Self::Plant(at, value) => within(input, |json| set(json, at, serde_json::from_str(value).expect("JSON"))),
            Self::Member(at, from) => within(input, |json| {
                let members = json_of(other).map(|(_, other)| members(&other)).unwrap_or_default();
                if !members.is_empty() {
                    let (name, value) = from.get(&members).clone();
                    insert(json, at, name, value);
                }
            }),
        }
    }
}

/// Where the JSON of an input begins, and the JSON: all of it, or what stands behind an empty line.
fn json_of(input: &[u8]) -> Option<(usize, Value)> {
    let behind = |line: &[u8]| input.windows(line.len()).position(|window| window == line).map(|at| at + line.len());
    [Some(0), behind(b"\r\n\r\n"), behind(b"\n\n")]
        .into_iter()
        .flatten()
        .find_map(|begin| Some((begin, serde_json::from_slice(&input[begin..]).ok()?)))
}

fn within(input: &mut Vec<u8>, change: impl FnOnce(&mut Value)) {
    if let Some((begin, mut json)) = json_of(input) {
        change(&mut json);
        input.truncate(begin);
        input.extend(json.to_string().bytes());
    }
}

/// A value and all below it.
fn values(json: &Value) -> Vec<Value> {
    let below: Vec<&Value> = match json {
        Value::Array(values) => values.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    };
    std::iter::once(json.clone()).chain(below.into_iter().flat_map(values)).collect()
}

fn members(json: &Value) -> Vec<(String, Value)> {
    let of = |value: Value| match value {
        Value::Object(members) => members.into_iter().collect(),
        _ => Vec::new(),
    };
    values(json).into_iter().flat_map(of).collect()
}

/// The values in the order of [`values`], to be changed.
fn at<'a>(json: &'a mut Value, nth: &mut usize) -> Option<&'a mut Value> {
    if *nth == 0 {
        return Some(json);
    }
    *nth -= 1;
    match json {
        Value::Array(values) => values.iter_mut().find_map(|value| at(value, nth)),
        Value::Object(members) => members.values_mut().find_map(|value| at(value, nth)),
        _ => None,
    }
}

fn set(json: &mut Value, place: &Index, value: Value) {
    let mut nth = place.index(values(json).len());
    if let Some(found) = at(json, &mut nth) {
        *found = value;
    }
}

fn insert(json: &mut Value, place: &Index, name: String, value: Value) {
    let objects =
        values(json).iter().enumerate().filter(|(_, value)| value.is_object()).map(|(nth, _)| nth).collect::<Vec<_>>();
    if objects.is_empty() {
        return;
    }
    let mut nth = *place.get(&objects);
    if let Some(Value::Object(members)) = at(json, &mut nth) {
        members.insert(name, value);
    }
}
