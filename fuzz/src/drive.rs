//! Carries an operation out over a vendor that answers whatever it is told to.

use std::sync::Arc;

use bytes::Bytes;
use http::Uri;
use http::response::Parts;
use percent_encoding::percent_decode_str;
use scimux_adapters::dialect::MAX_TEXT;
use scimux_adapters::{
    Action, Answer, Call, CallKind, Conditions, Failure, Next, Operation, Outcome, Reply, Run, Target, Translated,
    VendorError, VendorErrorKind,
};
use scimux_scim::value;

use crate::targets::SCAN_LIMIT;

/// More calls than any operation needs: one for each resource that a list may read, and some.
const MOST_CALLS: usize = SCAN_LIMIT + 20;

/// Carries it out and checks each call, what is made of each answer, and the end.
pub(crate) fn drive(
    target: &Arc<Target>,
    endpoint: &str,
    action: Action,
    mut vendor: impl FnMut(&Call) -> (Parts, Bytes),
) {
    let name = action.name();
    let operation = Operation {
        endpoint: endpoint.to_owned(),
        action,
        asked_at: 0,
        wants_resource: true,
        wants_default: true,
        conditions: Conditions::default(),
    };
    let (mut run, mut next) = Run::start(operation, target.clone());
    let mut may_create = true;
    for _ in 0..MOST_CALLS {
        let call = match next {
            Next::Send(call) => call,
            Next::Done(done) => return end(done),
        };
        let is_create = matches!(call.kind, CallKind::Create(_));
        assert!(may_create || !is_create, "{} was sent a create again", target.vendor.name);
        let got = exchange(target, &call, &mut vendor);
        // Of a conflict the vendor itself says that it did nothing.
        let undone = matches!(&got, Err(error) if error.kind == VendorErrorKind::Conflict);
        may_create &= !is_create || undone;
        next = run.resume(got);
    }
    panic!("{} of {endpoint} at {} does not end", name, target.vendor.name);
}

fn exchange(
    target: &Target,
    call: &Call,
    vendor: &mut impl FnMut(&Call) -> (Parts, Bytes),
) -> Result<Answer, VendorError> {
    // What the vendor cannot be asked is refused, not sent.
    if let Ok(translated) = target.vendor.adapter.request(call, target) {
        planned(&translated, target);
    }
    let (head, body) = vendor(call);
    let answer = target.vendor.adapter.answer(call, target, &head, &body);
    match &answer {
        Err(error) => short(error),
        Ok(Answer::Page(page)) => assert!(page.resources.len() <= body.len(), "more resources than bytes"),
        Ok(_) => {}
    }
    answer
}

/// A request of this target's host, below its base, whose body is what it says.
fn planned(translated: &Translated, target: &Target) {
    let (request, base) = (&translated.request, &target.settings.base_url);
    assert_eq!(request.uri().authority(), base.authority());
    assert_eq!(request.uri().scheme(), base.scheme());
    stays(request.uri().path(), base.path());
    // It is parsed again by the vendor.
    assert_eq!(request.uri().to_string().parse::<Uri>().ok().as_ref(), Some(request.uri()));
    if !request.body().is_empty() {
        value::parse(request.body()).expect("a body is a JSON object");
    }
}

/// The path is below the base, also once dots have been resolved.
pub(crate) fn stays(path: &str, base: &str) {
    assert!(path.starts_with(base), "{path} is not below {base}");
    for segment in path.split('/') {
        let decoded = percent_decode_str(segment).decode_utf8().expect("UTF-8");
        assert!(!matches!(&*decoded, "." | ".."), "{path}");
    }
}

fn short(error: &VendorError) {
    let length = error.text.as_ref().map_or(0, |text| text.chars().count());
    assert!(length <= MAX_TEXT, "{length} characters of the vendor's text");
}

fn end(done: Result<Outcome, Failure>) {
    match done {
        Ok(Outcome { reply: Reply::Created(resource) | Reply::Resource(resource), .. }) => {
            let id = resource.resource.str("id");
            assert!(id.is_some_and(|id| !id.is_empty()), "a resource without id: {resource:?}");
            assert!(value::parse(&resource.to_bytes()).is_ok(), "{resource:?} is not written as JSON");
        }
        Ok(Outcome { reply: Reply::Page(page), .. }) => {
            assert!(page.len() <= scimux_scim::query::MAX_COUNT as usize, "{} resources on a page", page.len());
            page.resources(|_| false).for_each(drop);
        }
        Ok(_) => {}
        Err(Failure::Refused(error)) => assert!((400..600).contains(&error.status), "{error:?}"),
        Err(Failure::Vendor { error, .. }) => short(&error),
    }
}
