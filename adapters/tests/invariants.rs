//! What must hold of the crate's text: pure, vendors apart, a source beside every line of a profile.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use scimux_adapters::vendors;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files below a folder with one of the extensions.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()) {
        if entry.is_dir() {
            found.extend(files(&entry, extensions));
        } else if entry.extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension)) {
            found.push(entry);
        }
    }
    found
}

#[test]
fn no_source_does_io_or_looks_at_a_clock() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::env",
        "std::io",
        "std::process",
        "std::thread",
        "tokio",
        "async fn",
        "async move",
        ".await;",
        ".await?",
        "SystemTime",
        "Instant::",
        "tracing::",
        "log::",
        "println!",
        "eprintln!",
    ];
    let sources = files(&root().join("src"), &["rs"]);
    assert!(sources.len() > 20);
    for source in sources {
        let text = text(&source);
        for word in forbidden {
            assert!(!text.contains(word), "{} holds {word}", source.display());
        }
    }
}

#[test]
fn the_crate_depends_on_nothing_that_does_io() {
    let manifest = text(&root().join("Cargo.toml"));
    let dependencies = manifest.split("[dependencies]").nth(1).expect("there are dependencies");
    let dependencies = dependencies.split("\n[").next().unwrap_or_default();
    let names: BTreeSet<_> = dependencies
        .lines()
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect();
    let pure = BTreeSet::from(["bytes", "http", "httpdate", "scimux-scim", "serde", "serde_json", "toml"]);
    assert_eq!(names, pure, "a new dependency must be as pure as these");
}

#[test]
fn no_vendor_names_another() {
    let products = ["veeva", "vault", "pingone", "huawei", "rsa id plus", "securid"];
    for vendor in vendors() {
        let folder = root().join("src").join(vendor.name);
        for file in files(&folder, &["rs", "toml"]) {
            let text = text(&file).to_lowercase();
            for other in vendors().iter().filter(|other| other.name != vendor.name && other.name.len() > 4) {
                assert!(!text.contains(other.name), "{} names {}", file.display(), other.name);
            }
            for product in products.iter().filter(|_| vendor.name == "scim") {
                assert!(!text.contains(product), "{} names {product}", file.display());
            }
        }
    }
}

#[test]
fn shared_code_names_no_vendor() {
    let list = root().join("src/lib.rs");
    let folders: Vec<_> = vendors().iter().map(|vendor| root().join("src").join(vendor.name)).collect();
    let is_test = |file: &Path| file.ends_with("tests.rs") || file.ends_with("fixture.rs");
    for file in files(&root().join("src"), &["rs"]) {
        let shared = file != list && !folders.iter().any(|folder| file.starts_with(folder)) && !is_test(&file);
        if shared {
            let text = text(&file).to_lowercase();
            for name in ["veeva", "vault", "pingone", "huawei", "securid"] {
                assert!(!text.contains(name), "{} names {name}", file.display());
            }
        }
    }
}

#[test]
fn every_line_of_a_profile_has_a_source() {
    for vendor in vendors() {
        let known = sources_of(vendor.name);
        for (number, line, tags) in sourced_lines(vendor.profile) {
            assert!(!tags.is_empty(), "{}/profile.toml:{number} has no source: {line}", vendor.name);
            for tag in tags {
                let is_known = known.contains(&tag) || tag.starts_with("RFC ") || tag == "no source";
                assert!(is_known, "{}/profile.toml:{number}: README.md has no source [{tag}]", vendor.name);
            }
        }
    }
}

/// The tags in the table of sources of a vendor's README.
fn sources_of(vendor: &str) -> BTreeSet<String> {
    let readme = text(&root().join("src").join(vendor).join("README.md"));
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| ["));
    rows.filter_map(|row| row.split_once(']')).map(|(tag, _)| tag.to_owned()).collect()
}

/// Each line that says something, with its tags: those of its own comment, else those of its table's header.
fn sourced_lines(profile: &str) -> Vec<(usize, &str, Vec<String>)> {
    let mut header = Vec::new();
    let mut lines = Vec::new();
    for (index, line) in profile.lines().enumerate() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with('#') || bare == "]" {
            continue;
        }
        let own = line.rsplit_once(" # ").map(|(_, comment)| tags(comment)).unwrap_or_default();
        if bare.starts_with('[') {
            header = own;
        } else if bare.ends_with("= [") {
            // A list over several lines: each of them has its own.
        } else {
            lines.push((index + 1, line, if own.is_empty() { header.clone() } else { own }));
        }
    }
    lines
}

fn tags(comment: &str) -> Vec<String> {
    let tagged = comment.split('[').skip(1).filter_map(|part| part.split_once(']'));
    tagged.map(|(tag, _)| tag.to_owned()).collect()
}

#[test]
fn every_vendor_has_a_readme() {
    for vendor in vendors() {
        let readme = text(&root().join("src").join(vendor.name).join("README.md"));
        for heading in ["## Settings", "## What differs", "## What is not known", "## Sources"] {
            assert!(readme.contains(heading), "{}/README.md has no {heading}", vendor.name);
        }
        for setting in vendor.settings {
            assert!(readme.contains(setting.key), "{}/README.md does not explain {}", vendor.name, setting.key);
        }
    }
}
