//! Bulk requests (RFC 7644 section 3.7): the message read, what its operations wait for, and the answer written. Who
//! carries the operations out is the caller's.

mod answer;
mod needs;
mod reference;
mod schedule;

use std::collections::HashSet;

use crate::{Object, ScimError, Text, Value};

pub use answer::{Answer, message};
pub use needs::Needs;
pub use reference::{Data, bulk_id, resolve};
pub use schedule::Schedule;

/// The URN in `schemas` of a bulk request.
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The URN in `schemas` of its answer.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// The longest part of a method that is no method which an answer repeats.
const MAX_METHOD: usize = 32;

/// A bulk request.
#[derive(Clone, Debug)]
pub struct BulkRequest {
    /// After how many errors nothing more is begun.
    pub fail_on_errors: Option<u64>,
    /// The operations, in the order of the request.
    pub operations: Vec<BulkOperation>,
}

/// One operation of it.
#[derive(Clone, Debug)]
pub struct BulkOperation {
    /// The method as the answer repeats it.
    pub method: Option<Text>,
    /// The client's name for it, which the answer repeats.
    pub bulk_id: Option<Text>,
    /// What is asked, or why that can be nothing.
    pub asked: Result<Asked, ScimError>,
}

/// What an operation asks.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is to be done.
    pub method: Method,
    /// Where, below the route; not looked into here.
    pub path: Text,
    /// As `If-Match` (rfc-traps 265).
    pub version: Option<Text>,
    /// The body that the request would have by itself; none with [`Method::Delete`].
    pub data: Option<Object>,
}

/// The methods that an operation can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each name is HTTP's
pub enum Method {
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    const ALL: [Method; 4] = [Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The method as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// rfc-traps 266: in any case.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text))
    }
}

/// Reads a bulk request of at most `max_operations` operations. What is wrong with one operation is that operation's
/// (rfc-traps 254).
///
/// # Errors
/// 400 `invalidSyntax`, `invalidValue` for a message that is none; 413 that names the limit (rfc-traps 264).
pub fn read(mut message: Object, max_operations: usize) -> Result<BulkRequest, ScimError> {
    // A misspelt or missing message schema is tolerated, as with PATCH (rfc-traps 106): the path tells what this is.
    let fail_on_errors = fail_on_errors(message.get("failOnErrors"))?;
    let Some(Value::Array(operations)) = message.remove("Operations") else {
        return Err(ScimError::invalid_syntax("a bulk request needs Operations, a list of operations"));
    };
    if operations.is_empty() {
        return Err(ScimError::invalid_syntax("a bulk request has at least one operation"));
    }
    if operations.len() > max_operations {
        let detail = format!("{} operations exceed maxOperations ({max_operations})", operations.len());
        return Err(ScimError::new(413, detail));
    }
    let mut seen = HashSet::new();
    let operations = operations.into_iter().map(|operation| match operation {
        Value::Object(operation) => Ok(BulkOperation::read(operation, &mut seen)),
        _ => Err(ScimError::invalid_syntax("an operation is an object")),
    });
    Ok(BulkRequest { fail_on_errors, operations: operations.collect::<Result<_, _>>()? })
}

/// Zero accepts no error less than none at all, so it is as good as absent (rfc-traps 263).
fn fail_on_errors(value: Option<&Value>) -> Result<Option<u64>, ScimError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(digits) | Value::String(digits)) => match digits.parse() {
            Ok(errors) => Ok(Some(errors).filter(|errors| *errors > 0)),
            Err(_) => Err(ScimError::invalid_value("failOnErrors must be a whole number")),
        },
        Some(_) => Err(ScimError::invalid_value("failOnErrors must be a whole number")),
    }
}

impl BulkOperation {
    fn read(mut operation: Object, seen: &mut HashSet<Text>) -> Self {
        let written = operation.str("method").unwrap_or_default();
        let method = Method::parse(written);
        let shown =
            method.map_or_else(|| written.chars().take(MAX_METHOD).collect(), |known| known.as_str().to_owned());
        let bulk_id = text(&mut operation, "bulkId").filter(|bulk_id| !bulk_id.is_empty());
        let asked = asked(operation, method, bulk_id.as_ref(), seen);
        Self { method: Some(shown.into()).filter(|shown: &Text| !shown.is_empty()), bulk_id, asked }
    }
}

fn asked(
    mut operation: Object,
    method: Option<Method>,
    bulk_id: Option<&Text>,
    seen: &mut HashSet<Text>,
) -> Result<Asked, ScimError> {
    let method = method.ok_or_else(|| ScimError::invalid_value("method must be POST, PUT, PATCH or DELETE"))?;
    if method == Method::Post {
        // rfc-traps 253, 258.
        let bulk_id = bulk_id.ok_or_else(|| ScimError::invalid_value("POST needs a bulkId"))?;
        if !seen.insert(bulk_id.clone()) {
            return Err(ScimError::invalid_value("another POST of this request has this bulkId"));
        }
    }
    let path = text(&mut operation, "path").filter(|path| !path.is_empty());
    let path = path.ok_or_else(|| ScimError::invalid_value("an operation needs a path"))?;
    if path.contains(['?', '#']) {
        return Err(ScimError::invalid_value("path is a path alone, such as /Users/2819c223"));
    }
    let data = match operation.remove("data") {
        _ if method == Method::Delete => None,
        Some(Value::Object(data)) => Some(data),
        _ => return Err(ScimError::invalid_syntax(format!("{} needs data, an object", method.as_str()))),
    };
    Ok(Asked { method, path, version: text(&mut operation, "version"), data })
}

/// A string, or the digits of a number.
fn text(operation: &mut Object, name: &str) -> Option<Text> {
    match operation.remove(name) {
        Some(Value::String(text) | Value::Number(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
