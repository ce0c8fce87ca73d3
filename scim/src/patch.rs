//! PATCH (RFC 7644 section 3.5.2): the message decoded into explicit operations, and those applied to a resource.

mod apply;
mod decode;
mod list;

use crate::{AttributePath, Object, Text, Value};

pub use apply::{MAX_VISITS, apply};
pub(crate) use apply::{is_container, list_schemas};
pub use decode::decode;
pub(crate) use decode::pathless;

/// The URN in `schemas` of a PATCH message.
pub const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The most operations one request may hold.
pub const MAX_OPERATIONS: usize = 1000;

/// The verb of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each name is the RFC's keyword
pub enum Op {
    Add,
    Remove,
    Replace,
}

impl Op {
    /// The verb in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
        }
    }
}

/// One explicit operation: what a pathless one says is spread over one operation per attribute when decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchOp {
    /// The verb.
    pub op: Op,
    /// The target, canonical (see [`crate::ResourceType::canonical`]). A container path only with `Remove`.
    pub path: AttributePath,
    /// The value, of the schema's type; `None` only with `Remove`.
    pub value: Option<Value>,
    /// Whether the client wrote the path itself: a readOnly attribute is refused then, while in a pathless value it is
    /// refused only if it differs from the present one.
    pub explicit: bool,
}

/// A PATCH message decoded.
#[derive(Clone, Debug)]
pub struct Patch {
    /// The operations in order. `replace` by `null` or `[]` is a `Remove`.
    pub operations: Vec<PatchOp>,
    /// Paths in pathless values that no schema knows, left out.
    pub unknown: Vec<String>,
}

/// The operations as a PATCH message: lower-case verbs, explicit paths.
#[must_use]
pub fn encode(operations: &[PatchOp]) -> Object {
    let operations = operations.iter().map(|operation| {
        let mut message = Object::new();
        message.insert(Text::from_static("op"), operation.op.as_str());
        message.insert(Text::from_static("path"), Value::String(operation.path.to_string().into()));
        if let Some(value) = &operation.value {
            message.insert(Text::from_static("value"), value.clone());
        }
        Value::Object(message)
    });
    Object::from_iter([
        (Text::from_static("schemas"), Value::Array(vec![PATCH_URN.into()])),
        (Text::from_static("Operations"), Value::Array(operations.collect())),
    ])
}

#[cfg(test)]
mod tests;
