//! `scimux demo`: every sandbox, the gateway in front of them, and a walk through it.

mod curl;
mod json;
mod paint;
mod show;
mod stage;
mod table;

use std::io::{self, Write};

use super::signals::Signals;
use super::{Exit, Terminal};
use paint::Paint;
use stage::Stage;

/// Walks through the scenes, then keeps serving unless `once`.
pub(super) async fn demo(once: bool, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let mut signals = Signals::catch()?;
    let paint = Paint::new(terminal.is_terminal && !terminal.environment.contains_key("NO_COLOR"));
    let stage = Stage::build().await?;
    show::opening(&stage, paint, terminal.out)?;
    let unexpected = walk(&stage, paint, terminal.out).await?;
    table::print(stage.targets(), paint, terminal.out)?;
    verdict(&unexpected, paint, terminal.out)?;
    if !once {
        curl::print(&stage, paint, terminal.out)?;
        terminal.out.flush()?;
        signals.stop().await;
    }
    stage.strike().await;
    Ok(if unexpected.is_empty() { Exit::Well } else { Exit::Internal })
}

/// Plays every scene; the result names those that did not end as expected.
async fn walk(stage: &Stage, paint: Paint, out: &mut dyn Write) -> io::Result<Vec<String>> {
    let mut unexpected = Vec::new();
    let scenes = scimux_sandbox::demo::scenes();
    for (index, scene) in scenes.iter().enumerate() {
        let played = stage.play(scene).await?;
        show::scene(index + 1, scenes.len(), &played, paint, out)?;
        out.flush()?;
        if !played.as_expected() {
            let title = format!("step {}, {}: {}", index + 1, scene.vendor, scene.title);
            unexpected.push(format!("{title}: expected {}, got {}", scene.expect_status, played.status));
        }
    }
    Ok(unexpected)
}

fn verdict(unexpected: &[String], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if unexpected.is_empty() {
        return writeln!(out, "\n{}", paint.good("Every step was as expected."));
    }
    writeln!(out, "\n{}", paint.bad("Not as expected:"))?;
    unexpected.iter().try_for_each(|line| writeln!(out, "  {line}"))
}
