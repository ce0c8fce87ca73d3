//! `config/reference.toml`: generated from the key table and the vendors' settings, compared with the committed file.

use std::fmt::Write;

use scimux_adapters::{Profile, Vendor};

use super::super::keys::{self, KEYS, Key, Kind, Need};
use super::repository;

#[test]
fn the_reference_is_what_the_key_table_says() {
    let file = repository("config/reference.toml");
    let generated = reference();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &generated).expect("the reference can be written");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == generated, "config/reference.toml is stale: run this test again with UPDATE_GOLDEN=1");
}

/// Every line that holds a key or a header is a comment of `#` without a space; without it the file is TOML.
#[test]
fn the_reference_holds_every_key() {
    let text = uncommented(&reference());
    let environment = super::super::Environment::new();
    let findings = super::super::findings::Findings::new("reference");
    let tree = super::super::source::tree(&text, &environment, &findings).expect("the reference is TOML");
    super::super::shape::check(&tree, &findings);
    let problems = findings.finish(Some(())).err().unwrap_or_default();
    assert!(problems.is_empty(), "{problems:#?}");
    for key in KEYS.iter().filter(|key| !matches!(key.kind, Kind::Section | Kind::Named)) {
        let line = format!("\n#{} = ", keys::leaf(key.path));
        assert!(reference().contains(&line), "{} is not in the reference", key.path);
    }
}

fn uncommented(reference: &str) -> String {
    let lines =
        reference.lines().map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

fn reference() -> String {
    let mut text = String::from(
        "# Every key of the configuration. Generated from src/config/keys.rs and the vendors' settings; do not edit:\n\
         # `UPDATE_GOLDEN=1 cargo test -p scimux reference` writes it.\n\
         #\n\
         # An environment variable SCIMUX_SERVER__LISTEN lies over server.listen, and so on for every key but secrets and\n\
         # tables of free names. A secret is { env = \"NAME\" }, { file = \"/path\" }, or a plain string.\n",
    );
    section(&mut text, "", "");
    for vendor in scimux_adapters::vendors() {
        vendor_section(&mut text, vendor);
    }
    text
}

fn vendor_section(text: &mut String, vendor: &Vendor) {
    let profile = Profile::parse(vendor.profile).expect("a vendor's profile can be read");
    let schemes: Vec<&str> = profile.auth.keys().map(String::as_str).collect();
    text.push('\n');
    comment(text, &format!("adapter = \"{}\": {}", vendor.name, profile.title));
    let scheme = schemes.iter().find(|scheme| **scheme != "none").unwrap_or(&"none");
    let _ = writeln!(text, "#[targets.{0}]\n#adapter = \"{0}\"\n#base_url = \"https://scim.example.com\"", vendor.name);
    comment(text, &format!("Its schemes: {}.", schemes.join(", ")));
    let _ = writeln!(text, "#auth.scheme = \"{scheme}\"");
    for setting in vendor.settings {
        comment(text, &format!("Its own: {}.", setting.doc));
        comment(text, if setting.required { "Required." } else { "Optional." });
        let _ = writeln!(text, "#{} = {:?}", setting.key, setting.example);
    }
}

fn section(text: &mut String, pattern: &str, header: &str) {
    let (tables, keys): (Vec<&Key>, Vec<&Key>) =
        keys::below(pattern).partition(|key| matches!(key.kind, Kind::Section | Kind::Named));
    for key in keys {
        comment(text, key.doc);
        let _ = writeln!(text, "# {}", need(key));
        let _ = writeln!(text, "#{} = {}", keys::leaf(key.path), key.example);
    }
    for key in tables {
        let name = match keys::leaf(key.path) {
            "*" => "crm",
            leaf => leaf,
        };
        let header = keys::join(header, name);
        if key.kind == Kind::Section {
            text.push('\n');
            comment(text, key.doc);
            let _ = writeln!(text, "#[{header}]");
        } else {
            text.push('\n');
            comment(text, key.doc);
        }
        section(text, key.path, &header);
    }
}

fn need(key: &Key) -> String {
    let must = format!("Must be {}.", key.kind.allowed());
    match key.need {
        Need::Default(default) => format!("{must} Default: {default}."),
        Need::Optional => format!("{must} Optional."),
        Need::Required => format!("{must} Required."),
    }
}

fn comment(text: &mut String, doc: &str) {
    for line in doc.lines() {
        let mut width = 0;
        for word in line.split(' ') {
            if width == 0 || width + word.len() > 116 {
                text.push_str(if width == 0 { "#" } else { "\n#" });
                width = 1;
            }
            let _ = write!(text, " {word}");
            width += 1 + word.len();
        }
        text.push('\n');
    }
}
