//! Filters (RFC 7644 section 3.4.2.2): parsed, printed, compiled against a resource type, evaluated.

use std::fmt;

use crate::{AttributePath, Object, ResourceType, ScimError, Text};

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

/// A filter checked against a resource type, ready to be asked many times.
#[derive(Clone, Debug)]
pub struct CompiledFilter {
    _private: (),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// 400 `invalidFilter`: not in the grammar, longer than [`MAX_LENGTH`], or nested too deep.
    pub fn parse(text: &str, known: &ResourceType) -> Result<Self, ScimError> {
        let _ = (text, known);
        todo!()
    }

    /// The filter with every path rewritten by `rewrite` (inner paths of a value filter are not: they are relative).
    pub fn map_paths<E>(
        &self,
        rewrite: &mut impl FnMut(&AttributePath) -> Result<AttributePath, E>,
    ) -> Result<Self, E> {
        let _ = rewrite;
        todo!()
    }

    /// The filter with every path in the schema's spelling.
    ///
    /// # Errors
    /// 400 `invalidFilter`: an attribute no schema knows, or an operator the attribute's type does not have.
    pub fn compile(&self, resource_type: &ResourceType) -> Result<CompiledFilter, ScimError> {
        let _ = resource_type;
        todo!()
    }
}

impl CompiledFilter {
    /// Whether the resource meets the filter.
    #[must_use]
    pub fn matches(&self, resource: &Object) -> bool {
        let _ = resource;
        todo!()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f;
        todo!()
    }
}
