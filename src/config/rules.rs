//! `[routes.*.rules]` and `[routes.*.brake]`: what a route lets nobody do, and how much of what hurts most.

use super::findings::nearest;
use super::table::Table;
use super::{Rules, TargetConfig};

/// What a rule may say.
pub(super) const WORDS: &[&str] = &["allow", "refuse"];

/// The operations that a rule may be about, as in `/targets`.
const OPERATIONS: [&str; 6] = ["create", "read", "list", "replace", "patch", "delete"];

impl Rules {
    /// Whether an operation on resources of a type is refused.
    #[must_use]
    pub fn refuses(&self, resource_type: &str, operation: &str) -> bool {
        self.refused.iter().any(|(kind, refused)| kind == resource_type && *refused == operation)
    }
}

/// `[routes.NAME.rules]`.
pub(super) fn rules(route: &Table) -> Rules {
    let types = route.named("rules").into_iter();
    let refused = types.flat_map(|(kind, table)| {
        let refused = OPERATIONS.into_iter().filter(move |operation| table.text(operation) == Some("refuse"));
        refused.map(move |operation| (kind.to_owned(), operation))
    });
    Rules { refused: refused.collect() }
}

/// Every type that a rule is about must be one of the target's.
pub(super) fn check(route: &Table, target: &TargetConfig) {
    let known = || target.target.types.iter().map(|served| served.canonical.name.as_str());
    for (kind, _) in route.named("rules") {
        if !known().any(|name| name == kind) {
            let message = format!("the target has no resource type of this name; {}", nearest(kind, known()));
            route.problem(&format!("rules.{kind}"), message);
        }
    }
}

/// `[routes.NAME.brake]`.
pub(super) fn brake(route: &Table) -> Option<usize> {
    let table = route.section("brake");
    table.is_present().then(|| table.size("deletes_per_hour"))
}
