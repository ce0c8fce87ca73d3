//! The error table of CONTRACT section 4.

use scimux_adapters::{VendorError, VendorErrorKind as Kind};
use scimux_scim::ScimType;
use serde_json::{Value, json};

use crate::front::Response;
use crate::target::fixture::{self, PLAIN, config, send, vendor};

const PERSON: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"babs"}"#;

async fn told(error: VendorError, method: &str) -> (Response, Value) {
    let (http, _) = vendor(move |_| Err(error.clone()));
    let core = fixture::core(&config(PLAIN), &http);
    let path = if method == "POST" { "/t/scim/v2/Users" } else { "/t/scim/v2/Users/1" };
    send(&core, method, path, PERSON).await
}

#[tokio::test]
async fn each_kind_has_its_status() {
    let unavailable = |status| VendorError { status: Some(status), ..VendorError::new(Kind::Unavailable) };
    let busy = VendorError { retry_after: Some(9), ..unavailable(503) };
    let table = [
        (VendorError::new(Kind::BadRequest(ScimType::Mutability)), 400, 400),
        (VendorError::new(Kind::Uniqueness), 409, 409),
        (VendorError::new(Kind::WrongTarget), 502, 502),
        (VendorError::new(Kind::Forbidden), 403, 403),
        (VendorError::new(Kind::CredentialRefused), 502, 502),
        (VendorError::new(Kind::LoginRefused), 502, 502),
        (VendorError::new(Kind::Conflict), 503, 503),
        // None of these requests names a version.
        (VendorError::new(Kind::PreconditionFailed), 503, 503),
        (VendorError::new(Kind::TooLarge), 413, 413),
        (VendorError::new(Kind::Unsupported), 501, 501),
        (VendorError::new(Kind::RateLimited), 429, 429),
        (unavailable(500), 500, 504),
        (unavailable(502), 502, 504),
        (unavailable(503), 503, 504),
        (busy, 503, 503),
        (VendorError::new(Kind::NotUnderstood), 502, 502),
        (VendorError::new(Kind::Unreachable), 502, 502),
        (VendorError::new(Kind::BrokenOff), 502, 504),
        (VendorError::new(Kind::TimedOut), 504, 504),
        (VendorError::new(Kind::Suspended), 503, 503),
    ];
    for (error, put, post) in table {
        for (method, expected) in [("PUT", put), ("POST", post)] {
            let (answer, body) = told(error.clone(), method).await;
            assert_eq!(answer.status().as_u16(), expected, "{error} on {method}: {body}");
            assert_eq!(body["status"], expected.to_string());
            assert_eq!(answer.headers()["content-type"], "application/scim+json");
            let unknown = body["detail"].as_str().is_some_and(|detail| detail.contains("outcome is unknown"));
            assert_eq!(unknown, method == "POST" && expected == 504, "{error}");
        }
    }
}

/// rfc-traps 298: `Retry-After` reaches the client.
#[tokio::test]
async fn retry_after_is_kept_and_the_vendors_words_are_cleaned() {
    let error = VendorError {
        retry_after: Some(7),
        code: Some("E1".to_owned()),
        text: Some("no token canary-secret at http://vendor.example/v2/Users/1 on VENDOR.example".to_owned()),
        ..VendorError::new(Kind::RateLimited)
    };
    let (answer, body) = told(error, "GET").await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].as_bytes()), (429, &b"7"[..]));
    let detail = body["detail"].as_str().expect("a detail");
    assert!(detail.ends_with("(vendor: E1: no token *** at [URL] on [...])"), "{detail}");
    let (answer, _) = told(VendorError::new(Kind::RateLimited), "GET").await;
    assert_eq!(answer.headers()["retry-after"], "1");
    let (answer, _) = told(VendorError::new(Kind::Conflict), "PUT").await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].as_bytes()), (503, &b"1"[..]));
    let (answer, body) = told(VendorError::new(Kind::BadRequest(ScimType::NoTarget)), "GET").await;
    assert_eq!((answer.headers().contains_key("retry-after"), &body["scimType"]), (false, &"noTarget".into()));
}

#[tokio::test]
async fn a_404_is_believed_only_of_a_target_that_answers() {
    let gone = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"});
    let list = json!({"schemas": [], "totalResults": 0, "Resources": []});
    for (proven, documented, expected, calls) in [(true, true, 404, 2), (false, true, 502, 2), (true, false, 502, 1)] {
        let body = if documented { gone.clone() } else { json!({}) };
        let list = if proven { (200, list.clone()) } else { (404, gone.clone()) };
        let (http, seen) = vendor(move |request| {
            let of_one = request.uri().path().ends_with("/1");
            Ok(if of_one { fixture::json(404, &body) } else { fixture::json(list.0, &list.1) })
        });
        let core = fixture::core(&config(PLAIN), &http);
        let (answer, body) = send(&core, "GET", "/t/scim/v2/Users/1", "").await;
        assert_eq!(answer.status().as_u16(), expected, "{body}");
        assert_eq!(seen.lock().expect("no panic").len(), calls);
        if expected == 404 {
            send(&core, "GET", "/t/scim/v2/Users/1", "").await;
            assert_eq!(seen.lock().expect("no panic").len(), calls + 1, "proven once, not asked again");
        }
    }
}
