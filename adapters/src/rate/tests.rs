//! The headers that vendors say their bounds in.

use super::*;
use crate::fixture::target;

fn read(vendor: &str, headers: &[(&str, &str)]) -> Option<Allowance> {
    let answer = headers.iter().fold(http::Response::builder(), |answer, (name, value)| answer.header(*name, *value));
    allowance(&target(vendor).profile, &answer.body(()).expect("a response").into_parts().0)
}

fn is(limit: Option<u64>, remaining: u64, seconds: u64) -> Option<Allowance> {
    Some(Allowance { limit, remaining, ends: Ends::In(Duration::from_secs(seconds)) })
}

#[test]
fn the_usual_names() {
    let triple = |prefix: &str| {
        let names = [format!("{prefix}Limit"), format!("{prefix}Remaining"), format!("{prefix}Reset")];
        read("scim", &[(&names[0], "600"), (&names[1], " 12"), (&names[2], "30")])
    };
    for prefix in ["RateLimit-", "X-RateLimit-", "X-Rate-Limit-"] {
        assert_eq!(triple(prefix), is(Some(600), 12, 30), "{prefix}");
    }
    assert_eq!(read("scim", &[("ratelimit-remaining", "0"), ("ratelimit-reset", "1.5")]), is(None, 0, 1));
    assert_eq!(read("scim", &[("ratelimit-remaining", "5")]), None, "until when is not said");
    assert_eq!(read("scim", &[("ratelimit-remaining", "many"), ("ratelimit-reset", "9")]), None);
    assert_eq!(read("scim", &[]), None);
}

#[test]
fn a_moment_is_measured_by_the_vendors_clock() {
    let date = ("date", "Sun, 09 Sep 2001 01:46:40 GMT");
    for reset in ["1000000030", "1000000030000"] {
        let headers = [("x-rate-limit-remaining", "1"), ("x-rate-limit-reset", reset)];
        assert_eq!(read("scim", &headers), None);
        assert_eq!(read("scim", &[headers[0], headers[1], date]), is(None, 1, 30));
    }
    let past = [("x-rate-limit-remaining", "1"), ("x-rate-limit-reset", "1000000000"), date];
    assert_eq!(read("scim", &past), is(None, 1, 0));
}

#[test]
fn the_drafts_header_of_several_policies() {
    let header = r#""burst";r=7;t=1, "daily";r=3;t=500"#;
    assert_eq!(read("scim", &[("ratelimit", header)]), is(None, 3, 500));
    assert_eq!(read("scim", &[("ratelimit", "\"burst\";r=7")]), None);
}

#[test]
fn the_names_that_a_profile_gives() {
    let headers = [("X-VaultAPI-BurstLimit", "2000"), ("X-VaultAPI-BurstLimitRemaining", "150")];
    let ends = Ends::Within(Duration::from_secs(300));
    assert_eq!(read("veeva", &headers), Some(Allowance { limit: Some(2000), remaining: 150, ends }));
    assert_eq!(read("scim", &headers), None);
}
