use crate::fixture::{assert_same_json, canonical, object, r0, schema, user_type, with_extension};
use crate::put::replace;
use crate::schema::ENTERPRISE_USER as E;
use crate::{Object, ResourceType, ScimError, ScimType, Value, diff};

fn users() -> ResourceType {
    let extension = r#"{"id":"urn:x:1.0:User","attributes":[
        {"name":"badge","mutability":"immutable"},{"name":"hint","returned":"request"}]}"#;
    with_extension(user_type(), schema(extension))
}

fn put(current: &Object, body: &str) -> Result<Object, ScimError> {
    replace(current, &canonical(object(body), &users())?.resource, &users())
}

fn with(changes: &str) -> Object {
    let mut user = r0();
    object(changes).into_iter().for_each(|(name, value)| user.insert(name, value));
    user
}

#[test]
fn traps_201_202_203_206_210_what_is_kept_and_what_goes() {
    let current = with(
        r#"{"password":"p","meta":{"created":"2011-05-13T04:42:34Z"},"groups":[{"value":"g"}],
            "urn:x:1.0:User":{"hint":"h"},"schemas":["U","urn:x:1.0:User"],"vendorThing":1}"#,
    );
    let after = put(&current, r#"{"schemas":["U"],"userName":"Beta","id":"9","groups":[],"title":null}"#).unwrap();
    let expected = object(
        r#"{"schemas":["U","urn:x:1.0:User"],"id":"1","userName":"Beta","active":true,"password":"p","vendorThing":1,
            "meta":{"created":"2011-05-13T04:42:34Z"},"groups":[{"value":"g"}],"urn:x:1.0:User":{"hint":"h"}}"#,
    );
    assert_same_json(&after, &expected, "202");
}

#[test]
fn a_leaver_does_not_come_back() {
    let leaver = with(r#"{"active":false}"#);
    assert_eq!(put(&leaver, r#"{"userName":"Alpha"}"#).unwrap().get("active"), Some(&Value::Bool(false)));
    assert_eq!(put(&leaver, r#"{"userName":"Alpha","active":true}"#).unwrap().get("active"), Some(&Value::Bool(true)));
}

#[test]
fn trap_204_immutable() {
    let badge = |badge: &str| format!(r#"{{"userName":"Alpha","urn:x:1.0:User":{{"badge":"{badge}"}}}}"#);
    let set = put(&r0(), &badge("1")).unwrap();
    assert_eq!(put(&set, &badge("1")).unwrap(), set);
    assert_eq!(put(&set, r#"{"userName":"Alpha"}"#).unwrap().get("urn:x:1.0:User"), set.get("urn:x:1.0:User"));
    assert_eq!(put(&set, &badge("2")).unwrap_err().scim_type, Some(ScimType::Mutability));
}

#[test]
fn trap_205_required() {
    let error = put(&r0(), r#"{"title":"x"}"#).unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)));
    assert!(error.detail.contains("userName"));
}

#[test]
fn trap_207_an_extension_left_out_is_cleared() {
    let current = with(r#"{"schemas":["U","E"],"E":{"department":"D"}}"#);
    let after = put(&current, r#"{"userName":"Alpha"}"#).unwrap();
    assert!(!after.contains(E));
    assert_eq!(after.get("schemas"), r0().get("schemas"));
}

#[test]
fn trap_209_what_get_returned_changes_nothing() {
    let current = with(
        r#"{"schemas":["U","E"],"meta":{"resourceType":"User"},"groups":[{"value":"g","display":"Eng"}],
            "E":{"manager":{"value":"7","$ref":"../Users/7","displayName":"B"}}}"#,
    );
    let after = put(&current, std::str::from_utf8(&current.to_bytes()).unwrap()).unwrap();
    assert!(diff::same(&current, &after, &users()));
    assert!(diff::diff(&current, &after, &users()).is_empty());
    assert_same_json(&after, &current, "209");
}
