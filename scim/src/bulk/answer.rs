//! The answer to a bulk request (RFC 7644 section 3.7.3).

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::BULK_RESPONSE_URN;
use crate::{ScimError, Text};

/// What came of one operation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Where its resource is; for all but a failed POST (rfc-traps 256).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The method of the request.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional")]
    pub method: Option<Text>,
    /// The `bulkId` of the request.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional")]
    pub bulk_id: Option<Text>,
    /// The version of the resource now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The status it would have had by itself, as a string (rfc-traps 255).
    #[serde(serialize_with = "digits")]
    pub status: u16,
    /// Why it failed (rfc-traps 257).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<ScimError>,
}

fn optional<S: Serializer>(text: &Option<Text>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text.as_deref().unwrap_or_default())
}

fn digits<S: Serializer>(status: &u16, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(status)
}

/// The message of these answers.
#[must_use]
pub fn message(answers: &[Answer]) -> Bytes {
    #[derive(Serialize)]
    struct Message<'a> {
        schemas: [&'static str; 1],
        #[serde(rename = "Operations")]
        operations: &'a [Answer],
    }
    let message = Message { schemas: [BULK_RESPONSE_URN], operations: answers };
    serde_json::to_vec(&message).expect("answers hold nothing that JSON cannot").into()
}
