use super::*;
use crate::fixture::{schema, user_type, with_extension};

fn canonical(text: &str, resource_type: &ResourceType) -> Option<String> {
    let path = AttributePath::parse(text, resource_type).expect(text);
    resource_type.canonical(&path).map(|path| path.to_string())
}

#[test]
fn the_built_in_schemas_read_and_print() {
    for (schema, urn) in [(user(), USER), (group(), GROUP), (enterprise_user(), ENTERPRISE_USER)] {
        assert_eq!(schema.id, urn);
        let json = serde_json::to_string(&**schema).unwrap();
        assert_eq!(serde_json::from_str::<Schema>(&json).unwrap(), **schema);
    }
    assert_eq!(common().iter().map(|a| &*a.name).collect::<Vec<_>>(), ["schemas", "id", "externalId", "meta"]);
}

#[test]
fn traps_34_43_49_53_55_prose_wins_over_the_printed_schema() {
    let sub = |attribute: &str, sub: &str| user().attribute(attribute).unwrap().sub(sub).unwrap().clone();
    assert!(sub("x509Certificates", "value").case_exact && sub("photos", "value").case_exact); // 34
    assert!(sub("addresses", "primary").kind == Kind::Boolean); // 43
    let members = group().attribute("members").unwrap();
    assert!(members.sub("display").is_some()); // 43
    assert!(members.sub("value").unwrap().case_exact && sub("groups", "value").case_exact); // 49
    assert!(group().attribute("displayName").unwrap().required); // 53
    assert!(user().attribute("groups").unwrap().is_read_only()); // 55
    assert!(enterprise_user().attribute("manager").unwrap().sub("displayName").unwrap().is_read_only()); // 55
}

#[test]
fn names_resolve_to_their_canonical_form() {
    let other =
        schema(r#"{"id":"urn:x:1.0:User","attributes":[{"name":"title"},{"name":"badge"},{"name":"division"}]}"#);
    let users = with_extension(user_type(), other);
    let upper = |suffix: &str| format!("{}{suffix}", ENTERPRISE_USER.to_uppercase());
    for (trap, text, expected) in [
        (2, "NAME.FAMILYNAME".to_owned(), Some("name.familyName".to_owned())),
        (2, "emails[TYPE eq \"work\"].VALUE".into(), Some("emails[type eq \"work\"].value".into())),
        (5, upper(":Department"), Some(format!("{ENTERPRISE_USER}:department"))),
        (9, upper(""), Some(ENTERPRISE_USER.into())),
        (10, format!("{USER}:name.familyName"), Some("name.familyName".into())),
        (11, format!("{USER}:id"), Some("id".into())),
        (11, format!("{USER}:meta.created"), Some("meta.created".into())),
        (13, "department".into(), Some(format!("{ENTERPRISE_USER}:department"))),
        (13, "manager.value".into(), Some(format!("{ENTERPRISE_USER}:manager.value"))),
        (13, "badge".into(), Some("urn:x:1.0:User:badge".into())),
        (13, "division".into(), None), // two extensions have it
        (13, "title".into(), Some("title".into())),
        (25, "urn:x:1.0:User:title".into(), Some("urn:x:1.0:User:title".into())),
        (25, format!("{ENTERPRISE_USER}:title"), None),
        (114, "nope".into(), None),
        (114, "title.nope".into(), None),
        (114, "name.nope".into(), None),
        (114, "urn:nobody:1.0:User:x".into(), None),
    ] {
        assert_eq!(canonical(&text, &users), expected, "{trap} {text}");
    }
}

#[test]
fn an_open_type_keeps_paths_into_unknown_extensions() {
    let open = ResourceType { open: true, ..user_type() };
    for text in ["urn:nobody:1.0:User:x.y", "urn:nobody:1.0:User"] {
        assert_eq!(canonical(text, &open).as_deref(), Some(text));
    }
    assert_eq!(canonical("nope", &open), None);
    assert_eq!(canonical(&format!("{ENTERPRISE_USER}:nope"), &open), None);
}
