use bytes::Bytes;
use http::Response;
use http::response::Parts;
use scimux_adapters::{Action, Call, CallKind};
use scimux_scim::{Object, body, value};

use crate::drive::drive;
use crate::targets::{QUIRKS, refused, targets};

/// A body made canonical is canonical. What each vendor is sent for it as POST and PUT is a request to its own host, below
/// its base, with a JSON body.
pub fn dialect(input: &[u8]) {
    let Ok(body) = value::parse(&Bytes::copy_from_slice(input)) else { return };
    for target in targets() {
        for served in &target.types {
            for quirks in QUIRKS {
                let once = match body::canonical(body.clone(), &served.canonical, quirks) {
                    Ok(once) => once,
                    Err(error) => {
                        refused(&error);
                        continue;
                    }
                };
                let again =
                    body::canonical(once.resource.clone(), &served.canonical, quirks).expect("canonical is valid");
                assert_eq!(again.resource, once.resource);
                let endpoint = &served.canonical.endpoint;
                drive(target, endpoint, Action::Create(once.clone()), |call| echo(call, &body));
                drive(target, endpoint, Action::Replace("1".into(), once), |call| echo(call, &body));
            }
        }
    }
}

/// A vendor that has what it is sent, and had the input before.
fn echo(call: &Call, before: &Object) -> (Parts, Bytes) {
    let mut resource = match &call.kind {
        CallKind::Create(resource) | CallKind::Replace(_, resource) => resource.clone(),
        _ => before.clone(),
    };
    resource.insert("id", call.kind.id().unwrap_or("1"));
    let status = if matches!(call.kind, CallKind::Create(_)) { 201 } else { 200 };
    let (head, ()) = Response::builder().status(status).body(()).expect("a head").into_parts();
    (head, resource.to_bytes())
}
