//! Who does what: the vendor, the gateway, or nobody.

use std::io::{self, Write};
use std::sync::Arc;

use scimux_adapters::capability::OPERATIONS;
use scimux_adapters::{Capability, ServedType, Target, capabilities};

use super::paint::Paint;
use crate::config::TargetConfig;

/// Prints a row for each resource type of each target.
pub(super) fn print(targets: &[Arc<TargetConfig>], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint.heading("Done by the vendor (native), by the gateway (emulated), or refused:"))?;
    write!(out, "\n  {:<9}{:<8}", "target", "type")?;
    OPERATIONS.iter().try_for_each(|operation| write!(out, "{operation:<10}"))?;
    writeln!(out)?;
    for target in targets {
        for served in &target.target.types {
            row(&target.target, served, paint, out)?;
        }
    }
    Ok(())
}

fn row(target: &Target, served: &ServedType, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "  {:<9}{:<8}", target.settings.name, served.canonical.name)?;
    for (_, capability) in capabilities(target, served) {
        let cell = format!("{:<10}", capability.as_str());
        let painted = match capability {
            Capability::Native => paint.good(cell),
            Capability::Emulated => paint.fair(cell),
            Capability::Refused => paint.quiet(cell),
        };
        write!(out, "{painted}")?;
    }
    writeln!(out)
}
