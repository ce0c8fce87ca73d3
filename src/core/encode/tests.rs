//! What passes the gateway as text is what it would be if it were read.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use scimux_adapters::{
    Action, Answer, Call, CallKind, Conditions, Next, Operation, Run, TargetSettings, Unsupported, vendor,
};
use scimux_scim::list::Page;
use scimux_scim::{Text, value};
use std::sync::Arc;

use super::*;

#[test]
fn very_many_names_are_cut_in_time() {
    let names: Vec<String> = (0..300_000).map(|number| format!("a{number}")).collect();
    let header = names_header(names.iter().chain(&names).map(String::as_str)).expect("names");
    assert!(header.len() <= MAX_DROPPED + ", ...".len());
    assert!(header.to_str().expect("text").ends_with(", ..."));
    assert_eq!(names_header(["a", "b,", "a"]).expect("names"), "a, b?");
}

const CASES: usize = 1000;
const BASE: &str = "https://scim.example.com/x/scim/v2";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A plain target with these renames.
fn target(urns: &[(&str, &str)], attributes: &[(&str, &str)]) -> Arc<Target> {
    let pairs =
        |all: &[(&str, &str)]| all.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect();
    let settings = TargetSettings {
        name: "t".to_owned(),
        base_url: "https://vendor.example/scim".parse().expect("a URL"),
        values: Default::default(),
        scheme: "bearer".to_owned(),
        delete: None,
        unsupported: Unsupported::Drop,
        scan_limit: 1000,
        urns: pairs(urns),
        attributes: pairs(attributes),
        defaults: Vec::new(),
    };
    Arc::new(Target::new(vendor("scim").expect("an adapter"), settings).expect("a target"))
}

fn targets() -> Vec<Arc<Target>> {
    let organization = format!("{ENTERPRISE}:organization");
    let cost_center = format!("{ENTERPRISE}:costCenter");
    vec![
        target(&[], &[]),
        target(&[(ENTERPRISE, "urn:vendor:User")], &[]),
        target(&[], &[("title", "nickName"), ("costCentre", &cost_center)]),
        target(&[], &[(&organization, "userType"), ("costCentre", "name.middleName")]),
        target(
            &[(ENTERPRISE, "urn:vendor:User")],
            &[(&organization, "urn:vendor:User:department"), ("displayName", "urn:vendor:User:division")],
        ),
    ]
}

/// A list with one resource.
fn listing(target: &Arc<Target>, text: &str) -> Listing {
    let (mut run, _) = Run::start(operation(Action::List(Box::default()), true), target.clone());
    let page = Page { total_results: Some(1), resources: vec![Text::from(text)], ..Page::default() };
    match run.resume(Ok(Answer::Page(page))) {
        Next::Done(Ok(Outcome { reply: Reply::Page(listing), .. })) => listing,
        other => panic!("{other:?}"),
    }
}

fn operation(action: Action, wants_default: bool) -> Operation {
    let (endpoint, conditions) = ("/Users".to_owned(), Conditions::default());
    Operation { endpoint, action, asked_at: 0, wants_resource: true, wants_default, conditions }
}

/// The vendor's resource as clients see it: read whole, and with all that may pass passed.
fn both(target: &Arc<Target>, text: &str) -> [Option<serde_json::Value>; 2] {
    let redactor = Redactor::new(["vendor.example".to_owned()], BASE);
    let home = Home { base: BASE, known: target, redactor: &redactor };
    let listing = listing(target, text);
    [true, false].map(|is_cut| {
        let (served, resource) = listing.resources(|_| is_cut).next().expect("one").ok()?;
        let finished =
            resource.map(|resource| Projection::Default.apply(home.at_home(resource, served), &served.canonical));
        let bytes = finished.to_bytes();
        value::parse(&bytes).expect("each name stands once");
        Some(serde_json::from_slice(&bytes).expect("JSON"))
    })
}

/// The same for the answer to a read.
fn both_read(target: &Arc<Target>, text: &str) -> [Option<serde_json::Value>; 2] {
    let (head, ()) = http::Response::new(()).into_parts();
    let redactor = Redactor::new(["vendor.example".to_owned()], BASE);
    let home = Home { base: BASE, known: target, redactor: &redactor };
    [false, true].map(|wants_default| {
        let (mut run, next) = Run::start(operation(Action::Read("1".into()), wants_default), target.clone());
        let Next::Send(call @ Call { kind: CallKind::Read(_), is_shown, .. }) = next else { panic!("a read") };
        assert_eq!(is_shown, wants_default);
        let answer = target.vendor.adapter.answer(&call, target, &head, &Bytes::copy_from_slice(text.as_bytes()));
        let Next::Done(Ok(Outcome { reply: Reply::Resource(resource), .. })) = run.resume(answer) else { return None };
        let served = &target.types[0];
        let finished =
            resource.map(|resource| Projection::Default.apply(home.at_home(resource, served), &served.canonical));
        Some(serde_json::from_slice(&finished.to_bytes()).expect("JSON"))
    })
}

fn compare(text: &str) {
    for target in targets() {
        for [whole, partly] in [both(&target, text), both_read(&target, text)] {
            assert_eq!(partly, whole, "{text}\n{:?}", target.settings.attributes);
        }
    }
}

#[test]
fn usual_resources_pass() {
    let text = format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","{ENTERPRISE}"],"id":"1","userName":"a",
        "name":{{"familyName":"b","middleName":"c"}},"active":true,"emails":[{{"value":"a@b","primary":true}},{{"value":"c"}}],
        "groups":[{{"value":"g","$ref":"../Groups/g"}},{{"value":"h"}}],"nickName":"n","middleName":"m","department2":"d",
        "{ENTERPRISE}":{{"employeeNumber":"1","costCenter":"2","organization":"o","manager":{{"value":"2"}}}},
        "meta":{{"version":"W/\"1\"","location":"https://vendor.example/Users/1"}},"_links":{{"self":"https://vendor.example"}}}}"#
    );
    compare(&text);
    compare(&text.replace(ENTERPRISE, "urn:vendor:User"));
    compare(&text.replace("familyName", "MIDDLENAME"));
    let plain = &targets()[0];
    let listing = listing(plain, &text);
    let (_, partial) = listing.resources(|_| false).next().expect("one").expect("a resource");
    for name in ["userName", "name", "emails", "nickName", "active"] {
        assert!(partial.resource.get(name).is_none(), "{name} has passed");
    }
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "id",
        "schemas",
        "meta",
        "userName",
        "USERNAME",
        "externalId",
        "name",
        "active",
        "title",
        "nickName",
        "displayName",
        "emails",
        "phoneNumbers",
        "addresses",
        "groups",
        "roles",
        "password",
        "x509Certificates",
        "middleName",
        "department2",
        "other",
        "urn:vendor:User",
        ENTERPRISE,
        "urn:IETF:params:scim:schemas:extension:enterprise:2.0:user",
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:other:2.0:Thing",
        "$ref",
        "na\\u006de",
        "costCentre",
        ENTERPRISE,
        ENTERPRISE,
        "urn:vendor:User",
    ]);
    known.prop_map(str::to_owned)
}

fn part() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "value",
        "VALUE",
        "type",
        "primary",
        "display",
        "$ref",
        "familyName",
        "givenName",
        "formatted",
        "middleName",
        "locality",
        "employeeNumber",
        "costCenter",
        "organization",
        "division",
        "department",
        "manager",
        "displayName",
        "version",
        "other",
    ]);
    known.prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "\"a\"",
        "\"1\"",
        "\"\"",
        "\"true\"",
        "\"False\"",
        "true",
        "false",
        "null",
        "1",
        "-0.50",
        "[]",
        "{}",
        "[null]",
        "\"\\u00e9\\n\"",
        "\"é\"",
        "\"https://vendor.example/Users/7\"",
        "\"../Groups/7\"",
        "\"W/\\\"3\\\"\"",
        "\"urn:ietf:params:scim:schemas:core:2.0:User\"",
    ]);
    known.prop_map(str::to_owned)
}

fn object(name: impl Strategy<Value = String>, value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec((name, value), 0..4).prop_map(|members| {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

fn any_value() -> impl Strategy<Value = String> {
    let complex = || {
        object(
            part(),
            prop_oneof![4 => scalar(), 1 => object(part(), scalar()), 1 => scalar().prop_map(|one| format!("[{one}]"))],
        )
    };
    let list = prop::collection::vec(prop_oneof![3 => complex(), 1 => scalar()], 0..3);
    prop_oneof![2 => scalar(), 2 => complex(), 2 => list.prop_map(|elements| format!("[{}]", elements.join(", ")))]
}

/// A member as it should be, in a container perhaps with one that should not.
fn well_formed() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        r#""userName":"a""#,
        r#""name":{"familyName":"b","middleName":"c"}"#,
        r#""title" : "t""#,
        r#""nickName":"n""#,
        r#""displayName":"d""#,
        r#""active":true"#,
        r#""EMAILS":[{"value":"a@b", "primary":true},{"value":"c"}]"#,
        r#""addresses":[{"locality":"l"}]"#,
        r#""userType":"u""#,
    ]);
    let parts = vec!["employeeNumber", "costCenter", "organization", "division", "department"];
    let parts = prop::sample::subsequence(parts, 0..=5)
        .prop_map(|names| names.iter().map(|name| format!("\"{name}\":\"{name} 1\"")).collect::<Vec<_>>());
    let odd = prop::option::weighted(0.3, (part(), any_value()));
    let container = (parts, odd, any::<bool>()).prop_map(|(mut parts, odd, first)| {
        if let Some((name, value)) = odd {
            parts.insert(if first { 0 } else { parts.len() }, format!("\"{name}\":{value}"));
        }
        format!("\"{ENTERPRISE}\":{{{}}}", parts.join(","))
    });
    let container = (container, any::<bool>());
    let container =
        container.prop_map(|(text, own)| if own { text.replace(ENTERPRISE, "urn:vendor:User") } else { text });
    prop_oneof![2 => known.prop_map(str::to_owned), 1 => container]
}

/// A resource, mostly with what every resource has.
fn resource() -> impl Strategy<Value = String> {
    let usual = [
        r#""id":"1""#,
        r#""meta":{"version":"\"1\"","resourceType":"User"}"#,
        r#""schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]"#,
    ];
    let mostly = |text: &'static str| prop_oneof![9 => Just(Some(text.to_owned())), 1 => Just(None)];
    let odd = (name(), any_value()).prop_map(|(name, value)| format!("\"{name}\" : {value}"));
    let members = prop::collection::vec(prop_oneof![2 => well_formed(), 1 => odd], 0..6);
    (usual.map(mostly), members, prop_oneof![20 => Just(""), 1 => Just("x"), 1 => Just(" ")]).prop_map(
        |(usual, members, junk)| {
            let members = members.into_iter().map(Some);
            let all: Vec<String> = usual.into_iter().chain(members).flatten().collect();
            format!("{{{}}}{junk}", all.join(","))
        },
    )
}

#[test]
fn what_passes_is_what_it_would_be_if_it_were_read() {
    let (mut runner, mut passed, mut into) = (TestRunner::deterministic(), 0, 0);
    let (resource, targets) = (resource(), targets());
    for _ in 0..CASES {
        let text = resource.new_tree(&mut runner).expect("a resource").current();
        compare(&text);
        let listing = listing(&targets[0], &text);
        let found = listing.resources(|_| false).next().expect("one").ok();
        let members = format!("{:?}", found.map(|(_, partial)| partial.passed));
        passed += usize::from(members.contains("members: [") && !members.contains("members: []"));
        into += usize::from(members.contains("containers: [("));
    }
    assert!(passed > CASES / 4 && into > CASES / 20, "{passed} and {into} of {CASES} cases had something to pass");
}
