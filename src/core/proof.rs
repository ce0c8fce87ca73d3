//! Whether a vendor's 404 speaks of the resource, or of a base URL, tenant or version that is wrong.

use std::sync::Arc;

use scimux_adapters::{Call, CallKind, Repeat, VendorError, VendorErrorKind};
use scimux_scim::ListQuery;
use tower::ServiceExt;

use super::Context;
use crate::target::Asked;

/// The error as it is, or [`VendorErrorKind::WrongTarget`] for a 404 that nothing vouches for. A client told 404 would
/// create the resource again, or take a leaver for gone.
pub(crate) async fn check(error: VendorError, context: &Context) -> VendorError {
    if error.kind != VendorErrorKind::NotFound {
        return error;
    }
    let plain = context.known.profile.errors.documented.is_empty();
    if (error.documented || plain) && (context.target().lasting.status.is_proven() || answers_a_list(context).await) {
        return error;
    }
    VendorError { kind: VendorErrorKind::WrongTarget, ..error }
}

/// Asks for one resource; an answer proves the target, which the target's status notes by itself.
async fn answers_a_list(context: &Context) -> bool {
    let query = ListQuery { count: Some(1), ..ListQuery::default() };
    let endpoint = context.served().vendor.endpoint.clone();
    let call =
        Arc::new(Call { endpoint, kind: CallKind::List(query), repeat: Repeat::Safe, if_match: None, is_shown: false });
    let (target, trace) = (context.known.clone(), context.trace.clone());
    let asked = Asked { call, target, trace, ends_with_client: false };
    context.target().service.clone().oneshot(asked).await.is_ok()
}
