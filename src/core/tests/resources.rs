//! Answers as clients see them.

use serde_json::{Value, json};

use crate::target::fixture::{self, PLAIN, config, send, vendor};

const BASE: &str = "https://scim.example.com/t/scim/v2";

fn babs() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "a b", "userName": "babs", "password": "never-shown",
        "groups": [
            {"value": "1", "$ref": "http://vendor.example/v2/Groups/1"},
            {"value": "2", "$ref": "../Groups/2"},
            {"value": "3", "$ref": "http://vendor.example/v2/Roles/3"},
            {"value": "4", "$ref": "http://vendor.example/v2/Groups/..%2f"},
        ],
        "meta": {"resourceType": "user", "location": "http://vendor.example/v2/Users/a%20b", "created": "2020-01-01T00:00:00Z"},
    })
}

#[tokio::test]
async fn every_url_is_the_gateways() {
    let (http, _) = vendor(|_| Ok(fixture::json(200, &babs())));
    let core = fixture::core(&config(PLAIN), &http);
    let (answer, body) = send(&core, "GET", "/t/scim/v2/Users/a%20b", "").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(body["meta"]["location"], format!("{BASE}/Users/a%20b"));
    assert_eq!(
        (&body["meta"]["resourceType"], &body["meta"]["created"]),
        (&"User".into(), &"2020-01-01T00:00:00Z".into())
    );
    let references: Vec<_> =
        body["groups"].as_array().expect("a list").iter().map(|group| group["$ref"].as_str()).collect();
    let (one, two) = (format!("{BASE}/Groups/1"), format!("{BASE}/Groups/2"));
    assert_eq!(references, [Some(one.as_str()), Some(two.as_str()), None, None]);
    let text = body.to_string();
    assert!(!text.contains("vendor.example") && !text.contains("never-shown"), "{text}");
}

/// What another resource is, its type or the schema says; where both are silent, nothing is made up.
#[tokio::test]
async fn references_that_the_vendor_does_not_write_are_given() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let user = json!({"id": "1", "userName": "babs", "groups": [{"value": "7", "type": "direct"}],
        enterprise: {"manager": {"value": "a b"}}});
    let group = json!({"id": "2", "displayName": "G", "members": [{"value": "1", "type": "User"},
        {"value": "3", "type": "group"}, {"value": "4"}, {"value": "5", "type": "Device"}, {"value": "x/y", "type": "User"}]});
    let (http, _) = vendor(move |asked| {
        let resource = if asked.uri().path().contains("Groups") { &group } else { &user };
        Ok(fixture::json(200, resource))
    });
    let core = fixture::core(&config(PLAIN), &http);
    let (_, user) = send(&core, "GET", "/t/scim/v2/Users/1", "").await;
    assert_eq!(user[enterprise]["manager"], json!({"value": "a b", "$ref": format!("{BASE}/Users/a%20b")}));
    assert_eq!(
        user["groups"],
        json!([{"value": "7", "type": "direct"}]),
        "a user or a group, as far as the schema says"
    );
    let (_, group) = send(&core, "GET", "/t/scim/v2/Groups/2", "").await;
    let references: Vec<_> =
        group["members"].as_array().expect("a list").iter().map(|one| one["$ref"].as_str()).collect();
    let (user, nested) = (format!("{BASE}/Users/1"), format!("{BASE}/Groups/3"));
    assert_eq!(references, [Some(user.as_str()), Some(nested.as_str()), None, None, None]);
}

#[tokio::test]
async fn created_has_its_location_and_the_projection_asked_for() {
    let (http, _) = vendor(|_| Ok(fixture::json(201, &babs())));
    let core = fixture::core(&config(PLAIN), &http);
    let body =
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"babs","noSuch":1,"nor,this":2}"#;
    let (answer, body) = send(&core, "POST", "/t/scim/v2/Users?attributes=userName&filter=((", body).await;
    assert_eq!(answer.status(), 201, "{body}");
    assert_eq!(answer.headers()["location"], format!("{BASE}/Users/a%20b"));
    assert_eq!(answer.headers()["scimux-dropped"], "noSuch, nor?this");
    let mut names: Vec<_> = body.as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(names, ["id", "schemas", "userName"]);
}

#[tokio::test]
async fn lists_hold_finished_resources_and_numbers() {
    let page = json!({"totalResults": "3", "itemsPerPage": "1", "startIndex": 2, "Resources": [babs()]});
    let (http, _) = vendor(move |_| Ok(fixture::json(200, &page)));
    let core = fixture::core(&config(PLAIN), &http);
    let (answer, body) = send(&core, "GET", "/t/scim/v2/Users?startIndex=2&count=1", "").await;
    assert_eq!(answer.status(), 200, "{body}");
    assert_eq!((&body["totalResults"], &body["itemsPerPage"], &body["startIndex"]), (&3.into(), &1.into(), &2.into()));
    assert_eq!(body["Resources"][0]["meta"]["location"], format!("{BASE}/Users/a%20b"));
}
