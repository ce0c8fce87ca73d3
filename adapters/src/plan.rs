//! Which steps carry out an operation at a vendor, decided from its profile alone.

use std::collections::VecDeque;

use scimux_scim::{AttributePath, Object, Op, PatchOp, ScimError, Value};

use crate::lower::{Lowered, lower, needs_present_state};
use crate::profile::PutMeans;
use crate::put;
use crate::{Action, DeleteBy, ServedType, Target};

/// One step. Those that ask the vendor something are named by what they ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// POST the wanted resource.
    Create,
    /// GET the resource: it is the present one from here on.
    Read,
    /// GET a list.
    List,
    /// Refuse unless the present resource has a version that the client's conditions name.
    Match,
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
            Self::Read => "GET the present resource",
            Self::List => "GET a list",
            Self::Apply(_) => "apply the operations to the present resource; where nothing changes, end here",
            Self::Complete => "complete the resource from the present one",
            Self::Demand => "refuse the resource if it lacks what the vendor demands",
            Self::Put => "PUT the whole resource",
            Self::PutMerged(_) => "PUT the resource with null for what is to go",
            Self::PutChanged => "PUT what differs from the present resource",
            Self::PutThis(_) => "PUT what the operations set",
            Self::PatchChanged => "PATCH what differs from the present resource",
            Self::Patch(_) => "PATCH the operations",
            Self::ClearLeftOver => "compare the answer with what was asked, and PATCH away what is left over",
            Self::Match => "compare its version with the one that the client names",
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

    /// The same with the client's conditions compared before anything changes; what is not read anyway is read for that.
    pub(crate) fn compare_first(mut self) -> Self {
        if self.steps.front() != Some(&Step::Read) {
            self.steps.push_front(Step::Read);
        }
        self.steps.insert(1, Step::Match);
        self.because("the client names a version: the present one is read and compared first")
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
        Action::Create(_) if has.create => Ok(plan.then(Step::Demand).then(Step::Create)),
        Action::Read(_) if has.read => Ok(plan.then(Step::Read)),
        Action::List(_) if has.list => Ok(plan.then(Step::List)),
        Action::Replace(_, body) if has.replace => Ok(replace(&body.listed, wanted, served)),
        Action::Patch(_, patch) => modify(&patch.operations, target, served),
        Action::Delete(_) => delete(target, served),
        _ => Err(refused(action.name(), target, served)),
    }
}

fn refused(operation: &str, target: &Target, served: &ServedType) -> ScimError {
    let (title, name) = (&target.profile.title, &served.canonical.name);
    ScimError::not_implemented(format!("{title} cannot {operation} a {name}, and the gateway has no other way to"))
}

fn replace(listed: &[String], wanted: Option<&Object>, served: &ServedType) -> Plan {
    let named = named_extensions(listed, wanted);
    let incomplete = wanted.is_some_and(|body| put::lacks(body, served));
    let plan = Plan::default();
    match served.profile.put.means {
        PutMeans::Merge => plan
            .because("the vendor's PUT merges: what is to go is sent as null after a read")
            .then(Step::Read)
            .then(Step::PutMerged(named)),
        means => {
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
    Ok(Plan::default()
        .because("the vendor's PATCH does not reach the attribute: the present resource is changed and PUT")
        .then(Step::Read)
        .then(Step::Apply(operations.to_vec()))
        .then(Step::Demand)
        .then(Step::Put))
}

/// Nothing can be computed from values that the vendor never returns (rfc-traps 329).
fn refuse_unreadable(operations: &[PatchOp], served: &ServedType) -> Result<(), ScimError> {
    for operation in operations {
        let path = served.mapping.path_to_vendor(&operation.path);
        if served.whole_form(&path).is_some_and(|profile| profile.never_returned) && !sets_whole(operation) {
            let detail =
                format!("{}: the vendor never returns it, so its new value cannot be computed", operation.path);
            return Err(ScimError::not_implemented(detail));
        }
    }
    Ok(())
}

fn sets_whole(operation: &PatchOp) -> bool {
    operation.op != Op::Add && operation.path.filter.is_none() && operation.path.sub_attribute.is_none()
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
