//! The scenes of `scimux demo`: canonical requests for each vendor, taken from the vendors' own examples.
//!
//! Scenes build on each other: each vendor's are to be sent in their order, after [`seed`]. They are what a client sends
//! that knows only RFC 7643 and 7644; the gateway's job is the difference to what the vendor takes.

use serde_json::{Value, json};

use crate::Sandbox;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
const PING: &str = "urn:pingidentity:schemas:extension:2.0:PingOneUser";

/// Abigail Smith, of Veeva's "Update User with SCIM".
pub const ABIGAIL: &str = "93521";
/// Isabella of Castile, of PingOne's "Update SCIM User".
pub const ISABELLA: &str = "2163c528-8ceb-42ce-8cbc-3d0faf05a790";
/// A second PingOne user, who already has the name another one asks for.
pub const FERDINAND: &str = "7b1c1ac3-5d0e-4b6c-9f6a-61c1f2a4d3e8";
/// The user of Huawei's "Updating a User", whose values there are all `xxx`.
pub const WEI: &str = "ac6aa714-daa7-1aaa-aaa2-6715aaaa4dd9";
/// User One, of RSA's "SCIM API for User Modification".
pub const USER_ONE: &str = "5f4f0884-3f54-e183-994e-719a59e05244";
/// User Two, of the same page.
pub const USER_TWO: &str = "377d8abf-7f97-5619-3af2-54e1d2f48bbf";

/// One canonical request and what is expected of it.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Whose route it goes to.
    pub vendor: &'static str,
    /// What happens, in a few words.
    pub title: String,
    /// The method.
    pub method: &'static str,
    /// The path below the route, with the id in place, e.g. `/Users/93521`.
    pub path: String,
    /// The id in the path, if the path has one.
    pub resource_id: Option<&'static str>,
    /// The canonical body.
    pub body: Option<Value>,
    /// The canonical status the client is to see.
    pub expect_status: u16,
    /// What to look for in what the vendor was sent.
    pub note: String,
}

/// Every scene, vendor by vendor.
pub fn scenes() -> Vec<Scene> {
    [veeva(), pingone(), huawei(), rsa()].into_iter().flatten().collect()
}

/// Puts the people of the scenes into a sandbox, in the state in which the first scene finds them.
pub async fn seed(sandbox: &Sandbox) {
    let people = match sandbox.vendor() {
        "veeva" => vec![abigail()],
        "pingone" => isabella_and_ferdinand(),
        "huawei" => vec![wei()],
        "rsa" => users_one_and_two(),
        _ => vec![barbara()],
    };
    for person in people {
        sandbox.seed("/Users", person);
    }
}

fn scene(vendor: &'static str, title: &str, method: &'static str, id: &'static str, body: Value) -> Scene {
    Scene {
        vendor,
        title: title.to_owned(),
        method,
        path: format!("/Users/{id}"),
        resource_id: Some(id),
        body: Some(body),
        expect_status: 200,
        note: String::new(),
    }
}

impl Scene {
    fn note(mut self, note: &str) -> Scene {
        self.note = note.to_owned();
        self
    }

    fn refused(mut self, status: u16) -> Scene {
        self.expect_status = status;
        self
    }
}

fn patch(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

fn veeva() -> Vec<Scene> {
    let put = json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "AbigailSmith@veepharm.com",
        "name": {"familyName": "Smith", "givenName": "Abigail"},
        "emails": [{"value": "abigail.smith@veepharm.com", "type": "work", "primary": true}],
        "preferredLanguage": "en",
        "locale": "en-US",
        "timezone": "America/New_York",
        "active": true,
        ENTERPRISE: {"manager": {"value": "61579"}},
    });
    let email = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a.smith@veepharm.com"}]);
    let profile =
        json!([{"op": "Replace", "path": format!("{VAULT}:securityProfile.value"), "value": "system_admin__v"}]);
    let zone = json!([{"op": "replace", "path": "timezone", "value": "America/Los_Angeles"}]);
    let leave = json!([{"op": "replace", "path": "active", "value": false}]);
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Reviewers"});
    vec![
        scene("veeva", "PUT replaces Abigail Smith", "PUT", ABIGAIL, put).note(
            "en-US leaves as en_US, the manager as a bare string; Vault's own extension is not named, so nothing in it is \
             wiped though this is a PUT.",
        ),
        scene("veeva", "PATCH one e-mail by its type", "PATCH", ABIGAIL, patch(email))
            .note("Vault has no PATCH: the user is read, the operation applied, and only `emails` is PUT."),
        scene("veeva", "PATCH the security profile", "PATCH", ABIGAIL, patch(profile))
            .note("The change of Vault's own example, as a client writes it that can only PATCH."),
        scene("veeva", "PATCH a time zone", "PATCH", ABIGAIL, patch(zone))
            .note("The operation alone determines the result: one PUT, no read before it."),
        scene("veeva", "PATCH deactivates", "PATCH", ABIGAIL, patch(leave))
            .note("One PUT with `active: false`, Vault's only way to end an account by SCIM."),
        Scene {
            path: "/Groups".to_owned(),
            resource_id: None,
            ..scene("veeva", "POST of a group is refused", "POST", ABIGAIL, group)
        }
        .refused(501)
        .note("Vault has no groups in SCIM; nothing is sent."),
    ]
}

fn pingone() -> Vec<Scene> {
    let put = json!({
        "schemas": [USER, PING],
        "userName": "tmp-Isabella-Updated",
        "emails": [{"value": "IsabellaOfCastile@example.com", "type": "work", "primary": true}],
    });
    let taken = json!({
        "schemas": [USER],
        "userName": "Ferdinand",
        "emails": [{"value": "IsabellaOfCastile@example.com", "type": "work", "primary": true}],
    });
    let three = json!([
        {"op": "replace", "path": "userName", "value": "Isabella_Patched"},
        {"op": "remove", "path": "nickName"},
        {"op": "add", "path": "name.middleName", "value": "midN"},
    ]);
    let email = json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "isabella@example.com"}]);
    let entra = json!([
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "replace", "value": {"name.givenName": "Isabel", "name.familyName": "of Castile"}},
    ]);
    vec![
        scene("pingone", "PATCH of three single values", "PATCH", ISABELLA, patch(three))
            .note("PingOne's own example: bare and dotted paths, passed on as they are."),
        scene("pingone", "PATCH one e-mail by its type", "PATCH", ISABELLA, patch(email)).note(
            "No value filter is documented and its e-mail has no type: read, then `replace emails` with the one value.",
        ),
        scene("pingone", "PUT replaces tmp-Isabella", "PUT", ISABELLA, put).note(
            "PingOne's own example; the e-mail leaves without `type` and comes back as work; the population stays.",
        ),
        scene("pingone", "PUT with a name that is taken", "PUT", ISABELLA, taken)
            .refused(409)
            .note("PingOne says UNIQUENESS_VIOLATION in a 400; the client is told 409 uniqueness."),
        scene("pingone", "PATCH as Entra ID writes it, both of its shapes", "PATCH", ISABELLA, patch(entra)).note(
            "`Replace` and the string \"False\" of one, the flattened keys of the other: three plain operations leave.",
        ),
    ]
}

fn huawei() -> Vec<Scene> {
    let put = json!({
        "schemas": [USER],
        "externalId": "123456",
        "userName": "zhang.wei",
        "name": {"familyName": "Zhang", "givenName": "Wei"},
        "emails": [{"value": "zhang.wei@example.com", "type": "work", "primary": true}],
        "title": "Engineer",
        "locale": "zh-CN",
        "preferredLanguage": "zh-CN",
        "active": true,
    });
    let name = json!([{"op": "replace", "path": "name.familyName", "value": "Wang"}]);
    let enterprise = json!([{"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Cloud"}]);
    vec![
        scene("huawei", "PUT without a displayName", "PUT", WEI, put)
            .note("Huawei demands displayName; it is completed from the present user."),
        scene("huawei", "PATCH a part of the name", "PATCH", WEI, patch(name))
            .note("Only whole top-level attributes are patchable: read, then `replace name` with the whole name."),
        scene("huawei", "PATCH a department", "PATCH", WEI, patch(enterprise)).note(
            "Enterprise attributes go by the RFC's path: a PUT would clear profileUrl, which Huawei never returns.",
        ),
        scene(
            "huawei",
            "PATCH may not remove userName",
            "PATCH",
            WEI,
            patch(json!([{"op": "remove", "path": "userName"}])),
        )
        .refused(400)
        .note("A required attribute: refused before anything is sent."),
    ]
}

fn rsa() -> Vec<Scene> {
    let nick = json!([{"op": "Add", "path": "nickname", "value": "User One"}]);
    let name = json!([{"op": "Replace", "path": "userName", "value": "user_one"}]);
    let phones = json!([{"op": "add", "path": "phoneNumbers", "value": [
        {"type": "work", "value": "+31 65 7777777"},
        {"type": "mobile", "value": "+31 65 8888888", "primary": true},
    ]}]);
    let work = json!([{"op": "remove", "path": "phoneNumbers[type eq \"work\"]"}]);
    let emails = json!([{"op": "replace", "path": "emails",
        "value": [{"value": "user_one123@example.com", "type": "work", "primary": true}]}]);
    let put = json!({
        "schemas": [USER],
        "userName": "user_two123",
        "name": {"familyName": "family_cloud", "givenName": "User"},
        "displayName": "User Two",
        "active": true,
        "emails": [{"value": "usertwo123@example.com", "type": "work"}],
    });
    let okta = json!({
        "schemas": [USER],
        "id": USER_TWO,
        "userName": "user_two123",
        "name": {"familyName": "family_cloud", "givenName": "User"},
        "displayName": "User Two",
        "active": false,
        "emails": [{"value": "usertwo123@example.com", "type": "work", "primary": true}],
        "groups": [],
        "meta": {"resourceType": "User"},
    });
    let home = json!([{"op": "replace", "path": "emails[type eq \"home\"].value", "value": "home@example.com"}]);
    vec![
        scene("rsa", "PATCH with a capital letter, as Entra ID writes it", "PATCH", USER_ONE, patch(nick))
            .note("`Add` leaves as `add`, `nickname` as `nickName`."),
        scene("rsa", "PATCH renames User One", "PATCH", USER_ONE, patch(name)).note("`Replace` leaves as `replace`."),
        scene("rsa", "PATCH adds two phone numbers", "PATCH", USER_ONE, patch(phones))
            .note("RSA answers in another order and forgets `primary`."),
        scene("rsa", "PATCH removes the work phone", "PATCH", USER_ONE, patch(work))
            .note("A value filter in a `remove` is native here."),
        scene("rsa", "PATCH replaces the e-mails", "PATCH", USER_ONE, patch(emails))
            .note("RSA's form for a multi-valued replace: an object without a path."),
        scene("rsa", "PUT that clears the phone", "PUT", USER_TWO, put).note(
            "Whether RSA's PUT clears is not documented: what is left over in the answer is removed by one PATCH.",
        ),
        scene("rsa", "PUT as Okta writes it: deactivation by the whole user", "PUT", USER_TWO, okta).note(
            "An application of Okta's wizard echoes all it read; `id`, `meta` and `groups` are not the client's.",
        ),
        scene("rsa", "PATCH finds no home e-mail", "PATCH", USER_ONE, patch(home))
            .refused(400)
            .note("Nothing to replace: noTarget."),
    ]
}

/// As the sample's answer shows her, before the update.
fn abigail() -> Value {
    json!({
        "id": ABIGAIL,
        "meta": {"created": "2018-01-09T23:07:43.000Z", "lastModified": "2018-05-30T22:21:18.000Z", "resourceType": "User"},
        "active": true,
        "emails": [{"value": "abigail.smith@veepharm.com", "type": "work"}],
        "locale": "en_US",
        "name": {"familyName": "Smith", "givenName": "Abigail"},
        "preferredLanguage": "en",
        "timezone": "America/Los_Angeles",
        "userName": "a.smithn@veepharm.com",
        VAULT: {
            "createdBy": {"value": "1"}, "domainAdmin": true, "favoriteDocNewComment": false,
            "favoriteDocNewContent": false, "favoriteDocNewStatus": false, "lastLogin": "2018-05-30T20:53:10.000Z",
            "lastModifiedBy": {"value": "61579"}, "licenseType": {"value": "full__v"},
            "lifecycle": "vault_membership_lifecycle__sys", "lifecycleState": "active_state__sys",
            "productAnnouncementEmails": false, "securityPolicy": {"value": "2525"},
            "securityProfile": {"value": "business_admin__v"}, "systemAvailabilityEmails": false,
        },
        ENTERPRISE: {"manager": "61603"},
    })
}

fn isabella_and_ferdinand() -> Vec<Value> {
    let meta = json!({"resourceType": "User", "created": "2023-03-28T12:12:24.125Z", "lastModified": "2023-03-28T12:12:24.125Z"});
    let isabella = json!({
        "id": ISABELLA, "meta": meta, "userName": "tmp-Isabella", "active": true, "nickName": "Bella",
        "name": {"givenName": "Isabella", "familyName": "Trastamara"},
        "emails": [{"value": "isabella@castile.example.com", "primary": true}],
    });
    let ferdinand = json!({
        "id": FERDINAND, "meta": meta, "userName": "Ferdinand", "active": true,
        "name": {"givenName": "Ferdinand", "familyName": "Trastamara"},
        "emails": [{"value": "FerdinandOfAragon@example.com", "primary": true}],
    });
    vec![isabella, ferdinand]
}

fn wei() -> Value {
    json!({
        "id": WEI, "externalId": "123456", "schemas": [USER],
        "meta": {"resourceType": "User", "created": "2023-04-08T14:53:43Z", "lastModified": "2023-04-16T21:32:55Z"},
        "userName": "zhang.wei",
        "name": {"formatted": "Zhang Wei", "familyName": "Zhang", "givenName": "Wei"},
        "displayName": "Zhang Wei", "nickName": "Xiao Zhang", "profileUrl": "https://example.com/zhang.wei",
        "title": "Clerk", "userType": "Employee", "preferredLanguage": "zh-CN", "locale": "zh-CN",
        "timezone": "Asia/Shanghai", "active": true,
        "emails": [{"value": "zhang.wei@example.com", "type": "work", "primary": true}],
        "addresses": [{"locality": "Shenzhen", "postalCode": "123456", "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "+86 755 5550100", "type": "work", "primary": true}],
    })
}

fn users_one_and_two() -> Vec<Value> {
    let one = json!({
        "id": USER_ONE,
        "meta": {"resourceType": "User", "created": "2022-12-21T13:59:27.464Z", "lastModified": "2022-12-21T13:59:27.464Z"},
        "userName": "User One", "active": true,
        "emails": [{"value": "user.one@example.com", "type": "work"}],
    });
    let two = json!({
        "id": USER_TWO,
        "meta": {"resourceType": "User", "created": "2022-12-21T13:25:23.824Z", "lastModified": "2022-12-21T13:25:23.824Z"},
        "userName": "user_two", "name": {"familyName": "family_cloud", "givenName": "User"}, "displayName": "User Two",
        "active": true, "emails": [{"value": "usertwo@example.com", "type": "work"}],
        "phoneNumbers": [{"value": "+31 65 9999999", "type": "work"}],
    });
    vec![one, two]
}

/// The user of RFC 7643 section 8.1, for the plain server.
fn barbara() -> Value {
    json!({
        "id": "2819c223-7f76-453a-919d-413861904646", "userName": "bjensen@example.com", "externalId": "bjensen",
        "name": {"givenName": "Barbara", "familyName": "Jensen"}, "displayName": "Babs Jensen", "active": true,
        "emails": [{"value": "bjensen@example.com", "type": "work", "primary": true}],
    })
}

#[cfg(test)]
mod tests;
