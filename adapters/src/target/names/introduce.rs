//! One line of `[targets.x.attributes]`: checked, compiled into the mapping of each type it concerns, and made known to
//! the schemas where it names what no schema has.

use std::sync::Arc;

use scimux_scim::schema::{Extension, Kind};
use scimux_scim::{Attribute, AttributePath, ResourceType, Schema, Text};

use super::{Building, attribute_names, held_path, vendor_path};
use crate::Problem;
use crate::mapping::same;

/// Compiles `canonical = vendor`.
pub(super) fn attribute(building: &mut [Building], canonical: &str, vendor: &str) -> Option<Problem> {
    let key = format!("attributes.\"{canonical}\"");
    let is_known = building.iter().any(|kind| held_path(canonical, &kind.canonical).is_some());
    let mut concerned = false;
    let mut wrong = None;
    for kind in building.iter_mut() {
        match for_type(kind, canonical, vendor, is_known) {
            Ok(true) => concerned = true,
            Ok(false) => {}
            Err(message) => wrong = wrong.or(Some(message)),
        }
    }
    if concerned && wrong.is_none() {
        return None;
    }
    let unknown = || {
        let names: Vec<_> = building.iter().map(|kind| attribute_names(&kind.vendor.held)).collect();
        format!("the vendor has no attribute \"{vendor}\"; it has {}", names.join(", "))
    };
    Some(Problem::new(key, wrong.unwrap_or_else(unknown)))
}

/// Whether the line concerns the type; if so it is now in its mapping. A canonical attribute that some type knows is not
/// introduced in others.
fn for_type(kind: &mut Building, canonical: &str, vendor: &str, is_known: bool) -> Result<bool, String> {
    let from = AttributePath::parse(canonical, &kind.canonical).map_err(|error| error.detail)?;
    for path in [canonical, vendor] {
        refuse_what_cannot_move(path, &kind.canonical)?;
    }
    let to = vendor_path(vendor, &kind.vendor);
    let known_from = kind.canonical.canonical(&from).filter(|path| kind.canonical.resolve(path).is_some());
    let (from, to) = match (known_from, to) {
        (_, None) => return Ok(false),
        (None, _) if is_known && !kind.canonical.open => return Ok(false),
        (Some(from), Some(to)) => (from, to),
        (None, Some(to)) => (from, to),
    };
    let single = "holds a list; only an attribute with one value can have another name in parts";
    for (path, of) in [(&from, &kind.canonical), (&to, &kind.vendor.held)] {
        let in_list = of.resolve(path).is_some_and(|it| it.attribute.multi_valued && it.sub_attribute.is_some());
        if in_list {
            return Err(format!("{} {single}", path.whole()));
        }
    }
    let leaves = (leaf(&from, &kind.canonical), leaf(&to, &kind.vendor.held));
    match leaves {
        (Some(ours), Some(theirs)) if !same_shape(&ours, &theirs) => {
            return Err(format!("{canonical} is {}, but {vendor} is {}", shape(&ours), shape(&theirs)));
        }
        (Some(_), Some(_)) => {}
        (Some(ours), None) => add(&mut kind.vendor.held, &to, ours),
        (None, Some(theirs)) => add(&mut kind.canonical, &from, theirs),
        (None, None) => {
            add(&mut kind.canonical, &from, Attribute { name: last_name(&from).into(), ..plain() });
            add(&mut kind.vendor.held, &to, Attribute { name: last_name(&to).into(), ..plain() });
        }
    }
    if kind.mapping.attributes.iter().any(|(ours, theirs)| same(ours, &from) || same(theirs, &to)) {
        return Err("an attribute stands twice; each has one counterpart".to_owned());
    }
    kind.mapping.attributes.push((from, to));
    Ok(true)
}

fn refuse_what_cannot_move(text: &str, kind: &ResourceType) -> Result<(), String> {
    let path = AttributePath::parse(text, kind).map_err(|error| error.detail)?;
    if path.is_container() || path.filter.is_some() {
        return Err(format!("\"{text}\" is no attribute; URNs of schemas stand in urns"));
    }
    let fixed = ["id", "meta", "schemas"].iter().any(|name| path.attribute.eq_ignore_ascii_case(name));
    if path.urn.is_none() && fixed { Err(format!("{text} cannot have another name")) } else { Ok(()) }
}

fn leaf(path: &AttributePath, kind: &ResourceType) -> Option<Attribute> {
    kind.resolve(path).map(|resolved| resolved.leaf().clone())
}

/// Whether values of one can be values of the other.
fn same_shape(a: &Attribute, b: &Attribute) -> bool {
    a.multi_valued == b.multi_valued && shape(a) == shape(b)
}

fn shape(attribute: &Attribute) -> &'static str {
    match (attribute.multi_valued, attribute.kind) {
        (true, Kind::Complex) => "a list of complex values",
        (true, _) => "a list",
        (false, Kind::Complex) => "complex",
        (false, Kind::Boolean) => "a boolean",
        (false, Kind::Decimal | Kind::Integer) => "a number",
        (false, Kind::String | Kind::DateTime | Kind::Reference | Kind::Binary) => "a string",
    }
}

/// An attribute of which nothing is known.
fn plain() -> Attribute {
    Attribute {
        name: Text::new(),
        kind: Kind::String,
        multi_valued: false,
        description: String::new(),
        required: false,
        canonical_values: Vec::new(),
        case_exact: false,
        mutability: Default::default(),
        returned: Default::default(),
        uniqueness: Default::default(),
        reference_types: Vec::new(),
        sub_attributes: Vec::new(),
    }
}

fn last_name(path: &AttributePath) -> String {
    path.sub_attribute.as_deref().unwrap_or(&path.attribute).to_owned()
}

/// Makes a type know an attribute at a path; a complex attribute and an extension are made on the way.
fn add(kind: &mut ResourceType, path: &AttributePath, leaf: Attribute) {
    // Another name means another attribute: what the vendor demands or keeps unique there is not this one's character.
    let leaf = Attribute { name: last_name(path).into(), required: false, ..leaf };
    let schema = match &path.urn {
        Some(urn) if !urn.eq_ignore_ascii_case(&kind.schema.id) => extension_mut(kind, urn),
        _ => &mut kind.schema,
    };
    let schema = Arc::make_mut(schema);
    if path.sub_attribute.is_none() {
        schema.attributes.push(leaf);
        return;
    }
    let of = schema.attributes.iter_mut().find(|attribute| attribute.name.eq_ignore_ascii_case(&path.attribute));
    match of {
        Some(attribute) => attribute.sub_attributes.push(leaf),
        None => {
            let name = path.attribute.to_string();
            schema.attributes.push(Attribute {
                name: name.into(),
                kind: Kind::Complex,
                sub_attributes: vec![leaf],
                ..plain()
            });
        }
    }
}

fn extension_mut<'a>(kind: &'a mut ResourceType, urn: &str) -> &'a mut Arc<Schema> {
    let index = kind.extensions.iter().position(|known| known.schema.id.eq_ignore_ascii_case(urn));
    let index = index.unwrap_or_else(|| {
        let schema =
            Schema { id: urn.into(), name: urn.to_owned(), description: String::new(), attributes: Vec::new() };
        kind.extensions.push(Extension { schema: Arc::new(schema), required: false });
        kind.extensions.len() - 1
    });
    &mut kind.extensions[index].schema
}
