//! `[routes.X.rules]`: what nobody may do on a route, whoever it is.

use http::StatusCode;
use scimux_adapters::{ServedType, Target};
use scimux_scim::discovery::ServiceProvider;

use super::admit::Ask;
use super::route::Route;
use super::{Refusal, refusal};

/// The operations that change something.
const WRITES: [&str; 4] = ["create", "replace", "patch", "delete"];

/// Refuses what the route's rules refuse.
pub(super) fn check(route: &Route, known: &Target, served: usize, ask: &Ask) -> Result<(), Refusal> {
    let (types, operation) = (&known.types, operation(ask));
    let asked: &[ServedType] = match ask {
        Ask::ListAll | Ask::SearchAll => types,
        _ => types.get(served..=served).unwrap_or_default(),
    };
    match asked.iter().find(|kind| route.rules.refuses(&kind.canonical.name, operation)) {
        Some(kind) => {
            let detail = format!("the rules of this route refuse to {operation} {}", kind.canonical.name);
            Err(refusal(StatusCode::FORBIDDEN, detail))
        }
        None => Ok(()),
    }
}

fn operation(ask: &Ask) -> &'static str {
    match ask {
        Ask::Create => "create",
        Ask::List | Ask::ListAll | Ask::Search | Ask::SearchAll => "list",
        Ask::Read(_) => "read",
        Ask::Replace(_) => "replace",
        Ask::Patch(_) => "patch",
        Ask::Delete(_) => "delete",
    }
}

/// What works on the route: PATCH only where it does on every type that can be changed at all, the rest where it does on
/// any.
pub(super) fn within(route: &Route, known: &Target, works: ServiceProvider) -> ServiceProvider {
    let types = &known.types;
    let refuses = |kind: &ServedType, operation: &str| route.rules.refuses(&kind.canonical.name, operation);
    let any = |operation: &str| types.iter().any(|kind| !refuses(kind, operation));
    let changeable = |kind: &&ServedType| !refuses(kind, "replace") || !refuses(kind, "patch");
    let patches = any("patch") && types.iter().filter(changeable).all(|kind| !refuses(kind, "patch"));
    ServiceProvider {
        patch: works.patch && patches,
        bulk: works.bulk.filter(|_| WRITES.into_iter().any(any)),
        filter: works.filter.filter(|_| any("list")),
        sort: works.sort && any("list"),
        change_password: works.change_password && (any("replace") || any("patch")),
        ..works
    }
}
