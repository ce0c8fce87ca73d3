//! Bodies for people: JSON on few lines, secrets covered, long things cut.

use serde_json::Value;

/// A body in at most `limit` lines of at most `width` columns.
pub(super) fn lines(body: &str, width: usize, limit: usize) -> Vec<String> {
    let mut lines: Vec<String> = whole(body, width).iter().flat_map(|line| broken(line, width)).collect();
    if lines.len() > limit {
        let more = lines.len() + 1 - limit;
        lines.truncate(limit.saturating_sub(1));
        lines.push(format!("… {more} more lines"));
    }
    lines
}

/// A line in lines of at most `width` columns; what does not fit goes on below, further in.
fn broken(line: &str, width: usize) -> Vec<String> {
    let indent = " ".repeat((columns(line) - columns(line.trim_start()) + 4).min(width / 2));
    let mut broken = Vec::new();
    let mut rest = line.to_owned();
    while columns(&rest) > width {
        let at = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
        let tail = rest.split_off(at);
        broken.push(std::mem::replace(&mut rest, format!("{indent}{tail}")));
    }
    broken.push(rest);
    broken
}

/// A body in lines, none of them cut.
pub(super) fn whole(body: &str, width: usize) -> Vec<String> {
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return vec![form(body)] };
    cover(&mut value);
    let mut lines = Vec::new();
    layout(&value, "", "", width, &mut lines);
    lines
}

/// Writes a value on one line if it fits, else its members on lines of their own, short ones side by side.
fn layout(value: &Value, before: &str, after: &str, width: usize, lines: &mut Vec<String>) {
    let whole = format!("{before}{}{after}", spaced(value));
    let (open, close, members) = match value {
        _ if columns(&whole) <= width => return lines.push(whole),
        Value::Object(object) => {
            ('{', '}', object.iter().map(|(name, value)| (format!("{name:?}: "), value)).collect())
        }
        Value::Array(array) => ('[', ']', array.iter().map(|value| (String::new(), value)).collect::<Vec<_>>()),
        _ => return lines.push(whole),
    };
    let indent = " ".repeat(before.len() - before.trim_start().len());
    lines.push(format!("{before}{open}"));
    let last = members.len().saturating_sub(1);
    let mut simple_before = false;
    for (index, (name, value)) in members.into_iter().enumerate() {
        let after = if index == last { "" } else { "," };
        let member = format!("{name}{}{after}", spaced(value));
        let simple = !value.is_object() && !value.is_array();
        match lines.last_mut() {
            Some(line) if simple && simple_before && columns(line) + 1 + columns(&member) <= width => {
                line.push(' ');
                line.push_str(&member);
            }
            _ => layout(value, &format!("{indent}  {name}"), after, width, lines),
        }
        simple_before = simple;
    }
    lines.push(format!("{indent}{close}{after}"));
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

/// A value on one line, with spaces between its parts.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(object) if object.is_empty() => "{}".to_owned(),
        Value::Object(object) => {
            let members = object.iter().map(|(name, value)| format!("{name:?}: {}", spaced(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(array) => format!("[{}]", array.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Covers what is secret in a vendor's login.
fn cover(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if value.is_string() && is_secret(name) { *value = "***".into() } else { cover(value) }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(cover),
        _ => {}
    }
}

/// A form with its secrets covered; other text as it is.
fn form(body: &str) -> String {
    let pairs = body.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&").replace(['\r', '\n'], " ")
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("token") || ["password", "secret", "session"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::{lines, whole};

    #[test]
    fn what_fits_is_one_line() {
        assert_eq!(lines(r#"{"a":[1,{"b":null}],"c":{}}"#, 76, 9), [r#"{ "a": [1, { "b": null }], "c": {} }"#]);
    }

    #[test]
    fn what_does_not_fit_is_broken_by_member() {
        let broken = [
            "{",
            r#"  "name": {"#,
            r#"    "givenName": "Barbara","#,
            r#"    "familyName": "Jensen""#,
            "  },",
            r#"  "a": 1"#,
            "}",
        ];
        assert_eq!(lines(r#"{"name":{"givenName":"Barbara","familyName":"Jensen"},"a":1}"#, 32, 9), broken);
    }

    #[test]
    fn long_bodies_are_cut() {
        let body = format!("[{}]", vec!["\"a rather long element of a list\""; 80].join(","));
        let shown = lines(&body, 76, 24);
        assert_eq!(shown.len(), 24);
        assert_eq!(shown.last().map(String::as_str), Some("… 19 more lines"));
        assert_eq!(whole(&body, 76).len(), 42);
    }

    #[test]
    fn long_lines_go_on_below() {
        assert_eq!(lines("  äbcdefghijklm", 10, 9), ["  äbcdefgh", "     ijklm"]);
    }

    #[test]
    fn secrets_are_covered() {
        assert_eq!(lines("username=u&password=p%40", 76, 9), ["username=u&password=***"]);
        assert_eq!(
            lines(r#"{"access_token":"x","sessionId":"y","id":"z"}"#, 76, 9),
            [r#"{ "access_token": "***", "sessionId": "***", "id": "z" }"#]
        );
    }
}
