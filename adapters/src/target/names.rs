//! The names of a target: `urns`, `attributes` and `defaults` of the configuration checked against the vendor's types, and
//! compiled for each of them.

mod introduce;

use std::sync::Arc;

use scimux_scim::schema::{self, Extension, Kind, Mutability};
use scimux_scim::{Attribute, AttributePath, ResourceType, Schema, Value};

use super::check::listed;
use super::types::{VendorType, rfc_schema};
use crate::fit::Held;
use crate::mapping::same;
use crate::passage::Passage;
use crate::{Mapping, Problem, ServedType, TargetSettings, put};

/// The vendor's types under the names that the configuration gives them.
///
/// # Errors
/// Everything that is wrong with `urns`, `attributes` and `defaults`.
pub(super) fn serve(types: Vec<VendorType>, settings: &TargetSettings) -> Result<Vec<ServedType>, Vec<Problem>> {
    let mut problems = check_urns(&types, &settings.urns);
    let mut building: Vec<Building> = types.into_iter().map(|kind| Building::new(kind, &settings.urns)).collect();
    for (canonical, vendor) in &settings.attributes {
        problems.extend(introduce::attribute(&mut building, canonical, vendor));
    }
    for (path, value) in &settings.defaults {
        problems.extend(add_default(&mut building, path, value));
    }
    if problems.is_empty() { Ok(building.into_iter().map(Building::finish).collect()) } else { Err(problems) }
}

/// A served type while its names are being made.
struct Building {
    canonical: ResourceType,
    vendor: VendorType,
    mapping: Mapping,
    defaults: Vec<(AttributePath, Value)>,
}

impl Building {
    fn new(mut vendor: VendorType, urns: &[(String, String)]) -> Self {
        rename_rfc_schemas(&mut vendor.whole, urns);
        rename_rfc_schemas(&mut vendor.held, urns);
        let canonical = canonical_type(&vendor.whole, urns);
        let texts = urns.iter().map(|(canonical, vendor)| (canonical.as_str().into(), vendor.as_str().into()));
        let mut mapping = Mapping { urns: texts.collect(), ..Mapping::default() };
        mapping.base = (canonical.schema.id.clone(), vendor.held.schema.id.clone());
        Self { canonical, vendor, mapping, defaults: Vec::new() }
    }

    fn finish(mut self) -> ServedType {
        self.mapping.shared = shared(&self.mapping, &self.vendor.held);
        self.excuse_extensions();
        let mut served = ServedType {
            references: self.references(),
            writable: writable(&self.vendor.held),
            put: Arc::default(),
            held: Arc::default(),
            canonical: self.canonical,
            vendor: self.vendor.held,
            profile: self.vendor.profile,
            mapping: self.mapping,
            defaults: self.defaults,
            forms: self.vendor.forms,
            passage: None,
        };
        served.put = Arc::new(put::Rules::new(&served));
        served.held = Arc::new(Held::new(&served));
        served.passage = Passage::new(&served).map(Arc::new);
        served
    }

    fn references(&self) -> Arc<[(AttributePath, Attribute)]> {
        let has_reference = |path: &AttributePath| {
            let reference = self.mapping.path_to_vendor(&path.clone().with_sub("$ref"));
            self.vendor.held.resolve(&reference).is_some()
        };
        let named = self.canonical.attributes().filter(|(_, attribute)| attribute.is_reference());
        named.filter(|(path, _)| has_reference(path)).map(|(path, attribute)| (path, attribute.clone())).collect()
    }

    /// An extension that the vendor demands need not be in a request where defaults fill it.
    fn excuse_extensions(&mut self) {
        for extension in &mut self.canonical.extensions {
            let urn = self.mapping.urn_to_vendor(&extension.schema.id);
            let demanded = self.vendor.held.extension(urn).is_some_and(|schema| {
                let required = schema.attributes.iter().filter(|attribute| attribute.required);
                let has_default = |attribute: &Attribute| {
                    self.defaults
                        .iter()
                        .any(|(path, _)| path.urn.as_deref() == Some(urn) && *path.attribute == *attribute.name)
                };
                required.clone().next().is_some() && !required.clone().all(has_default)
            });
            extension.required &= demanded;
        }
    }
}

fn writable(vendor: &ResourceType) -> Arc<[(AttributePath, Attribute)]> {
    let may_be_written = |(path, attribute): &(AttributePath, &Attribute)| {
        let is_common = path.urn.is_none() && vendor.schema.attribute(&attribute.name).is_none();
        !attribute.is_read_only() && (!is_common || attribute.name == "externalId")
    };
    vendor.attributes().filter(may_be_written).map(|(path, attribute)| (path, attribute.clone())).collect()
}

/// Where a vendor of unknown schemas has another URN for one of the RFC's: its schema is the RFC's under that URN.
fn rename_rfc_schemas(kind: &mut ResourceType, urns: &[(String, String)]) {
    if !kind.open {
        return;
    }
    let vendor_urn = |id: &str| urns.iter().find(|(canonical, _)| canonical.eq_ignore_ascii_case(id)).map(|(_, to)| to);
    let schemas = std::iter::once(&mut kind.schema).chain(kind.extensions.iter_mut().map(|known| &mut known.schema));
    for schema in schemas {
        if let Some(urn) = vendor_urn(&schema.id) {
            *schema = Arc::new(Schema { id: urn.as_str().into(), ..Schema::clone(schema) });
        }
    }
}

/// The type as clients see it: the RFC's whole schemas, and the vendor's extensions under their canonical URNs.
fn canonical_type(vendor: &ResourceType, urns: &[(String, String)]) -> ResourceType {
    let renamed = |schema: &Arc<Schema>| match urns.iter().find(|(_, from)| from.eq_ignore_ascii_case(&schema.id)) {
        None => Arc::clone(schema),
        Some((to, _)) => rfc_schema(to)
            .cloned()
            .unwrap_or_else(|| Arc::new(Schema { id: to.as_str().into(), ..Schema::clone(schema) })),
    };
    let base = renamed(&vendor.schema);
    let mut extensions: Vec<Extension> = Vec::new();
    if base.id == schema::USER {
        extensions.push(Extension { schema: Arc::clone(schema::enterprise_user()), required: false });
    }
    for extension in &vendor.extensions {
        let schema = renamed(&extension.schema);
        if !extensions.iter().any(|known| known.schema.id == schema.id) {
            extensions.push(Extension { schema, required: extension.required });
        }
    }
    ResourceType { schema: base, extensions, ..vendor.clone() }
}

fn check_urns(types: &[VendorType], urns: &[(String, String)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_open = types.iter().any(|kind| kind.whole.open);
    let known: Vec<_> = types.iter().flat_map(|kind| urns_of(&kind.whole)).collect();
    for (index, (canonical, vendor)) in urns.iter().enumerate() {
        let key = format!("urns.\"{canonical}\"");
        for urn in [canonical, vendor].into_iter().filter(|urn| !is_urn(urn)) {
            problems.push(Problem::new(&*key, format!("\"{urn}\" is no URN; it must begin with urn:")));
        }
        if !is_open && !known.iter().any(|known| known.eq_ignore_ascii_case(vendor)) {
            let message = format!("the vendor has no schema \"{vendor}\"; it has {}", listed(&known));
            problems.push(Problem::new(&*key, message));
        }
        let twice = urns[..index]
            .iter()
            .any(|(earlier, to)| earlier.eq_ignore_ascii_case(canonical) || to.eq_ignore_ascii_case(vendor));
        if twice {
            problems.push(Problem::new(&*key, "a URN stands twice; each has one counterpart"));
        }
        let is_other = known.iter().any(|known| known.eq_ignore_ascii_case(canonical))
            && !is_open
            && !urns.iter().any(|(_, to)| to.eq_ignore_ascii_case(canonical));
        if is_other {
            problems.push(Problem::new(&*key, "the vendor itself uses this canonical URN for another schema"));
        }
    }
    problems
}

fn urns_of(kind: &ResourceType) -> impl Iterator<Item = &str> {
    let extensions = kind.extensions.iter().map(|extension| &*extension.schema.id);
    std::iter::once(&*kind.schema.id).chain(extensions)
}

fn is_urn(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) && text.len() > 4
}

/// What renamed attributes are parts of at the vendor, with the other parts of it.
fn shared(mapping: &Mapping, vendor: &ResourceType) -> Vec<(AttributePath, Vec<AttributePath>)> {
    let renamed = |path: &AttributePath| mapping.attributes.iter().any(|(_, to)| same(to, path));
    let mut shared = Vec::new();
    for (_, to) in &mapping.attributes {
        if to.sub_attribute.is_some() {
            let subs = vendor.resolve(&to.whole()).map(|whole| whole.attribute.sub_attributes.as_slice());
            let parts = subs.unwrap_or_default().iter().map(|sub| to.whole().with_sub(&*sub.name));
            let writable = parts.filter(|part| !is_read_only(part, vendor));
            shared.push((to.whole(), writable.filter(|part| !renamed(part)).collect()));
        }
        if let Some(urn) = &to.urn {
            let container = AttributePath::attribute("").with_urn(urn.clone());
            let attributes = vendor.extension(urn).map(|schema| schema.attributes.as_slice()).unwrap_or_default();
            let parts =
                attributes.iter().map(|attribute| AttributePath::attribute(&*attribute.name).with_urn(urn.clone()));
            let others = parts.filter(|part| !renamed(part) && !same(part, &to.whole()) && !is_read_only(part, vendor));
            shared.push((container, others.collect()));
        }
    }
    shared
}

fn is_read_only(path: &AttributePath, kind: &ResourceType) -> bool {
    kind.resolve(path).is_some_and(|resolved| resolved.leaf().mutability == Mutability::ReadOnly)
}

fn add_default(building: &mut [Building], text: &str, value: &Value) -> Option<Problem> {
    let key = format!("defaults.\"{text}\"");
    let mut served = false;
    // A default is for new resources: what nobody can create has none.
    for kind in building.iter_mut().filter(|kind| kind.vendor.profile.operations.create) {
        let Some(path) = vendor_path(text, &kind.vendor) else { continue };
        served = true;
        if let Some(resolved) = kind.vendor.held.resolve(&path) {
            let leaf = resolved.leaf();
            if resolved.attribute.mutability == Mutability::ReadOnly || leaf.mutability == Mutability::ReadOnly {
                return Some(Problem::new(key, "the vendor computes it; a default cannot set it"));
            }
            if resolved.attribute.multi_valued && resolved.sub_attribute.is_some() {
                let whole = path.whole();
                return Some(Problem::new(key, format!("{whole} holds a list; give the whole list as the default")));
            }
            if !fits(value, leaf) {
                return Some(Problem::new(key, format!("must be {}", expected(leaf))));
            }
        }
        kind.defaults.push((path, value.clone()));
    }
    let names = || building.iter().map(|kind| attribute_names(&kind.vendor.held)).collect::<Vec<_>>().join(", ");
    (!served).then(|| Problem::new(key, format!("the vendor has no such attribute; it has {}", names())))
}

/// The vendor's path for a text, if the vendor has it. An extension that only a line of the configuration made known may hold
/// more than that line names.
fn vendor_path(text: &str, kind: &VendorType) -> Option<AttributePath> {
    let unknown = || AttributePath::parse(text, &kind.whole).ok().filter(|path| kind.whole.is_open_to(path));
    held_path(text, &kind.held).or_else(|| unknown().filter(|path| path.filter.is_none() && !path.is_container()))
}

/// The path for a text, if the type has it.
fn held_path(text: &str, kind: &ResourceType) -> Option<AttributePath> {
    let path = AttributePath::parse(text, kind).ok().filter(|path| path.filter.is_none() && !path.is_container())?;
    kind.canonical(&path)
}

/// The top-level attributes of a type, for the text of a problem.
fn attribute_names(kind: &ResourceType) -> String {
    let core = kind.schema.attributes.iter().map(|attribute| attribute.name.to_string());
    let extensions = kind.extensions.iter().flat_map(|extension| {
        extension.schema.attributes.iter().map(|attribute| format!("{}:{}", extension.schema.id, attribute.name))
    });
    core.chain(extensions).collect::<Vec<_>>().join(", ")
}

/// Whether a value is of an attribute's type.
fn fits(value: &Value, attribute: &Attribute) -> bool {
    if attribute.multi_valued {
        let one = Attribute { multi_valued: false, ..attribute.clone() };
        return value.as_array().is_some_and(|elements| elements.iter().all(|element| fits(element, &one)));
    }
    match attribute.kind {
        Kind::Boolean => matches!(value, Value::Bool(_)),
        Kind::Decimal | Kind::Integer => matches!(value, Value::Number(_)),
        Kind::Complex => value.as_object().is_some_and(|parts| {
            parts.iter().all(|(name, part)| attribute.sub(name).is_some_and(|sub| fits(part, sub)))
        }),
        Kind::String | Kind::DateTime | Kind::Reference | Kind::Binary => matches!(value, Value::String(_)),
    }
}

fn expected(attribute: &Attribute) -> String {
    let kind = match attribute.kind {
        Kind::Boolean => "a boolean",
        Kind::Decimal | Kind::Integer => "a number",
        Kind::Complex => "a table of its sub-attributes",
        Kind::String | Kind::DateTime | Kind::Reference | Kind::Binary => "a string",
    };
    if attribute.multi_valued { format!("a list, each value {kind}") } else { kind.to_owned() }
}
