//! Faults × operations × vendors: for each the answer of CONTRACT section 4, no create sent twice, nothing lost, no memory kept.
//! The cases come from the table of [`table::ROWS`]; each has a user of its own, so that those of a row run at the same time.

mod table;

use std::fmt::Write as _;

use futures_util::future::join_all;
use scimux_sandbox::{Exchange, Fault, Sandbox};
use serde_json::{Value, json};

use self::table::{Comes, Op, ROWS, Row, well};
use crate::world::{Answer, Gateway, World, short};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// `retries = 1`: what is repeated is sent twice. No breaker opens, since each case begins and ends with what succeeds.
const BOUNDS: &str = "upstream.timeout_secs = 1\nupstream.retries = 1\n";
const VENDORS_WITH_GROUPS: [&str; 2] = ["huawei", "scim"];

/// Not too many together: ten failures in a row would open a breaker.
const TOGETHER: [&[Op]; 2] = [&[Op::Read, Op::List, Op::Put], &[Op::Patch, Op::Delete, Op::Create, Op::CreateGroup]];

/// One operation on a user of its own at one vendor.
struct Case<'a> {
    gateway: &'a Gateway,
    sandbox: &'a Sandbox,
    row: &'a Row,
    op: Op,
    name: String,
    id: String,
}

impl<'a> Case<'a> {
    /// Makes the user that it is about.
    async fn prepare(gateway: &'a Gateway, sandbox: &'a Sandbox, row: &'a Row, op: Op, number: usize) -> Self {
        let name = format!("c{number}x@veepharm.com");
        let mut case = Self { gateway, sandbox, row, op, name, id: String::new() };
        if !matches!(op, Op::Create | Op::CreateGroup) {
            let made = case.send("POST", "/Users", user(&case.name, "Ada")).await;
            case.id = made.expect(201)["id"].as_str().expect("an id").to_owned();
        }
        case
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.gateway.send(method, &format!("/{}/scim/v2{path}", self.sandbox.vendor()), body).await
    }

    /// The method of the vendor's call that is struck, and what its path holds.
    fn call(&self) -> (&'static str, String) {
        let at = format!("/Users/{}", self.id);
        let has_only_put = self.sandbox.vendor() == "veeva";
        match self.op {
            Op::Read => ("GET", at),
            Op::List => ("GET", self.name.split('@').next().expect("a first part").to_owned()),
            Op::Patch if !has_only_put => ("PATCH", at),
            Op::Delete if !has_only_put => ("DELETE", at),
            Op::Put | Op::Patch | Op::Delete => ("PUT", at),
            Op::Create => ("POST", "/Users".to_owned()),
            Op::CreateGroup => ("POST", "/Groups".to_owned()),
        }
    }

    async fn ask(&self) -> Answer {
        let at = format!("/Users/{}", self.id);
        match self.op {
            Op::Read => self.send("GET", &at, Value::Null).await,
            Op::List => {
                let path = format!("/Users?filter=userName%20eq%20%22{}%22", self.name);
                self.send("GET", &path, Value::Null).await
            }
            Op::Put => self.send("PUT", &at, user(&self.name, "Changed")).await,
            Op::Patch => {
                let operations = [json!({"op": "replace", "path": "name.givenName", "value": "Changed"})];
                self.send("PATCH", &at, json!({"schemas": [PATCH], "Operations": operations})).await
            }
            Op::Delete => self.send("DELETE", &at, Value::Null).await,
            Op::Create => self.send("POST", "/Users", user(&self.name, "Changed")).await,
            Op::CreateGroup => self.send("POST", "/Groups", json!({"displayName": self.name})).await,
        }
    }

    fn queue_fault(&self) {
        let (method, path) = self.call();
        let (method, path_contains) = (Some(method.to_owned()), Some(path));
        self.sandbox.fault(Fault { method, path_contains, times: self.row.times, kind: (self.row.kind)() });
    }

    /// Checks the answer, what the vendor was sent, and what it holds now.
    async fn check(&self, answer: Answer, wire: &[Exchange]) {
        let what = format!("{} at {}: {:?} of {}", self.row.what, self.sandbox.vendor(), self.op, self.name);
        let calls: Vec<&Exchange> = wire.iter().filter(|exchange| self.is_call(exchange)).collect();
        let bare = self.row.is_about_the_body() && calls.iter().all(|call| call.answer.is_empty());
        let Comes(failure, sent) = if bare { well(1) } else { self.row.comes(self.op, self.sandbox.vendor()) };
        assert_eq!(calls.len(), sent, "{what}: {:?}", wire.iter().map(short).collect::<Vec<_>>());
        let is = answer.status.as_u16();
        match failure {
            Some(status) => {
                assert_eq!(is, status, "{what}: {:?}", answer.body);
                answer.refused(status, "");
                let asks_for_patience = status == 429 || status == 503 && self.row.what.contains("Retry-After");
                assert_eq!(!answer.header("retry-after").is_empty(), asks_for_patience, "{what}");
            }
            None => assert!(answer.status.is_success(), "{what}: {is} {:?}", answer.body),
        }
        let done = self.is_done().unwrap_or(self.row.works || failure.is_none());
        assert_eq!(done, self.row.works || failure.is_none(), "{what}: {is} {:?}", self.held());
        self.check_recovered(&what).await;
    }

    /// Whether a call is the one that this case is about. Creates are told apart by what they create.
    fn is_call(&self, exchange: &Exchange) -> bool {
        let (method, path) = self.call();
        let creates = matches!(self.op, Op::Create | Op::CreateGroup);
        // A connection that is cut before its body was read names nobody; there is one create at a time.
        let is_ours = !creates || exchange.body.is_empty() || exchange.body.contains(&self.name);
        exchange.method == method && exchange.path.contains(&path) && is_ours
    }

    /// What the vendor holds of that name.
    fn held(&self) -> Vec<Value> {
        let (endpoint, member) =
            if self.op == Op::CreateGroup { ("/Groups", "displayName") } else { ("/Users", "userName") };
        let all = self.sandbox.resources(endpoint).into_iter();
        all.filter(|one| one[member] == self.name.as_str()).collect()
    }

    /// Whether the vendor has done what was asked; a read asks for nothing to be done.
    fn is_done(&self) -> Option<bool> {
        let held = self.held();
        assert!(held.len() <= 1, "made twice: {held:?}");
        match self.op {
            Op::Read | Op::List => None,
            Op::Put | Op::Patch => Some(held[0]["name"]["givenName"] == "Changed"),
            Op::Delete => Some(held.first().is_none_or(|user| user["active"] == false)),
            Op::Create | Op::CreateGroup => Some(held.len() == 1),
        }
    }

    /// The next request is answered as if nothing had been, and shows what the vendor holds.
    async fn check_recovered(&self, what: &str) {
        let Some(held) = self.held().pop().filter(|_| self.op != Op::CreateGroup) else { return };
        let path = format!("/Users/{}", held["id"].as_str().expect("an id"));
        let shown = self.send("GET", &path, Value::Null).await;
        assert_eq!(shown.status, 200, "{what}, then: {:?}", shown.body);
        assert_eq!(shown.json()["name"]["givenName"], held["name"]["givenName"], "{what}");
    }
}

fn user(name: &str, given: &str) -> Value {
    json!({
        "schemas": [USER], "userName": name, "active": true, "displayName": "Ada Byron",
        "name": {"givenName": given, "familyName": "Byron"}, "locale": "en-US", "preferredLanguage": "en",
        "timezone": "America/New_York", "emails": [{"value": name, "type": "work", "primary": true}],
    })
}

/// All rows over one vendor; returns how many cases there were.
async fn strike(gateway: &Gateway, sandbox: &Sandbox) -> usize {
    let mut count = 0;
    for row in ROWS {
        for together in TOGETHER {
            let has_groups = VENDORS_WITH_GROUPS.contains(&sandbox.vendor());
            let ops = together.iter().filter(|op| has_groups || **op != Op::CreateGroup);
            let mut cases = Vec::new();
            for op in ops {
                cases.push(Case::prepare(gateway, sandbox, row, *op, count).await);
                count += 1;
            }
            let at_once = if row.runs_alone() { 1 } else { cases.len() };
            for cases in cases.chunks(at_once) {
                run(sandbox, cases).await;
            }
        }
    }
    count
}

async fn run(sandbox: &Sandbox, cases: &[Case<'_>]) {
    sandbox.take_exchanges();
    cases.iter().for_each(Case::queue_fault);
    let answers = join_all(cases.iter().map(Case::ask)).await;
    let wire = sandbox.take_exchanges();
    sandbox.clear();
    for (case, answer) in cases.iter().zip(answers) {
        case.check(answer, &wire).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_has_its_answer_for_each_operation_at_each_vendor() {
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("admin.sock").display().to_string();
    let more = format!("[admin]\nlisten = \"127.0.0.1:0\"\nsocket = {socket:?}\n");
    let world = World::all_with(BOUNDS, &more).await;
    let gateway = world.gateway();
    // The first row of each vendor, so that what is made once is there: connections, sessions, threads.
    let first = world.sandboxes.iter().map(|sandbox| warm(gateway, sandbox));
    join_all(first).await;
    let (memory, files) = (gateway.resident_bytes(), gateway.open_files());
    let counts = join_all(world.sandboxes.iter().map(|sandbox| strike(gateway, sandbox))).await;
    let cases: usize = counts.into_iter().sum();
    assert_eq!(cases, ROWS.len() * (6 * 5 + VENDORS_WITH_GROUPS.len()));
    let grown = gateway.resident_bytes().saturating_sub(memory);
    assert!(grown < 16 << 20, "{cases} cases took {grown} bytes");
    let more = gateway.open_files().saturating_sub(files);
    assert!(more <= 5 * 8, "{more} connections are left of {cases} cases");
    let metrics = World::metrics(&socket).await;
    assert!(metrics.contains("scimux_in_flight 0"), "nothing is under way any more: {metrics}");
    for vendor in scimux_sandbox::vendors() {
        assert!(metrics.contains(&format!("scimux_breaker_state{{target=\"{vendor}\"}} 0")), "{metrics}");
    }
}

async fn warm(gateway: &Gateway, sandbox: &Sandbox) {
    let path = format!("/{}/scim/v2/Users", sandbox.vendor());
    for number in 0..20 {
        let body = user(&format!("warm{number}@veepharm.com"), "Ada");
        gateway.send("POST", &path, body).await.expect(201);
    }
}

/// Nobody listens where the vendor should be: 502 for each operation, never 404, and the others are not touched.
#[tokio::test]
async fn an_unreachable_vendor_is_502_for_each_operation() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let mut toml = String::new();
    let well = crate::world::sandbox("scim").await;
    for vendor in scimux_sandbox::vendors() {
        let address = "127.0.0.1:0".parse().expect("an address");
        let sandbox = Sandbox::start(vendor, address).await.expect("the sandbox starts");
        let place = sandbox.target_toml().replace(&sandbox.address().to_string(), &closed.to_string());
        write!(toml, "[targets.{vendor}]\n{place}upstream.retries = 0\n").expect("writing to a string");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("admin.sock").display().to_string();
    let admin = format!("[admin]\nlisten = \"127.0.0.1:0\"\nsocket = {socket:?}\n");
    let gateway = Gateway::start(&format!("{toml}[targets.well]\n{}{admin}", well.target_toml())).await;
    for vendor in scimux_sandbox::vendors() {
        let (path, at) = (format!("/{vendor}/scim/v2/Users"), format!("/{vendor}/scim/v2/Users/1"));
        let operations = [json!({"op": "replace", "path": "name.givenName", "value": "Changed"})];
        let patch = json!({"schemas": [PATCH], "Operations": operations});
        let body = user("ada@veepharm.com", "Ada");
        let asked = [
            ("GET", &at, Value::Null),
            ("GET", &path, Value::Null),
            ("PUT", &at, body.clone()),
            ("PATCH", &at, patch),
            ("DELETE", &at, Value::Null),
            ("POST", &path, body),
        ];
        for (method, path, body) in asked {
            let detail = gateway.send(method, path, body).await.refused(502, "");
            assert!(!detail.contains(&closed.port().to_string()), "{vendor} {method}: {detail}");
        }
        gateway.send("GET", "/well/scim/v2/Users", Value::Null).await.expect(200);
        assert_eq!(World::admin(&socket, "/readyz").await, "ready\n");
    }
}
