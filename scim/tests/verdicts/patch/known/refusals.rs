//! Where one side refuses, or both for another reason: ours stays.

use scimux_scim::Attribute;
use scimux_scim::schema::Kind;

use super::Meaning;
use crate::patch::step::Step;

fn stays(known: bool) -> Option<Meaning> {
    known.then_some(Meaning::Stays)
}

/// Refused by us, where the server takes it.
fn refused(step: &Step<'_>) -> bool {
    step.codes() == ("invalidValue", "ok")
}

pub(super) fn brackets(step: &Step<'_>) -> Option<Meaning> {
    stays(matches!(step.codes(), ("invalidFilter", "invalidPath" | "invalidValue")))
}

pub(super) fn single(step: &Step<'_>) -> Option<Meaning> {
    let single = !step.attribute()?.multi_valued && step.path()?.filter.is_some();
    stays(single && matches!(step.codes(), ("invalidPath", "invalidFilter" | "invalidValue")))
}

pub(super) fn unknown(step: &Step<'_>) -> Option<Meaning> {
    stays(step.path().is_none() && step.codes() == ("invalidPath", "invalidValue"))
}

pub(super) fn read_only(step: &Step<'_>) -> Option<Meaning> {
    let read_only = step.leaf()?.is_read_only() || step.attribute()?.is_read_only();
    stays(read_only && step.codes() == ("mutability", "invalidValue"))
}

pub(super) fn empty(step: &Step<'_>) -> Option<Meaning> {
    stays(step.leaf()?.required && *step.target()?.1? == "" && refused(step))
}

pub(super) fn no_element(step: &Step<'_>) -> Option<Meaning> {
    let no_element = step.present().as_array().is_none_or(Vec::is_empty);
    let path = step.path()?;
    let is_part = path.sub_attribute.is_some() && path.filter.is_none();
    stays(no_element && is_part && matches!(step.codes(), ("noTarget" | "invalidValue", "ok")))
}

pub(super) fn primaries(step: &Step<'_>) -> Option<Meaning> {
    let (path, value) = (step.path()?, step.target()?.1?);
    let primary = match &path.sub_attribute {
        Some(sub) => **sub == *"primary" && *value == true,
        None => path.filter.is_some() && value["primary"] == true,
    };
    stays(primary && refused(step))
}

pub(super) fn no_number(step: &Step<'_>) -> Option<Meaning> {
    let is_number = matches!(step.leaf()?.kind, Kind::Integer | Kind::Decimal);
    stays(is_number && step.target()?.1?.is_boolean() && refused(step))
}

pub(super) fn no_instant(step: &Step<'_>) -> Option<Meaning> {
    stays(step.leaf()?.kind == Kind::DateTime && step.target()?.1?.is_number() && refused(step))
}

pub(super) fn relative(step: &Step<'_>) -> Option<Meaning> {
    let (path, attribute) = (step.path()?, step.attribute()?);
    let refers = |sub: &Attribute| sub.kind == Kind::Reference;
    let filtered = path.filter.is_some() && attribute.sub_attributes.iter().any(refers);
    stays(match step.codes() {
        (_, "invalidFilter") => filtered,
        codes => refers(&step.leaf()?) && codes == ("ok", "invalidValue"),
    })
}

pub(super) fn schemas(step: &Step<'_>) -> Option<Meaning> {
    let (path, _) = step.target()?;
    let is_schemas = path == "schemas" || step.kind.is_base(path);
    stays(is_schemas && matches!(step.codes(), ("mutability" | "ok", _)))
}

pub(super) fn immutable(step: &Step<'_>) -> Option<Meaning> {
    stays(step.attribute()?.is_reference() && step.codes() == ("mutability", "noTarget"))
}

pub(super) fn two_mistakes(step: &Step<'_>) -> Option<Meaning> {
    stays(step.path()?.filter.is_some() && step.codes() == ("invalidValue", "noTarget"))
}
