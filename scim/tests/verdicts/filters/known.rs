//! Where a parser is known to read otherwise than the majority, and why.

/// A reading of its own.
pub(super) struct Known {
    pub(super) voter: &'static str,
    pub(super) why: &'static str,
    pub(super) is: fn(&str) -> bool,
}

/// The known mistakes of a voter that concern an expression.
pub(super) fn mistakes(voter: &str, expression: &str) -> impl Iterator<Item = &'static Known> {
    let concerns = move |known: &&Known| known.voter == voter && (known.is)(expression);
    KNOWN.iter().filter(concerns)
}

const fn known(voter: &'static str, why: &'static str, is: fn(&str) -> bool) -> Known {
    Known { voter, why, is }
}

const MODELS: &str = "scim2-models";
const FILTER_PARSER: &str = "scim2-filter-parser";
const PARSE_FILTER: &str = "scim2-parse-filter";

pub(super) const KNOWN: &[Known] = &[
    known("ours", "clients send words without quotes and in single ones (clients.md rule 17)", |text| {
        values(text).any(|value| !is_json(&value))
    }),
    known("ours", "what brackets choose by has no parts (rfc-traps 23)", |text| {
        let inside = text.split('[').skip(1).map(|rest| rest.split(']').next().unwrap_or_default());
        inside.flat_map(tokens).any(|token| !is_json(&token) && token.contains(['.', ':']))
    }),
    known(MODELS, "reads true, false and null in any case", |text| {
        values(text).any(|value| !is_json(&value) && is_json(&value.to_lowercase()))
    }),
    known(FILTER_PARSER, "and binds no closer than or (rfc-traps 61)", |text| {
        let words = tokens(text);
        ["and", "or"].iter().all(|word| words.iter().any(|token| token.eq_ignore_ascii_case(word)))
    }),
    known(FILTER_PARSER, "reads no backslash in strings (rfc-traps 84)", |text| text.contains('\\')),
    known(FILTER_PARSER, "reads numbers of one digit only (rfc-traps 83)", |text| {
        values(text).any(|value| value.len() > 1 && value.parse::<f64>().is_ok())
    }),
    known(FILTER_PARSER, "takes a name that is or begins like a word of the grammar for that word", |text| {
        let names = tokens(text).into_iter().filter(|token| token.starts_with(|c: char| c.is_alphabetic()));
        let operators = |name: &str| OPERATORS.contains(&name);
        let is_word = |name: &str| ["and", "or", "not", "pr"].contains(&name) || operators(name);
        let mut names = names.map(|name| name.to_lowercase()).filter(|name| !JSON.contains(&&**name));
        names.any(|name| is_word(&name) && is_name(text, &name) || JSON.iter().any(|word| name.starts_with(word)))
    }),
    known(FILTER_PARSER, "reads a value path as a name", |text| text.contains("][")),
    known(FILTER_PARSER, "reads brackets inside brackets and behind sub-attributes (rfc-traps 23)", odd_brackets),
    known(PARSE_FILTER, "reads brackets inside brackets and behind sub-attributes (rfc-traps 23)", odd_brackets),
    known(PARSE_FILTER, "reads no $ in names (rfc-traps 21)", |text| text.contains('$')),
    known(PARSE_FILTER, "keeps the backslash of escapes other than of the quote (rfc-traps 84)", |text| {
        text.replace("\\\"", "").contains('\\')
    }),
    known(PARSE_FILTER, "reads negative numbers only at the end (rfc-traps 83)", |text| {
        values(text).any(|value| value.starts_with('-'))
    }),
    known(PARSE_FILTER, "reads names that begin with a digit (rfc-traps 22)", |text| {
        tokens(text).first().is_some_and(|token| token.starts_with(|c: char| c.is_ascii_digit()))
    }),
    known(PARSE_FILTER, "reads names of three parts (rfc-traps 23)", |text| {
        tokens(text).iter().any(|token| !token.contains(':') && token.matches('.').count() > 1)
    }),
    known(PARSE_FILTER, "reads not without parentheses (rfc-traps 63)", |text| {
        let tokens = tokens(text);
        tokens.windows(2).any(|pair| pair[0].eq_ignore_ascii_case("not") && pair[1] != "(")
    }),
    known(PARSE_FILTER, "reads a sub-attribute behind brackets as a term of its own (rfc-traps 92)", |text| {
        text.contains("].")
    }),
];

const OPERATORS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
const JSON: &[&str] = &["true", "false", "null"];

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// What stands behind operators.
fn values(text: &str) -> impl Iterator<Item = String> {
    let tokens = tokens(text);
    let is_operator = |token: &String| OPERATORS.contains(&&*token.to_lowercase());
    let behind: Vec<String> =
        tokens.windows(2).filter(|pair| is_operator(&pair[0])).map(|pair| pair[1].clone()).collect();
    behind.into_iter()
}

/// Whether a word stands where a name does.
fn is_name(text: &str, word: &str) -> bool {
    let tokens = tokens(text);
    let opens = |token: &String| ["(", "[", "and", "or", "not"].contains(&&*token.to_lowercase());
    let at = |index: usize| tokens[index].eq_ignore_ascii_case(word) && (index == 0 || opens(&tokens[index - 1]));
    (0..tokens.len()).any(at)
}

fn odd_brackets(text: &str) -> bool {
    let tokens = tokens(text);
    let behind_sub = tokens
        .windows(2)
        .any(|pair| pair[1] == "[" && pair[0].rsplit(':').next().is_some_and(|name| name.contains('.')));
    let nesting = tokens.iter().scan(0_i32, |open, token| {
        *open += i32::from(token == "[") - i32::from(token == "]");
        Some(*open)
    });
    behind_sub || nesting.max().unwrap_or(0) > 1
}

/// Words, strings with their quotes, and single characters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => end_of_string(rest),
            '(' | ')' | '[' | ']' => 1,
            _ => rest.find(|c: char| c.is_whitespace() || "()[]\"".contains(c)).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = behind.trim_start();
    }
    tokens
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}
