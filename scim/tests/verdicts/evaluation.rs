//! What filters find, compared with `scim2-server`: the same users, the same filter, the same ids.

mod known;

use std::collections::BTreeSet;

use scimux_scim::schema::{self, Kind};
use scimux_scim::{Attribute, AttributePath, Filter, Object, ResourceType};
use serde_json::{Value, json};

use crate::random::{self, Random};
use crate::server::Server;
use crate::users::{EXAMPLES, nameless, object, primary_spelled_out, user_type};
use known::{KNOWN, Known, Leaf, Meaning};

/// The ids found, or status and `scimType` of the refusal.
type Found = Result<BTreeSet<String>, String>;

/// The same users on both sides.
struct Users {
    server: Server,
    kind: ResourceType,
    ours: Vec<Object>,
}

impl Users {
    fn random(random: &mut Random) -> Self {
        let kind = user_type();
        let user = |number| {
            let mut user = random::resource(random, &kind);
            user["userName"] = format!("{} {number}", user["userName"].as_str().unwrap_or_default()).into();
            user
        };
        Self::new((0..12).map(user).collect())
    }

    fn new(users: Vec<Value>) -> Self {
        let server = Server::start();
        let created = |user: &Value| {
            let (status, created) = server.send("POST", "/Users", user);
            assert_eq!(status, 201, "{created} for {user}");
            object(&created)
        };
        Self { ours: users.iter().map(created).collect(), server, kind: user_type() }
    }

    fn ours(&self, filter: &str) -> Found {
        let compiled = Filter::parse(filter, &self.kind).and_then(|filter| filter.compile(&self.kind));
        let compiled = compiled
            .map_err(|error| format!("{} {}", error.status, error.scim_type.map_or("", |kind| kind.as_str())))?;
        let found = self.ours.iter().filter(|user| compiled.matches(user));
        Ok(found.filter_map(|user| user.str("id")).map(str::to_owned).collect())
    }

    fn theirs(&self, filter: &str) -> Found {
        let escaped: String = filter.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (status, body) = self.server.send("GET", &format!("/Users?filter={escaped}"), &Value::Null);
        if status != 200 {
            return Err(format!("{status} {}", body["scimType"].as_str().unwrap_or_default()));
        }
        let found = body["Resources"].as_array().into_iter().flatten();
        Ok(found.filter_map(|user| user["id"].as_str()).map(str::to_owned).collect())
    }

    /// A difference that is not listed: of the filter, or of a term of it.
    fn unlisted(&self, filter: &str) -> Option<String> {
        let (ours, theirs) = (self.ours(filter), self.theirs(filter));
        if ours == theirs {
            return None;
        }
        let parsed = Filter::parse(filter, &nameless(&self.kind)).ok()?;
        let spelled = inside_brackets(&parsed).to_string();
        if spelled != filter && ours == self.ours(&spelled) && ours == self.theirs(&spelled) {
            return None;
        }
        let leaves = leaves(&parsed);
        let verdicts: Vec<_> = leaves.iter().map(|leaf| self.leaf(leaf)).collect();
        match verdicts.iter().flatten().next() {
            None => Some(told(filter, &ours, &theirs)),
            Some(_) => verdicts.into_iter().flatten().find_map(Result::err),
        }
    }

    /// What the difference on a term is known for.
    fn known(&self, filter: &Filter, ours: &Found, theirs: &Found) -> Option<(&'static Known, Meaning)> {
        let leaf = Leaf::new(filter, &self.kind, ours, theirs)?;
        KNOWN.iter().find_map(|known| Some((known, (known.meaning)(&leaf)?)))
    }

    /// The verdict on a term on which we differ.
    fn leaf(&self, filter: &Filter) -> Option<Result<(), String>> {
        let text = filter.to_string();
        let (ours, theirs) = (self.ours(&text), self.theirs(&text));
        if ours == theirs {
            return None;
        }
        let meaning = self.known(filter, &ours, &theirs).map(|(_, meaning)| meaning);
        Some(match meaning {
            None => Err(told(&text, &ours, &theirs)),
            Some(Meaning::Stays) => Ok(()),
            Some(Meaning::As(strict)) => {
                let meant = self.theirs(&strict);
                let again = Filter::parse(&strict, &nameless(&self.kind)).ok().filter(|again| again != filter);
                let differs = || told(&format!("{text}, read as {strict}"), &ours, &meant);
                match again.filter(|_| ours != meant && ours == self.ours(&strict)).and_then(|again| self.leaf(&again))
                {
                    Some(verdict) => verdict,
                    None => (ours == meant).then_some(()).ok_or_else(differs),
                }
            }
        })
    }
}

fn told(filter: &str, ours: &Found, theirs: &Found) -> String {
    format!("{filter}\n    ours   {ours:?}\n    theirs {theirs:?}")
}

/// The filter with what it says inside brackets of an absent `primary` said for the server (rfc-traps 45).
fn inside_brackets(filter: &Filter) -> Filter {
    let all = |parts: &[Filter]| parts.iter().map(inside_brackets).collect();
    match filter {
        Filter::And(parts) => Filter::And(all(parts)),
        Filter::Or(parts) => Filter::Or(all(parts)),
        Filter::Not(inner) => Filter::Not(Box::new(inside_brackets(inner))),
        Filter::ValuePath(path, inner) => Filter::ValuePath(path.clone(), Box::new(primary_spelled_out(inner))),
        other => other.clone(),
    }
}

/// The terms of a filter, those inside brackets each in brackets of its own.
fn leaves(filter: &Filter) -> Vec<Filter> {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().flat_map(leaves).collect(),
        Filter::Not(inner) => leaves(inner),
        Filter::ValuePath(path, inner) => {
            leaves(inner).into_iter().map(|leaf| Filter::ValuePath(path.clone(), Box::new(leaf))).collect()
        }
        leaf => vec![leaf.clone()],
    }
}

fn filter(random: &mut Random, kind: &ResourceType, depth: usize) -> String {
    match random.below(if depth == 0 { 6 } else { 10 }) {
        0..=5 => term(random, kind),
        6 => format!("{} and {}", filter(random, kind, depth - 1), filter(random, kind, depth - 1)),
        7 => format!("{} or {}", filter(random, kind, depth - 1), filter(random, kind, depth - 1)),
        8 => format!("not ({})", filter(random, kind, depth - 1)),
        _ => format!("({}) and {}", filter(random, kind, depth - 1), filter(random, kind, depth - 1)),
    }
}

fn term(random: &mut Random, kind: &ResourceType) -> String {
    let all: Vec<(AttributePath, &Attribute)> = kind.attributes().collect();
    let (path, attribute) = random.pick(&all).clone();
    if attribute.multi_valued && random.chance(50) {
        return format!("{path}[{}]", random::filter(random, attribute));
    }
    let (path, leaf) = match random.chance(if attribute.kind == Kind::Complex { 90 } else { 0 }) {
        true => {
            // Each server writes the location as it is asked, and has its own idea of a version.
            let subs = attribute.sub_attributes.iter().filter(|sub| !["location", "version"].contains(&&*sub.name));
            let sub = *random.pick(&subs.collect::<Vec<_>>());
            (path.with_sub(&*sub.name), sub)
        }
        false => (path, attribute),
    };
    if random.chance(15) {
        return format!("{path} pr");
    }
    // Terms on these are not taken apart, see `nameless`.
    let is_common = schema::common().iter().any(|common| common.name == attribute.name);
    let op = *random.pick(&["eq", "eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let value = match random::value(random, leaf) {
        _ if !is_common && random.chance(5) => {
            random.pick(&[json!(null), json!("x"), json!(1), json!("true"), json!(false)]).clone()
        }
        Value::Array(elements) => elements[0].clone(),
        value => value,
    };
    let value = if value.is_object() { json!("a") } else { value };
    format!("{path} {op} {value}")
}

#[test]
fn filters_find_what_scim2_server_finds() {
    let mut random = Random(random::seed());
    let users = Users::random(&mut random);
    let filters = (0..random::cases(300)).map(|_| filter(&mut random, &users.kind, 2));
    let unlisted: BTreeSet<String> = filters.filter_map(|filter| users.unlisted(&filter)).collect();
    assert!(
        unlisted.is_empty(),
        "{} unlisted:\n{}",
        unlisted.len(),
        unlisted.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// What is listed and no longer so would hide a mistake.
#[test]
fn each_known_difference_is_one() {
    let users = Users::new(vec![serde_json::from_str(EXAMPLES[0]).expect("a user")]);
    let is_shown = |known: &&Known| {
        let filter = Filter::parse(known.example, &nameless(&users.kind)).expect(known.example);
        let (ours, theirs) = (users.ours(known.example), users.theirs(known.example));
        let shown = users.known(&filter, &ours, &theirs).filter(|_| ours != theirs);
        shown.is_some_and(|(shown, _)| std::ptr::eq(shown, *known))
    };
    let stale: Vec<_> = KNOWN.iter().filter(|known| !is_shown(known)).map(|known| (known.trap, known.why)).collect();
    assert!(stale.is_empty(), "listed, and not so: {stale:?}");
}
