//! No text makes the configuration panic.

use proptest::prelude::*;

use super::{GOOD, environment, parse};
use crate::config::keys::KEYS;

/// TOML values of every type, right and wrong.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:?}")),
        Just("1979-05-27T07:32:00Z".to_owned()),
        "[ -~]{0,12}".prop_map(|text| format!("{text:?}")),
        prop_oneof![Just("\"none\""), Just("\"scim\""), Just("\"https://x.example\""), Just("\"bearer\"")]
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|list| format!("[{}]", list.join(", "))),
            prop::collection::btree_map("[a-z_]{1,8}|env|file|sha256", inner, 0..3).prop_map(|table| {
                let pairs: Vec<String> = table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{ {} }}", pairs.join(", "))
            }),
        ]
    })
}

/// A key of the table, or nearly one.
fn key() -> impl Strategy<Value = String> {
    let known = (0..KEYS.len(), "[a-z]").prop_map(|(index, name)| KEYS[index].path.replace('*', &name));
    prop_oneof![9 => known, 1 => "[a-z]{1,6}(\\.[a-z]{1,6}){0,3}"]
}

proptest! {
    #[test]
    fn arbitrary_text(text in any::<String>()) {
        let _ = parse(&text, "test.toml", &environment(&[]));
    }

    #[test]
    fn arbitrary_toml(lines in prop::collection::vec((key(), value()), 0..12)) {
        let lines: Vec<String> = lines.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let _ = parse(&lines.join("\n"), "test.toml", &environment(&[]));
        for line in &lines {
            let _ = parse(&format!("{line}\n{GOOD}"), "test.toml", &environment(&[]));
        }
    }

    #[test]
    fn arbitrary_overrides(variables in prop::collection::vec((key(), "[ -~]{0,12}"), 0..8)) {
        let mut environment = environment(&[]);
        environment.extend(variables.into_iter().map(|(key, text)| (format!("SCIMUX_{}", key.replace('.', "__").to_uppercase()), text)));
        let _ = parse(GOOD, "test.toml", &environment);
    }
}
