use proptest::prelude::*;
use scimux_scim::query::Projection;
use scimux_scim::{AttributePath, Filter, ListQuery, Object, Op, PatchOp, Text, Value};

use crate::fixture::{configured, json, pair, text};
use crate::{ServedType, Target};

const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
const ACME: &str = "urn:acme:scim:schemas:extension:vault:2.0:User";
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// Vault's extension under another URN, its licence as `userType`, and its language in an extension of the operator's.
fn renamed() -> Target {
    let target = configured("veeva", |settings| {
        settings.urns.push(pair(ACME, VAULT));
        settings.attributes.push(pair("userType", &format!("{VAULT}:licenseType.value")));
        settings.attributes.push(pair("urn:acme:2.0:Extra:language", "preferredLanguage"));
        settings.attributes.push(pair("name.formatted", "timezone"));
    });
    target.expect("right")
}

fn user(target: &Target) -> &ServedType {
    &target.types[0]
}

fn canonical(text: &str, target: &Target) -> AttributePath {
    AttributePath::parse(text, &user(target).canonical).expect("a path")
}

fn replace(path: AttributePath, value: Value) -> PatchOp {
    PatchOp { op: Op::Replace, path, value: Some(value), explicit: true }
}

fn remove(path: AttributePath) -> PatchOp {
    PatchOp { op: Op::Remove, path, value: None, explicit: true }
}

fn printed(operations: Vec<PatchOp>) -> Vec<String> {
    let print = |operation: PatchOp| {
        let value = operation.value.map(|value| serde_json::to_string(&value).expect("JSON")).unwrap_or_default();
        format!("{} {} {value}", operation.op.as_str(), operation.path).trim_end().to_owned()
    };
    operations.into_iter().map(print).collect()
}

#[test]
fn a_resource_is_renamed_in_members_and_schemas_both_ways() {
    let target = renamed();
    let mapping = &user(&target).mapping;
    let ours = json(&format!(
        r#"{{"schemas":["{CORE}","{ACME}"],"userName":"a","userType":"full__v",
            "{ACME}":{{"securityProfile":{{"value":"p"}}}}}}"#
    ));
    let theirs = mapping.resource_to_vendor(ours.clone());
    let expected = json(&format!(
        r#"{{"schemas":["{CORE}","{VAULT}"],"userName":"a",
            "{VAULT}":{{"securityProfile":{{"value":"p"}},"licenseType":{{"value":"full__v"}}}}}}"#
    ));
    assert_eq!(theirs, expected);
    let back = mapping.resource_to_canonical(theirs);
    assert_eq!(back.str("userType"), Some("full__v"));
    assert_eq!(back.get("schemas"), ours.get("schemas"));
    assert_eq!(back.get(ACME), ours.get(ACME));
}

#[test]
fn schemas_follow_an_attribute_that_moves_between_core_and_extension() {
    let target = renamed();
    let mapping = &user(&target).mapping;
    let theirs = mapping.resource_to_vendor(json(&format!(
        r#"{{"schemas":["{CORE}","urn:acme:2.0:Extra"],"urn:acme:2.0:Extra":{{"language":"en"}},"userType":"full__v"}}"#
    )));
    let expected = json(&format!(
        r#"{{"schemas":["{CORE}","{VAULT}"],"{VAULT}":{{"licenseType":{{"value":"full__v"}}}},"preferredLanguage":"en"}}"#
    ));
    assert_eq!(theirs.get("schemas"), expected.get("schemas"));
    assert_eq!(theirs.get(VAULT), expected.get(VAULT));
    assert_eq!(theirs.str("preferredLanguage"), Some("en"));
    let back = mapping.resource_to_canonical(theirs);
    assert_eq!(back.get("schemas").and_then(Value::as_array).map(<[Value]>::len), Some(2));
    assert!(!back.contains(ACME) && back.contains("urn:acme:2.0:Extra"));
}

#[test]
fn what_the_vendor_keeps_under_a_taken_name_is_not_shown_under_it() {
    let target = configured("rsa", |settings| settings.attributes.push(pair("nickName", "title"))).expect("right");
    let shown = user(&target).mapping.resource_to_canonical(json(r#"{"id":"1","nickName":"theirs"}"#));
    assert_eq!(shown, json(r#"{"id":"1"}"#));
}

#[test]
fn two_attributes_can_change_places() {
    let target = configured("rsa", |settings| {
        settings.attributes.push(pair("nickName", "title"));
        settings.attributes.push(pair("title", "nickName"));
    });
    let target = target.expect("right");
    let mapping = &user(&target).mapping;
    let ours = json(r#"{"nickName":"n","title":"t"}"#);
    let theirs = mapping.resource_to_vendor(ours.clone());
    assert_eq!((theirs.str("title"), theirs.str("nickName")), (Some("n"), Some("t")));
    let back = mapping.resource_to_canonical(theirs);
    assert_eq!((back.str("title"), back.str("nickName")), (Some("t"), Some("n")));
}

#[test]
fn paths_are_renamed_by_their_parts_never_as_text() {
    let target = renamed();
    let mapping = &user(&target).mapping;
    for (ours, theirs) in [
        ("userType", format!("{VAULT}:licenseType.value")),
        ("USERTYPE", format!("{VAULT}:licenseType.value")),
        (&format!("{CORE}:userType"), format!("{VAULT}:licenseType.value")),
        (&format!("{ACME}:securityProfile.value"), format!("{VAULT}:securityProfile.value")),
        (ACME, VAULT.to_owned()),
        ("urn:acme:2.0:Extra:language", "preferredLanguage".to_owned()),
        ("name.formatted", "timezone".to_owned()),
        ("name.givenName", "name.givenName".to_owned()),
        ("userTypes", "userTypes".to_owned()),
        (r#"emails[type eq "userType"].value"#, r#"emails[type eq "userType"].value"#.to_owned()),
    ] {
        assert_eq!(mapping.path_to_vendor(&canonical(ours, &target)).to_string(), theirs, "{ours}");
    }
    let license = AttributePath::parse(&format!("{VAULT}:licenseType.value"), &user(&target).vendor).expect("a path");
    assert_eq!(mapping.path_to_canonical(&license).to_string(), "userType");
}

#[test]
fn an_operation_on_a_complex_attribute_is_split_where_a_part_is_renamed() {
    let target = renamed();
    let mapping = &user(&target).mapping;
    let name = Value::Object(json(r#"{"givenName":"G","formatted":"F"}"#));
    let both = mapping.operations_to_vendor(vec![replace(canonical("name", &target), name)]);
    assert_eq!(printed(both), [r#"replace timezone "F""#, r#"replace name {"givenName":"G"}"#]);
    let only = Value::Object(json(r#"{"formatted":"F"}"#));
    let moved = mapping.operations_to_vendor(vec![replace(canonical("name", &target), only)]);
    assert_eq!(printed(moved), [r#"replace timezone "F""#]);
    let removed = mapping.operations_to_vendor(vec![remove(canonical("name", &target))]);
    assert_eq!(printed(removed), ["remove timezone", "remove name"]);
}

#[test]
fn removing_a_whole_spares_what_is_another_attributes_home() {
    let target = configured("veeva", |settings| {
        settings.attributes.push(pair("userType", &format!("{VAULT}:licenseType.value")));
        settings.attributes.push(pair("nickName", &format!("{VAULT}:globalId")));
    });
    let target = target.expect("right");
    let mapping = &user(&target).mapping;
    let whole = AttributePath::attribute("licenseType").with_urn(VAULT);
    assert!(printed(mapping.operations_to_vendor(vec![remove(whole)])).is_empty());
    let container = mapping.operations_to_vendor(vec![remove(AttributePath::attribute("").with_urn(VAULT))]);
    let container = printed(container);
    assert!(container.contains(&format!("remove {VAULT}:securityPolicy")), "{container:?}");
    assert!(!container.iter().any(|line| line.ends_with("globalId") || line.ends_with("lastLogin")), "{container:?}");
}

#[test]
fn filters_are_renamed_in_paths_and_in_schemas_eq() {
    let target = renamed();
    let user = user(&target);
    for (ours, theirs) in [
        (format!(r#"schemas eq "{ACME}""#), format!(r#"schemas eq "{VAULT}""#)),
        (
            format!(r#"userType eq "x" and not ({ACME}:domainAdmin eq true)"#),
            format!(r#"{VAULT}:licenseType.value eq "x" and not ({VAULT}:domainAdmin eq true)"#),
        ),
        (r#"userName eq "userType""#.to_owned(), r#"userName eq "userType""#.to_owned()),
        (
            r#"name[formatted sw "F" or familyName pr]"#.to_owned(),
            r#"timezone sw "F" or name.familyName pr"#.to_owned(),
        ),
    ] {
        let filter = Filter::parse(&ours, &user.canonical).expect("a filter");
        assert_eq!(user.mapping.filter_to_vendor(&filter).to_string(), theirs);
    }
}

#[test]
fn a_query_is_renamed_in_every_place() {
    let target = renamed();
    let user = user(&target);
    let query =
        ListQuery::parse(&format!("sortBy=userType&attributes=userName,{ACME}:lifecycle,name"), &user.canonical);
    let theirs = user.mapping.query_to_vendor(query.expect("a query"));
    assert_eq!(theirs.sort_by.map(|path| path.to_string()), Some(format!("{VAULT}:licenseType.value")));
    let Projection::Only(paths) = theirs.projection else { panic!("attributes were asked") };
    let paths: Vec<_> = paths.iter().map(ToString::to_string).collect();
    assert_eq!(paths, ["userName".to_owned(), format!("{VAULT}:lifecycle"), "name".to_owned(), "timezone".to_owned()]);
}

#[test]
fn the_identity_changes_nothing() {
    let target = crate::fixture::target("veeva");
    let mapping = &user(&target).mapping;
    assert!(mapping.is_identity());
    let resource = json(&format!(r#"{{"schemas":["{CORE}"],"x":null,"{VAULT}":{{}}}}"#));
    assert_eq!(mapping.resource_to_vendor(resource.clone()), resource);
}

/// A canonical resource without names that mean something else at the vendor of [`renamed`].
fn resource() -> impl Strategy<Value = Object> {
    let leaf = "[a-z]{0,6}".prop_map(|leaf| text(&leaf));
    let name = proptest::option::of(leaf.clone());
    (name.clone(), name.clone(), name.clone(), name.clone(), name.clone(), name).prop_map(|leaves| {
        let (user_type, formatted, given, language, profile, nick) = leaves;
        let mut resource = Object::new();
        let mut put = |path: AttributePath, value: Option<Value>| {
            if let Some(value) = value {
                path.set(&mut resource, value);
            }
        };
        put(AttributePath::attribute("userType"), user_type);
        put(AttributePath::attribute("name").with_sub("formatted"), formatted);
        put(AttributePath::attribute("name").with_sub("givenName"), given);
        put(AttributePath::attribute("language").with_urn("urn:acme:2.0:Extra"), language);
        put(AttributePath::attribute("securityProfile").with_urn(ACME).with_sub("value"), profile);
        put(AttributePath::attribute("nickName"), nick);
        with_schemas(resource)
    })
}

fn with_schemas(mut resource: Object) -> Object {
    let urns =
        std::iter::once(CORE).chain([ACME, "urn:acme:2.0:Extra"].into_iter().filter(|urn| resource.contains(urn)));
    let schemas = Value::Array(urns.map(Value::from).collect());
    resource.insert("schemas", schemas);
    resource
}

/// Members sorted by name, all the way down: the order of members means nothing.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(Text, Value)> =
                object.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(mut elements) => {
            elements.sort_by_key(|element| format!("{element:?}"));
            Value::Array(elements)
        }
        other => other,
    }
}

proptest! {
    #[test]
    fn there_and_back_is_where_it_began(resource in resource()) {
        let target = renamed();
        let mapping = &user(&target).mapping;
        let back = mapping.resource_to_canonical(mapping.resource_to_vendor(resource.clone()));
        prop_assert_eq!(sorted(Value::Object(back)), sorted(Value::Object(resource)));
    }
}
