use super::*;
use crate::ScimType;
use crate::fixture::user_type;

fn read(text: &str) -> Filter {
    Filter::parse(text, &user_type()).expect(text)
}

#[test]
fn trap_61_and_binds_tighter_and_parentheses_are_minimal() {
    for (text, printed) in [
        ("title pr or nickName pr and userName pr", "title pr or nickName pr and userName pr"),
        ("(title pr or nickName pr) and userName pr", "(title pr or nickName pr) and userName pr"),
        ("((title pr))", "title pr"),
        ("(title pr and nickName pr) and (userName pr)", "title pr and nickName pr and userName pr"),
        ("NOT(title PR)", "not (title pr)"),
        ("not   (not (title pr)  )", "not (not (title pr))"),
        ("userName  EQ  \"x\"  ", "userName eq \"x\""),
        ("userName eq\"x\"", "userName eq \"x\""),
        ("emails[type eq \"work\"].value eq \"a\"", "emails[type eq \"work\" and value eq \"a\"]"),
        ("emails[type eq \"a\" or type eq \"b\"].value pr", "emails[(type eq \"a\" or type eq \"b\") and value pr]"),
        ("n eq -3.5e2 or n eq null", "n eq -3.5e2 or n eq null"),
        ("displayName eq \"say \\\"hi\\\" \\\\o/ \\u0041\"", "displayName eq \"say \\\"hi\\\" \\\\o/ A\""),
    ] {
        let filter = read(text);
        assert_eq!(filter.to_string(), printed);
        assert_eq!(read(printed), filter);
    }
}

#[test]
fn what_is_not_in_the_grammar_is_refused() {
    for (trap, text) in [
        (22, "2x eq \"a\""),
        (23, "a.b.c eq \"x\""),
        (63, "not title pr"),
        (65, "title pr \"x\""),
        (84, "title eq \"\\x\""),
        (84, "title eq \"\\ud800\""),
        (86, "userName eq 'bob"),
        (86, "userName eq 'O'Brien'"),
        (87, "userName eq bob ross"),
        (87, "userName eq and title pr"),
        (87, "userName eq bob\"s"),
        (88, "userName eq5"),
        (88, "userName eq-5"),
        (94, "emails[]"),
        (95, ""),
        (95, " "),
        (95, "userName eq \"a\")"),
        (95, "(userName eq \"a\""),
        (95, "userName eq \"a\" and"),
        (95, "userName eq \"a\" and "),
        (95, "eq \"a\""),
        (95, "userName"),
        (95, "userName eq"),
        (95, "userName eq \"a\"\"b\""),
        (95, "userName eq \"a"),
        (95, "userName eq \"a\"and title pr"),
        (95, "emails[type eq \"a\"]x"),
        (95, "emails[type eq \"a\""),
        (95, "emails[emails[type pr]]"),
        (96, "userName regex \"a\""),
        (96, "title pr xor nickName pr"),
    ] {
        let error = Filter::parse(text, &user_type()).expect_err(text);
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidFilter)), "{trap} {text}");
    }
}

#[test]
fn what_joins_nothing_is_named() {
    for (text, keyword) in [
        ("userName co \"rev\" or", "or"),
        ("userName pr AND ", "and"),
        ("(userName pr or) and title pr", "or"),
        ("emails[type pr and ]", "and"),
    ] {
        let error = Filter::parse(text, &user_type()).expect_err(text);
        assert_eq!(error.scim_type, Some(ScimType::InvalidFilter));
        assert_eq!(error.detail, format!("something must follow \"{keyword}\""), "{text}");
    }
}

#[test]
fn trap_104_depth_and_length_are_bounded() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(64), &user_type()).is_ok());
    assert!(Filter::parse(&nested(65), &user_type()).is_err());
    assert!(Filter::parse(&nested(4000), &user_type()).is_err());
    assert!(Filter::parse(&"(".repeat(100_000), &user_type()).is_err());
    assert!(Filter::parse(&format!("title eq \"{}\"", "a".repeat(MAX_LENGTH)), &user_type()).is_err());
}
