use super::*;
use crate::fixture::{object, r0, user_type};

fn read(query: &str) -> ListQuery {
    ListQuery::parse(query, &user_type()).expect(query)
}

fn shown(query: &str, resource: Object) -> Vec<String> {
    let kept = read(query).projection.apply(resource, &user_type());
    kept.iter().map(|(name, _)| name.to_string()).collect()
}

#[test]
fn traps_233_to_238_numbers() {
    let cases = [
        ("startIndex=0", Some(1), None),
        ("startIndex=-5&count=-3", Some(1), Some(0)),
        ("STARTINDEX=7&Count=9999", Some(7), Some(MAX_COUNT)),
        ("count=0", None, Some(0)),
        ("count=", None, None),
        ("", None, None),
    ];
    for (query, start, count) in cases {
        assert_eq!((read(query).start_index, read(query).count), (start, count), "{query}");
    }
    let wrong = [
        "startIndex=abc",
        "count=1.5",
        "sortOrder=up",
        "attributes=title&excludedAttributes=name",
        "cursor=&startIndex=1",
    ];
    for query in wrong {
        let error = ListQuery::parse(query, &user_type()).expect_err(query);
        assert_eq!(error.scim_type, Some(crate::ScimType::InvalidValue), "{query}");
    }
    let detail = |query| ListQuery::parse(query, &user_type()).expect_err(query).detail.to_string();
    assert_eq!(detail("count=99999999999999999999999"), "count: the number is too large");
    assert_eq!(detail("startIndex=9x"), "startIndex: a whole number is needed");
    assert_eq!(detail("startIndex=-"), "startIndex: a whole number is needed");
}

#[test]
fn traps_247_312_319_sort_and_cursor() {
    for query in ["sortBy=name", "sortBy=addresses", "sortBy=nothing", "sortBy=emails[type%20eq%20%22a%22]"] {
        let error = ListQuery::parse(query, &user_type()).expect_err(query);
        assert_eq!(error.scim_type, Some(crate::ScimType::InvalidPath), "{query}");
    }
    assert!(read("sortBy=emails").sort_by.is_some());
    assert_eq!(read("cursor").cursor.as_deref(), Some(""));
    assert_eq!(read("cursor=abc&count=5").cursor.as_deref(), Some("abc"));
    let all = ListQuery::read(&Parameters::of_query("sortBy=members").expect("one"), &user_type(), Types::All);
    assert_eq!(all.expect("a type may lack it").sort_by.expect("kept").to_string(), "members");
}

#[test]
fn trap_249_a_search_request_asks_as_a_query_does() {
    let body = r#"{"schemas":["urn:x"],"attributes":["title","name.givenName"],"filter":"title pr","startIndex":2,
        "count":"10","sortBy":"title","SortOrder":"descending","excludedAttributes":null,"other":{}}"#;
    let asked = Parameters::of_message(&object(body)).expect("a request");
    let asked = ListQuery::read(&asked, &user_type(), Types::One).expect("a query");
    let query =
        "attributes=title,name.givenName&filter=title%20pr&startIndex=2&count=10&sortBy=title&sortOrder=descending";
    assert_eq!(asked, read(query));
    for body in [r#"{"filter":true}"#, r#"{"attributes":[1]}"#, r#"{"count":{}}"#] {
        let error = Parameters::of_message(&object(body)).expect_err(body);
        assert_eq!(error.scim_type, Some(crate::ScimType::InvalidValue), "{body}");
    }
}

#[test]
fn traps_90_91_248_decoding_happens_once() {
    assert_eq!(read("filter=userName+eq+%22a%2Bb%22").filter.expect("one").to_string(), "userName eq \"a+b\"");
    assert_eq!(read("filter=title eq \"%2522\"").filter.expect("one").to_string(), "title eq \"%22\"");
    assert_eq!(read("aadOptscim062020&_=1"), ListQuery::default());
    for query in ["filter=%zz", "filter=%", "x=%ff"] {
        assert!(ListQuery::parse(query, &user_type()).is_err(), "{query}");
    }
}

#[test]
fn traps_216_to_231_projections() {
    assert_eq!(shown("attributes=TITLE", r0()), ["schemas", "id", "title"]);
    assert_eq!(shown("attributes=nothing", r0()), ["schemas", "id"], "rfc-traps 226: it names nothing that is here");
    assert_eq!(shown("excludedAttributes=nothing", r0()), shown("", r0()));
    assert_eq!(shown("attributes=,", r0()), shown("", r0()));
    assert_eq!(
        shown("excludedAttributes=id,schemas,emails,name", r0()),
        ["schemas", "id", "userName", "title", "active"]
    );
    assert_eq!(shown("attributes=name.middleName", r0()), ["schemas", "id"]);
    let kept = read("attributes=emails.value,name.givenName").projection.apply(r0(), &user_type());
    let expected = r#"{"name":{"givenName":"G"},"emails":[{"value":"w@x.io"},{"value":"h@x.io"}]}"#;
    assert_eq!((kept.get("name"), kept.get("emails")), (object(expected).get("name"), object(expected).get("emails")));
    let kept = read("excludedAttributes=emails.type,emails.primary").projection.apply(r0(), &user_type());
    assert_eq!(kept.get("emails"), object(expected).get("emails"));
    let secret = object(r#"{"id":"1","userName":"a","password":"p"}"#);
    assert_eq!(shown("attributes=password", secret.clone()), ["id"]);
    assert_eq!(shown("", secret), ["id", "userName"]);
    let extended = object(r#"{"id":"1","title":"T","E":{"department":"D","division":"V"}}"#);
    let urn = crate::schema::ENTERPRISE_USER;
    assert_eq!(shown(&format!("attributes={urn}"), extended.clone()), ["id", urn]);
    let kept = read(&format!("attributes={urn}:department")).projection.apply(extended.clone(), &user_type());
    assert_eq!(kept.get(urn), object(r#"{"E":{"department":"D"}}"#).get(urn));
    assert_eq!(shown(&format!("excludedAttributes={urn}"), extended), ["id", "title"]);
}
