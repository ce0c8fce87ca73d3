//! Veeva Vault. `[V n]` points at section n of the vendor's fact sheet (`veeva.md`).

mod listed;
mod user;

use serde_json::{Value, json};

use crate::filter::Filter;
use crate::store::{Object, Precision, page, project, text, touch, values_at};
use crate::vendor::{Answer, Request, State, Switch, Vendor, off, one_of};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

pub(crate) const USERNAME: &str = "scim@veepharm.com";
pub(crate) const PASSWORD: &str = "veeva-sandbox-password";
/// Long-lived API access token [V 3.1].
pub(crate) const ACCESS_TOKEN: &str = "veeva-vault-sandbox-access-token";
const VAULT_ID: u32 = 1776;
const SWITCHES: &[Switch] = &[
    one_of("create_status", &["200", "201"], "status of POST /Users [V 17]; with 201 comes a Location"),
    one_of("expired_session_status", &["200", "401"], "status of INVALID_SESSION_ID on a SCIM path [V 3.4]"),
    off("other_vault", "the login gives a session for another Vault, which is dead here [V 3.2]"),
    one_of("access_token", &["true", "false"], "whether SCIM takes an API access token as Bearer [V 17]"),
    one_of("null_on_required", &["error", "ignore"], "null or [] on what is required at creation [V 17]"),
    one_of("complex_merge", &["true", "false"], "whether `name` in a PUT merges by sub-attributes [V 17]"),
    one_of("unknown_id", &["USER_NOT_FOUND", "MALFORMED_URL"], "an unknown user: envelope in a 200, or 404 [V 17]"),
    one_of("method_status", &["200", "405", "404"], "status of METHOD_NOT_SUPPORTED; 404 is MALFORMED_URL [V 17]"),
    one_of("error_status", &["200", "400"], "status of all other errors [V 17]"),
    one_of(
        "duplicate_type",
        &["ITEM_NAME_EXISTS", "INVALID_DATA", "FEDERATED_ID_ALREADY_EXISTS"],
        "a taken userName [V 17]",
    ),
    one_of("unsupported_filter", &["refuse", "ignore"], "a filter that is not `attribute eq \"value\"` [V 17]"),
    one_of("unknown_mutability", &["readWrite", "readOnly"], "extension attributes marked `unknown` [V 6.2]"),
    one_of("locale_dash", &["refuse", "accept"], "a locale as `en-US`; the Vault's form is `en_US` [V 6.1]"),
    one_of("unknown_profile", &["refuse", "accept"], "a securityProfile that does not exist [V 17]"),
    off("check_domain", "userName must end in @veepharm.com, this Vault's domain [V 6.1]"),
    off("array_bodies", "a body wrapped in an array, as the 26.1 pages print it, is accepted [V 2]"),
    one_of("all_types", &["true", "false"], "whether /SecurityPolicies and /LicenseTypes are there [V 4]"),
    one_of("burst_remaining", &["1999"], "calls left of the burst limit of 2000, any number [V 12]"),
    one_of("list_members", &["paging", "bare"], "whether a user list has startIndex and itemsPerPage [V 10]"),
];

/// Veeva Vault.
#[derive(Debug)]
pub(crate) struct Veeva;

impl Vendor for Veeva {
    fn name(&self) -> &'static str {
        "veeva"
    }

    fn switches(&self) -> &'static [Switch] {
        SWITCHES
    }

    fn target(&self, origin: &str) -> String {
        format!(
            "adapter = \"veeva\"\nbase_url = \"{origin}\"\napi_version = \"v25.2\"\n\
             auth = {{ scheme = \"session\", username = \"{USERNAME}\", password = \"{PASSWORD}\" }}\n\
             defaults.preferredLanguage = \"en\"\ndefaults.locale = \"en_US\"\n\
             defaults.timezone = \"America/Los_Angeles\"\n\
             defaults.\"{VAULT}:securityProfile.value\" = \"document_user__v\"\n"
        )
    }

    /// Digits [V 6.1].
    fn new_id(&self, store: &mut crate::store::Store) -> String {
        store.next_number(93_520).to_string()
    }

    fn clock(&self) -> Precision {
        Precision::SecondsAsMillis
    }

    fn complete(&self, endpoint: &str, resource: &mut Object) {
        if endpoint == "/Users" {
            user::complete(resource);
        }
    }

    fn handle(&self, request: &Request, state: &mut State) -> Answer {
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let remaining = state.switches.get("burst_remaining").to_owned();
        let answer = match parts.as_slice() {
            ["api"] | ["api", ""] => versions(request),
            ["api", version, rest @ ..] if is_version(version) => Call { request, state, version }.route(rest),
            _ => malformed_url(),
        };
        with_headers(answer, request, &parts, &remaining)
    }
}

/// `v25.2`, with the leading `v` [V 2].
fn is_version(segment: &str) -> bool {
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    segment
        .strip_prefix('v')
        .and_then(|s| s.split_once('.'))
        .is_some_and(|(major, minor)| number(major) && number(minor))
}

fn versions(request: &Request) -> Answer {
    let url = format!("{}/api/v25.2", request.origin());
    Answer::json(200, "application/json", &json!({"responseStatus": "SUCCESS", "values": {"v25.2": url}}))
}

/// An error in the Vault's envelope [V 11].
fn envelope(status: u16, error: &str, message: &str) -> Answer {
    let body = json!({"responseStatus": "FAILURE", "errors": [{"type": error, "message": message}]});
    Answer::json(status, "application/json;charset=UTF-8", &body)
}

/// An unknown path is a 404 with this body [V 11].
fn malformed_url() -> Answer {
    envelope(404, "MALFORMED_URL", "The specified resource cannot be found.")
}

/// The headers on every answer [V 12]; `Status` since v23.2, the reference id echoed since v23.3 [V 3.1].
fn with_headers(answer: Answer, request: &Request, parts: &[&str], remaining: &str) -> Answer {
    let failed = answer.body.contains("\"responseStatus\":\"FAILURE\"");
    let version = parts.get(1).and_then(|v| v.strip_prefix('v')?.parse::<f32>().ok()).unwrap_or_default();
    let mut answer = answer
        .with("x-vaultapi-executionid", uuid::Uuid::new_v4().to_string())
        .with("x-vaultapi-burstlimit", "2000")
        .with("x-vaultapi-burstlimitremaining", remaining)
        .with("x-vaultapi-vaultid", VAULT_ID.to_string());
    if version >= 23.2 {
        answer = answer.with("x-vaultapi-status", if failed { "FAILURE" } else { "SUCCESS" });
    }
    match request.header("x-vaultapi-referenceid") {
        Some(reference) if version >= 23.3 => answer.with("x-vaultapi-referenceid", reference),
        _ => answer,
    }
}

/// One request below `/api/{version}`.
struct Call<'a> {
    request: &'a Request,
    state: &'a mut State,
    version: &'a str,
}

impl Call<'_> {
    fn route(&mut self, rest: &[&str]) -> Answer {
        let method = self.request.method.as_str();
        match (method, rest) {
            ("POST", ["auth"]) => return self.login(),
            (_, ["keep-alive" | "session"] | ["objects", "users", "me"]) => {}
            (_, ["scim", "v2", endpoint, ..]) if self.is_endpoint(endpoint) => {}
            _ => return malformed_url(),
        }
        if !self.authorised() {
            let status = self.state.switches.number("expired_session_status");
            return envelope(status, "INVALID_SESSION_ID", "Invalid or expired session ID.");
        }
        match (method, rest) {
            ("POST", ["keep-alive"]) => success(),
            ("DELETE", ["session"]) => {
                let session = self.request.header("authorization").unwrap_or_default();
                self.state.tokens.remove(session.strip_prefix("Bearer ").unwrap_or(session));
                success()
            }
            ("GET", ["objects", ..]) => success(),
            (_, ["scim", "v2", rest @ ..]) => self.scim(method, rest),
            _ => self.method_not_supported(),
        }
    }

    fn scim(&mut self, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", ["Users"]) => self.list_users(),
            ("POST", ["Users"]) => self.write(None),
            ("GET", ["Users", id]) => self.read_user(id),
            ("PUT", ["Users", id]) => self.write(Some(id)),
            ("GET" | "PUT", ["Me"]) => self.me(method),
            ("GET", ["ServiceProviderConfig"]) => self.answer(200, &self.provider()),
            ("GET", ["ResourceTypes"]) => self.answer(200, &self.resource_types()),
            ("GET", [endpoint, rest @ ..]) if rest.len() < 2 && self.listed(endpoint).is_some() => {
                self.show_listed(endpoint, rest.first().copied())
            }
            (_, [_, _, _, ..]) => malformed_url(),
            _ => self.method_not_supported(),
        }
    }

    /// What the wrong verb answers on the wire is open; the error list has the type [V 9].
    fn method_not_supported(&self) -> Answer {
        match self.state.switches.number("method_status") {
            404 => malformed_url(),
            status => envelope(status, "METHOD_NOT_SUPPORTED", "The HTTP method is not supported for this endpoint."),
        }
    }

    fn fail(&self, error: &str, message: &str) -> Answer {
        envelope(self.state.switches.number("error_status"), error, message)
    }

    /// The session raw, or as Bearer, or an access token as Bearer [V 3.1].
    fn authorised(&self) -> bool {
        let Some(value) = self.request.header("authorization") else {
            return false;
        };
        let bearer = value.strip_prefix("Bearer ");
        if bearer == Some(ACCESS_TOKEN) {
            return self.state.switches.on("access_token") && !self.state.refuse_credential;
        }
        self.state.knows(bearer.unwrap_or(value))
    }

    /// [V 3.2]
    fn login(&mut self) -> Answer {
        let failed = |error: &str, message: &str| {
            let body = json!({"responseStatus": "FAILURE", "errors": [{"type": error, "message": message}],
                "errorType": "AUTHENTICATION_FAILED"});
            Answer::json(200, "application/json;charset=UTF-8", &body)
        };
        if self.request.media_type().as_deref() != Some("application/x-www-form-urlencoded") {
            return failed("PARAMETER_REQUIRED", "Missing required parameter [username]");
        }
        let form = self.request.form();
        let field = |name: &str| form.get(name).map(String::as_str).filter(|v| !v.is_empty());
        match (field("username"), field("password")) {
            (_, None) => failed("NO_PASSWORD_PROVIDED", "No password was provided for the login call."),
            (Some(USERNAME), Some(PASSWORD)) => self.session(),
            _ => failed("USERNAME_OR_PASSWORD_INCORRECT", "Authentication failed for the user name or password."),
        }
    }

    /// The login succeeds even if the session is for another Vault, of which only `vaultIds` tells [V 3.2].
    fn session(&mut self) -> Answer {
        let session = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()).to_uppercase();
        let other = self.state.switches.on("other_vault");
        let (id, name, url) = if other {
            (2001, "Clinical", "https://clinical-veepharm.veevavault.com/api".to_owned())
        } else {
            (VAULT_ID, "PromoMats", format!("{}/api", self.request.origin()))
        };
        if !other {
            self.state.issue(&session, None);
        }
        let body = json!({"responseStatus": "SUCCESS", "sessionId": session, "userId": 12021,
            "vaultIds": [{"id": id, "name": name, "url": url}], "vaultId": id});
        Answer::json(200, "application/json;charset=UTF-8", &body)
    }

    /// SCIM success bodies carry no responseStatus [V 11]; the type follows Accept [V 5].
    fn answer(&self, status: u16, body: &Value) -> Answer {
        let scim = self.request.header("accept").is_some_and(|a| a.contains("application/scim+json"));
        Answer::json(status, if scim { "application/scim+json" } else { "application/json;charset=UTF-8" }, body)
    }

    fn root(&self) -> String {
        format!("{}/api/{}/scim/v2", self.request.origin(), self.version)
    }

    fn unknown_user(&self) -> Answer {
        match self.state.switches.get("unknown_id") {
            "MALFORMED_URL" => malformed_url(),
            _ => self.fail("USER_NOT_FOUND", "The user could not be found."),
        }
    }

    fn read_user(&self, id: &str) -> Answer {
        match self.state.store.get("/Users", id) {
            Some(user) => self.answer(200, &Value::Object(self.shown(user))),
            None => self.unknown_user(),
        }
    }

    fn shown(&self, resource: &Object) -> Object {
        let shown = user::rendered(resource, &self.root());
        let only = self.request.parameter("attributes");
        let without = self.request.parameter("excludedAttributes");
        project(&shown, only.as_deref(), without.as_deref(), &["schemas", "id"])
    }

    /// The account that logged in [V 4].
    fn me(&mut self, method: &str) -> Answer {
        let found = self.state.store.taken("/Users", None, Some(USERNAME), |u| text(u, "userName"));
        let Some(id) = found.map(|u| crate::store::id_of(u).to_owned()) else {
            return self.unknown_user();
        };
        if method == "GET" { self.read_user(&id) } else { self.write(Some(&id)) }
    }

    /// POST without an id, PUT with one.
    fn write(&mut self, id: Option<&str>) -> Answer {
        let media_type = self.request.media_type();
        if !matches!(media_type.as_deref(), Some("application/json" | "application/scim+json")) {
            return self.fail("INVALID_DATA", "The content type must be application/json or application/scim+json.");
        }
        let body = match self.body() {
            Ok(body) => body,
            Err(problem) => return self.fail("INVALID_DATA", &problem),
        };
        let before = match id {
            None => None,
            Some(id) => match self.state.store.get("/Users", id) {
                Some(user) => Some(user.clone()),
                None => return self.unknown_user(),
            },
        };
        let written = match before {
            None => user::created(&body, &self.state.switches),
            Some(before) => user::changed(before, &body, &self.state.switches),
        };
        match written {
            Ok(user) => self.keep(user, id.is_none()),
            Err((error, message)) => self.fail(error, &message),
        }
    }

    fn body(&self) -> Result<Object, String> {
        let value: Value = serde_json::from_slice(&self.request.body).map_err(|e| e.to_string())?;
        match value {
            Value::Object(object) => Ok(object),
            Value::Array(mut list) if self.state.switches.on("array_bodies") && list.len() == 1 => {
                match list.remove(0) {
                    Value::Object(object) => Ok(object),
                    _ => Err("The body must hold an object.".to_owned()),
                }
            }
            _ => Err("The body must be an object.".to_owned()),
        }
    }

    fn keep(&mut self, mut user: Object, created: bool) -> Answer {
        let id = text(&user, "id").map(str::to_owned);
        let name = text(&user, "userName").map(str::to_owned);
        let taken = self.state.store.taken("/Users", id.as_deref(), name.as_deref(), |u| text(u, "userName"));
        if let Some(other) = taken {
            // The message names the Vault: nothing of it may reach a client of the gateway.
            let url = format!("{}/Users/{}", self.root(), crate::store::id_of(other));
            let message = format!("A user with this name already exists in Vault {}: {url}", self.request.host);
            return self.fail(self.state.switches.get("duplicate_type"), &message);
        }
        let id = id.unwrap_or_else(|| Veeva.new_id(&mut self.state.store));
        user.insert("id".to_owned(), json!(id));
        touch(&mut user, "User", Precision::SecondsAsMillis);
        if let Some(extension) = user.get_mut(VAULT).and_then(Value::as_object_mut) {
            extension.insert("lastModifiedBy".to_owned(), json!({"value": "12021"}));
        }
        user::complete(&mut user);
        self.state.store.put("/Users", user.clone());
        let status = if created { self.state.switches.number("create_status") } else { 200 };
        let answer = self.answer(status, &Value::Object(self.shown(&user)));
        if status == 201 { answer.with("location", format!("{}/Users/{id}", self.root())) } else { answer }
    }

    /// Paging, sorting and the one filter [V 10].
    fn list_users(&self) -> Answer {
        let mut users: Vec<&Object> = self.state.store.all("/Users").iter().collect();
        if let Some(filter) = self.request.parameter("filter") {
            match (self.only_filter(&filter), self.state.switches.get("unsupported_filter")) {
                (Some(filter), _) => users.retain(|user| filter.matches(user)),
                (None, "ignore") => {}
                (None, _) => return self.fail("INVALID_FILTER", "The filter is not supported."),
            }
        }
        self.sort(&mut users);
        let number = |name: &str| self.request.parameter(name).and_then(|v| v.parse::<i64>().ok());
        let count = number("count").unwrap_or(1000).max(0);
        let start = number("startIndex").unwrap_or(1).max(1);
        let total = users.len();
        let users = page(users, usize::try_from(start).unwrap_or(1), usize::try_from(count).unwrap_or(0));
        let resources: Vec<Value> = users.into_iter().map(|u| Value::Object(self.shown(u))).collect();
        let mut body = list(total, &resources);
        if self.state.switches.get("list_members") == "paging" {
            body["startIndex"] = json!(start);
            body["itemsPerPage"] = json!(resources.len());
        }
        self.answer(200, &body)
    }

    /// Exactly `attribute eq "value"`; only userName is shown as the attribute [V 10, V 17].
    fn only_filter(&self, filter: &str) -> Option<Filter> {
        let filter = Filter::parse(filter).ok()?;
        let fits = matches!(filter.single_eq(), Some(("userName", Value::String(_))));
        fits.then_some(filter)
    }

    /// By id unless asked otherwise; four attributes are not sortable [V 10].
    fn sort(&self, users: &mut [&Object]) {
        let by = self.request.parameter("sortBy").unwrap_or_default();
        let sortable = !["securityPolicy", "securityProfile", "locale", "preferredLanguage"].contains(&by.as_str());
        let key = |user: &Object| {
            let at =
                |path: &str| values_at(user, path).first().and_then(|v| v.as_str()).unwrap_or_default().to_lowercase();
            let id = at("id").parse::<u64>().unwrap_or_default();
            if by.is_empty() || by == "id" || !sortable { (String::new(), id) } else { (at(&by), id) }
        };
        users.sort_by_cached_key(|user| key(user));
        if self.request.parameter("sortOrder").as_deref() == Some("descending") {
            users.reverse();
        }
    }

    /// Says that there is no filter, although there is [V 4, V 16.5].
    fn provider(&self) -> Value {
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "documentationUri": "https://developer.veevavault.com",
            "patch": {"supported": false}, "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": false, "maxResults": 1000}, "changePassword": {"supported": false},
            "sort": {"supported": true}, "etag": {"supported": false},
            "authenticationSchemes": [{"name": "OAuth Bearer Token",
                "description": "Authentication scheme using the OAuth Bearer Token Standard",
                "type": "oauthbearertoken", "primary": true}],
            "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{}/ServiceProviderConfig", self.root())}})
    }
}

fn success() -> Answer {
    Answer::json(200, "application/json;charset=UTF-8", &json!({"responseStatus": "SUCCESS"}))
}

fn list(total: usize, resources: &[Value]) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": total, "Resources": resources})
}
