//! The expressions that are voted on.

use crate::random::Random;

/// Those on which parsers are known to differ, and those that rfc-traps names.
pub(super) const NAMED: &[&str] = &[
    r#"userName eq a"#,
    r#"userName eq 'a'"#,
    r#"userName eq"a""#,
    r#"userName eq "a" "#,
    r#"userName eq "a\"b""#,
    r#"active eq True"#,
    r#"active eq true"#,
    r#"age gt -3.5e2"#,
    r#"not title pr"#,
    r#"not(title pr)"#,
    r#"not (title pr)"#,
    r#"((title pr))"#,
    r#"emails[(type eq "work" or type eq "home") and primary eq true]"#,
    r#"emails[not (type eq "work")]"#,
    r#"emails[type eq "work"].value eq "a""#,
    r#"emails[type eq "work"].value pr"#,
    r#"emails[]"#,
    r#"userName eq"#,
    r#"eq "a""#,
    r#"x eq "a" and"#,
    r#"and x eq "a""#,
    r#"userName"#,
    r#"userName eq "a")"#,
    r#"(userName eq "a""#,
    r#"a.b.c eq "x""#,
    r#"members.$ref eq "x""#,
    r#"members[$ref eq "https://h/v2/Users/1"]"#,
    r#"meta.created gt 2011-05-13T04:42:34Z"#,
    r#"meta.created gt "2011-05-13T04:42:34Z""#,
    r#"2x eq "a""#,
    r#"sn-x eq "a""#,
    r#"s_n eq "a""#,
    r#"emails[type eq "a]b"]"#,
    r#"emails [type eq "work"]"#,
    r#"emails[type eq "work" and value co "@x.io"] or ims[type eq "xmpp" and value co "@y.io"]"#,
    r#"userName EQ "alpha""#,
    r#"title PR AND active Eq true"#,
    r#"NOT (title pr)"#,
    r#"a pr or b pr and c pr"#,
    r#"a pr and b pr or c pr"#,
    r#"(a pr or b pr) and c pr"#,
    r#"not (a pr or b pr) and c pr"#,
    r#"not (a pr) or not (b pr) and not (c pr)"#,
    r#"title pr "x""#,
    r#"title eq null"#,
    r#"title ne null"#,
    r#"userName eq "a) or (b""#,
    r#"userName eq " and ""#,
    r#"displayName eq "say \"hi\" \\o/""#,
    r#"displayName eq "\u0041\ud83d\ude00""#,
    r#"displayName eq "\x""#,
    r#"displayName eq "a"#,
    r#"userName  eq   "a""#,
    r#" userName eq "a""#,
    r#"userName regex "a""#,
    r#"userName eq "a" xor title pr"#,
    r#"userName eq "a" title pr"#,
    r#"URN:IETF:Params:scim:schemas:core:2.0:user:userName eq "alpha""#,
    r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "1""#,
    r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr"#,
    r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
    r#"id eq "g1" and members[value eq "u1"]"#,
    r#"10 gt 9"#,
    r#"n eq 1.0"#,
    r#"n eq 01"#,
    r#"n eq +1"#,
    r#"n eq -1"#,
    r#"n eq .5"#,
    r#"n eq 12345"#,
    r#"emails[type eq "work"]and title pr"#,
    r#"(title pr)and(active eq true)"#,
    r#"emails[type eq "work"][value eq "x"]"#,
    r#"emails[ims[type eq "x"]]"#,
    r#"emails.type[value eq "x"]"#,
    r#"emails[name.givenName co "x"]"#,
    r#"(emails)[type eq "work"]"#,
    r#"not (not (title pr))"#,
    r#"()"#,
    r#""#,
    r#"title"#,
    r#"title eq "a" or"#,
    r#"title eq {"a":1}"#,
    r#"title eq ["a"]"#,
    r#"title eq "a", "b""#,
    r#"not title"#,
    r#"not eq "a""#,
    r#"and eq "a""#,
    r#"pr pr"#,
    r#"never pr"#,
    r#"andy eq "a" and orla eq "b""#,
    r#"falsehood eq "a""#,
];

const PATHS: &[&str] = &[
    "userName",
    "title",
    "a",
    "b",
    "name.givenName",
    "emails.type",
    "emails",
    "members.$ref",
    "sn-x",
    "x_y",
    "meta.created",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
    "X1",
    "notes",
    "order",
    "prefix",
];
const SUBS: &[&str] = &["type", "value", "primary", "display", "$ref"];
const OPERATORS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
const LITERALS: &[&str] = &[
    "\"a\"",
    "\"\"",
    "\"a b\"",
    "\"a\\\"b\"",
    "\"a\\\\\"",
    "\"a]b\"",
    "\"a) or (b\"",
    "\" and \"",
    "\"é\"",
    "\"\\u00e9\"",
    "\"true\"",
    "\"2011-05-13T04:42:34Z\"",
    "true",
    "false",
    "null",
    "0",
    "7",
    "42",
    "-1",
    "2.5",
    "-3.5e2",
    "1E3",
];

/// A filter, in which one of three has a mistake.
pub(super) fn expression(random: &mut Random) -> String {
    let mut tokens = Vec::new();
    filter(random, 3, PATHS, &mut tokens);
    if random.chance(33) {
        mistake(random, &mut tokens);
    }
    let space = if random.chance(5) { "  " } else { " " };
    let mut text = String::new();
    for token in tokens {
        let tight = text.ends_with(['(', '[']) || token.starts_with([')', ']', '[']) || text.is_empty();
        text = text + if tight { "" } else { space } + &token;
    }
    text
}

fn filter(random: &mut Random, depth: usize, paths: &[&str], tokens: &mut Vec<String>) {
    let join = |random: &mut Random| (*random.pick(&["and", "or", "AND", "Or", "and", "or"])).to_owned();
    match random.below(if depth == 0 { 4 } else { 10 }) {
        0 => tokens.extend([pick(random, paths), "pr".to_owned()]),
        1..=3 => comparison(random, paths, tokens),
        4..=6 => {
            filter(random, depth - 1, paths, tokens);
            tokens.push(join(random));
            filter(random, depth - 1, paths, tokens);
        }
        7 => enclosed(random, "(", ")", depth, paths, tokens),
        8 => {
            tokens.push("not".to_owned());
            enclosed(random, "(", ")", depth, paths, tokens);
        }
        _ if paths == SUBS => comparison(random, paths, tokens),
        _ => {
            tokens.push(pick(random, &["emails", "members"]));
            enclosed(random, "[", "]", depth, SUBS, tokens);
        }
    }
}

fn enclosed(random: &mut Random, open: &str, close: &str, depth: usize, paths: &[&str], tokens: &mut Vec<String>) {
    tokens.push(open.to_owned());
    filter(random, depth - 1, paths, tokens);
    tokens.push(close.to_owned());
}

fn comparison(random: &mut Random, paths: &[&str], tokens: &mut Vec<String>) {
    let op = pick(random, OPERATORS);
    let op = if random.chance(10) { op.to_uppercase() } else { op };
    tokens.extend([pick(random, paths), op, pick(random, LITERALS)]);
}

fn pick(random: &mut Random, choices: &[&str]) -> String {
    (*random.pick(choices)).to_owned()
}

/// A token too many, too few, in another's place, or another.
fn mistake(random: &mut Random, tokens: &mut Vec<String>) {
    let at = random.below(tokens.len());
    match random.below(5) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[at].clone()),
        2 => tokens[at] = pick(random, &["and", "not", "(", ")", "[", "]", "xor", "'a'", "a", ",", "\"", "eq", "=="]),
        3 => {
            let other = random.below(tokens.len());
            tokens.swap(at, other);
        }
        _ => tokens.truncate(at + 1),
    }
}
