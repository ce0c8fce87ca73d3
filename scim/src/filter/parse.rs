//! The grammar of RFC 7644 figure 1, read by recursive descent: `or` of `and` of terms.

use crate::filter::{CompareOp, Filter, Literal, MAX_LENGTH};
use crate::path::{is_attribute_name, is_name_char};
use crate::{AttributePath, ResourceType, ScimError};

/// The most parentheses and brackets inside one another (rfc-traps 104).
const MAX_NESTING: usize = 64;

pub(super) fn parse(text: &str, known: &ResourceType) -> Result<Filter, ScimError> {
    if text.len() > MAX_LENGTH {
        return Err(ScimError::invalid_filter(format!("a filter longer than {MAX_LENGTH} bytes")));
    }
    let mut parser = Parser { rest: text, known: Some(known), nesting: 0 };
    let filter = parser.any()?;
    match parser.next_char() {
        None => Ok(filter),
        Some(_) => Err(parser.unexpected("the end, \"and\" or \"or\"")),
    }
}

/// The filter from behind `[` on, and what stands behind the `]`; `None` if the text ends before it.
pub(crate) fn parse_brackets<'t>(text: &'t str, _: &ResourceType) -> Result<(Filter, Option<&'t str>), ScimError> {
    let mut parser = Parser { rest: text, known: None, nesting: 1 };
    let filter = parser.any()?;
    match parser.next_char() {
        None => Ok((filter, None)),
        Some(']') => Ok((filter, Some(&parser.rest[1..]))),
        Some(_) => Err(parser.unexpected("\"]\", \"and\" or \"or\"")),
    }
}

struct Parser<'t, 'k> {
    rest: &'t str,
    /// Where URNs are cut; `None` inside brackets, where names are those of sub-attributes.
    known: Option<&'k ResourceType>,
    nesting: usize,
}

impl<'t> Parser<'t, '_> {
    fn any(&mut self) -> Result<Filter, ScimError> {
        let mut parts = vec![self.all()?];
        while self.keyword("or")? {
            parts.push(self.all()?);
        }
        Ok(Filter::or(parts))
    }

    fn all(&mut self) -> Result<Filter, ScimError> {
        let mut parts = vec![self.term()?];
        while self.keyword("and")? {
            parts.push(self.term()?);
        }
        Ok(Filter::and(parts))
    }

    fn term(&mut self) -> Result<Filter, ScimError> {
        if self.next_char() == Some('(') {
            return self.enclosed(')');
        }
        let name = self.word();
        if name.eq_ignore_ascii_case("not") {
            return match self.next_char() {
                Some('(') => Ok(Filter::Not(Box::new(self.enclosed(')')?))),
                _ => Err(self.unexpected("\"(\" behind not")), // rfc-traps 63
            };
        }
        let path = self.path(name)?;
        if self.next_char() == Some('[') {
            return self.value_path(path);
        }
        self.expression(path)
    }

    /// What stands between the opening character, which is next, and `close`.
    fn enclosed(&mut self, close: char) -> Result<Filter, ScimError> {
        if self.nesting == MAX_NESTING {
            return Err(ScimError::invalid_filter(format!("nested deeper than {MAX_NESTING}")));
        }
        self.rest = &self.rest[1..];
        self.nesting += 1;
        let filter = self.any()?;
        if self.next_char() != Some(close) {
            return Err(self.unexpected(&format!("\"{close}\", \"and\" or \"or\"")));
        }
        self.rest = &self.rest[1..];
        self.nesting -= 1;
        Ok(filter)
    }

    fn value_path(&mut self, path: AttributePath) -> Result<Filter, ScimError> {
        let Some(known) = self.known.take() else {
            return Err(ScimError::invalid_filter("brackets inside brackets"));
        };
        if path.is_container() || path.sub_attribute.is_some() {
            return Err(ScimError::invalid_filter("a value filter stands directly behind an attribute"));
        }
        let mut inner = self.enclosed(']')?;
        if let Some(rest) = self.rest.strip_prefix('.') {
            // Not in the grammar; Entra ID sends it (rfc-traps 92).
            self.rest = rest;
            let name = self.word();
            let sub = self.path(name)?;
            inner = Filter::and(vec![inner, self.expression(sub)?]);
        }
        self.known = Some(known);
        Ok(Filter::ValuePath(path, Box::new(inner)))
    }

    fn path(&self, name: &str) -> Result<AttributePath, ScimError> {
        let path = match self.known {
            Some(known) => AttributePath::name(name, known).ok(),
            None => is_attribute_name(name).then(|| AttributePath::attribute(name)),
        };
        path.ok_or_else(|| match name {
            "" => self.unexpected("an attribute"),
            _ => ScimError::invalid_filter(format!("\"{name}\" is no attribute name")),
        })
    }

    /// The operator, and its value where it takes one.
    fn expression(&mut self, path: AttributePath) -> Result<Filter, ScimError> {
        self.next_char();
        let word = self.take_while(|c| c.is_ascii_alphanumeric());
        if word.eq_ignore_ascii_case("pr") {
            self.boundary()?;
            return Ok(Filter::Present(path));
        }
        match CompareOp::parse(word) {
            Some(op) => Ok(Filter::Compare(path, op, self.literal()?)),
            None if word.is_empty() => Err(self.unexpected("an operator")),
            None => Err(ScimError::invalid_filter(format!("\"{word}\" is no operator"))),
        }
    }

    fn literal(&mut self) -> Result<Literal, ScimError> {
        let blank = self.rest.starts_with([' ', '\t']);
        let literal = match self.next_char() {
            Some('"') => self.string()?,
            Some('\'') => self.single_quoted()?,
            Some(_) if blank => self.plain()?,
            _ => return Err(self.unexpected("a value")),
        };
        self.boundary()?;
        Ok(literal)
    }

    /// A JSON string; its end is found by its own escapes, so what is inside never ends the filter (rfc-traps 84, 85).
    fn string(&mut self) -> Result<Literal, ScimError> {
        let mut escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let end = end.ok_or_else(|| ScimError::invalid_filter("a string is not closed"))?;
        let (string, rest) = self.rest.split_at(end + 2);
        self.rest = rest;
        let text: Result<String, _> = serde_json::from_str(string);
        text.map(|text| Literal::String(text.into()))
            .map_err(|_| ScimError::invalid_filter("a string that is no JSON string"))
    }

    /// Not in the grammar, and accepted (rfc-traps 86): up to the next single quote, as it stands.
    fn single_quoted(&mut self) -> Result<Literal, ScimError> {
        let (text, rest) = self.rest[1..].split_once('\'').ok_or_else(|| self.unexpected("a closed string"))?;
        self.rest = rest;
        Ok(Literal::String(text.into()))
    }

    /// `null`, `true`, `false`, a number, or one bare word, which is not in the grammar but sent (rfc-traps 87). What joins
    /// terms is no value: the client has left one out.
    fn plain(&mut self) -> Result<Literal, ScimError> {
        let word = self.take_while(|c| !c.is_whitespace() && !c.is_control() && !"()[]\"'\\".contains(c));
        match word {
            "true" => Ok(Literal::Bool(true)),
            "false" => Ok(Literal::Bool(false)),
            _ if word.eq_ignore_ascii_case("null") => Ok(Literal::Null),
            _ if word.parse::<serde_json::Number>().is_ok() => Ok(Literal::Number(word.into())),
            _ if word.is_empty() || ["and", "or", "not"].iter().any(|join| join.eq_ignore_ascii_case(word)) => {
                Err(ScimError::invalid_filter(
                    "a comparison value is a JSON string in double quotes, number, true, false or null",
                ))
            }
            _ => Ok(Literal::String(word.into())),
        }
    }

    /// A term ends at a blank, a closing character or the end of the text.
    fn boundary(&self) -> Result<(), ScimError> {
        match self.rest.chars().next() {
            None | Some(' ' | '\t' | ')' | ']') => Ok(()),
            Some(_) => Err(self.unexpected("a blank")),
        }
    }

    /// Takes `and` or `or` if it is next; a term must follow it.
    fn keyword(&mut self, keyword: &str) -> Result<bool, ScimError> {
        self.next_char();
        let Some((word, rest)) = self.rest.split_at_checked(keyword.len()) else { return Ok(false) };
        if !word.eq_ignore_ascii_case(keyword) {
            return Ok(false);
        }
        if matches!(rest.trim_start_matches([' ', '\t']).chars().next(), None | Some(')' | ']')) {
            return Err(ScimError::invalid_filter(format!("something must follow \"{keyword}\"")));
        }
        let found = rest.starts_with([' ', '\t', '(']);
        if found {
            self.rest = rest;
        }
        Ok(found)
    }

    fn word(&mut self) -> &'t str {
        self.next_char();
        self.take_while(is_name_char)
    }

    /// The next character that is not blank; blanks before it are taken (rfc-traps 89).
    fn next_char(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        self.rest.chars().next()
    }

    fn take_while(&mut self, mut belongs: impl FnMut(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn unexpected(&self, wanted: &str) -> ScimError {
        let found: String = self.rest.chars().take(20).collect();
        match found.as_str() {
            "" => ScimError::invalid_filter(format!("the filter ends where {wanted} should stand")),
            _ => ScimError::invalid_filter(format!("at \"{found}\": {wanted} should stand there")),
        }
    }
}
