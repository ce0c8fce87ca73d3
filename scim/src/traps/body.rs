use crate::body::{Canonical, require, require_extensions};
use crate::fixture::{canonical, group_type, object, schema, user_type, with_extension};
use crate::schema::ENTERPRISE_USER;
use crate::{ScimType, diff, put};

fn made(body: &str) -> Canonical {
    canonical(object(body), &user_type()).expect(body)
}

#[test]
fn more_traps_on_values() {
    for (trap, body, expected) in [
        (33, r#"{"x509Certificates":[{"value":"AQ\r\n=="}]}"#, r#"{"x509Certificates":[{"value":"AQ=="}]}"#),
        (
            46,
            r#"{"emails":[{"value":"a"},{"value":"a"},{"value":"a","type":"x"}]}"#,
            r#"{"emails":[{"value":"a"},{"value":"a","type":"x"}]}"#,
        ),
        (47, r#"{"emails":[{"value":"a","type":"mobile"}]}"#, r#"{"emails":[{"value":"a","type":"mobile"}]}"#),
        (48, r#"{"nickName":"BoB"}"#, r#"{"nickName":"BoB"}"#),
        (54, r#"{"emails":[{"value":"a","display":"A"}]}"#, r#"{"emails":[{"value":"a","display":"A"}]}"#),
        (55, r#"{"E":{"manager":{"value":"7","displayName":"B"}}}"#, r#"{"E":{"manager":{"value":"7"}}}"#),
        (39, r#"{"emails":[{},null],"name":{"givenName":null}}"#, "{}"),
        (59, r#"{"meta":{"resourceType":"Other"}}"#, "{}"),
        (195, r#"{"id":"7","groups":[{"value":"g"}]}"#, "{}"),
        (11, r#"{"U:externalId":"x"}"#, r#"{"externalId":"x"}"#),
    ] {
        let mut got = made(body).resource;
        got.remove("schemas");
        assert_eq!(got, object(expected), "{trap} {body}");
    }
    for (trap, body) in [
        (31, r#"{"urn:x:1.0:User":{"when":"2011-05-13"}}"#),
        (29, r#"{"urn:x:1.0:User":{"seats":1.0}}"#),
        (29, r#"{"urn:x:1.0:User":{"seats":"1e2"}}"#),
        (41, r#"{"title":[["x"]]}"#),
        (287, r#"{"userName":{"a":1}}"#),
    ] {
        let fields = r#"{"id":"urn:x:1.0:User","attributes":[{"name":"when","type":"dateTime"},{"name":"seats","type":"integer"}]}"#;
        let users = with_extension(user_type(), schema(fields));
        let error = canonical(object(body), &users).expect_err(body);
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue), "{trap} {body}");
    }
}

#[test]
fn what_is_cleared_is_told_once_by_its_canonical_path() {
    let got =
        made(r#"{"TITLE":null,"name":{},"E":{"MANAGER":null},"groups":null,"emails":[{"value":"a","type":null}]}"#);
    assert_eq!(got.cleared, ["title", "name", &format!("{ENTERPRISE_USER}:manager")]);
    assert_eq!(made(r#"{"E":null}"#).cleared, [ENTERPRISE_USER]);
}

#[test]
fn required_extensions_and_parts() {
    let mut users = user_type();
    users.extensions[0].required = true;
    let user = object("{}");
    assert_eq!(require(&user, &users).unwrap_err().detail, "required and missing: userName");
    let missing = require_extensions(&user, &users).unwrap_err().detail;
    assert_eq!(missing, format!("required and missing: {ENTERPRISE_USER}"));
    let schema = schema(
        r#"{"id":"urn:x:1.0:User","attributes":[{"name":"kind","required":true},
            {"name":"keys","type":"complex","multiValued":true,"subAttributes":[{"name":"value","required":true}]}]}"#,
    );
    let users = with_extension(user_type(), schema);
    let missing =
        require_extensions(&object(r#"{"userName":"a","urn:x:1.0:User":{"keys":[{"value":"1"},{"x":1}]}}"#), &users);
    assert_eq!(missing.unwrap_err().detail, "required and missing: urn:x:1.0:User:kind, urn:x:1.0:User:keys.value");
}

#[test]
fn rfc_7643_section_8_examples_are_canonical_already() {
    for (json, resource_type) in [
        (include_str!("../../testdata/rfc7643-8.1-minimal-user.json"), user_type()),
        (include_str!("../../testdata/rfc7643-8.2-full-user.json"), user_type()),
        (include_str!("../../testdata/rfc7643-8.3-enterprise-user.json"), user_type()),
        (include_str!("../../testdata/rfc7643-8.4-group.json"), group_type()),
    ] {
        let before = object(json);
        let got = canonical(before.clone(), &resource_type).expect(json);
        assert_eq!(got.unknown, [""; 0]);
        let after = put::replace(&before, &got.resource, &resource_type).expect(json);
        assert!(diff::same(&before, &after, &resource_type), "{json}");
        assert_eq!(before.get("schemas"), after.get("schemas"));
        assert!(require(&got.resource, &resource_type).is_ok());
    }
}
