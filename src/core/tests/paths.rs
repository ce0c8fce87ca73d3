//! Paths to endpoints, and what must not become one.

use super::super::discovery::Document;
use super::super::path::{Endpoint, endpoint, segments};
use crate::target::fixture::{self, PLAIN, config};

fn named(path: &str) -> Endpoint {
    let config = config(PLAIN);
    let segments: Vec<&str> = segments(path).collect();
    endpoint(&segments, &config.targets[0].target)
}

#[test]
fn endpoints_of_the_contract() {
    assert_eq!(named("/Users"), named("//Users/"));
    assert_eq!(named("/users"), named("/Users"));
    assert!(matches!(named("/Groups"), Endpoint::Collection(_)));
    assert!(matches!(named("/Users/1"), Endpoint::Resource(_, id) if id == "1"));
    for (path, expected) in [
        ("/Users/.search", Endpoint::Search(Some(0))),
        ("/.search", Endpoint::Search(None)),
        ("/Bulk", Endpoint::Bulk),
        ("/Me", Endpoint::Me),
        ("/ServiceProviderConfig", Endpoint::Discovery(Document::ServiceProvider)),
        ("/ServiceProviderConfigs", Endpoint::Discovery(Document::ServiceProvider)),
        ("/ResourceTypes", Endpoint::Discovery(Document::ResourceTypes)),
        ("/ResourceTypes/User", Endpoint::Discovery(Document::ResourceType("User".to_owned()))),
        ("/Schemas/urn:x:User", Endpoint::Discovery(Document::Schema("urn:x:User".to_owned()))),
        ("", Endpoint::Root),
        ("/", Endpoint::Root),
        ("/Devices", Endpoint::Nothing),
        ("/Users/1/2", Endpoint::Nothing),
    ] {
        assert_eq!(named(path), expected, "{path}");
    }
}

#[test]
fn ids_are_decoded_once_and_refused_where_they_could_lead_elsewhere() {
    let refused = ["..", ".", "%2e%2e", "%2E", "%2e%2e%2f", "a%2Fb", "a%3Fb", "%252e", "a%5Cb", "a%23b", "%00", "%0a"];
    for id in refused.into_iter().chain(["%zz", "%ff", "%", "a%"]) {
        assert_eq!(named(&format!("/Users/{id}")), Endpoint::Nothing, "{id}");
    }
    assert_eq!(named(&format!("/Users/{}", "a".repeat(257))), Endpoint::Nothing);
    for (raw, id) in [
        ("a%20b%C3%BC", "a bü"),
        ("bjensen%40example.com", "bjensen@example.com"),
        ("...", "..."),
        ("1.scim", "1.scim"),
    ] {
        assert!(matches!(named(&format!("/Users/{raw}")), Endpoint::Resource(_, got) if got == id), "{raw}");
    }
    assert!(matches!(named(&format!("/Users/{}", "a".repeat(256))), Endpoint::Resource(..)));
}

/// Who waits for a target that hangs waits for a while only, and is not told that something is not there.
#[tokio::test(start_paused = true)]
async fn requests_do_not_wait_for_ever_for_what_a_target_says_of_itself() {
    let (http, _) = fixture::vendor(|_| Ok(fixture::json(200, &serde_json::json!({"id": "1", "userName": "babs"}))));
    let config = config(PLAIN);
    let live = fixture::live(&config, &http);
    live.lasting.knowledge.is_being_asked();
    let core = fixture::core_of(&config, vec![live.clone()]);
    assert_eq!(fixture::send(&core, "GET", "/t/scim/v2/Users/1", "").await.0.status(), 200);
    let (answer, _) = fixture::send(&core, "GET", "/t/scim/v2/Devices", "").await;
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (503, true));
    live.lasting.knowledge.describe(scimux_adapters::Documents::default());
    live.lasting.knowledge.has_been_asked();
    assert_eq!(fixture::send(&core, "GET", "/t/scim/v2/Devices", "").await.0.status(), 404);
}
