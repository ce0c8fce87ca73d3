//! `[routes.X.rules]`.

use serde_json::json;

use crate::target::fixture::{self, PLAIN, config, send, vendor};

const PERSON: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"babs"}"#;

#[tokio::test]
async fn what_the_rules_refuse_is_403_and_never_reaches_the_vendor() {
    let (http, seen) = vendor(|_| Ok(fixture::json(200, &json!({"id": "1", "userName": "babs"}))));
    let operations = ["create", "read", "list", "replace", "patch", "delete"];
    for refused in operations {
        let toml = format!("{PLAIN}[routes.t.rules]\nUser.{refused} = \"refuse\"\nGroup.delete = \"allow\"\n");
        let core = fixture::core(&config(&toml), &http);
        let requests = [
            ("create", "POST", "/Users"),
            ("read", "GET", "/Users/1"),
            ("list", "GET", "/Users"),
            ("list", "POST", "/Users/.search"),
            ("list", "GET", "/"),
            ("list", "POST", "/.search"),
            ("replace", "PUT", "/Users/1"),
            ("patch", "PATCH", "/Users/1"),
            ("delete", "DELETE", "/Users/1"),
        ];
        for (operation, method, path) in requests {
            let before = seen.lock().expect("no panic").len();
            let body = if method == "GET" { "" } else { PERSON };
            let (answer, told) = send(&core, method, &format!("/t/scim/v2{path}"), body).await;
            assert_eq!(answer.status() == 403, operation == refused, "{refused}: {method} {path}: {told}");
            if operation == refused {
                assert!(told["detail"].as_str().is_some_and(|detail| detail.contains(refused)), "{told}");
                assert_eq!(seen.lock().expect("no panic").len(), before);
            }
        }
        let (_, told) = send(&core, "DELETE", "/t/scim/v2/Groups/1", "").await;
        assert_ne!(told["status"], "403", "another type");
    }
}

#[tokio::test]
async fn each_operation_of_a_bulk_request_is_under_the_rules() {
    let (http, seen) = vendor(|_| Ok(fixture::json(204, &json!({}))));
    let toml = format!("{PLAIN}[routes.t.rules]\nUser.delete = \"refuse\"\n[routes.t.brake]\ndeletes_per_hour = 1\n");
    let core = fixture::core(&config(&toml), &http);
    let operations: Vec<_> = (1..4).map(|id| json!({"method": "DELETE", "path": format!("/Users/{id}")})).collect();
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    let (answer, told) = send(&core, "POST", "/t/scim/v2/Bulk", &bulk.to_string()).await;
    assert_eq!(answer.status(), 200, "what the rules refuse takes nothing of the brake: {told}");
    let statuses: Vec<_> = told["Operations"].as_array().expect("a list").iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["403", "403", "403"]);
    assert!(seen.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn discovery_tells_what_the_rules_leave() {
    let (http, _) = vendor(|_| Ok(fixture::json(200, &json!({}))));
    let types = ["User", "Group"];
    let refuse = |kinds: &[&str], operations: &[&str]| {
        let rule = |kind: &str, operation: &str| format!("{kind}.{operation} = \"refuse\"\n");
        let rules = kinds.iter().flat_map(|kind| operations.iter().map(move |operation| rule(kind, operation)));
        format!("{PLAIN}[routes.t.rules]\n{}", rules.collect::<String>())
    };
    let supports = async |toml: &str| {
        let core = fixture::core(&config(toml), &http);
        let (_, document) = send(&core, "GET", "/t/scim/v2/ServiceProviderConfig", "").await;
        ["patch", "bulk", "filter", "sort", "etag"].map(|feature| document[feature]["supported"] == true)
    };
    assert_eq!(supports(PLAIN).await, [true, true, true, true, true]);
    assert_eq!(supports(&refuse(&["Group"], &["patch"])).await, [false, true, true, true, true]);
    assert_eq!(supports(&refuse(&["Group"], &["patch", "replace"])).await, [true, true, true, true, true]);
    assert_eq!(supports(&refuse(&["User"], &["list"])).await, [true, true, true, true, true]);
    assert_eq!(supports(&refuse(&types, &["list"])).await, [true, true, false, false, true]);
    let writes = ["create", "replace", "patch", "delete"];
    assert_eq!(supports(&refuse(&types, &writes)).await, [false, false, true, true, true]);
}
