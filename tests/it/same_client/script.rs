//! What the client asks, in plain RFC 7643 and 7644.

use serde_json::{Value, json};

/// URN of the core schema of users.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the Enterprise User extension.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One request; `{id}` stands for the user's id.
pub(super) struct Step {
    pub(super) does: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) body: Value,
    /// The attributes that its filter names.
    pub(super) filters: &'static [&'static str],
    /// The same in words that leave a server nothing to interpret, where the RFC is silent.
    pub(super) plainly: Option<Value>,
}

fn step(does: &'static str, method: &'static str, path: &'static str, body: Value) -> Step {
    Step { does, method, path, body, filters: &[], plainly: None }
}

fn read(does: &'static str) -> Step {
    step(does, "GET", "/Users/{id}", Value::Null)
}

fn search(does: &'static str) -> Step {
    filter(does, "/Users?filter=userName%20eq%20%22same.client@example.com%22", &["userName"])
}

fn filter(does: &'static str, path: &'static str, filters: &'static [&'static str]) -> Step {
    Step { filters, ..step(does, "GET", path, Value::Null) }
}

fn patch(does: &'static str, all: Value) -> Step {
    step(does, "PATCH", "/Users/{id}", operations(all))
}

fn operations(all: Value) -> Value {
    json!({"schemas": [PATCH], "Operations": all})
}

fn user() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "same-1",
        "userName": "same.client@example.com",
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "displayName": "Ada Byron",
        "nickName": "ada",
        "title": "Analyst",
        "userType": "Employee",
        "preferredLanguage": "en",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": true,
        "emails": [{"value": "same.client@example.com", "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "+1 201 555 0100", "type": "work"}],
        "addresses": [{"type": "work", "streetAddress": "1 Main St", "locality": "London", "country": "GB"}],
        ENTERPRISE: {"employeeNumber": "7", "department": "Analysis", "manager": {"value": "u2"}},
    })
}

fn changed() -> Value {
    let mut user = user();
    user["title"] = json!("Countess");
    user["name"] = json!({"givenName": "Ada", "familyName": "King"});
    user["emails"][0]["value"] = json!("ada.king@example.com");
    let members = user.as_object_mut().expect("an object");
    members.remove("nickName");
    members.remove("active");
    user
}

/// The whole script.
pub(super) fn steps() -> Vec<Step> {
    let department = format!("{ENTERPRISE}:department");
    let manager = format!("{ENTERPRISE}:manager");
    vec![
        search("looks for the user before it is there"),
        step("creates the user", "POST", "/Users", user()),
        step("creates the same again", "POST", "/Users", user()),
        read("reads it"),
        search("searches by userName"),
        step("puts it, changing and leaving out", "PUT", "/Users/{id}", changed()),
        read("reads what was put"),
        filter(
            "searches by a part and a boolean",
            "/Users?filter=name.familyName%20eq%20%22King%22%20and%20active%20eq%20true",
            &["name.familyName", "active"],
        ),
        filter("searches by title", "/Users?filter=title%20eq%20%22Countess%22", &["title"]),
        filter(
            "searches for nobody, sorted",
            "/Users?filter=userName%20sw%20%22nobody.%22&sortBy=userName",
            &["userName"],
        ),
        filter(
            "searches by a value and its type, projected",
            "/Users?filter=emails%5Btype%20eq%20%22work%22%20and%20value%20eq%20%22ada.king@example.com%22%5D&excludedAttributes=title,emails",
            &["emails", "emails.type", "emails.value"],
        ),
        patch("replaces a value", json!([{"op": "replace", "path": "title", "value": "Analyst"}])),
        patch("replaces a part", json!([{"op": "replace", "path": "name.familyName", "value": "Lovelace"}])),
        patch("adds several without a path", json!([{"op": "add", "value": {"nickName": "al", "userType": "Intern"}}])),
        patch("merges a complex value", json!([{"op": "replace", "path": "name", "value": {"givenName": "Augusta"}}])),
        patch(
            "adds to a list",
            json!([{"op": "add", "path": "phoneNumbers", "value": [{"value": "+1 201 555 0101", "type": "mobile"}]}]),
        ),
        patch(
            "replaces under a filter",
            json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "al@example.com"}]),
        ),
        // Whether that creates is left open (rfc-traps 144).
        Step {
            plainly: Some(operations(
                json!([{"op": "add", "path": "addresses", "value": [{"type": "home", "locality": "Marylebone"}]}]),
            )),
            ..patch(
                "adds under a filter what is not there",
                json!([{"op": "add", "path": "addresses[type eq \"home\"].locality", "value": "Marylebone"}]),
            )
        },
        patch("removes a value", json!([{"op": "remove", "path": "nickName"}])),
        patch("removes under a filter", json!([{"op": "remove", "path": "phoneNumbers[type eq \"mobile\"]"}])),
        patch("replaces in an extension", json!([{"op": "replace", "path": department, "value": "Engines"}])),
        patch("removes from an extension", json!([{"op": "remove", "path": manager}])),
        patch(
            "does several at once, in order",
            json!([
                {"op": "remove", "path": "title"},
                {"op": "add", "path": "title", "value": "Programmer"},
                {"op": "replace", "path": "name.givenName", "value": "Ada"},
                {"op": "replace", "value": {"displayName": "Ada Lovelace"}},
            ]),
        ),
        patch(
            "replaces a list",
            json!([{"op": "replace", "path": "emails", "value": [{"value": "ada@example.com", "type": "work", "primary": true}]}]),
        ),
        read("reads what was patched"),
        patch("replaces under a filter that finds nothing", nothing()),
        patch("names an attribute that there is not", json!([{"op": "replace", "path": "shoeSize", "value": "37"}])),
        patch("changes what is readOnly", json!([{"op": "replace", "path": "id", "value": "9"}])),
        patch("gives a value of another type", json!([{"op": "replace", "path": "active", "value": "perhaps"}])),
        patch("removes without a path", json!([{"op": "remove"}])),
        patch("removes what is required", json!([{"op": "remove", "path": "userName"}])),
        step("asks with a bad filter", "GET", "/Users?filter=userName%20xx%20%22a%22", Value::Null),
        step("puts without a userName", "PUT", "/Users/{id}", json!({"schemas": [USER], "title": "x"})),
        read("reads that nothing was changed"),
        patch("deactivates", json!([{"op": "replace", "path": "active", "value": false}])),
        read("reads the deactivated user"),
        search("finds the deactivated user"),
        patch("reactivates", json!([{"op": "replace", "value": {"active": true}}])),
        step("deletes", "DELETE", "/Users/{id}", Value::Null),
        read("reads the deleted user"),
    ]
}

fn nothing() -> Value {
    json!([{"op": "replace", "path": "emails[value eq \"nobody@example.com\"].value", "value": "x@example.com"}])
}
