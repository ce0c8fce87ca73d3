//! Each body over the kept corpus, and over changed pieces of it.
//!
//! `make test` tries the same changes every time. With `SCIMUX_FUZZ_SECONDS` other ones are tried, for so long each.
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_types, reason = "nothing is paused here: what counts is how long it really takes")]

mod change;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use scimux_fuzz::{BODIES, Body};

use change::{Change, change};

/// Cases between two looks at the clock.
const AT_A_TIME: u32 = 200;

macro_rules! bodies {
    ($($name:ident, $cases:literal;)*) => {$(
        mod $name {
            #[test]
            fn kept() {
                super::kept(stringify!($name));
            }

            #[test]
            fn changed() {
                super::changed(stringify!($name), $cases);
            }
        }
    )*

        /// Each body has its tests.
        #[test]
        fn all_are_here() {
            let names: Vec<&str> = BODIES.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

// All of them together are to take a minute at most on two cores, unoptimised.
bodies! {
    answer, 1500;
    dialect, 4000;
    filter, 10000;
    patch, 4000;
    path, 10000;
    request, 800;
}

fn body(name: &str) -> Body {
    BODIES.iter().find(|(known, _)| *known == name).expect("a body").1
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = std::fs::read_dir(&folder).expect("its corpus");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.iter().map(|file| std::fs::read(file).expect("a file of the corpus")).collect()
}

fn kept(name: &str) {
    corpus(name).iter().for_each(|input| body(name)(input));
}

fn changed(name: &str, cases: u32) {
    let seconds = std::env::var("SCIMUX_FUZZ_SECONDS").ok().map(|text| text.parse().expect("seconds"));
    let Some(seconds) = seconds.map(Duration::from_secs) else {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        return tried(name, TestRunner::new_with_rng(config(cases), rng));
    };
    let begun = Instant::now();
    while begun.elapsed() < seconds {
        tried(name, TestRunner::new(config(AT_A_TIME)));
    }
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() }
}

/// An input that shows itself as text.
#[derive(Clone)]
struct Input(Vec<u8>);

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

fn tried(name: &str, mut runner: TestRunner) {
    let body = body(name);
    let done = runner.run(&inputs(corpus(name)), |input| {
        body(&input.0);
        Ok(())
    });
    if let Err(found) = done {
        panic!("keep the input as fuzz/corpus/{name}/kept-…: {found}");
    }
}

/// Pieces of the corpus, changed a few times with the help of others.
fn inputs(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Input> {
    (any::<Index>(), vec((change(), any::<Index>()), 0..6)).prop_map(
        move |(first, changes): (_, Vec<(Change, Index)>)| {
            let mut input = first.get(&corpus).clone();
            for (change, other) in changes {
                change.apply(&mut input, &corpus[other.index(corpus.len())]);
            }
            Input(input)
        },
    )
}
