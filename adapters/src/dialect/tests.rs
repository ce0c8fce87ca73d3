use bytes::Bytes;
use http::Response;
use http::response::Parts;
use scimux_scim::{ListQuery, Object, ScimType, Value};

use super::uri;
use crate::fixture::{configured, json, target};
use crate::{Answer, Call, CallKind, CredentialForm, NoteKind, Repeat, Target, VendorError, VendorErrorKind as Kind};

fn call(kind: CallKind) -> Call {
    Call { endpoint: "/Users".to_owned(), kind, repeat: Repeat::Safe, if_match: None, is_shown: false }
}

fn read(id: &str) -> Call {
    call(CallKind::Read(id.into()))
}

fn create() -> Call {
    call(CallKind::Create(Object::new()))
}

fn head(status: u16, headers: &[(&'static str, &'static str)]) -> Parts {
    let builder = Response::builder().status(status);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(()).expect("a head").into_parts().0
}

fn answer(call: &Call, target: &Target, status: u16, body: &str) -> Result<Answer, VendorError> {
    super::answer(call, target, &head(status, &[]), &Bytes::copy_from_slice(body.as_bytes()))
}

fn kind(call: &Call, status: u16) -> Kind {
    answer(call, &target("scim"), status, "").expect_err("an error").kind
}

#[test]
fn a_status_without_words_means_what_the_table_says() {
    let (read, list, create) = (read("1"), call(CallKind::List(ListQuery::default())), create());
    let put = call(CallKind::Replace("1".into(), Object::new()));
    let delete = call(CallKind::Delete("1".into()));
    for (call, status, expected) in [
        (&read, 400, Kind::BadRequest(ScimType::InvalidValue)),
        (&put, 422, Kind::BadRequest(ScimType::InvalidValue)),
        (&read, 401, Kind::CredentialRefused),
        (&read, 403, Kind::Forbidden),
        (&read, 404, Kind::NotFound),
        (&list, 404, Kind::WrongTarget),
        (&create, 404, Kind::WrongTarget),
        (&put, 405, Kind::WrongTarget),
        (&read, 406, Kind::WrongTarget),
        (&create, 409, Kind::Uniqueness),
        (&put, 409, Kind::Uniqueness),
        (&read, 409, Kind::Conflict),
        (&delete, 409, Kind::Conflict),
        (&read, 410, Kind::NotFound),
        (&put, 412, Kind::PreconditionFailed),
        (&put, 413, Kind::TooLarge),
        (&put, 415, Kind::WrongTarget),
        (&read, 418, Kind::NotUnderstood),
        (&read, 429, Kind::RateLimited),
        (&read, 500, Kind::Unavailable),
        (&read, 501, Kind::Unsupported),
        (&read, 502, Kind::Unavailable),
        (&read, 503, Kind::Unavailable),
        (&read, 504, Kind::Unavailable),
        (&read, 505, Kind::NotUnderstood),
        (&create, 202, Kind::WrongTarget),
        (&delete, 202, Kind::WrongTarget),
        (&read, 301, Kind::WrongTarget),
        (&read, 307, Kind::WrongTarget),
    ] {
        assert_eq!(kind(call, status), expected, "{} {status}", call.kind.name());
    }
}

#[test]
fn a_404_counts_as_documented_by_its_form() {
    let documented = |vendor: &str, status: u16, body: &str| {
        answer(&read("1"), &target(vendor), status, body).expect_err("an error").documented
    };
    assert!(documented("scim", 404, r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}"#));
    assert!(!documented("scim", 404, "<html>"));
    assert!(!documented("scim", 404, ""));
    assert!(documented("scim", 410, ""));
    assert!(documented("rsa", 404, ""));
    assert!(!documented("huawei", 404, r#"{"error_code":"APIGW.0101","error_msg":"x"}"#));
    assert!(documented("huawei", 404, r#"{"error_code":"IIC.404","error_msg":"x"}"#));
}

#[test]
fn a_scim_type_explains_a_400_and_no_other_status() {
    let with = |scim_type: &str, status: u16| {
        let body = format!(r#"{{"scimType":"{scim_type}","detail":"d"}}"#);
        answer(&create(), &target("scim"), status, &body).expect_err("an error").kind
    };
    assert_eq!(with("mutability", 400), Kind::BadRequest(ScimType::Mutability));
    assert_eq!(with("uniqueness", 400), Kind::Uniqueness);
    assert_eq!(with("uniqueness", 409), Kind::Uniqueness);
    assert_eq!(with("nonsense", 400), Kind::BadRequest(ScimType::InvalidValue));
    assert_eq!(with("mutability", 401), Kind::CredentialRefused);
    assert_eq!(with("invalidFilter", 500), Kind::Unavailable);
}

#[test]
fn retry_after_is_read_in_seconds() {
    let with = |value: &'static str| {
        let head = head(503, &[("retry-after", value)]);
        super::answer(&read("1"), &target("scim"), &head, &Bytes::new()).expect_err("an error").retry_after
    };
    assert_eq!(with("120"), Some(120));
    assert_eq!(with("Wed, 21 Oct 2015 07:28:00 GMT"), None);
    assert_eq!(with("-1"), None);
}

#[test]
fn the_vendors_text_is_cut_between_characters() {
    let long = "ä".repeat(600);
    let error = answer(&create(), &target("scim"), 400, &format!(r#"{{"detail":"{long}"}}"#)).expect_err("an error");
    assert_eq!(error.text.expect("a text").chars().count(), super::MAX_TEXT);
}

#[test]
fn a_success_that_is_no_resource_is_not_understood() {
    let scim = target("scim");
    let list = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0}"#;
    let nobody = [r#"{"id":"","userName":"a"}"#, r#"{"id":{"a":1},"userName":"a"}"#, r#"{"id":[],"userName":"a"}"#];
    let bodies = ["", "<html>", "[]", "null", "{}", r#"{"ok":true}"#, list, r#"{"id":"1""#, r#"{"id":"1","ID":"2"}"#];
    for body in bodies.into_iter().chain(nobody) {
        let error = answer(&read("1"), &scim, 200, body).expect_err(body);
        assert_eq!((error.kind, error.status), (Kind::NotUnderstood, Some(200)), "{body}");
    }
    let lists = call(CallKind::List(ListQuery::default()));
    for body in ["", "[]", "<html>"] {
        assert_eq!(answer(&lists, &scim, 200, body).expect_err(body).kind, Kind::NotUnderstood);
    }
}

#[test]
fn an_element_of_a_list_without_a_usable_id_is_no_resource() {
    let scim = target("scim");
    let user = &scim.types[0];
    for id in ["", r#""id":"","#, r#""id":null,"#, r#""id":[],"#, r#""id":{"a":1},"#, r#""id":true,"#] {
        let text = format!(r#"{{{id}"schemas":["urn:x"],"userName":"a"}}"#);
        assert_eq!(super::listed(&text.as_str().into(), user), None, "{text}");
    }
    let number = super::listed(&r#"{"id":7,"userName":"a"}"#.into(), user).expect("as a single resource");
    assert_eq!(number.str("id"), Some("7"));
}

#[test]
fn a_read_without_a_body_is_not_understood_but_a_change_is_done() {
    let scim = target("scim");
    assert_eq!(answer(&read("1"), &scim, 204, "").expect_err("no body").kind, Kind::NotUnderstood);
    assert_eq!(answer(&call(CallKind::Delete("1".into())), &scim, 204, ""), Ok(Answer::Empty(None)));
    let put = call(CallKind::Replace("1".into(), Object::new()));
    assert_eq!(answer(&put, &scim, 204, ""), Ok(Answer::Empty(None)));
    let located = head(201, &[("location", "https://other.example/x/Users/a%2Fb?c=d")]);
    assert_eq!(super::answer(&create(), &scim, &located, &Bytes::new()), Ok(Answer::Empty(Some("a/b".into()))));
}

#[test]
fn an_envelope_speaks_louder_than_the_status() {
    let veeva = target("veeva");
    let failure = r#"{"responseStatus":"FAILURE","errors":[{"type":"INVALID_SESSION_ID","message":"m"}]}"#;
    for call in [read("1"), create(), call(CallKind::Delete("1".into())), call(CallKind::List(ListQuery::default()))] {
        assert_eq!(answer(&call, &veeva, 200, failure).expect_err("an error").kind, Kind::CredentialRefused);
    }
    assert!(answer(&read("1"), &veeva, 200, r#"{"responseStatus":"WARNING","id":"1"}"#).is_ok());
    assert!(answer(&read("1"), &veeva, 200, r#"{"id":"1"}"#).is_ok());
}

#[test]
fn odd_answers_are_brought_into_rfc_shape() {
    let got = |vendor: &str, body: &str| match answer(&read("7"), &target(vendor), 200, body) {
        Ok(Answer::Resource(resource)) => resource,
        other => panic!("{other:?}"),
    };
    let alone = got("scim", r#"{"id":7,"schemas":"urn:x","emails":{"value":"a@b"}}"#);
    assert_eq!(alone, json(r#"{"id":"7","schemas":["urn:x"],"emails":[{"value":"a@b"}]}"#));
    assert_eq!(got("scim", r#"{"schemas":["urn:x"],"userName":"a"}"#).str("id"), Some("7"));
    let base = "urn:ietf:params:scim:schemas:core:2.0:User";
    let turned = got("scim", &format!(r#"{{"id":"7","schemas":["urn:x","urn:y","{base}","urn:z"]}}"#));
    assert_eq!(turned, json(&format!(r#"{{"id":"7","schemas":["{base}","urn:x","urn:y","urn:z"]}}"#)));
    assert_eq!(got("scim", r#"{"id":"7","emails":null}"#).get("emails"), Some(&Value::Null));
    let vault = got("veeva", r#"{"id":"7","locale":"zh_Hans_CN","emails":[]}"#);
    assert_eq!((vault.str("locale"), vault.get("emails")), (Some("zh-Hans-CN"), Some(&Value::Array(Vec::new()))));
    let ping = got("pingone", r#"{"id":"7","addresses":{"countryCode":"US"},"emails":[{"value":"a","type":"home"}]}"#);
    assert_eq!(ping.get("addresses"), json(r#"{"a":[{"country":"US"}]}"#).get("a"));
    assert_eq!(ping.get("emails"), json(r#"{"a":[{"value":"a","type":"home"}]}"#).get("a"));
}

#[test]
fn an_etag_becomes_the_version_where_the_body_has_none() {
    let version = |body: &str| {
        let head = head(200, &[("etag", "W/\"e\"")]);
        match super::answer(&read("1"), &target("scim"), &head, &Bytes::copy_from_slice(body.as_bytes())) {
            Ok(Answer::Resource(resource)) => {
                resource.get("meta").and_then(Value::as_object).and_then(|meta| meta.str("version")).map(str::to_owned)
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(version(r#"{"id":"1"}"#).as_deref(), Some("W/\"e\""));
    assert_eq!(version(r#"{"id":"1","meta":{"version":"W/\"b\""}}"#).as_deref(), Some("W/\"b\""));
}

#[test]
fn the_path_of_base_url_stays_and_an_id_is_one_segment() {
    for (id, segment) in [
        ("a", "a"),
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("%2e%2e", "%252e%252e"),
        ("ü", "%C3%BC"),
        ("..a", "..a"),
        ("a b+c@d", "a%20b%2Bc%40d"),
    ] {
        let uri = super::request(&read(id), &target("scim")).expect("asked").request.uri().to_string();
        assert_eq!(uri, format!("https://vendor.example:8443/base/Users/{segment}"));
        assert_eq!(uri::decode(segment).as_deref(), Some(id));
    }
    for id in ["", ".", ".."] {
        assert_eq!(super::request(&read(id), &target("scim")).expect_err("refused").status, 404);
    }
}

#[test]
fn a_trailing_slash_of_base_url_makes_no_double_one() {
    for base in ["https://h.example", "https://h.example/", "https://h.example/scim/"] {
        let target = configured("rsa", |settings| settings.base_url = base.parse().expect("a URL")).expect("right");
        let uri = super::request(&read("1"), &target).expect("asked").request.uri().to_string();
        assert_eq!(uri, format!("{}/Users/1", base.trim_end_matches('/')));
    }
}

#[test]
fn an_endpoint_that_is_not_served_is_not_asked() {
    let groups = Call { endpoint: "/Groups".to_owned(), ..read("1") };
    assert_eq!(super::request(&groups, &target("veeva")).expect_err("refused").status, 501);
}

#[test]
fn a_credential_takes_the_form_of_its_scheme() {
    let form = |vendor: &str, scheme: &str| {
        let target = configured(vendor, |settings| settings.scheme = scheme.to_owned()).expect("right");
        super::request(&read("1"), &target).expect("asked").credential
    };
    assert_eq!(form("veeva", "session"), CredentialForm::Raw(http::header::AUTHORIZATION));
    assert_eq!(form("veeva", "bearer"), CredentialForm::Bearer);
    assert_eq!(form("pingone", "oauth2_client_credentials"), CredentialForm::Bearer);
    assert_eq!(form("scim", "basic"), CredentialForm::Basic);
    assert_eq!(form("scim", "header"), CredentialForm::Configured);
    assert_eq!(form("scim", "passthrough"), CredentialForm::None);
    assert_eq!(form("scim", "none"), CredentialForm::None);
}

#[test]
fn what_is_changed_on_the_way_is_noted_under_its_canonical_name() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let body =
        format!(r#"{{"locale":"de-DE","emails":[{{"value":"a"}}],"{enterprise}":{{"manager":{{"value":"1"}}}}}}"#);
    let translated = super::request(&call(CallKind::Create(json(&body))), &target("veeva")).expect("asked");
    let notes: Vec<_> = translated.notes.iter().map(|note| (note.kind, note.attribute.clone())).collect();
    assert_eq!(
        notes,
        [
            (NoteKind::Added, "emails.type".to_owned()),
            (NoteKind::Renamed, "locale".to_owned()),
            (NoteKind::Renamed, format!("{enterprise}:manager")),
        ]
    );
}

#[test]
fn a_body_lists_the_extensions_it_carries_and_those_asked_for_that_the_vendor_has() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let vault = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    let schemas = |body: &str| {
        let request = super::request(&call(CallKind::Create(json(body))), &target("veeva")).expect("asked").request;
        let body = scimux_scim::value::parse(request.body()).expect("JSON");
        let schemas = body.get("schemas").and_then(Value::as_array).expect("a list").to_vec();
        schemas.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(schemas("{}"), [core]);
    assert_eq!(schemas(&format!(r#"{{"{enterprise}":null}}"#)), [core, enterprise]);
    assert_eq!(schemas(&format!(r#"{{"schemas":["{vault}","urn:nobody:1.0:X"]}}"#)), [vault, core]);
}

mod any_bytes {
    use proptest::prelude::*;

    use super::*;
    use crate::vendors;

    proptest! {
        #[test]
        fn no_answer_makes_a_vendor_panic(status in 100u16..600, body in proptest::collection::vec(any::<u8>(), 0..64)) {
            for vendor in vendors() {
                let _ = super::super::answer(&read("1"), &target(vendor.name), &head(status, &[]), &Bytes::from(body.clone()));
            }
        }

        #[test]
        fn a_segment_comes_back_as_it_was(id in ".{0,40}") {
            let encoded = uri::encode(&id);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            prop_assert_eq!(uri::decode(&encoded), Some(id));
        }
    }
}

#[test]
fn a_delete_is_done_only_if_the_vendor_says_so() {
    let (target, delete) = (target("scim"), call(CallKind::Delete("1".into())));
    let error = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}"#;
    for page in ["<html>Sign in</html>", "null", error] {
        let refused = answer(&delete, &target, 200, page).expect_err(page);
        assert_eq!(refused.kind, Kind::NotUnderstood, "{page}");
    }
    for (status, body) in [(204, ""), (200, " \n"), (200, "{}"), (200, r#"{"id":"1","schemas":["urn:x:User"]}"#)] {
        assert_eq!(answer(&delete, &target, status, body), Ok(Answer::Empty(None)), "{status} {body}");
    }
}

#[test]
fn retry_after_is_read_as_seconds_and_as_a_date() {
    let (target, read) = (target("scim"), read("1"));
    let told = |headers: &[(&'static str, &'static str)]| {
        super::answer(&read, &target, &head(503, headers), &Bytes::new()).expect_err("an error").retry_after
    };
    let now = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
    assert_eq!(told(&[("retry-after", " 7 ")]), Some(7));
    assert_eq!(told(&[("retry-after", "Wed, 21 Oct 2015 07:29:30 GMT"), now]), Some(90));
    assert_eq!(told(&[("retry-after", "Wed, 21 Oct 2015 07:00:00 GMT"), now]), Some(0), "it is over");
    assert_eq!(told(&[("retry-after", "Wed, 21 Oct 2015 07:29:30 GMT")]), None, "nobody says what time it is there");
    assert_eq!(told(&[("retry-after", "soon"), now]), None);
}

#[test]
fn an_empty_list_of_what_the_vendor_never_returns_is_not_told() {
    let target = target("huawei");
    let group =
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"1","displayName":"G","members":[]}"#;
    let read = Call {
        endpoint: "/Groups".to_owned(),
        kind: CallKind::Read("1".into()),
        repeat: Repeat::Safe,
        if_match: None,
        is_shown: false,
    };
    let Ok(Answer::Resource(group)) = answer(&read, &target, 200, group) else { panic!("a group") };
    assert!(group.contains("displayName") && !group.contains("members"), "{group:?}");
}

#[test]
fn booleans_in_strings_come_back_as_booleans() {
    let user = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"True","active":"False",
        "emails":[{"value":"a@b","primary":"true"}],"x":"true"}"#;
    let Ok(Answer::Resource(user)) = answer(&read("1"), &target("scim"), 200, user) else { panic!("a user") };
    assert_eq!(user.get("active"), Some(&Value::Bool(false)));
    assert_eq!(user.str("userName"), Some("True"), "a string by its schema");
    assert_eq!(user.str("x"), Some("true"), "no schema says what it is");
    let emails = user.get("emails").and_then(Value::as_array).expect("e-mails");
    assert_eq!(emails[0].as_object().and_then(|email| email.get("primary")), Some(&Value::Bool(true)));
}

/// rfc-traps 336: only 501, 405, and a 404 that is no SCIM error; and never where the profile says what the status means.
#[test]
fn what_may_show_that_a_method_is_lacking() {
    let put = call(CallKind::Replace("1".into(), Object::new()));
    let may = |vendor: &str, status: u16, body: &str| {
        answer(&put, &target(vendor), status, body).expect_err("an error").may_lack_method
    };
    let scim_error = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"gone"}"#;
    assert!(may("scim", 501, scim_error) && may("scim", 405, "") && may("scim", 404, "<html>404</html>"));
    assert!(!may("scim", 404, scim_error) && !may("scim", 400, "") && !may("scim", 500, "") && !may("scim", 403, ""));
    assert!(!may("rsa", 405, ""), "its 405 speaks of the identity source");
}
