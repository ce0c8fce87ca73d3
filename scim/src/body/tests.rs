use super::*;
use crate::ScimType;
use crate::fixture::{group_type, object, user_type, value};
use crate::schema::{ENTERPRISE_USER, USER};

fn made(body: &str) -> Canonical {
    canonical(object(body), &user_type(), Quirks::default()).expect(body)
}

fn refused(body: &str) -> Option<ScimType> {
    canonical(object(body), &user_type(), Quirks::default())
        .and_then(|made| require(&made.resource, &user_type()))
        .expect_err(body)
        .scim_type
}

#[test]
fn traps_1_13_names_get_the_schemas_spelling_and_place() {
    let got = made(
        r#"{"schemas":["U"],"USERNAME":"a","name":{"GIVENNAME":"G"},"department":"D","E:division":"V","U:title":"T"}"#,
    );
    assert_eq!(
        got.resource,
        object(
            r#"{"schemas":["U","E"],"userName":"a","name":{"givenName":"G"},"title":"T","E":{"department":"D","division":"V"}}"#
        )
    );
}

#[test]
fn traps_12_14_to_19_schemas() {
    assert_eq!(refused(r#"{"schemas":["U"],"U":{"userName":"a"}}"#), Some(ScimType::InvalidSyntax));
    assert_eq!(refused(r#"{"schemas":["E"],"userName":"a","E":{"department":"d"}}"#), Some(ScimType::InvalidSyntax));
    assert_eq!(refused(r#"{"schemas":[1],"userName":"a"}"#), Some(ScimType::InvalidSyntax));
    let schemas = |body: &str| made(body).resource.get("schemas").cloned();
    assert_eq!(schemas(r#"{"userName":"a"}"#), Some(value(&format!("[\"{USER}\"]"))));
    assert_eq!(
        schemas(r#"{"schemas":["E","U","urn:nobody:1.0:X"],"userName":"a"}"#),
        Some(value(&format!("[\"{USER}\"]")))
    );
    assert_eq!(made(r#"{"schemas":["E","U"],"userName":"a"}"#).listed, [ENTERPRISE_USER]);
    assert_eq!(
        schemas(r#"{"schemas":["U"],"userName":"a","E":{"department":"d"}}"#),
        Some(value(&format!("[\"{USER}\",\"{ENTERPRISE_USER}\"]")))
    );
}

#[test]
fn trap_24_what_no_schema_knows_is_left_out_and_named() {
    let got = made(r#"{"userName":"a","foo":1,"name":{"nick":"x"},"E":{"salary":1},"urn:nobody:1.0:X":{"a":1}}"#);
    assert_eq!(got.resource, object(r#"{"schemas":["U"],"userName":"a"}"#));
    let salary = format!("{ENTERPRISE_USER}:salary");
    assert_eq!(got.unknown, ["foo", "name.nick", &*salary, "urn:nobody:1.0:X"]);
}

#[test]
fn traps_27_to_46_values() {
    let cases = [
        ("27 booleans", r#"{"userName":"a","active":"True"}"#, r#"{"userName":"a","active":true}"#),
        ("28 false is false", r#"{"userName":"a","active":"False"}"#, r#"{"userName":"a","active":false}"#),
        ("30 digits as written", r#"{"userName":"a","nickName":701984}"#, r#"{"userName":"a","nickName":"701984"}"#),
        ("37 null and []", r#"{"userName":"a","title":null,"emails":[]}"#, r#"{"userName":"a"}"#),
        ("38 the empty string is a value", r#"{"userName":"a","title":""}"#, r#"{"userName":"a","title":""}"#),
        ("39 the empty object is none", r#"{"userName":"a","name":{}}"#, r#"{"userName":"a"}"#),
        ("41 one element is unwrapped", r#"{"userName":["a"]}"#, r#"{"userName":"a"}"#),
        (
            "42 one object is wrapped",
            r#"{"userName":"a","emails":{"value":"x"}}"#,
            r#"{"userName":"a","emails":[{"value":"x"}]}"#,
        ),
        (
            "bare strings",
            r#"{"userName":"a","emails":["x",{"value":"y"}]}"#,
            r#"{"userName":"a","emails":[{"value":"x"},{"value":"y"}]}"#,
        ),
        (
            "55 59 195 readOnly is ignored",
            r#"{"userName":"a","id":"7","meta":{"resourceType":"X"},"groups":[{"value":"g"}]}"#,
            r#"{"userName":"a"}"#,
        ),
    ];
    for (what, body, expected) in cases {
        let mut got = made(body).resource;
        got.remove("schemas");
        assert_eq!(got, object(expected), "{what}");
    }
    let manager = made(r#"{"userName":"a","E":{"manager":"u2"}}"#).resource;
    assert_eq!(manager.get(ENTERPRISE_USER), Some(&value(r#"{"manager":{"value":"u2"}}"#)));
    for empty in [r#""""#, r#"{"value":""}"#, "null"] {
        let got = made(&format!(r#"{{"userName":"a","manager":{empty}}}"#));
        assert_eq!(got.resource.get(ENTERPRISE_USER), None, "{empty}");
        assert_eq!(got.cleared, [format!("{ENTERPRISE_USER}:manager")], "{empty}");
    }
    for wrong in [
        r#"{"userName":5.0e1,"active":"maybe"}"#,
        r#"{"userName":"a","active":1}"#,
        r#"{"userName":["a","b"]}"#,
        r#"{"userName":"a","emails":[["x"]]}"#,
        r#"{"userName":"a","name":"x"}"#,
        r#"{"userName":true}"#,
        r#"{"userName":"a","emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}"#,
        r#"{"userName":"a","x509Certificates":[{"value":"?"}]}"#,
        r#"{"userName":"a","E":[]}"#,
    ] {
        assert_eq!(refused(wrong), Some(ScimType::InvalidValue), "{wrong}");
    }
}

#[test]
fn traps_52_53_205_required() {
    for body in [r#"{"title":"a"}"#, r#"{"userName":""}"#, r#"{"userName":null}"#] {
        assert_eq!(refused(body), Some(ScimType::InvalidValue), "{body}");
    }
    let group = canonical(object(r#"{"members":[]}"#), &group_type(), Quirks::default()).expect("a group");
    assert!(require(&group.resource, &group_type()).expect_err("no name").detail.contains("displayName"));
}

#[test]
fn an_open_type_takes_no_extension_that_is_no_urn() {
    let open = ResourceType { open: true, ..user_type() };
    for name in ["urn:title", "x:title", "x"] {
        let body = object(&format!(r#"{{"userName":"a","{name}":"b"}}"#));
        let got = canonical(body, &open, Quirks::default()).expect("valid");
        assert_eq!((got.resource.len(), got.unknown), (2, vec![name.to_owned()]), "{:?}", got.resource);
    }
}

#[test]
fn open_types_keep_unknown_extensions() {
    let open = ResourceType { open: true, ..user_type() };
    let got = canonical(object(r#"{"userName":"a","urn:x:1.0:User":{"a":{"b":[1]}}}"#), &open, Quirks::default())
        .expect("a user");
    assert_eq!(got.resource.get("urn:x:1.0:User"), Some(&value(r#"{"a":{"b":[1]}}"#)));
    assert_eq!(got.resource.get("schemas"), Some(&value(&format!("[\"{USER}\",\"urn:x:1.0:User\"]"))));
}
