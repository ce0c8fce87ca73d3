//! What goes wrong, and what comes of it.

use std::time::Duration;

use scimux_sandbox::FaultKind;

/// Whose credential can be renewed.
const RENEWED: [&str; 2] = ["veeva", "pingone"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Read,
    List,
    Put,
    Patch,
    Delete,
    Create,
    CreateGroup,
}

/// What comes of it: the status of the answer, if it is a failure, and how often the vendor was sent the call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comes(pub(super) Option<u16>, pub(super) usize);

pub(super) const fn well(sent: usize) -> Comes {
    Comes(None, sent)
}

const fn fails(status: u16, sent: usize) -> Comes {
    Comes(Some(status), sent)
}

/// One thing that goes wrong, and what comes of it.
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) kind: fn() -> FaultKind,
    /// How often it strikes.
    pub(super) times: u32,
    /// Whether the vendor does what it is asked all the same.
    pub(super) works: bool,
    /// GET, PUT and DELETE; PATCH; POST of a user, which can be looked up; POST of a group, which cannot.
    comes: [Comes; 4],
}

const fn row(what: &'static str, kind: fn() -> FaultKind, times: u32, works: bool, comes: [Comes; 4]) -> Row {
    Row { what, kind, times, works, comes }
}

const OFTEN: u32 = 9;

pub(super) const ROWS: &[Row] = &[
    row("nothing", || FaultKind::Delay(Duration::ZERO), 1, true, [well(1); 4]),
    row(
        "slow",
        || FaultKind::Delay(Duration::from_secs(9)),
        1,
        true,
        [fails(504, 1), fails(504, 1), well(1), fails(504, 1)],
    ),
    row(
        "slow drip",
        || FaultKind::SlowDrip(Duration::from_millis(200)),
        1,
        true,
        [fails(504, 1), fails(504, 1), well(1), fails(504, 1)],
    ),
    row(
        "cut before reading",
        || FaultKind::BreakBeforeReading,
        1,
        false,
        [fails(502, 1), fails(502, 1), fails(504, 1), fails(504, 1)],
    ),
    row(
        "cut after reading",
        || FaultKind::BreakAfterReading,
        1,
        true,
        [fails(502, 1), fails(502, 1), well(1), fails(504, 1)],
    ),
    row("half a body", || FaultKind::HalfBody, 1, true, [fails(502, 1), fails(502, 1), well(1), fails(504, 1)]),
    row("no JSON", || FaultKind::NotJson, 1, false, [fails(502, 1); 4]),
    row("expired session", || FaultKind::ExpireSession, 1, false, [well(2); 4]),
    row("429 once", || status(429, &[]), 1, false, [well(2); 4]),
    row("429", || status(429, &[]), OFTEN, false, [fails(429, 2); 4]),
    row("429 with Retry-After once", || status(429, RETRY), 1, false, [well(2); 4]),
    row("429 with Retry-After", || status(429, RETRY), OFTEN, false, [fails(429, 2); 4]),
    row("500", || status(500, &[]), 1, false, [fails(500, 1), fails(500, 1), fails(504, 1), fails(504, 1)]),
    row("502 once", || status(502, &[]), 1, false, [well(2), fails(502, 1), fails(504, 1), fails(504, 1)]),
    row("502", || status(502, &[]), OFTEN, false, [fails(502, 2), fails(502, 1), fails(504, 1), fails(504, 1)]),
    row("503 once", || status(503, &[]), 1, false, [well(2), fails(503, 1), fails(504, 1), fails(504, 1)]),
    row("503", || status(503, &[]), OFTEN, false, [fails(503, 2), fails(503, 1), fails(504, 1), fails(504, 1)]),
    row("503 with Retry-After once", || status(503, RETRY), 1, false, [well(2); 4]),
    row("503 with Retry-After", || status(503, RETRY), OFTEN, false, [fails(503, 2); 4]),
    row("504 once", || status(504, &[]), 1, false, [well(2), fails(504, 1), fails(504, 1), fails(504, 1)]),
    row("504", || status(504, &[]), OFTEN, false, [fails(504, 2), fails(504, 1), fails(504, 1), fails(504, 1)]),
    row("a redirect", || status(302, &[("location", "http://127.0.0.1:1/")]), 1, false, [fails(502, 1); 4]),
    row("accepted", || status(202, &[]), 1, false, [fails(502, 1); 4]),
    row("forbidden", || status(403, &[]), 1, false, [fails(403, 1); 4]),
    row("too large", || status(413, &[]), 1, false, [fails(413, 1); 4]),
];

const RETRY: &[(&str, &str)] = &[("retry-after", "0")];

fn status(status: u16, headers: &[(&str, &str)]) -> FaultKind {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    FaultKind::Status { status, headers, body: String::new() }
}

impl Row {
    pub(super) fn comes(&self, op: Op, vendor: &str) -> Comes {
        match op {
            // A static token cannot be renewed; it is as good as it was.
            _ if self.what == "expired session" && !RENEWED.contains(&vendor) => fails(502, 1),
            Op::Read | Op::List | Op::Put | Op::Delete => self.comes[0],
            Op::Patch => self.comes[1],
            Op::Create => self.comes[2],
            Op::CreateGroup => self.comes[3],
        }
    }

    /// A session that ends takes those of the others along.
    pub(super) fn runs_alone(&self) -> bool {
        self.what == "expired session"
    }

    /// An answer without a body has nothing that could be cut, or come late.
    pub(super) fn is_about_the_body(&self) -> bool {
        matches!(self.what, "half a body" | "slow drip")
    }
}
