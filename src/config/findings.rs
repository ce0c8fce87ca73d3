//! What a look through the configuration finds: problems and warnings, all of them, each with its origin.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::Problem;

/// Collects. Interior mutability, so that every reader can hold one by reference.
#[derive(Debug, Default)]
pub(super) struct Findings {
    origin: String,
    overridden: RefCell<BTreeMap<String, String>>,
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl Findings {
    pub(super) fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..Self::default() }
    }

    /// Remembers that an environment variable set a key.
    pub(super) fn overridden(&self, key: &str, variable: &str) {
        self.overridden.borrow_mut().insert(key.to_owned(), variable.to_owned());
    }

    /// The variable that set a key.
    pub(super) fn variable(&self, key: &str) -> Option<String> {
        self.overridden.borrow().get(key).cloned()
    }

    pub(super) fn problem(&self, key: &str, message: impl Into<String>) {
        let origin = self.variable(key).unwrap_or_else(|| self.origin.clone());
        self.problem_in(&origin, key, message);
    }

    /// A problem whose origin is known to be another.
    pub(super) fn problem_in(&self, origin: &str, key: &str, message: impl Into<String>) {
        let problem = Problem { origin: origin.to_owned(), key: key.to_owned(), message: message.into() };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub(super) fn warn(&self, key: &str, message: impl Into<String>) {
        let origin = self.variable(key).unwrap_or_else(|| self.origin.clone());
        self.warnings.borrow_mut().push(Problem { origin, key: key.to_owned(), message: message.into() });
    }

    /// Whether a key, or one below it, has a problem already.
    pub(super) fn has_problem(&self, key: &str) -> bool {
        let below = |found: &str| found.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.problems.borrow().iter().any(|problem| below(&problem.key))
    }

    /// The result: what was built, with the warnings, if there is no problem; else every problem, sorted by key.
    pub(super) fn finish<T>(self, built: Option<T>) -> Result<(T, Vec<Problem>), Vec<Problem>> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| a.key.cmp(&b.key));
        match built {
            Some(built) if problems.is_empty() => Ok((built, self.warnings.into_inner())),
            _ => Err(problems),
        }
    }
}

/// A sentence that names the nearest of the known words, or lists them when none is near.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match near(word, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The nearest of the known words, if one is near: a few slips away, or one is the beginning of the other.
fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let begins = |name: &str| word.len() > 2 && (name.starts_with(&word) || (name.len() > 2 && word.starts_with(name)));
    let distance = |name: &str| strsim::damerau_levenshtein(&word, &name.to_ascii_lowercase());
    let fits = |name: &&str| distance(name) <= 1 + name.len() / 4 || begins(name);
    known.filter(fits).min_by_key(|name| distance(name))
}
