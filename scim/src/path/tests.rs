use super::*;
use crate::fixture::{user_type, with_extension};
use crate::schema::{ENTERPRISE_USER as E, USER as U};
use crate::{Schema, ScimType};

fn read(text: &str) -> AttributePath {
    AttributePath::parse(text, &user_type()).expect(text)
}

fn parts(path: &AttributePath) -> (Option<&str>, &str, Option<&str>) {
    (path.urn.as_deref(), &path.attribute, path.sub_attribute.as_deref())
}

#[test]
fn paths_print_as_they_were_read() {
    for text in
        ["title", "name.familyName", "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "members.$ref"]
    {
        assert_eq!(read(text).to_string(), text);
    }
    for text in
        [E, &format!("{E}:department"), &format!("{E}:manager.value"), &format!("{U}:name.familyName"), "urn:x:9:a"]
    {
        assert_eq!(read(text).to_string(), text);
    }
}

#[test]
fn trap_6_the_dot_of_a_version_is_no_sub_attribute() {
    assert_eq!(parts(&read(&format!("{E}:manager.value"))), (Some(E), "manager", Some("value")));
    assert_eq!(parts(&read(&format!("{E}:department"))), (Some(E), "department", None));
}

#[test]
fn trap_7_the_urn_is_cut_at_the_longest_known_schema() {
    let schema =
        |id: &str| Schema { id: id.into(), name: String::new(), description: String::new(), attributes: vec![] };
    let known = with_extension(with_extension(user_type(), schema("urn:x:1.0")), schema("urn:x:1.0:User"));
    let read = |text: &str| AttributePath::parse(text, &known).expect(text);
    assert_eq!(parts(&read("urn:x:1.0:User:a")), (Some("urn:x:1.0:User"), "a", None));
    assert_eq!(parts(&read("urn:x:1.0:b")), (Some("urn:x:1.0"), "b", None));
    assert_eq!(parts(&read("urn:y:1.0:User:b.c")), (Some("urn:y:1.0:User"), "b", Some("c")));
}

#[test]
fn trap_8_colons_in_a_filter_value_do_not_separate() {
    let path = read("members[$ref eq \"https://h/v2/Users/1\"]");
    assert_eq!(parts(&path), (None, "members", None));
}

#[test]
fn trap_9_a_urn_alone_is_the_container() {
    assert!(read(E).is_container());
    assert!(read(&E.to_uppercase()).is_container());
    assert_eq!(parts(&read(E)), (Some(E), "", None));
}

#[test]
fn in_an_open_type_the_shape_of_an_unknown_urn_tells() {
    let open = ResourceType { open: true, ..user_type() };
    let path = AttributePath::parse("urn:acme:2.0:User", &open).unwrap();
    assert!(path.is_container());
    assert!(!AttributePath::parse("urn:acme:2.0:User:a", &open).unwrap().is_container());
    assert!(!AttributePath::parse("urn:acme:2.0:User", &user_type()).unwrap().is_container());
}

#[test]
fn entra_writes_a_dot_behind_the_urn() {
    assert_eq!(parts(&read(&format!("{E}.manager.value"))), (Some(E), "manager", Some("value")));
}

#[test]
fn traps_22_23_112_113_115_malformed_paths() {
    for (trap, text) in [
        (22, "2x"),
        (22, "-a"),
        (23, "a.b.c"),
        (23, "emails[type eq \"work\"].a.b"),
        (112, ""),
        (112, "  "),
        (113, "emails[type eq \"work\""),
        (113, "emails[type eq \"work\"]x"),
        (113, "emails[type eq \"work\"]."),
        (113, "a b"),
        (113, "a..b"),
        (113, ".a"),
        (113, "a."),
        (113, ":a"),
        (113, "urn:x:"),
        (113, "name.givenName[type eq \"x\"]"),
        (113, "ä"),
        (115, "emails[0].value"),
        (115, "/emails/0"),
    ] {
        let error = AttributePath::parse(text, &user_type()).expect_err(text);
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidPath)), "{trap} {text}");
    }
}

#[test]
fn traps_94_113_what_is_wrong_inside_the_brackets_is_the_filters() {
    for text in
        ["emails[]", "emails[type zz \"w\"].value", "emails[type eq \"w].value", "emails[a.b eq 1]", "a[b[c pr]]"]
    {
        let error = AttributePath::parse(text, &user_type()).expect_err(text);
        assert_eq!(error.scim_type, Some(ScimType::InvalidFilter), "{text}");
    }
}

#[test]
fn traps_116_117_escapes_and_brackets_inside_strings() {
    let path = read("emails[value eq \"a\\\"b\"]");
    assert_eq!(path.filter.as_deref(), Some(&Filter::equals("value", filter::Literal::String("a\"b".into()))));
    let path = read("emails[value eq \"a].b\"].display");
    assert_eq!(path.filter.as_deref(), Some(&Filter::equals("value", filter::Literal::String("a].b".into()))));
    assert_eq!(parts(&path), (None, "emails", Some("display")));
}

#[test]
fn values_are_read_set_and_taken() {
    let mut user = Object::new();
    read("name.givenName").set(&mut user, "G".into());
    read(&format!("{E}:manager.value")).set(&mut user, "7".into());
    read("title").set(&mut user, "T".into());
    let text = format!(r#"{{"name":{{"givenName":"G"}},"{E}":{{"manager":{{"value":"7"}}}},"title":"T"}}"#);
    assert_eq!(user.to_bytes(), text);
    assert_eq!(read("NAME.GIVENNAME").get(&user), Some(&"G".into()));
    assert_eq!(read("title.x").get(&user), None);
    assert!(read(E).get(&user).is_some());
    assert_eq!(read(&format!("{E}:manager.value")).take(&mut user), Some("7".into()));
    assert_eq!(read("name.x").take(&mut user), None);
    assert_eq!(read("title").take(&mut user), Some("T".into()));
    assert_eq!(user.to_bytes(), r#"{"name":{"givenName":"G"}}"#);
}
