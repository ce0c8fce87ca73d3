//! Where a page begins, as text for the client to bring back (RFC 9865).

use std::fmt;

use scimux_scim::{ScimError, ScimType, Text};

/// No list is longer, and all sums stay in range.
const MAX_SKIP: u64 = 1 << 53;

/// A position in a list. What `skip` counts is the plan's: the vendor's resources, those of its page at `cursor`, or
/// those of the answer where all is read each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The page size it was made for: a vendor's cursor may hold only for that.
    pub(super) count: u64,
    pub(super) skip: u64,
    /// The vendor's cursor, empty for its first page.
    pub(super) cursor: Text,
}

impl Position {
    pub(super) fn first(count: u64) -> Self {
        Self { count, skip: 0, cursor: Text::new() }
    }

    /// Reads what [`fmt::Display`] wrote; nothing is page one.
    pub(super) fn read(text: &str, count: u64) -> Result<Self, ScimError> {
        if text.is_empty() {
            return Ok(Self::first(count));
        }
        let invalid = || ScimError::bad_request(ScimType::InvalidCursor, "cursor: it is none of this service's");
        let mut parts = text.splitn(3, '.');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let (made_for, skip) = number().zip(number()).filter(|(_, skip)| *skip <= MAX_SKIP).ok_or_else(invalid)?;
        let cursor = parts.next().ok_or_else(invalid)?;
        if made_for != count {
            // rfc-traps 318
            let detail = format!("count: the cursor continues pages of {made_for}; ask with the same count");
            return Err(ScimError::bad_request(ScimType::InvalidCount, detail));
        }
        Ok(Self { count, skip, cursor: cursor.into() })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.count, self.skip, self.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_come_back_as_they_left() {
        let position = Position { count: 5, skip: 12, cursor: "a.b/=".into() };
        assert_eq!(Position::read(&position.to_string(), 5), Ok(position.clone()));
        assert_eq!(Position::read("", 5), Ok(Position::first(5)));
        let kind = |text: &str, count| Position::read(text, count).expect_err("refused").scim_type;
        assert_eq!(kind(&position.to_string(), 6), Some(ScimType::InvalidCount));
        for text in ["5", "5.1", "x.1.c", "5.-1.c", ".", "5.18446744073709551615."] {
            assert_eq!(kind(text, 5), Some(ScimType::InvalidCursor), "{text}");
        }
    }
}
