//! Lines to try by hand, each of which works as it is.

use std::io::{self, Write};

use scimux_sandbox::demo::{Scene, scenes};

use super::json;
use super::paint::Paint;
use super::stage::Stage;

/// Prints a list, a read, a PUT and a PATCH.
pub(super) fn print(stage: &Stage, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint.heading("Still serving; Ctrl-C stops. Try it in another terminal:"))?;
    let scenes = scenes();
    let well = |method: &str| scenes.iter().find(|scene| scene.method == method && scene.expect_status == 200);
    let (Some(put), Some(patch)) = (well("PUT"), well("PATCH")) else { return Ok(()) };
    let base = |scene: &Scene| format!("{}{}", stage.origin(), stage.route(scene.vendor));
    command(stage, "", &format!("{}/Users", base(put)), None, out)?;
    command(stage, "", &format!("{}{}", base(put), put.path), None, out)?;
    for scene in [put, patch] {
        let body = scene.body.as_ref().map(ToString::to_string);
        command(stage, scene.method, &format!("{}{}", base(scene), scene.path), body.as_deref(), out)?;
    }
    Ok(())
}

fn command(stage: &Stage, method: &str, url: &str, body: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let verb = if method.is_empty() { String::new() } else { format!("-X {method} ") };
    writeln!(out, "\ncurl -sw '\\n' {verb}-H 'Authorization: Bearer {}' \\", stage.token())?;
    let Some(body) = body else { return writeln!(out, "  '{url}'") };
    writeln!(out, "  -H 'Content-Type: application/scim+json' \\\n  '{url}' \\")?;
    let lines = json::whole(body, 76).join("\n  ");
    writeln!(out, "  -d '{}'", lines.replace('\'', r"'\''"))
}
