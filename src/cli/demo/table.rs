//! Who does what: the vendor, the gateway, or nobody.

use std::io::{self, Write};
use std::sync::Arc;

use scimux_adapters::capability::OPERATIONS;
use scimux_adapters::{Capability, Target, capabilities};

use super::paint::Paint;
use crate::config::TargetConfig;

/// A column's width: the longest word and a space. All of a row fits into 80.
const CELL: usize = 9;

/// Prints a row for each target and each resource type that it or several others have.
pub(super) fn print(targets: &[Arc<TargetConfig>], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint.heading("Done by the vendor (native), by the gateway (emulated), or refused:"))?;
    let header: String = OPERATIONS.iter().map(|operation| format!("{operation:<CELL$}")).collect();
    writeln!(out, "\n  {:<9}{:<16}{}", "target", "type", header.trim_end())?;
    let types = types(targets);
    for target in targets {
        let shown = |endpoint: &str| target.target.served(endpoint).is_some() || is_common(endpoint, targets);
        for (endpoint, name) in types.iter().filter(|(endpoint, _)| shown(endpoint)) {
            let cells = cells(&target.target, endpoint, paint).join("");
            writeln!(out, "  {:<9}{name:<16}{cells}", target.target.settings.name)?;
        }
    }
    Ok(())
}

/// Whether more than one target has a type, so that it is worth saying that another has not.
fn is_common(endpoint: &str, targets: &[Arc<TargetConfig>]) -> bool {
    targets.iter().filter(|target| target.target.served(endpoint).is_some()).count() > 1
}

/// Endpoint and name of every type that any target has.
fn types(targets: &[Arc<TargetConfig>]) -> Vec<(&str, &str)> {
    let mut types: Vec<(&str, &str)> = Vec::new();
    for served in targets.iter().flat_map(|target| &target.target.types) {
        let served = (served.canonical.endpoint.as_str(), served.canonical.name.as_str());
        if !types.contains(&served) {
            types.push(served);
        }
    }
    types
}

/// A cell for each operation; a type that the target's vendor lacks is refused on each.
fn cells(target: &Target, endpoint: &str, paint: Paint) -> Vec<String> {
    let capabilities = match target.served(endpoint) {
        Some(served) => capabilities(target, served).map(|(_, capability)| capability),
        None => OPERATIONS.map(|_| Capability::Refused),
    };
    let cell = |(index, capability): (usize, Capability)| {
        let space = if index + 1 == OPERATIONS.len() { 0 } else { CELL - capability.as_str().len() };
        format!("{}{}", painted(capability, paint), " ".repeat(space))
    };
    capabilities.into_iter().enumerate().map(cell).collect()
}

fn painted(capability: Capability, paint: Paint) -> String {
    match capability {
        Capability::Native => paint.good(capability.as_str()),
        Capability::Emulated => paint.fair(capability.as_str()),
        Capability::Refused => paint.quiet(capability.as_str()),
    }
}
