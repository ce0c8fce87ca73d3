//! README's tables of what each vendor can do, generated from the profiles; and its commands and first configuration,
//! which must work. `UPDATE_GOLDEN=1` writes them anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scimux::config::{Config, Environment};
use scimux_adapters::capability::FEATURES;
use scimux_adapters::profile::{ListProfile, Paging};
use scimux_adapters::{Capability, capabilities, features};

const BEGIN: &str = "<!-- vendors: generated from the profiles -->\n";
const END: &str = "<!-- end of vendors -->\n";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Reads a configuration with whatever secrets it names.
fn configured(text: &str, origin: &str) -> Config {
    let names = text.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next());
    let environment: Environment = names.map(|name| (name.to_owned(), "secret".to_owned())).collect();
    let text = text.split("file = \"").enumerate().fold(String::new(), |joined, (index, part)| {
        let (_, rest) = part.split_once('"').unwrap_or(("", part));
        if index == 0 { part.to_owned() } else { format!("{joined}file = \"{}\"{rest}", path("Cargo.toml").display()) }
    });
    match scimux::config::parse(&text, origin, &environment) {
        Ok((config, _)) => config,
        Err(problems) => panic!("{origin}: {problems:#?}"),
    }
}

fn tables() -> String {
    let titles = |names: &[&str]| {
        let names = [&["Vendor", "Type"], names].concat();
        format!("| {} |\n|{}\n", names.join(" | "), " --- |".repeat(names.len()))
    };
    let mut operations = titles(&["create", "read", "list", "PUT", "PATCH", "DELETE"]);
    let mut reading = titles(&[&FEATURES[..], &["filters the vendor evaluates", "the vendor's pages"]].concat());
    for vendor in scimux_adapters::vendors() {
        let file = format!("config/examples/{}.toml", vendor.name);
        let config = configured(&read(&file), &file);
        let target = &config.targets[0].target;
        for served in &target.types {
            let whose = format!("| {} | {} |", target.profile.title, served.canonical.name);
            let list = &served.profile.list;
            let words =
                |all: &[(&str, Capability)]| all.iter().map(|(_, who)| who.as_str()).collect::<Vec<_>>().join(" | ");
            writeln!(operations, "{whose} {} |", words(&capabilities(target, served))).expect("writing to a string");
            writeln!(reading, "{whose} {} | {} | {} |", words(&features(served)), filters(list), pages(list))
                .expect("writing to a string");
        }
    }
    format!("{operations}\n{reading}")
}

fn filters(list: &ListProfile) -> String {
    match &list.filter {
        None => "all".to_owned(),
        Some(filter) if filter.operators.is_empty() => "none".to_owned(),
        Some(filter) => format!("{} on {}", filter.operators.join(", "), filter.attributes.join(", ")),
    }
}

fn pages(list: &ListProfile) -> String {
    let kind = match list.paging {
        Paging::Index | Paging::Cursor => "yes",
        _ => "no",
    };
    list.cap.map_or_else(|| kind.to_owned(), |cap| format!("{kind}, at most {cap} an answer"))
}

#[test]
fn the_vendors_tables_are_what_the_profiles_say() {
    let readme = read("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("the tables' beginning");
    let (_, after) = rest.split_once(END).expect("the tables' end");
    let wanted = format!("{before}{BEGIN}{}{END}{after}", tables());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return std::fs::write(path("README.md"), &wanted).expect("README.md is written");
    }
    assert!(readme == wanted, "the tables are old: UPDATE_GOLDEN=1 cargo test --test it readme");
}

#[test]
fn the_first_configuration_loads() {
    let readme = read("README.md");
    let examples: Vec<_> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty(), "README shows a configuration");
    for example in examples {
        assert!(!configured(example, "README.md").routes.is_empty());
    }
}

#[test]
fn every_file_that_readme_names_is_there() {
    let readme = read("README.md");
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = links.filter(|link| !link.starts_with("http") && !link.starts_with('#'));
    for link in local {
        assert!(path(link.split('#').next().unwrap_or(link)).exists(), "README links to {link}");
    }
}
