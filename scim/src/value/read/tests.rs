use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde::de::DeserializeSeed;

use super::*;
use crate::value::MAX_DEPTH;

/// What `serde_json` reads.
fn by_serde_json(text: &Text) -> Result<Value, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = crate::value::Reader::whole(text).deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| error.to_string())
}

/// Both readers say the same; of where it is nested too deep, or a name stands twice, they may point to the next token.
fn same(text: &str) {
    let text = Text::from(text);
    let without_place = |words: &str| words.split(" at line ").next().unwrap_or_default().to_owned();
    match (value(&text, MAX_DEPTH), by_serde_json(&text)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{text}"),
        (Err(ours), Err(theirs)) if theirs.contains("deeper") || theirs.contains("twice") => {
            let theirs = format!("the body cannot be read as JSON: {theirs}");
            assert_eq!(without_place(&ours.detail), without_place(&theirs), "{text}");
        }
        (Err(ours), Err(theirs)) => {
            assert_eq!(ours.detail, format!("the body cannot be read as JSON: {theirs}"), "{text}");
        }
        (ours, theirs) => panic!("{text}: {ours:?}, {theirs:?}"),
    }
}

#[test]
fn what_is_read_is_what_serde_json_reads() {
    for text in [
        "",
        " \n\t\r",
        "\u{feff}{}",
        "{} ",
        "{} x",
        "{}{}",
        "[]",
        "[ ]",
        "[1,]",
        "[,1]",
        "[1 1]",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{1:1}",
        "nul",
        "nulll",
        "true",
        "[true,false,null]",
        "\"\"",
        "\"",
        "\"\\\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ude00\"",
        "\"\u{1}\"",
        "\"\u{7f}é😀\"",
        "{\"a\\u0062\":1,\"AB\":2}",
        "{\"a\":1,\n \"A\" :2}",
        "{\"\":1,\"\":2}",
        "{\"é\":1,\"É\":2}",
        "{\"$serde_json::private::Number\":\"1\"}",
    ] {
        same(text);
    }
}

#[test]
fn numbers_are_spelled_as_serde_json_spells_them() {
    for text in [
        "0",
        "-0",
        "00",
        "-",
        "1",
        "-1",
        "01",
        "1.",
        ".1",
        "1.0",
        "-1.50",
        "1e5",
        "1E5",
        "1e+5",
        "1e-5",
        "1E400",
        "1e",
        "1e+",
        "1.5E07",
        "-0e0",
        "+1",
        "1a",
        "18446744073709551616",
        "-9223372036854775809",
        "NaN",
        "Infinity",
        "1_0",
        "0x1",
    ] {
        same(text);
        same(&format!("[{text}]"));
        same(&format!("{{\"n\":{text} }}"));
    }
}

#[test]
fn nesting_is_bounded_as_before() {
    for depth in [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 200] {
        for (open, inner, close) in [("[", "", "]"), ("[", "1", "]"), ("{\"a\":", "{}", "}"), ("{\"a\":", "1", "}")] {
            same(&format!("{}{inner}{}", open.repeat(depth), close.repeat(depth)));
            same(&format!("{}{inner}", open.repeat(depth)));
        }
    }
}

#[test]
fn many_members_are_compared_too() {
    let members: Vec<String> = (0..100).map(|n| format!("\"name{n}\":{n}")).collect();
    for extra in ["other", "NAME7", "Name99", "name31", "name32", "name33"] {
        same(&format!("{{{},\"{extra}\":0}}", members.join(",")));
        same(&format!("{{{},\"{extra}\":0}}", members[..31].join(",")));
    }
}

#[test]
fn the_corpus_of_the_fuzzer_is_read_the_same() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let folders = fs::read_dir(corpus).expect("the corpus is in the repository");
    let mut read = 0;
    for folder in folders.flatten() {
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let bytes = fs::read(file.path()).expect("a file");
            for line in String::from_utf8_lossy(&bytes).split('\n') {
                same(line);
            }
            same(&String::from_utf8_lossy(&bytes));
            read += 1;
        }
    }
    assert!(read > 0);
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("JSON has only finite numbers", |n| n.is_finite()).prop_map(|n| format!("{n:E}")),
        any::<String>().prop_map(|text| serde_json::to_string(&text).expect("JSON")),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        let name = prop_oneof!["[aAbB]{0,2}", any::<String>()];
        let member = (name, inner.clone());
        let object = proptest::collection::vec(member, 0..40).prop_map(|members| {
            let of =
                |(name, value): &(String, String)| format!("{}:{value}", serde_json::to_string(name).expect("JSON"));
            format!("{{{}}}", members.iter().map(of).collect::<Vec<_>>().join(" , "))
        });
        prop_oneof![
            proptest::collection::vec(inner, 0..8).prop_map(|elements| format!("[{}]", elements.join(","))),
            object
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_the_same(text in any::<String>(), of_tokens in r#"[\[\]{}:,"\\ \nue0-9a-f.+-]{0,40}"#) {
        same(&text);
        same(&of_tokens);
    }

    #[test]
    fn json_and_what_is_nearly_json_is_read_the_same(text in json(), at in any::<prop::sample::Index>(), other in any::<char>()) {
        same(&text);
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let (before, behind) = text.split_at(places[at.index(places.len())]);
        let rest: String = behind.chars().skip(1).collect();
        for changed in [format!("{before}{rest}"), format!("{before}{other}{rest}"), format!("{before}\"{behind}"), before.to_owned()] {
            same(&changed);
        }
    }
}
