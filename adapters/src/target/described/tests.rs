use std::collections::BTreeMap;

use scimux_scim::schema::{ENTERPRISE_USER, GROUP, USER};
use scimux_scim::{AttributePath, Object};

use super::Documents;
use crate::fixture::{configured, json, pair};
use crate::{Capability, Described, ServedType, Target, capabilities};

fn target(values: &[(&str, &str)]) -> Target {
    let values: BTreeMap<_, _> = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    configured("scim", |settings| settings.values = values).expect("known settings")
}

fn list(resources: &str) -> Option<Object> {
    Some(json(&format!("{{\"Resources\":[{resources}]}}")))
}

fn kind(name: &str, endpoint: &str, schema: &str, extensions: &str) -> String {
    format!(r#"{{"name":"{name}","endpoint":"{endpoint}","schema":"{schema}","schemaExtensions":[{extensions}]}}"#)
}

fn schema(urn: &str, attributes: &str) -> String {
    format!(r#"{{"id":"{urn}","name":"S","attributes":[{attributes}]}}"#)
}

fn described(target: &Target, documents: &Documents) -> Described {
    target.described(documents).expect("it fits")
}

fn resolves(served: &ServedType, text: &str) -> (bool, bool) {
    let has = |kind: &scimux_scim::ResourceType| {
        let path = AttributePath::parse(text, kind).ok();
        path.and_then(|path| kind.resolve(&path).map(drop)).is_some()
    };
    (has(&served.canonical), has(&served.vendor))
}

fn who(target: &Target, endpoint: &str, operation: &str) -> Capability {
    let served = target.served(endpoint).expect("served");
    capabilities(target, served).into_iter().find(|(name, _)| *name == operation).expect("an operation").1
}

#[test]
fn nothing_described_is_what_is_declared() {
    let declared = target(&[]);
    let Described { target, left_out } = described(&declared, &Documents::default());
    let endpoints = |target: &Target| target.types.iter().map(|one| one.canonical.endpoint.clone()).collect::<Vec<_>>();
    assert_eq!((endpoints(&target), left_out.len()), (endpoints(&declared), 0));
    assert!(target.types[0].vendor.open, "nobody says what it does not hold");
    assert_eq!(resolves(&target.types[0], "nickName"), (true, true));
}

#[test]
fn trap_324_types_are_the_providers_own() {
    let types =
        [kind("User", "/Users", USER, ""), kind("Device", "Devices", "urn:d", ""), kind("Odd", "/Odds", "urn:odd", "")];
    let schemas = [schema(USER, r#"{"name":"userName"},{"name":"shoeSize"}"#), schema("urn:d", r#"{"name":"serial"}"#)];
    let documents = Documents { types: list(&types.join(",")), schemas: list(&schemas.join(",")), provider: None };
    let Described { target, left_out } = described(&target(&[]), &documents);
    assert_eq!(target.types.iter().map(|one| &*one.canonical.name).collect::<Vec<_>>(), ["User", "Device"]);
    assert_eq!(left_out, ["Odd: its schema is not described"]);
    let user = &target.types[0];
    assert_eq!(resolves(user, "nickName"), (true, false), "clients may name it, the provider does not hold it");
    assert_eq!((resolves(user, "shoeSize"), resolves(user, "active")), ((true, true), (true, true)));
    assert!(!user.vendor.open, "all of it is described");
    assert_eq!(resolves(&target.types[1], "serial"), (true, true));
    assert_eq!(who(&target, "/Devices", "patch"), Capability::Native);
}

#[test]
fn a_known_schema_need_not_be_described() {
    let extension = format!(r#"{{"schema":"{ENTERPRISE_USER}","required":true}},{{"schema":"urn:x"}}"#);
    let documents = Documents { types: list(&kind("Person", "/People", USER, &extension)), ..Documents::default() };
    let Described { target, .. } = described(&target(&[]), &documents);
    let person = target.served("/people").expect("served");
    assert_eq!(resolves(person, "displayName"), (true, true));
    assert!(person.canonical.extension(ENTERPRISE_USER).is_some() && person.vendor.open, "urn:x is kept as it is");
}

#[test]
fn what_it_says_it_lacks_is_emulated_unless_the_operator_knows_better() {
    let no = r#"{"supported":false}"#;
    let provider = json(&format!(r#"{{"patch":{no},"filter":{{"supported":false,"maxResults":7}},"sort":{no}}}"#));
    let documents = Documents { provider: Some(provider), ..Documents::default() };
    let told = described(&target(&[]), &documents).target;
    assert_eq!(
        (who(&told, "/Users", "patch"), who(&told, "/Groups", "patch")),
        (Capability::Emulated, Capability::Emulated)
    );
    let lists = &told.types[0].profile.list;
    assert!(lists.filter.as_ref().is_some_and(|filter| filter.operators.is_empty()));
    assert_eq!((lists.sort, lists.cap), (false, Some(7)));
    let said = described(&target(&[("patch", "native"), ("sort", "native"), ("filter", "native")]), &documents).target;
    assert_eq!(who(&said, "/Users", "patch"), Capability::Native);
    assert!(said.types[0].profile.list.sort && said.types[0].profile.list.filter.is_none());
    let said = described(&target(&[("put", "emulate")]), &Documents::default()).target;
    assert_eq!(who(&said, "/Users", "replace"), Capability::Emulated);
}

/// rfc-traps 329: what a plain GET does not return cannot be read in full.
#[test]
fn trap_329_what_a_get_does_not_return_is_known_so() {
    let members = r#"{"name":"displayName"},{"name":"members","type":"complex","multiValued":true,"returned":"request",
        "subAttributes":[{"name":"value"}]}"#;
    let secret = r#"{"name":"userName"},{"name":"password","mutability":"writeOnly","returned":"never"}"#;
    let schemas = [schema(GROUP, members), schema(USER, secret)].join(",");
    let Described { target, .. } =
        described(&target(&[]), &Documents { schemas: list(&schemas), ..Documents::default() });
    let form = |endpoint: &str, name: &str| {
        let served = target.served(endpoint).expect("served");
        served.form(&AttributePath::attribute(name)).is_some_and(|form| form.never_returned)
    };
    assert!(form("/Groups", "members") && !form("/Users", "password"), "a password is written all the same");
}

#[test]
fn the_operators_names_hold_or_the_description_does_not() {
    let schemas = list(&schema(USER, r#"{"name":"userName"},{"name":"title"}"#));
    let documents = Documents { types: list(&kind("User", "/Users", USER, "")), schemas, provider: None };
    let named = |vendor: &str| {
        let target = configured("scim", |settings| {
            settings.values.clear();
            settings.attributes.push(pair("userType", vendor));
        });
        target.map(|target| target.described(&documents))
    };
    assert!(named("title").expect("RFC 7643 has it").is_ok());
    let wrong = named("nickName").expect("RFC 7643 has it").expect_err("this provider has not");
    assert!(wrong.contains("userType"), "{wrong}");
}

#[test]
fn what_cannot_be_served_is_left_out() {
    let twice =
        [kind("User", "/Users", USER, ""), kind("user", "/People", USER, ""), kind("Me", "/Me", USER, "")].join(",");
    let Described { target, left_out } =
        described(&target(&[]), &Documents { types: list(&twice), ..Documents::default() });
    assert_eq!((target.types.len(), left_out.len()), (1, 2), "{left_out:?}");
    let none = Documents { types: list(&kind("Me", "/Me", USER, "")), ..Documents::default() };
    assert!(target.described(&none).is_err());
    // A complex attribute without parts is RFC 7643's, or of no use.
    let bare = schema(USER, r#"{"name":"userName"},{"name":"name","type":"complex"},{"name":"odd","type":"complex"}"#);
    let bare = described(&target, &Documents { schemas: list(&bare), ..Documents::default() }).target;
    assert_eq!(
        (resolves(&bare.types[0], "name.givenName"), resolves(&bare.types[0], "odd")),
        ((true, true), (false, false))
    );
}
