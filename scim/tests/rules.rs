//! The rules by which what clients write becomes canonical, one table row for each form (the numbers are those of the
//! clients' fact sheet). What only the HTTP side can see of a rule (18, and 20 in part) is tested with the gateway.

use bytes::Bytes;
use scimux_scim::query::Projection;
use scimux_scim::schema;
use scimux_scim::{Filter, ListQuery, Object, Quirks, ResourceType, ScimError, ScimType, body, patch, value};
use serde_json::{Value, json};

const RFC: Quirks = Quirks { replace_creates: false, empty_string_clears: false };
const CREATES: Quirks = Quirks { replace_creates: true, ..RFC };
const CLEARS: Quirks = Quirks { empty_string_clears: true, ..RFC };

fn user() -> ResourceType {
    ResourceType::user()
}

fn group() -> ResourceType {
    ResourceType::group()
}

/// JSON in which `"U"`, `"G"`, `"E"` and `"E:` stand for the schemas' URNs.
fn object(text: &str) -> Object {
    value::parse(&Bytes::from(long(text))).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn long(text: &str) -> String {
    let urns = [("U", schema::USER), ("G", schema::GROUP), ("E", schema::ENTERPRISE_USER)];
    urns.into_iter().fold(text.to_owned(), |text, (short, urn)| {
        text.replace(&format!("\"{short}\""), &format!("\"{urn}\""))
            .replace(&format!("\"{short}:"), &format!("\"{urn}:"))
    })
}

fn json(object: &Object) -> Value {
    serde_json::from_slice(&object.to_bytes()).expect("what was written is JSON")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(&long(text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn operations(text: &str, known: &ResourceType, quirks: Quirks) -> Result<Value, ScimError> {
    let message = object(&format!(r#"{{"Operations":{text}}}"#));
    let patch = patch::decode(&message, "1", known, quirks)?;
    Ok(json(&patch::encode(&patch.operations))["Operations"].clone())
}

/// The operation without its braces, canonical: `op path value`.
#[track_caller]
fn becomes(rule: u8, known: &ResourceType, quirks: Quirks, sent: &str, canonical: &str) {
    let got = operations(sent, known, quirks).unwrap_or_else(|error| panic!("rule {rule}: {sent}: {error}"));
    assert_eq!(got, parsed(canonical), "rule {rule}: {sent}");
}

#[test]
fn operations_on_groups() {
    let one = r#"[{"op":"remove","path":"members[value eq \"u1\"]"}]"#;
    let two = r#"[{"op":"remove","path":"members[value eq \"u1\" or value eq \"u2\"]"}]"#;
    let all = r#"[{"op":"remove","path":"members"}]"#;
    let part = r#"[{"op":"remove","path":"members[value eq \"u1\"].value"}]"#;
    let added = r#"[{"op":"add","path":"members","value":[{"value":"u1"}]}]"#;
    let named = r#"[{"op":"replace","path":"displayName","value":"N"}]"#;
    for (rule, sent, canonical) in [
        (1, r#"[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"u1"}]}]"#, one),
        (1, r#"[{"op":"remove","path":"members","value":{"value":"u1"}}]"#, one),
        (1, r#"[{"op":"remove","path":"members","value":"u1"}]"#, one),
        (1, r#"[{"op":"remove","path":"members","value":{"members":[{"value":"u1"}]}}]"#, one),
        (1, r#"[{"op":"remove","path":"members","value":[{"value":"u1","type":"User","display":"x"}]}]"#, one),
        (1, r#"[{"op":"remove","path":"members","value":["u1",{"value":"u2"}]}]"#, two),
        (1, r#"[{"op":"remove","path":"members[value eq \"u1\"]","value":[{"value":"u9"}]}]"#, one),
        (1, r#"[{"op":"remove","path":"members.value","value":"u1"}]"#, part),
        (1, r#"[{"op":"remove","path":"members","value":[]}]"#, "[]"),
        (1, r#"[{"op":"remove","path":"members","value":null}]"#, all),
        (1, r#"[{"op":"remove","path":"members"}]"#, all),
        (1, r#"[{"op":"remove","path":"G","value":{"members":[{"value":"u1"}]}}]"#, one),
        (1, r#"[{"op":"add","path":"members","value":{"members":[{"value":"u1"}]}}]"#, added),
        (7, r#"[{"op":"replace","value":{"id":"1","schemas":["G"],"meta":{"version":"1"},"displayName":"N"}}]"#, named),
        (9, r#"[{"op":"Add","path":"members","value":[{"$ref":null,"value":"u1"}]}]"#, added),
        (10, r#"[{"OP":"ADD","PATH":"MEMBERS","VALUE":[{"Value":"u1"}]}]"#, added),
        (11, r#"[{"op":"replace","path":null,"value":{"displayName":"N"}}]"#, named),
        (11, r#"[{"op":"replace","path":"","value":{"displayName":"N"}}]"#, named),
        (12, r#"[{"op":"add","path":"members","value":"u1"}]"#, added),
        (12, r#"[{"op":"add","path":"members","value":["u1"]}]"#, added),
        (12, r#"[{"op":"add","path":"members","value":{"value":"u1"}}]"#, added),
        (13, r#"[{"op":"replace","value":"{\"schemas\":[\"G\"],\"displayName\":\"N\"}"}]"#, named),
        (16, r#"[{"op":"add","name":"addMember","path":"members","value":[{"value":"u1"}]}]"#, added),
        (22, r#"[{"op":"add","path":"members","value":[{"value":"u1"}]}]"#, added),
    ] {
        becomes(rule, &group(), RFC, sent, canonical);
    }
    let lower = object(r#"{"OPERATIONS":[{"op":"remove","path":"members"}]}"#);
    assert_eq!(patch::decode(&lower, "1", &group(), RFC).expect("rule 10").operations.len(), 1);
}

#[test]
fn operations_on_users() {
    let off = r#"[{"op":"replace","path":"active","value":false}]"#;
    let no_manager = r#"[{"op":"remove","path":"E:manager"}]"#;
    let manager = r#"[{"op":"add","path":"E:manager","value":{"value":"u2"}}]"#;
    let no_title = r#"[{"op":"remove","path":"title"}]"#;
    let work = r#"[{"op":"replace","path":"emails[type eq \"work\"].value","value":"w"}]"#;
    for (rule, sent, canonical) in [
        (
            1,
            r#"[{"op":"remove","path":"emails","value":[{"value":"w","type":"work"}]}]"#,
            r#"[{"op":"remove","path":"emails[value eq \"w\" and type eq \"work\"]"}]"#,
        ),
        (
            1,
            r#"[{"op":"remove","path":"emails","value":[{"type":"work"}]}]"#,
            r#"[{"op":"remove","path":"emails[type eq \"work\"]"}]"#,
        ),
        (
            1,
            r#"[{"op":"remove","path":"emails.type","value":"work"}]"#,
            r#"[{"op":"remove","path":"emails[type eq \"work\"].type"}]"#,
        ),
        (1, r#"[{"op":"remove","path":"E","value":{"department":"D"}}]"#, r#"[{"op":"remove","path":"E:department"}]"#),
        (2, r#"[{"op":"Replace","path":"active","value":"False"}]"#, off),
        (2, r#"[{"op":"replace","value":{"active":"FALSE"}}]"#, off),
        (
            2,
            r#"[{"op":"Add","path":"roles[primary eq \"True\"].value","value":"a"}]"#,
            r#"[{"op":"add","path":"roles[primary eq true].value","value":"a"}]"#,
        ),
        (
            3,
            r#"[{"op":"replace","value":{"name.givenName":"B","name.familyName":"C"}}]"#,
            r#"[{"op":"replace","path":"name.givenName","value":"B"},{"op":"replace","path":"name.familyName","value":"C"}]"#,
        ),
        (
            3,
            r#"[{"op":"replace","value":{"E:employeeNumber":7,"E:manager.value":"u2"}}]"#,
            r#"[{"op":"replace","path":"E:employeeNumber","value":"7"},{"op":"replace","path":"E:manager.value","value":"u2"}]"#,
        ),
        (
            3,
            r#"[{"op":"replace","value":{"E":{"manager.value":"u2"}}}]"#,
            r#"[{"op":"replace","path":"E:manager.value","value":"u2"}]"#,
        ),
        (3, r#"[{"op":"replace","value":{"emails[type eq \"work\"].value":"w"}}]"#, work),
        (5, r#"[{"op":"add","value":{"active":false}}]"#, r#"[{"op":"add","path":"active","value":false}]"#),
        (8, r#"[{"op":"Replace","path":"E:manager","value":""}]"#, no_manager),
        (8, r#"[{"op":"Replace","path":"manager","value":{"value":""}}]"#, no_manager),
        (8, r#"[{"op":"replace","path":"manager","value":[]}]"#, no_manager),
        (8, r#"[{"op":"replace","path":"title","value":null}]"#, no_title),
        (8, r#"[{"op":"replace","path":"name","value":""}]"#, r#"[{"op":"remove","path":"name"}]"#),
        (8, r#"[{"op":"replace","path":"profileUrl","value":""}]"#, r#"[{"op":"remove","path":"profileUrl"}]"#),
        (8, r#"[{"op":"replace","path":"emails","value":[{"value":""}]}]"#, r#"[{"op":"remove","path":"emails"}]"#),
        (8, r#"[{"op":"replace","path":"title","value":""}]"#, r#"[{"op":"replace","path":"title","value":""}]"#),
        (
            12,
            r#"[{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager","value":"u2"}]"#,
            manager,
        ),
        (12, r#"[{"op":"Add","path":"E:manager","value":"u2"}]"#, manager),
        (12, r#"[{"op":"replace","value":{"title":["x"]}}]"#, r#"[{"op":"replace","path":"title","value":"x"}]"#),
        (
            13,
            r#"[{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"r\",\"value\":\"v\",\"display\":\"d\"}"}]}]"#,
            r#"[{"op":"add","path":"roles","value":[{"value":"v","display":"d"}]}]"#,
        ),
        (
            13,
            r#"[{"op":"Add","path":"roles","value":["{\"value\":\"v\"}"]}]"#,
            r#"[{"op":"add","path":"roles","value":[{"value":"v"}]}]"#,
        ),
        (
            13,
            r#"[{"op":"replace","path":"title","value":"{\"a\":1}"}]"#,
            r#"[{"op":"replace","path":"title","value":"{\"a\":1}"}]"#,
        ),
        (
            13,
            r#"[{"op":"add","path":"entitlements","value":[{"value":"{\"a\":1}"}]}]"#,
            r#"[{"op":"add","path":"entitlements","value":[{"value":"{\"a\":1}"}]}]"#,
        ),
        (
            14,
            r#"[{"op":"Add","path":"manager","value":[{"$ref":"https://h/Users/u2","value":"u2"}]}]"#,
            r#"[{"op":"add","path":"E:manager","value":{"$ref":"https://h/Users/u2","value":"u2"}}]"#,
        ),
        (
            14,
            r#"[{"op":"replace","path":"department","value":"D"}]"#,
            r#"[{"op":"replace","path":"E:department","value":"D"}]"#,
        ),
        (
            16,
            r#"[{"op":"replace","value":{"nobody":1,"title":"x"}}]"#,
            r#"[{"op":"replace","path":"title","value":"x"}]"#,
        ),
        (
            19,
            r#"[{"op":"Add","path":"employeeNumber","value":701984}]"#,
            r#"[{"op":"add","path":"E:employeeNumber","value":"701984"}]"#,
        ),
        (
            21,
            r#"[{"op":"replace","value":{"password":"p","meta":{}}}]"#,
            r#"[{"op":"replace","path":"password","value":"p"}]"#,
        ),
    ] {
        becomes(rule, &user(), RFC, sent, canonical);
    }
    becomes(4, &user(), CREATES, work, r#"[{"op":"add","path":"emails[type eq \"work\"].value","value":"w"}]"#);
    becomes(4, &user(), CREATES, no_title, no_title);
    let cleared = r#"[{"op":"replace","path":"emails[type eq \"work\"].value","value":""}]"#;
    becomes(
        8,
        &user(),
        Quirks { replace_creates: true, ..CLEARS },
        cleared,
        r#"[{"op":"remove","path":"emails[type eq \"work\"].value"}]"#,
    );
    becomes(
        8,
        &user(),
        CLEARS,
        r#"[{"op":"replace","value":{"title":"","active":"true"}}]"#,
        r#"[{"op":"remove","path":"title"},{"op":"replace","path":"active","value":true}]"#,
    );
}

#[test]
fn refusals() {
    let id = r#"[{"op":"replace","value":{"id":"2","title":"x"}}]"#;
    for (rule, sent, scim_type) in [
        (1, r#"[{"op":"remove","value":{"title":"x"}}]"#, ScimType::NoTarget),
        (2, r#"[{"op":"replace","path":"active","value":"maybe"}]"#, ScimType::InvalidValue),
        (2, r#"[{"op":"replace","path":"active","value":""}]"#, ScimType::InvalidValue),
        (7, id, ScimType::Mutability),
        (12, r#"[{"op":"replace","path":"title","value":["x","y"]}]"#, ScimType::InvalidValue),
        (13, r#"[{"op":"replace","value":"{\"title\":"}]"#, ScimType::InvalidValue),
        (13, r#"[{"op":"replace","value":"[1]"}]"#, ScimType::InvalidValue),
        (16, r#"[{"op":"replace","path":"nobody","value":1}]"#, ScimType::InvalidPath),
        (17, r#"[{"op":"remove","path":"emails[type eq a b]"}]"#, ScimType::InvalidFilter),
    ] {
        let error = operations(sent, &user(), RFC).expect_err(sent);
        assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "rule {rule}: {sent}");
    }
}

/// Rules 4, 5 and 6 are about what is there: what the operations make of a resource.
#[test]
fn operations_applied() {
    let alpha = r#"{"schemas":["U"],"id":"1","userName":"a","name":{"givenName":"Gi"},
        "emails":[{"value":"h","type":"home","primary":true}]}"#;
    for (rule, quirks, sent, pointer, expected) in [
        (
            4,
            RFC,
            r#"[{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"X"},
            {"op":"Add","path":"addresses[type eq \"work\"].country","value":"US"}]"#,
            "/addresses",
            json!([{"type": "work", "locality": "X", "country": "US"}]),
        ),
        (
            4,
            RFC,
            r#"[{"op":"Add","path":"roles[primary eq \"True\"].value","value":"r"}]"#,
            "/roles",
            json!([{"primary": true, "value": "r"}]),
        ),
        (
            4,
            CREATES,
            r#"[{"op":"Replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"}]"#,
            "/phoneNumbers",
            json!([{"type": "mobile", "value": "1"}]),
        ),
        (
            5,
            RFC,
            r#"[{"op":"add","path":"name","value":{"familyName":"F"}}]"#,
            "/name",
            json!({"givenName": "Gi", "familyName": "F"}),
        ),
        (
            5,
            RFC,
            r#"[{"op":"add","path":"emails","value":[{"value":"h","type":"home","primary":true}]}]"#,
            "/emails",
            json!([{"value": "h", "type": "home", "primary": true}]),
        ),
        (
            6,
            RFC,
            r#"[{"op":"add","path":"emails","value":[{"value":"w","primary":"True"}]}]"#,
            "/emails",
            json!([{"value": "h", "type": "home", "primary": false}, {"value": "w", "primary": true}]),
        ),
    ] {
        let message = object(&format!(r#"{{"Operations":{sent}}}"#));
        let patch =
            patch::decode(&message, "1", &user(), quirks).unwrap_or_else(|error| panic!("rule {rule}: {error}"));
        let after = patch::apply(&object(alpha), &patch.operations, &user()).expect(sent);
        assert_eq!(json(&after).pointer(pointer), Some(&expected), "rule {rule}: {sent}");
    }
    let message =
        object(r#"{"Operations":[{"op":"replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"}]}"#);
    let patch = patch::decode(&message, "1", &user(), RFC).expect("rule 4");
    let error = patch::apply(&object(alpha), &patch.operations, &user()).expect_err("rule 4");
    assert_eq!(error.scim_type, Some(ScimType::NoTarget), "rule 4: without the quirk");
}

#[test]
fn bodies() {
    for (rule, quirks, sent, canonical) in [
        (
            2,
            RFC,
            r#"{"userName":"a","active":"False","roles":[{"value":"r","primary":"True"}]}"#,
            r#"{"schemas":["U"],"userName":"a","active":false,"roles":[{"value":"r","primary":true}]}"#,
        ),
        (
            3,
            RFC,
            r#"{"userName":"a","name":{"givenName":"Gi"},"name.familyName":"F","E:manager.value":"u2"}"#,
            r#"{"schemas":["U","E"],"userName":"a","name":{"givenName":"Gi","familyName":"F"},"E":{"manager":{"value":"u2"}}}"#,
        ),
        (
            3,
            RFC,
            r#"{"userName":"a","name.givenName":"X","name.familyName":"F","NAME":{"givenName":"Gi"}}"#,
            r#"{"schemas":["U"],"userName":"a","name":{"givenName":"Gi","familyName":"F"}}"#,
        ),
        (
            3,
            RFC,
            r#"{"userName":"a","E:manager.value":"u1","E":{"manager":{"value":"u2"},"department":"D"}}"#,
            r#"{"schemas":["U","E"],"userName":"a","E":{"department":"D","manager":{"value":"u2"}}}"#,
        ),
        (
            3,
            RFC,
            r#"{"userName":"a","emails[type eq \"work\"].value":"w","meta.created":"x"}"#,
            r#"{"schemas":["U"],"userName":"a","emails":[{"type":"work","value":"w"}]}"#,
        ),
        (
            7,
            RFC,
            r#"{"id":"9","schemas":["U"],"userName":"a","groups":[{"value":"g"}],"meta":{"resourceType":"X"}}"#,
            r#"{"schemas":["U"],"userName":"a"}"#,
        ),
        (
            8,
            RFC,
            r#"{"userName":"a","title":"","nickName":null,"emails":[],"roles":"","E:manager":{"value":""}}"#,
            r#"{"schemas":["U"],"userName":"a","title":""}"#,
        ),
        (
            8,
            CLEARS,
            r#"{"userName":"a","title":"","emails":[{"value":"","type":"work"}]}"#,
            r#"{"schemas":["U"],"userName":"a"}"#,
        ),
        (
            12,
            RFC,
            r#"{"userName":["a"],"emails":{"value":"w"},"roles":["r",{"value":"s"}],"manager":"u2"}"#,
            r#"{"schemas":["U","E"],"userName":"a","emails":[{"value":"w"}],"roles":[{"value":"r"},{"value":"s"}],"E":{"manager":{"value":"u2"}}}"#,
        ),
        (
            13,
            RFC,
            r#"{"userName":"a","roles":["{\"value\":\"v\",\"primary\":\"true\"}"],"title":"{\"x\":1}"}"#,
            r#"{"schemas":["U"],"userName":"a","roles":[{"value":"v","primary":true}],"title":"{\"x\":1}"}"#,
        ),
        (
            14,
            RFC,
            r#"{"userName":"a","department":"D"}"#,
            r#"{"schemas":["U","E"],"userName":"a","E":{"department":"D"}}"#,
        ),
        (
            15,
            RFC,
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0User","http://x/ADSCIM/2.0/User"],"userName":"a"}"#,
            r#"{"schemas":["U"],"userName":"a"}"#,
        ),
        (
            15,
            RFC,
            r#"{"schemas":["U"],"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"division":"V"}}"#,
            r#"{"schemas":["U","E"],"userName":"a","E":{"division":"V"}}"#,
        ),
        (16, RFC, r#"{"userName":"a","nobody":{"x":1}}"#, r#"{"schemas":["U"],"userName":"a"}"#),
        (
            19,
            RFC,
            r#"{"userName":7,"externalId":1,"addresses":[{"postalCode":94107}],"E":{"employeeNumber":7}}"#,
            r#"{"schemas":["U","E"],"userName":"7","externalId":"1","addresses":[{"postalCode":"94107"}],"E":{"employeeNumber":"7"}}"#,
        ),
        (21, RFC, r#"{"userName":"a","password":"p","meta":{}}"#, r#"{"schemas":["U"],"userName":"a","password":"p"}"#),
    ] {
        let got = body::canonical(object(sent), &user(), quirks).unwrap_or_else(|error| panic!("rule {rule}: {error}"));
        assert_eq!(json(&got.resource), parsed(canonical), "rule {rule}: {sent}");
    }
    let got = body::canonical(object(r#"{"userName":"a","a.b":1,"nobody":1}"#), &user(), RFC).expect("rule 16");
    assert_eq!(got.unknown, ["a.b", "nobody"], "rule 16: what is dropped is named");
}

#[test]
fn filters() {
    let enterprise = schema::ENTERPRISE_USER;
    for (rule, sent, canonical) in [
        (2, r#"ActiVe eq "True""#, "active eq true".to_owned()),
        (2, "active eq False", "active eq false".to_owned()),
        (14, r#"department eq "D""#, format!("{enterprise}:department eq \"D\"")),
        (17, r#"emails[type eq "work"].value eq "x""#, r#"emails[type eq "work" and value eq "x"]"#.to_owned()),
        (17, r#"EMAILS[TYPE eq "work"]"#, r#"emails[type eq "work"]"#.to_owned()),
        (17, "externalId eq jyoung", r#"externalId eq "jyoung""#.to_owned()),
        (17, "userName eq a.b+c@x.io and active eq true", r#"userName eq "a.b+c@x.io" and active eq true"#.to_owned()),
        (17, "userName eq 'bob ross'", r#"userName eq "bob ross""#.to_owned()),
        (17, r#"userName eq"x""#, r#"userName eq "x""#.to_owned()),
        (17, r#"DisplayName EQ "N""#, r#"displayName eq "N""#.to_owned()),
        (17, r#"roles[primary eq "True"]"#, "roles[primary eq true]".to_owned()),
        (17, "externalId eq 007", r#"externalId eq "007""#.to_owned()),
        (17, "externalId eq 701984", r#"externalId eq "701984""#.to_owned()),
        (17, "externalId eq true", r#"externalId eq "true""#.to_owned()),
        (17, "title eq null", "title eq null".to_owned()),
        (17, &format!("{enterprise}.department eq D"), format!("{enterprise}:department eq \"D\"")),
        (17, &format!("{}:userName eq x", schema::USER), r#"userName eq "x""#.to_owned()),
        (17, r#"id eq "u1" and manager eq "u2""#, format!("id eq \"u1\" and {enterprise}:manager.value eq \"u2\"")),
        (
            17,
            "meta.lastModified gt 2011-05-13T04:42:34.1234567Z",
            r#"meta.lastModified gt "2011-05-13T04:42:34.1234567Z""#.to_owned(),
        ),
        (
            17,
            r#"meta.lastModified gt "2011-05-13T04:42:34 02:00""#,
            r#"meta.lastModified gt "2011-05-13T04:42:34+02:00""#.to_owned(),
        ),
    ] {
        let filter = Filter::parse(sent, &user()).unwrap_or_else(|error| panic!("rule {rule}: {sent}: {error}"));
        assert_eq!(filter.to_string(), canonical, "rule {rule}: {sent}");
        filter.compile(&user()).unwrap_or_else(|error| panic!("rule {rule}: {sent}: {error}"));
    }
    for sent in
        ["userName eq bob ross", "userName eq 'bob", "userName eq and", "userName", "active eq maybe", "active gt 1"]
    {
        let error =
            Filter::parse(sent, &user()).and_then(|filter| filter.compile(&user()).map(|_| ())).expect_err(sent);
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidFilter)), "rule 17: {sent}");
    }
}

#[test]
fn queries() {
    let read = |query: &str| ListQuery::parse(query, &user()).unwrap_or_else(|error| panic!("{query}: {error}"));
    let entra = read("aadOptscim062020&FILTER=userName+eq+%22a%22&StartIndex=0&COUNT=100&_=1");
    assert_eq!((entra.start_index, entra.count), (Some(1), Some(100)), "rules 19, 20");
    assert_eq!(entra.filter.map(|filter| filter.to_string()).as_deref(), Some(r#"userName eq "a""#), "rules 17, 20");
    assert_eq!(read("aadOptscim062020").filter, None, "rule 20");
    let Projection::Only(paths) = read("Attributes=emails[type eq %22work%22]").projection else {
        panic!("rule 20: attributes name something")
    };
    assert_eq!(paths.len(), 1, "rule 20");
    assert!(matches!(read("excludedattributes=members,title").projection, Projection::Without(_)), "rule 20");
}
