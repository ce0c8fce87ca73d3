//! Versions of resources (RFC 7644 section 3.14): entity tags, the conditions that name them, and a tag computed from a
//! resource where nobody gives it one.

use sha2::{Digest, Sha256};

use crate::{AttributePath, Object, Value};

/// How many bytes of the digest stand in a tag: a collision needs 2^64 versions of one resource.
const DIGEST_BYTES: usize = 16;

/// The entity tags of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    any: bool,
    opaque: Vec<String>,
}

impl Tags {
    /// Reads the values of a header that may stand more than once, each with a list (rfc-traps 276). What is no entity tag
    /// is taken for the opaque part of one, as clients send it that have dropped the quotes (rfc-traps 58).
    #[must_use]
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut tags = Self::default();
        for mut rest in values {
            while let Some((tag, behind)) = next_tag(rest) {
                match tag {
                    "*" => tags.any = true,
                    tag => tags.opaque.push(opaque(tag).to_owned()),
                }
                rest = behind;
            }
        }
        tags
    }

    /// Whether `*` is among the tags: whatever version there is.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Whether one of the tags is this version. Opaque parts are compared, weak or not (rfc-traps 272, 273): SCIM's own
    /// examples have weak tags in `If-Match`.
    #[must_use]
    pub fn match_version(&self, version: &str) -> bool {
        self.any || self.opaque.iter().any(|tag| tag == opaque(version))
    }
}

/// The first tag of a list and what stands behind it; commas inside quotes are part of a tag.
fn next_tag(list: &str) -> Option<(&str, &str)> {
    let list = list.trim_start_matches([',', ' ', '\t']);
    let quote = list.find('"').filter(|at| matches!(&list[..*at], "" | "W/" | "w/"));
    let from = quote.and_then(|at| list[at + 1..].find('"').map(|end| at + end + 2)).unwrap_or(0);
    let end = list[from..].find(',').map_or(list.len(), |comma| from + comma);
    (!list.is_empty()).then(|| (list[..end].trim_end(), &list[end..]))
}

/// The part of a tag that names the version.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    let strong = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
    strong.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(strong)
}

/// A version as the weak tag that a translated answer can carry (rfc-traps 278): the body is not the sender's byte for
/// byte. `None`: no header can hold it.
#[must_use]
pub fn weak(version: &str) -> Option<String> {
    let opaque = opaque(version);
    let may_stand = |byte: u8| byte == b'!' || (b'#'..=b'~').contains(&byte);
    (!opaque.is_empty() && opaque.bytes().all(may_stand)).then(|| ["W/\"", opaque, "\""].concat())
}

/// A weak tag over what a resource says: the same for two resources that differ only in the order of members, of values
/// and of `schemas`, in `meta`, in unassigned values, or in what `left_out` names (paths without filters).
#[must_use]
pub fn of(resource: &Object, left_out: &[AttributePath]) -> String {
    let outside = ["meta", "schemas"].map(|name| vec![name.to_owned()]);
    let left_out: Vec<_> = left_out.iter().map(names).chain(outside).collect();
    let left_out: Vec<_> = left_out.iter().map(Vec::as_slice).collect();
    let mut text = String::with_capacity(2048);
    write_object(resource, &left_out, &mut text);
    let digest = Sha256::digest(text.as_bytes());
    let mut tag = String::from("W/\"");
    let digits = digest[..DIGEST_BYTES].iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    tag.extend(digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
    tag + "\""
}

fn names(path: &AttributePath) -> Vec<String> {
    let attribute = Some(&path.attribute).filter(|name| !name.is_empty());
    let names = [path.urn.as_ref(), attribute, path.sub_attribute.as_ref()];
    names.into_iter().flatten().map(ToString::to_string).collect()
}

/// Writes the members in the order of their names, whatever order they came in; `false`, and nothing written, for an object
/// of which nothing counts. `left_out` are paths from here on.
fn write_object(object: &Object, left_out: &[&[String]], text: &mut String) -> bool {
    let mut members: Vec<_> = object.iter().filter(|(name, value)| counts(name, value, object)).collect();
    members.sort_unstable_by(|(a, _), (b, _)| lower(a).cmp(lower(b)));
    let start = text.len();
    for (name, value) in members {
        let below = left_out.iter().filter(|path| path.first().is_some_and(|first| first.eq_ignore_ascii_case(name)));
        let below: Vec<&[String]> = below.map(|path| &path[1..]).collect();
        if below.iter().any(|path| path.is_empty()) {
            continue;
        }
        let before = text.len();
        text.push(if before == start { '{' } else { ',' });
        let name_at = text.len();
        write_text(name, text);
        text[name_at..].make_ascii_lowercase();
        if !write_value(value, &below, text) {
            text.truncate(before);
        }
    }
    let any = text.len() > start;
    if any {
        text.push('}');
    }
    any
}

fn lower(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// A text with its length in front, so that no two resources read alike.
fn write_text(written: &str, text: &mut String) {
    push_number(written.len(), text);
    text.push(':');
    text.push_str(written);
}

/// A `format!` would take ten times as long, and each text of a resource has its length.
fn push_number(number: usize, text: &mut String) {
    if number > 9 {
        push_number(number / 10, text);
    }
    text.push(char::from(b"0123456789"[number % 10]));
}

/// Absent and unassigned are one state (RFC 7643 section 2.5), an absent `primary` is false (rfc-traps 45), and a URL
/// beside a `value` says nothing more.
fn counts(name: &str, value: &Value, within: &Object) -> bool {
    let is_primary = name.eq_ignore_ascii_case("primary") && value == &Value::Bool(false);
    let is_reference = name.eq_ignore_ascii_case("$ref") && within.contains("value");
    !value.is_unassigned() && !is_primary && !is_reference
}

fn write_value(value: &Value, left_out: &[&[String]], text: &mut String) -> bool {
    match value {
        Value::Null => return false,
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(digits) => {
            text.push('#');
            text.push_str(digits);
        }
        Value::String(written) => write_text(written, text),
        Value::Object(object) => return write_object(object, left_out, text),
        Value::Array(elements) => return write_array(elements, left_out, text),
    }
    true
}

/// Writes the elements in the order of their texts.
fn write_array(elements: &[Value], left_out: &[&[String]], text: &mut String) -> bool {
    let start = text.len();
    let mut texts: Vec<String> = Vec::with_capacity(elements.len());
    for element in elements {
        if write_value(element, left_out, text) {
            texts.push(text.split_off(start));
        }
    }
    texts.sort_unstable();
    for (index, element) in texts.iter().enumerate() {
        text.push(if index == 0 { '[' } else { ',' });
        text.push_str(element);
    }
    if !texts.is_empty() {
        text.push(']');
    }
    !texts.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{object, r0};

    #[test]
    fn traps_272_273_276_lists_of_tags_compare_by_their_opaque_part() {
        let cases: [(&[&str], &str, bool); 12] = [
            (&["W/\"a\""], "\"a\"", true),
            (&["\"a\""], "W/\"a\"", true),
            (&["\"b\", W/\"a\""], "W/\"a\"", true),
            (&["\"b\"", "\"a\""], "W/\"a\"", true),
            (&["\"b,a\""], "\"a\"", false),
            (&["\"b,a\""], "\"b,a\"", true),
            (&["*"], "\"a\"", true),
            (&["a"], "W/\"a\"", true),
            (&["W/a"], "W/\"a\"", true),
            (&["\"A\""], "\"a\"", false),
            (&["\"a"], "\"a\"", false),
            (&[""], "\"a\"", false),
        ];
        for (values, version, expected) in cases {
            assert_eq!(Tags::parse(values.iter().copied()).match_version(version), expected, "{values:?} {version}");
        }
    }

    #[test]
    fn traps_58_278_a_version_becomes_a_weak_tag() {
        for (version, expected) in [
            ("\"a\"", Some("W/\"a\"")),
            ("W/\"a\"", Some("W/\"a\"")),
            ("3", Some("W/\"3\"")),
            ("", None),
            ("a b", None),
            ("a\"b", None),
        ] {
            assert_eq!(weak(version).as_deref(), expected, "{version}");
        }
    }

    #[test]
    fn trap_277_the_tag_follows_what_the_resource_says() {
        let tag = of(&r0(), &[]);
        assert_eq!(tag, weak(&tag).expect("a tag"), "it is a weak tag");
        assert_eq!(tag.len(), "W/\"\"".len() + 2 * DIGEST_BYTES);
        let with = |json: &str| {
            let mut resource = r0();
            for (name, value) in object(json) {
                resource.insert(name, value);
            }
            of(&resource, &[])
        };
        let turned = r#"{"emails":[{"value":"h@x.io","primary":false,"type":"home"},{"primary":true,"type":"work","value":"w@x.io","$ref":"x"}]}"#;
        for same in [
            turned,
            r#"{"meta":{"lastModified":"x"},"schemas":["E","U"]}"#,
            r#"{"nickName":null,"photos":[]}"#,
            r#"{"TITLE":"T"}"#,
        ] {
            assert_eq!(with(same), tag, "{same}");
        }
        for other in [
            r#"{"title":"U"}"#,
            r#"{"title":"t"}"#,
            r#"{"active":false}"#,
            r#"{"emails":[]}"#,
            r#"{"nickName":""}"#,
            r#"{"active":"true"}"#,
        ] {
            assert_ne!(with(other), tag, "{other}");
        }
    }

    /// Written down once: a tag that changed with the build or the process would make every client read anew.
    #[test]
    fn the_tag_is_the_same_in_every_process() {
        assert_eq!(of(&object(r#"{"id":"1","userName":"a"}"#), &[]), "W/\"59a0faa7fbb07658d7ab2240184e833d\"");
    }

    #[test]
    fn what_is_left_out_does_not_count() {
        let path = |urn: Option<&str>, attribute: &str, sub: Option<&str>| AttributePath {
            urn: urn.map(Into::into),
            attribute: attribute.into(),
            filter: None,
            sub_attribute: sub.map(Into::into),
        };
        let left_out = [
            path(Some("urn:x:User"), "lastLogin", None),
            path(None, "emails", Some("primary")),
            path(None, "secret", None),
        ];
        let tag = |json: &str| of(&object(json), &left_out);
        let bare = tag(r#"{"id":"1","emails":[{"value":"a"}],"urn:x:User":{"licence":"l"}}"#);
        let same =
            r#"{"id":"1","secret":"s","emails":[{"value":"a"}],"urn:x:User":{"licence":"l","LASTLOGIN":"today"}}"#;
        let other = tag(&same.replace("today", "yesterday").replace("\"s\"", "\"t\""));
        assert_eq!(tag(same), other);
        assert_ne!(tag(same), tag(&same.replace("\"l\"", "\"m\"")));
        assert_ne!(bare, tag(&same.replace("\"1\"", "\"2\"")));
    }
}
