use super::*;
use crate::fixture::{json, target};

fn divided(vendor: &str, endpoint: &str, filter: &str) -> Result<(String, String), ScimError> {
    let target = target(vendor);
    let kind = target.served(endpoint).expect("served");
    let filter = Filter::parse(filter, &kind.canonical)?;
    let text = |filter: Option<Filter>| filter.map(|filter| filter.to_string()).unwrap_or_default();
    divide(&filter, kind).map(|divided| (text(divided.pushed), text(divided.rest)))
}

#[test]
fn what_the_vendor_evaluates_is_sent_and_the_rest_is_left() {
    let cases = [
        ("veeva", r#"userName eq "x""#, r#"userName eq "x""#, ""),
        ("veeva", r#"USERNAME Eq "x" and active eq true"#, r#"userName eq "x""#, "active eq true"),
        ("veeva", r#"active eq true and userName eq "x""#, r#"userName eq "x""#, "active eq true"),
        ("veeva", r#"userName sw "x""#, "", r#"userName sw "x""#),
        ("veeva", r#"userName eq "x" or userName eq "y""#, "", r#"userName eq "x" or userName eq "y""#),
        ("veeva", r#"not (userName eq "x")"#, "", r#"not (userName eq "x")"#),
        (
            "veeva",
            r#"userName eq "x" and (active eq true or userName eq "y")"#,
            r#"userName eq "x""#,
            r#"active eq true or userName eq "y""#,
        ),
        // Only one term fits where `and` is not known: the one that leaves the fewest.
        ("pingone", r#"name.givenName co "a" and userName eq "x""#, r#"userName eq "x""#, r#"name.givenName co "a""#),
        (
            "pingone",
            r#"name.givenName co "a" and name.familyName sw "b""#,
            r#"name.givenName co "a""#,
            r#"name.familyName sw "b""#,
        ),
        ("pingone", r#"name.givenName eq "a" and userName eq "x""#, r#"userName eq "x""#, r#"name.givenName eq "a""#),
        ("pingone", r#"emails.value eq "a" and title pr"#, r#"emails eq "a""#, "title pr"),
        ("pingone", r#"emails[value eq "a"]"#, r#"emails eq "a""#, ""),
        // Of what holds for one value, a part that the vendor evaluates: it finds more, never less.
        (
            "pingone",
            r#"emails[type eq "work" and value eq "a"]"#,
            r#"emails eq "a""#,
            r#"emails[type eq "work" and value eq "a"]"#,
        ),
        ("rsa", r#"emails[type eq "work" or value eq "a"]"#, "", r#"emails[type eq "work" or value eq "a"]"#),
        // The one value is the primary one canonically.
        ("veeva", "emails[primary eq true]", "", "emails[primary eq true]"),
        ("huawei", r#"id eq "1" and displayName eq "x""#, r#"id eq "1""#, r#"displayName eq "x""#),
        ("rsa", r#"active eq false"#, "", "active eq false"),
        ("scim", r#"not (title pr) or userName eq "x""#, r#"not (title pr) or userName eq "x""#, ""),
    ];
    for (vendor, filter, pushed, rest) in cases {
        let (made, left) =
            divided(vendor, "/Users", filter).unwrap_or_else(|error| panic!("{vendor} {filter}: {error}"));
        assert_eq!((made.as_str(), left.as_str()), (pushed, rest), "{vendor}: {filter}");
    }
}

#[test]
fn a_vendor_that_knows_and_is_sent_all_it_knows() {
    let target = target("veeva");
    let kind = target.served("/Users").expect("served");
    let mut kind = kind.clone();
    kind.profile.list.filter = Some(FilterProfile {
        operators: vec!["eq".to_owned(), "pr".to_owned()],
        attributes: vec!["userName".to_owned(), "active".to_owned(), "locale".to_owned()],
        logical: true,
    });
    let cases = [
        (
            r#"userName eq "x" and active eq true and timezone pr"#,
            r#"userName eq "x" and active eq true"#,
            "timezone pr",
        ),
        (r#"(userName eq "x" or locale pr) and timezone pr"#, r#"userName eq "x" or locale pr"#, "timezone pr"),
        (r#"userName eq "x" or timezone pr"#, "", r#"userName eq "x" or timezone pr"#),
        (r#"not (active eq true)"#, "not (active eq true)", ""),
    ];
    for (filter, pushed, rest) in cases {
        let filter = Filter::parse(filter, &kind.canonical).expect(filter);
        let divided = divide(&filter, &kind).expect("held");
        let text = |filter: Option<Filter>| filter.map(|filter| filter.to_string()).unwrap_or_default();
        assert_eq!((text(divided.pushed), text(divided.rest)), (pushed.to_owned(), rest.to_owned()), "{filter}");
    }
}

#[test]
fn what_the_vendor_cannot_hold_or_never_shows_is_refused() {
    let cases = [
        ("veeva", "/Users", r#"title eq "a""#),
        ("veeva", "/Users", r#"userName eq "a" and title eq "a""#),
        ("rsa", "/Users", "emails.primary eq true"),
        ("huawei", "/Groups", r#"displayName eq "a" and members[value eq "1"]"#),
        ("huawei", "/Groups", r#"members.value eq "1""#),
        ("huawei", "/Users", "profileUrl pr"),
        ("rsa", "/Users", "emails[primary eq true]"),
        ("scim", "/Users", r#"password eq "a""#),
        ("scim", "/Users", "active gt false"),
        ("scim", "/Users", r#"nothing eq "a""#),
    ];
    for (vendor, endpoint, filter) in cases {
        let refused = divided(vendor, endpoint, filter).expect_err(filter);
        assert_eq!(refused.scim_type, Some(scimux_scim::ScimType::InvalidFilter), "{vendor}: {filter}");
    }
}

/// Whether the vendor sorts, or the refusal.
fn sort(vendor: &str, query: &str) -> Result<bool, ScimError> {
    let target = target(vendor);
    let kind = target.served("/Users").expect("served");
    let asked = ListQuery::parse(query, &kind.canonical)?;
    let part = part(&asked, 0, kind, Types::One)?.expect("a part");
    assert_ne!(part.query.sort_by.is_some(), part.sorter.is_some());
    Ok(part.query.sort_by.is_some())
}

#[test]
fn who_sorts() {
    for (vendor, query, by_vendor) in [
        ("veeva", "sortBy=userName", true),
        ("veeva", "sortBy=locale", false),
        ("pingone", "sortBy=userName", false),
        ("huawei", "sortBy=name.familyName&sortOrder=descending", false),
        // By which part a vendor would sort nobody says, unless the part is named (rfc-traps 244).
        ("veeva", "sortBy=emails", false),
        ("veeva", "sortBy=emails.value", true),
        ("scim", "sortBy=emails", false),
        ("scim", "sortBy=emails.value", true),
    ] {
        assert_eq!(sort(vendor, query), Ok(by_vendor), "{vendor}: {query}");
    }
    for (vendor, query) in [
        ("veeva", "sortBy=title"),
        ("huawei", "sortBy=profileUrl"),
        ("pingone", "sortBy=password"),
        ("scim", "sortBy=x"),
        ("scim", "sortBy=password"),
    ] {
        let refused = sort(vendor, query).expect_err(query);
        assert_eq!(refused.scim_type, Some(scimux_scim::ScimType::InvalidPath), "{vendor}: {query}");
    }
}

#[test]
fn traps_100_251_a_type_that_cannot_match_is_not_asked() {
    let target = target("scim");
    let groups = target.served("/Groups").expect("served");
    let read = |filter: &str, types| {
        let query = format!("filter={filter}");
        let parameters = scimux_scim::Parameters::of_query(&query).expect("a query");
        let asked = ListQuery::read(&parameters, &groups.canonical, types).expect("a filter");
        part(&asked, 0, groups, types)
    };
    assert!(read(r#"meta.resourceType eq "User""#, Types::One).expect("legal").is_none());
    assert!(read(r#"userName eq "x""#, Types::All).expect("legal").is_none());
    for wrong in [r#"userName eq "x""#, r#"meta.resourceType eq "User" and nothing eq "x""#] {
        assert!(read(wrong, Types::One).is_err(), "{wrong}");
    }
    let whole = read(r#"meta.resourceType eq "Group""#, Types::All).expect("legal").expect("all of them");
    assert_eq!((whole.is_plain(), whole.query.filter), (true, None));
}

#[test]
fn what_cannot_have_been_found_shows_a_vendor_that_does_not_filter() {
    let target = target("scim");
    let kind = target.served("/Users").expect("served");
    let user = json(
        r#"{"userName":"Bob","emails":[{"value":"b@x.io"}],"meta":{"created":"2020-01-01T00:00:00Z"},"active":true}"#,
    );
    let cases = [
        (r#"userName eq "alice""#, true),
        (r#"active eq true and userName eq "alice""#, true),
        (r#"userName eq "BOB""#, false),
        (r#"title eq "not shown""#, false),
        (r#"userName sw "a""#, false),
        (r#"userName eq "alice" or title pr"#, false),
        (r#"emails eq "other@x.io""#, false),
        (r#"emails.value eq "other@x.io""#, false),
        (r#"meta.created eq "2020-01-01T01:00:00+01:00""#, false),
        ("active eq false", false),
    ];
    for (filter, expected) in cases {
        let parsed = Filter::parse(filter, &kind.canonical).expect(filter);
        assert_eq!(excludes(&parsed, &user, kind), expected, "{filter}");
    }
}
