//! A small filter language of RFC 7644 section 3.4.2.2. Vendors that take less look at the parsed shape and refuse the rest.

use std::cmp::Ordering;

use serde_json::Value;

use crate::store::{Object, elements, values_at};

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Present(String),
    Compare { path: String, operator: Operator, value: Value },
    Values { attribute: String, filter: Box<Filter> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

/// Nesting beyond this is refused, so that no input exhausts the stack.
const DEPTH: usize = 32;

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Filter, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let filter = parser.either(0)?;
        match parser.tokens.get(parser.at) {
            None => Ok(filter),
            Some(token) => Err(format!("unexpected {token:?}")),
        }
    }

    /// `attribute eq "value"` and nothing else.
    pub(crate) fn single_eq(&self) -> Option<(&str, &Value)> {
        match self {
            Filter::Compare { path, operator: Operator::Eq, value } => Some((path, value)),
            _ => None,
        }
    }

    /// Every comparison in the filter, or none if it holds anything but comparisons under `and` and `or`.
    pub(crate) fn comparisons(&self) -> Option<Vec<(&str, Operator)>> {
        match self {
            Filter::And(left, right) | Filter::Or(left, right) => {
                let mut all = left.comparisons()?;
                all.extend(right.comparisons()?);
                Some(all)
            }
            Filter::Compare { path, operator, .. } => Some(vec![(path, *operator)]),
            _ => None,
        }
    }

    pub(crate) fn matches(&self, resource: &Object) -> bool {
        match self {
            Filter::And(left, right) => left.matches(resource) && right.matches(resource),
            Filter::Or(left, right) => left.matches(resource) || right.matches(resource),
            Filter::Not(inner) => !inner.matches(resource),
            Filter::Present(path) => values_at(resource, path).iter().any(|v| !v.is_null()),
            Filter::Values { attribute, filter } => {
                values_at(resource, attribute).iter().any(|v| filter.matches_value(v))
            }
            Filter::Compare { path, operator, value } => compare_at(resource, path, *operator, value),
        }
    }

    /// As `matches`, against one element of a multi-valued attribute; a bare value answers to `value`.
    pub(crate) fn matches_value(&self, element: &Value) -> bool {
        match element {
            Value::Object(object) => self.matches(object),
            other => self.matches(&Object::from_iter([("value".to_owned(), other.clone())])),
        }
    }
}

fn compare_at(resource: &Object, path: &str, operator: Operator, wanted: &Value) -> bool {
    let found = values_at(resource, path);
    let simple = found.into_iter().flat_map(|v| match v {
        Value::Object(object) => object.get("value").map_or(&[][..], elements),
        other => elements(other),
    });
    let last = path.rsplit(['.', ':']).next().unwrap_or(path);
    let exact = ["id", "externalId", "version"].iter().any(|n| n.eq_ignore_ascii_case(last));
    let mut simple = simple.peekable();
    if operator == Operator::Ne {
        return simple.all(|v| !compare(v, Operator::Eq, wanted, exact));
    }
    simple.any(|v| compare(v, operator, wanted, exact))
}

fn compare(held: &Value, operator: Operator, wanted: &Value, exact: bool) -> bool {
    let order = match (held, wanted) {
        (Value::String(held), Value::String(wanted)) => {
            let fold = |s: &String| if exact { s.clone() } else { s.to_lowercase() };
            let (held, wanted) = (fold(held), fold(wanted));
            match operator {
                Operator::Co => return held.contains(&wanted),
                Operator::Sw => return held.starts_with(&wanted),
                Operator::Ew => return held.ends_with(&wanted),
                _ => held.cmp(&wanted),
            }
        }
        (Value::Number(held), Value::Number(wanted)) => {
            let (Some(held), Some(wanted)) = (held.as_f64(), wanted.as_f64()) else {
                return false;
            };
            let Some(order) = held.partial_cmp(&wanted) else {
                return false;
            };
            order
        }
        _ => return operator == Operator::Eq && held == wanted,
    };
    match operator {
        Operator::Eq => order == Ordering::Equal,
        Operator::Gt => order == Ordering::Greater,
        Operator::Ge => order != Ordering::Less,
        Operator::Lt => order == Ordering::Less,
        Operator::Le => order != Ordering::Greater,
        Operator::Ne | Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '(' | ')' | '[' | ']' => {
                tokens.push(Token::Sign(first));
                1
            }
            '"' => {
                let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                let value = stream.next().and_then(Result::ok).ok_or("a string does not end")?;
                tokens.push(Token::Text(value));
                stream.byte_offset()
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "()[]\"".contains(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
        };
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Result<Token, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("the filter ends too early")?;
        self.at += 1;
        Ok(token)
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn skip_sign(&mut self, sign: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn either(&mut self, depth: usize) -> Result<Filter, String> {
        let mut filter = self.both(depth)?;
        while self.skip_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both(depth)?));
        }
        Ok(filter)
    }

    fn both(&mut self, depth: usize) -> Result<Filter, String> {
        let mut filter = self.term(depth)?;
        while self.skip_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.term(depth)?));
        }
        Ok(filter)
    }

    fn term(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > DEPTH {
            return Err("the filter is nested too deeply".to_owned());
        }
        if self.skip_word("not") {
            return Ok(Filter::Not(Box::new(self.group(depth)?)));
        }
        if self.tokens.get(self.at) == Some(&Token::Sign('(')) {
            return self.group(depth);
        }
        let Token::Word(path) = self.next()? else {
            return Err("an attribute name is missing".to_owned());
        };
        if self.skip_sign('[') {
            let inner = self.either(depth + 1)?;
            let closed = self.skip_sign(']');
            let filter = Filter::Values { attribute: path, filter: Box::new(inner) };
            return if closed { Ok(filter) } else { Err("a ] is missing".to_owned()) };
        }
        self.comparison(path)
    }

    fn group(&mut self, depth: usize) -> Result<Filter, String> {
        if !self.skip_sign('(') {
            return Err("a ( is missing".to_owned());
        }
        let filter = self.either(depth + 1)?;
        if self.skip_sign(')') { Ok(filter) } else { Err("a ) is missing".to_owned()) }
    }

    fn comparison(&mut self, path: String) -> Result<Filter, String> {
        if self.skip_word("pr") {
            return Ok(Filter::Present(path));
        }
        let Token::Word(word) = self.next()? else {
            return Err("an operator is missing".to_owned());
        };
        let operator = operator(&word).ok_or_else(|| format!("no operator {word:?}"))?;
        let value = match self.next()? {
            Token::Text(text) => Value::String(text),
            Token::Word(word) => serde_json::from_str(&word).map_err(|_| format!("{word:?} is no value"))?,
            Token::Sign(sign) => return Err(format!("unexpected {sign:?}")),
        };
        Ok(Filter::Compare { path, operator, value })
    }
}

fn operator(word: &str) -> Option<Operator> {
    Some(match word.to_ascii_lowercase().as_str() {
        "eq" => Operator::Eq,
        "ne" => Operator::Ne,
        "co" => Operator::Co,
        "sw" => Operator::Sw,
        "ew" => Operator::Ew,
        "gt" => Operator::Gt,
        "ge" => Operator::Ge,
        "lt" => Operator::Lt,
        "le" => Operator::Le,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(filter: &str) -> bool {
        let user = json!({
            "userName": "bjensen", "active": true, "meta": {"lastModified": "2011-05-13T04:42:34Z"},
            "emails": [{"type": "work", "value": "b@example.com"}, {"type": "home", "value": "x@home.org"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Tour"},
        });
        Filter::parse(filter).expect(filter).matches(user.as_object().expect("an object"))
    }

    #[test]
    fn filters_hold() {
        for filter in [
            "userName eq \"BJensen\"",
            "username sw \"bj\" and active eq true",
            "emails[type eq \"work\" and value co \"@example.com\"]",
            "emails co \"home.org\"",
            "emails.value ew \".org\"",
            "not (userName eq \"x\") or nope pr",
            "meta.lastModified gt \"2011-05-13T00:00:00Z\"",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"Tour\"",
            "urn:ietf:params:scim:schemas:core:2.0:User:userName pr",
            "userName eq \"x\" or userName eq \"bjensen\" and active eq true",
        ] {
            assert!(holds(filter), "{filter}");
        }
        assert!(!holds("emails[type eq \"home\" and value co \"@example.com\"]"));
        assert!(!holds("userName ne \"bjensen\""));
    }

    #[test]
    fn bad_filters_are_refused() {
        for filter in
            ["", "userName", "userName eq", "userName xx \"a\"", "(a pr", "a pr b", "a[b pr", "userName eq \"a"]
        {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
    }
}
