use crate::filter::{Filter, compile_element};
use crate::fixture::{group_type, object, r0, schema, user_type, value, with_extension};
use crate::{Object, ResourceType, ScimType};

fn read(text: &str) -> Filter {
    Filter::parse(text, &user_type()).expect(text)
}

fn holds(text: &str, resource: &Object) -> bool {
    read(text).compile(&user_type()).expect(text).matches(resource)
}

#[test]
fn filters_on_r0() {
    let cases = [
        (5, "URN:IETF:Params:scim:schemas:core:2.0:user:userName eq \"alpha\"", true),
        (2, "NAME.familyname eq \"f\"", true),
        (37, "nickName pr", false),
        (45, "emails[primary eq false]", true),
        (45, "emails.primary eq false", true),
        (45, "emails[primary eq false and type eq \"work\"]", false),
        (47, "emails[type eq \"WORK\"]", true),
        (60, "title PR AND active Eq true", true),
        (60, "NOT (title pr)", false),
        (61, "title pr or nickName pr and locale pr", true),
        (61, "(title pr or nickName pr) and locale pr", false),
        (62, "not (title pr or nickName pr) and active eq true", false),
        (64, "((title pr))", true),
        (66, "name pr", true),
        (66, "emails pr", true),
        (66, "phoneNumbers pr", false),
        (67, "emails.type eq \"home\"", true),
        (68, "emails.type eq \"work\" and emails.value eq \"h@x.io\"", true),
        (69, "emails[type eq \"work\" and value eq \"h@x.io\"]", false),
        (70, "emails.type ne \"work\"", true),
        (71, "not (emails.type eq \"work\")", false),
        (72, "nickName ne \"x\"", true),
        (73, "nickName eq null", true),
        (73, "title ne null", true),
        (73, "emails eq null", false),
        (74, "emails co \"x.io\"", true),
        (74, "emails eq \"H@X.IO\"", true),
        (76, "userName eq \"ALPHA\"", true),
        (76, "id eq \"1\"", true),
        (77, "active eq true", true),
        (77, "active eq \"True\"", true),
        (77, "active ne \"False\"", true),
        (82, "title gt \"s\"", true),
        (82, "title le \"T\"", true),
        (82, "title lt \"t\"", false),
        (84, "title eq \"\\u0054\"", true),
        (85, "userName eq \"a) or (b\"", false),
        (85, "emails[type eq \"a]b\"]", false),
        (92, "emails[type eq \"work\"].value eq \"w@x.io\"", true),
        (92, "emails[type eq \"work\"].value eq \"h@x.io\"", false),
        (93, "emails[(type eq \"work\" or type eq \"home\") and primary eq true]", true),
        (93, "emails[not (type eq \"work\")]", true),
        (99, "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:USER\"", true),
        (99, "schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", false),
        (99, "schemas[value co \"core\"]", true),
    ];
    for (trap, text, expected) in cases {
        assert_eq!(holds(text, &r0()), expected, "{trap} {text}");
    }
}

#[test]
fn filters_on_what_r0_lacks() {
    let user = object(
        r#"{"schemas":["U","E"],"id":"aB","externalId":"ext-1","userName":"É","nickName":"","title":"say \"hi\"",
            "meta":{"resourceType":"User","created":"2011-05-13T06:42:34+02:00","version":"W/\"a\""},
            "groups":[{"value":"Ab","$ref":"https://h/v2/Groups/Ab"}],"name":{},
            "x509Certificates":[{"value":"AQ=="}],"password":"secret",
            "E":{"employeeNumber":"701984","manager":{"value":"m1","$ref":"https://h/Users/m1"}}}"#,
    );
    let cases = [
        (21, "manager.$ref pr", true),
        (89, "  userName   sw  \"É\"  ", true),
        (74, "groups sw true", false),
        (89, "groups  [value eq \"Ab\"]", true),
        (13, "department eq \"x\"", false),
        (13, "employeeNumber eq \"701984\"", true),
        (30, "employeeNumber eq 701984", true),
        (32, "meta.created eq \"2011-05-13T04:42:34.000Z\"", true),
        (33, "x509Certificates.value eq \"AQ\"", true),
        (34, "x509Certificates.value eq \"aq\"", false),
        (36, "manager.$ref eq \"https://h/v2/Users/m1\"", true),
        (36, "groups[$ref eq \"https://h/Groups/Ab\"]", true),
        (38, "nickName pr", false),
        (38, "nickName eq \"\"", true),
        (39, "name pr", false),
        (49, "groups.value eq \"ab\"", false),
        (49, "groups[value eq \"Ab\"]", true),
        (49, "id eq \"ab\"", false),
        (49, "manager.value eq \"M1\"", false),
        (56, "userName eq \"é\"", true),
        (76, "externalId eq \"EXT-1\"", false),
        (80, "meta.created gt \"2011-05-13T04:42:33Z\"", true),
        (80, "meta.created ge \"2011-05-13T04:42:34\"", true),
        (84, "title eq \"say \\\"hi\\\"\"", true),
        (99, "schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", true),
        (100, "meta.resourceType eq \"User\"", true),
        (100, "meta.resourceType eq \"user\"", false),
        (101, "groups.value eq \"Ab\"", true),
        (9, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", true),
    ];
    for (trap, text, expected) in cases {
        assert_eq!(holds(text, &user), expected, "{trap} {text}");
    }
}

#[test]
fn trap_83_numbers_compare_by_value() {
    let fields =
        r#"{"id":"urn:x:1.0:User","attributes":[{"name":"n","type":"integer"},{"name":"d","type":"decimal"}]}"#;
    let users = with_extension(user_type(), schema(fields));
    let user = object(r#"{"urn:x:1.0:User":{"n":10,"d":-350.0}}"#);
    for (text, expected) in
        [("n gt 9", true), ("n eq 10.0", true), ("d eq -3.5e2", true), ("d lt -350", false), ("n le \"10\"", true)]
    {
        assert_eq!(
            Filter::parse(text, &users).unwrap().compile(&users).expect(text).matches(&user),
            expected,
            "{text}"
        );
    }
}

#[test]
fn what_the_schema_does_not_allow_is_refused() {
    for (trap, text) in [
        (75, "name eq \"x\""),
        (74, "addresses eq \"x\""),
        (77, "active eq \"yes\""),
        (77, "active eq 1"),
        (78, "active gt false"),
        (78, "x509Certificates.value lt \"AQ\""),
        (79, "active co \"t\""),
        (79, "meta.created sw \"2011\""),
        (79, "x509Certificates co \"A\""),
        (80, "meta.created gt 2011"),
        (81, "meta.created gt \"soon\""),
        (73, "title gt null"),
        (97, "nope eq \"x\""),
        (97, "emails[nope eq \"x\"]"),
        (97, "emails.nope pr"),
        (98, "password eq \"x\""),
        (98, "password pr"),
        (121, "name[givenName eq \"G\"]"),
        (9, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq \"x\""),
    ] {
        let error = read(text).compile(&user_type()).expect_err(text);
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidFilter)), "{trap} {text}");
    }
}

#[test]
fn an_open_type_filters_unknown_extensions_by_the_literals_type() {
    let open = ResourceType { open: true, ..user_type() };
    let user = object(r#"{"urn:y:1.0:User":{"s":"A","n":2,"b":true,"c":[{"d":"x"}]}}"#);
    for (text, expected) in [
        ("urn:y:1.0:User:s eq \"a\"", true),
        ("urn:y:1.0:User:n gt 1", true),
        ("urn:y:1.0:User:b eq true", true),
        ("urn:y:1.0:User:c.d eq \"x\"", true),
        ("urn:y:1.0:User:z pr", false),
        ("urn:z:1.0:User:s pr", false),
    ] {
        assert_eq!(Filter::parse(text, &open).unwrap().compile(&open).expect(text).matches(&user), expected, "{text}");
    }
}

#[test]
fn many_alternatives_are_looked_up() {
    let any: Vec<String> = (0..20).map(|n| format!("value eq \"U{n}\"")).collect();
    let members = group_type().schema.attribute("members").unwrap().clone();
    let filter = Filter::parse(&format!("members[{}]", any.join(" or ")), &user_type()).unwrap();
    let Filter::ValuePath(_, inner) = filter else { panic!("a value path") };
    let compiled = compile_element(&inner, &members).unwrap();
    let element = |id: &str| value(&format!("{{\"value\":\"{id}\"}}"));
    assert!(compiled.matches_element(&element("U19")));
    assert!(!compiled.matches_element(&element("u19")));
    assert!(!compiled.matches_element(&element("U20")));
}

#[test]
fn paths_are_rewritten_but_for_those_in_brackets() {
    let filter = read("title eq \"x\" and (emails[type eq \"a\"] or not (nickName pr))");
    let mapped = filter.map_paths(&mut |path| Ok::<_, ()>(path.clone().with_urn("urn:v:1"))).unwrap();
    let expected = "urn:v:1:title eq \"x\" and (urn:v:1:emails[type eq \"a\"] or not (urn:v:1:nickName pr))";
    assert_eq!(mapped.to_string(), expected);
    assert_eq!(filter.map_paths(&mut |_| Err("no")), Err("no"));
}
