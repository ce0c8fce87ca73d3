use crate::diff::{diff, same, same_value};
use crate::fixture::{g0, group_type, object, r0, user_type};
use crate::patch::apply;
use crate::{Object, Op, PatchOp, ResourceType, Value, schema};

#[test]
fn traps_37_45_172_332_what_is_the_same() {
    let with = |name: &str, json: &str| {
        let mut changed = r0();
        changed.insert(name, object(&format!("{{\"v\":{json}}}")).remove("v").expect("a member"));
        changed
    };
    let turned =
        r#"[{"value":"h@x.io","type":"home","primary":false},{"primary":true,"type":"work","value":"w@x.io"}]"#;
    for same_one in [with("nickName", "null"), with("phoneNumbers", "[]"), with("emails", turned), with("meta", "{}")] {
        assert!(same(&r0(), &same_one, &user_type()), "{same_one:?}");
    }
    for other in
        [with("title", "\"t\""), with("emails", "[]"), with("nickName", "\"\""), with("name", "{\"givenName\":\"G\"}")]
    {
        assert!(!same(&r0(), &other, &user_type()), "{other:?}");
    }
}

#[test]
fn trap_330_removes_come_before_adds() {
    let mut to = g0();
    to.insert("members", object(r#"{"m":[{"value":"u2"},{"value":"u3"}]}"#).remove("m").expect("a member"));
    let operations = diff(&g0(), &to, &group_type());
    let shown: Vec<_> = operations.iter().map(|operation| (operation.op, operation.path.to_string())).collect();
    assert_eq!(shown, [(Op::Remove, "members[value eq \"u1\"]".to_owned()), (Op::Add, "members".to_owned())]);
    assert!(diff(&g0(), &g0(), &group_type()).is_empty());
}

fn operations(from: &Object, to: &Object) -> Vec<String> {
    let shown = |operation: PatchOp| {
        let value = operation.value.map(|value| String::from_utf8(serde_json::to_vec(&value).unwrap()).unwrap());
        format!("{} {} {}", operation.op.as_str(), operation.path, value.unwrap_or_default()).trim_end().to_owned()
    };
    diff(from, to, &user_type()).into_iter().map(shown).collect()
}

fn r0_with(changes: &str) -> Object {
    let mut user = r0();
    for (name, value) in object(changes) {
        match value {
            Value::Null => drop(user.remove(&name)),
            value => user.insert(name, value),
        }
    }
    user
}

#[test]
fn traps_330_331_332_operations() {
    let e = schema::ENTERPRISE_USER;
    for (to, expected) in [
        (r#"{"title":"t"}"#, vec!["replace title \"t\"".to_owned()]),
        (r#"{"title":null,"nickName":"N"}"#, vec!["remove title".into(), "replace nickName \"N\"".into()]),
        (
            r#"{"name":{"givenName":"X","familyName":"F"}}"#,
            vec!["remove name.formatted".into(), r#"replace name {"givenName":"X","familyName":"F"}"#.into()],
        ),
        (
            r#"{"emails":[{"value":"h@x.io","type":"home"},{"value":"n@x.io"}]}"#,
            vec![r#"remove emails[value eq "w@x.io"]"#.into(), r#"add emails [{"value":"n@x.io"}]"#.into()],
        ),
        (r#"{"emails":[{"value":"n@x.io"}]}"#, vec![r#"replace emails [{"value":"n@x.io"}]"#.into()]),
        (r#"{"emails":null}"#, vec!["remove emails".into()]),
        (r#"{"E":{"department":"D"}}"#, vec![format!("replace {e}:department \"D\"")]),
        (r#"{"meta":{"version":"2"},"groups":[{"value":"g"}],"id":"2","unheardOf":1}"#, vec![]),
    ] {
        assert_eq!(operations(&r0(), &r0_with(to)), expected, "{to}");
    }
}

#[test]
fn a_value_filter_that_takes_too_much_is_made_good() {
    let from = r0_with(r#"{"emails":[{"value":"a","type":"work"},{"value":"a","type":"home"},{"value":"b"}]}"#);
    let to = r0_with(r#"{"emails":[{"value":"a","type":"home"},{"value":"b"}]}"#);
    assert_eq!(
        operations(&from, &to),
        [r#"remove emails[value eq "a"]"#, r#"add emails [{"value":"a","type":"home"}]"#]
    );
}

#[test]
fn ids_that_differ_by_case_are_both_removed() {
    let group = |ids: &[&str]| {
        let members = ids.iter().map(|id| Value::Object(object(&format!("{{\"value\":\"{id}\"}}")))).collect();
        let mut group = g0();
        group.insert("members", Value::Array(members));
        group
    };
    let (from, to) = (group(&["Ab", "aB", "c"]), group(&["c"]));
    let groups = group_type();
    let patched = apply(&from, &diff(&from, &to, &groups), &groups).unwrap();
    assert!(same(&patched, &to, &groups));
}

#[test]
fn an_open_type_compares_and_changes_unknown_extensions() {
    let open = ResourceType { open: true, ..user_type() };
    let with = |json: &str| r0_with(&format!("{{\"urn:y:1.0:User\":{json}}}"));
    let (from, to) = (with(r#"{"a":{"b":1},"c":[1,2],"d":"x"}"#), with(r#"{"a":{"e":1},"c":[2,1],"f":"y"}"#));
    let patched = apply(&from, &diff(&from, &to, &open), &open).unwrap();
    assert!(same(&patched, &to, &open));
    assert!(!same(&from, &to, &open));
    assert!(same(&from, &with(r#"{"d":"x","C":[2,1.0],"a":{"B":1e0}}"#), &open));
}

#[test]
fn instants_and_spellings_of_one_value_are_the_same() {
    let created = |text: &str| r0_with(&format!("{{\"E\":{{\"employeeNumber\":\"{text}\"}}}}"));
    assert!(!same(&created("2011-05-13T06:42:34+02:00"), &created("2011-05-13T04:42:34Z"), &user_type()));
    let meta = schema::common().iter().find(|attribute| attribute.name == "meta").unwrap();
    let at = |text: &str| Value::from(text);
    let created = meta.sub("created");
    assert!(same_value(Some(&at("2011-05-13T06:42:34+02:00")), Some(&at("2011-05-13T04:42:34.0Z")), created));
    assert!(!same_value(Some(&at("2011-05-13T06:42:34+02:00")), Some(&at("2011-05-13T06:42:34Z")), created));
    assert!(same_value(None, Some(&Value::Null), None));
}
