//! A canonical request cut to what the vendor can hold (CONTRACT section 3), with a note for everything left out.

mod held;

use scimux_scim::schema::{Attribute, Kind, Mutability, Resolved};
use scimux_scim::{AttributePath, Object, Op, PatchOp, ScimError, Text, Value};

pub(crate) use self::held::Held;
use self::held::Known;
use crate::profile::{AttributeProfile, SubValue, TypeProfile};
use crate::{Note, NoteKind, ServedType, Target, Unsupported};

/// Cuts canonical bodies and operations to what the vendor can hold.
pub(crate) struct Fitter<'a> {
    target: &'a Target,
    served: &'a ServedType,
    pub(crate) notes: Vec<Note>,
}

impl TypeProfile {
    /// Whether a common attribute, which is in no schema, is among those the vendor holds.
    pub(crate) fn holds_common(&self, path: &AttributePath) -> bool {
        let is_common = path.urn.is_none() && path.attribute.eq_ignore_ascii_case("externalId");
        !is_common || self.holds.is_empty() || self.holds.iter().any(|held| held.eq_ignore_ascii_case("externalId"))
    }
}

impl<'a> Fitter<'a> {
    pub(crate) fn new(target: &'a Target, served: &'a ServedType) -> Self {
        Self { target, served, notes: Vec::new() }
    }

    /// A canonical body without what the vendor cannot hold.
    pub(crate) fn resource(&mut self, resource: Object) -> Result<Object, ScimError> {
        if self.served.held.has_all(&resource, self.served) {
            return Ok(resource);
        }
        resource.try_filter_map(|name, value| {
            if let Some(extension) = self.served.canonical.extension(name) {
                let container = self.container(&extension.id, value)?;
                Ok((!container.is_empty()).then_some(Value::Object(container)))
            } else if is_open_container(self.served, name) || name.eq_ignore_ascii_case("schemas") {
                Ok(Some(value))
            } else {
                self.attribute(None, name, value)
            }
        })
    }

    fn container(&mut self, urn: &Text, value: Value) -> Result<Object, ScimError> {
        let Value::Object(members) = value else { return Ok(Object::new()) };
        members.try_filter_map(|name, value| self.attribute(Some(urn), name, value))
    }

    /// Operations without what the vendor cannot hold.
    pub(crate) fn operations(&mut self, operations: Vec<PatchOp>) -> Result<Vec<PatchOp>, ScimError> {
        let mut fitted = Vec::with_capacity(operations.len());
        for operation in operations {
            fitted.extend(self.operation(operation)?);
        }
        Ok(fitted)
    }

    fn operation(&mut self, mut operation: PatchOp) -> Result<Option<PatchOp>, ScimError> {
        refuse_read_only(&operation, self.served)?;
        if let Some(value) = operation.value.as_ref().filter(|_| !operation.path.is_container()) {
            refuse_empty(&operation.path, value, self.served)?;
        }
        if operation.path.is_container() || self.is_echo(&operation) {
            return Ok(Some(operation));
        }
        let Some(value) = operation.value.take() else {
            return Ok(self.may_hold(&operation.path)?.then_some(operation));
        };
        if let Some(sub) = &operation.path.sub_attribute {
            if !self.may_hold(&operation.path)? {
                return Ok(None);
            }
            let whole = self.whole(&operation.path);
            whole.check_type(sub, &value)?;
            operation.value = Some(value);
            return Ok(Some(operation));
        }
        let appending = operation.op == Op::Add;
        operation.value = self.value(&operation.path, value, appending)?;
        Ok(operation.value.is_some().then_some(operation))
    }

    /// Whether a pathless value repeats what RFC 7643 makes readOnly: that is refused if it differs from the present value
    /// (CONTRACT section 4), which only the present resource can tell.
    fn is_echo(&self, operation: &PatchOp) -> bool {
        let resolved = self.served.canonical.resolve(&operation.path);
        !operation.explicit && resolved.is_some_and(|resolved| resolved.attribute.mutability == Mutability::ReadOnly)
    }

    fn attribute(&mut self, urn: Option<&Text>, name: &Text, value: Value) -> Result<Option<Value>, ScimError> {
        if self.served.held.find(urn.map(|urn| &**urn), name).is_some_and(|known| known.passes(&value)) {
            return Ok(Some(value));
        }
        let path = AttributePath { urn: urn.cloned(), ..AttributePath::attribute(name.clone()) };
        self.value(&path, value, false)
    }

    fn value(&mut self, path: &AttributePath, value: Value, appending: bool) -> Result<Option<Value>, ScimError> {
        if !self.may_hold(path)? {
            return Ok(None);
        }
        let whole = self.whole(path);
        let value = match value {
            Value::Object(parts) => Value::Object(self.parts(&whole, parts)?),
            Value::Array(elements) => Value::Array(self.elements(&whole, elements, appending)?),
            simple => simple,
        };
        let emptied = matches!(&value, Value::Object(parts) if parts.is_empty());
        Ok((!emptied).then_some(value))
    }

    /// The parts of a complex value that the vendor can hold.
    fn parts(&mut self, whole: &Whole<'_>, parts: Object) -> Result<Object, ScimError> {
        parts.try_filter_map(|name, value| {
            if !whole.loses_nothing(name, &value) && !self.may_hold_part(whole, name)? {
                return Ok(None);
            }
            whole.check_type(name, &value)?;
            Ok(Some(value))
        })
    }

    fn elements(&mut self, whole: &Whole<'_>, elements: Vec<Value>, appending: bool) -> Result<Vec<Value>, ScimError> {
        let single = whole.form.is_some_and(|form| form.single);
        let elements = if single && !appending { self.only_one(&whole.path, elements)? } else { elements };
        elements
            .into_iter()
            .map(|element| match element {
                Value::Object(parts) => Ok(Value::Object(self.parts(whole, parts)?)),
                simple => Ok(simple),
            })
            .collect()
    }

    /// The value that stays where one fits: the `primary` one, else the first; of the types the vendor has, if it says.
    pub(crate) fn only_one(&mut self, whole: &AttributePath, elements: Vec<Value>) -> Result<Vec<Value>, ScimError> {
        if elements.len() < 2 {
            return Ok(elements);
        }
        self.leave_out(whole, "the vendor holds one value")?;
        let types = self.vendor_attribute(whole).map(|profile| profile.types.clone()).unwrap_or_default();
        let fits = |element: &&Value| {
            let kind = element.as_object().and_then(|parts| parts.str("type"));
            types.is_empty() || kind.is_none_or(|kind| types.iter().any(|known| known.eq_ignore_ascii_case(kind)))
        };
        let is_primary =
            |element: &&Value| element.as_object().and_then(|parts| parts.get("primary")).and_then(Value::as_bool);
        let chosen = elements
            .iter()
            .filter(fits)
            .find(|element| is_primary(element) == Some(true))
            .or_else(|| elements.iter().find(fits))
            .or_else(|| elements.first());
        Ok(chosen.cloned().into_iter().collect())
    }

    /// Whether the vendor can hold the attribute at a canonical path; if not, that is noted or refused.
    fn may_hold(&mut self, path: &AttributePath) -> Result<bool, ScimError> {
        let known = self.known(path).filter(|_| path.filter.is_none());
        let why_not = match (known, &path.sub_attribute) {
            (Some(known), None) => known.why_not,
            _ => why_not(path, self.served),
        };
        match why_not {
            None => Ok(true),
            Some(why) => self.leave_out(path, why).map(|()| false),
        }
    }

    fn may_hold_part(&mut self, whole: &Whole<'_>, part: &Text) -> Result<bool, ScimError> {
        let path = || whole.path.clone().with_sub(part.clone());
        match whole.known.and_then(|known| known.part(part)) {
            Some(None) => Ok(true),
            Some(Some(why)) => self.leave_out(&path(), why).map(|()| false),
            None => self.may_hold(&path()),
        }
    }

    /// The whole attribute that a path leads into.
    fn whole(&self, path: &AttributePath) -> Whole<'a> {
        let known = self.known(path);
        let form = match known.filter(|_| path.filter.is_none() && path.sub_attribute.is_none()) {
            Some(known) => known.form.map(|place| &self.served.forms[place].1),
            None => self.vendor_attribute(path),
        };
        Whole { path: path.whole(), known, form }
    }

    fn known(&self, path: &AttributePath) -> Option<&'a Known> {
        self.served.held.find(path.urn.as_deref(), &path.attribute)
    }

    fn leave_out(&mut self, path: &AttributePath, why: &'static str) -> Result<(), ScimError> {
        let name = match path.filter {
            None => path.to_string(),
            Some(_) => AttributePath { filter: None, ..path.clone() }.to_string(),
        };
        if self.target.settings.unsupported == Unsupported::Refuse || name.eq_ignore_ascii_case("password") {
            return Err(ScimError::invalid_value(format!("{name}: {why}; leave it out of the request")));
        }
        if !self.notes.iter().any(|note| note.attribute == name && note.kind == NoteKind::Dropped) {
            self.notes.push(Note::new(NoteKind::Dropped, name, why));
        }
        Ok(())
    }

    fn vendor_attribute(&self, whole: &AttributePath) -> Option<&'a AttributeProfile> {
        self.served.whole_form(&self.served.mapping.path_to_vendor(whole))
    }
}

/// Why the vendor cannot hold the attribute at a canonical path; `None`: it can.
fn why_not(path: &AttributePath, served: &ServedType) -> Option<&'static str> {
    let vendor_path = served.mapping.path_to_vendor(path);
    let held = served.vendor.resolve(&vendor_path).filter(|_| served.profile.holds_common(&vendor_path));
    let Some(resolved) = held else {
        return (!is_open_path(served, path)).then_some("the vendor has no such attribute");
    };
    if resolved.leaf().mutability == Mutability::ReadOnly || resolved.attribute.mutability == Mutability::ReadOnly {
        return Some("the vendor computes it");
    }
    let form = served.whole_form(&vendor_path)?;
    let part = vendor_path.sub_attribute.as_deref()?;
    let is_lost = form.without.iter().any(|lost| lost.eq_ignore_ascii_case(part));
    is_lost.then_some("the vendor does not keep it")
}

/// A whole attribute by its canonical path, and where the vendor's differs from its schema.
struct Whole<'a> {
    path: AttributePath,
    known: Option<&'a Known>,
    form: Option<&'a AttributeProfile>,
}

impl Whole<'_> {
    /// Whether a part that is not sent comes back all the same, because the gateway gives it to every value it reads.
    fn loses_nothing(&self, part: &str, value: &Value) -> bool {
        match self.form.and_then(|form| form.read_with.get(part)) {
            Some(SubValue::Bool(given)) => value.as_bool() == Some(*given),
            Some(SubValue::Text(given)) => value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(given)),
            None => false,
        }
    }

    /// Refuses a `type` outside the vendor's closed list: the vendor would, and another type would be another meaning.
    fn check_type(&self, part: &str, value: &Value) -> Result<(), ScimError> {
        let Some(form) = self.form else { return Ok(()) };
        let Some(kind) = value.as_str() else { return Ok(()) };
        let known = form.types.is_empty() || form.types.iter().any(|known| known.eq_ignore_ascii_case(kind));
        if !part.eq_ignore_ascii_case("type") || known {
            return Ok(());
        }
        let (whole, allowed) = (&self.path, form.types.join(", "));
        Err(ScimError::invalid_value(format!("{whole}.type: the vendor knows only {allowed}")))
    }
}

/// 400 `mutability` for an explicit path to what RFC 7643 makes readOnly (CONTRACT section 4), and for a changed part of
/// a value whose parts are immutable (rfc-traps 173).
fn refuse_read_only(operation: &PatchOp, served: &ServedType) -> Result<(), ScimError> {
    let Some(resolved) = served.canonical.resolve(&operation.path) else { return Ok(()) };
    let read_only = |attribute: &Attribute| attribute.mutability == Mutability::ReadOnly;
    let path = &operation.path;
    if operation.explicit && (read_only(resolved.attribute) || resolved.sub_attribute.is_some_and(read_only)) {
        return Err(ScimError::mutability(format!("{path} is readOnly")));
    }
    let part_is_immutable = resolved.sub_attribute.is_some_and(|sub| sub.mutability == Mutability::Immutable);
    if part_is_immutable && resolved.attribute.multi_valued && operation.op != Op::Remove {
        return Err(ScimError::mutability(format!("{path} is immutable; remove the value and add another")));
    }
    let unassigns = operation.op == Op::Remove && path.filter.is_none();
    let required = resolved.leaf().required && (resolved.sub_attribute.is_none() || resolved.attribute.required);
    if unassigns && required && resolved.leaf().kind != Kind::Complex {
        return Err(ScimError::mutability(format!("{path} is required and cannot be removed")));
    }
    Ok(())
}

/// 400 `invalidValue` for an empty text in the place of what the schema or the vendor demands (rfc-traps 52), also as a part
/// of the value.
fn refuse_empty(path: &AttributePath, value: &Value, served: &ServedType) -> Result<(), ScimError> {
    let demands = |found: Resolved<'_>| found.leaf().required;
    match value {
        Value::Object(parts) if path.sub_attribute.is_none() => {
            parts.iter().try_for_each(|(name, part)| refuse_empty(&path.clone().with_sub(name.clone()), part, served))
        }
        Value::Array(elements) => elements.iter().try_for_each(|element| refuse_empty(path, element, served)),
        Value::String(text) if text.is_empty() => {
            let vendor = served.mapping.path_to_vendor(path);
            let demanded = served.canonical.resolve(path).is_some_and(demands)
                || served.vendor.resolve(&vendor).is_some_and(demands);
            match demanded {
                true => Err(ScimError::invalid_value(format!("{path} is required and cannot be empty"))),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn is_open_container(served: &ServedType, name: &str) -> bool {
    served.canonical.open && name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

fn is_open_path(served: &ServedType, path: &AttributePath) -> bool {
    served.canonical.open && path.urn.is_some()
}
