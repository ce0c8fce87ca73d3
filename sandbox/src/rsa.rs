//! RSA ID Plus, Cloud Access Service. `[R section]` points into the vendor's fact sheet (`rsa.md`).
//!
//! Where RSA is silent the default is the SDK the sheet infers from the wording of its errors `[R Why the SDK matters]`.

mod user;

use serde_json::{Value, json};

use crate::filter::Filter;
use crate::store::{Object, id_of, page, text, touch};
use crate::vendor::{Answer, Refusal, Request, State, Switch, Vendor, off, one_of};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const SCIM: &str = "application/scim+json";

/// The client secret is the bearer token; 40 hex digits as in the samples [R Authentication].
pub(crate) const TOKEN: &str = "29da0602f6db1ed033aa91d644ce4d70bdf3ab58";

const SWITCHES: &[Switch] = &[
    off("local_source", "the identity source is Local: PUT, PATCH and DELETE are 405 [R Identity source types]"),
    one_of("put_clears", &["false", "true"], "PUT clears what the body leaves out [R PUT]"),
    one_of("media_type", &["strict", "any"], "whether application/json is refused [R Content types]"),
    one_of("patch_op_case", &["lower", "any"], "PATCH takes `Replace` as well as `replace` [R PATCH]"),
    one_of("unknown_attributes", &["ignore", "refuse"], "attributes in no sample, e.g. timezone [R User schema]"),
    off("emails_required", "a user without e-mail is refused [R User schema]"),
    one_of(
        "keep_primary",
        &["false", "true"],
        "whether e-mails and phones are returned with `primary` [R User schema]",
    ),
    one_of("unknown_get", &["404", "400"], "status of GET of an unknown id [R Open questions 6]"),
    one_of("list_without_filter", &["all", "refuse"], "GET /Users without filter [R Open questions 7]"),
    one_of("paging", &["honour", "ignore"], "startIndex and count [R Open questions 7]"),
    one_of("empty_list", &["empty", "absent"], "Resources of a list without a match [R Filtering]"),
    one_of("unauthorized_body", &["scim", "empty"], "body of a 401 [R Authentication]"),
];

/// RSA ID Plus.
#[derive(Debug)]
pub(crate) struct Rsa;

impl Vendor for Rsa {
    fn name(&self) -> &'static str {
        "rsa"
    }

    fn switches(&self) -> &'static [Switch] {
        SWITCHES
    }

    /// Host and path of the Base URI are in no source; it is configured whole [R Base URL].
    fn base(&self) -> &'static str {
        "/scim"
    }

    fn target(&self, origin: &str) -> String {
        format!(
            "adapter = \"rsa\"\nbase_url = \"{origin}/scim\"\nauth = {{ scheme = \"bearer\", token = \"{TOKEN}\" }}\n"
        )
    }

    fn complete(&self, endpoint: &str, resource: &mut Object) {
        if endpoint == "/Users" {
            user::complete(resource);
        }
    }

    fn handle(&self, request: &Request, state: &mut State) -> Answer {
        let mut call = Call { request, state };
        if !call.state.accepts(request, TOKEN) {
            let empty = call.state.switches.get("unauthorized_body") == "empty";
            return if empty { Answer::empty(401) } else { error(&Refusal::status(401, "Unauthorized")) };
        }
        call.route().unwrap_or_else(|refusal| error(&refusal))
    }
}

/// The form the sheet constructs: status as a string, scimType where there is one [R Error format].
fn error(refusal: &Refusal) -> Answer {
    Answer::json(refusal.status, SCIM, &refusal.rfc_body())
}

fn not_found(id: &str) -> Refusal {
    Refusal::status(404, format!("Resource {id} not found"))
}

/// One request with a good token.
struct Call<'a> {
    request: &'a Request,
    state: &'a mut State,
}

type Done = Result<Answer, Refusal>;

impl Call<'_> {
    fn route(&mut self) -> Done {
        let segments = self.request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let local = self.state.switches.on("local_source");
        match (self.request.method.as_str(), parts.as_slice()) {
            // 405 has the meaning "this user's source is Local" [R Error format].
            ("PUT" | "PATCH" | "DELETE", ["scim", "Users", _]) if local => {
                Err(Refusal::status(405, "Method not allowed for users of a Local identity source"))
            }
            ("GET", ["scim", "Users"]) => self.list(),
            ("POST", ["scim", "Users"]) => self.create(),
            ("GET", ["scim", "Users", id]) => self.read(id),
            ("PUT", ["scim", "Users", id]) => self.put(id),
            ("PATCH", ["scim", "Users", id]) => self.patch(id),
            ("DELETE", ["scim", "Users", id]) => self.delete(id),
            (_, ["scim", "Users"] | ["scim", "Users", _]) => Err(Refusal::status(405, "Method not allowed")),
            // No groups, and no discovery in any source [R Endpoints].
            _ => Err(Refusal::status(404, "Not found")),
        }
    }

    fn found(&self, id: &str) -> Result<Object, Refusal> {
        self.state.store.get("/Users", id).cloned().ok_or_else(|| not_found(id))
    }

    /// Every sample sends application/scim+json [R Content types].
    fn body(&self) -> Result<Object, Refusal> {
        let media_type = self.request.media_type();
        let any = self.state.switches.get("media_type") == "any";
        match media_type.as_deref() {
            Some(SCIM) => {}
            Some("application/json") if any => {}
            _ => return Err(Refusal::status(415, "Unsupported Media Type")),
        }
        let unparsable = |e| Refusal::bad("invalidSyntax", format!("Unable to parse request: {e}"));
        self.request.object().map_err(unparsable)
    }

    fn location(&self, user: &Object) -> String {
        format!("{}/scim/Users/{}", self.request.origin(), id_of(user))
    }

    fn answer(&self, status: u16, user: &Object) -> Answer {
        let mut shown = user::rendered(user, &self.state.switches);
        if let Some(meta) = shown.get_mut("meta") {
            meta["location"] = json!(self.location(user));
        }
        Answer::json(status, SCIM, &Value::Object(shown))
    }

    /// Whether an unknown id is 404 or 400 is open; 404 is not in the list of codes [R Endpoints].
    fn read(&self, id: &str) -> Done {
        let status = self.state.switches.number("unknown_get");
        let unknown = |refusal| Refusal { status, ..refusal };
        Ok(self.answer(200, &self.found(id).map_err(unknown)?))
    }

    fn create(&mut self) -> Done {
        let body = self.body()?;
        let user = user::taken_over(Object::new(), &body, &self.state.switches)?;
        let user = self.keep(user)?;
        Ok(self.answer(201, &user).with("location", self.location(&user)))
    }

    /// Whether PUT clears what is left out is not readable: a switch [R PUT].
    fn put(&mut self, id: &str) -> Done {
        let before = self.found(id)?;
        let body = self.body()?;
        user::needs_user_name(&body)?;
        let mut base = before.clone();
        if self.state.switches.on("put_clears") {
            base.retain(|name, _| ["id", "meta", "password"].contains(&name.as_str()));
        }
        let user = user::taken_over(base, &body, &self.state.switches)?;
        let user = self.keep(user)?;
        Ok(self.answer(200, &user))
    }

    /// Always 200 with the whole user [R PATCH].
    fn patch(&mut self, id: &str) -> Done {
        let before = self.found(id)?;
        let body = self.body()?;
        let user = user::patched(&before, &body, &self.state.switches)?;
        let user = self.keep(user)?;
        Ok(self.answer(200, &user))
    }

    /// The whole resulting user is checked [R PATCH]; 409 for a taken userName, without scimType [R Error format].
    fn keep(&mut self, mut user: Object) -> Result<Object, Refusal> {
        user::check(&user, &self.state.switches)?;
        let id = text(&user, "id").map(str::to_owned);
        let taken = self.state.store.taken("/Users", id.as_deref(), text(&user, "userName"), |u| text(u, "userName"));
        if taken.is_some() {
            return Err(Refusal::status(409, "User with the same userName already exists."));
        }
        let id = id.unwrap_or_else(|| Rsa.new_id(&mut self.state.store));
        user.insert("id".to_owned(), json!(id));
        touch(&mut user, "User", Rsa.clock());
        user::complete(&mut user);
        self.state.store.put("/Users", user.clone());
        Ok(user)
    }

    /// 204; a second time 404 [R User lifecycle].
    fn delete(&mut self, id: &str) -> Done {
        if self.state.store.remove("/Users", id) { Ok(Answer::empty(204)) } else { Err(not_found(id)) }
    }

    /// One `eq` on userName, emails or id, names without regard to case [R Filtering].
    fn list(&self) -> Done {
        let filter = self.request.parameter("filter");
        if filter.is_none() && self.state.switches.get("list_without_filter") == "refuse" {
            return Err(Refusal::bad("invalidFilter", "Unsupported Search Filter"));
        }
        let filter = filter.map(|text| only_filter(&text)).transpose()?;
        let all = self.state.store.all("/Users").iter();
        let hits: Vec<&Object> = all.filter(|u| filter.as_ref().is_none_or(|f| f.matches(u))).collect();
        let total = hits.len();
        let honour = self.state.switches.get("paging") == "honour";
        let number = |name: &str| self.request.parameter(name).filter(|_| honour).and_then(|v| v.parse::<usize>().ok());
        let start = number("startIndex").unwrap_or(1).max(1);
        let hits = page(hits, start, number("count").unwrap_or(usize::MAX));
        // `meta` in a list has no location [R Filtering].
        let shown: Vec<Value> = hits.iter().map(|u| Value::Object(user::rendered(u, &self.state.switches))).collect();
        let count = shown.len();
        let mut body =
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": total});
        if count > 0 || self.state.switches.get("empty_list") == "empty" {
            body["Resources"] = Value::Array(shown);
        }
        body["startIndex"] = json!(start);
        body["itemsPerPage"] = json!(count);
        Ok(Answer::json(200, SCIM, &body))
    }
}

fn only_filter(filter: &str) -> Result<Filter, Refusal> {
    let refused = || Refusal::bad("invalidFilter", "Unsupported Search Filter");
    let filter = Filter::parse(filter).map_err(|_| refused())?;
    let (path, value) = filter.single_eq().ok_or_else(refused)?;
    let known = ["userName", "emails", "emails.value", "id"].iter().any(|n| n.eq_ignore_ascii_case(path));
    if known && value.is_string() { Ok(filter) } else { Err(refused()) }
}
