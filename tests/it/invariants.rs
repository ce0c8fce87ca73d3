//! The invariants of ARCHITECTURE.md that are about the source itself.

use std::path::{Path, PathBuf};

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

/// Invariant 2: the gateway names no vendor, the protocol none either.
#[test]
fn src_and_scim_name_no_vendor() {
    for (path, text) in ["src", "scim/src"].into_iter().flat_map(sources) {
        for vendor in vendors().into_iter().chain(["securid"]) {
            assert!(!names(&text, vendor), "{} names {vendor}", path.display());
        }
    }
}

/// Every vendor there is; the plain one has the protocol's name.
fn vendors() -> Vec<&'static str> {
    scimux_adapters::vendors().iter().map(|vendor| vendor.name).filter(|name| *name != "scim").collect()
}

fn names(text: &str, vendor: &str) -> bool {
    text.to_lowercase().split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word == vendor)
}

/// Invariant 2: no vendor names another.
#[test]
fn no_vendor_names_another() {
    for vendor in vendors() {
        for (path, text) in sources(&format!("adapters/src/{vendor}")) {
            for other in vendors().into_iter().filter(|other| *other != vendor) {
                assert!(!names(&text, other), "{} names {other}", path.display());
            }
        }
    }
}

/// Invariant 1: protocol and dialects do no I/O, wait for nothing, know no time and log nothing.
#[test]
fn scim_and_adapters_are_pure() {
    let banned =
        ["std::fs", "std::net", "std::env", "std::process", "std::io", "std::thread", "SystemTime", "time::Instant"];
    let banned = banned.into_iter().chain(["async fn", "async move", "tokio", "tracing::", "println!", "eprintln!"]);
    for (path, text) in ["scim/src", "adapters/src"].into_iter().flat_map(sources) {
        let is_test = path.components().any(|part| part.as_os_str().to_string_lossy().contains("test"));
        let code = text.split("#[cfg(test)]").next().expect("a first part");
        for word in banned.clone().filter(|_| !is_test) {
            assert!(!code.contains(word), "{} holds {word}", path.display());
        }
    }
    for manifest in ["scim/Cargo.toml", "adapters/Cargo.toml"] {
        let text = std::fs::read_to_string(root().join(manifest)).expect("a manifest");
        let own = text.split("[dev-dependencies]").next().expect("a first part");
        for crate_ in ["tokio", "hyper", "tracing", "reqwest", "rustls"] {
            assert!(!own.contains(crate_), "{manifest} depends on {crate_}");
        }
    }
}

/// Invariant 4: only `src/config` reads files and the environment, only `main.rs` exits.
#[test]
fn only_config_reads_and_only_main_exits() {
    for (path, text) in sources("src") {
        let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
        let code = text.split("#[cfg(test)]").next().expect("a first part");
        let is_test = name.contains("tests");
        if !name.starts_with("src/config") && !is_test {
            for word in ["fs::read", "File::open", "env::var"] {
                assert!(!code.contains(word) || name == "src/main.rs", "{name} holds {word}");
            }
        }
        assert!(!code.contains("process::exit") || name == "src/main.rs", "{name} exits");
    }
}

/// The imitations share no type with the gateway: one wrong name must not pass on both sides.
#[test]
fn the_sandbox_depends_on_no_crate_of_ours() {
    let manifest = std::fs::read_to_string(root().join("sandbox/Cargo.toml")).expect("a manifest");
    assert!(!manifest.contains("scimux-scim") && !manifest.contains("scimux-adapters"), "{manifest}");
}

/// No entry of rfc-traps is forgotten: a test names it, or there is a reason why none does.
#[test]
fn every_trap_has_a_test_or_a_reason() {
    let counted = std::process::Command::new("python3").arg(root().join("tests/traps.py")).arg("--check").output();
    let counted = counted.expect("python3 runs");
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
}

/// What docs/RELIABILITY.md and SECURITY.md call the proof of a promise is a test that there is.
#[test]
fn the_tests_named_as_proofs_exist() {
    let folders = ["src", "adapters", "scim", "sandbox", "fuzz", "tests"];
    let sources: String = folders.into_iter().flat_map(sources).map(|(_, text)| text).collect();
    for page in ["docs/RELIABILITY.md", "SECURITY.md"] {
        named_tests_exist(&std::fs::read_to_string(root().join(page)).expect("the page"), &sources);
    }
}

#[track_caller]
fn named_tests_exist(page: &str, sources: &str) {
    let quoted = page.split('`').skip(1).step_by(2).filter(|name| name.contains("::") && !name.contains(' '));
    let tests: Vec<&str> = quoted.filter_map(|name| name.rsplit("::").next()).collect();
    assert!(tests.len() >= 20, "{tests:?}");
    for test in tests {
        assert!(sources.contains(&format!("fn {test}()")), "there is no test {test}");
    }
}

/// Invariant 18: the lint of the workspace alone could be left out by a crate.
#[test]
fn unsafe_code_is_forbidden_everywhere() {
    for package in [".", "scim", "adapters", "sandbox", "benches", "fuzz"].map(|folder| root().join(folder)) {
        let manifest = std::fs::read_to_string(package.join("Cargo.toml")).expect("a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.display());
        let roots = ["lib.rs", "main.rs"].map(|file| package.join("src").join(file));
        for file in roots.into_iter().filter(|file| file.exists()) {
            let text = std::fs::read_to_string(&file).expect("a source file");
            assert!(text.contains("\n#![forbid(unsafe_code)]\n"), "{}", file.display());
        }
    }
}
