//! A plain service provider, as RFC 7643 and 7644 describe it; the sections are named where a behaviour comes from.

mod resource;

use base64::Engine;
use serde_json::{Value, json};

use crate::filter::Filter;
use crate::patch;
use crate::store::{Object, id_of, now, page, project, text, values_at};
use crate::vendor::{Answer, Refusal, Request, State, Switch, Vendor, off, one_of};
use resource::Kind;

const SCIM: &str = "application/scim+json";

pub(crate) const USERNAME: &str = "scimux";
pub(crate) const PASSWORD: &str = "plain-sandbox-password";
pub(crate) const TOKEN: &str = "plain-sandbox-token";

/// What a server without a method answers to it; the last as a web framework does for an unknown route.
const METHOD: &[&str] = &["on", "501", "405", "404html"];

const SWITCHES: &[Switch] = &[
    one_of("patch_status", &["200", "204"], "status of a successful PATCH (RFC 7644 section 3.5.2 leaves it open)"),
    one_of("put_active", &["clear", "keep"], "PUT without `active` (RFC 7644 section 3.5.1 leaves the default open)"),
    one_of("etag", &["true", "false"], "resources have versions (RFC 7644 section 3.14 makes them optional)"),
    one_of("max_results", &["200"], "resources in one page at most, any number"),
    one_of(
        "put",
        METHOD,
        "PUT is there, or what answers in its place (RFC 7644 section 3.5 makes PATCH optional; some lack PUT)",
    ),
    one_of("patch", METHOD, "PATCH is there, or what answers in its place (RFC 7644 section 3.5.2 makes it optional)"),
    off("no_paging_members", "a list has no startIndex and no itemsPerPage"),
    one_of("filter", &["evaluate", "refuse", "ignore"], "a list with a filter; refuse: 501 (RFC 7644 section 3.4.2.2)"),
    one_of("sort", &["true", "false"], "sortBy works; else it is 501 (RFC 7644 section 3.4.2.3)"),
    one_of(
        "cursors",
        &["off", "on", "only"],
        "lists page by cursor: not, when asked, instead of startIndex (RFC 9865)",
    ),
];

/// A plain RFC 7644 server.
#[derive(Debug)]
pub(crate) struct Plain;

impl Vendor for Plain {
    fn name(&self) -> &'static str {
        "scim"
    }

    fn switches(&self) -> &'static [Switch] {
        SWITCHES
    }

    fn base(&self) -> &'static str {
        "/v2"
    }

    fn target(&self, origin: &str) -> String {
        format!(
            "adapter = \"scim\"\nbase_url = \"{origin}/v2\"\n\
             auth = {{ scheme = \"basic\", username = \"{USERNAME}\", password = \"{PASSWORD}\" }}\n"
        )
    }

    fn complete(&self, _: &str, resource: &mut Object) {
        if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) {
            meta.entry("version").or_insert_with(|| json!("W/\"1\""));
        }
    }

    fn handle(&self, request: &Request, state: &mut State) -> Answer {
        let mut call = Call { request, state };
        if !call.authorised() {
            // RFC 7644 section 2.
            let refusal = Refusal::status(401, "Authorization failure.");
            return error(&refusal).with("www-authenticate", "Basic realm=\"sandbox\"");
        }
        call.route().unwrap_or_else(|refusal| error(&refusal))
    }
}

fn error(refusal: &Refusal) -> Answer {
    Answer::json(refusal.status, SCIM, &refusal.rfc_body())
}

/// One request with good credentials.
struct Call<'a> {
    request: &'a Request,
    state: &'a mut State,
}

type Done = Result<Answer, Refusal>;

impl Call<'_> {
    fn authorised(&self) -> bool {
        let basic = base64::prelude::BASE64_STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
        let by_basic = self.request.header("authorization") == Some(&*format!("Basic {basic}"));
        !self.state.refuse_credential && (by_basic || self.request.bearer() == Some(TOKEN))
    }

    fn route(&mut self) -> Done {
        let segments = self.request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v2", endpoint, rest @ ..] = parts.as_slice() else {
            return Err(unknown("path"));
        };
        match (self.request.method.as_str(), *endpoint, rest) {
            ("GET", "ServiceProviderConfig", []) => Ok(Answer::json(200, SCIM, &self.provider())),
            ("GET", "ResourceTypes", []) => Ok(Answer::json(200, SCIM, &resource::types())),
            (method, "Users", rest) => self.resources(method, Kind::User, rest),
            (method, "Groups", rest) => self.resources(method, Kind::Group, rest),
            _ => Err(unknown("path")),
        }
    }

    fn resources(&mut self, method: &str, kind: Kind, rest: &[&str]) -> Done {
        match (method, rest) {
            ("GET", []) => self.list(kind, &self.request.parameters()),
            ("POST", []) => self.create(kind),
            ("POST", [".search"]) => self.search(kind),
            ("GET", [id]) => self.read(kind, id),
            ("PUT", [_]) if self.lacks("put") => self.instead("put"),
            ("PATCH", [_]) if self.lacks("patch") => self.instead("patch"),
            ("PUT", [id]) => self.put(kind, id),
            ("PATCH", [id]) => self.patch(kind, id),
            ("DELETE", [id]) => self.delete(kind, id),
            (_, [] | [_]) => Err(Refusal::status(405, "Method not allowed.")),
            _ => Err(unknown("path")),
        }
    }

    fn lacks(&self, method: &str) -> bool {
        self.state.switches.get(method) != "on"
    }

    /// The answer of a server that lacks the method.
    fn instead(&self, method: &str) -> Done {
        match self.state.switches.get(method) {
            "404html" => {
                let page = Answer {
                    body: "<!DOCTYPE html><title>Error 404 (Not Found)</title>".to_owned(),
                    ..Answer::empty(404)
                };
                Ok(page.with("content-type", "text/html; charset=UTF-8"))
            }
            "405" => Err(Refusal::status(405, "Method not allowed.")),
            _ => Err(Refusal::status(501, "The operation is not implemented.")),
        }
    }

    /// RFC 7644 section 3.1 asks for application/scim+json and allows application/json.
    fn body(&self) -> Result<Object, Refusal> {
        if !matches!(self.request.media_type().as_deref(), Some(SCIM | "application/json")) {
            return Err(Refusal::status(415, "Unsupported media type."));
        }
        self.request.object().map_err(|e| Refusal::bad("invalidSyntax", e))
    }

    fn found(&self, kind: Kind, id: &str) -> Result<Object, Refusal> {
        self.state.store.get(kind.endpoint(), id).cloned().ok_or_else(|| unknown(id))
    }

    fn url(&self, kind: Kind, resource: &Object) -> String {
        format!("{}/v2{}/{}", self.request.origin(), kind.endpoint(), id_of(resource))
    }

    /// `attributes` and `excludedAttributes` hold for every answer with a resource (RFC 7644 section 3.9).
    fn shown(&self, kind: Kind, stored: &Object, query: &[(String, String)]) -> Object {
        let mut shown = resource::rendered(kind, stored, &format!("{}/v2", self.request.origin()));
        if let Some(meta) = shown.get_mut("meta").and_then(Value::as_object_mut) {
            meta.insert("location".to_owned(), json!(self.url(kind, stored)));
            if !self.state.switches.on("etag") {
                meta.shift_remove("version");
            }
        }
        let of = |name: &str| query.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str());
        project(&shown, of("attributes"), of("excludedAttributes"), &["id", "schemas"])
    }

    fn answer(&self, status: u16, kind: Kind, stored: &Object) -> Answer {
        let shown = self.shown(kind, stored, &self.request.parameters());
        let answer = Answer::json(status, SCIM, &Value::Object(shown)).with("location", self.url(kind, stored));
        if self.state.switches.on("etag") { answer.with("etag", version(stored)) } else { answer }
    }

    /// `If-Match` and `If-None-Match` (RFC 7644 section 3.14).
    fn precondition(&self, stored: &Object) -> Result<(), Refusal> {
        let Some(wanted) = self.request.header("if-match").filter(|_| self.state.switches.on("etag")) else {
            return Ok(());
        };
        if matches_any(wanted, version(stored)) {
            Ok(())
        } else {
            Err(Refusal::status(412, "The resource has changed."))
        }
    }

    fn read(&self, kind: Kind, id: &str) -> Done {
        let stored = self.found(kind, id)?;
        let etag = self.state.switches.on("etag");
        match self.request.header("if-none-match") {
            Some(held) if etag && matches_any(held, version(&stored)) => {
                Ok(Answer::empty(304).with("etag", version(&stored)))
            }
            _ => Ok(self.answer(200, kind, &stored)),
        }
    }

    fn create(&mut self, kind: Kind) -> Done {
        let body = resource::accepted(kind, &self.body()?)?;
        let stored = self.keep(kind, body)?;
        Ok(self.answer(201, kind, &stored))
    }

    /// Replaces what is there (RFC 7644 section 3.5.1); readOnly values are ignored, a password not given stays.
    fn put(&mut self, kind: Kind, id: &str) -> Done {
        let before = self.found(kind, id)?;
        self.precondition(&before)?;
        let mut after = resource::accepted(kind, &self.body()?)?;
        let keep_active = self.state.switches.get("put_active") == "keep";
        let kept: &[&str] =
            if keep_active { &["id", "meta", "password", "active"] } else { &["id", "meta", "password"] };
        for name in kept {
            if let (None, Some(value)) = (after.get(*name), before.get(*name)) {
                after.insert((*name).to_owned(), value.clone());
            }
        }
        let stored = self.keep(kind, after)?;
        Ok(self.answer(200, kind, &stored))
    }

    /// In order and atomic (RFC 7644 section 3.5.2); `op` without regard to case.
    fn patch(&mut self, kind: Kind, id: &str) -> Done {
        let before = self.found(kind, id)?;
        self.precondition(&before)?;
        let mut after = before.clone();
        for mut operation in patch::operations(&self.body()?)? {
            operation.op.make_ascii_lowercase();
            if !matches!(operation.op.as_str(), "add" | "replace" | "remove") {
                return Err(Refusal::bad("invalidSyntax", "op is not one of add, replace, remove"));
            }
            resource::patch_once(kind, &mut after, &operation)?;
        }
        // A PATCH that changes nothing leaves the version (RFC 7644 section 3.5.2.1).
        let stored = if after == before { before } else { self.keep(kind, after)? };
        match self.state.switches.number("patch_status") {
            204 => Ok(Answer::empty(204)),
            status => Ok(self.answer(status, kind, &stored)),
        }
    }

    fn delete(&mut self, kind: Kind, id: &str) -> Done {
        self.precondition(&self.found(kind, id)?)?;
        self.state.store.remove(kind.endpoint(), id);
        Ok(Answer::empty(204))
    }

    fn keep(&mut self, kind: Kind, mut resource: Object) -> Result<Object, Refusal> {
        resource::check(kind, &resource)?;
        let id = text(&resource, "id").map(str::to_owned);
        let name = text(&resource, "userName").filter(|_| kind == Kind::User);
        if self.state.store.taken(kind.endpoint(), id.as_deref(), name, |u| text(u, "userName")).is_some() {
            let detail = "One or more of the attribute values are already in use or are reserved.".to_owned();
            return Err(Refusal { status: 409, scim_type: Some("uniqueness"), detail });
        }
        let id = id.unwrap_or_else(|| Plain.new_id(&mut self.state.store));
        resource.insert("id".to_owned(), json!(id));
        let last = resource.get("meta").and_then(|m| m.get("version")).and_then(Value::as_str);
        let last = last.and_then(|v| v.trim_start_matches("W/").trim_matches('"').parse::<u64>().ok()).unwrap_or(0);
        let time = now(Plain.clock());
        let created = resource.get("meta").and_then(|m| m.get("created")).cloned().unwrap_or_else(|| json!(time));
        let meta = json!({"resourceType": kind.name(), "created": created, "lastModified": time,
            "version": format!("W/\"{}\"", last + 1)});
        resource.insert("meta".to_owned(), meta);
        self.state.store.put(kind.endpoint(), resource.clone());
        Ok(resource)
    }

    /// POST to `/.search` (RFC 7644 section 3.4.3).
    fn search(&self, kind: Kind) -> Done {
        let query = self.body()?.into_iter().map(|(name, value)| match value {
            Value::String(text) => (name, text),
            Value::Array(names) => (name, names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            other => (name, other.to_string()),
        });
        self.list(kind, &query.collect::<Vec<_>>())
    }

    /// RFC 7644 sections 3.4.2.2 to 3.4.2.4.
    fn list(&self, kind: Kind, query: &[(String, String)]) -> Done {
        let of = |name: &str| query.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str());
        let (filters, sorts) = (self.state.switches.get("filter"), self.state.switches.on("sort"));
        if of("filter").is_some() && filters == "refuse" || of("sortBy").is_some() && !sorts {
            return Err(Refusal::status(501, "The service provider does not support the request operation."));
        }
        let filter = of("filter").filter(|_| filters == "evaluate").map(Filter::parse).transpose();
        let filter = filter.map_err(|e| Refusal::bad("invalidFilter", e))?;
        let all = self.state.store.all(kind.endpoint()).iter();
        let is_hit = |r: &Object| filter.as_ref().is_none_or(|f| f.matches(&self.shown(kind, r, &[])));
        let mut hits: Vec<&Object> = all.filter(|r| is_hit(r)).collect();
        if let Some(by) = of("sortBy") {
            hits.sort_by_cached_key(|r| sort_key(r, by));
            if of("sortOrder") == Some("descending") {
                hits.reverse();
            }
        }
        let number = |name: &str| {
            let number = of(name).map(str::parse::<i64>).transpose();
            number.map_err(|_| Refusal::bad("invalidValue", format!("{name} is not a number")))
        };
        let by_cursor = match self.state.switches.get("cursors") {
            "on" => query.iter().any(|(name, _)| name == "cursor"),
            cursors => cursors == "only",
        };
        let start = match of("cursor").filter(|_| by_cursor) {
            Some(cursor) => begin(cursor)?,
            None if by_cursor => 1,
            None => usize::try_from(number("startIndex")?.unwrap_or(1).max(1)).unwrap_or(1),
        };
        let cap = usize::from(self.state.switches.number("max_results"));
        let count = usize::try_from(number("count")?.unwrap_or(100).max(0)).unwrap_or(0).min(cap);
        let total = hits.len();
        let shown: Vec<Object> = page(hits, start, count).into_iter().map(|r| self.shown(kind, r, query)).collect();
        let mut body =
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": total});
        if by_cursor {
            body["itemsPerPage"] = json!(shown.len());
            if count > 0 && start + shown.len() <= total {
                body["nextCursor"] = json!(format!("VZUTiy-{}", start + shown.len()));
            }
        } else if !self.state.switches.on("no_paging_members") {
            body["startIndex"] = json!(start);
            body["itemsPerPage"] = json!(shown.len());
        }
        body["Resources"] = json!(shown);
        Ok(Answer::json(200, SCIM, &body))
    }

    fn provider(&self) -> Value {
        let scheme = |kind: &str| json!({"type": kind, "name": kind, "description": kind});
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": !self.lacks("patch")}, "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": true, "maxResults": self.state.switches.number("max_results")},
            "changePassword": {"supported": true}, "sort": {"supported": true},
            "etag": {"supported": self.state.switches.on("etag")},
            "authenticationSchemes": [scheme("httpbasic"), scheme("oauthbearertoken")]})
    }
}

fn unknown(what: &str) -> Refusal {
    Refusal::status(404, format!("Resource {what} not found."))
}

fn version(stored: &Object) -> &str {
    stored.get("meta").and_then(|m| m.get("version")).and_then(Value::as_str).unwrap_or("W/\"0\"")
}

/// Weak comparison of a list of entity tags.
fn matches_any(list: &str, version: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|tag| opaque(tag) == opaque(version))
}

/// Where the page of a cursor begins.
fn begin(cursor: &str) -> Result<usize, Refusal> {
    let start = cursor.strip_prefix("VZUTiy-").and_then(|start| start.parse().ok());
    start.ok_or_else(|| Refusal::bad("invalidCursor", "The cursor is not one of this server's."))
}

/// A resource without the attribute comes last in ascending order (RFC 7644 section 3.4.2.3).
fn sort_key(resource: &Object, by: &str) -> (bool, String) {
    let values = values_at(resource, by);
    let primary = values.iter().find(|v| v.get("primary") == Some(&Value::Bool(true)));
    let value = primary.or(values.first()).map(|v| v.get("value").unwrap_or(v));
    match value {
        Some(Value::String(text)) => (false, text.to_lowercase()),
        Some(other) => (false, other.to_string()),
        None => (true, String::new()),
    }
}
