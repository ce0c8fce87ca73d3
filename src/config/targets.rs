//! `[targets.*]`.

use std::collections::BTreeMap;
use std::sync::Arc;

use figment::value::Value;
use http::{HeaderName, HeaderValue, Uri};
use scimux_adapters::{DeleteBy, Target, TargetSettings, Unsupported, Vendor};

use super::findings::nearest;
use super::secrets::Secrets;
use super::table::Table;
use super::{Auth, TargetConfig, auth, keys, shape, upstream, urls, values};
use crate::secret::SecretSource;

/// Every target that could be built; what kept the others from it is reported.
pub(super) fn targets(top: &Table, secrets: Secrets) -> Vec<Arc<TargetConfig>> {
    let named = top.named("targets");
    if named.is_empty() && !top.findings().has_problem("targets") {
        top.problem("targets", "missing; at least one [targets.NAME], with adapter, base_url and auth");
    }
    named.into_iter().filter_map(|(name, table)| target(name, &table, secrets)).map(Arc::new).collect()
}

fn target(name: &str, table: &Table, secrets: Secrets) -> Option<TargetConfig> {
    let plaintext = table.flag("allow_plaintext");
    let base_url = urls::outbound(table, "base_url", plaintext);
    let auth = auth::auth(table, plaintext, secrets);
    let headers = headers(table, auth.as_ref(), secrets);
    let upstream = upstream::upstream(table, base_url.as_ref(), secrets);
    let settings = settings(name, table, base_url.unwrap_or_else(placeholder));
    let vendor = vendor(table)?;
    let target = joined(vendor, settings, table);
    Some(TargetConfig { target: Arc::new(target?), auth: auth?, headers, upstream: upstream? })
}

/// Stands in for a URL that is wrong, so that the rest of the target is looked at too.
fn placeholder() -> Uri {
    Uri::from_static("https://placeholder.invalid")
}

fn vendor(table: &Table) -> Option<&'static Vendor> {
    let name = table.text("adapter")?;
    let vendor = scimux_adapters::vendor(name);
    if vendor.is_none() {
        let known: Vec<&str> = scimux_adapters::vendors().iter().map(|vendor| vendor.name).collect();
        let near = nearest(name, known.iter().copied());
        table.problem("adapter", format!("{name:?} is not known; must be one of {}; {near}", known.join(", ")));
    }
    vendor
}

fn settings(name: &str, table: &Table, base_url: Uri) -> TargetSettings {
    TargetSettings {
        name: name.to_owned(),
        base_url,
        values: BTreeMap::new(),
        scheme: table.section("auth").text("scheme").unwrap_or_default().to_owned(),
        delete: table.text("delete").map(|text| match text {
            "native" => DeleteBy::Native,
            "deactivate" => DeleteBy::Deactivate,
            _ => DeleteBy::Refuse,
        }),
        unsupported: match table.text("unsupported") {
            Some("refuse") => Unsupported::Refuse,
            _ => Unsupported::Drop,
        },
        scan_limit: table.section("upstream").count("scan_limit"),
        urns: values::texts(table, "urns"),
        attributes: values::texts(table, "attributes"),
        defaults: values::values(table, "defaults"),
    }
}

/// The target, with what its vendor finds wrong in it.
fn joined(vendor: &'static Vendor, mut settings: TargetSettings, table: &Table) -> Option<Target> {
    settings.values = vendor_values(vendor, table);
    if settings.scheme == "session" && vendor.adapter.login().is_none() {
        table.problem("auth.scheme", format!("adapter {:?} has no login of its own; use another scheme", vendor.name));
    }
    let no_scheme = settings.scheme.is_empty();
    let problems = match Target::new(vendor, settings) {
        Ok(target) => return Some(target),
        Err(problems) => problems,
    };
    for problem in problems {
        let reported =
            table.findings().has_problem(&table.path(&problem.key)) || no_scheme && problem.key == "auth.scheme";
        if !reported {
            table.problem(&problem.key, problem.message);
        }
    }
    None
}

/// The vendor's own keys.
fn vendor_values(vendor: &'static Vendor, table: &Table) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for setting in vendor.settings {
        match table.setting(setting.key) {
            Some(text) => match setting.kind.problem(text) {
                Some(message) => table.problem(setting.key, message),
                None => drop(values.insert(setting.key.to_owned(), text.to_owned())),
            },
            None if setting.required && !table.names().any(|name| name == setting.key) => {
                let message = format!("missing: {}; for example {:?}", setting.doc, setting.example);
                table.problem(setting.key, message);
            }
            None => {}
        }
    }
    values
}

/// `headers`.
fn headers(table: &Table, auth: Option<&Auth>, secrets: Secrets) -> Vec<(HeaderName, SecretSource)> {
    let mut headers: Vec<(HeaderName, SecretSource)> = Vec::new();
    for (name, value, path) in table.entries("headers") {
        match header(name, value, &path, secrets) {
            Ok(Some((name, _))) if headers.iter().any(|(known, _)| *known == name) => {
                table.findings().problem(&path, format!("{name} stands there twice; names differ by more than case"));
            }
            Ok(Some((name, _))) if auth.is_some_and(|auth| carries(auth, &name)) => {
                table.findings().problem(&path, format!("auth sets {name} already; remove one of the two"));
            }
            Ok(header) => headers.extend(header),
            Err(message) => table.findings().problem(&path, message),
        }
    }
    headers
}

/// One header; `None` if its value is reported already.
fn header(
    name: &str,
    value: &Value,
    path: &str,
    secrets: Secrets,
) -> Result<Option<(HeaderName, SecretSource)>, String> {
    let name = auth::free_header(name)?;
    let Some(value) = secrets.value(value, path) else { return Ok(None) };
    match HeaderValue::from_str(value.loaded().expose()) {
        Ok(_) => Ok(Some((name, value))),
        Err(_) => Err("the value holds a line break or another character that no HTTP header can hold".to_owned()),
    }
}

/// Whether a header is where the credential goes.
fn carries(auth: &Auth, name: &HeaderName) -> bool {
    match auth {
        Auth::None => false,
        Auth::Header(header, _) => header == name,
        _ => *name == http::header::AUTHORIZATION,
    }
}

/// The names of all targets, also of those that are wrong.
pub(super) fn names(top: &Table) -> Vec<String> {
    top.named("targets").into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// The credential scheme of a target, also of one that is wrong.
pub(super) fn scheme<'a>(top: &Table<'a>, target: &str) -> Option<&'a str> {
    let (_, table) = top.named("targets").into_iter().find(|(name, _)| *name == target)?;
    table.section("auth").text("scheme")
}

/// The path of a target's key.
pub(super) fn path(target: &str, key: &str) -> String {
    keys::join(&keys::join("targets", &shape::quoted(target)), key)
}
