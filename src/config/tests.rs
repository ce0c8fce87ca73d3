//! Tests of the whole configuration.

mod access;
mod files;
mod overrides;
mod property;
mod reference;
pub(crate) mod secrets;
mod tls;
mod wrong;

use std::path::PathBuf;

use super::{Config, Environment, Problem, parse};

/// A configuration with nothing wrong in it, to which tests add.
const GOOD: &str = "
    [clients.c]
    tokens = [{ env = \"TOKEN\" }]
    [targets.t]
    adapter = \"scim\"
    base_url = \"https://scim.example.com/v2\"
    auth = { scheme = \"bearer\", token = { env = \"SECRET\" } }
";

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The variables that [`GOOD`] needs, and these.
fn environment(more: &[(&str, &str)]) -> Environment {
    let own = [("TOKEN", "canary-token-of-a-client"), ("SECRET", "canary-secret")];
    own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What is built of [`GOOD`] and more, with the warnings.
fn good(more: &str, variables: &[(&str, &str)]) -> (Config, Vec<Problem>) {
    parse(&format!("{more}{GOOD}"), "test.toml", &environment(variables)).expect("nothing is wrong in it")
}

/// What is wrong in a text.
fn problems(text: &str, variables: &[(&str, &str)]) -> Vec<Problem> {
    parse(text, "test.toml", &environment(variables)).err().unwrap_or_default()
}

/// Asserts that exactly these problems are found: key, and words of the message.
fn assert_problems(found: &[Problem], expected: &[(&str, &str)]) {
    let fits =
        |problem: &Problem| expected.iter().any(|(key, words)| problem.key == *key && problem.message.contains(words));
    assert!(found.iter().all(fits) && found.len() == expected.len(), "expected {expected:#?}, found {found:#?}");
}
