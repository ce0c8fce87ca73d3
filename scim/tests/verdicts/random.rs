//! Random resources and PATCH operations, made from the schemas.

use scimux_scim::schema::Kind;
use scimux_scim::{Attribute, AttributePath, ResourceType};
use serde_json::{Map, Value, json};

/// The seed where none is given: what one commit passes, the next one must pass too.
const SEED: u64 = 1;

/// The seed of `SCIMUX_TEST_SEED`, `new` for another one each time; it is printed so that the run can be repeated.
#[expect(clippy::print_stdout, reason = "a test's output is shown where it fails")]
pub(crate) fn seed() -> u64 {
    let seed = match std::env::var("SCIMUX_TEST_SEED").ok().as_deref() {
        None => SEED,
        Some("new") => {
            let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970");
            u64::from(since.subsec_nanos()) ^ since.as_secs()
        }
        Some(given) => given.parse().expect("SCIMUX_TEST_SEED is a number, or `new`"),
    };
    println!("SCIMUX_TEST_SEED={seed}");
    seed
}

/// How many cases are made.
pub(crate) fn cases(default: usize) -> usize {
    let given = std::env::var("SCIMUX_TEST_CASES").ok();
    given.map_or(default, |text| text.parse().expect("SCIMUX_TEST_CASES is a number"))
}

/// A source of choices (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }

    /// True so many times of a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Letters in other cases.
    fn any_case(&mut self, text: &str) -> String {
        text.chars().map(|c| if self.chance(50) { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
    }
}

const TEXTS: &[&str] = &["a", "A", "b", "work", "home", "c d", "é", "say \"hi\"", "a]b", "x.y", "1"];
const TYPES: &[&str] = &["work", "home", "Work", "other"];
const INSTANTS: &[&str] = &["2011-05-13T04:42:34Z", "2011-05-13T06:42:34+02:00", "2012-01-01T00:00:00Z"];
const URIS: &[&str] = &["https://example.com/a", "https://example.com/b"];

/// A resource that every server takes.
pub(crate) fn resource(random: &mut Random, kind: &ResourceType) -> Value {
    let mut resource = Map::new();
    let mut schemas = vec![json!(kind.schema.id)];
    for attribute in writable(&kind.schema.attributes) {
        if attribute.required || random.chance(30) {
            resource.insert(attribute.name.to_string(), value(random, attribute));
        }
    }
    for extension in kind.extensions.iter().map(|extension| &extension.schema) {
        let mut container = Map::new();
        for attribute in writable(&extension.attributes) {
            if random.chance(30) {
                container.insert(attribute.name.to_string(), value(random, attribute));
            }
        }
        if !container.is_empty() {
            schemas.push(json!(extension.id));
            resource.insert(extension.id.to_string(), container.into());
        }
    }
    resource.insert("schemas".into(), schemas.into());
    resource.into()
}

fn writable(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes.iter().filter(|attribute| !attribute.is_read_only()).collect()
}

/// A value of the attribute's type.
pub(crate) fn value(random: &mut Random, attribute: &Attribute) -> Value {
    if !attribute.multi_valued {
        return single(random, attribute);
    }
    let mut elements: Vec<Value> = Vec::new();
    for _ in 0..1 + random.below(3) {
        let element = single(random, attribute);
        if !elements.contains(&element) {
            elements.push(element);
        }
    }
    let primaries = elements.iter_mut().filter(|element| element["primary"] == true);
    primaries.skip(1).for_each(|element| element["primary"] = false.into());
    elements.into()
}

fn single(random: &mut Random, attribute: &Attribute) -> Value {
    match attribute.kind {
        Kind::Complex => complex(random, attribute),
        Kind::Boolean => random.chance(50).into(),
        Kind::Integer => random.below(3).into(),
        Kind::Decimal => random.pick(&[json!(0.5), json!(2.5), json!(-1.25)]).clone(),
        Kind::DateTime => (*random.pick(INSTANTS)).into(),
        Kind::Binary => (*random.pick(&["AQ==", "AgM=", "aaaa"])).into(),
        Kind::Reference => (*random.pick(URIS)).into(),
        Kind::String if attribute.name == "type" => (*random.pick(TYPES)).into(),
        Kind::String => (*random.pick(TEXTS)).into(),
    }
}

fn complex(random: &mut Random, attribute: &Attribute) -> Value {
    let subs = writable(&attribute.sub_attributes);
    // Of `meta` no part may be written.
    let subs = if subs.is_empty() { attribute.sub_attributes.iter().collect() } else { subs };
    let mut parts = Map::new();
    while parts.is_empty() {
        for sub in &subs {
            if sub.required || random.chance(if sub.name == "value" { 80 } else { 35 }) {
                parts.insert(sub.name.to_string(), value(random, sub));
            }
        }
    }
    parts.into()
}

/// One to four operations, most of them valid, some in the dialects of clients, some wrong.
pub(crate) fn operations(random: &mut Random, kind: &ResourceType) -> Vec<Value> {
    (0..1 + random.below(4)).map(|_| operation(random, kind)).collect()
}

fn operation(random: &mut Random, kind: &ResourceType) -> Value {
    let mut op = (*random.pick(&["add", "replace", "remove"])).to_owned();
    if random.chance(10) {
        op = random.any_case(&op);
    }
    let is_remove = op.eq_ignore_ascii_case("remove");
    let (path, mut value) = match random.below(20) {
        0..=3 if !is_remove => (None, pathless(random, kind)),
        4 => extension(random, kind),
        5 => wrong(random, kind),
        _ => target(random, kind),
    };
    if random.chance(8) {
        value = distorted(random, value);
    }
    let mut operation = Map::from_iter([("op".to_owned(), op.into())]);
    operation.extend(path.map(|path| ("path".to_owned(), path.into())));
    if !is_remove || random.chance(10) {
        operation.insert("value".into(), value);
    }
    operation.into()
}

/// A pathless value: some attributes, some as paths, some below their schema's URN.
fn pathless(random: &mut Random, kind: &ResourceType) -> Value {
    let mut members = Map::new();
    for _ in 0..1 + random.below(3) {
        let (name, value) = match random.below(10) {
            0..=1 => extension(random, kind),
            2..=3 => target(random, kind),
            _ => {
                let (path, attribute) = attribute(random, kind);
                (Some(path.to_string()), value(random, &attribute))
            }
        };
        let name = name.filter(|name| !members.keys().any(|other| other.eq_ignore_ascii_case(name)));
        members.extend(name.map(|name| (name, value)));
    }
    members.into()
}

/// A whole extension, or the base schema.
fn extension(random: &mut Random, kind: &ResourceType) -> (Option<String>, Value) {
    let schemas: Vec<_> = kind.extensions.iter().map(|extension| &extension.schema).chain([&kind.schema]).collect();
    let schema = *random.pick(&schemas);
    let mut members = Map::new();
    for _ in 0..1 + random.below(2) {
        let attribute = *random.pick(&writable(&schema.attributes));
        members.insert(attribute.name.to_string(), value(random, attribute));
    }
    (Some(schema.id.to_string()), members.into())
}

fn attribute(random: &mut Random, kind: &ResourceType) -> (AttributePath, Attribute) {
    let all: Vec<_> = kind.attributes().filter(|(_, attribute)| !attribute.is_read_only()).collect();
    let (path, attribute) = random.pick(&all).clone();
    (path, attribute.clone())
}

/// A path to an attribute, a part of it or some of its values, and a value for what it leads to.
fn target(random: &mut Random, kind: &ResourceType) -> (Option<String>, Value) {
    let (path, attribute) = attribute(random, kind);
    let mut text = path.to_string();
    if random.chance(5) {
        text = random.any_case(&text);
    }
    if attribute.multi_valued && random.chance(60) {
        text = format!("{text}[{}]", filter(random, &attribute));
        return match random.pick(&attribute.sub_attributes.iter().map(Some).chain([None]).collect::<Vec<_>>()) {
            Some(sub) => (Some(format!("{text}.{}", sub.name)), value(random, sub)),
            None => (Some(text), single(random, &attribute)),
        };
    }
    if attribute.kind == Kind::Complex && random.chance(40) {
        let sub = random.pick(&attribute.sub_attributes);
        return (Some(format!("{text}.{}", sub.name)), value(random, sub));
    }
    (Some(text), value(random, &attribute))
}

/// A value filter for the attribute.
pub(crate) fn filter(random: &mut Random, attribute: &Attribute) -> String {
    match random.below(10) {
        0 => format!("{} and {}", term(random, attribute), term(random, attribute)),
        1 => format!("{} or {}", term(random, attribute), term(random, attribute)),
        2 => format!("not ({})", term(random, attribute)),
        _ => term(random, attribute),
    }
}

fn term(random: &mut Random, attribute: &Attribute) -> String {
    let simple;
    let sub = match attribute.kind {
        Kind::Complex => random.pick(&attribute.sub_attributes),
        _ => {
            simple = Attribute { name: "value".into(), multi_valued: false, ..attribute.clone() };
            &simple
        }
    };
    let op = match sub.kind {
        _ if random.chance(75) => "eq",
        Kind::String => *random.pick(&["ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]),
        _ => "ne",
    };
    match random.chance(8) {
        true => format!("{} pr", sub.name),
        false => format!("{} {op} {}", sub.name, single(random, sub)),
    }
}

/// What no server does as asked.
fn wrong(random: &mut Random, kind: &ResourceType) -> (Option<String>, Value) {
    let read_only = kind.attributes().filter(|(_, attribute)| attribute.is_read_only());
    let read_only: Vec<String> = read_only.map(|(path, _)| path.to_string()).collect();
    let path = match random.below(4) {
        0 => random.pick(&read_only).clone(),
        1 => {
            (*random.pick(&["nope", "emails.nope", "name.givenName.x", "urn:nobody:1.0:User:a", "schemas"])).to_owned()
        }
        2 => (*random.pick(&["emails[", "emails[]", "emails[type eq \"work\"", "emails[type zz \"w\"]", "emails[0]"]))
            .to_owned(),
        _ => (*random.pick(&["emails[nope eq 1]", "name[givenName eq \"a\"]", "/emails/0", "a b", "id", "meta"]))
            .to_owned(),
    };
    (Some(path), json!("a"))
}

/// A value as no schema wants it, though some clients send such.
fn distorted(random: &mut Random, value: Value) -> Value {
    match random.below(9) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!(""),
        4 => json!([value]),
        5 => match value {
            Value::Array(mut elements) if !elements.is_empty() => elements.remove(0),
            value => json!([value.clone(), value]),
        },
        6 => match value {
            Value::Bool(value) => json!(if value { "True" } else { "False" }),
            Value::Number(digits) => digits.to_string().into(),
            Value::Object(parts) => parts.values().next().cloned().unwrap_or(Value::Null),
            _ => json!(7),
        },
        7 => json!(true),
        _ if value.is_object() || value.is_array() => value.to_string().into(),
        _ => value,
    }
}
