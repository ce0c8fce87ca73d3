//! `scimux check`.

use std::io::{self, Write};
use std::path::Path;

use http::Uri;

use super::{Exit, Terminal, print_problems};
use crate::config::{self, Client, Config, Listen, Problem, Route, Server};
use crate::serve::{self, Probed};

/// Prints every problem, or the routes and what to paste where.
pub(super) async fn check(file: &Path, targets: bool, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let (config, warnings) = match config::load(file, &terminal.environment) {
        Ok(loaded) => loaded,
        Err(problems) => {
            print_problems(&problems, terminal.out)?;
            return Ok(Exit::Usage);
        }
    };
    print_warnings(&warnings, terminal.out)?;
    print_routes(&config, terminal.out)?;
    print_urls(&config, terminal.out)?;
    if targets && !print_targets(&config, terminal.out).await? {
        return Ok(Exit::Usage);
    }
    Ok(Exit::Well)
}

/// Asks every target; whether all answered.
async fn print_targets(config: &Config, out: &mut dyn Write) -> io::Result<bool> {
    writeln!(out, "\nTargets, each logged in to and asked for one page:")?;
    out.flush()?;
    let probed = serve::probe(config).await?;
    let word = |well: bool| if well { "ok" } else { "failed" };
    let row = |probed: &Probed| vec![probed.target.clone(), word(probed.well).to_owned(), probed.text.clone()];
    columns(&probed.iter().map(row).collect::<Vec<_>>(), out)?;
    Ok(probed.iter().all(|probed| probed.well))
}

fn print_warnings(warnings: &[Problem], out: &mut dyn Write) -> io::Result<()> {
    for warning in warnings {
        writeln!(out, "warning: {warning}")?;
    }
    if !warnings.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn print_routes(config: &Config, out: &mut dyn Write) -> io::Result<()> {
    let rows = config.routes.iter().map(|route| {
        let settings = &route.target.target.settings;
        let to = format!("{} ({}, {})", settings.name, route.target.target.vendor.name, settings.base_url);
        let path = format!("{}{}", route.host.as_deref().unwrap_or_default(), route.path);
        vec![route.name.clone(), path, to, callers(route, &config.clients)]
    });
    let header = ["route", "path", "target", "clients"].map(str::to_owned).to_vec();
    let rows: Vec<_> = [header].into_iter().chain(rows).collect();
    columns(&rows, out)
}

/// Who may use a route.
fn callers(route: &Route, clients: &[Client]) -> String {
    if route.open {
        return "anybody; the vendor authenticates".to_owned();
    }
    if clients.is_empty() {
        return "anybody on this machine".to_owned();
    }
    let may = |client: &&Client| client.routes.as_ref().is_none_or(|routes| routes.contains(&route.name));
    let names: Vec<String> = clients.iter().filter(may).map(named).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

fn named(client: &Client) -> String {
    let suffix = if client.read_only { " (read only)" } else { "" };
    format!("{}{suffix}", client.name)
}

fn print_urls(config: &Config, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nEntra ID takes the URL as Tenant URL, Okta as SCIM connector base URL:")?;
    let rows: Vec<_> = config.routes.iter().map(|route| vec![route.name.clone(), url(&config.server, route)]).collect();
    columns(&rows, out)
}

/// The URL of a route as clients see it.
fn url(server: &Server, route: &Route) -> String {
    let base = server.public_url.clone().or_else(|| first_address(server)).unwrap_or_default();
    let Some(host) = &route.host else { return format!("{base}{}", route.path) };
    let port = base.parse::<Uri>().ok().and_then(|uri| uri.port_u16());
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let scheme = base.split("://").next().unwrap_or("https");
    format!("{scheme}://{host}{port}{}", route.path)
}

fn first_address(server: &Server) -> Option<String> {
    server.listen.iter().find_map(|listen| match listen {
        Listen::Tcp(address) => Some(format!("{}://{address}", server.scheme())),
        Listen::Unix(_) => None,
    })
}

/// Rows with their columns aligned.
fn columns(rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    for row in rows {
        let cells =
            row.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column).unwrap_or_default()));
        writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
