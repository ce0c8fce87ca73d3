//! Which steps carry out an operation at a vendor, decided from its profile alone.

use std::collections::VecDeque;

use scimux_scim::body::Canonical;
use scimux_scim::schema::{Kind, Mutability, Resolved};
use scimux_scim::{AttributePath, Object, Op, PatchOp, ScimError, Value};

use crate::capability::{Capability, capability};
use crate::lower::{self, Lowered, lower, needs_present_state};
use crate::profile::PutMeans;
use crate::put;
use crate::put::by_patch::is_cut;
use crate::{Action, DeleteBy, ServedType, Target};

/// One step. Those that ask the vendor something are named by what they ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// POST the wanted resource.
    Create,
    /// POST the wanted resource with only so many values of its lists; what is over is added by PATCH.
    CreateFirst(usize),
    /// PATCH in the values that a create of so many left out.
    AddRest(usize),
    /// GET the resource: it is the present one from here on.
    Read,
    /// Refuse unless the present resource has a version that the client's conditions name.
    Match,
    /// Refuse a wanted resource in which what is fixed once it is set differs from the present one.
    CheckFixed,
    /// Apply the canonical operations to the present resource: the wanted one. Ends the plan if nothing changes.
    Apply(Vec<PatchOp>),
    /// Complete the wanted resource from the present one.
    Complete,
    /// Refuse a wanted resource that lacks what the vendor demands.
    Demand,
    /// PUT the wanted resource.
    Put,
    /// PUT the wanted resource with explicit `null` for what is to go; the extensions the request named.
    PutMerged(Vec<String>),
    /// PATCH what leads from the present to the wanted resource; the canonical paths that the client emptied.
    PatchInto(Vec<String>),
    /// Refuse to go on with a present resource of which one of these lists may be cut off.
    RefuseCut(Vec<AttributePath>),
    /// PUT only what differs between the present and the wanted resource.
    PutChanged,
    /// PUT this.
    PutThis(Object),
    /// PATCH the difference between the present and the wanted resource.
    PatchChanged,
    /// PATCH with these operations, in vendor names and forms.
    Patch(Vec<PatchOp>),
    /// Compare the answer with the wanted resource and PATCH away what is left over.
    ClearLeftOver,
    /// DELETE.
    Delete,
}

impl Step {
    /// What the step does, in words.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Create => "POST the new resource",
            Self::CreateFirst(_) => "POST the new resource with as many members as the vendor takes in one call",
            Self::AddRest(_) => "PATCH in the members that are left",
            Self::Read => "GET the present resource",
            Self::Apply(_) => "apply the operations to the present resource; where nothing changes, end here",
            Self::Complete => "complete the resource from the present one",
            Self::Demand => "refuse the resource if it lacks what the vendor demands",
            Self::Put => "PUT the whole resource",
            Self::PutMerged(_) => "PUT the resource with null for what is to go",
            Self::PatchInto(_) => "PATCH what leads from the present resource to the one asked for",
            Self::RefuseCut(_) => "refuse to go on if the vendor may have cut off a list",
            Self::PutChanged => "PUT what differs from the present resource",
            Self::PutThis(_) => "PUT what the operations set",
            Self::PatchChanged => "PATCH what differs from the present resource",
            Self::Patch(_) => "PATCH the operations",
            Self::ClearLeftOver => "compare the answer with what was asked, and PATCH away what is left over",
            Self::Match => "compare its version with the one that the client names",
            Self::CheckFixed => "refuse another value for what is fixed once it is set",
            Self::Delete => "DELETE the resource",
        }
    }
}

/// Steps, and why these.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: VecDeque<Step>,
    pub(crate) because: Vec<String>,
}

impl Plan {
    fn then(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }

    /// The same with the client's conditions compared before anything changes.
    pub(crate) fn compare_first(self) -> Self {
        self.look_first(Step::Match).because("the client names a version: the present one is read and compared first")
    }

    /// The same with a look at the present resource before anything changes; what is not read anyway is read for that.
    fn look_first(mut self, step: Step) -> Self {
        if self.steps.front() != Some(&Step::Read) {
            self.steps.push_front(Step::Read);
        }
        self.steps.insert(1, step);
        self
    }

    fn because(mut self, reason: &str) -> Self {
        self.because.push(reason.to_owned());
        self
    }
}

/// Plans an action (canonical, already fitted; bodies are in `wanted`, in vendor names).
///
/// # Errors
/// 501 for what neither the vendor has nor the gateway can do with what it has; the refusals of lowering.
pub(crate) fn plan(
    action: &Action,
    wanted: Option<&Object>,
    target: &Target,
    served: &ServedType,
) -> Result<Plan, ScimError> {
    let has = served.profile.operations;
    let plan = Plan::default();
    match action {
        Action::Create(_) if has.create => Ok(create(wanted, served)),
        Action::Read(_) if has.read => Ok(plan.then(Step::Read)),
        Action::Replace(_, body) if has.replace && !leaves_hidden(body, wanted, served) => {
            Ok(keep_fixed(replace(body, wanted, served), wanted, served))
        }
        Action::Replace(_, body) if has.patch && has.read => {
            Ok(keep_fixed(replace_by_patch(body, served), wanted, served))
        }
        Action::Patch(_, patch) => modify(&patch.operations, target, served),
        Action::Delete(_) => delete(target, served),
        _ => Err(refused(action.name(), target, served)),
    }
}

fn create(wanted: Option<&Object>, served: &ServedType) -> Plan {
    let plan = Plan::default().then(Step::Demand);
    let most = served.profile.patch.max_members.filter(|_| served.profile.operations.patch);
    match (most, wanted) {
        (Some(most), Some(wanted)) if !lower::further_members(wanted, most, served).is_empty() => plan
            .because("the vendor takes a limited number of members a call: the others are added by PATCH")
            .then(Step::CreateFirst(most))
            .then(Step::AddRest(most)),
        _ => plan.then(Step::Create),
    }
}

/// Refuses an operation that neither the vendor has nor the gateway can do with what it has, whatever its body says.
///
/// # Errors
/// 501.
pub fn check_operation(operation: &str, target: &Target, served: &ServedType) -> Result<(), ScimError> {
    match capability(target, served, operation) {
        Capability::Refused => Err(refused(operation, target, served)),
        Capability::Native | Capability::Emulated => Ok(()),
    }
}

fn refused(operation: &str, target: &Target, served: &ServedType) -> ScimError {
    let (title, name) = (&target.profile.title, &served.canonical.name);
    ScimError::not_implemented(format!(
        "{title} cannot {operation} a {name}, and the gateway has no other way to do it"
    ))
}

fn replace(body: &Canonical, wanted: Option<&Object>, served: &ServedType) -> Plan {
    let lists = left_out(body, wanted, served);
    let incomplete = wanted.is_some_and(|body| put::lacks(body, served));
    let plan = Plan::default();
    match served.profile.put.means {
        PutMeans::Merge => plan
            .because("the vendor's PUT merges: what is to go is sent as null after a read")
            .then(Step::Read)
            .then(Step::PutMerged(named_extensions(&body.listed, wanted))),
        means => {
            let plan = if lists.is_empty() {
                plan
            } else {
                plan.because("the body leaves out a list that the vendor may not return in full: looked at first")
                    .then(Step::Read)
                    .then(Step::RefuseCut(lists))
            };
            let plan = if incomplete {
                plan.because("the body lacks what the vendor demands or may reset: completed from the present resource")
                    .then(Step::Read)
                    .then(Step::Complete)
            } else {
                plan
            };
            let plan = plan.then(Step::Demand).then(Step::Put);
            if means == PutMeans::Unknown && served.profile.operations.patch {
                plan.because("nobody says whether the vendor's PUT clears: the answer is compared with what was asked")
                    .then(Step::ClearLeftOver)
            } else {
                plan
            }
        }
    }
}

/// A PUT may not change what is fixed once it is set (rfc-traps 204): not every vendor refuses it.
fn keep_fixed(plan: Plan, wanted: Option<&Object>, served: &ServedType) -> Plan {
    if !served.profile.operations.read || !wanted.is_some_and(|wanted| put::names_fixed(wanted, served)) {
        return plan;
    }
    plan.look_first(Step::CheckFixed).because("the body holds what is fixed once it is set: compared after a read")
}

/// Whether a PUT would clear a list that the vendor never returns: the client could not see what it leaves out.
fn leaves_hidden(body: &Canonical, wanted: Option<&Object>, served: &ServedType) -> bool {
    left_out(body, wanted, served).iter().any(|path| served.form(path).is_some_and(|form| form.never_returned))
}

/// The lists not returned, or not in full, that a body neither holds nor empties.
fn left_out(body: &Canonical, wanted: Option<&Object>, served: &ServedType) -> Vec<AttributePath> {
    let cleared = |path: &AttributePath| {
        let name = served.mapping.path_to_canonical(path).to_string();
        body.cleared.iter().any(|cleared| cleared.eq_ignore_ascii_case(&name))
    };
    let given = |path: &AttributePath| wanted.is_some_and(|wanted| path.get(wanted).is_some());
    served.put.hidden.iter().filter(|path| !given(path) && !cleared(path)).cloned().collect()
}

fn replace_by_patch(body: &Canonical, served: &ServedType) -> Plan {
    let why = if served.profile.operations.replace {
        "a PUT would clear a list that the vendor does not return in full: what differs is sent by PATCH after a read"
    } else {
        "the vendor has no PUT: what differs from the present resource is sent by PATCH after a read"
    };
    Plan::default().because(why).then(Step::Read).then(Step::PatchInto(body.cleared.clone()))
}

/// The extensions that the request names in `schemas` or carries.
fn named_extensions(listed: &[String], wanted: Option<&Object>) -> Vec<String> {
    let carried = wanted.into_iter().flat_map(Object::iter).filter(|(_, value)| value.as_object().is_some());
    listed.iter().cloned().chain(carried.map(|(name, _)| name.to_string())).collect()
}

fn modify(operations: &[PatchOp], target: &Target, served: &ServedType) -> Result<Plan, ScimError> {
    let has = served.profile.operations;
    let plan = Plan::default();
    if operations.is_empty() {
        return Ok(plan.because("nothing is left to change").then(Step::Read));
    }
    if has.patch {
        return by_patch(operations, target, served);
    }
    if !has.replace || !has.read {
        return Err(refused("patch", target, served));
    }
    if served.profile.put.means == PutMeans::Merge {
        let vendor = served.mapping.operations_to_vendor(operations.to_vec());
        refuse_removals(&vendor, served)?;
        let alone = put::from_operations(&vendor, served).filter(|_| !needs_present_state(operations, served));
        let plan = plan.because("the vendor has no PATCH, and its PUT merges: only what changes is sent");
        return Ok(match alone {
            Some(body) => plan.then(Step::PutThis(body)),
            None => plan.then(Step::Read).then(Step::Apply(operations.to_vec())).then(Step::PutChanged),
        });
    }
    by_put(operations, target, served)
}

/// What the vendor does not let be removed, and what it demands: `null` would be refused or, worse, accepted.
fn refuse_removals(operations: &[PatchOp], served: &ServedType) -> Result<(), ScimError> {
    for operation in operations.iter().filter(|operation| operation.op == Op::Remove && operation.path.filter.is_none())
    {
        let kept = &served.profile.patch.not_removable;
        let name = operation.path.to_string();
        let demanded = served.vendor.resolve(&operation.path).is_some_and(|resolved| resolved.leaf().required);
        if demanded || kept.iter().any(|kept| kept.eq_ignore_ascii_case(&name)) {
            let name = served.mapping.path_to_canonical(&operation.path);
            return Err(ScimError::mutability(format!("{name}: the vendor does not let it be removed; replace it")));
        }
    }
    Ok(())
}

fn by_patch(operations: &[PatchOp], target: &Target, served: &ServedType) -> Result<Plan, ScimError> {
    let plan = Plan::default();
    let apply = || Step::Apply(operations.to_vec());
    match lower(operations, served)? {
        Lowered::Direct(operations) => Ok(plan.then(Step::Patch(operations))),
        Lowered::Compute => {
            refuse_unreadable(operations, served)?;
            Ok(plan
                .because("the vendor's PATCH lacks a form the operations need: the values are computed after a read")
                .then(Step::Read)
                .then(apply())
                .then(Step::PatchChanged))
        }
        Lowered::ComputeAndPut => by_put(operations, target, served),
    }
}

fn by_put(operations: &[PatchOp], target: &Target, served: &ServedType) -> Result<Plan, ScimError> {
    if !served.profile.operations.replace || !served.profile.operations.read {
        return Err(refused("patch", target, served));
    }
    refuse_unreadable(operations, served)?;
    let lists = not_set_whole(operations, served)?;
    let because = if served.profile.operations.patch {
        "the vendor's PATCH does not reach the attribute: the present resource is changed and PUT"
    } else {
        "the vendor has no PATCH: the present resource is changed and PUT"
    };
    Ok(Plan::default()
        .because(because)
        .then(Step::Read)
        .then(Step::RefuseCut(lists))
        .then(Step::Apply(operations.to_vec()))
        .then(Step::Demand)
        .then(Step::Put))
}

/// Nothing can be computed from values that the vendor never returns (rfc-traps 329).
fn refuse_unreadable(operations: &[PatchOp], served: &ServedType) -> Result<(), ScimError> {
    for operation in operations {
        let path = served.mapping.path_to_vendor(&operation.path);
        if served.whole_form(&path).is_some_and(|profile| profile.never_returned) && !sets_whole(operation, served) {
            let detail =
                format!("{}: the vendor never returns it, so its new value cannot be computed", operation.path);
            return Err(ScimError::not_implemented(detail));
        }
    }
    Ok(())
}

/// The lists not returned in full that the operations do not set as a whole. What is never returned at all, a list or not,
/// is refused: a PUT computed from a read would clear it (rfc-traps 210, 329, 331). Not so what clients only
/// write, such as a password: it is no part of the resource that a PUT replaces.
fn not_set_whole(operations: &[PatchOp], served: &ServedType) -> Result<Vec<AttributePath>, ScimError> {
    let is_set = |path: &AttributePath| {
        operations.iter().any(|one| sets_whole(one, served) && served.mapping.path_to_vendor(&one.path) == *path)
    };
    let never = |path: &AttributePath| served.form(path).is_some_and(|form| form.never_returned);
    let readable = served.writable.iter().filter(|(_, attribute)| attribute.mutability != Mutability::WriteOnly);
    match readable.map(|(path, _)| path).find(|path| never(path) && !is_set(path)) {
        Some(path) => Err(hidden(path, served)),
        None => Ok(served.put.hidden.iter().filter(|path| !is_set(path)).cloned().collect()),
    }
}

/// Refuses a present resource of which one of the lists is as long as the vendor returns at most: it may be cut off.
pub(crate) fn refuse_cut(lists: &[AttributePath], present: &Object, served: &ServedType) -> Result<(), ScimError> {
    let cut = |path: &&AttributePath| is_cut(path, present, served);
    lists.iter().find(cut).map_or(Ok(()), |path| Err(hidden(path, served)))
}

fn hidden(path: &AttributePath, served: &ServedType) -> ScimError {
    let name = served.mapping.path_to_canonical(path);
    let detail =
        format!("{name}: the vendor does not return it in full, so a PUT of the whole resource would lose values");
    ScimError::not_implemented(detail)
}

/// Adding to what holds one simple value replaces it (RFC 7644 section 3.5.2.1).
fn sets_whole(operation: &PatchOp, served: &ServedType) -> bool {
    let simple = |found: Resolved<'_>| !found.leaf().multi_valued && found.leaf().kind != Kind::Complex;
    let replaces = operation.op != Op::Add || served.canonical.resolve(&operation.path).is_some_and(simple);
    replaces && operation.path.filter.is_none() && operation.path.sub_attribute.is_none()
}

fn delete(target: &Target, served: &ServedType) -> Result<Plan, ScimError> {
    match target.delete_by(served) {
        DeleteBy::Native => Ok(Plan::default().then(Step::Delete)),
        DeleteBy::Refuse => Err(refused("delete", target, served)),
        DeleteBy::Deactivate => {
            let path = AttributePath::attribute("active");
            let off = PatchOp { op: Op::Replace, path, value: Some(Value::Bool(false)), explicit: true };
            let mut plan = modify(&[off], target, served)?;
            plan.because.insert(0, "DELETE deactivates here".to_owned());
            Ok(plan)
        }
    }
}
