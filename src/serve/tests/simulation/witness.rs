//! What the vendor sees of the gateway, and what of it must never be.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::time::{Duration, Instant};

/// A place that is held may be used so long after the number of places was lowered: a wait for the rate, and the call.
const LINGERS: Duration = Duration::from_secs(20);

/// Everything that is to be true at each moment.
pub(super) struct Witness {
    begun: Instant,
    /// Calls under way, and the most there were since it was last set to 0.
    under_way: usize,
    pub(super) most: usize,
    logins: usize,
    /// Bounds of calls under way, and until when each may still show.
    bounds: Vec<(usize, Option<Instant>)>,
    /// Creates and native PATCHes by request: whether an attempt may have been done.
    sent: BTreeMap<String, bool>,
    turns: BTreeMap<String, Turn>,
    quiet_until: Instant,
    no_login_until: Instant,
    /// Since when at least the breaker is open, and when reads were asked for.
    open_since: Option<Instant>,
    asked: BTreeMap<String, Instant>,
    trace: Vec<String>,
    /// What was wrong.
    wrong: Vec<String>,
}

/// Who changes a resource now.
#[derive(Default)]
struct Turn {
    who: String,
    under_way: usize,
    over: BTreeSet<String>,
}

/// One call as it arrives.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The id of the client's request.
    pub(super) by: String,
    pub(super) method: String,
    /// The resource's, empty for the collection.
    pub(super) id: String,
}

impl Call {
    /// Ids of requests that change something begin with this.
    pub(super) const CHANGE: &str = "m";

    fn is_change(&self) -> bool {
        self.by.starts_with(Self::CHANGE)
    }

    fn is_change_of_one(&self) -> bool {
        self.is_change() && !self.id.is_empty()
    }

    /// Whether it must not be done twice.
    fn counts(&self) -> bool {
        matches!(&*self.method, "POST" | "PATCH")
    }
}

impl Witness {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            under_way: 0,
            most: 0,
            logins: 0,
            bounds: Vec::new(),
            sent: BTreeMap::new(),
            turns: BTreeMap::new(),
            quiet_until: now,
            no_login_until: now,
            open_since: None,
            asked: BTreeMap::new(),
            trace: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// A configuration comes into force: so many calls may be under way, and a refused login may be tried.
    pub(super) fn reloaded(&mut self, concurrency: usize) {
        let now = Instant::now();
        if let Some((_, until @ None)) = self.bounds.last_mut() {
            *until = Some(now + LINGERS);
        }
        self.bounds.retain(|(_, until)| until.is_none_or(|until| until > now));
        self.bounds.push((concurrency, None));
        self.no_login_until = now;
        self.note(&format!("reload: {concurrency} at a time"));
    }

    /// A call arrives; `does_nothing`: it is not done, and the answer will prove that.
    pub(super) fn arrives(&mut self, call: &Call, does_nothing: bool) {
        self.note(&format!(
            "{} {} by {}{}",
            call.method,
            call.id,
            call.by,
            if does_nothing { ", not done" } else { "" }
        ));
        self.under_way += 1;
        self.most = self.most.max(self.under_way);
        let now = Instant::now();
        let bound =
            self.bounds.iter().filter(|(_, until)| until.is_none_or(|until| until > now)).map(|(most, _)| *most);
        let bound = bound.max().unwrap_or(0);
        self.must(self.under_way <= bound, || format!("more than {bound} calls under way"));
        self.must(now >= self.quiet_until, || "a call before the vendor's Retry-After is over".to_owned());
        if call.counts() {
            let again = self.sent.insert(format!("{} {}", call.method, call.by), !does_nothing);
            self.must(again != Some(true), || {
                format!("{} of {} sent again, though it may be done", call.method, call.by)
            });
        }
        if call.is_change_of_one() {
            self.takes_turn(call);
        }
    }

    /// Between the first and the last call of a change of a resource no other change may call.
    fn takes_turn(&mut self, call: &Call) {
        let turn = self.turns.entry(call.id.clone()).or_default();
        let mut wrong = false;
        if turn.who != call.by {
            wrong = turn.under_way > 0 || turn.over.contains(&call.by);
            let before = std::mem::replace(&mut turn.who, call.by.clone());
            turn.over.insert(before);
        }
        turn.under_way += 1;
        self.must(!wrong, || format!("changes of {} meet", call.id));
    }

    /// A client begins to ask.
    pub(super) fn asked(&mut self, by: &str) {
        self.asked.insert(by.to_owned(), Instant::now());
    }

    /// What is asked of a breaker that is open does not arrive; a read is asked for once, and waits for nothing before.
    pub(super) fn passes_breaker(&mut self, call: &Call, is_open: bool) {
        self.open_since = is_open.then(|| self.open_since.unwrap_or_else(Instant::now));
        let late = |since| !call.is_change() && self.asked.get(&call.by).is_some_and(|asked| *asked > since);
        let wrong = self.open_since.is_some_and(late);
        self.must(!wrong, || "a call passes the open breaker".to_owned());
    }

    /// A call is over, whether or not anybody hears its answer.
    pub(super) fn leaves(&mut self, call: &Call) {
        self.under_way -= 1;
        if call.is_change_of_one() {
            self.turns.entry(call.id.clone()).and_modify(|turn| turn.under_way -= 1);
        }
    }

    pub(super) fn login_begins(&mut self) {
        self.note("login");
        self.logins += 1;
        self.must(self.logins <= 1, || "two logins at the same time".to_owned());
        self.must(Instant::now() >= self.no_login_until, || "a login while the pause after the last lasts".to_owned());
    }

    pub(super) fn login_ends(&mut self) {
        self.logins -= 1;
    }

    /// The vendor asks for silence.
    pub(super) fn quiet_for(&mut self, seconds: u64) {
        self.quiet_until = self.quiet_until.max(Instant::now() + Duration::from_secs(seconds));
    }

    /// The login is not to be tried again so soon.
    pub(super) fn no_login_for(&mut self, seconds: u64) {
        self.no_login_until = Instant::now() + Duration::from_secs(seconds);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0 && self.logins == 0
    }

    /// Notes what happens.
    pub(super) fn note(&mut self, what: &str) {
        self.trace.push(format!("{:>9.3} {what}", self.begun.elapsed().as_secs_f64()));
    }

    /// Notes what is wrong unless it is so.
    pub(super) fn must(&mut self, so: bool, otherwise: impl FnOnce() -> String) {
        if !so {
            let wrong = otherwise();
            self.note(&format!("WRONG: {wrong}"));
            self.wrong.push(wrong);
        }
    }

    /// What happened, if anything of it was wrong.
    pub(super) fn verdict(&self) -> Result<(), String> {
        match self.wrong.first() {
            None => Ok(()),
            Some(wrong) => Err(format!("{wrong}\n{}", self.trace.join("\n"))),
        }
    }

    /// The same for the same course of events.
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.trace.hash(&mut hasher);
        hasher.finish()
    }
}
