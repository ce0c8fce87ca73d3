use super::*;
use crate::ScimType;

fn read(text: &str) -> Result<Object, ScimError> {
    parse(&Bytes::copy_from_slice(text.as_bytes()))
}

fn refused(text: &str) -> String {
    let error = read(text).expect_err(text);
    assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidSyntax)), "{text}");
    error.detail
}

#[test]
fn what_is_read_is_written_back_as_it_was() {
    for text in [
        r#"{}"#,
        r#"{"a":null,"b":true,"c":false,"d":[],"e":{},"f":""}"#,
        r#"{"n":[0,-0,1.0,1e+400,-3.5e+2,12345678901234567890123,0.10]}"#,
        r#"{"s":"a\"b\\c","u":"é😀","nested":{"x":[{"y":[1,[2]]}]}}"#,
    ] {
        assert_eq!(read(text).unwrap().to_bytes(), text.as_bytes(), "{text}");
    }
}

#[test]
fn an_exponent_is_the_one_thing_respelled() {
    assert_eq!(read(r#"{"n":[1E400,1e-7]}"#).unwrap().to_bytes(), r#"{"n":[1e+400,1e-7]}"#);
}

#[test]
fn unescaped_text_is_a_slice_of_the_body() {
    let body = Bytes::from_static(br#"{"name":"value","esc\u0061ped":"v\u0061lue"}"#);
    let object = parse(&body).unwrap();
    let within = |text: &Text| body.as_ptr_range().contains(&text.as_ptr());
    let slices: Vec<(bool, bool)> = object
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => (within(name), within(text)),
            _ => panic!("strings only"),
        })
        .collect();
    assert_eq!(slices, [(true, true), (false, false)]);
    assert_eq!(object.str("escaped"), Some("value"));
}

#[test]
fn a_client_cannot_imitate_serde_jsons_number() {
    for text in [
        r#"{"a":{"$serde_json::private::Number":"1"}}"#,
        r#"{"$serde_json::private::Number":"1, \"x\":2"}"#,
        r#"{"a":{"$serde_json::private::Number":{"b":[]}}}"#,
        r#"{"a":{"$serde_json::private::Number":1,"b":2}}"#,
        r#"{"a":{"$serde_json::private::RawValue":"1"}}"#,
    ] {
        assert_eq!(read(text).unwrap().to_bytes(), text.as_bytes(), "{text}");
    }
    let escaped = read(r#"{"a":{"\u0024serde_json::private::Number":"1"}}"#).unwrap();
    assert!(escaped.get("a").unwrap().as_object().is_some());
}

#[test]
fn malformed_bodies_are_refused() {
    for text in ["", " ", "nul", "[]", "null", "1", "\"x\"", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{} x", "{}{}"] {
        refused(text);
    }
    for text in [r#"{"a":"\ud800"}"#, "{\"a\":\"\u{1}\"}", r#"{"a":01}"#, r#"{"a":1.}"#, r#"{"a":NaN}"#, "{'a':1}"] {
        refused(text);
    }
}

#[test]
fn trap_3_names_equal_but_for_case_are_refused_by_name() {
    assert!(refused(r#"{"userName":"a","USERNAME":"b"}"#).contains("\"USERNAME\""));
    refused(r#"{"x":{"a":1,"A":1}}"#);
    let many = |extra: &str| {
        let members: Vec<String> = (0..5000).map(|n| format!("\"a{n}\":{n}")).collect();
        format!("{{{},\"{extra}\":0}}", members.join(","))
    };
    assert_eq!(read(&many("b")).unwrap().len(), 5001);
    assert!(refused(&many("A7")).contains("\"A7\""));
    assert!(refused(&many("A4999")).contains("\"A4999\""));
}

#[test]
fn a_huge_object_is_read_in_time() {
    let members: Vec<String> = (0..200_000).map(|n| format!("\"a{n}\":0")).collect();
    assert_eq!(read(&format!("{{{}}}", members.join(","))).unwrap().len(), 200_000);
}

#[test]
fn nesting_is_bounded() {
    let nested = |arrays: usize| format!("{{\"a\":{}1{}}}", "[".repeat(arrays), "]".repeat(arrays));
    assert!(read(&nested(MAX_DEPTH - 1)).is_ok());
    assert!(refused(&nested(MAX_DEPTH)).contains("deeper"));
    refused(&nested(100_000));
    let objects = |depth: usize| format!("{}{}", "{\"a\":".repeat(depth) + "{", "}".repeat(depth + 1));
    assert!(read(&objects(MAX_DEPTH - 1)).is_ok());
    refused(&objects(MAX_DEPTH));
}

#[test]
fn trap_293_bom_is_skipped_and_other_encodings_refused() {
    assert_eq!(read("\u{feff}{\"a\":1}").unwrap().to_bytes(), "{\"a\":1}");
    let error = parse(&Bytes::from_static(b"{\"a\":\"\xff\"}")).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax));
}

#[test]
fn trap_1_names_are_found_without_regard_to_case() {
    let mut object = read(r#"{"USERNAME":"a"}"#).unwrap();
    assert_eq!(object.str("userName"), Some("a"));
    object.insert("username", "b");
    assert_eq!(object.to_bytes(), r#"{"USERNAME":"b"}"#);
    assert_eq!(object.remove("UserName"), Some("b".into()));
}

#[test]
fn numbers_made_by_code_never_panic() {
    let object: Object = [("n".into(), Value::Number("x".into())), ("m".into(), 7.into())].into_iter().collect();
    assert_eq!(object.to_bytes(), r#"{"n":"x","m":7}"#);
}
