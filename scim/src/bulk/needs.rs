//! What an operation touches, and so what it must wait for.

use std::collections::{BTreeMap, BTreeSet};

use super::Method;
use super::reference::{Data, bulk_id, each_reference};
use crate::schema::{Attribute, Uniqueness};
use crate::{Object, PatchOp, ResourceType, Text, Value};

/// What an operation touches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Claim {
    /// The resource with this id.
    Resource(Text),
    /// The resource created under this bulkId.
    Created(Text),
    /// The unique values of a resource type, by its endpoint.
    Names(String),
    /// One unique value of a resource type, without regard to case.
    Name(String, String),
}

/// How it touches that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Alone.
    Alone,
    /// As a resource that is referred to, beside others that refer to it.
    Refers,
    /// As unique values of which some are taken, beside others that take.
    Takes,
    /// As unique values of which some are set free, beside others that do.
    Frees,
}

/// What an operation needs before it can begin.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The bulkId under which it creates a resource.
    pub creates: Option<Text>,
    /// The bulkIds it refers to.
    pub references: BTreeSet<Text>,
    claims: BTreeMap<Claim, Hold>,
}

impl Needs {
    /// Those of the creation of a resource.
    #[must_use]
    pub fn of_creation(bulk_id: Text, data: &mut Object, resource_type: &ResourceType) -> Self {
        let mut needs = Self { creates: Some(bulk_id), ..Self::default() };
        let type_name = &resource_type.endpoint;
        needs.claim(Claim::Names(type_name.clone()), Hold::Takes);
        for (name, value) in data.iter() {
            let attribute = resource_type.schema.attribute(name);
            if let (Some(attribute), Value::String(text)) = (attribute, value)
                && may_be_unique(attribute, resource_type)
            {
                let name = format!("{} {}", attribute.name, text.to_lowercase());
                needs.claim(Claim::Name(type_name.clone(), name), Hold::Alone);
            }
        }
        needs.refer(Data::Resource(data), resource_type);
        needs
    }

    /// Those of a change of the resource `id`, or of its end.
    #[must_use]
    pub fn of_change(id: &Text, method: Method, data: Data<'_>, resource_type: &ResourceType) -> Self {
        let mut needs = Self::default();
        needs.touch(id, Hold::Alone);
        // A vendor may refuse a name until it is free, and nobody knows here which ones a resource has now.
        let names = match (method, &data) {
            (Method::Delete, _) => Some(Hold::Frees),
            (_, Data::Operations(operations)) if !rename(operations, resource_type) => None,
            _ => Some(Hold::Alone),
        };
        if let Some(hold) = names {
            needs.claim(Claim::Names(resource_type.endpoint.clone()), hold);
        }
        needs.refer(data, resource_type);
        needs
    }

    /// What is touched, and how.
    pub(super) fn claims(&self) -> impl Iterator<Item = (&Claim, Hold)> {
        self.claims.iter().map(|(claim, hold)| (claim, *hold))
    }

    fn refer(&mut self, data: Data<'_>, resource_type: &ResourceType) {
        each_reference(data, resource_type, &mut |text| self.touch(text, Hold::Refers));
    }

    fn touch(&mut self, text: &Text, hold: Hold) {
        let claim = match bulk_id(text).map(Text::from) {
            Some(bulk_id) => {
                self.references.insert(bulk_id.clone());
                Claim::Created(bulk_id)
            }
            None => Claim::Resource(text.clone()),
        };
        self.claim(claim, hold);
    }

    /// Adds a claim; two different ones on the same thing are one on it alone.
    fn claim(&mut self, claim: Claim, hold: Hold) {
        let both = |held: &mut Hold| {
            if *held != hold {
                *held = Hold::Alone;
            }
        };
        self.claims.entry(claim).and_modify(both).or_insert(hold);
    }
}

fn rename(operations: &[PatchOp], resource_type: &ResourceType) -> bool {
    operations.iter().any(|operation| match resource_type.resolve(&operation.path) {
        Some(resolved) => {
            may_be_unique(resolved.attribute, resource_type) || may_be_unique(resolved.leaf(), resource_type)
        }
        None => true,
    })
}

/// Whether vendors may let only one resource have a value of the attribute: those that say so, and those that do not for
/// the name of a type that has no other (rfc-traps 53) and for `externalId`.
fn may_be_unique(attribute: &Attribute, resource_type: &ResourceType) -> bool {
    let is_unique = |attribute: &Attribute| attribute.uniqueness != Uniqueness::None;
    let is = |name: &str| attribute.name.eq_ignore_ascii_case(name);
    is_unique(attribute)
        || is("externalId")
        || is("displayName") && !resource_type.schema.attributes.iter().any(is_unique)
}
