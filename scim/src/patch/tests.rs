use super::*;
use crate::fixture::{g0, group_type, object, r0, user_type};
use crate::schema::ENTERPRISE_USER;
use crate::{Quirks, ResourceType, ScimError, ScimType};

/// Applies operations as a client writes them; `E:` at the beginning of a path stands for the extension's URN.
fn patched(resource: &Object, operations: &str, resource_type: &ResourceType) -> Result<Object, ScimError> {
    let message = format!(r#"{{"schemas":["{PATCH_URN}"],"Operations":{operations}}}"#);
    let id = resource.str("id").unwrap_or_default().to_owned();
    let patch = decode(&object(&message), &id, resource_type, Quirks::default())?;
    apply(resource, &patch.operations, resource_type)
}

fn user(operations: &str) -> Result<Object, ScimError> {
    patched(&r0(), operations, &user_type())
}

/// `R0` with some members changed; `null` takes one away.
fn r0_with(changes: &str) -> Object {
    let mut resource = r0();
    for (name, value) in object(changes) {
        match value {
            Value::Null => drop(resource.remove(&name)),
            value => resource.insert(name, value),
        }
    }
    resource
}

#[track_caller]
fn becomes(trap: &str, operations: &str, changes: &str) {
    let got = user(operations).unwrap_or_else(|error| panic!("trap {trap}: {error}"));
    let wanted = r0_with(changes);
    let sort = |object: Object| {
        let mut members: Vec<_> = object.into_iter().collect();
        members.sort_by(|a, b| a.0.cmp(&b.0));
        Object::from_iter(members)
    };
    assert_eq!(sort(got), sort(wanted), "trap {trap}: {operations}");
}

#[track_caller]
fn is_refused(trap: &str, operations: &str, scim_type: ScimType) {
    let error = user(operations).expect_err(trap);
    assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "trap {trap}: {error}");
}

#[test]
fn traps_106_to_123_the_request() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, NoTarget};
    let cases = [
        ("107", "[]", InvalidSyntax),
        ("107", "{}", InvalidSyntax),
        ("109", r#"[{"op":"move","path":"title","value":"x"}]"#, InvalidSyntax),
        ("109", r#"[{"operation":"delete","path":"title"}]"#, InvalidSyntax),
        ("109", "[1]", InvalidSyntax),
        ("110", r#"[{"op":"remove"}]"#, NoTarget),
        ("111", r#"[{"op":"add","path":"title"}]"#, InvalidValue),
        ("111", r#"[{"op":"replace","path":"title"}]"#, InvalidValue),
        ("112", r#"[{"op":"remove","path":""}]"#, NoTarget),
        ("112", r#"[{"op":"remove","path":null}]"#, NoTarget),
        ("113", r#"[{"op":"replace","path":"emails[type eq \"work\"","value":"x"}]"#, InvalidPath),
        ("113", r#"[{"op":"replace","path":"emails[type zz \"w\"].value","value":"x"}]"#, InvalidFilter),
        ("113", r#"[{"op":"replace","path":5,"value":"x"}]"#, InvalidPath),
        ("114", r#"[{"op":"replace","path":"noSuch","value":"x"}]"#, InvalidPath),
        ("115", r#"[{"op":"replace","path":"emails[0].value","value":"x"}]"#, InvalidFilter),
        ("115", r#"[{"op":"replace","path":"/emails/0","value":"x"}]"#, InvalidPath),
        ("118", r#"[{"op":"replace","value":["x"]}]"#, InvalidValue),
        ("118", r#"[{"op":"add","value":"x"}]"#, InvalidValue),
        ("121", r#"[{"op":"replace","path":"name[givenName eq \"G\"].familyName","value":"x"}]"#, InvalidPath),
        ("23", r#"[{"op":"replace","path":"name.givenName.x","value":"x"}]"#, InvalidPath),
        ("27", r#"[{"op":"replace","path":"active","value":"maybe"}]"#, InvalidValue),
    ];
    for (trap, operations, scim_type) in cases {
        let error = user(operations).expect_err(operations);
        let either = error.scim_type == Some(scim_type) || trap == "115" && error.scim_type == Some(InvalidPath);
        assert!(error.status == 400 && either, "trap {trap}: {operations}: {error}");
    }
    becomes("119", r#"[{"op":"replace","value":{}}]"#, "{}");
    becomes("108", r#"[{"op":"Replace","path":"title","value":"x"}]"#, r#"{"title":"x"}"#);
    becomes("106 112", r#"[{"OP":"ADD","Path":null,"VALUE":{"title":"x"},"name":"addMember"}]"#, r#"{"title":"x"}"#);
    let lower = object(r#"{"operations":[{"op":"remove","path":"title"}]}"#);
    assert_eq!(decode(&lower, "1", &user_type(), Quirks::default()).expect("trap 4").operations.len(), 1);
    let many = format!("[{}]", vec![r#"{"op":"remove","path":"title"}"#; MAX_OPERATIONS + 1].join(","));
    is_refused("bound", &many, InvalidSyntax);
}

#[test]
fn traps_2_9_10_13_120_names() {
    becomes(
        "2",
        r#"[{"op":"replace","path":"NAME.FamilyName","value":"Z"}]"#,
        r#"{"name":{"givenName":"G","familyName":"Z","formatted":"G F"}}"#,
    );
    becomes(
        "10",
        r#"[{"op":"add","path":"U:name.familyName","value":"Z"}]"#,
        r#"{"name":{"givenName":"G","familyName":"Z","formatted":"G F"}}"#,
    );
    let with_urn = r#"{"schemas":["U","E"],"E":{"department":"D"}}"#;
    for operations in [
        r#"[{"op":"add","path":"E:department","value":"D"}]"#,
        r#"[{"op":"add","path":"department","value":"D"}]"#,
        r#"[{"op":"add","path":"E","value":{"department":"D"}}]"#,
        r#"[{"op":"add","value":{"E":{"department":"D"}}}]"#,
        r#"[{"op":"replace","value":{"E:department":"D"}}]"#,
        r#"[{"op":"replace","value":{"department":"D","unknown":1}}]"#,
    ] {
        becomes("9 13 120 151 18", operations, with_urn);
    }
    becomes(
        "120",
        r#"[{"op":"replace","value":{"name.givenName":"Q","title":"x"}}]"#,
        r#"{"title":"x","name":{"givenName":"Q","familyName":"F","formatted":"G F"}}"#,
    );
}

#[test]
fn traps_116_117_text_in_literals_is_text() {
    let message = r#"{"Operations":[{"op":"add","path":"emails","value":[{"value":"a].b","type":"other"},{"value":"a\"b"}]},
        {"op":"replace","path":"emails[value eq \"a].b\"].display","value":"D"},
        {"op":"remove","path":"emails[value eq \"a\\\"b\"]"}]}"#;
    let patch = decode(&object(message), "1", &user_type(), Quirks::default()).expect("a patch");
    let got = apply(&r0(), &patch.operations, &user_type()).expect("applied");
    let last = got.get("emails").and_then(Value::as_array).and_then(<[Value]>::last).cloned();
    assert_eq!(last, Some(Value::Object(object(r#"{"value":"a].b","type":"other","display":"D"}"#))));
}

#[test]
fn traps_123_124_in_order_and_all_or_none() {
    let operations = r#"[{"op":"remove","path":"emails[type eq \"work\"]"},
        {"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}]"#;
    is_refused("123", operations, ScimType::NoTarget);
    is_refused(
        "124",
        r#"[{"op":"replace","path":"title","value":"x"},{"op":"remove","path":"userName"}]"#,
        ScimType::Mutability,
    );
    is_refused(
        "192",
        r#"[{"op":"remove","path":"userName"},{"op":"add","path":"userName","value":"x"}]"#,
        ScimType::Mutability,
    );
}

const WORK: &str = r#"{"value":"w@x.io","type":"work","primary":true}"#;
const HOME: &str = r#"{"value":"h@x.io","type":"home"}"#;

fn emails(elements: &[&str]) -> String {
    format!(r#"{{"emails":[{}]}}"#, elements.join(","))
}

#[test]
fn traps_130_to_153_add() {
    becomes("130", r#"[{"op":"add","path":"title","value":"T2"}]"#, r#"{"title":"T2"}"#);
    becomes("131", r#"[{"op":"add","path":"nickName","value":"N"}]"#, r#"{"nickName":"N"}"#);
    let merged = r#"{"name":{"givenName":"G","familyName":"F","formatted":"G F","middleName":"M"}}"#;
    becomes("132", r#"[{"op":"add","path":"name","value":{"middleName":"M"}}]"#, merged);
    becomes("132", r#"[{"op":"add","value":{"name":{"middleName":"M"}}}]"#, merged);
    let nameless = r0_with(r#"{"name":null}"#);
    let got = patched(&nameless, r#"[{"op":"add","path":"name.givenName","value":"G"}]"#, &user_type()).expect("133");
    assert_eq!(got.get("name"), Some(&Value::Object(object(r#"{"givenName":"G"}"#))));
    let new = r#"{"value":"n@x.io","type":"other"}"#;
    for value in [format!("[{new}]"), new.to_owned(), format!("[{new},{HOME}]")] {
        becomes(
            "134 135 138",
            &format!(r#"[{{"op":"add","path":"emails","value":{value}}}]"#),
            &emails(&[WORK, HOME, new]),
        );
    }
    becomes("136", &format!(r#"[{{"op":"add","path":"emails","value":[{HOME}]}}]"#), "{}");
    let other_type = r#"{"value":"h@x.io","type":"other"}"#;
    becomes(
        "137",
        &format!(r#"[{{"op":"add","path":"emails","value":[{other_type}]}}]"#),
        &emails(&[WORK, HOME, other_type]),
    );
    let primary = r#"{"value":"n@x.io","type":"other","primary":true}"#;
    let off = r#"{"value":"w@x.io","type":"work","primary":false}"#;
    becomes("140", &format!(r#"[{{"op":"add","path":"emails","value":[{primary}]}}]"#), &emails(&[off, HOME, primary]));
    is_refused(
        "141",
        &format!(r#"[{{"op":"add","path":"emails","value":[{primary},{WORK}]}}]"#),
        ScimType::InvalidValue,
    );
    let shown = r#"{"value":"h@x.io","type":"home","display":"D"}"#;
    becomes(
        "142",
        r#"[{"op":"add","path":"emails[type eq \"home\"]","value":{"display":"D"}}]"#,
        &emails(&[WORK, shown]),
    );
    becomes("143", r#"[{"op":"add","path":"emails[type eq \"home\"].display","value":"D"}]"#, &emails(&[WORK, shown]));
    let made = r#"{"type":"other","value":"o@x.io"}"#;
    becomes(
        "144",
        r#"[{"op":"add","path":"emails[type eq \"other\"].value","value":"o@x.io"}]"#,
        &emails(&[WORK, HOME, made]),
    );
    for filter in [r#"type eq \"a\" or type eq \"b\""#, r#"type co \"a\""#, r#"not (type pr)"#] {
        is_refused(
            "145",
            &format!(r#"[{{"op":"add","path":"emails[{filter}].value","value":"x"}}]"#),
            ScimType::NoTarget,
        );
    }
    let twice = r#"[{"op":"add","path":"addresses[type eq \"work\"].locality","value":"X"},
        {"op":"add","path":"addresses[type eq \"work\"].country","value":"US"}]"#;
    becomes("146", twice, r#"{"addresses":[{"type":"work","locality":"X","country":"US"}]}"#);
    let role = r#"[{"op":"add","path":"roles[primary eq \"True\"].value","value":"admin"}]"#;
    becomes("147", role, r#"{"roles":[{"primary":true,"value":"admin"}]}"#);
    let both = [r#"{"value":"w@x.io","type":"work","primary":true,"display":"D"}"#, shown];
    becomes("148", r#"[{"op":"add","path":"emails.display","value":"D"}]"#, &emails(&both));
    is_refused("148", r#"[{"op":"add","path":"phoneNumbers.display","value":"D"}]"#, ScimType::NoTarget);
    for (path, value) in
        [("id", r#""1""#), ("groups", r#"[{"value":"g"}]"#), ("meta.created", r#""2011-05-13T04:42:34Z""#)]
    {
        is_refused("150", &format!(r#"[{{"op":"add","path":"{path}","value":{value}}}]"#), ScimType::Mutability);
    }
    is_refused("150", r#"[{"op":"add","path":"meta.created","value":1}]"#, ScimType::Mutability);
    for nothing in ["null", "[]"] {
        becomes("152", &format!(r#"[{{"op":"add","path":"emails","value":{nothing}}}]"#), "{}");
    }
}

#[test]
fn traps_154_to_175_replace() {
    becomes(
        "154",
        r#"[{"op":"replace","path":"emails","value":[{"value":"n@x.io"}]}]"#,
        r#"{"emails":[{"value":"n@x.io"}]}"#,
    );
    let merged = r#"{"name":{"givenName":"Q","familyName":"F","formatted":"G F"}}"#;
    becomes("155", r#"[{"op":"replace","path":"name","value":{"givenName":"Q"}}]"#, merged);
    becomes("156", r#"[{"op":"replace","value":{"name":{"givenName":"Q"}}}]"#, merged);
    becomes("157", r#"[{"op":"replace","path":"nickName","value":"N"}]"#, r#"{"nickName":"N"}"#);
    is_refused("159", r#"[{"op":"replace","path":"emails[type eq \"fax\"].value","value":"x"}]"#, ScimType::NoTarget);
    is_refused(
        "159",
        r#"[{"op":"replace","path":"phoneNumbers[type eq \"fax\"].value","value":"x"}]"#,
        ScimType::NoTarget,
    );
    let both = [
        r#"{"value":"w@x.io","type":"work","primary":true,"display":"D"}"#,
        r#"{"value":"h@x.io","type":"home","display":"D"}"#,
    ];
    becomes("160", r#"[{"op":"replace","path":"emails[value ew \"x.io\"].display","value":"D"}]"#, &emails(&both));
    becomes("166", r#"[{"op":"replace","path":"emails.display","value":"D"}]"#, &emails(&both));
    let whole = r#"[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"w2@x.io"}}]"#;
    becomes("161", whole, &emails(&[r#"{"value":"w2@x.io","type":"work","primary":true}"#, HOME]));
    let moved = r#"[{"op":"replace","path":"emails[type eq \"work\"].type","value":"other"},
        {"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}]"#;
    is_refused("162", moved, ScimType::NoTarget);
    let off = r#"{"value":"w@x.io","type":"work","primary":false}"#;
    let on = r#"{"value":"h@x.io","type":"home","primary":true}"#;
    becomes("163", r#"[{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}]"#, &emails(&[off, on]));
    becomes(
        "164",
        r#"[{"op":"replace","path":"emails[type eq \"work\"].primary","value":false}]"#,
        &emails(&[off, HOME]),
    );
    is_refused(
        "165",
        r#"[{"op":"replace","path":"emails[value ew \"x.io\"].primary","value":true}]"#,
        ScimType::InvalidValue,
    );
    becomes("167", r#"[{"op":"replace","path":"title","value":null}]"#, r#"{"title":null}"#);
    becomes("168", r#"[{"op":"replace","path":"emails","value":[]}]"#, r#"{"emails":null}"#);
    is_refused("169", r#"[{"op":"replace","path":"userName","value":null}]"#, ScimType::Mutability);
    becomes(
        "174",
        r#"[{"op":"replace","value":{"id":"1","schemas":["U"],"meta":{"x":1},"title":"x"}}]"#,
        r#"{"title":"x"}"#,
    );
    is_refused("174", r#"[{"op":"replace","value":{"id":"2"}}]"#, ScimType::Mutability);
    is_refused("174", r#"[{"op":"replace","value":{"groups":[{"value":"g"}]}}]"#, ScimType::Mutability);
    becomes("28", r#"[{"op":"Replace","path":"active","value":"False"}]"#, r#"{"active":false}"#);
    becomes("175", r#"[{"op":"replace","path":"password","value":"p"}]"#, r#"{"password":"p"}"#);
}

#[test]
fn traps_170_171_187_to_189_extensions() {
    let extended = r0_with(r#"{"schemas":["U","E"],"E":{"department":"D"}}"#);
    let after = |operations: &str| {
        let got = patched(&extended, operations, &user_type()).expect(operations);
        (got.get(ENTERPRISE_USER).cloned(), got.get("schemas").and_then(Value::as_array).map_or(0, <[Value]>::len))
    };
    let both = Some(Value::Object(object(r#"{"department":"D","division":"V"}"#)));
    let same = Some(Value::Object(object(r#"{"department":"D"}"#)));
    assert_eq!(after(r#"[{"op":"replace","value":{"E":{"division":"V"}}}]"#), (both.clone(), 2), "170");
    assert_eq!(after(r#"[{"op":"replace","path":"E","value":{"division":"V"}}]"#), (both, 2), "9");
    assert_eq!(after(r#"[{"op":"replace","path":"E","value":{}}]"#), (same, 2), "171");
    for operations in [
        r#"[{"op":"replace","path":"E","value":null}]"#,
        r#"[{"op":"remove","path":"E"}]"#,
        r#"[{"op":"remove","path":"E:department"}]"#,
        r#"[{"op":"replace","value":{"E":null}}]"#,
    ] {
        assert_eq!(after(operations), (None, 1), "171 187 188: {operations}");
    }
    let mut strict = user_type();
    strict.extensions[0].required = true;
    let error = patched(&extended, r#"[{"op":"remove","path":"E"}]"#, &strict).expect_err("189");
    assert_eq!(error.scim_type, Some(ScimType::Mutability), "189");
    is_refused("191", r#"[{"op":"remove","path":"U"}]"#, ScimType::Mutability);
    is_refused("191", r#"[{"op":"remove","path":"schemas"}]"#, ScimType::Mutability);
}

#[test]
fn traps_176_to_190_remove() {
    becomes("176", r#"[{"op":"remove","path":"title"}]"#, r#"{"title":null}"#);
    becomes("176", r#"[{"op":"remove","path":"nickName"}]"#, "{}");
    becomes("177", r#"[{"op":"remove","path":"name.formatted"}]"#, r#"{"name":{"givenName":"G","familyName":"F"}}"#);
    let all = r#"[{"op":"remove","path":"name.formatted"},{"op":"remove","path":"name.givenName"},{"op":"remove","path":"name.familyName"}]"#;
    becomes("177", all, r#"{"name":null}"#);
    becomes("178", r#"[{"op":"remove","path":"emails"}]"#, r#"{"emails":null}"#);
    becomes("179 190", r#"[{"op":"remove","path":"emails[type eq \"work\"]"}]"#, &emails(&[HOME]));
    becomes("179", r#"[{"op":"remove","path":"emails[value pr]"}]"#, r#"{"emails":null}"#);
    becomes(
        "180",
        r#"[{"op":"remove","path":"emails[type eq \"work\"].value"}]"#,
        &emails(&[r#"{"type":"work","primary":true}"#, HOME]),
    );
    becomes("181", r#"[{"op":"remove","path":"emails[type eq \"fax\"]"}]"#, "{}");
    becomes("182", &format!(r#"[{{"op":"Remove","path":"emails","value":[{HOME}]}}]"#), &emails(&[WORK]));
    is_refused("184", r#"[{"op":"remove","path":"userName"}]"#, ScimType::Mutability);
    for path in ["id", "meta", "groups"] {
        is_refused("185", &format!(r#"[{{"op":"remove","path":"{path}"}}]"#), ScimType::Mutability);
    }
    becomes(
        "186",
        r#"[{"op":"remove","path":"emails.type"}]"#,
        &emails(&[r#"{"value":"w@x.io","primary":true}"#, r#"{"value":"h@x.io"}"#]),
    );
}

#[test]
fn traps_101_172_173_182_183_members() {
    let members = |operations: &str| {
        let got = patched(&g0(), operations, &group_type()).expect(operations);
        let elements = got.get("members").and_then(Value::as_array).unwrap_or_default().to_vec();
        elements.iter().filter_map(|element| element.as_object()?.str("value").map(str::to_owned)).collect::<Vec<_>>()
    };
    for value in [
        r#"[{"value":"u1"}]"#,
        r#"[{"$ref":null,"value":"u1"}]"#,
        r#""u1""#,
        r#"{"value":"u1"}"#,
        r#"{"members":[{"value":"u1"}]}"#,
    ] {
        assert_eq!(
            members(&format!(r#"[{{"op":"Remove","path":"members","value":{value}}}]"#)),
            ["u2"],
            "182: {value}"
        );
    }
    assert_eq!(members(r#"[{"op":"remove","path":"members","value":[{"value":"u9"}]}]"#), ["u1", "u2"], "182");
    assert_eq!(members(r#"[{"op":"remove","path":"members","value":[]}]"#), ["u1", "u2"], "183");
    assert!(members(r#"[{"op":"remove","path":"members","value":null}]"#).is_empty(), "183");
    assert_eq!(members(r#"[{"op":"remove","path":"members[value eq \"u1\"]"}]"#), ["u2"], "179");
    assert_eq!(
        members(r#"[{"op":"add","path":"members","value":[{"value":"u1","display":"x"},{"value":"u3"}]}]"#),
        ["u1", "u2", "u3"],
        "137"
    );
    assert_eq!(
        members(r#"[{"op":"remove","path":"members"},{"op":"add","path":"members","value":["u7"]}]"#),
        ["u7"],
        "192"
    );
    let changed =
        patched(&g0(), r#"[{"op":"replace","path":"members[value eq \"u1\"].value","value":"u9"}]"#, &group_type());
    assert_eq!(changed.expect_err("173").scim_type, Some(ScimType::Mutability), "173");
    let required = patched(&g0(), r#"[{"op":"remove","path":"displayName"}]"#, &group_type());
    assert_eq!(required.expect_err("184").scim_type, Some(ScimType::Mutability), "184");
}

#[test]
fn references_given_bare_or_empty() {
    let manager = |operations: &str| {
        let got = user(operations).expect(operations);
        got.get(ENTERPRISE_USER).and_then(|container| container.as_object()?.get("manager").cloned())
    };
    let two = Some(Value::Object(object(r#"{"value":"u2"}"#)));
    assert_eq!(manager(r#"[{"op":"Add","path":"E:manager","value":"u2"}]"#), two);
    assert_eq!(manager(r#"[{"op":"Add","path":"manager","value":[{"value":"u2"}]}]"#), two);
    assert_eq!(
        manager(r#"[{"op":"Add","path":"E:manager","value":"u2"},{"op":"Replace","path":"E:manager","value":""}]"#),
        None
    );
    assert_eq!(
        manager(
            r#"[{"op":"Add","path":"E:manager","value":"u2"},{"op":"Replace","path":"E:manager","value":{"value":""}}]"#
        ),
        None
    );
}

#[test]
fn messages_are_written_with_lower_case_verbs_and_explicit_paths() {
    let message = object(r#"{"Operations":[{"op":"Replace","value":{"title":"x","name":{"givenName":"Q"}}}]}"#);
    let patch = decode(&message, "1", &user_type(), Quirks::default()).expect("a patch");
    let expected = object(
        r#"{"Operations":[{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"name","value":{"givenName":"Q"}}]}"#,
    );
    assert_eq!(encode(&patch.operations).get("Operations"), expected.get("Operations"));
}

/// Added one by one or at once: the same, primaries included.
#[test]
fn additions_in_a_row_are_what_each_by_itself_is() {
    let row = [
        r#"{"op":"add","path":"emails","value":[{"value":"n@x.io","type":"work"},{"value":"w@x.io","type":"work","display":"W"}]}"#,
        r#"{"op":"add","path":"emails","value":{"value":"n@x.io","type":"work","display":"N"}}"#,
        r#"{"op":"add","path":"emails","value":[{"value":"p@x.io","type":"other","primary":true}]}"#,
        r#"{"op":"add","path":"emails","value":[{"value":"q@x.io","type":"other"}]}"#,
        r#"{"op":"add","path":"phoneNumbers","value":[{"value":"1"}]}"#,
        r#"{"op":"add","path":"emails","value":[{"value":"q@x.io","type":"other","display":"Q"}]}"#,
    ];
    let together = user(&format!("[{}]", row.join(","))).expect("applied");
    let alone = row.iter().fold(r0(), |resource, operation| {
        patched(&resource, &format!("[{operation}]"), &user_type()).expect("applied")
    });
    assert_eq!(together, alone);
    let primaries = together.get("emails").and_then(Value::as_array).expect("a list").iter();
    assert_eq!(primaries.filter(|email| list::brings_primary(email)).count(), 1);
}

/// A body within its bound must not keep a processor busy for a minute: additions in a row look at the list once, and what
/// would look at too many elements is refused.
#[test]
fn what_operations_look_at_is_bounded() {
    let adds = (0..MAX_OPERATIONS).map(|k| {
        let values = (0..30).map(|q| format!(r#"{{"value":"e{k}_{q}"}}"#)).collect::<Vec<_>>().join(",");
        format!(r#"{{"op":"add","path":"emails","value":[{values}]}}"#)
    });
    let adds = format!("[{}]", adds.collect::<Vec<_>>().join(","));
    let many = user(&adds).expect("30,000 elements in one look");
    assert_eq!(many.get("emails").and_then(Value::as_array).expect("a list").len(), 30_000 + 2);
    let removals = (0..MAX_OPERATIONS).map(|k| format!(r#"{{"op":"remove","path":"emails[value eq \"e{k}_0\"]"}}"#));
    let removals = format!("[{}]", removals.collect::<Vec<_>>().join(","));
    let refused = patched(&many, &removals, &user_type()).expect_err("30 million looks");
    assert_eq!((refused.status, refused.scim_type), (400, Some(ScimType::TooMany)));
}
