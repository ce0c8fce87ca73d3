//! Reading, references, and what is written. The schedule has its own tests.

use super::*;
use crate::fixture::{canonical, decoded, group_type, object, schema, user_type, with_extension};
use crate::{ResourceType, ScimType};

fn bulk(operations: &str) -> Result<BulkRequest, ScimError> {
    read(object(&format!(r#"{{"schemas":["{BULK_REQUEST_URN}"],"Operations":{operations}}}"#)), 3)
}

fn one(operation: &str) -> BulkOperation {
    bulk(&format!("[{operation}]")).expect(operation).operations.remove(0)
}

#[test]
fn an_operation_is_read() {
    let read =
        one(r#"{"METHOD":"post","bulkId":"qwerty","path":"/Users","version":"W/\"1\"","data":{"userName":"Alice"}}"#);
    let asked = read.asked.expect("nothing is wrong");
    assert_eq!((read.method.as_deref(), read.bulk_id.as_deref()), (Some("POST"), Some("qwerty")));
    assert_eq!((asked.method, &*asked.path, asked.version.as_deref()), (Method::Post, "/Users", Some("W/\"1\"")));
    assert_eq!(asked.data.expect("data").str("userName"), Some("Alice"));
}

/// rfc-traps 253, 254, 258, 266, 267: what is wrong with one operation is told as that operation's answer.
#[test]
fn traps_253_254_258_266_267_what_is_wrong_with_one_operation() {
    use ScimType::{InvalidSyntax, InvalidValue};
    let table = [
        (r#"{"method":"POST","path":"/Users","data":{}}"#, InvalidValue),
        (r#"{"method":"POST","bulkId":"","path":"/Users","data":{}}"#, InvalidValue),
        (r#"{"method":"GET","path":"/Users/1"}"#, InvalidValue),
        (r#"{"path":"/Users/1"}"#, InvalidValue),
        (r#"{"method":"DELETE"}"#, InvalidValue),
        (r#"{"method":"DELETE","path":7.5e3,"x":1}"#, InvalidValue),
        (r#"{"method":"DELETE","path":"/Users/1?force=true"}"#, InvalidValue),
        (r#"{"method":"DELETE","path":"/Users/1#x"}"#, InvalidValue),
        (r#"{"method":"PUT","path":"/Users/1"}"#, InvalidSyntax),
        (r#"{"method":"PATCH","path":"/Users/1","data":[]}"#, InvalidSyntax),
    ];
    for (operation, scim_type) in table {
        match one(operation).asked {
            Err(error) => assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "{operation}"),
            Ok(asked) => assert_eq!(&*asked.path, "7.5e+3", "{operation}"),
        }
    }
    let twice = bulk(
        r#"[{"method":"POST","bulkId":"a","path":"/Users","data":{}},{"method":"POST","bulkId":"a","path":"/Groups","data":{}},
            {"method":"PUT","bulkId":"a","path":"/Users/1","data":{}}]"#,
    );
    let right: Vec<bool> = twice.expect("a request").operations.iter().map(|one| one.asked.is_ok()).collect();
    assert_eq!(right, [true, false, true]);
    let long = one(&format!(r#"{{"method":"{}","path":"/"}}"#, "X".repeat(1000)));
    assert_eq!(long.method.expect("as it was written").len(), MAX_METHOD);
}

/// rfc-traps 263, 264.
#[test]
fn traps_254_263_264_what_is_wrong_with_the_whole() {
    let four = format!("[{}]", [r#"{"method":"DELETE","path":"/Users/1"}"#; 4].join(","));
    let error = bulk(&four).expect_err("too many");
    assert_eq!((error.status, error.detail.contains("maxOperations (3)")), (413, true), "{error}");
    for broken in ["null", "{}", "[]", "[1]", "[null]", "\"[]\""] {
        let error = bulk(broken).expect_err(broken);
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidSyntax)), "{broken}");
    }
    let with = |errors: &str| {
        read(object(&format!(r#"{{"failOnErrors":{errors},"Operations":[{{}}]}}"#)), 3).map(|read| read.fail_on_errors)
    };
    for (errors, expected) in [("1", Some(1)), ("\"2\"", Some(2)), ("0", None), ("null", None)] {
        assert_eq!(with(errors).expect(errors), expected);
    }
    for wrong in ["-1", "1.5", "true", "[]", "\"many\""] {
        assert_eq!(with(wrong).expect_err(wrong).scim_type, Some(ScimType::InvalidValue), "{wrong}");
    }
}

/// A resource type whose extension has references of all kinds.
fn users() -> ResourceType {
    let extension = r#"{"id":"urn:x:1.0:User","attributes":[
        {"name":"badge","type":"reference","referenceTypes":["Badge"]},
        {"name":"site","type":"reference","referenceTypes":["external"]},
        {"name":"mates","type":"complex","multiValued":true,"subAttributes":[
            {"name":"value"},{"name":"$ref","type":"reference","referenceTypes":["User"]},{"name":"note"}]}]}"#;
    with_extension(ResourceType { open: true, ..user_type() }, schema(extension))
}

fn ids(bulk_id: &str) -> Option<Text> {
    (bulk_id != "nobody").then(|| format!("id-{bulk_id}").into())
}

/// rfc-traps 259: every position that names a resource, and none that does not.
#[test]
fn trap_259_references_in_resources() {
    let body = r#"{"schemas":["U"],"userName":"bulkId:a","displayName":"bulkId:a","emails":[{"value":"bulkId:a"}],
        "profileUrl":"https://x/bulkId:a",
        "E":{"manager":{"value":"bulkId:m","displayName":"bulkId:m"}},
        "urn:x:1.0:User":{"badge":"bulkId:b","site":"bulkId:b",
            "mates":[{"value":"BulkId:c","$ref":"../Users/bulkId:c","note":"bulkId:c"},"bulkId:d",{"value":"plain"}]},
        "urn:y:2.0:User":{"any":["bulkId:e",{"x":"bulkId:e"}],"other":"about bulkId:e"}}"#;
    let mut resource = canonical(object(body), &users()).expect(body).resource;
    resolve(Data::Resource(&mut resource), &users(), ids).expect("all are created");
    let expected = r#"{"schemas":["U","E","urn:x:1.0:User","urn:y:2.0:User"],"userName":"bulkId:a","displayName":"bulkId:a",
        "emails":[{"value":"bulkId:a"}],"profileUrl":"https://x/bulkId:a",
        "E":{"manager":{"value":"id-m"}},
        "urn:x:1.0:User":{"badge":"id-b","site":"bulkId:b",
            "mates":[{"value":"id-c","$ref":"../Users/id-c","note":"bulkId:c"},{"value":"id-d"},{"value":"plain"}]},
        "urn:y:2.0:User":{"any":["id-e",{"x":"id-e"}],"other":"about bulkId:e"}}"#;
    crate::fixture::assert_same_json(&resource, &object(expected), "references");
}

#[test]
fn trap_259_references_in_patches() {
    let message = object(
        r#"{"Operations":[
        {"op":"add","path":"members","value":[{"value":"bulkId:a"},"bulkId:b"]},
        {"op":"remove","path":"members[value eq \"bulkId:c\" or not (value eq \"bulkId:d\")]"},
        {"op":"remove","path":"members","value":[{"value":"bulkId:e"}]},
        {"op":"replace","path":"members[value eq \"bulkId:f\"].value","value":"bulkId:g"},
        {"op":"replace","path":"displayName","value":"bulkId:h"},
        {"op":"add","value":{"members":{"value":"bulkId:i"},"externalId":"bulkId:j"}}]}"#,
    );
    let mut patch = decoded(&message, "1", &group_type()).expect("a PATCH");
    resolve(Data::Operations(&mut patch.operations), &group_type(), ids).expect("all are created");
    let text = String::from_utf8(crate::patch::encode(&patch.operations).to_bytes().to_vec()).expect("UTF-8");
    for created in ["a", "b", "c", "d", "e", "f", "g", "i"] {
        assert!(text.contains(&format!("id-{created}")), "{created}: {text}");
    }
    assert!(!text.contains("id-h") && !text.contains("id-j"), "{text}");
    let manager = object(
        r#"{"Operations":[{"op":"replace","path":"E:manager","value":"bulkId:m"},
        {"op":"replace","path":"E:manager.value","value":"bulkId:m"}]}"#,
    );
    let mut patch = decoded(&manager, "1", &user_type()).expect("a PATCH");
    resolve(Data::Operations(&mut patch.operations), &user_type(), ids).expect("all are created");
    assert!(!format!("{:?}", patch.operations).contains("bulkId"), "{patch:?}");
}

/// rfc-traps 260, 262: never stored as it stands.
#[test]
fn traps_260_262_what_was_not_created_is_409() {
    let mut group = object(r#"{"members":[{"value":"bulkId:here"},{"value":"bulkId:nobody"}]}"#);
    let error = resolve(Data::Resource(&mut group), &group_type(), ids).expect_err("nobody");
    assert_eq!((error.status, error.scim_type), (409, None));
    assert!(error.detail.contains("nobody"), "{error}");
    assert!(resolve(Data::Nothing, &group_type(), |_| None).is_ok());
}

#[test]
fn what_is_a_reference() {
    for (text, expected) in [
        ("bulkId:a", Some("a")),
        ("BULKID:a/b", Some("a/b")),
        ("https://x/Users/bulkId:a", Some("a")),
        ("bulkId:", None),
        ("bulkId", None),
        ("see bulkId:a", None),
        ("bülkId:a", None),
        ("", None),
    ] {
        assert_eq!(bulk_id(text), expected, "{text}");
    }
}

/// rfc-traps 26, 255, 257, 258: statuses are strings, a failure carries its error, the bulkId comes back.
#[test]
fn traps_26_255_257_258_the_answer() {
    let made = Answer {
        location: Some("https://x/Users/1".into()),
        method: Some("POST".into()),
        bulk_id: Some("q".into()),
        version: Some("W/\"1\"".into()),
        status: 201,
        response: None,
    };
    let failed = Answer {
        location: None,
        version: None,
        status: 409,
        response: Some(ScimError::uniqueness("taken")),
        ..made.clone()
    };
    let text = message(&[made, failed]);
    let expected = format!(
        "{}{}{}",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":["#,
        r#"{"location":"https://x/Users/1","method":"POST","bulkId":"q","version":"W/\"1\"","status":"201"},"#,
        r#"{"method":"POST","bulkId":"q","status":"409","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"taken"}}]}"#,
    );
    assert_eq!(std::str::from_utf8(&text).expect("UTF-8"), expected);
}
