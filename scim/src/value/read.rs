//! JSON text as values, in one pass. Members and elements are gathered on two stacks, so that each object and each array is
//! allocated once, in its size.

use super::{Names, Object, Text, Value, too_deep, twice};
use crate::ScimError;
use crate::lex::{Lexer, Malformed};

/// The one value that a text is, nested at most `depth` deep.
pub(super) fn value(text: &Text, depth: usize) -> Result<Value, ScimError> {
    let mut reader = Reader { text, lexer: Lexer::new(text), members: Vec::with_capacity(32), elements: Vec::new() };
    reader.whole(depth).map_err(|wrong| {
        ScimError::invalid_syntax(format!("the body cannot be read as JSON: {}", wrong.words(text, &reader.lexer)))
    })
}

/// The next value of a text that is under way.
pub(super) fn next<'t>(text: &'t Text, lexer: &mut Lexer<'t>, depth: usize) -> Result<Value, Malformed> {
    if lexer.peek() == Some(b'"') {
        return Ok(Value::String(lexer.string()?.to_text(text)?));
    }
    let mut reader = Reader { text, lexer: lexer.clone(), members: Vec::new(), elements: Vec::new() };
    let value = reader.value(depth).map_err(|_| Malformed)?;
    *lexer = reader.lexer;
    Ok(value)
}

struct Reader<'t> {
    text: &'t Text,
    lexer: Lexer<'t>,
    members: Vec<(Text, Value)>,
    elements: Vec<Value>,
}

impl Reader<'_> {
    fn whole(&mut self, depth: usize) -> Result<Value, Wrong> {
        let value = self.value(depth)?;
        if self.lexer.peek().is_none() { Ok(value) } else { Err(Wrong::Malformed) }
    }

    /// The next value, which may be nested so deep.
    fn value(&mut self, depth: usize) -> Result<Value, Wrong> {
        match self.lexer.peek() {
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'{') => Ok(Value::Object(self.object(depth)?)),
            Some(b'[') => Ok(Value::Array(self.array(depth)?)),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(spelled(self.text, self.lexer.number()?))),
            _ => Ok(match self.lexer.word()? {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => Value::Null,
            }),
        }
    }

    /// A string: a slice of the text where no escape is in it.
    fn string(&mut self) -> Result<Text, Wrong> {
        Ok(self.lexer.string()?.to_text(self.text)?)
    }

    fn object(&mut self, depth: usize) -> Result<Object, Wrong> {
        let (start, mut names) = (self.members.len(), Names::default());
        self.lexer.expect(b'{')?;
        let inner = depth.checked_sub(1).ok_or(Wrong::TooDeep)?;
        if self.lexer.take(b'}') {
            return Ok(Object::new());
        }
        loop {
            let name = self.string()?;
            if names.has(&self.members[start..], &name) {
                return Err(Wrong::Twice((&*name).into()));
            }
            self.lexer.expect(b':')?;
            let value = self.value(inner)?;
            self.members.push((name, value));
            if !self.lexer.take(b',') {
                self.lexer.expect(b'}')?;
                return Ok(Object::of(split_off(&mut self.members, start)));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Value>, Wrong> {
        let start = self.elements.len();
        self.lexer.expect(b'[')?;
        let inner = depth.checked_sub(1).ok_or(Wrong::TooDeep)?;
        if self.lexer.take(b']') {
            return Ok(Vec::new());
        }
        loop {
            let value = self.value(inner)?;
            self.elements.push(value);
            if !self.lexer.take(b',') {
                self.lexer.expect(b']')?;
                return Ok(split_off(&mut self.elements, start));
            }
        }
    }
}

/// What was gathered from `start` on. What is outermost is all there is: it is handed over as it is.
fn split_off<T>(gathered: &mut Vec<T>, start: usize) -> Vec<T> {
    if start == 0 { std::mem::take(gathered) } else { gathered.drain(start..).collect() }
}

/// The digits as they were written; an exponent has a small `e` and a sign.
fn spelled(text: &Text, digits: &str) -> Text {
    match digits.split_once(['e', 'E']) {
        None => text.slice_ref(digits),
        Some((digits, exponent)) => {
            let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
            format!("{digits}e{sign}{exponent}").into()
        }
    }
}

enum Wrong {
    Malformed,
    TooDeep,
    /// The name that stands there twice.
    Twice(Box<str>),
}

impl From<Malformed> for Wrong {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl Wrong {
    /// What is wrong and where. What is no JSON is explained by `serde_json`.
    fn words(&self, text: &str, reader: &Lexer<'_>) -> String {
        let what = match self {
            Self::Malformed => match serde_json::from_str::<serde_json::Value>(text) {
                Err(error) => return error.to_string(),
                Ok(_) => "it is malformed".to_owned(),
            },
            Self::TooDeep => too_deep(),
            Self::Twice(name) => twice(name),
        };
        let before = text.get(..reader.end()).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        format!("{what} at line {} column {}", before.matches('\n').count() + 1, line.len())
    }
}

#[cfg(test)]
mod tests;
