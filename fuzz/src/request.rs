use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;
use scimux::cli::{self, Exit, Terminal};
use scimux::config::Environment;
use tokio::runtime::Runtime;

use crate::drive::stays;
use crate::targets::targets;

/// A raw request, through all stations, over a vendor that is only imagined: it is refused or becomes vendor calls, each
/// below its vendor's base; never an internal error.
pub fn request(input: &[u8]) {
    let vendors = targets();
    // One route an input, so that more inputs are tried in a time.
    let route = vendors[input.len() % vendors.len()].vendor.name;
    let (exit, told) = explain(route, input);
    assert_ne!(exit, Exit::Internal, "{told}");
    if exit == Exit::Well {
        check(route, &told);
    }
}

/// Exit and what is printed of `scimux explain --json`.
fn explain(route: &str, mut input: &[u8]) -> (Exit, String) {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/scimux.toml");
    let mut arguments: Vec<OsString> =
        ["scimux", "explain", "--json", "--route", route, "--config"].map(Into::into).into();
    arguments.push(config.into());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    // Nothing of the environment that the test runs in.
    let environment = Environment::new();
    let mut terminal = Terminal { input: &mut input, out: &mut out, err: &mut err, is_terminal: false, environment };
    let exit = runtime().block_on(cli::run(arguments, &mut terminal));
    let told = if exit == Exit::Well { out } else { err };
    (exit, String::from_utf8(told).expect("text"))
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"))
}

fn check(route: &str, told: &str) {
    let told: serde_json::Value = serde_json::from_str(told).expect("JSON");
    let courses = told["otherwise"].as_array().into_iter().flatten().chain([&told]);
    for step in courses.flat_map(|course| course["steps"].as_array().into_iter().flatten()) {
        let path = step["path"].as_str().expect("a path");
        let path = path.split('?').next().expect("a path");
        stays(path, base(route));
        // Whatever a reader makes of it: what a client writes is one segment.
        let whole = percent_decode_str(path).decode_utf8().expect("UTF-8");
        assert_eq!(whole.matches('/').count(), path.matches('/').count(), "{path}");
        assert!(!whole.contains(['\\', '\0', '\r', '\n']), "{path}");
    }
}

/// What all paths of the vendor begin with.
fn base(route: &str) -> &'static str {
    static BASES: OnceLock<Vec<(&str, String)>> = OnceLock::new();
    let names = || targets().iter().map(|target| target.vendor.name);
    let bases = BASES.get_or_init(|| names().map(|name| (name, found(name))).collect());
    &bases.iter().find(|(name, _)| *name == route).expect("a vendor").1
}

fn found(route: &str) -> String {
    let (exit, told) = explain(route, b"GET /Users/1 HTTP/1.1\r\n\r\n");
    assert_eq!(exit, Exit::Well, "{told}");
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let path = told["steps"][0]["path"].as_str().expect("a path");
    path.strip_suffix("Users/1").expect("a user's path").to_owned()
}
