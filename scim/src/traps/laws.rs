//! The laws of DESIGN section 3 as properties, and that nothing panics on any input.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::filter::{CompareOp, Literal, canonical as canonical_filter};
use crate::fixture::{canonical, decoded, schema, user_type, with_extension};
use crate::schema::{ENTERPRISE_USER, USER};
use crate::{AttributePath, Filter, ListQuery, Object, ResourceType, Value, diff, patch, put, value};

fn users() -> ResourceType {
    let extension = r#"{"id":"urn:x:1.0:User","attributes":[
        {"name":"tags","multiValued":true},{"name":"seats","type":"integer"},{"name":"since","type":"dateTime"},
        {"name":"badge","mutability":"immutable"}]}"#;
    with_extension(user_type(), schema(extension))
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

// Paths and filters -------------------------------------------------------------------------------------------------

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-zA-Z0-9_-]{0,6}", Just("$ref".to_owned()), Just("userName".to_owned())]
        .prop_filter("an operator's word", |name| !["not", "and", "or"].contains(&&*name.to_lowercase()))
}

fn simple_path() -> impl Strategy<Value = AttributePath> {
    let urn = option::weighted(
        0.3,
        prop_oneof![
            Just(USER.to_owned()),
            Just(ENTERPRISE_USER.to_owned()),
            "urn:[a-z]{1,4}:[0-9]\\.[0-9]:[A-Z][a-z]{1,4}"
        ],
    );
    (urn, name(), option::of(name())).prop_map(|(urn, attribute, sub)| AttributePath {
        urn: urn.map(Into::into),
        sub_attribute: sub.map(Into::into),
        ..AttributePath::attribute(attribute)
    })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,4})?(e-?[0-9]{1,3})?".prop_map(|digits| Literal::Number(digits.into())),
        ".{0,12}".prop_map(|text| Literal::String(text.into())),
        "[\\]\\[)(\\\\\" .]{0,8}".prop_map(|text| Literal::String(text.into())),
    ]
}

fn filter_of(path: BoxedStrategy<AttributePath>, brackets: bool) -> BoxedStrategy<Filter> {
    let op = proptest::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let op = op.prop_map(|word| CompareOp::parse(word).expect("a known operator"));
    let leaf = prop_oneof![
        3 => (path.clone(), op, literal()).prop_map(|(path, op, literal)| Filter::Compare(path, op, literal)),
        1 => path.clone().prop_map(Filter::Present),
    ];
    let leaf = if brackets {
        let inner = filter_of(name().prop_map(AttributePath::attribute).boxed(), false);
        let outer = path.prop_map(|path| path.whole());
        prop_oneof![3 => leaf, 1 => (outer, inner).prop_map(|(path, inner)| Filter::ValuePath(path, Box::new(inner)))]
            .boxed()
    } else {
        leaf.boxed()
    };
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Filter::and),
            vec(inner.clone(), 2..4).prop_map(Filter::or),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_printed_filter_reads_as_itself(filter in filter_of(simple_path().boxed(), true)) {
        let text = filter.to_string();
        let read = Filter::parse(&text, &users()).map_err(|error| error.detail);
        prop_assert_eq!(read, Ok(canonical_filter(filter, &users())), "{}", text);
    }

    #[test]
    fn a_printed_path_reads_as_itself(
        path in simple_path(),
        filter in option::of(filter_of(name().prop_map(AttributePath::attribute).boxed(), false)),
    ) {
        let path = AttributePath { filter: filter.map(Box::new), ..path };
        let text = path.to_string();
        prop_assert_eq!(AttributePath::parse(&text, &users()).map_err(|error| error.detail), Ok(path), "{}", text);
    }
}

// Resources ---------------------------------------------------------------------------------------------------------

fn text() -> impl Strategy<Value = Value> {
    prop_oneof!["[a-c]", "[A-C]", "[a-cé\"\\]]{1,5}"].prop_map(Value::from)
}

fn optional(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Object> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| option::of(value).prop_map(move |value| value.map(|value| (name.into(), value))))
        .collect();
    members.prop_map(|members| members.into_iter().flatten().collect()).boxed()
}

/// A list of elements, one per value and type, at most one of them primary.
fn plural() -> BoxedStrategy<Value> {
    let id = ("[a-bA-B]", proptest::sample::select(vec!["", "work", "home"]));
    let rest = optional(vec![("display", text().boxed())]);
    let elements = btree_map(id, rest, 0..4);
    (elements, option::of(0..4_usize)).prop_map(with_primary).boxed()
}

fn with_primary((elements, primary): (BTreeMap<(String, &str), Object>, Option<usize>)) -> Value {
    let element = |(index, ((value, kind), rest)): (usize, ((String, &str), Object))| {
        let mut element = rest;
        element.insert("value", value);
        if !kind.is_empty() {
            element.insert("type", kind);
        }
        if primary == Some(index) {
            element.insert("primary", true);
        }
        Value::Object(element)
    };
    Value::Array(elements.into_iter().enumerate().map(element).collect())
}

fn addresses() -> BoxedStrategy<Value> {
    let address = optional(vec![("locality", text().boxed()), ("country", text().boxed())]);
    let filled = address.prop_filter("empty", |address| !address.is_empty());
    vec(filled.prop_map(Value::Object), 0..3).prop_map(Value::Array).boxed()
}

fn reference() -> BoxedStrategy<Value> {
    let reference = optional(vec![("value", text().boxed()), ("$ref", text().boxed())]);
    reference.prop_map(|object| if object.is_empty() { Value::Null } else { Value::Object(object) }).boxed()
}

fn name_value() -> BoxedStrategy<Value> {
    optional(vec![("givenName", text().boxed()), ("familyName", text().boxed()), ("middleName", text().boxed())])
        .prop_map(Value::Object)
        .boxed()
}

fn tags() -> BoxedStrategy<Value> {
    proptest::collection::btree_set("[a-cA-C]{1,2}", 0..4)
        .prop_map(|tags| Value::Array(tags.into_iter().map(Value::from).collect()))
        .boxed()
}

fn instant() -> BoxedStrategy<Value> {
    prop_oneof![Just("2011-05-13T04:42:34Z"), Just("2011-05-13T06:42:34+02:00"), Just("2012-05-13T04:42:34.5Z"),]
        .prop_map(Value::from)
        .boxed()
}

/// A schema-valid user; readOnly attributes are the same in all of them.
fn user() -> BoxedStrategy<Object> {
    let core = optional(vec![
        ("externalId", text().boxed()),
        ("title", prop_oneof![text(), Just(Value::from(""))].boxed()),
        ("active", any::<bool>().prop_map(Value::from).boxed()),
        ("name", name_value()),
        ("emails", plural()),
        ("roles", plural()),
        ("addresses", addresses()),
    ]);
    let enterprise = optional(vec![("department", text().boxed()), ("manager", reference())]);
    let other =
        optional(vec![("tags", tags()), ("seats", (0..3_u64).prop_map(Value::from).boxed()), ("since", instant())]);
    (text(), core, enterprise, other).prop_map(assembled).boxed()
}

fn assembled((user_name, core, enterprise, other): (Value, Object, Object, Object)) -> Object {
    let mut user = Object::new();
    let mut schemas = vec![Value::from(USER)];
    user.insert("schemas", Value::Null);
    user.insert("id", "1");
    user.insert("userName", user_name);
    core.into_iter().for_each(|(name, value)| user.insert(name, value));
    for (urn, container) in [(ENTERPRISE_USER, enterprise), ("urn:x:1.0:User", other)] {
        if !Value::Object(container.clone()).is_unassigned() {
            schemas.push(urn.into());
            user.insert(urn, container);
        }
    }
    user.insert("schemas", Value::Array(schemas));
    user
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_difference_applied_makes_the_resources_the_same(a in user(), b in user()) {
        let users = users();
        let operations = diff::diff(&a, &b, &users);
        let patched = patch::apply(&a, &operations, &users);
        let patched = patched.map_err(|error| TestCaseError::fail(format!("{error}\n{operations:?}")))?;
        prop_assert!(diff::same(&patched, &b, &users), "{:?}\n{:?}\n{:?}", operations, patched, b);
        prop_assert!(diff::diff(&patched, &b, &users).is_empty());
        let urns = |user: &Object| -> std::collections::BTreeSet<String> {
            let urns = user.get("schemas").and_then(Value::as_array).unwrap_or_default();
            urns.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        prop_assert_eq!(urns(&patched), urns(&b));
    }

    #[test]
    fn a_difference_survives_the_wire(a in user(), b in user()) {
        let users = users();
        let operations = diff::diff(&a, &b, &users);
        prop_assume!(!operations.is_empty());
        let sent = value::parse(&patch::encode(&operations).to_bytes()).expect("what we write can be read");
        let received = decoded(&sent, "1", &users).expect("and decoded").operations;
        let patched = patch::apply(&a, &received, &users).expect("and applied");
        prop_assert!(diff::same(&patched, &b, &users), "{:?}\n{:?}", operations, received);
    }

    #[test]
    fn what_is_the_same_has_no_difference(a in user(), b in user()) {
        let users = users();
        prop_assert!(diff::same(&a, &a, &users));
        prop_assert_eq!(diff::same(&a, &b, &users), diff::diff(&a, &b, &users).is_empty());
        prop_assert_eq!(diff::same(&a, &b, &users), diff::same(&b, &a, &users));
    }

    #[test]
    fn a_canonical_body_is_canonical(a in user()) {
        let users = users();
        let once = canonical(a, &users).expect("valid").resource;
        let twice = canonical(once.clone(), &users).expect("valid");
        prop_assert_eq!(&twice.resource, &once);
        prop_assert!(twice.unknown.is_empty() && twice.cleared.is_empty());
    }

    #[test]
    fn put_and_the_patch_of_its_difference_agree(a in user(), b in user()) {
        let users = users();
        let requested = canonical(b, &users).expect("valid").resource;
        let after = put::replace(&a, &requested, &users).expect("valid");
        prop_assert_eq!(&put::replace(&after, &requested, &users).expect("valid"), &after);
        let patched = patch::apply(&a, &diff::diff(&a, &after, &users), &users).expect("valid");
        prop_assert!(diff::same(&patched, &after, &users));
    }

    #[test]
    fn a_resource_reads_as_it_was_written(a in user()) {
        prop_assert_eq!(value::parse(&a.to_bytes()).expect("JSON"), a);
    }
}

// Nothing panics ----------------------------------------------------------------------------------------------------

/// Text that gets past the first checks more often than random text does.
fn nearly(tokens: &'static [&'static str]) -> impl Strategy<Value = String> {
    let token = prop_oneof![6 => proptest::sample::select(tokens).prop_map(str::to_owned), 1 => ".{0,3}"];
    vec(token, 0..14).prop_map(|tokens| tokens.concat())
}

const FILTER: &[&str] = &[
    "userName",
    "emails",
    "name",
    ".",
    "value",
    "type",
    "primary",
    "[",
    "]",
    "(",
    ")",
    " ",
    " ",
    " ",
    " eq ",
    " co ",
    " pr",
    "not ",
    " and ",
    " or ",
    "\"a\"",
    "\"",
    "\\",
    "true",
    "null",
    "1",
    "-",
    "e",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    ":",
    "$ref",
    "schemas",
    "id",
    "meta.created",
    "é",
];

const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"a\"",
    "\"A\"",
    "\"",
    "\\u00",
    "\\",
    "1",
    "-",
    ".5",
    "e9",
    "null",
    "true",
    "\"$serde_json::private::Number\"",
    "\u{feff}",
    " ",
];

fn json() -> BoxedStrategy<Value> {
    let key = proptest::sample::select(vec![
        "value",
        "type",
        "primary",
        "emails",
        "members",
        "name",
        "name.givenName",
        "givenName",
        "id",
        "schemas",
        "meta",
        "groups",
        "active",
        "emails[type eq \"work\"].value",
        "emails[",
        "urn:x:1.0:User",
        "urn:x:1.0:User:tags",
        "urn:y:2.0:User",
        ENTERPRISE_USER,
        USER,
        "manager",
        "$ref",
        "userName",
        "",
        "é",
        "x509Certificates",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
        proptest::sample::select(vec!["1", "work", "True", "", "{\"value\":\"x\"}"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((key.clone(), inner), 0..5).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
            }),
        ]
    })
    .boxed()
}

fn operation() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        3 => proptest::sample::select(vec![
            "emails", "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "emails.primary", "emails[primary eq true].primary", "name",
            "name.givenName", "userName", "id", "groups", "schemas", ENTERPRISE_USER, USER, "manager", "urn:x:1.0:User:badge", "urn:x:1.0:User:tags",
            "urn:y:2.0:User", "urn:y:2.0:User:z", "title", "active", "schemas[value eq \"x\"]",
        ]).prop_map(str::to_owned),
        1 => nearly(FILTER),
    ];
    let op = proptest::sample::select(vec!["add", "replace", "remove", "Add", "x"]);
    (op, option::weighted(0.8, path), option::weighted(0.8, json())).prop_map(|(op, path, value)| {
        let members = [
            Some(("op", Value::from(op))),
            path.map(|path| ("path", Value::from(path))),
            value.map(|value| ("value", value)),
        ];
        Value::Object(members.into_iter().flatten().map(|(name, value)| (name.into(), value)).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..config() })]

    #[test]
    fn parsing_never_panics(text in nearly(JSON), bytes in vec(any::<u8>(), 0..32)) {
        let _ = value::parse(&Bytes::from(bytes));
        if let Ok(object) = value::parse(&Bytes::from(text)) {
            prop_assert_eq!(value::parse(&object.to_bytes()), Ok(object));
        }
    }

    #[test]
    fn filters_and_paths_never_panic(text in nearly(FILTER), user in user()) {
        for users in [users(), ResourceType { open: true, ..users() }] {
            if let Ok(filter) = Filter::parse(&text, &users) {
                prop_assert_eq!(Filter::parse(&filter.to_string(), &users), Ok(filter.clone()));
                let _ = filter.compile(&users).map(|compiled| compiled.matches(&user));
            }
            if let Ok(path) = AttributePath::parse(&text, &users) {
                let canonical = users.canonical(&path);
                prop_assert_eq!(canonical.as_ref().and_then(|path| users.canonical(path)), canonical);
                let mut user = user.clone();
                let _ = (path.get(&user).cloned(), path.set(&mut user, Value::Null), path.take(&mut user));
            }
        }
    }

    #[test]
    fn queries_never_panic(text in nearly(FILTER), raw in ".{0,40}", user in user()) {
        let users = users();
        let _ = ListQuery::parse(&raw, &users);
        for name in ["filter", "sortBy", "attributes", "excludedAttributes", "startIndex", "count"] {
            if let Ok(query) = ListQuery::parse(&format!("{name}={text}"), &users) {
                let cut = query.projection.apply(user.clone(), &users);
                prop_assert!(cut.contains("schemas") && cut.contains("id"));
                prop_assert_eq!(query.projection.apply(cut.clone(), &users), cut);
            }
        }
    }

    #[test]
    fn a_patch_never_panics_and_what_fails_changes_nothing(user in user(), operations in vec(operation(), 1..4)) {
        let message: Object = [("Operations".into(), Value::Array(operations))].into_iter().collect();
        for users in [users(), ResourceType { open: true, ..users() }] {
            let before = user.clone();
            if let Ok(patch) = decoded(&message, "1", &users) {
                let result = patch::apply(&user, &patch.operations, &users);
                prop_assert_eq!(&user, &before);
                if let Ok(after) = result {
                    prop_assert_eq!(after.get("id"), before.get("id"));
                    prop_assert!(canonical(after, &users).is_ok());
                }
            }
        }
    }

    #[test]
    fn bodies_never_panic(value in json()) {
        for users in [users(), ResourceType { open: true, ..users() }] {
            let Value::Object(object) = value.clone() else { return Ok(()) };
            let _ = crate::list::Message::split(&object.to_bytes()).and_then(crate::list::Message::into_page);
            if let Ok(once) = canonical(object, &users) {
                let twice = canonical(once.resource.clone(), &users).expect("canonical is valid");
                prop_assert_eq!(twice.resource, once.resource);
            }
        }
    }
}
