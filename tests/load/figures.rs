//! What is counted, and what is claimed of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::gateway::{Log, Sample};
use crate::vendors::TARGETS;

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Came {
    /// The right answer.
    Right,
    /// A refusal of the contract's table, because of the vendor.
    Refused(u16),
    /// Anything else.
    Wrong(String),
}

/// What came of the requests of a run, by target.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    of: [OfTarget; TARGETS.len()],
    /// The 99th percentile of the healthy target in each round.
    rounds: Vec<Duration>,
}

#[derive(Debug, Default)]
struct OfTarget {
    right: Vec<Duration>,
    refused: BTreeMap<u16, usize>,
    wrong: Vec<String>,
}

impl Figures {
    pub(crate) fn count(&mut self, target: usize, came: Came, took: Duration) {
        let of = &mut self.of[target];
        match came {
            Came::Right => of.right.push(took),
            Came::Refused(status) => *of.refused.entry(status).or_default() += 1,
            Came::Wrong(what) => of.wrong.push(what),
        }
    }

    pub(crate) fn add(&mut self, more: Self) {
        self.rounds.push(more.of[0].percentile(99));
        for (of, more) in self.of.iter_mut().zip(more.of) {
            of.right.extend(more.right);
            more.refused.into_iter().for_each(|(status, count)| *of.refused.entry(status).or_default() += count);
            of.wrong.extend(more.wrong);
        }
    }

    /// The 99th percentile of the healthy target. Of few rounds it is that of the middle one: in a short run a hundredth of the
    /// answers is a handful, and one moment at which the machine did something else would decide.
    fn p99(&self) -> Duration {
        let mut rounds = self.rounds.clone();
        rounds.sort_unstable();
        let middle = rounds.get(rounds.len() / 2).copied().unwrap_or_default();
        if rounds.len() < MANY { middle } else { self.of[0].percentile(99) }
    }
}

/// So many rounds are many.
const MANY: usize = 20;

impl OfTarget {
    /// So many of a hundred right answers were there by then.
    fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.right.clone();
        sorted.sort_unstable();
        sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (target, of) in TARGETS.iter().zip(&self.of) {
            let time = |percent| format!("{:.1} ms", of.percentile(percent).as_secs_f64() * 1000.0);
            write!(f, "  {target:9} right {:6}", of.right.len())?;
            write!(f, "  p50 {:>9}  p99 {:>9}  refused {:?}", time(50), time(99), of.refused)?;
            writeln!(f, "  wrong {}", of.wrong.len())?;
        }
        Ok(())
    }
}

/// How the process was over time.
#[derive(Debug, Default)]
pub(crate) struct Flat(Vec<Sample>);

impl Flat {
    pub(crate) fn add(&mut self, samples: Vec<Sample>) {
        self.0.extend(samples);
    }

    /// The mean memory in the first and in the last quarter, in MiB.
    fn memory(&self) -> (f64, f64) {
        let quarter = (self.0.len() / 4).max(1);
        let mean = |samples: &[Sample]| {
            samples.iter().map(|sample| sample.kibibytes as f64).sum::<f64>() / samples.len() as f64 / 1024.0
        };
        (mean(&self.0[..quarter]), mean(&self.0[self.0.len() - quarter..]))
    }
}

impl fmt::Display for Flat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.memory();
        let files = self.0.iter().map(|sample| sample.files);
        write!(f, "memory {first:.1} MiB in the first quarter, {last:.1} MiB in the last; ")?;
        write!(f, "{} to {} files", files.clone().min().unwrap_or_default(), files.max().unwrap_or_default())
    }
}

/// What must hold, and whether it does.
#[derive(Debug, Default)]
pub(crate) struct Claims(Vec<(bool, String)>);

impl Claims {
    pub(crate) fn hold(&self) -> bool {
        self.0.iter().all(|(holds, _)| *holds)
    }

    fn claim(&mut self, holds: bool, what: String) {
        self.0.push((holds, what));
    }

    pub(crate) fn of_answers(&mut self, calm: &Figures, stormy: &Figures) {
        let healthy = &stormy.of[0];
        let whole = !healthy.right.is_empty() && healthy.wrong.is_empty();
        self.claim(whole, format!("each of the healthy target's {} answers is right", healthy.right.len()));
        let wrong: Vec<_> = calm.of.iter().chain(&stormy.of).flat_map(|of| &of.wrong).collect();
        let first: Vec<_> = wrong.iter().take(5).collect();
        self.claim(wrong.is_empty(), format!("no answer outside the table: {} {first:#?}", wrong.len()));
        let ill =
            stormy.of[1..].iter().all(|of| !of.refused.is_empty() || of.percentile(50) > Duration::from_millis(500));
        self.claim(ill, "the other three are ill".to_owned());
    }

    pub(crate) fn of_latency(&mut self, calm: &Figures, stormy: &Figures) {
        let (calm, stormy) = (calm.p99(), stormy.p99());
        let what = format!("the healthy target's p99, {stormy:.1?}, is below twice that with all well, {calm:.1?}");
        self.claim(stormy < calm * 2, what);
    }

    pub(crate) fn of_memory(&mut self, flat: &Flat) {
        let (first, last) = flat.memory();
        self.claim(last < first * 1.1 + 4.0, format!("memory is flat: {first:.1} MiB, then {last:.1} MiB"));
    }

    pub(crate) fn of_state(&mut self, differences: &[String]) {
        let first: Vec<_> = differences.iter().take(5).collect();
        self.claim(
            differences.is_empty(),
            format!("what was answered is what the vendors that are well hold: {first:?}"),
        );
    }

    pub(crate) fn of_files(&mut self, before: usize, after: usize) {
        self.claim(after <= before, format!("no file stays open: {before} before, {after} after"));
    }

    pub(crate) fn of_process(&mut self, log: &Log) {
        self.claim(log.errors.is_empty(), format!("no error in the log: {:?}", log.errors));
        let complete = log.last.contains(r#""complete":true,"requests_cut":0"#);
        self.claim(complete, "it ended complete".to_owned());
    }
}

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (holds, what) in &self.0 {
            writeln!(f, "{} {what}", if *holds { "holds: " } else { "FAILS: " })?;
        }
        Ok(())
    }
}
