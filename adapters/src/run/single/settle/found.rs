//! Whether what a lookup finds is provably what a create made, whose answer is lost.

use scimux_scim::schema::{Attribute, Mutability, Returned};
use scimux_scim::{AttributePath, Object, Value, diff, seconds_since_1970};

use crate::{Answer, ServedType, VendorError, dialect, version};

/// So much may the vendor's clock be behind, in seconds.
const SKEW: i64 = 60;

/// The one resource that is provably this create: made since it was asked for, and equal in all that was sent and is shown.
///
/// # Errors
/// Why nothing is proven, in words.
pub(super) fn created(
    got: Result<Answer, VendorError>,
    sent: &Object,
    asked_at: i64,
    served: &ServedType,
) -> Result<Object, &'static str> {
    let Ok(Answer::Page(page)) = got else { return Err("the vendor could not be asked whether it has it") };
    let found: Vec<Object> = page.resources.iter().filter_map(|text| dialect::listed(text, served)).collect();
    if found.is_empty() {
        return Err("the vendor shows none of this userName so far");
    }
    let sent = readable(sent, served);
    let mut proven = found.into_iter().filter(|found| is_new(found, asked_at) && holds_all(found, &sent, served));
    match (proven.next(), proven.next()) {
        (Some(found), None) => Ok(found),
        _ => Err("the vendor has one of this userName, and nothing proves that this request made it"),
    }
}

fn is_new(found: &Object, asked_at: i64) -> bool {
    let meta = found.get("meta").and_then(Value::as_object);
    let created = meta.and_then(|meta| seconds_since_1970(meta.str("created")?));
    created.is_some_and(|created| created + SKEW >= asked_at)
}

/// What was sent without what the vendor never returns, and what changes without anybody's doing.
fn readable(sent: &Object, served: &ServedType) -> Object {
    let mut sent = sent.clone();
    let apart = served.forms.iter().filter(|(_, form)| form.never_returned || form.volatile);
    apart.for_each(|(path, _)| version::hide(path, &mut sent));
    for name in ["schemas", "meta", "id"] {
        sent.remove(name);
    }
    sent
}

fn holds_all(found: &Object, sent: &Object, served: &ServedType) -> bool {
    sent.iter().all(|(name, sent)| {
        let found = found.get(name);
        match (served.vendor.extension(name), sent) {
            (Some(schema), Value::Object(sent)) => {
                let found = found.and_then(Value::as_object);
                sent.iter()
                    .all(|(name, sent)| holds(found.and_then(|found| found.get(name)), sent, schema.attribute(name)))
            }
            _ => {
                let known = served.vendor.resolve(&AttributePath::attribute(name.clone()));
                holds(found, sent, known.map(|known| known.attribute))
            }
        }
    })
}

/// Whether a value is what was sent; the vendor may have added parts that were not.
fn holds(found: Option<&Value>, sent: &Value, attribute: Option<&Attribute>) -> bool {
    let apart = attribute.is_some_and(|one| one.returned == Returned::Never || one.mutability == Mutability::ReadOnly);
    match (found, sent) {
        _ if apart => true,
        (Some(Value::Object(found)), Value::Object(sent)) => sent.iter().all(|(name, sent)| {
            let part = attribute.and_then(|attribute| attribute.sub(name));
            // In a list `primary` that is false is no different from none (rfc-traps 45).
            let says_nothing = name.eq_ignore_ascii_case("primary") && *sent == Value::Bool(false);
            says_nothing && found.get(name).is_none() || holds(found.get(name), sent, part)
        }),
        (Some(Value::Array(found)), Value::Array(sent)) => {
            let is_in = |found: &&Value, sent: &Value| holds(Some(found), sent, attribute);
            found.len() == sent.len()
                && sent.iter().all(|sent| found.iter().any(|found| is_in(&found, sent)))
                && found.iter().all(|found| sent.iter().any(|sent| is_in(&found, sent)))
        }
        _ => diff::same_value(found, Some(sent), attribute),
    }
}
