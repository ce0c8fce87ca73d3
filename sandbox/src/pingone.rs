//! PingOne. `[P n]` points at section n of the vendor's fact sheet (`pingone.md`).

mod user;

use base64::Engine;
use serde_json::{Value, json};

use crate::filter::{Filter, Operator};
use crate::store::{Object, first_value, id_of, text, touch};
use crate::vendor::{Answer, Request, State, Switch, Vendor, off, one_of};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PING: &str = "urn:pingidentity:schemas:extension:2.0:PingOneUser";

pub(crate) const ENVIRONMENT: &str = "abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6";
pub(crate) const POPULATION: &str = "cb3ef0a0-0ff5-4f60-ae82-4ae65d9d0e3a";
pub(crate) const CLIENT_ID: &str = "1f7d3c5e-6a52-4c0e-9d59-0b3f8e6a2c41";
pub(crate) const CLIENT_SECRET: &str = "pingone-sandbox-secret";
/// At most so many users in one answer, and no way to the next ones [P 10].
const CAP: usize = 200;

const SWITCHES: &[Switch] = &[
    one_of("token_auth", &["basic", "post", "any"], "the application's tokenEndpointAuthMethod [P 3]"),
    one_of("expires_in", &["3600"], "lifetime of access tokens in seconds, any number [P 3]"),
    one_of("errors", &["platform", "scim"], "form of the errors; a duplicate is 400 or 409 [P 11, P 17]"),
    off("patch_pathless", "PATCH operations without path work [P 17]"),
    off("patch_filters", "PATCH paths with value filters, or sub-attributes of multi-valued attributes, work [P 17]"),
    off("patch_urn_paths", "PATCH paths with a schema URN work [P 17]"),
    off("patch_op_case", "PATCH takes `Replace` as well as `replace` [P 17]"),
    off("patch_add_arrays", "PATCH `add` on a multi-valued attribute works [P 17]"),
    one_of("email_type", &["drop", "keep", "refuse"], "what becomes of `type` in an e-mail [P 16.4]"),
    one_of("unknown_attributes", &["ignore", "refuse"], "an attribute of no table, e.g. displayName [P 17]"),
    one_of("population_change", &["refuse", "ignore", "accept"], "another population by PUT or PATCH [P 8]"),
    one_of("put_active", &["keep", "reset"], "PUT without `active` [P 17]"),
    off("emails_required", "a user without e-mail is refused, as natively [P 8]"),
    one_of("address_country", &["country", "countryCode"], "name of the country in an address [P 16.9]"),
    off("scim_media_type", "requests may be application/scim+json [P 17]"),
    off("filter_email_value", "a filter may say `emails.value` [P 16.4]"),
    off("list_paging_members", "a user list has startIndex and itemsPerPage [P 17]"),
    one_of("total_above_cap", &["all", "returned"], "what totalResults counts above 200 [P 17]"),
];

/// PingOne.
#[derive(Debug)]
pub(crate) struct PingOne;

impl Vendor for PingOne {
    fn name(&self) -> &'static str {
        "pingone"
    }

    fn switches(&self) -> &'static [Switch] {
        SWITCHES
    }

    fn target(&self, origin: &str) -> String {
        format!(
            "adapter = \"pingone\"\nbase_url = \"{origin}\"\nenvironment_id = \"{ENVIRONMENT}\"\n\
             auth = {{ scheme = \"oauth2_client_credentials\", token_url = \"{origin}/{ENVIRONMENT}/as/token\", \
             client_id = \"{CLIENT_ID}\", client_secret = \"{CLIENT_SECRET}\" }}\n"
        )
    }

    fn complete(&self, endpoint: &str, resource: &mut Object) {
        if endpoint == "/Users" {
            user::complete(resource);
        }
    }

    fn handle(&self, request: &Request, state: &mut State) -> Answer {
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut call = Call { request, state };
        let answer = match parts.as_slice() {
            [environment, "as", "token"] if *environment == ENVIRONMENT => call.token(),
            ["environments", environment, "v2", rest @ ..] => call.scim(environment, rest),
            _ => call.fail(&Problem::not_found()),
        };
        // Sent with every answer of the platform [P 12].
        answer.with("correlation-id", uuid::Uuid::new_v4().to_string())
    }
}

/// What went wrong, in the platform's words [P 11].
#[derive(Debug, Clone)]
struct Problem {
    status: u16,
    code: &'static str,
    detail: Option<&'static str>,
    target: Option<String>,
    message: String,
}

impl Problem {
    fn new(status: u16, code: &'static str, message: &str) -> Problem {
        let message = format!("The request could not be completed. {message}");
        Problem { status, code, detail: None, target: None, message }
    }

    fn not_found() -> Problem {
        Problem::new(404, "NOT_FOUND", "The requested resource was not found.")
    }

    /// A 400 that names the attribute.
    fn invalid(detail: &'static str, target: &str) -> Problem {
        let problem = Problem::new(400, "INVALID_DATA", "One or more validation errors were in the request.");
        Problem { detail: Some(detail), target: Some(target.to_owned()), ..problem }
    }

    fn access(status: u16, detail: &'static str) -> Problem {
        let problem = Problem::new(status, "ACCESS_FAILED", "You do not have access to this resource.");
        Problem { detail: Some(detail), ..problem }
    }

    fn platform(&self) -> Value {
        let mut body = json!({"id": uuid::Uuid::new_v4().to_string(), "code": self.code, "message": self.message});
        if let Some(detail) = self.detail {
            let mut one = json!({"code": detail, "message": "Invalid value for attribute."});
            if let Some(target) = &self.target {
                one["target"] = json!(target);
            }
            if detail == "UNIQUENESS_VIOLATION" {
                one["message"] = json!("is unique but a non-unique value is provided");
            }
            body["details"] = json!([one]);
        }
        body
    }

    /// The form that the documents promise but do not show: RFC 7644 section 3.12 [P 11].
    fn scim(&self) -> crate::vendor::Refusal {
        let (status, scim_type) = match (self.status, self.detail) {
            (400, Some("UNIQUENESS_VIOLATION")) => (409, Some("uniqueness")),
            (400, Some("INVALID_FILTER")) => (400, Some("invalidFilter")),
            (400, Some(_)) => (400, Some("invalidValue")),
            (400, None) => (400, Some("invalidSyntax")),
            (status, _) => (status, None),
        };
        let target = self.target.as_ref().map(|t| format!(" ({t})")).unwrap_or_default();
        crate::vendor::Refusal { status, scim_type, detail: format!("{}{target}", self.message) }
    }
}

/// One request.
struct Call<'a> {
    request: &'a Request,
    state: &'a mut State,
}

impl Call<'_> {
    fn fail(&self, problem: &Problem) -> Answer {
        if self.state.switches.get("errors") == "scim" {
            let refusal = problem.scim();
            return Answer::json(refusal.status, "application/scim+json", &refusal.rfc_body());
        }
        Answer::json(problem.status, "application/json;charset=UTF-8", &problem.platform())
    }

    /// [P 3]
    fn token(&mut self) -> Answer {
        let failed = |status: u16, error: &str, text: &str| {
            let body = json!({"error": error, "error_description": text});
            Answer::json(status, "application/json;charset=UTF-8", &body)
        };
        let form_type = self.request.media_type().as_deref() == Some("application/x-www-form-urlencoded");
        if self.request.method != "POST" || !form_type {
            return failed(400, "invalid_request", "A form is expected.");
        }
        let form = self.request.form();
        if !self.client_is_known(&form) {
            return failed(401, "invalid_client", "Request denied: Unsupported authentication method or wrong secret");
        }
        if form.get("grant_type").map(String::as_str) != Some("client_credentials") {
            return failed(400, "unsupported_grant_type", "The grant type is not supported by the application.");
        }
        // Looks like the JWT it is [P 3]; nobody but this process reads it.
        let token = format!("eyJhbGciOiJSUzI1NiJ9.{}", uuid::Uuid::new_v4().simple());
        let seconds: u64 = self.state.switches.get("expires_in").parse().unwrap_or(3600);
        self.state.issue(&token, Some(std::time::Duration::from_secs(seconds)));
        let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds});
        Answer::json(200, "application/json;charset=UTF-8", &body)
    }

    fn client_is_known(&self, form: &std::collections::BTreeMap<String, String>) -> bool {
        let basic = self.request.header("authorization").and_then(|v| v.strip_prefix("Basic "));
        let field = |name: &str| form.get(name).map(String::as_str);
        let by_basic = basic == Some(&*base64::prelude::BASE64_STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        let by_post = (field("client_id"), field("client_secret")) == (Some(CLIENT_ID), Some(CLIENT_SECRET));
        match self.state.switches.get("token_auth") {
            "basic" => by_basic,
            "post" => by_post && basic.is_none(),
            _ => by_basic || by_post,
        }
    }

    fn scim(&mut self, environment: &str, rest: &[&str]) -> Answer {
        if !self.request.bearer().is_some_and(|token| self.state.knows(token)) {
            return self.fail(&Problem::access(401, "INVALID_TOKEN"));
        }
        // An environment that does not exist is 403 on the platform [P 3].
        if environment != ENVIRONMENT {
            return self.fail(&Problem::access(403, "INSUFFICIENT_PERMISSIONS"));
        }
        let done = match (self.request.method.as_str(), rest) {
            ("GET", ["Users"]) => self.list(self.request.parameter("filter"), self.request.parameter("count")),
            ("POST", ["Users", ".search"]) => self.search(),
            ("POST", ["Users"]) => self.create(),
            ("GET", ["Users", id]) => self.found(id).map(|user| self.answer(200, &self.shown(&user))),
            ("PUT", ["Users", id]) => self.replace(id),
            ("PATCH", ["Users", id]) => self.patch(id),
            ("DELETE", ["Users", id]) => self.delete(id),
            ("GET", ["ServiceProviderConfig"]) => Ok(self.answer(200, &self.provider())),
            // There are no groups [P 4, P 14].
            (_, ["Groups", ..]) => Err(Problem::new(501, "NOT_IMPLEMENTED", "Groups are not supported.")),
            (_, ["Users"] | ["Users", _] | ["ServiceProviderConfig"]) => {
                Err(Problem::new(405, "METHOD_NOT_ALLOWED", "The method is not allowed."))
            }
            _ => Err(Problem::not_found()),
        };
        done.unwrap_or_else(|problem| self.fail(&problem))
    }

    fn answer(&self, status: u16, body: &Value) -> Answer {
        Answer::json(status, "application/json;charset=UTF-8", body)
    }

    fn root(&self) -> String {
        format!("{}/environments/{ENVIRONMENT}/v2", self.request.origin())
    }

    fn shown(&self, user: &Object) -> Value {
        Value::Object(user::rendered(user, &self.root(), &self.state.switches))
    }

    fn found(&self, id: &str) -> Result<Object, Problem> {
        self.state.store.get("/Users", id).cloned().ok_or_else(Problem::not_found)
    }

    /// The examples send application/json on every write [P 5].
    fn body(&self) -> Result<Object, Problem> {
        match self.request.media_type().as_deref() {
            Some("application/json") => {}
            Some("application/scim+json") if self.state.switches.on("scim_media_type") => {}
            _ => {
                return Err(Problem::new(415, "INVALID_REQUEST", "The content type is not supported."));
            }
        }
        let malformed = |_| Problem::new(400, "INVALID_REQUEST", "The request was malformed or invalid.");
        self.request.object().map_err(malformed)
    }

    fn create(&mut self) -> Result<Answer, Problem> {
        let body = self.body()?;
        let user = user::created(&body, &self.state.switches)?;
        let user = self.keep(user)?;
        let location = format!("{}/Users/{}", self.root(), id_of(&user));
        Ok(self.answer(201, &self.shown(&user)).with("location", location))
    }

    fn replace(&mut self, id: &str) -> Result<Answer, Problem> {
        let before = self.found(id)?;
        let body = self.body()?;
        let user = user::replaced(&before, &body, &self.state.switches)?;
        let user = self.keep(user)?;
        Ok(self.answer(200, &self.shown(&user)))
    }

    /// In order and atomic; the answer is 200 with the whole user [P 9].
    fn patch(&mut self, id: &str) -> Result<Answer, Problem> {
        let before = self.found(id)?;
        let body = self.body()?;
        let user = user::patched(&before, &body, &self.state.switches)?;
        let user = self.keep(user)?;
        Ok(self.answer(200, &self.shown(&user)))
    }

    /// userName is unique in the environment [P 6]; a duplicate is a 400 with a detail code [P 11].
    fn keep(&mut self, mut user: Object) -> Result<Object, Problem> {
        let id = text(&user, "id").map(str::to_owned);
        if self.state.switches.on("emails_required") && first_value(&user, "emails").is_none() {
            return Err(Problem::invalid("REQUIRED_VALUE", "email"));
        }
        let taken = self.state.store.taken("/Users", id.as_deref(), text(&user, "userName"), |u| text(u, "userName"));
        if taken.is_some() {
            return Err(Problem::invalid("UNIQUENESS_VIOLATION", "username"));
        }
        let id = id.unwrap_or_else(|| PingOne.new_id(&mut self.state.store));
        user.insert("id".to_owned(), json!(id));
        touch(&mut user, "User", PingOne.clock());
        user::complete(&mut user);
        self.state.store.put("/Users", user.clone());
        Ok(user)
    }

    fn delete(&mut self, id: &str) -> Result<Answer, Problem> {
        if self.state.store.remove("/Users", id) { Ok(Answer::empty(204)) } else { Err(Problem::not_found()) }
    }

    /// The body is needed, even `{}`, and has no `schemas` in the example [P 10].
    fn search(&mut self) -> Result<Answer, Problem> {
        let body = self.body()?;
        let filter = text(&body, "filter").map(str::to_owned);
        self.list(filter, body.get("count").map(ToString::to_string))
    }

    /// A filter and a count, nothing else; startIndex is not an input [P 10].
    fn list(&self, filter: Option<String>, count: Option<String>) -> Result<Answer, Problem> {
        let filter = filter.map(|text| self.filter(&text)).transpose()?;
        let count = count
            .map(|n| n.parse::<usize>().map_err(|_| Problem::invalid("INVALID_PARAMETER", "count")))
            .transpose()?;
        let users = self.state.store.all("/Users").iter();
        let users: Vec<&Object> = users.filter(|u| filter.as_ref().is_none_or(|f| f.matches(u))).collect();
        let total = users.len();
        let shown: Vec<Value> = users.into_iter().take(count.unwrap_or(CAP).min(CAP)).map(|u| self.shown(u)).collect();
        let total = if self.state.switches.get("total_above_cap") == "all" { total } else { shown.len() };
        let mut body =
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": total});
        if self.state.switches.on("list_paging_members") {
            body["startIndex"] = json!(1);
            body["itemsPerPage"] = json!(shown.len());
        }
        body["Resources"] = Value::Array(shown);
        Ok(self.answer(200, &body))
    }

    /// `eq`, `sw`, `co`, and `ew` on e-mail and the two names only, under `and` and `or` [P 10].
    fn filter(&self, filter: &str) -> Result<Filter, Problem> {
        let refused = || Problem::invalid("INVALID_FILTER", "filter");
        let filter = Filter::parse(filter).map_err(|_| refused())?;
        for (path, operator) in filter.comparisons().ok_or_else(refused)? {
            let mail = path == "emails" || (path == "emails.value" && self.state.switches.on("filter_email_value"));
            let known = mail || user::is_filterable(path);
            let ends = mail || matches!(path, "name.familyName" | "name.givenName");
            let fits = match operator {
                Operator::Eq | Operator::Sw | Operator::Co => true,
                Operator::Ew => ends,
                _ => false,
            };
            if !known || !fits {
                return Err(refused());
            }
        }
        Ok(filter)
    }

    /// [P 4]
    fn provider(&self) -> Value {
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "meta": {"resourceType": "ServiceProviderConfig", "created": "2022-10-24T00:00:00.000Z",
                "lastModified": "2022-10-24T00:00:00.000Z", "location": format!("{}/ServiceProviderConfig", self.root())},
            "patch": {"supported": true}, "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": true, "maxResults": CAP}, "changePassword": {"supported": false},
            "sort": {"supported": false}, "etag": {"supported": false},
            "authenticationSchemes": [{"name": "OAuth 2.0 Bearer Token", "type": "oauthbearertoken", "primary": true,
                "description": "The OAuth 2.0 Bearer Token Authentication scheme.",
                "specUri": "https://tools.ietf.org/html/rfc6750", "documentationUri": "https://tools.ietf.org/html/rfc6750"}]})
    }
}
