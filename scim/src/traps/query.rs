use crate::fixture::{g0, group_type, object, schema, user_type, with_extension};
use crate::query::MAX_PATHS;
use crate::schema::{ENTERPRISE_USER as E, USER as U};
use crate::{ListQuery, Object, ResourceType};

fn read(query: &str) -> ListQuery {
    ListQuery::parse(query, &user_type()).expect(query)
}

fn cut(query: &str, resource: &str) -> Object {
    let mut kept = read(query).projection.apply(object(resource), &types());
    kept.remove("schemas");
    kept.remove("id");
    kept
}

/// Users with an attribute that is returned on request, and one that always is.
fn types() -> ResourceType {
    let extension = r#"{"id":"urn:x:1.0:User","attributes":[
        {"name":"hint","returned":"request"},{"name":"kind","returned":"always"},{"name":"title"},
        {"name":"keys","type":"complex","multiValued":true,"subAttributes":[
            {"name":"value","returned":"always"},{"name":"secret","returned":"never"},{"name":"note"}]}]}"#;
    with_extension(user_type(), schema(extension))
}

fn extended(query: &str, extension: &str) -> String {
    let query = ListQuery::parse(query, &types()).expect(query);
    let user = object(&format!(r#"{{"schemas":["U"],"id":"1","title":"T","urn:x:1.0:User":{extension}}}"#));
    let kept = query.projection.apply(user, &types());
    String::from_utf8(kept.to_bytes().to_vec()).unwrap().split_once("\"id\":\"1\"").unwrap().1.to_owned()
}

#[test]
fn characteristics_hold() {
    let x = r#"{"hint":"h","kind":"k","title":"X","keys":[{"value":"1","secret":"s","note":"n"}]}"#;
    for (trap, query, expected) in [
        (222, "", r#","title":"T","urn:x:1.0:User":{"kind":"k","title":"X","keys":[{"value":"1","note":"n"}]}}"#),
        (222, "attributes=hint", r#","urn:x:1.0:User":{"hint":"h","kind":"k"}}"#),
        (25, "attributes=urn:x:1.0:User:title", r#","urn:x:1.0:User":{"kind":"k","title":"X"}}"#),
        (221, "attributes=keys.secret", r#","urn:x:1.0:User":{"kind":"k","keys":[{"value":"1"}]}}"#),
        (220, "excludedAttributes=urn:x:1.0:User", r#","title":"T","urn:x:1.0:User":{"kind":"k"}}"#),
        (
            219,
            "excludedAttributes=keys.note,keys.value,title",
            r#","urn:x:1.0:User":{"kind":"k","title":"X","keys":[{"value":"1"}]}}"#,
        ),
        (
            224,
            "attributes=urn:x:1.0:User",
            r#","urn:x:1.0:User":{"hint":"h","kind":"k","title":"X","keys":[{"value":"1","note":"n"}]}}"#,
        ),
    ] {
        assert_eq!(extended(query, x), expected, "{trap} {query}");
    }
}

#[test]
fn traps_20_216_to_231_projections() {
    let user = r#"{"schemas":["U","E"],"id":"1","userName":"a","title":"T","name":{"givenName":"a","familyName":"b"},
        "meta":{"resourceType":"User","location":"l"},"emails":[{"value":"v","type":"t"},{"type":"t"}],
        "E":{"department":"D","manager":{"value":"7","displayName":"B"}}}"#;
    for (trap, query, expected) in [
        (216, "attributes=title", r#"{"title":"T"}"#),
        (217, "attributes=name.givenName", r#"{"name":{"givenName":"a"}}"#),
        (217, "attributes=emails.value", r#"{"emails":[{"value":"v"}]}"#),
        (218, "attributes=emails", r#"{"emails":[{"value":"v","type":"t"},{"type":"t"}]}"#),
        (218, "attributes=name.givenName,name", r#"{"name":{"givenName":"a","familyName":"b"}}"#),
        (219, "attributes=meta", r#"{"meta":{"resourceType":"User","location":"l"}}"#),
        (224, "attributes=E:department,U:title", r#"{"title":"T","E":{"department":"D"}}"#),
        (224, "attributes=title&attributes=+userName", r#"{"userName":"a","title":"T"}"#),
        (224, "attributes=E:manager.value", r#"{"E":{"manager":{"value":"7"}}}"#),
        (225, "attributes=USERNAME", r#"{"userName":"a"}"#),
        (226, "attributes=nope,title", r#"{"title":"T"}"#),
        (226, "attributes=nope", "{}"),
        (226, "attributes=%20,", user),
        (226, "excludedAttributes=nope", user),
        (231, "attributes=name.middleName", "{}"),
    ] {
        let query = query.replace("=E:", &format!("={}:", E)).replace("U:", &format!("{}:", U));
        let mut expected = object(expected);
        expected.remove("schemas");
        expected.remove("id");
        assert_eq!(cut(&query, user), expected, "{trap} {query}");
    }
    let kept = cut("excludedAttributes=meta.location,emails.type,name,E", user);
    assert_eq!(kept.get("meta"), object(r#"{"m":{"resourceType":"User"}}"#).get("m"), "219");
    assert_eq!(kept.get("emails"), object(r#"{"m":[{"value":"v"}]}"#).get("m"), "219");
    let group =
        ListQuery::parse("excludedAttributes=members", &group_type()).unwrap().projection.apply(g0(), &group_type());
    assert_eq!(group.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["schemas", "id", "displayName"], "229");
}

#[test]
fn parameters_that_are_wrong() {
    use crate::ScimType::{InvalidCount, InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue};
    for (trap, query, scim_type) in [
        (223, "attributes=title&excludedAttributes=title", InvalidValue),
        (223, "attributes=nope&excludedAttributes=title", InvalidValue),
        (238, "count=abc", InvalidValue),
        (318, "cursor=&count=201", InvalidCount),
        (318, "count=-1&cursor=x", InvalidCount),
        (238, "startIndex=1.0", InvalidValue),
        (238, "startIndex=-", InvalidValue),
        (245, "sortBy=title&sortOrder=up", InvalidValue),
        (245, "sortBy=nope", InvalidPath),
        (245, "sortBy=emails[type pr]", InvalidPath),
        (96, "filter=userName%20regex%20%22a%22", InvalidFilter),
        (91, "filter=%2", InvalidSyntax),
        (91, "filter=%C3", InvalidSyntax),
    ] {
        let error = ListQuery::parse(query, &user_type()).expect_err(query);
        assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "{trap} {query}");
    }
}

#[test]
fn numbers_order_and_strangers() {
    for (trap, query, start, count) in
        [(238, "startIndex=&count=", None, None), (248, "_=123&aadOptscim062020&&=x&count=5", None, Some(5))]
    {
        assert_eq!((read(query).start_index, read(query).count), (start, count), "{trap} {query}");
    }
    let sorted = read("SORTBY=Emails.VALUE&sortorder=Descending");
    assert_eq!((sorted.sort_by.unwrap().to_string(), sorted.descending), ("emails.value".to_owned(), true));
    assert_eq!(read("sortBy=emails").sort_by.unwrap().to_string(), "emails");
    let many = vec!["title"; MAX_PATHS + 1].join(",");
    assert!(ListQuery::parse(&format!("attributes={many}"), &user_type()).is_err());
}
