//! What every imitation is made of: the request it sees, the answer it gives, the state behind it, its switches.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::store::Store;

/// One imitated vendor. All of its behaviour is a pure function of request and [`State`].
pub(crate) trait Vendor: Send + Sync {
    /// The word of the command line: `scimux sandbox NAME`.
    fn name(&self) -> &'static str;
    /// What the vendor's documents leave open.
    fn switches(&self) -> &'static [Switch];
    /// The path below the origin that a `base_url` ends in, e.g. `/scim`.
    fn base(&self) -> &'static str {
        ""
    }
    /// The TOML keys of a scimux target that speaks to this imitation.
    fn target(&self, origin: &str) -> String;
    /// An id in the vendor's style.
    fn new_id(&self, store: &mut Store) -> String {
        let _ = store;
        uuid::Uuid::new_v4().to_string()
    }
    /// The precision of the vendor's timestamps.
    fn clock(&self) -> crate::store::Precision {
        crate::store::Precision::Millis
    }
    /// Fills in what the vendor itself would have set on a resource that is put straight into the store.
    fn complete(&self, endpoint: &str, resource: &mut Map<String, Value>) {
        let _ = (endpoint, resource);
    }
    /// Answers one request.
    fn handle(&self, request: &Request, state: &mut State) -> Answer;
}

/// Everything an imitation remembers.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) switches: Switches,
    /// Sessions and access tokens that were issued, with the moment they die by themselves.
    pub(crate) tokens: HashMap<String, Option<Instant>>,
    /// A fault asked that the credential of this one request is dead, for vendors whose credential is static.
    pub(crate) refuse_credential: bool,
}

impl State {
    pub(crate) fn issue(&mut self, token: &str, lifetime: Option<std::time::Duration>) {
        let until = lifetime.map(|lifetime| Instant::now() + lifetime);
        self.tokens.insert(token.to_owned(), until);
    }

    pub(crate) fn knows(&self, token: &str) -> bool {
        !self.refuse_credential
            && self.tokens.get(token).is_some_and(|until| until.is_none_or(|until| Instant::now() < until))
    }

    /// A static bearer token, as two of the vendors hand out.
    pub(crate) fn accepts(&self, request: &Request, token: &str) -> bool {
        !self.refuse_credential && request.bearer() == Some(token)
    }
}

/// A request, read whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as it was sent, without the query.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The authority the client called.
    pub(crate) host: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// The token of `Authorization: Bearer TOKEN`; any other form is none.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ").filter(|t| !t.is_empty() && !t.contains(' '))
    }

    pub(crate) fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// The decoded segments of the path; an empty one stays, so `//` matches no route.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.trim_start_matches('/').split('/').map(|s| percent_decode(s, false)).collect()
    }

    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        pairs(self.query.as_deref().unwrap_or_default())
    }

    /// A query parameter that is present and not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v)
    }

    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        pairs(&String::from_utf8_lossy(&self.body)).into_iter().collect()
    }

    pub(crate) fn object(&self) -> Result<Map<String, Value>, String> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err("the body is not a JSON object".to_owned()),
            Err(problem) => Err(problem.to_string()),
        }
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |part: &str| match part.split_once('=') {
        Some((name, value)) => (percent_decode(name, true), percent_decode(value, true)),
        None => (percent_decode(part, true), String::new()),
    };
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

pub(crate) fn percent_decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[at], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if plus => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An answer, before it is put on the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(status: u16, media_type: &str, body: &Value) -> Answer {
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        Answer { status, headers, body: body.to_string() }
    }

    pub(crate) fn empty(status: u16) -> Answer {
        Answer { status, ..Answer::default() }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Why a SCIM rule refuses a request; each vendor puts it into its own error form.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) scim_type: Option<&'static str>,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn bad(scim_type: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { status: 400, scim_type: Some(scim_type), detail: detail.into() }
    }

    pub(crate) fn status(status: u16, detail: impl Into<String>) -> Refusal {
        Refusal { status, scim_type: None, detail: detail.into() }
    }

    /// The error body of RFC 7644 section 3.12.
    pub(crate) fn rfc_body(&self) -> Value {
        let mut body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"] });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = json!(scim_type);
        }
        body["detail"] = json!(self.detail);
        body["status"] = json!(self.status.to_string());
        body
    }
}

/// One behaviour that no document settles, and the values it can take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Switch {
    pub(crate) name: &'static str,
    /// The first is the default. Empty after the first: any whole number.
    pub(crate) values: &'static [&'static str],
    pub(crate) doc: &'static str,
}

/// An on-off switch, off by default.
pub(crate) const fn off(name: &'static str, doc: &'static str) -> Switch {
    Switch { name, values: &["false", "true"], doc }
}

/// A switch with named positions, the first being the default.
pub(crate) const fn one_of(name: &'static str, values: &'static [&'static str], doc: &'static str) -> Switch {
    Switch { name, values, doc }
}

/// The positions of one vendor's switches.
#[derive(Debug, Clone)]
pub(crate) struct Switches {
    known: &'static [Switch],
    set: BTreeMap<&'static str, String>,
}

impl Switches {
    pub(crate) fn new(known: &'static [Switch]) -> Switches {
        Switches { known, set: BTreeMap::new() }
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        let switch = self.known.iter().find(|s| s.name == name).expect("a vendor asks only for its own switches");
        self.set.get(name).map_or(switch.values[0], String::as_str)
    }

    pub(crate) fn on(&self, name: &str) -> bool {
        self.get(name) == "true"
    }

    pub(crate) fn number(&self, name: &str) -> u16 {
        self.get(name).parse().expect("a status switch holds only numbers")
    }

    pub(crate) fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let Some(switch) = self.known.iter().find(|s| s.name == name) else {
            let names: Vec<_> = self.known.iter().map(|s| s.name).collect();
            return Err(format!("no switch {name:?}; there are {}", names.join(", ")));
        };
        let word = match value {
            Value::String(word) => word.clone(),
            other => other.to_string(),
        };
        let any_number = switch.values.len() == 1 && word.parse::<u32>().is_ok();
        if !any_number && !switch.values.contains(&word.as_str()) {
            return Err(format!("switch {name:?} cannot be {word:?}; it takes {}", switch.values.join(", ")));
        }
        self.set.insert(switch.name, word);
        Ok(())
    }

    pub(crate) fn reset(&mut self) {
        self.set.clear();
    }

    pub(crate) fn as_json(&self) -> Value {
        let word = |word: &str| serde_json::from_str(word).unwrap_or_else(|_| json!(word));
        let one = |s: &Switch| {
            let values: Vec<Value> = s.values.iter().map(|v| word(v)).collect();
            (s.name.to_owned(), json!({ "value": word(self.get(s.name)), "values": values, "doc": s.doc }))
        };
        Value::Object(self.known.iter().map(one).collect())
    }
}
