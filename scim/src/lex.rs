//! JSON text read token by token, without building values. What it takes is what RFC 8259 calls JSON; `serde_json` takes the
//! same (a property test compares them).

use crate::{ScimError, Text};

/// The text is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// What stands between two quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted<'t> {
    /// The text as it is written.
    pub written: &'t str,
    /// Whether an escape is among it, so that it means something else.
    pub escaped: bool,
    /// Where its first quote stands.
    pub start: usize,
}

impl Quoted<'_> {
    /// What it means; a slice of the text that it stands in, unless an escape is among it.
    ///
    /// # Errors
    /// Never, if a [`Lexer`] has read it.
    pub fn to_text(self, within: &Text) -> Result<Text, Malformed> {
        if !self.escaped {
            return Ok(within.slice_ref(self.written));
        }
        let quoted = within.get(self.start..self.start + self.written.len() + 2).ok_or(Malformed)?;
        serde_json::from_str::<String>(quoted).map(Text::from).map_err(|_| Malformed)
    }
}

impl From<Malformed> for ScimError {
    fn from(_: Malformed) -> Self {
        Self::invalid_syntax("the body is not JSON, or nested too deep")
    }
}

/// Reads a text from its beginning on. White space in front of a token is skipped.
#[derive(Clone, Debug)]
pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    /// A reader in front of the text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The first byte of the next token; `None` at the end.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes the byte if it is the next token.
    #[inline]
    pub fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes the byte that has to be the next token.
    ///
    /// # Errors
    /// It is not.
    #[inline]
    pub fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.take(byte) { Ok(()) } else { Err(Malformed) }
    }

    /// Where the next token begins, in bytes.
    #[inline]
    pub fn position(&mut self) -> usize {
        let _ = self.peek();
        self.at
    }

    /// Where the last token ended, in bytes.
    #[inline]
    #[must_use]
    pub fn end(&self) -> usize {
        self.at
    }

    /// The text from a position up to the end of the last token.
    #[inline]
    #[must_use]
    pub fn since(&self, position: usize) -> &'t str {
        self.text.get(position..self.at).unwrap_or_default()
    }

    /// Goes on from a position that was told before.
    #[inline]
    pub fn back_to(&mut self, position: usize) {
        self.at = position;
    }

    /// A string.
    ///
    /// # Errors
    /// It is none, or it holds a control character, an escape that JSON has not, or half a surrogate pair.
    #[inline]
    pub fn string(&mut self) -> Result<Quoted<'t>, Malformed> {
        self.expect(b'"')?;
        self.behind_quote()
    }

    /// A string of which the first quote was the last token.
    ///
    /// # Errors
    /// Those of [`Self::string`].
    fn behind_quote(&mut self) -> Result<Quoted<'t>, Malformed> {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let mut end = special(bytes, start);
        let escaped = bytes.get(end) != Some(&b'"');
        if escaped {
            end = quote_behind_escapes(bytes, end).ok_or(Malformed)?;
        }
        self.at = end + 1;
        // Both ends stand beside a quote, so that they are ends of characters.
        let written = self.text.get(start..end).ok_or(Malformed)?;
        Ok(Quoted { written, escaped, start: start - 1 })
    }

    /// A number, as it is written.
    ///
    /// # Errors
    /// It is none.
    pub fn number(&mut self) -> Result<&'t str, Malformed> {
        let start = self.position();
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        self.at = start + number_length(rest).ok_or(Malformed)?;
        Ok(self.since(start))
    }

    /// One of the words that JSON has: `true`, `false`, `null`.
    ///
    /// # Errors
    /// It is another.
    pub fn word(&mut self) -> Result<&'t str, Malformed> {
        let start = self.position();
        let rest = self.text.get(start..).unwrap_or_default();
        let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word)).ok_or(Malformed)?;
        self.at = start + word.len();
        Ok(self.since(start))
    }

    /// Goes behind the next value, nested at most `depth` deep. Names are not compared.
    ///
    /// # Errors
    /// It is none, or deeper.
    pub fn skip(&mut self, depth: usize) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.members(depth, |lexer, _, depth| lexer.skip(depth)),
            Some(b'[') => self.elements(depth, Self::skip),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            _ => self.word().map(drop),
        }
    }

    /// The members of an object, each to be read by `read` from behind its colon on, with the depth that is left to it.
    ///
    /// # Errors
    /// It is no object, it is too deep, or those of `read`.
    #[inline]
    pub fn members<E: From<Malformed>>(
        &mut self,
        depth: usize,
        mut read: impl FnMut(&mut Self, Quoted<'t>, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'{')?;
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let name = self.string()?;
            self.expect(b':')?;
            read(self, name, depth)?;
            if !self.take(b',') {
                return Ok(self.expect(b'}')?);
            }
        }
    }

    /// The elements of an array, each to be read by `read`, with the depth that is left to it.
    ///
    /// # Errors
    /// It is no array, it is too deep, or those of `read`.
    #[inline]
    pub fn elements<E: From<Malformed>>(
        &mut self,
        depth: usize,
        mut read: impl FnMut(&mut Self, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'[')?;
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            read(self, depth)?;
            if !self.take(b',') {
                return Ok(self.expect(b']')?);
            }
        }
    }

    /// Goes behind the next value by its quotes and brackets alone: a value that is read later need not be checked twice.
    ///
    /// # Errors
    /// There is no end of it.
    pub fn leap(&mut self) -> Result<(), Malformed> {
        self.peek().ok_or(Malformed)?;
        let all = self.text.as_bytes();
        let mut rest = all.get(self.at..).unwrap_or_default();
        let mut open = 0_usize;
        while let Some((&byte, behind)) = rest.split_first() {
            match byte {
                b'"' => rest = behind_quoted(behind)?,
                b'{' | b'[' => {
                    open += 1;
                    rest = behind;
                    continue;
                }
                b'}' | b']' | b',' if open == 0 => {
                    self.at = all.len() - rest.len();
                    return Ok(());
                }
                b'}' | b']' => {
                    open -= 1;
                    rest = behind;
                }
                _ => {
                    rest = behind;
                    continue;
                }
            }
            if open == 0 {
                self.at = all.len() - rest.len();
                return Ok(());
            }
        }
        Err(Malformed)
    }
}

/// What stands behind a string whose first quote has been read.
#[inline]
fn behind_quoted(mut rest: &[u8]) -> Result<&[u8], Malformed> {
    loop {
        while let Some((word, behind)) = rest.split_first_chunk::<8>() {
            let found = equals(u64::from_le_bytes(*word), b'"') | equals(u64::from_le_bytes(*word), b'\\');
            if found != 0 {
                rest = &rest[(found.trailing_zeros() / 8) as usize..];
                break;
            }
            rest = behind;
        }
        match rest {
            [b'"', rest @ ..] => return Ok(rest),
            [b'\\', _, behind @ ..] | [_, behind @ ..] => rest = behind,
            [] => return Err(Malformed),
        }
    }
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH: u64 = ONES << 7;

/// Where the first byte from `at` on is that a string cannot hold as it is (RFC 8259 section 7), or the end. Eight are looked at
/// together: the lowest bit that is set in the mask belongs to the first of them.
#[inline(never)]
pub(crate) fn special(bytes: &[u8], mut at: usize) -> usize {
    let (words, _) = bytes.get(at..).unwrap_or_default().as_chunks::<8>();
    for word in words {
        let found = specials(u64::from_le_bytes(*word));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    special_at_the_end(bytes, at)
}

#[cold]
#[inline(never)]
fn special_at_the_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// The high bit of each byte that is special. One behind another may be taken for special too; none is missed.
#[inline]
fn specials(word: u64) -> u64 {
    let below = |limit: u8, word: u64| word.wrapping_sub(ONES * u64::from(limit));
    let quote = word ^ (ONES * u64::from(b'"'));
    let backslash = word ^ (ONES * u64::from(b'\\'));
    (below(0x20, word) | below(1, quote) | below(1, backslash)) & !word & HIGH
}

/// Whether a string can hold all of the bytes as they are.
#[inline]
#[must_use]
pub fn is_plain(bytes: &[u8]) -> bool {
    let is_plain = |word: &[u8; 8]| specials(u64::from_le_bytes(*word)) == 0;
    if let Some(last) = bytes.last_chunk::<8>() {
        return is_plain(last) && bytes.as_chunks::<8>().0.iter().all(is_plain);
    }
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(&[a, b, c, d]), Some(&[e, f, g, h])) => is_plain(&[a, b, c, d, e, f, g, h]),
        _ => !bytes.iter().any(|byte| is_special(*byte)),
    }
}

/// The high bit of each byte that is the one asked for. One behind another may be taken for it too; none is missed.
#[inline]
fn equals(word: u64, byte: u8) -> u64 {
    let different = word ^ (ONES * u64::from(byte));
    different.wrapping_sub(ONES) & !different & HIGH
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Where the quote is that ends a string of which the first escape stands at `at`.
#[cold]
fn quote_behind_escapes(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at = special(bytes, behind_escape(bytes, at + 1)?),
            _ => return None,
        }
    }
}

/// Where the text goes on behind an escape whose backslash stands in front of `at`.
fn behind_escape(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => match unit(bytes, at + 1)? {
            0xD800..=0xDBFF => {
                let is_pair = bytes.get(at + 5..at + 7)? == b"\\u" && matches!(unit(bytes, at + 7)?, 0xDC00..=0xDFFF);
                is_pair.then_some(at + 11)
            }
            0xDC00..=0xDFFF => None,
            _ => Some(at + 5),
        },
        _ => None,
    }
}

/// Four hexadecimal digits.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}

/// Whether a text is a number and nothing else.
pub(crate) fn is_number(text: &str) -> bool {
    number_length(text.as_bytes()) == Some(text.len())
}

/// How long the number is with which the text begins (RFC 8259 section 6).
fn number_length(text: &[u8]) -> Option<usize> {
    let digits =
        |from: usize| text.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = usize::from(text.first() == Some(&b'-'));
    let mut end = match text.get(whole)? {
        b'0' => whole + 1,
        b'1'..=b'9' => whole + digits(whole),
        _ => return None,
    };
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        end += (fraction > 0).then_some(1 + fraction)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        end += (exponent > 0).then_some(1 + sign + exponent)?;
    }
    Some(end)
}

#[cfg(test)]
mod tests;
