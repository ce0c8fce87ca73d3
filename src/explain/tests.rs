use super::*;
use crate::config::{Environment, parse};

const CONFIG: &str = "
    server.listen = \"127.0.0.1:8080\"
    [targets.t]
    adapter = \"scim\"
    base_url = \"https://vendor.example/v2\"
    auth.scheme = \"none\"
";

const USER: &str = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "x",
    "active": true, "meta": {"location": "https://vendor.example/v2/Users/1"}}"#;

async fn ask(request: &str, current: Option<&str>) -> Result<Explained, String> {
    let (config, _) = parse(CONFIG, "test", &Environment::new()).expect("it is in order");
    explain(&config, "t", request.as_bytes(), current.map(|text| text.as_bytes().to_vec())).await
}

#[tokio::test]
async fn a_read_ends_at_the_vendors_answer() {
    let told = ask("GET /Users/1", None).await.expect("a request");
    assert_eq!(told.path, "/t/scim/v2/Users/1");
    assert_eq!(told.course.steps.len(), 1);
    assert_eq!((told.course.steps[0].path.as_str(), told.course.steps[0].answer), ("/v2/Users/1", Told::Unknown));
    assert!(!told.course.complete && told.course.answer.is_none());
}

#[tokio::test]
async fn a_read_of_what_is_given_is_answered_as_serve_answers() {
    let told = ask("GET /Users/1?attributes=userName", Some(USER)).await.expect("a request");
    let answer = told.course.answer.expect("it is complete");
    assert_eq!((answer.status, answer.assumed), (200, false));
    assert!(answer.headers.iter().any(|(name, _)| name == "etag"), "{answer:?}");
    let body = String::from_utf8(answer.body.expect("the resource").to_bytes().to_vec()).expect("UTF-8");
    assert!(
        body.contains("\"userName\":\"x\"") && !body.contains("vendor.example") && !body.contains("active"),
        "{body}"
    );
}

#[tokio::test]
async fn what_is_given_and_is_no_resource_is_said_without_inner_names() {
    for current in ["[]", "{", "<html>", r#"{"userName": 1}"#] {
        let Err(why) = ask("GET /Users/1", Some(current)).await else { continue };
        assert!(why.starts_with("--current must hold what the vendor answers to a GET"), "{why}");
        assert!(!why.contains("NotUnderstood"), "{why}");
    }
    assert!(ask("GET /Users/1", Some("<html>")).await.is_err());
}

#[tokio::test]
async fn a_list_of_what_is_given_too() {
    let page = format!(
        r#"{{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1, "Resources": [{USER}]}}"#
    );
    let told = ask("GET /Users?filter=userName%20eq%20%22x%22", Some(&page)).await.expect("a request");
    let answer = told.course.answer.expect("it is complete");
    let body = String::from_utf8(answer.body.expect("a list").to_bytes().to_vec()).expect("UTF-8");
    assert!(answer.status == 200 && body.contains("\"totalResults\":1"), "{body}");
    let told = ask("GET /Users", Some(USER)).await.expect("a request");
    assert!(!told.course.complete, "a resource is no page");
}

#[tokio::test]
async fn a_bulk_request_is_asked_about_one_by_one() {
    let told = ask("POST //Bulk/\n\n{\"Operations\": []}", None).await;
    assert!(told.is_err_and(|why| why.contains("by itself")));
}

#[tokio::test]
async fn refusals_are_told_with_their_error() {
    for (request, status) in [
        ("GET /Nothing", 404),
        ("TRACE /Users", 405),
        ("POST /Users\nContent-Type: text/plain\n\n{}", 415),
        ("POST /Users\n\n{", 400),
    ] {
        let told = ask(request, None).await.expect("a request");
        assert!(told.course.steps.is_empty() && told.course.complete, "{request}");
        let answer = told.course.answer.expect("it is complete");
        assert_eq!((answer.status, answer.assumed), (status, false), "{request}");
        let stated = answer.body.as_ref().and_then(|body| body.str("status"));
        assert_eq!(stated, Some(status.to_string().as_str()), "{request}");
    }
    let large = format!("POST /Users\n\n{}", " ".repeat(1_048_577));
    let answer = ask(&large, None).await.expect("a request").course.answer.expect("it is complete");
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn an_answer_that_rfc_7644_leaves_open_is_told_both_ways() {
    let patch = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}]}"#;
    let told = ask(&format!("PATCH /Users/1\n\n{patch}"), None).await.expect("a request");
    let calls = |course: &Course| course.steps.iter().map(|step| step.method.clone()).collect::<Vec<_>>();
    assert_eq!(calls(&told.course), ["PATCH"]);
    let answer = told.course.answer.as_ref().expect("it is complete");
    assert!(answer.assumed && answer.status == 200 && answer.body.is_none(), "{answer:?}");
    assert!(!answer.headers.iter().any(|(name, _)| name == "etag"), "the version of what nobody knows: {answer:?}");
    assert_eq!(told.otherwise.len(), 1, "{:?}", told.otherwise);
    assert_eq!(calls(&told.otherwise[0].course), ["PATCH", "GET"]);
    assert!(told.otherwise[0].condition.contains("without the resource"));
}

#[tokio::test]
async fn the_clients_request_id_goes_along() {
    for (header, id) in [("", NEW_ID), ("X-Request-Id: mine-1\n", "mine-1"), ("X-Request-Id: not mine\n", NEW_ID)] {
        let told = ask(&format!("GET /Users/1\n{header}\n"), None).await.expect("a request");
        let headers = &told.course.steps[0].headers;
        assert!(headers.contains(&("x-request-id".to_owned(), id.to_owned())), "{headers:?}");
    }
}

#[tokio::test]
async fn that_the_provider_was_not_asked_what_it_serves_is_told() {
    let told = ask("GET /Devices/1", None).await.expect("a request");
    assert_eq!(told.course.answer.expect("a refusal").status, 404);
    assert!(told.not_asked.is_some_and(|what| what.contains("resource types")), "{:?}", told.not_asked);
    let text = CONFIG.replace("auth.scheme", "discovery = \"off\"\n    auth.scheme");
    let (config, _) = parse(&text, "test", &Environment::new()).expect("it is in order");
    let told = explain(&config, "t", b"GET /Users/1", None).await.expect("a request");
    assert_eq!(told.not_asked, None);
}
