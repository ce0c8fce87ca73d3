use crate::fixture::{
    assert_same_json, canonical, decoded, g0, group_type, object, r0, schema, user_type, with_extension,
};
use crate::patch::{MAX_OPERATIONS, PATCH_URN, apply, encode};
use crate::schema::{ENTERPRISE_USER as E, Extension, GROUP as G, USER as U};
use crate::{AttributePath, Object, Op, PatchOp, ResourceType, ScimError, ScimType, Text, Value};

/// Users with the Enterprise extension and one for what the RFC's schemas do not have.
fn users() -> ResourceType {
    with_extension(
        user_type(),
        schema(
            r#"{"id":"urn:x:1.0:User","attributes":[
                {"name":"tags","multiValued":true},{"name":"badge","mutability":"immutable"},
                {"name":"title"},{"name":"seats","type":"integer"}]}"#,
        ),
    )
}

/// Sends operations in the notation `op path value`, the last two optional; or a JSON array of them.
fn patched(before: &Object, operations: &str, resource_type: &ResourceType) -> Result<Object, ScimError> {
    let id = before.str("id").unwrap_or_default().to_owned();
    let patch = decoded(&message(operations), &id, resource_type)?;
    let untouched = before.clone();
    let result = apply(before, &patch.operations, resource_type);
    assert_eq!(*before, untouched);
    result
}

fn message(operations: &str) -> Object {
    object(&format!("{{\"schemas\":[\"{PATCH_URN}\"],\"Operations\":[{operations}]}}"))
}

fn op(op: &str, path: &str, value: &str) -> String {
    let path =
        if path.is_empty() { String::new() } else { format!(",\"path\":{}", serde_json::to_string(path).unwrap()) };
    let value = if value.is_empty() { String::new() } else { format!(",\"value\":{value}") };
    format!("{{\"op\":\"{op}\"{path}{value}}}")
}

/// What the result must hold: members of the resource that differ from the one before. `null` means gone.
fn changed(before: Object, changes: &str) -> Object {
    let mut expected = before;
    for (name, value) in object(changes) {
        match value {
            Value::Null => drop(expected.remove(&name)),
            value => expected.insert(name, value),
        }
    }
    expected
}

fn check(trap: u16, before: Object, operations: &str, changes: &str) {
    let users = if before.contains("userName") { users() } else { group_type() };
    let result = patched(&before, operations, &users).unwrap_or_else(|error| panic!("{trap} {operations}: {error}"));
    assert_same_json(&result, &changed(before, changes), &format!("{trap} {operations}"));
}

fn refuse(trap: u16, before: Object, operations: &str, scim_type: ScimType) {
    let users = if before.contains("userName") { users() } else { group_type() };
    let error = patched(&before, operations, &users).expect_err(&format!("{trap} {operations}"));
    assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "{trap} {operations}: {error}");
}

/// R0 with members changed.
fn user(changes: &str) -> Object {
    changed(r0(), changes)
}

const EMAILS: &str = r#"{"value":"w@x.io","type":"work","primary":true},{"value":"h@x.io","type":"home"}"#;

#[test]
fn names_and_containers() {
    check(
        2,
        r0(),
        &op("replace", "NAME.FamilyName", "\"Z\""),
        r#"{"name":{"givenName":"G","familyName":"Z","formatted":"G F"}}"#,
    );
    let with_e = || user(r#"{"schemas":["U","E"],"E":{"department":"D"}}"#);
    check(9, with_e(), &op("replace", E, r#"{"division":"V"}"#), r#"{"E":{"department":"D","division":"V"}}"#);
    check(
        9,
        with_e(),
        &op("add", &E.to_uppercase(), r#"{"division":"V"}"#),
        r#"{"E":{"department":"D","division":"V"}}"#,
    );
    let z = r#"{"name":{"givenName":"G","familyName":"Z","formatted":"G F"}}"#;
    check(10, r0(), &op("add", &format!("{U}:name.familyName"), "\"Z\""), z);
    check(10, r0(), &op("add", U, r#"{"name":{"familyName":"Z"}}"#), z);
    check(11, r0(), &op("add", &format!("{U}:externalId"), "\"x\""), r#"{"externalId":"x"}"#);
    check(13, r0(), &op("add", "department", "\"D\""), r#"{"schemas":["U","E"],"E":{"department":"D"}}"#);
    check(
        25,
        r0(),
        &op("add", "urn:x:1.0:User:title", "\"B\""),
        r#"{"schemas":["U","urn:x:1.0:User"],"urn:x:1.0:User":{"title":"B"}}"#,
    );
}

#[test]
fn values_by_type() {
    check(28, r0(), &op("Replace", "active", "\"False\""), r#"{"active":false}"#);
    check(
        30,
        r0(),
        &op("add", &format!("{E}:employeeNumber"), "701984"),
        r#"{"schemas":["U","E"],"E":{"employeeNumber":"701984"}}"#,
    );
    check(40, r0(), &op("add", "active", "false"), r#"{"active":false}"#);
    check(41, r0(), &op("replace", "title", "[\"X\"]"), r#"{"title":"X"}"#);
    refuse(27, r0(), &op("replace", "active", "\"no\""), ScimType::InvalidValue);
    refuse(29, r0(), &op("add", "urn:x:1.0:User:seats", "1.0"), ScimType::InvalidValue);
    refuse(29, r0(), &op("add", "urn:x:1.0:User:seats", "1e2"), ScimType::InvalidValue);
    refuse(41, r0(), &op("replace", "title", "[\"X\",\"Y\"]"), ScimType::InvalidValue);
    refuse(52, r0(), &op("replace", "userName", "\"\""), ScimType::InvalidValue);
}

#[test]
fn shape_of_the_message() {
    for (trap, text) in [
        (107, r#"{"Operations":[]}"#),
        (107, r#"{}"#),
        (287, r#"{"Operations":{}}"#),
        (107, r#"{"Operations":[1]}"#),
        (109, r#"{"Operations":[{"op":"move","path":"title","value":"x"}]}"#),
        (109, r#"{"Operations":[{"op":"test","path":"title","value":"x"}]}"#),
        (109, r#"{"Operations":[{"operation":"delete","path":"title"}]}"#),
    ] {
        let error = decoded(&object(text), "1", &users()).expect_err(text);
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidSyntax)), "{trap} {text}");
    }
    refuse(110, r0(), &op("remove", "", ""), ScimType::NoTarget);
    refuse(110, r0(), r#"{"op":"remove","value":{"title":null}}"#, ScimType::NoTarget);
    refuse(111, r0(), &op("add", "title", ""), ScimType::InvalidValue);
    refuse(111, r0(), &op("add", "", ""), ScimType::InvalidValue);
    check(112, r0(), r#"{"op":"add","path":"","value":{"title":"X"}}"#, r#"{"title":"X"}"#);
    check(112, r0(), r#"{"op":"add","path":null,"value":{"title":"X"}}"#, r#"{"title":"X"}"#);
    refuse(112, r0(), r#"{"op":"remove","path":null}"#, ScimType::NoTarget);
    refuse(113, r0(), &op("remove", "emails[type eq \"work\"", ""), ScimType::InvalidPath);
    refuse(113, r0(), &op("replace", "emails[type zz \"w\"].value", "\"x\""), ScimType::InvalidFilter);
    refuse(114, r0(), &op("add", "nope", "1"), ScimType::InvalidPath);
    refuse(114, r0(), &op("add", "emails.nope", "1"), ScimType::InvalidPath);
    refuse(114, r0(), &op("remove", "urn:nobody:1.0:User:a", ""), ScimType::InvalidPath);
    refuse(114, r0(), &op("remove", "emails[nope eq 1]", ""), ScimType::InvalidFilter);
    refuse(115, r0(), &op("remove", "emails[0].value", ""), ScimType::InvalidPath);
    refuse(115, r0(), &op("remove", "/emails/0", ""), ScimType::InvalidPath);
    refuse(118, r0(), &op("add", "", "[1]"), ScimType::InvalidValue);
    refuse(118, r0(), &op("add", "", "\"x\""), ScimType::InvalidValue);
    refuse(118, r0(), &op("replace", "", "null"), ScimType::InvalidValue);
    check(119, r0(), &op("add", "", "{}"), "{}");
    refuse(121, r0(), &op("replace", "name[givenName eq \"G\"].familyName", "\"x\""), ScimType::InvalidPath);
}

#[test]
fn traps_4_106_108_names_and_verbs_in_any_case() {
    let patch = decoded(&object(r#"{"operations":[{"OP":"Add","PATH":"TITLE","Value":"x"}]}"#), "1", &users()).unwrap();
    let expected =
        PatchOp { op: Op::Add, path: AttributePath::attribute("title"), value: Some("x".into()), explicit: true };
    assert_eq!(patch.operations, [expected]);
}

#[test]
fn traps_116_117_strings_in_paths() {
    let odd = |value: &str| user(&format!(r#"{{"emails":[{{"value":{value},"type":"work"}}]}}"#));
    check(116, odd(r#""a\"b""#), r#"{"op":"remove","path":"emails[value eq \"a\\\"b\"]"}"#, r#"{"emails":null}"#);
    check(
        117,
        odd(r#""a].b""#),
        &op("replace", "emails[value eq \"a].b\"].display", "\"D\""),
        r#"{"emails":[{"value":"a].b","type":"work","display":"D"}]}"#,
    );
}

#[test]
fn trap_120_keys_of_pathless_values() {
    let e = r#"{"schemas":["U","E"],"E":{"department":"D"}}"#;
    check(120, r0(), &op("add", "", r#"{"E":{"department":"D"}}"#), e);
    check(120, r0(), &op("add", "", r#"{"E:department":"D"}"#), e);
    check(120, r0(), &op("replace", "", &format!(r#"{{"{E}.department":"D"}}"#)), e);
    check(
        120,
        r0(),
        &op("replace", "", r#"{"name.givenName":"A","name.familyName":"B"}"#),
        r#"{"name":{"givenName":"A","familyName":"B","formatted":"G F"}}"#,
    );
    check(
        120,
        r0(),
        &op("add", "", r#"{"emails[type eq \"home\"].display":"D","emails[type eq \"other\"].value":"o@x.io"}"#),
        &format!(
            r#"{{"emails":[{},{{"value":"h@x.io","type":"home","display":"D"}},{{"type":"other","value":"o@x.io"}}]}}"#,
            EMAILS.split_inclusive('}').next().unwrap()
        ),
    );
}

#[test]
fn what_no_schema_knows_in_a_pathless_value_is_listed() {
    let text =
        op("add", "", r#"{"nope":1,"title":"X","E":{"nope":1},"urn:y:1.0:User":{"a":1},"name":{"nope":1},"2x":1}"#);
    let patch = decoded(&message(&text), "1", &users()).unwrap();
    assert_eq!(patch.operations.len(), 1);
    assert_eq!(patch.unknown, ["nope", &format!("{E}:nope"), "urn:y:1.0:User", "name.nope", "2x"]);
}

#[test]
fn traps_122_123_124_filters_on_plain_values_and_sequences() {
    let tagged =
        |tags: &str| user(&format!(r#"{{"schemas":["U","urn:x:1.0:User"],"urn:x:1.0:User":{{"tags":[{tags}]}}}}"#));
    check(
        122,
        tagged(r#""a","b""#),
        &op("remove", "urn:x:1.0:User:tags[value eq \"a\"]", ""),
        r#"{"urn:x:1.0:User":{"tags":["b"]}}"#,
    );
    check(
        139,
        tagged(r#""a""#),
        &op("add", "urn:x:1.0:User:tags", r#"["a","b"]"#),
        r#"{"urn:x:1.0:User":{"tags":["a","b"]}}"#,
    );
    check(
        139,
        tagged(r#""a""#),
        &op("add", "urn:x:1.0:User:tags", r#""b""#),
        r#"{"urn:x:1.0:User":{"tags":["a","b"]}}"#,
    );
    check(
        182,
        tagged(r#""a","b""#),
        &op("remove", "urn:x:1.0:User:tags", r#"["b"]"#),
        r#"{"urn:x:1.0:User":{"tags":["a"]}}"#,
    );
    let both = [op("remove", "emails[type eq \"work\"]", ""), op("replace", "emails[type eq \"work\"].value", "\"x\"")];
    refuse(123, r0(), &both.join(","), ScimType::NoTarget);
    refuse(
        124,
        r0(),
        &[op("replace", "title", "\"X\""), op("replace", "userName", "null")].join(","),
        ScimType::Mutability,
    );
}

#[test]
fn add() {
    check(130, r0(), &op("add", "title", "\"T2\""), r#"{"title":"T2"}"#);
    check(131, r0(), &op("add", "nickName", "\"N\""), r#"{"nickName":"N"}"#);
    let merged = r#"{"name":{"givenName":"G","familyName":"F","formatted":"G F","middleName":"M"}}"#;
    check(132, r0(), &op("add", "name", r#"{"middleName":"M"}"#), merged);
    check(132, r0(), &op("add", "", r#"{"name":{"middleName":"M"}}"#), merged);
    check(133, user(r#"{"name":null}"#), &op("add", "name.givenName", "\"G\""), r#"{"name":{"givenName":"G"}}"#);
    let new = r#"{"value":"n@x.io","type":"other"}"#;
    let three = format!(r#"{{"emails":[{EMAILS},{new}]}}"#);
    check(134, r0(), &op("add", "emails", &format!("[{new}]")), &three);
    check(135, r0(), &op("add", "emails", new), &three);
    check(136, r0(), &op("add", "emails", r#"[{"value":"h@x.io","type":"home"}]"#), "{}");
    check(
        137,
        r0(),
        &op("add", "emails", r#"{"value":"h@x.io","type":"other"}"#),
        &format!(r#"{{"emails":[{EMAILS},{{"value":"h@x.io","type":"other"}}]}}"#),
    );
    check(137, g0(), &op("add", "members", r#"[{"value":"u1","display":"x"}]"#), "{}");
    check(
        49,
        g0(),
        &op("add", "members", r#"[{"value":"U1"}]"#),
        r#"{"members":[{"value":"u1"},{"value":"u2"},{"value":"U1"}]}"#,
    );
    check(138, r0(), &op("add", "emails", &format!(r#"[{new},{{"value":"h@x.io","type":"home"}}]"#)), &three);
    check(
        140,
        r0(),
        &op("add", "emails", r#"[{"value":"n@x.io","type":"other","primary":true}]"#),
        r#"{"emails":[{"value":"w@x.io","type":"work","primary":false},{"value":"h@x.io","type":"home"},
            {"value":"n@x.io","type":"other","primary":true}]}"#,
    );
    refuse(
        141,
        r0(),
        &op("add", "emails", r#"[{"value":"a","primary":true},{"value":"b","primary":true}]"#),
        ScimType::InvalidValue,
    );
    let displayed = r#"{"emails":[{"value":"w@x.io","type":"work","primary":true},{"value":"h@x.io","type":"home","display":"D"}]}"#;
    check(142, r0(), &op("add", "emails[type eq \"home\"]", r#"{"display":"D"}"#), displayed);
    check(143, r0(), &op("add", "emails[type eq \"home\"].display", "\"D\""), displayed);
    check(
        144,
        r0(),
        &op("add", "emails[type eq \"other\"].value", "\"o@x.io\""),
        &format!(r#"{{"emails":[{EMAILS},{{"type":"other","value":"o@x.io"}}]}}"#),
    );
    refuse(145, r0(), &op("add", "emails[type eq \"a\" or type eq \"b\"].value", "\"x\""), ScimType::NoTarget);
    refuse(145, r0(), &op("add", "emails[type co \"zz\"].value", "\"x\""), ScimType::NoTarget);
    refuse(145, r0(), &op("add", "emails[not (value pr)].value", "\"x\""), ScimType::NoTarget);
    // What later operations would not find again is not what the filter describes.
    refuse(146, r0(), &op("add", "emails[type eq \"a\"].type", "\"b\""), ScimType::NoTarget);
    refuse(146, r0(), &op("add", "emails[type eq \"a\"]", r#"{"value":"x","type":"b"}"#), ScimType::NoTarget);
    refuse(146, r0(), &op("add", "urn:x:1.0:User:tags[value eq \"a\"]", "\"b\""), ScimType::NoTarget);
    let work = [
        op("add", "addresses[type eq \"work\"].locality", "\"X\""),
        op("add", "addresses[type eq \"work\"].country", "\"US\""),
    ];
    check(146, r0(), &work.join(","), r#"{"addresses":[{"type":"work","locality":"X","country":"US"}]}"#);
    check(
        147,
        user(r#"{"roles":[{"value":"a","primary":false}]}"#),
        &op("add", "roles[primary eq \"True\"].value", "\"admin\""),
        r#"{"roles":[{"value":"a","primary":false},{"primary":true,"value":"admin"}]}"#,
    );
    check(
        148,
        r0(),
        &op("add", "emails.display", "\"D\""),
        r#"{"emails":[{"value":"w@x.io","type":"work","primary":true,"display":"D"},{"value":"h@x.io","type":"home","display":"D"}]}"#,
    );
    refuse(148, user(r#"{"emails":null}"#), &op("add", "emails.display", "\"D\""), ScimType::NoTarget);
    check(
        151,
        r0(),
        &op("add", &format!("{E}:department"), "\"D\""),
        r#"{"schemas":["U","E"],"E":{"department":"D"}}"#,
    );
    check(152, r0(), &op("add", "title", "null"), "{}");
    check(152, r0(), &op("add", "emails", "[]"), "{}");
    check(152, r0(), &op("add", "", r#"{"title":null}"#), "{}");
}

#[test]
fn traps_149_150_mutability_in_add() {
    let badge =
        |badge: &str| user(&format!(r#"{{"schemas":["U","urn:x:1.0:User"],"urn:x:1.0:User":{{"badge":"{badge}"}}}}"#));
    let path = "urn:x:1.0:User:badge";
    check(149, r0(), &op("add", path, "\"1\""), r#"{"schemas":["U","urn:x:1.0:User"],"urn:x:1.0:User":{"badge":"1"}}"#);
    check(149, badge("1"), &op("add", path, "\"1\""), "{}");
    check(149, badge("1"), &op("replace", path, "\"1\""), "{}");
    refuse(149, badge("1"), &op("add", path, "\"2\""), ScimType::Mutability);
    refuse(149, badge("1"), &op("remove", path, ""), ScimType::Mutability);
    check(149, r0(), &op("remove", path, ""), "{}");
    refuse(150, r0(), &op("add", "id", "\"1\""), ScimType::Mutability);
    refuse(150, r0(), &op("add", "id", "\"2\""), ScimType::Mutability);
    refuse(150, r0(), &op("add", "groups", "[{\"value\":\"g\"}]"), ScimType::Mutability);
    refuse(150, r0(), &op("add", "meta.created", "\"2011-05-13T04:42:34Z\""), ScimType::Mutability);
    refuse(150, r0(), &op("replace", &format!("{E}:manager.displayName"), "\"x\""), ScimType::Mutability);
}

#[test]
fn replace() {
    check(154, r0(), &op("replace", "emails", r#"[{"value":"n@x.io"}]"#), r#"{"emails":[{"value":"n@x.io"}]}"#);
    let merged = r#"{"name":{"givenName":"Q","familyName":"F","formatted":"G F"}}"#;
    check(155, r0(), &op("replace", "name", r#"{"givenName":"Q"}"#), merged);
    check(156, r0(), &op("replace", "", r#"{"name":{"givenName":"Q"}}"#), merged);
    check(157, r0(), &op("replace", "nickName", "\"N\""), r#"{"nickName":"N"}"#);
    check(
        157,
        user(r#"{"emails":null}"#),
        &op("replace", "emails", &format!("[{EMAILS}]")),
        &format!(r#"{{"emails":[{EMAILS}]}}"#),
    );
    check(
        158,
        r0(),
        &op("replace", "name.middleName", "\"M\""),
        r#"{"name":{"givenName":"G","familyName":"F","formatted":"G F","middleName":"M"}}"#,
    );
    refuse(159, r0(), &op("replace", "emails[type eq \"fax\"].value", "\"x\""), ScimType::NoTarget);
    refuse(
        159,
        user(r#"{"emails":null}"#),
        &op("replace", "emails[type eq \"work\"].value", "\"x\""),
        ScimType::NoTarget,
    );
    check(
        160,
        r0(),
        &op("replace", "emails[value ew \"x.io\"].display", "\"D\""),
        r#"{"emails":[{"value":"w@x.io","type":"work","primary":true,"display":"D"},{"value":"h@x.io","type":"home","display":"D"}]}"#,
    );
    check(
        161,
        r0(),
        &op("replace", "emails[type eq \"work\"]", r#"{"value":"w2@x.io"}"#),
        r#"{"emails":[{"value":"w2@x.io","type":"work","primary":true},{"value":"h@x.io","type":"home"}]}"#,
    );
    let other = op("replace", "emails[type eq \"work\"].type", "\"other\"");
    check(
        162,
        r0(),
        &other,
        r#"{"emails":[{"value":"w@x.io","type":"other","primary":true},{"value":"h@x.io","type":"home"}]}"#,
    );
    refuse(162, r0(), &[other.clone(), other].join(","), ScimType::NoTarget);
    check(
        163,
        r0(),
        &op("replace", "emails[type eq \"home\"].primary", "true"),
        r#"{"emails":[{"value":"w@x.io","type":"work","primary":false},{"value":"h@x.io","type":"home","primary":true}]}"#,
    );
    check(
        164,
        r0(),
        &op("replace", "emails[type eq \"work\"].primary", "false"),
        r#"{"emails":[{"value":"w@x.io","type":"work","primary":false},{"value":"h@x.io","type":"home"}]}"#,
    );
    refuse(165, r0(), &op("replace", "emails[value ew \"x.io\"].primary", "true"), ScimType::InvalidValue);
    check(
        166,
        r0(),
        &op("replace", "emails.display", "\"D\""),
        r#"{"emails":[{"value":"w@x.io","type":"work","primary":true,"display":"D"},{"value":"h@x.io","type":"home","display":"D"}]}"#,
    );
}

#[test]
fn replace_by_nothing() {
    check(167, r0(), &op("replace", "title", "null"), r#"{"title":null}"#);
    check(167, r0(), &op("replace", "", r#"{"title":null}"#), r#"{"title":null}"#);
    check(
        167,
        r0(),
        &op("replace", "name", r#"{"givenName":null,"familyName":"Z"}"#),
        r#"{"name":{"familyName":"Z","formatted":"G F"}}"#,
    );
    check(
        167,
        r0(),
        &op("replace", "emails[type eq \"work\"]", r#"{"primary":null}"#),
        r#"{"emails":[{"value":"w@x.io","type":"work"},{"value":"h@x.io","type":"home"}]}"#,
    );
    check(168, r0(), &op("replace", "emails", "[]"), r#"{"emails":null}"#);
    let home = r#"{"emails":[{"value":"h@x.io","type":"home"}]}"#;
    check(168, r0(), &op("replace", "emails[type eq \"work\"]", "[]"), home);
    check(152, r0(), &op("add", "emails[type eq \"work\"]", "[]"), "{}");
    refuse(169, r0(), &op("replace", "userName", "null"), ScimType::Mutability);
    refuse(169, r0(), &op("replace", "", r#"{"userName":null}"#), ScimType::Mutability);
    let with_e =
        || user(r#"{"schemas":["U","E"],"E":{"department":"D","manager":{"value":"7","$ref":"x","displayName":"B"}}}"#);
    let cleared = r#"{"E":{"department":"D"}}"#;
    for value in [r#""""#, r#"{"value":""}"#, r#"{"value":null}"#, "null", "[]", r#"{"value":"","$ref":null}"#] {
        check(167, with_e(), &op("replace", &format!("{E}:manager"), value), cleared);
    }
    check(
        170,
        with_e(),
        &op("replace", "", r#"{"E":{"department":"X"}}"#),
        r#"{"E":{"department":"X","manager":{"value":"7","$ref":"x","displayName":"B"}}}"#,
    );
    check(171, with_e(), &op("replace", E, "null"), r#"{"schemas":["U"],"E":null}"#);
    check(171, with_e(), &op("replace", "", r#"{"E":null}"#), r#"{"schemas":["U"],"E":null}"#);
    check(171, with_e(), &op("replace", E, "{}"), "{}");
}

#[test]
fn traps_172_173_members() {
    check(172, g0(), &op("replace", "members", r#"[{"value":"u2"},{"value":"u1"}]"#), "{}");
    refuse(173, g0(), &op("replace", "members[value eq \"u1\"].value", "\"u9\""), ScimType::Mutability);
    refuse(173, g0(), &op("replace", "members[value eq \"u1\"]", r#"{"value":"u9"}"#), ScimType::Mutability);
    check(
        173,
        g0(),
        &op("add", "members[value eq \"u1\"].display", "\"D\""),
        r#"{"members":[{"value":"u1","display":"D"},{"value":"u2"}]}"#,
    );
    let swap = [op("remove", "members", ""), op("add", "members", r#"[{"value":"u3"}]"#)];
    check(192, g0(), &swap.join(","), r#"{"members":[{"value":"u3"}]}"#);
    refuse(192, r0(), &[op("remove", "userName", ""), op("add", "userName", "\"b\"")].join(","), ScimType::Mutability);
}

#[test]
fn trap_174_readonly_in_a_pathless_value() {
    check(
        174,
        r0(),
        &op("replace", "", r#"{"id":"1","schemas":["U"],"meta":{"created":"x"},"title":"X"}"#),
        r#"{"title":"X"}"#,
    );
    refuse(174, r0(), &op("replace", "", r#"{"id":"2","title":"X"}"#), ScimType::Mutability);
    let grouped = || user(r#"{"groups":[{"value":"g1","display":"Eng"}]}"#);
    check(
        174,
        grouped(),
        &op("replace", "", r#"{"groups":[{"value":"g1","display":"Eng"}],"title":"X"}"#),
        r#"{"title":"X"}"#,
    );
    refuse(174, grouped(), &op("replace", "", r#"{"groups":[{"value":"g2"}]}"#), ScimType::Mutability);
    check(175, r0(), &op("replace", "password", "\"s\""), r#"{"password":"s"}"#);
}

#[test]
fn remove() {
    check(176, r0(), &op("remove", "title", ""), r#"{"title":null}"#);
    check(176, r0(), &op("remove", "nickName", ""), "{}");
    check(177, r0(), &op("remove", "name.formatted", ""), r#"{"name":{"givenName":"G","familyName":"F"}}"#);
    check(177, user(r#"{"name":{"givenName":"G"}}"#), &op("remove", "name.givenName", ""), r#"{"name":null}"#);
    check(178, g0(), &op("remove", "members", ""), r#"{"members":null}"#);
    check(179, r0(), &op("remove", "emails[type eq \"work\"]", ""), r#"{"emails":[{"value":"h@x.io","type":"home"}]}"#);
    check(179, r0(), &op("remove", "emails[value pr]", ""), r#"{"emails":null}"#);
    check(
        180,
        r0(),
        &op("remove", "emails[type eq \"work\"].value", ""),
        r#"{"emails":[{"type":"work","primary":true},{"value":"h@x.io","type":"home"}]}"#,
    );
    check(
        180,
        user(r#"{"emails":[{"value":"a"}]}"#),
        &op("remove", "emails[value eq \"a\"].value", ""),
        r#"{"emails":null}"#,
    );
    check(181, g0(), &op("remove", "members[value eq \"u9\"]", ""), "{}");
    for value in [r#"[{"value":"u1"}]"#, r#"["u1"]"#, r#""u1""#, r#"{"value":"u1"}"#, r#"{"members":[{"value":"u1"}]}"#]
    {
        check(182, g0(), &op("Remove", "members", value), r#"{"members":[{"value":"u2"}]}"#);
    }
    check(182, g0(), &op("remove", "members", r#"[{"value":"u9"}]"#), "{}");
    check(182, g0(), &op("remove", "members", r#"[{"value":"U1"}]"#), "{}");
    check(182, g0(), &op("remove", "members", r#"[{"value":""}]"#), "{}");
    check(
        182,
        g0(),
        &op("remove", "members[value eq \"u1\"]", r#"[{"value":"u2"}]"#),
        r#"{"members":[{"value":"u2"}]}"#,
    );
    check(
        182,
        r0(),
        &op("remove", "emails", r#"[{"type":"work"}]"#),
        r#"{"emails":[{"value":"h@x.io","type":"home"}]}"#,
    );
    check(183, g0(), &op("remove", "members", "null"), r#"{"members":null}"#);
    check(183, g0(), &op("remove", "members", "[]"), "{}");
    let with_e = || user(r#"{"schemas":["U","E"],"E":{"department":"D"}}"#);
    check(183, with_e(), &op("remove", E, "{}"), "{}");
    check(183, with_e(), &op("remove", E, "[]"), "{}");
    check(183, with_e(), &op("remove", E, "null"), r#"{"schemas":["U"],"E":null}"#);
    refuse(183, with_e(), &op("remove", E, "\"department\""), ScimType::InvalidValue);
    refuse(184, r0(), &op("remove", "userName", ""), ScimType::Mutability);
    refuse(184, g0(), &op("remove", "displayName", ""), ScimType::Mutability);
    for path in ["id", "meta", "groups"] {
        refuse(185, r0(), &op("remove", path, ""), ScimType::Mutability);
    }
    check(
        186,
        r0(),
        &op("remove", "emails.type", ""),
        r#"{"emails":[{"value":"w@x.io","primary":true},{"value":"h@x.io"}]}"#,
    );
    check(190, r0(), &op("remove", "emails[primary eq true]", ""), r#"{"emails":[{"value":"h@x.io","type":"home"}]}"#);
}

#[test]
fn extensions_and_schemas() {
    let with_e = || user(r#"{"schemas":["U","E"],"E":{"department":"D"}}"#);
    let without = r#"{"schemas":["U"],"E":null}"#;
    check(187, with_e(), &op("remove", E, ""), without);
    check(188, with_e(), &op("remove", &format!("{E}:department"), ""), without);
    check(
        18,
        user(r#"{"E":{"department":"D"}}"#),
        &op("add", "title", "\"X\""),
        r#"{"schemas":["U","E"],"title":"X"}"#,
    );
    check(19, user(r#"{"schemas":["E","U"]}"#), &op("add", "title", "\"X\""), r#"{"schemas":["U"],"title":"X"}"#);
    refuse(191, r0(), &op("remove", "schemas", ""), ScimType::Mutability);
    refuse(191, r0(), &op("remove", U, ""), ScimType::Mutability);
    refuse(191, r0(), &op("replace", "schemas", r#"["E"]"#), ScimType::Mutability);
    refuse(191, r0(), &op("remove", &format!("schemas[value eq \"{}\"]", U.to_uppercase()), ""), ScimType::Mutability);
    check(191, with_e(), &op("remove", &format!("schemas[value eq \"{E}\"]"), ""), "{}");
    check(191, with_e(), &op("replace", "schemas", r#"["U"]"#), "{}");
    check(191, r0(), &op("add", "schemas", r#"["E"]"#), "{}");
    let mut required = user_type();
    required.extensions = vec![Extension { required: true, ..required.extensions.remove(0) }];
    for path in [E.to_owned(), format!("{E}:department")] {
        let error = patched(&with_e(), &op("remove", &path, ""), &required).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::Mutability), "189 {path}");
    }
}

#[test]
fn a_new_manager_does_not_keep_the_old_ref() {
    let before = || user(r#"{"schemas":["U","E"],"E":{"manager":{"value":"7","$ref":"../Users/7"}}}"#);
    let after = r#"{"E":{"manager":{"value":"8"}}}"#;
    check(0, before(), &op("replace", &format!("{E}:manager"), r#"{"value":"8"}"#), after);
    check(0, before(), &op("replace", &format!("{E}:manager"), r#""8""#), after);
    check(0, before(), &op("replace", &format!("{E}:manager.value"), r#""8""#), after);
    let without_id = || user(r#"{"schemas":["U","E"],"E":{"manager":{"$ref":"../Users/8"}}}"#);
    let both = r#"{"E":{"manager":{"value":"8","$ref":"../Users/8"}}}"#;
    check(0, without_id(), &op("add", &format!("{E}:manager.value"), r#""8""#), both);
    let added = op("add", "members[$ref eq \"../Users/u3\"].value", "\"u3\"");
    let members = r#"{"members":[{"value":"u1"},{"value":"u2"},{"$ref":"../Users/u3","value":"u3"}]}"#;
    check(144, g0(), &added, members);
}

#[test]
fn an_open_type_takes_operations_on_unknown_extensions() {
    let open = ResourceType { open: true, ..user_type() };
    let run = |before: &Object, operations: &str| patched(before, operations, &open).expect(operations);
    let added = run(&r0(), &op("add", "urn:y:1.0:User:a", "{\"b\":1}"));
    assert_same_json(&added, &user(r#"{"schemas":["U","urn:y:1.0:User"],"urn:y:1.0:User":{"a":{"b":1}}}"#), "add");
    let merged = run(&added, &op("replace", "", r#"{"urn:y:1.0:User":{"a":{"c":2},"d":[1]}}"#));
    let expected = r#"{"schemas":["U","urn:y:1.0:User"],"urn:y:1.0:User":{"a":{"b":1,"c":2},"d":[1]}}"#;
    assert_same_json(&merged, &user(expected), "merge");
    assert_same_json(&run(&merged, &op("remove", "urn:y:1.0:User", "")), &r0(), "remove");
    assert_same_json(&run(&added, &op("replace", "urn:y:1.0:User:a", "null")), &r0(), "remove the last");
}

#[test]
fn the_number_of_operations_is_bounded() {
    let many = vec![op("add", "title", "\"x\""); MAX_OPERATIONS + 1].join(",");
    assert_eq!(decoded(&message(&many), "1", &users()).unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
    let wide: Vec<String> =
        (0..=MAX_OPERATIONS).map(|n| format!("\"emails[type eq \\\"{n}\\\"].value\":\"x\"")).collect();
    let wide = format!("{{{}}}", wide.join(","));
    let spread = op("add", "", &wide);
    assert_eq!(decoded(&message(&spread), "1", &users()).unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
    assert_eq!(canonical(object(&wide), &users()).unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
}

#[test]
fn many_members_are_removed_in_time() {
    let members = |range: std::ops::Range<u32>| -> String {
        range.map(|n| format!("{{\"value\":\"u{n}\"}}")).collect::<Vec<_>>().join(",")
    };
    let group = changed(g0(), &format!("{{\"members\":[{}]}}", members(0..20_000)));
    let result =
        patched(&group, &op("remove", "members", &format!("[{}]", members(1..20_000))), &group_type()).unwrap();
    assert_same_json(&result, &changed(g0(), r#"{"members":[{"value":"u0"}]}"#), "182");
    let result = patched(&result, &op("add", "members", &format!("[{}]", members(0..20_000))), &group_type()).unwrap();
    assert_eq!(result.get("members").unwrap().as_array().unwrap().len(), 20_000);
}

#[test]
fn rfc_7644_section_3_5_2_examples() {
    let member = r#"[{"display":"Babs Jensen","$ref":"https://example.com/v2/Users/2819c223","value":"2819c223"}]"#;
    check(
        0,
        g0(),
        &op("add", "members", member),
        &format!(r#"{{"members":[{{"value":"u1"}},{{"value":"u2"}},{}]}}"#, &member[1..member.len() - 1]),
    );
    check(
        0,
        r0(),
        &op("add", "", r#"{"emails":[{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}"#),
        &format!(r#"{{"emails":[{EMAILS},{{"value":"babs@jensen.org","type":"home"}}],"nickName":"Babs"}}"#),
    );
    check(0, g0(), &op("remove", "members[value eq \"u1\"]", ""), r#"{"members":[{"value":"u2"}]}"#);
    check(
        0,
        r0(),
        &op("remove", "emails[type eq \"work\" and value ew \"x.io\"]", ""),
        r#"{"emails":[{"value":"h@x.io","type":"home"}]}"#,
    );
    let swap = [op("remove", "members", ""), op("add", "members", member)];
    check(0, g0(), &swap.join(","), &format!(r#"{{"members":{member}}}"#));
    let addressed =
        || user(r#"{"addresses":[{"type":"work","streetAddress":"1 A St"},{"type":"home","streetAddress":"2 B St"}]}"#);
    let work = r#"{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","primary":true}"#;
    check(
        0,
        addressed(),
        &op("replace", "addresses[type eq \"work\"]", work),
        &format!(r#"{{"addresses":[{work},{{"type":"home","streetAddress":"2 B St"}}]}}"#),
    );
    check(
        0,
        addressed(),
        &op("replace", "addresses[type eq \"work\"].streetAddress", "\"1010 Broadway Ave\""),
        r#"{"addresses":[{"type":"work","streetAddress":"1010 Broadway Ave"},{"type":"home","streetAddress":"2 B St"}]}"#,
    );
    check(
        0,
        r0(),
        &op(
            "replace",
            "",
            r#"{"emails":[{"value":"bjensen@example.com","type":"work","primary":true}],"nickname":"Babs"}"#,
        ),
        r#"{"emails":[{"value":"bjensen@example.com","type":"work","primary":true}],"nickName":"Babs"}"#,
    );
}

#[test]
fn operations_encode_as_a_message_that_decodes_to_them() {
    let text = [
        op("add", "title", "\"X\""),
        op("remove", "emails[type eq \"work\"].display", ""),
        op("Replace", &format!("{E}:manager"), "\"7\""),
    ];
    let operations = decoded(&message(&text.join(",")), "1", &users()).unwrap().operations;
    let encoded = encode(&operations);
    assert_eq!(encoded.get("schemas").unwrap().as_array().unwrap(), [Value::from(PATCH_URN)]);
    assert_eq!(decoded(&encoded, "1", &users()).unwrap().operations, operations);
    let verbs: Vec<&str> = operations.iter().map(|operation| operation.op.as_str()).collect();
    assert_eq!(verbs, ["add", "remove", "replace"]);
    assert_eq!(Text::from(G), G);
}
