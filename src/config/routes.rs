//! `[routes.*]`, and the routes of targets that no route names.

use std::sync::Arc;

use super::findings::nearest;
use super::table::Table;
use super::{Route, Rules, TargetConfig, rules, shape, targets};

/// Every route that could be built, and the name of each with whether it is open, also of those that are wrong.
pub(super) fn routes(top: &Table, built: &[Arc<TargetConfig>]) -> (Vec<Route>, Vec<(String, bool)>) {
    let drafts = drafts(top, &targets::names(top));
    check_equal(top, &drafts);
    drafts.iter().for_each(|draft| check_open(top, draft));
    for (name, table) in top.named("routes") {
        let leads_to = drafts.iter().find(|draft| draft.name == name).map(|draft| &draft.target);
        let target = built.iter().find(|target| Some(&target.target.settings.name) == leads_to);
        target.into_iter().for_each(|target| rules::check(&table, target));
    }
    let names = drafts.iter().map(|draft| (draft.name.clone(), draft.open)).collect();
    let routes = drafts.into_iter().filter_map(|draft| {
        let target = built.iter().find(|target| target.target.settings.name == draft.target)?;
        Some(draft.lead_to(Arc::clone(target)))
    });
    (routes.collect(), names)
}

/// A route whose target may be wrong.
struct Draft {
    name: String,
    path: String,
    host: Option<String>,
    target: String,
    public_discovery: bool,
    open: bool,
    rules: Rules,
    brake: Option<usize>,
}

impl Draft {
    /// The route that a target has of itself.
    fn of_target(target: &str) -> Self {
        Self {
            name: target.to_owned(),
            path: default_path(target),
            host: None,
            target: target.to_owned(),
            public_discovery: false,
            open: false,
            rules: Rules::default(),
            brake: None,
        }
    }

    fn lead_to(self, target: Arc<TargetConfig>) -> Route {
        Route {
            name: self.name,
            path: self.path,
            host: self.host,
            target,
            public_discovery: self.public_discovery,
            open: self.open,
            rules: self.rules,
            brake: self.brake,
        }
    }
}

fn default_path(name: &str) -> String {
    format!("/{name}/scim/v2")
}

fn drafts(top: &Table, targets: &[String]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> =
        top.named("routes").into_iter().map(|(name, table)| draft(name, &table, targets)).collect();
    for target in targets {
        if drafts.iter().any(|draft| draft.target == *target) {
            continue;
        }
        match drafts.iter().find(|draft| draft.name == *target) {
            Some(draft) => {
                let message = format!(
                    "no route leads to it, and the route of its name leads to {}; add [routes.NAME] with target = {target:?}",
                    draft.target
                );
                top.findings().problem(&format!("targets.{}", shape::quoted(target)), message);
            }
            None => drafts.push(Draft::of_target(target)),
        }
    }
    drafts.sort_by(|a, b| a.name.cmp(&b.name));
    drafts
}

fn draft(name: &str, table: &Table, targets: &[String]) -> Draft {
    let target = table.text("target").unwrap_or(name);
    if !targets.iter().any(|known| known == target) {
        let near = nearest(target, targets.iter().map(String::as_str));
        table.problem("target", format!("there is no target {target:?}; {near}"));
    }
    Draft {
        name: name.to_owned(),
        path: path(name, table),
        host: host(table),
        target: target.to_owned(),
        public_discovery: table.flag("public_discovery"),
        open: table.flag("open"),
        rules: rules::rules(table),
        brake: rules::brake(table),
    }
}

fn path(name: &str, table: &Table) -> String {
    let Some(text) = table.text("path") else { return default_path(name) };
    let trimmed = text.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(plain);
    if !trimmed.strip_prefix('/').is_some_and(|path| path.split('/').all(segment)) {
        table.problem(
            "path",
            format!("{text:?}: must be /segments of A-Z a-z 0-9 - . _ ~, for example {}", default_path(name)),
        );
    }
    trimmed.to_owned()
}

fn host(table: &Table) -> Option<String> {
    let text = table.text("host")?.to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(plain);
    let is_v6 = || {
        text.strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
            .is_some_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
    };
    if !text.split('.').all(label) && !is_v6() {
        table.problem("host", "must be a host name without scheme, port or path, for example scim.example.com");
    }
    Some(text)
}

fn check_equal(top: &Table, drafts: &[Draft]) {
    for (index, draft) in drafts.iter().enumerate() {
        let mut before = drafts.iter().take(index);
        if let Some(other) = before.find(|other| other.path == draft.path && other.host == draft.host) {
            let host = draft.host.as_deref().map(|host| format!(" on {host}")).unwrap_or_default();
            let message = format!(
                "the same as route {} ({}{host}); give one of them another path or host",
                other.name, draft.path
            );
            top.findings().problem(&format!("routes.{}.path", shape::quoted(&draft.name)), message);
        }
    }
}

/// `open` and `passthrough` need each other: else a route would be without any authentication, or a client's token for
/// the gateway would go to the vendor.
fn check_open(top: &Table, draft: &Draft) {
    let open = format!("routes.{}.open", shape::quoted(&draft.name));
    match (targets::scheme(top, &draft.target), draft.open) {
        (Some("passthrough"), false) => {
            let message =
                format!("must be true: target {} passes the client's Authorization to the vendor", draft.target);
            top.findings().problem(&open, message);
        }
        (Some("passthrough") | None, true) | (_, false) => {}
        (Some(_), true) => {
            let key = targets::path(&draft.target, "auth.scheme");
            let message = format!(
                "anybody could use the gateway's credential: open = true is only for targets with {key} = \"passthrough\""
            );
            top.findings().problem(&open, message);
        }
    }
}
