//! Huawei Cloud IAM Identity Center. `[H section]` points into the vendor's fact sheet (`huawei.md`).

mod user;

use serde_json::{Value, json};

use crate::filter::Filter;
use crate::patch::{self, Operation};
use crate::store::{Object, Precision, elements, first_value, now, text, touch, unset};
use crate::vendor::{Answer, Refusal, Request, State, Switch, Vendor, off, one_of};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

pub(crate) const TENANT: &str = "e0d69be4-ee68-4653-97e4-9e8000000000";
pub(crate) const TOKEN: &str = "eyJraWQiOiJzYW5kYm94In0.huawei-sandbox-token";
/// At most so many resources in one answer [H Filtering].
const CAP: usize = 50;
/// At most so many members in one call [H Groups].
const MEMBERS: usize = 100;

const SWITCHES: &[Switch] = &[
    one_of("put_status", &["200", "201"], "status of PUT: the table says 200, the example 201 [H PUT]"),
    off("put_merges", "PUT keeps what the body leaves out [H PUT]"),
    one_of("put_active", &["keep", "reset"], "PUT without `active`; reset makes it true [H Open questions]"),
    one_of("null_values", &["clear", "refuse"], "null and [] in a body [H Open questions]"),
    one_of("unknown_attributes", &["ignore", "refuse"], "an attribute of no table [H Open questions]"),
    off("patch_dotted", "PATCH paths may name a sub-attribute [H PATCH]"),
    off("patch_filters", "PATCH value filters may use other operators than eq [H PATCH]"),
    off("patch_pathless", "PATCH operations without path work [H PATCH]"),
    off("patch_op_case", "PATCH takes `Replace` as well as `replace` [H PATCH]"),
    off("patch_name_merges", "PATCH of `name` keeps the parts that the value leaves out [H PATCH]"),
    one_of(
        "patch_enterprise",
        &["attribute", "refuse", "literal", "urn"],
        "path of enterprise data in a PATCH: of each attribute (RFC 7644), none, or of the object [H PATCH]",
    ),
    one_of("group_patch_status", &["204", "200"], "status of PATCH of a group; both without a body [H Endpoints]"),
    one_of("delete_status", &["204", "200"], "status of DELETE [H Endpoints]"),
    one_of("auth_errors", &["scim", "apigw"], "body of a 401 [H Authentication]"),
    off("scim_media_type", "requests may be application/scim+json [H Content types]"),
];

/// Huawei Cloud IAM Identity Center.
#[derive(Debug)]
pub(crate) struct Huawei;

impl Vendor for Huawei {
    fn name(&self) -> &'static str {
        "huawei"
    }

    fn switches(&self) -> &'static [Switch] {
        SWITCHES
    }

    fn target(&self, origin: &str) -> String {
        format!(
            "adapter = \"huawei\"\nbase_url = \"{origin}\"\ntenant_id = \"{TENANT}\"\n\
             auth = {{ scheme = \"bearer\", token = \"{TOKEN}\" }}\n"
        )
    }

    /// Whole seconds and `Z` [H User schema].
    fn clock(&self) -> Precision {
        Precision::Seconds
    }

    fn complete(&self, endpoint: &str, resource: &mut Object) {
        if endpoint == "/Users" {
            resource.entry("active").or_insert(Value::Bool(true));
            resource.entry("schemas").or_insert_with(|| json!([USER]));
        }
    }

    fn handle(&self, request: &Request, state: &mut State) -> Answer {
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut call = Call { request, state };
        if !call.state.accepts(request, TOKEN) {
            return call.unauthorised();
        }
        match parts.as_slice() {
            [TENANT, "scim", "v2", rest @ ..] => call.route(rest).unwrap_or_else(|refusal| error(&refusal)),
            _ => error(&not_found()),
        }
    }
}

/// Integer status, `schema` beside `schemas`, `timeStamp`, no scimType [H Error format].
fn error(refusal: &Refusal) -> Answer {
    let time = now(Precision::Millis).replace('T', " ").replace('Z', "");
    let body = json!({"schema": ERROR, "schemas": [ERROR], "detail": refusal.detail, "status": refusal.status,
        "timeStamp": time});
    Answer::json(refusal.status, "application/json", &body)
}

fn not_found() -> Refusal {
    Refusal::status(404, "Resource not found.")
}

fn bad(detail: impl Into<String>) -> Refusal {
    Refusal::status(400, detail)
}

/// One request with a good token.
struct Call<'a> {
    request: &'a Request,
    state: &'a mut State,
}

type Done = Result<Answer, Refusal>;

impl Call<'_> {
    /// A 401 occurs, its body is not documented [H Authentication].
    fn unauthorised(&self) -> Answer {
        if self.state.switches.get("auth_errors") == "scim" {
            return error(&Refusal::status(401, "The bearer token is invalid or expired."));
        }
        let body = json!({"error_msg": "Incorrect IAM authentication information", "error_code": "APIGW.0301",
            "request_id": uuid::Uuid::new_v4().simple().to_string()});
        Answer::json(401, "application/json", &body)
    }

    /// The twelve operations [H Endpoints].
    fn route(&mut self, rest: &[&str]) -> Done {
        match (self.request.method.as_str(), rest) {
            ("GET", ["Users"]) => self.list("/Users"),
            ("POST", ["Users"]) => self.create_user(),
            ("GET", ["Users", id]) => Ok(answer(200, user::rendered(self.found("/Users", id)?))),
            ("PUT", ["Users", id]) => self.put_user(id),
            ("PATCH", ["Users", id]) => self.patch_user(id),
            ("DELETE", ["Users", id]) => self.delete("/Users", id),
            ("GET", ["Groups"]) => self.list("/Groups"),
            ("POST", ["Groups"]) => self.create_group(),
            ("GET", ["Groups", id]) => Ok(answer(200, group_shown(self.found("/Groups", id)?, false))),
            ("PATCH", ["Groups", id]) => self.patch_group(id),
            ("DELETE", ["Groups", id]) => self.delete("/Groups", id),
            ("GET", ["ServiceProviderConfig"]) => Ok(Answer::json(200, "application/json", &provider())),
            // There is no PUT of a group, among others [H Endpoints].
            (_, ["Users" | "Groups"] | ["Users" | "Groups", _] | ["ServiceProviderConfig"]) => {
                Err(Refusal::status(405, "Method not allowed."))
            }
            _ => Err(not_found()),
        }
    }

    fn found(&self, endpoint: &str, id: &str) -> Result<&Object, Refusal> {
        self.state.store.get(endpoint, id).ok_or_else(not_found)
    }

    /// The vendor's SDK sends application/json; whether the other is taken is open [H Content types].
    fn body(&self) -> Result<Object, Refusal> {
        match self.request.media_type().as_deref() {
            Some("application/json") => {}
            Some("application/scim+json") if self.state.switches.on("scim_media_type") => {}
            _ => {
                return Err(bad("Request is unparsable: the content type must be application/json."));
            }
        }
        self.request.object().map_err(|_| bad("Request is unparsable, syntactically incorrect, or violates schema."))
    }

    fn create_user(&mut self) -> Done {
        let body = self.body()?;
        let user = user::checked(&body, false, &self.state.switches)?;
        let user = self.keep_user(user)?;
        Ok(answer(201, user::rendered(&user)))
    }

    fn put_user(&mut self, id: &str) -> Done {
        let before = self.found("/Users", id)?.clone();
        let body = self.body()?;
        let mut user = if self.state.switches.on("put_merges") { before.clone() } else { Object::new() };
        for kept in ["id", "meta"].iter().chain(&["active"]) {
            let reset = *kept == "active" && self.state.switches.get("put_active") == "reset";
            if let Some(value) = before.get(*kept).filter(|_| !reset) {
                user.insert((*kept).to_owned(), value.clone());
            }
        }
        user.extend(user::checked(&body, true, &self.state.switches)?);
        user.insert("id".to_owned(), json!(id));
        let user = self.keep_user(user)?;
        Ok(answer(self.state.switches.number("put_status"), user::rendered(&user)))
    }

    /// 200 with the whole user [H PATCH].
    fn patch_user(&mut self, id: &str) -> Done {
        let before = self.found("/Users", id)?.clone();
        let body = self.body()?;
        let user = user::patched(&before, &body, &self.state.switches)?;
        let user = self.keep_user(user)?;
        Ok(answer(200, user::rendered(&user)))
    }

    /// User name and e-mail are unique in the directory [H User schema].
    fn keep_user(&mut self, mut user: Object) -> Result<Object, Refusal> {
        let id = text(&user, "id").map(str::to_owned);
        let (store, except) = (&self.state.store, id.as_deref());
        let name = store.taken("/Users", except, text(&user, "userName"), |u| text(u, "userName"));
        let mail = store.taken("/Users", except, first_value(&user, "emails"), |u| first_value(u, "emails"));
        if name.or(mail).is_some() {
            return Err(Refusal::status(409, "Duplicate user: userName and email must be unique."));
        }
        let id = id.unwrap_or_else(|| Huawei.new_id(&mut self.state.store));
        user.insert("id".to_owned(), json!(id));
        touch(&mut user, "User", Precision::Seconds);
        Huawei.complete("/Users", &mut user);
        self.state.store.put("/Users", user.clone());
        Ok(user)
    }

    fn delete(&mut self, endpoint: &str, id: &str) -> Done {
        let status = self.state.switches.number("delete_status");
        if self.state.store.remove(endpoint, id) { Ok(Answer::empty(status)) } else { Err(not_found()) }
    }

    /// `displayName` and `schemas` are required; the members are echoed once, here [H Groups].
    fn create_group(&mut self) -> Done {
        let body = self.body()?;
        if unset(body.get("schemas")) || text(&body, "displayName").is_none_or(str::is_empty) {
            return Err(bad("schemas and displayName are required."));
        }
        let mut group = Object::new();
        for name in ["externalId", "schemas", "displayName"] {
            group.extend(body.get(name).map(|v| (name.to_owned(), v.clone())));
        }
        let members = members(body.get("members"))?;
        group.insert("members".to_owned(), Value::Array(members));
        self.check_group(&group)?;
        let id = Huawei.new_id(&mut self.state.store);
        group.insert("id".to_owned(), json!(id));
        touch(&mut group, "Group", Precision::Seconds);
        self.state.store.put("/Groups", group.clone());
        Ok(answer(201, group_shown(&group, true)))
    }

    fn check_group(&self, group: &Object) -> Result<(), Refusal> {
        let taken = self
            .state
            .store
            .taken("/Groups", text(group, "id"), text(group, "displayName"), |g| text(g, "displayName"));
        if taken.is_some() { Err(Refusal::status(409, "Duplicate group: displayName must be unique.")) } else { Ok(()) }
    }

    /// `displayName`, `members`, `externalId`; at most 100 member changes in a call [H Groups].
    fn patch_group(&mut self, id: &str) -> Done {
        let mut group = self.found("/Groups", id)?.clone();
        let operations = patch::operations(&self.body()?)?;
        let changes: usize = operations.iter().map(member_changes).sum();
        if changes > MEMBERS {
            return Err(bad("At most 100 member changes are allowed in a single request."));
        }
        for operation in &operations {
            self.patch_group_once(&mut group, operation)?;
        }
        if text(&group, "displayName").is_none_or(str::is_empty) {
            return Err(bad("displayName is required."));
        }
        self.check_group(&group)?;
        touch(&mut group, "Group", Precision::Seconds);
        self.state.store.put("/Groups", group);
        Ok(Answer::empty(self.state.switches.number("group_patch_status")))
    }

    fn patch_group_once(&self, group: &mut Object, operation: &Operation) -> Result<(), Refusal> {
        let operation = user::op_checked(operation.clone(), &self.state.switches)?;
        let path = operation.path.as_deref();
        if path.is_none() && !self.state.switches.on("patch_pathless") {
            return Err(bad("The path is required."));
        }
        let first = path.unwrap_or("members").split('[').next().unwrap_or_default();
        if !["displayName", "members", "externalId"].contains(&first) {
            return Err(bad(format!("The path {first} is not supported.")));
        }
        match (operation.op.as_str(), path, &operation.value) {
            ("add" | "replace", Some("members"), value) => drop(members(value.as_ref())?),
            ("remove", Some("members"), Some(gone)) => {
                // `remove` of `members` with the values to remove; the form is not documented [H Open questions].
                let gone: Vec<&Value> = elements(gone).iter().filter_map(|m| m.get("value")).collect();
                let present = group.get_mut("members").and_then(Value::as_array_mut);
                present
                    .into_iter()
                    .for_each(|list| list.retain(|m| !m.get("value").is_some_and(|v| gone.contains(&v))));
                return Ok(());
            }
            _ => {}
        }
        patch::apply(group, &operation, &[])
    }

    /// One exact filter form, 50 at most, no startIndex, no projection [H Filtering].
    fn list(&self, endpoint: &'static str) -> Done {
        for refused in ["startIndex", "attributes", "excludedAttributes"] {
            if self.request.parameters().iter().any(|(name, _)| name == refused) {
                return Err(bad(format!("The parameter {refused} is not supported.")));
            }
        }
        let name = if endpoint == "/Users" { "userName" } else { "displayName" };
        let filter = self.request.parameter("filter").map(|text| only_filter(&text, name)).transpose()?;
        let all = self.state.store.all(endpoint).iter();
        let hits: Vec<&Object> = all.filter(|r| filter.as_ref().is_none_or(|f| f.matches(r))).collect();
        let total = hits.len();
        let shown = |r: &&Object| {
            if endpoint == "/Users" { user::rendered(r) } else { group_shown(r, false) }
        };
        let resources: Vec<Object> = hits.iter().take(CAP).map(shown).collect();
        // Typed String for users; for groups itemsPerPage is an Integer and startIndex a String [H Filtering].
        let count = resources.len();
        let per_page = if endpoint == "/Users" { json!(count.to_string()) } else { json!(count) };
        let body = json!({"totalResults": total, "itemsPerPage": per_page, "startIndex": "1",
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "Resources": resources});
        Ok(Answer::json(200, "application/json", &body))
    }
}

fn only_filter(filter: &str, name: &str) -> Result<Filter, Refusal> {
    let parsed = Filter::parse(filter).map_err(bad)?;
    match parsed.single_eq() {
        Some((path, Value::String(_))) if path == name || path == "id" => Ok(parsed),
        _ => Err(bad(format!("The filter must be: {name} eq \"value\" or id eq \"value\"."))),
    }
}

fn answer(status: u16, resource: Object) -> Answer {
    Answer::json(status, "application/json", &Value::Object(resource))
}

/// `value` is required of each; the type is always User [H Groups].
fn members(value: Option<&Value>) -> Result<Vec<Value>, Refusal> {
    let list = match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(list)) => list.as_slice(),
        Some(_) => return Err(bad("members must be an array.")),
    };
    if list.len() > MEMBERS {
        return Err(bad("At most 100 members are allowed in a single request."));
    }
    for member in list {
        let user = member.get("type").is_none_or(|t| t == "User");
        if member.get("value").and_then(Value::as_str).is_none_or(str::is_empty) || !user {
            return Err(bad("members[].value is required, and the type must be User."));
        }
    }
    Ok(list.to_vec())
}

fn member_changes(operation: &Operation) -> usize {
    let path = operation.path.as_deref().unwrap_or_default();
    match &operation.value {
        Some(value) if path == "members" => elements(value).len(),
        _ => usize::from(path.starts_with("members")),
    }
}

/// Members are echoed on creation and never returned afterwards [H Groups].
fn group_shown(group: &Object, with_members: bool) -> Object {
    let mut shown = group.clone();
    shown.entry("schemas").or_insert_with(|| json!([GROUP]));
    if !with_members {
        shown.insert("members".to_owned(), json!([]));
    }
    crate::store::ordered(&shown, &["id", "externalId", "meta", "schemas", "displayName", "members"])
}

/// Placeholder values that contradict the service [H ServiceProviderConfig].
fn provider() -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"], "documentationUri": null,
        "authenticationSchemes": [{"type": "authenticationtype", "name": "Authentication Name",
            "description": "Authentication scheme using the AAA Authentication Standard",
            "specUri": "http://www.example.org/doc/auth1234", "documentationUri": null, "primary": true}],
        "patch": {"supported": false}, "bulk": {"supported": false, "maxOperations": null, "maxPayloadSize": null},
        "filter": {"supported": false, "maxResults": null}, "changePassword": {"supported": false},
        "sort": {"supported": false}, "etag": {"supported": false}})
}
