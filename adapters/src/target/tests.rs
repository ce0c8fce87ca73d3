use scimux_scim::schema::{ENTERPRISE_USER, Mutability, Returned, USER};
use scimux_scim::{AttributePath, Value};

use crate::fixture::{configured, pair, target, text};
use crate::{DeleteBy, ServedType, Target, vendors};

const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
const ACME: &str = "urn:acme:scim:schemas:extension:vault:2.0:User";

fn path(text: &str, served: &ServedType) -> AttributePath {
    AttributePath::parse(text, &served.vendor).expect("a path")
}

fn problems(vendor: &str, change: impl FnOnce(&mut crate::TargetSettings)) -> Vec<(String, String)> {
    let problems = configured(vendor, change).expect_err("something is wrong");
    problems.into_iter().map(|problem| (problem.key, problem.message)).collect()
}

#[test]
fn every_vendor_can_be_configured_with_its_examples() {
    for vendor in vendors() {
        let target = target(vendor.name);
        assert!(target.served("/users").is_some(), "{}", vendor.name);
    }
}

#[test]
fn a_vendor_type_has_what_the_vendor_holds_and_no_more() {
    let target = target("veeva");
    let user = &target.types[0];
    let resolve = |text: &str| user.vendor.resolve(&path(text, user)).map(|resolved| resolved.leaf().clone());
    assert_eq!(resolve("displayName").expect("held").mutability, Mutability::ReadOnly);
    assert!(resolve("name.givenName").expect("held").required);
    for absent in ["nickName", "password", "phoneNumbers", "name.formatted", "emails.display"] {
        assert!(resolve(absent).is_none(), "{absent}");
    }
    assert!(resolve(&format!("{ENTERPRISE_USER}:manager.value")).is_some());
    assert!(resolve(&format!("{ENTERPRISE_USER}:department")).is_none());
    assert!(resolve(&format!("{VAULT}:securityProfile")).expect("held").required);
}

#[test]
fn never_returned_attributes_say_so_in_the_vendor_type() {
    let target = target("huawei");
    let group = target.served("/Groups").expect("served");
    let members = group.vendor.schema.attribute("members").expect("held");
    assert_eq!(members.returned, Returned::Never);
    assert_eq!(group.canonical.schema.attribute("members").expect("in the RFC").returned, Returned::Default);
}

#[test]
fn a_canonical_type_has_the_rfc_whole_and_the_vendors_extensions() {
    let target = configured("veeva", |settings| settings.urns.push(pair(ACME, VAULT))).expect("right");
    let canonical = &target.types[0].canonical;
    assert_eq!(canonical.schema.id, USER);
    assert!(canonical.schema.attribute("nickName").is_some());
    let urns: Vec<_> = canonical.extensions.iter().map(|extension| &*extension.schema.id).collect();
    assert_eq!(urns, [ENTERPRISE_USER, ACME]);
}

#[test]
fn an_extension_that_defaults_fill_is_not_required_of_clients() {
    let required = |target: &Target| {
        let extensions = &target.types[0].canonical.extensions;
        extensions.iter().find(|extension| extension.schema.id == VAULT).expect("there").required
    };
    assert!(required(&target("veeva")));
    let filled = configured("veeva", |settings| {
        settings.defaults.push((format!("{VAULT}:securityProfile.value"), text("document_user__v")));
    });
    assert!(!required(&filled.expect("right")));
}

#[test]
fn defaults_come_from_the_configuration_and_from_the_profile() {
    let target = target("pingone");
    let (path, value) = &target.types[0].defaults[0];
    assert_eq!(path.to_string(), "urn:pingidentity:schemas:extension:2.0:PingOneUser:population.id");
    assert_eq!(value, &text("cb3ef0a0-0ff5-4f60-ae82-4ae65d9d0e3a"));
    let without = configured("pingone", |settings| {
        settings.values.remove("population_id");
    });
    assert!(without.expect("right").types[0].defaults.is_empty());
}

#[test]
fn everything_wrong_is_told_at_once() {
    let problems = problems("veeva", |settings| {
        settings.values.clear();
        settings.values.insert("tenant".to_owned(), "x".to_owned());
        settings.scheme = "basic".to_owned();
        settings.delete = Some(DeleteBy::Native);
        settings.urns.push(pair("urn:acme:x", "urn:nobody:1.0:User"));
        settings.attributes.push(pair("userType", "nickName"));
        settings.attributes.push(pair("active", "locale"));
        settings.attributes.push(pair("title", "emails.value"));
        settings.defaults.push(("shoeSize".to_owned(), text("44")));
        settings.defaults.push(("active".to_owned(), text("yes")));
        settings.defaults.push(("displayName".to_owned(), text("x")));
    });
    let keys: Vec<_> = problems.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "api_version",
            "tenant",
            "auth.scheme",
            "delete",
            "urns.\"urn:acme:x\"",
            "attributes.\"userType\"",
            "attributes.\"active\"",
            "attributes.\"title\"",
            "defaults.\"shoeSize\"",
            "defaults.\"active\"",
            "defaults.\"displayName\"",
        ]
    );
    let message = |key: &str| &problems.iter().find(|(known, _)| known.contains(key)).expect("told").1;
    assert!(message("auth.scheme").contains("bearer, session"));
    assert!(message("urn:acme:x").contains(VAULT));
    assert!(message("userType").contains("preferredLanguage"));
    assert!(message("\"active\"").contains("active is a boolean, but locale is a string"));
}

#[test]
fn settings_that_would_change_the_path_are_refused() {
    for wrong in ["", ".", "..", "a/b", "a?b", "a#b", "a%2Fb", "a\\b", "a\nb"] {
        let problems = problems("huawei", |settings| {
            settings.values.insert("tenant_id".to_owned(), wrong.to_owned());
        });
        assert_eq!(problems[0].0, "tenant_id", "{wrong:?}");
    }
}

#[test]
fn a_new_name_becomes_known_to_the_canonical_schema() {
    let target = configured("veeva", |settings| {
        let license = format!("{VAULT}:licenseType.value");
        settings.attributes.push(pair("urn:acme:2.0:User:license", &license));
    });
    let target = target.expect("right");
    let user = &target.types[0];
    let path = AttributePath::parse("urn:acme:2.0:User:license", &user.canonical).expect("a path");
    assert!(user.canonical.resolve(&path).is_some());
}

#[test]
fn a_rename_concerns_only_the_types_that_have_the_attribute() {
    let target = configured("huawei", |settings| settings.attributes.push(pair("nickName", "displayName")));
    let target = target.expect("right");
    assert_eq!(target.served("/Users").expect("served").mapping.attributes.len(), 1);
    assert!(target.served("/Groups").expect("served").mapping.is_identity());
}

#[test]
fn one_name_has_one_counterpart() {
    let twice = problems("rsa", |settings| {
        settings.attributes.push(pair("nickName", "title"));
        settings.attributes.push(pair("userType", "title"));
    });
    assert_eq!(twice[0].0, "attributes.\"userType\"");
}

#[test]
fn several_lines_may_name_one_extension_that_no_schema_knows() {
    let target = configured("scim", |settings| {
        settings.attributes.push(pair("nickName", "urn:vendor:1.0:User:nick"));
        settings.attributes.push(pair("urn:acme:2.0:User:level", "urn:vendor:1.0:User:level"));
        settings.attributes.push(pair("urn:acme:2.0:User:badge", "URN:vendor:1.0:User:badge.number"));
        settings.defaults.push(("urn:vendor:1.0:User:source".to_owned(), text("scimux")));
    });
    let target = target.expect("right");
    let user = &target.types[0];
    assert_eq!((user.mapping.attributes.len(), user.defaults.len()), (3, 1));
    for (text, kind) in [
        ("urn:acme:2.0:User:level", &user.canonical),
        ("urn:acme:2.0:User:badge", &user.canonical),
        ("urn:vendor:1.0:User:nick", &user.vendor),
        ("urn:vendor:1.0:User:badge.number", &user.vendor),
    ] {
        let path = AttributePath::parse(text, kind).expect(text);
        assert!(kind.resolve(&path).is_some(), "{text}");
    }
    let twice = problems("scim", |settings| {
        settings.attributes.push(pair("nickName", "urn:vendor:1.0:User:nick"));
        settings.attributes.push(pair("userType", "urn:vendor:1.0:User:nick"));
    });
    assert_eq!(twice[0].0, "attributes.\"userType\"");
}

#[test]
fn a_plain_server_may_have_another_urn_for_an_rfc_schema() {
    let own = "urn:vendor:1.0:EnterpriseUser";
    let target = configured("scim", |settings| settings.urns.push(pair(ENTERPRISE_USER, own))).expect("right");
    let user = &target.types[0];
    assert!(user.vendor.extension(own).is_some_and(|schema| schema.attribute("department").is_some()));
    assert!(user.canonical.extension(ENTERPRISE_USER).is_some());
}

#[test]
fn delete_follows_the_configuration_as_far_as_the_vendor_goes() {
    let by = |vendor: &str, endpoint: &str, delete: Option<DeleteBy>| {
        let target = configured(vendor, |settings| settings.delete = delete).expect("right");
        target.delete_by(target.served(endpoint).expect("served"))
    };
    assert_eq!(by("veeva", "/Users", None), DeleteBy::Deactivate);
    assert_eq!(by("veeva", "/Users", Some(DeleteBy::Refuse)), DeleteBy::Refuse);
    assert_eq!(by("rsa", "/Users", None), DeleteBy::Native);
    assert_eq!(by("rsa", "/Users", Some(DeleteBy::Deactivate)), DeleteBy::Deactivate);
    assert_eq!(by("huawei", "/Groups", Some(DeleteBy::Deactivate)), DeleteBy::Native);
}

#[test]
fn a_default_must_be_of_the_attributes_type() {
    let emails = problems("veeva", |settings| settings.defaults.push(("emails".to_owned(), text("a@b"))));
    assert!(emails[0].1.contains("a list"), "{emails:?}");
    let parts = problems("veeva", |settings| settings.defaults.push(("emails.value".to_owned(), text("a@b"))));
    assert!(parts[0].1.contains("whole list"), "{parts:?}");
    let right = configured("veeva", |settings| settings.defaults.push(("active".to_owned(), Value::Bool(true))));
    assert!(right.is_ok());
}

#[test]
fn only_what_names_the_tenant_is_kept_from_clients() {
    let said = configured("scim", |settings| drop(settings.values.insert("put".into(), "native".into())));
    assert_eq!(said.expect("a known word").tenant_words().count(), 0, "a choice is an everyday word");
    let veeva = target("veeva");
    let words: Vec<_> = veeva.tenant_words().collect();
    assert!(words.contains(&veeva.settings.values["api_version"].as_str()), "{words:?}");
}
