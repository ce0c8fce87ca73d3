//! That no entry of rfc-traps is forgotten: each is claimed by a test that names its number, or is out of this crate's
//! scope for a reason.

mod body;
mod diff;
mod filter;
mod laws;
mod patch;
mod put;
mod query;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const SOURCES: &[&str] = &[
    include_str!("error.rs"),
    include_str!("filter/tests.rs"),
    include_str!("body/tests.rs"),
    include_str!("bulk/tests.rs"),
    include_str!("bulk/schedule/tests.rs"),
    include_str!("list.rs"),
    include_str!("patch/tests.rs"),
    include_str!("path/tests.rs"),
    include_str!("query.rs"),
    include_str!("scalar.rs"),
    include_str!("schema/tests.rs"),
    include_str!("value/tests.rs"),
    include_str!("traps/body.rs"),
    include_str!("traps/diff.rs"),
    include_str!("traps/filter.rs"),
    include_str!("traps/patch.rs"),
    include_str!("traps/put.rs"),
    include_str!("traps/query.rs"),
];

const LAST: u16 = 336;

const ELSEWHERE: &[(RangeInclusive<u16>, &str)] = &[
    (35..=35, "relative references become absolute where the gateway's own URL is known"),
    (50..=51, "externalId per client, and ids, are the gateway's"),
    (57..=58, "meta is the vendor's or the gateway's; this crate has no clock"),
    (102..=103, "HTTP: a list without hits, a filter on one resource"),
    (105..=105, "who will not compute a filter says so where the limit is"),
    (125..=129, "HTTP: status, `attributes` on PATCH, missing resource, media type"),
    (153..=153, "uniqueness is known to the vendor"),
    (193..=194, "HTTP: Location and body of 201"),
    (196..=200, "HTTP: methods, conflicts and what is deleted"),
    (208..=208, "HTTP: status of PUT"),
    (211..=215, "HTTP: DELETE, HEAD, URLs, ids in them"),
    (227..=228, "HTTP: where projections apply"),
    (230..=230, "the order of filter and projection is the caller's"),
    (232..=232, "URN mapping is the adapters'"),
    (237..=237, "paging is the caller's"),
    (242..=244, "paging and sorting by the gateway: a later issue"),
    (246..=247, "sorting by the gateway: a later issue"),
    (249..=252, "HTTP: .search: a later issue"),
    (256..=256, "where a resource is, the gateway knows"),
    (265..=265, "HTTP: versions"),
    (268..=269, "what an operation does is what its request does by itself"),
    (271..=271, "HTTP: status"),
    (272..=280, "HTTP: versions"),
    (281..=282, "/Me is the front door's"),
    (288..=292, "HTTP: versions in the path, sensitive URLs, negotiation"),
    (294..=299, "HTTP"),
    (300..=311, "discovery is the gateway's"),
    (312..=324, "newer RFCs: later issues"),
    (325..=329, "plans are the adapters'"),
    (333..=336, "plans, emulation and error patterns are the adapters'"),
];

/// The numbers that tests name: in `fn trap_1_…` and `fn traps_1_to_3_…`, and at the head of a row `(1, …` or
/// `check(1, …`, `refuse(1, …`.
fn named() -> BTreeSet<u16> {
    let mut named = BTreeSet::new();
    for source in SOURCES {
        for line in source.lines() {
            let line = line.trim_start();
            match line.strip_prefix("fn trap_").or_else(|| line.strip_prefix("fn traps_")) {
                Some(name) => named.extend(in_name(name)),
                None => named.extend(in_row(line)),
            }
        }
    }
    named
}

fn in_name(name: &str) -> Vec<u16> {
    let mut numbers: Vec<u16> = Vec::new();
    let mut range = false;
    for part in name.split('_') {
        match (part.parse(), numbers.last().copied()) {
            (Ok(number), Some(last)) if range => numbers.extend(last + 1..=number),
            (Ok(number), _) => numbers.push(number),
            (Err(_), _) if part != "to" => return numbers,
            (Err(_), _) => {}
        }
        range = part == "to";
    }
    numbers
}

fn in_row(line: &str) -> Option<u16> {
    let row = ["(", "check(", "refuse("].into_iter().find_map(|start| line.strip_prefix(start))?;
    let (number, rest) = row.split_once(',').unwrap_or((row, ""));
    number.parse().ok().filter(|number| *number > 0 && (rest.is_empty() || rest.starts_with(' ')))
}

#[test]
fn every_trap_is_tested_or_out_of_scope() {
    let named = named();
    let elsewhere: BTreeSet<u16> = ELSEWHERE.iter().flat_map(|(range, _)| range.clone()).collect();
    let forgotten: Vec<u16> = (1..=LAST).filter(|trap| !named.contains(trap) && !elsewhere.contains(trap)).collect();
    assert!(forgotten.is_empty(), "no test names {forgotten:?}");
    assert!(ELSEWHERE.iter().all(|(_, why)| !why.is_empty()));
}

#[test]
fn numbers_are_read_from_names_and_rows() {
    assert_eq!(in_name("3_names_equal_but_for_case"), [3]);
    assert_eq!(in_name("31_32_date_times"), [31, 32]);
    assert_eq!(in_name("4_to_6_12_x"), [4, 5, 6, 12]);
    assert_eq!(in_row("check(30, r0(), \"x\")"), Some(30));
    assert_eq!(in_row("(30, \"x\")"), Some(30));
    assert_eq!(in_row("(0..30)"), None);
}
