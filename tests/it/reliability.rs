//! `docs/RELIABILITY.md` names tests for each line of the contract; all of them are there.

use crate::invariants::root;

/// Whether a file has a test of this name: the attribute stands in the same paragraph.
fn has_test(file: &str, name: &str) -> bool {
    let Ok(text) = std::fs::read_to_string(root().join(file)) else { return false };
    let declared = format!("fn {name}()");
    text.match_indices(&declared).any(|(at, _)| {
        let paragraph = text[..at].rsplit("\n\n").next().expect("there is one");
        ["#[test]", "#[tokio::test", "proptest!"].iter().any(|attribute| paragraph.contains(attribute))
    })
}

#[test]
fn every_line_of_the_contract_names_tests_that_are_there() {
    let page = std::fs::read_to_string(root().join("docs/RELIABILITY.md")).expect("the page");
    let (_, tables) = page.split_once("## Which test shows what").expect("the heading");
    let rows = tables.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let mut count = 0;
    for row in rows.filter(|row| *row != "| Line | Tests |") {
        let (line, tests) = row.trim_matches('|').rsplit_once(" | ").expect("two cells");
        let tests: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test for: {line}");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{test} names no file"));
            assert!(has_test(file, name), "{test} is not there, for: {line}");
        }
        count += 1;
    }
    assert!(count >= 45, "{count} lines");
}
