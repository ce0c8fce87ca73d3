use proptest::prelude::*;

use super::*;

/// Whether the text is one value, and nothing behind it.
fn is_json(text: &str) -> bool {
    let mut lexer = Lexer::new(text);
    lexer.skip(usize::MAX).is_ok() && lexer.peek().is_none()
}

fn serde_takes(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

#[test]
fn what_is_taken_is_what_serde_json_takes() {
    let bare = [
        "null",
        "nul",
        "true",
        "truee",
        "0",
        "-0",
        "-",
        "01",
        "1.",
        "1.0",
        "1.e1",
        "1e",
        "1e+",
        "1E-07",
        "-1.5e+3",
        ".5",
        "+1",
        "NaN",
        "[]",
        "[1,]",
        "[,]",
        "[1 2]",
        "[1",
        "{}",
        "{,}",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":}",
        "{1:2}",
        "{\"a\":1}}",
        "",
        " ",
        " \t\r\n1 ",
        "\u{a0}1",
        "'a'",
        "[[[]]]",
        "1 1",
    ];
    for text in bare {
        assert_eq!(is_json(text), serde_takes(text), "{text}");
    }
    let strings = [
        "",
        "a",
        "\\",
        "\\\"",
        "\\x",
        "\\/\\b\\f\\n\\r\\t\\\\",
        "\\u00e9",
        "\\u00E",
        "\\u+0e9",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\ud83dx",
        "\\ud83d\\u0041",
        "\\ude00",
        "\\ud83d\\n",
        "\u{1}",
        "\u{1f}",
        "\u{7f}",
        "é😀",
        "12345678\\",
        "1234567\u{0}8",
        "12345678\"",
        "\\ud83",
    ];
    for text in strings {
        let text = format!("\"{text}\"");
        assert_eq!(is_json(&text), serde_takes(&text), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(Lexer::new(&nested(3)).skip(3), Ok(()));
    assert_eq!(Lexer::new(&nested(4)).skip(3), Err(Malformed));
    assert_eq!(Lexer::new(&nested(1_000_000)).skip(32), Err(Malformed));
    assert_eq!(Lexer::new(&nested(1_000_000)).leap(), Ok(()), "a leap takes no stack");
}

#[test]
fn a_leap_ends_where_the_value_does() {
    for value in ["1", "null", "\"a]}\\\"\"", "{\"a\":[{}, \"}\"]}", "[]", "{}", "[\"\\\\\"]", "\"\""] {
        for behind in [",7]", "]", "}", " , 7"] {
            let text = format!(" {value}{behind}");
            let mut lexer = Lexer::new(&text);
            let start = lexer.position();
            lexer.leap().expect(value);
            assert_eq!(lexer.since(start).trim_end(), value, "{text}");
        }
    }
    for open in ["", "[", "{\"a", "\"\\", "[1", "{\"a\":\"\\\"}"] {
        assert_eq!(Lexer::new(open).leap(), Err(Malformed), "{open}");
    }
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[ -~é\\x00-\\x1f]{0,20}".prop_map(|text| serde_json::to_string(&text).expect("a text")),
        "-?[0-9]{1,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?",
        Just("null".to_owned()),
        Just("true".to_owned()),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(" ,"))),
            prop::collection::vec(("[a-z\\\\\"]{0,3}", inner), 0..4).prop_map(|all| {
                let members: Vec<_> =
                    all.iter().map(|(name, value)| format!("{}: {value}", serde_json::json!(name))).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_taken_of_any_text_is_what_serde_json_takes(text in json(), cut in any::<prop::sample::Index>(), put in "[\\[\\]{}\":,\\\\u0-9a-f \\x01]?") {
        prop_assert_eq!(is_json(&text), serde_takes(&text), "{}", text);
        let (mut at, mut other) = (cut.index(text.len() + 1), text.clone());
        while !other.is_char_boundary(at) {
            at -= 1;
        }
        other.insert_str(at, &put);
        prop_assert_eq!(is_json(&other), serde_takes(&other), "{}", other);
        if is_json(&text) && !text.is_empty() {
            let mut lexer = Lexer::new(&text);
            prop_assert_eq!(lexer.leap(), if matches!(text.as_bytes()[0], b'{' | b'[' | b'"') { Ok(()) } else { Err(Malformed) });
        }
    }

    #[test]
    fn strings_are_found_whole(text in any::<String>(), behind in "[ -~]{0,20}") {
        let written = serde_json::to_string(&text).expect("a text");
        let whole = format!("{written}{behind}");
        let quoted = Lexer::new(&whole).string().expect("a string");
        prop_assert_eq!(quoted.written, &written[1..written.len() - 1]);
        prop_assert_eq!(quoted.escaped, written.contains('\\'));
    }
}

#[test]
fn every_byte_that_needs_an_escape_is_found_wherever_it_stands() {
    for byte in 0..=255_u8 {
        for length in 1..=17 {
            for place in 0..length {
                let mut text = vec![b'a'; length];
                text[place] = byte;
                assert_eq!(is_plain(&text), !is_special(byte), "{byte} at {place} of {length}");
            }
        }
    }
}
