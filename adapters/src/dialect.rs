//! Calls to HTTP requests and answers back, driven by the profile: what all vendors share.

use bytes::Bytes;
use http::response::Parts;
use scimux_scim::ScimError;

use crate::{Answer, Call, Target, Translated, VendorError};

/// The HTTP request for a call, as the target's profile says.
///
/// # Errors
/// What the vendor cannot be asked.
pub fn request(call: &Call, target: &Target) -> Result<Translated, ScimError> {
    let _ = (call, target);
    todo!()
}

/// What the vendor's answer means, as the target's profile says.
///
/// # Errors
/// The vendor's refusal or failure.
pub fn answer(call: &Call, target: &Target, head: &Parts, body: &Bytes) -> Result<Answer, VendorError> {
    let _ = (call, target, head, body);
    todo!()
}
