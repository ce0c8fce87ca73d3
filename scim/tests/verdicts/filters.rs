//! Filters before three independent parsers: two of three decide whether an expression is a filter, and its tree.

mod expressions;
mod known;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use scimux_scim::Filter;
use scimux_scim::filter::Literal;
use serde_json::{Value, json};

use crate::random::{self, Random};
use crate::server::{python, root};
use crate::users::{nameless, user_type};
use known::Known;

/// The voters, in the order of their votes.
const VOTERS: [&str; 3] = ["scim2-models", "scim2-filter-parser", "scim2-parse-filter"];

/// A tree, or `Value::Null` for a refusal.
type Votes = [Value; 3];

fn votes(expressions: &[String]) -> Vec<Votes> {
    let lines: String = expressions.iter().map(|text| json!(text).to_string() + "\n").collect();
    let mut by_python = Command::new(python());
    by_python.arg(root().join("tests/python/filters.py"));
    let modules = node_modules();
    let mut by_node = Command::new("node");
    by_node.arg(root().join("tests/node/filters.cjs")).env("SCIMUX_TEST_NODE", modules);
    let (python, node) = (answers(by_python, &lines), answers(by_node, &lines));
    assert_eq!((python.len(), node.len()), (expressions.len(), expressions.len()), "a vote for each expression");
    python.iter().zip(&node).map(|(two, third)| [&two[0], &two[1], third].map(comparable)).collect()
}

/// The folder with the modules that `make node` installs.
fn node_modules() -> PathBuf {
    let folder = std::env::var_os("SCIMUX_TEST_NODE").map_or_else(|| root().join("target/node"), PathBuf::from);
    let modules = folder.join("node_modules");
    assert!(modules.exists(), "{} is missing: run `make node`, which needs npm", modules.display());
    folder
}

/// What a program prints, a line of JSON for each line it reads.
fn answers(mut command: Command, lines: &str) -> Vec<Value> {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut input = process.stdin.take().expect("the input is piped");
    let lines = lines.to_owned();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).expect("the program reads"));
    let output = process.wait_with_output().expect("the program ends");
    writer.join().expect("all is written");
    assert!(output.status.success(), "{command:?} ended with {}", output.status);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Numbers by value, since each parser writes them in its own way.
fn comparable(tree: &Value) -> Value {
    match tree {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(parts) => parts.iter().map(comparable).collect(),
        Value::Object(parts) => parts.iter().map(|(name, part)| (name.clone(), comparable(part))).collect(),
        other => other.clone(),
    }
}

/// Our reading, in the voters' notation.
fn ours(expression: &str) -> Value {
    Filter::parse(expression, &nameless(&user_type())).map_or(Value::Null, |filter| comparable(&tree(&filter)))
}

fn tree(filter: &Filter) -> Value {
    let all = |parts: &[Filter]| parts.iter().map(tree).collect::<Value>();
    match filter {
        Filter::And(parts) => json!({"and": all(parts)}),
        Filter::Or(parts) => json!({"or": all(parts)}),
        Filter::Not(inner) => json!({"not": tree(inner)}),
        Filter::Present(path) => json!({"has": path.to_string().to_lowercase()}),
        Filter::Compare(path, op, value) => {
            json!({"is": [path.to_string().to_lowercase(), op.as_str(), literal(value)]})
        }
        Filter::ValuePath(path, inner) => json!({"in": [path.to_string().to_lowercase(), tree(inner)]}),
    }
}

fn literal(literal: &Literal) -> Value {
    serde_json::from_str(&literal.to_string()).expect("a literal is JSON")
}

/// A verdict on an expression: what each voter without a known mistake says, and we.
struct Verdict<'a> {
    expression: &'a str,
    ours: Value,
    all: &'a Votes,
    /// The votes that are counted.
    votes: Vec<(&'static str, &'a Value)>,
}

impl<'a> Verdict<'a> {
    fn new(expression: &'a str, votes: &'a Votes) -> Self {
        let counted =
            VOTERS.into_iter().zip(votes).filter(|(voter, _)| known::mistakes(voter, expression).next().is_none());
        Self { expression, ours: ours(expression), all: votes, votes: counted.collect() }
    }

    /// What most of those say who are counted.
    fn decided(&self) -> Option<&'a Value> {
        let voices = |tree: &Value| self.votes.iter().filter(|(_, other)| *other == tree).count();
        let (_, most) = self.votes.iter().max_by_key(|(_, tree)| voices(tree))?;
        (2 * voices(most) > self.votes.len()).then_some(*most)
    }

    /// Whether the voter reads the expression otherwise than the rest, for this reason alone.
    fn shows(&self, known: &Known) -> bool {
        let mut reasons = known::mistakes(known.voter, self.expression);
        let alone = reasons.next().is_some_and(|first| first.why == known.why) && reasons.next().is_none();
        let vote = VOTERS.iter().position(|voter| *voter == known.voter).map_or(&self.ours, |index| &self.all[index]);
        alone && self.decided().is_some_and(|decided| decided != vote)
    }

    /// Who says something else without being listed.
    fn unlisted(&self) -> Option<String> {
        let decided = self.decided();
        let we = known::mistakes("ours", self.expression).next().is_none().then_some(("ours", &self.ours));
        let voices = self.votes.iter().copied().chain(we);
        let others: Vec<&str> = voices.filter(|(_, tree)| decided != Some(*tree)).map(|(voter, _)| voter).collect();
        let votes = || self.votes.iter().map(|(voter, tree)| format!("\n    {voter} {tree}")).collect::<String>();
        (!others.is_empty()).then(|| format!("{}: {others:?}{}\n    ours {}", self.expression, votes(), self.ours))
    }
}

#[test]
fn filters_read_as_the_majority_reads_them() {
    let mut random = Random(random::seed());
    let mut expressions: Vec<String> = expressions::NAMED.iter().map(|text| (*text).to_owned()).collect();
    expressions.extend((0..random::cases(500)).map(|_| expressions::expression(&mut random)));
    let votes = votes(&expressions);
    let verdicts = || expressions.iter().zip(&votes).map(|(expression, votes)| Verdict::new(expression, votes));
    let unlisted: BTreeSet<String> = verdicts().filter_map(|verdict| verdict.unlisted()).collect();
    assert!(
        unlisted.is_empty(),
        "{} unlisted:\n{}",
        unlisted.len(),
        unlisted.into_iter().collect::<Vec<_>>().join("\n")
    );
    let stale: Vec<&str> = known::KNOWN
        .iter()
        .filter(|known| !verdicts().any(|verdict| verdict.shows(known)))
        .map(|known| known.why)
        .collect();
    assert!(stale.is_empty(), "listed, and not so: {stale:?}");
    let decided_by = |number: usize| verdicts().filter(|verdict| verdict.votes.len() >= number).count();
    assert!(2 * decided_by(2) > expressions.len(), "{} of {} had two votes", decided_by(2), expressions.len());
}
