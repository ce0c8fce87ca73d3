//! The differences from `scim2-server` that are known, each with what decides it.

mod lists;
mod refusals;
mod values;

use scimux_scim::AttributePath;
use scimux_scim::schema::Kind;
use serde_json::{Value, json};

use super::step::Step;
use By::{Rule, Section, Trap};

/// What decides a difference.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code)] // read by Debug, where a difference is told
pub(super) enum By {
    /// An entry of rfc-traps.
    Trap(u16),
    /// A rule of clients.md, section 13.
    Rule(u8),
    /// A section of RFC 7643.
    Section(&'static str),
}

/// What a difference means for the verdict.
pub(super) enum Meaning {
    /// The server must come to our result when the operation is written as these.
    As(Vec<Value>),
    /// This state is what must come.
    Is(Value),
    /// Ours stays.
    Stays,
}

/// A difference that is known.
pub(super) struct Known {
    pub(super) by: By,
    pub(super) why: &'static str,
    /// Whether this is the difference, and what follows.
    pub(super) meaning: fn(&Step<'_>) -> Option<Meaning>,
    /// An operation that shows it, on the user or the group of [`crate::users::EXAMPLES`].
    pub(super) example: &'static str,
}

impl Known {
    pub(super) fn told(&self) -> String {
        format!("{:?}: {}", self.by, self.why)
    }
}

const fn known(by: By, why: &'static str, meaning: fn(&Step<'_>) -> Option<Meaning>, example: &'static str) -> Known {
    Known { by, why, meaning, example }
}

/// Those that read an operation otherwise come first: what is left of the difference then has an entry of its own.
pub(super) const KNOWN: &[Known] = &[
    known(
        Trap(113),
        "what is wrong inside the brackets may be invalidFilter or invalidPath",
        refusals::brackets,
        r#"{"op":"remove","path":"emails[]"}"#,
    ),
    known(
        Trap(121),
        "a value filter on a single value may be invalidPath or invalidFilter",
        refusals::single,
        r#"{"op":"remove","path":"name[givenName eq \"G\"]"}"#,
    ),
    known(
        Trap(114),
        "an unknown attribute is told before the value is looked at",
        refusals::unknown,
        r#"{"op":"remove","path":"nope","value":"a"}"#,
    ),
    known(
        Trap(120),
        "a value without path says one thing for each of its members",
        each_member,
        r#"{"op":"replace","value":{"title":["X"],"active":false}}"#,
    ),
    known(
        Trap(9),
        "a value for a schema says one thing for each of its attributes",
        each_of_container,
        r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","value":{"department":["D"]}}"#,
    ),
    known(
        Rule(13),
        "JSON in a string is what it holds",
        values::parsed,
        r#"{"op":"replace","value":"{\"title\":\"X\"}"}"#,
    ),
    known(
        Trap(27),
        "booleans in strings are booleans, also in what is created",
        |step| values::retyped(step, values::boolean),
        r#"{"op":"add","path":"emails[type eq \"fax\"].primary","value":"False"}"#,
    ),
    known(
        Trap(30),
        "a number where text belongs is its digits",
        |step| values::retyped(step, values::digits),
        r#"{"op":"replace","path":"title","value":7}"#,
    ),
    known(
        Trap(41),
        "one element of a list where one value belongs is the value",
        |step| values::retyped(step, values::unwrapped),
        r#"{"op":"replace","path":"title","value":["X"]}"#,
    ),
    known(
        Trap(42),
        "one value where a list belongs is a list of it",
        |step| values::retyped(step, values::wrapped),
        r#"{"op":"replace","path":"emails","value":"x@x.io"}"#,
    ),
    known(
        Rule(12),
        "a bare value for a complex attribute is its value",
        |step| values::retyped(step, values::in_value),
        r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"8"}"#,
    ),
    known(
        Rule(8),
        "an empty value or reference is none",
        |step| values::retyped(step, values::emptied),
        r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":""}}"#,
    ),
    known(
        Trap(24),
        "what no schema knows of a value is left out",
        |step| values::retyped(step, values::known_parts),
        r#"{"op":"replace","path":"name","value":{"nope":"x"}}"#,
    ),
    known(
        Trap(182),
        "remove with a value means these values",
        lists::remove_these,
        r#"{"op":"remove","path":"members","value":[{"value":"u1"}]}"#,
    ),
    known(
        Trap(150),
        "readOnly is told before the value is looked at",
        refusals::read_only,
        r#"{"op":"add","path":"groups","value":null}"#,
    ),
    known(
        Rule(3),
        "a key with a value filter is a path",
        key_is_path,
        r#"{"op":"replace","value":{"emails[type eq \"home\"].value":"x@x.io"}}"#,
    ),
    known(
        Trap(152),
        "add of nothing changes nothing",
        values::nothing_added,
        r#"{"op":"add","path":"title","value":null}"#,
    ),
    known(
        Trap(167),
        "replace by nothing is remove",
        values::nothing_put,
        r#"{"op":"replace","path":"emails[type eq \"fax\"]","value":null}"#,
    ),
    known(
        Trap(144),
        "add creates the element that the value filter describes",
        lists::create,
        r#"{"op":"add","path":"emails[type eq \"fax\"].value","value":"f"}"#,
    ),
    known(
        Trap(13),
        "an extension's attribute needs no URN where no other has its name",
        without_urn,
        r#"{"op":"replace","value":{"department":"D"}}"#,
    ),
    known(Trap(24), "what no schema knows is left out", unknown_member, r#"{"op":"replace","value":{"nope":"x"}}"#),
    known(
        Trap(52),
        "what is required is not empty",
        refusals::empty,
        r#"{"op":"replace","path":"userName","value":""}"#,
    ),
    known(
        Trap(45),
        "primary absent is false",
        lists::primary_absent,
        r#"{"op":"replace","path":"emails[primary eq false].display","value":"D"}"#,
    ),
    known(
        Trap(148),
        "there is no element whose part could be set",
        refusals::no_element,
        r#"{"op":"replace","path":"ims.type","value":"x"}"#,
    ),
    known(
        Trap(165),
        "two elements made primary at once are refused",
        refusals::primaries,
        r#"{"op":"replace","path":"emails.primary","value":true}"#,
    ),
    known(
        Trap(29),
        "true is no number",
        refusals::no_number,
        r#"{"op":"replace","path":"urn:example:params:scim:schemas:extension:verdicts:2.0:User:seats","value":true}"#,
    ),
    known(
        Trap(31),
        "a number is no instant",
        refusals::no_instant,
        r#"{"op":"replace","path":"urn:example:params:scim:schemas:extension:verdicts:2.0:User:since","value":7}"#,
    ),
    known(
        Trap(35),
        "a reference may be relative",
        refusals::relative,
        r#"{"op":"replace","path":"profileUrl","value":"x"}"#,
    ),
    known(
        Trap(172),
        "a list of what says nothing, or of the same, is no change",
        lists::no_change,
        r#"{"op":"replace","path":"ims","value":[{"primary":false}]}"#,
    ),
    known(
        Trap(191),
        "schemas follows from the content, and the base URN stays",
        refusals::schemas,
        r#"{"op":"remove","path":"urn:ietf:params:scim:schemas:core:2.0:User"}"#,
    ),
    known(
        Trap(32),
        "an instant is kept as it is written",
        as_written,
        r#"{"op":"replace","path":"urn:example:params:scim:schemas:extension:verdicts:2.0:User:since","value":"2011-05-13T06:42:34+02:00"}"#,
    ),
    known(
        Trap(173),
        "the id of a member is told to be immutable before the filter is asked",
        refusals::immutable,
        r#"{"op":"add","path":"members[type eq \"x\" and value eq \"u9\"].value","value":"u8"}"#,
    ),
    known(
        Trap(137),
        "a member is there already if its id is",
        lists::new_members,
        r#"{"op":"add","path":"members","value":[{"value":"u1","display":"D"}]}"#,
    ),
    known(
        Trap(137),
        "what differs in letters is another element, so that a difference between two lists can say it",
        lists::letters,
        r#"{"op":"add","path":"urn:example:params:scim:schemas:extension:verdicts:2.0:User:tags","value":["A"]}"#,
    ),
    known(
        Trap(46),
        "the same value and type stand once",
        lists::merged,
        r#"{"op":"add","path":"emails","value":[{"value":"h@x.io","type":"home","display":"D"}]}"#,
    ),
    known(
        Trap(35),
        "a relative reference becomes absolute where the base URL is known",
        relative_reference,
        r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.$ref","value":"x"}"#,
    ),
    known(
        Section("2.4: $ref is the URI of what value names"),
        "a new id makes the URI beside it point elsewhere",
        stale_uri,
        r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value","value":"8"}"#,
    ),
    known(
        Trap(287),
        "of two mistakes in one operation either may be told",
        refusals::two_mistakes,
        r#"{"op":"replace","path":"emails[type eq \"fax\"].value","value":true}"#,
    ),
];

fn each_member(step: &Step<'_>) -> Option<Meaning> {
    let members = step.members().filter(|members| members.len() > 1)?;
    Some(Meaning::As(members.iter().map(|(name, value)| json!({"op": step.op(), "value": {name: value}})).collect()))
}

fn each_of_container(step: &Step<'_>) -> Option<Meaning> {
    let (path, value) = step.target()?;
    let members = value?.as_object().filter(|_| step.kind.urns().any(|urn| urn.eq_ignore_ascii_case(path)))?;
    let each = members.iter().map(|(name, value)| match step.op().as_str() {
        "remove" => json!({"op": "remove", "path": format!("{path}:{name}"), "value": value}),
        op => json!({"op": op, "value": {format!("{path}:{name}"): value}}),
    });
    Some(Meaning::As(each.collect()))
}

fn key_is_path(step: &Step<'_>) -> Option<Meaning> {
    let (key, value) = step.target()?;
    let is_key = step.members().is_some() && key.contains('[') && step.codes().1 == "invalidValue";
    is_key.then(|| Meaning::As(vec![json!({"op": step.op(), "path": key, "value": value})]))
}

fn without_urn(step: &Step<'_>) -> Option<Meaning> {
    let (text, value) = step.target()?;
    let path = step.path().filter(|path| path.urn.is_some() && !text.contains(':'))?;
    step.members().map(|_| Meaning::As(vec![json!({"op": step.op(), "value": {path.to_string(): value}})]))
}

fn unknown_member(step: &Step<'_>) -> Option<Meaning> {
    let unknown = step.members().is_some() && step.path().is_none() && step.codes() == ("ok", "invalidValue");
    unknown.then(|| Meaning::As(vec![]))
}

fn as_written(step: &Step<'_>) -> Option<Meaning> {
    let is_instant = step.leaf().is_some_and(|leaf| leaf.kind == Kind::DateTime);
    let state = step.theirs.as_ref().ok().filter(|_| is_instant)?;
    Some(Meaning::Is(set(state.clone(), &step.path()?, step.target()?.1?.clone())))
}

/// The server's state with its URIs as they were written.
fn relative_reference(step: &Step<'_>) -> Option<Meaning> {
    let state = step.theirs.as_ref().ok()?;
    let relative = with_relative(state.clone());
    (relative != *state).then_some(Meaning::Is(relative))
}

fn with_relative(value: Value) -> Value {
    let is_own = |name: &str, uri: &Value| {
        name == "$ref" && uri.as_str().is_some_and(|uri| uri.starts_with("http://127.0.0.1:"))
    };
    match value {
        Value::Array(elements) => elements.into_iter().map(with_relative).collect(),
        Value::Object(parts) => Value::Object(
            parts
                .into_iter()
                .map(|(name, value)| match is_own(&name, &value) {
                    true => (
                        name,
                        value
                            .as_str()
                            .and_then(|uri| uri.split_once("/v2/"))
                            .map_or(Value::Null, |(_, path)| path.into()),
                    ),
                    false => (name, with_relative(value)),
                })
                .collect(),
        ),
        other => other,
    }
}

/// The server's state without the old URI.
fn stale_uri(step: &Step<'_>) -> Option<Meaning> {
    let path = step.path()?;
    let is_single = step.attribute().is_some_and(|it| it.is_reference() && !it.multi_valued);
    let mut state = step.theirs.as_ref().ok().filter(|_| is_single)?.clone();
    let parts = member(&mut state, &path).as_object_mut()?;
    parts.remove("$ref")?;
    match parts.is_empty() {
        true => Some(Meaning::As(vec![json!({"op": "remove", "path": path.whole().to_string()})])),
        false => Some(Meaning::Is(state)),
    }
}

/// The state with another value at a path without filter.
fn set(mut state: Value, path: &AttributePath, value: Value) -> Value {
    match &path.sub_attribute {
        Some(sub) => member(&mut state, path)[&**sub] = value,
        None => *member(&mut state, path) = value,
    }
    state
}

fn member<'a>(state: &'a mut Value, path: &AttributePath) -> &'a mut Value {
    match &path.urn {
        Some(urn) => &mut state[&**urn][&*path.attribute],
        None => &mut state[&*path.attribute],
    }
}
