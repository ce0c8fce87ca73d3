//! Filters (RFC 7644 section 3.4.2.2): parsed, printed, compiled against a resource type, evaluated.

mod canonical;
mod compile;
mod evaluate;
mod parse;
mod reduce;

use std::fmt;

pub(crate) use canonical::{canonical, canonical_element};
pub(crate) use compile::{compile_element, strings};
pub use evaluate::CompiledFilter;
pub(crate) use evaluate::Strings;
pub(crate) use parse::parse_brackets;
pub use reduce::Reduced;

use crate::{AttributePath, ResourceType, ScimError, Text};

/// The longest filter that is read, in bytes.
pub const MAX_LENGTH: usize = 8192;

/// A filter expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of two or more.
    And(Vec<Filter>),
    /// Any of two or more.
    Or(Vec<Filter>),
    /// Not.
    Not(Box<Filter>),
    /// `path op value`.
    Compare(AttributePath, CompareOp, Literal),
    /// `path pr`.
    Present(AttributePath),
    /// `path[filter]`: one element meets the whole inner filter. The path's own `filter` is `None`.
    ValuePath(AttributePath, Box<Filter>),
}

/// Comparison operators (RFC 7644 table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // each name is the RFC's keyword
pub enum CompareOp {
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

/// A comparison value.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // each name is JSON's
pub enum Literal {
    Null,
    Bool(bool),
    Number(Text),
    String(Text),
}

impl CompareOp {
    const ALL: [CompareOp; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The operator read without regard to case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(word))
    }

    /// The operator in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }
}

impl Filter {
    /// Reads a filter. The result is in normal form: an `And` holds no `And`, an `Or` no `Or`,
    /// `emails[type eq "work"].value eq "x"` (Entra ID) is read into the brackets (rfc-traps 92), names are spelled as the
    /// schemas do and values have the attribute's type (clients.md rule 17).
    ///
    /// # Errors
    /// 400 `invalidFilter`: not in the grammar, longer than [`MAX_LENGTH`], or nested too deep.
    pub fn parse(text: &str, known: &ResourceType) -> Result<Self, ScimError> {
        parse::parse(text, known).map(|filter| canonical(filter, known))
    }

    /// All of these, in normal form.
    #[must_use]
    pub fn and(parts: Vec<Filter>) -> Self {
        let flat = |part| match part {
            Self::And(inner) => inner,
            other => vec![other],
        };
        Self::joined(parts.into_iter().flat_map(flat).collect(), Self::And)
    }

    /// Any of these, in normal form.
    #[must_use]
    pub fn or(parts: Vec<Filter>) -> Self {
        let flat = |part| match part {
            Self::Or(inner) => inner,
            other => vec![other],
        };
        Self::joined(parts.into_iter().flat_map(flat).collect(), Self::Or)
    }

    fn joined(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Self) -> Self {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                join(parts)
            }
        }
    }

    /// `attribute eq literal`.
    #[must_use]
    pub fn equals(attribute: impl Into<Text>, literal: Literal) -> Self {
        Self::Compare(AttributePath::attribute(attribute), CompareOp::Eq, literal)
    }

    /// The filter with every path rewritten by `rewrite` (inner paths of a value filter are not: they are relative).
    ///
    /// # Errors
    /// What `rewrite` answers.
    pub fn map_paths<E>(
        &self,
        rewrite: &mut impl FnMut(&AttributePath) -> Result<AttributePath, E>,
    ) -> Result<Self, E> {
        let mut all = |parts: &[Filter]| parts.iter().map(|part| part.map_paths(rewrite)).collect::<Result<_, E>>();
        Ok(match self {
            Self::And(parts) => Self::And(all(parts)?),
            Self::Or(parts) => Self::Or(all(parts)?),
            Self::Not(inner) => Self::Not(Box::new(inner.map_paths(rewrite)?)),
            Self::Compare(path, op, literal) => Self::Compare(rewrite(path)?, *op, literal.clone()),
            Self::Present(path) => Self::Present(rewrite(path)?),
            Self::ValuePath(path, inner) => Self::ValuePath(rewrite(path)?, inner.clone()),
        })
    }

    /// The filter with every path in the schema's spelling, ready to be evaluated.
    ///
    /// # Errors
    /// 400 `invalidFilter`: an attribute no schema knows, or an operator the attribute's type does not have.
    pub fn compile(&self, resource_type: &ResourceType) -> Result<CompiledFilter, ScimError> {
        compile::compile(self, resource_type)
    }

    /// The parts of an `and` or `or`, in parentheses where they bind less than what joins them.
    fn print_joined(parts: &[Filter], word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                write!(f, " {word} ")?;
            }
            match part {
                Self::Or(_) if word == "and" => write!(f, "({part})")?,
                _ => write!(f, "{part}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Filter {
    /// The RFC's strict form: lower-case operators, one blank between tokens, no needless parentheses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => Self::print_joined(parts, "and", f),
            Self::Or(parts) => Self::print_joined(parts, "or", f),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Compare(path, op, literal) => write!(f, "{path} {} {literal}", op.as_str()),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::ValuePath(path, inner) => write!(f, "{path}[{inner}]"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(digits) => f.write_str(digits),
            Self::String(text) => f.write_str(&serde_json::to_string(&**text).map_err(|_| fmt::Error)?),
        }
    }
}

#[cfg(test)]
mod tests;
