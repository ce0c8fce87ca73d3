//! A vendor's words made fit for a client: nothing of the target in them, and not too many.

use http::Uri;

/// The most characters of a vendor's text in a detail.
const MAX_TEXT: usize = 500;
/// Words shorter than this are replaced only where they stand alone: `v2` is part of many words.
const SHORT: usize = 4;

/// What of one target may not reach clients.
pub(crate) struct Redactor {
    words: Vec<String>,
    public_url: String,
}

impl Redactor {
    /// Replaces `words`, in any case, and every URL that does not begin with `public_url`.
    pub(crate) fn new(words: impl IntoIterator<Item = String>, public_url: &str) -> Self {
        let mut words: Vec<String> = words.into_iter().map(|word| word.to_ascii_lowercase()).collect();
        words.retain(|word| !word.trim().is_empty());
        // The longest first, or a part of a word would be replaced and the rest stay.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        Self { words, public_url: public_url.to_owned() }
    }

    /// The text without anything of the target, on one line, at most 500 characters.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = self.without_urls(text);
        for word in &self.words {
            text = without_word(&text, word);
        }
        let line = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
        line.take(MAX_TEXT).collect()
    }

    /// Whether the text holds one of the words that are no part of other words by chance.
    pub(crate) fn finds_any(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        self.words.iter().any(|word| word.len() >= SHORT && lower.contains(word.as_str()))
    }

    fn without_urls(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(middle) = rest.find("://") {
            let scheme = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.');
            let start = rest[..middle].trim_end_matches(scheme).len();
            let ends =
                |letter: char| letter.is_whitespace() || letter.is_control() || "\"'<>()[]{}|\\^`".contains(letter);
            let end = rest[middle..].find(ends).map_or(rest.len(), |length| middle + length);
            clean.push_str(&rest[..start]);
            let url = &rest[start..end];
            clean.push_str(if self.is_own(url) { url } else { "[URL]" });
            rest = &rest[end..];
        }
        clean + rest
    }

    fn is_own(&self, url: &str) -> bool {
        let rest = url.strip_prefix(&self.public_url);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', ',', ';']))
    }
}

/// The hosts of a URL as they may stand in a text: with and without port.
pub(crate) fn hosts(url: &Uri) -> Vec<String> {
    let authority = url.authority();
    authority.map(|authority| vec![authority.as_str().to_owned(), authority.host().to_owned()]).unwrap_or_default()
}

fn without_word(text: &str, word: &str) -> String {
    let lower = text.to_ascii_lowercase(); // ASCII only, so that positions are the same
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for (start, _) in lower.match_indices(word) {
        let end = start + word.len();
        if word.len() >= SHORT || stands_alone(&lower, start, end) {
            clean.push_str(&text[done..start]);
            clean.push_str("[...]");
            done = end;
        }
    }
    clean + &text[done..]
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

impl std::fmt::Debug for Redactor {
    /// Without the words: secrets are among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        let words = ["vendor.example:8443", "vendor.example", "acme", "v2", "acme-tenant"].map(String::from);
        Redactor::new(words, "https://scim.example.com")
    }

    #[test]
    fn nothing_of_the_target_is_left() {
        let text =
            "User at HTTPS://Vendor.Example:8443/acme/v2/Users/1?x=y, see \"https://docs.example/1\" or vendor.EXAMPLE";
        assert_eq!(redactor().clean(text), "User at [URL] see \"[URL]\" or [...]");
        assert_eq!(redactor().clean("tenant Acme-Tenant in v2, not v25"), "tenant [...] in [...], not v25");
    }

    #[test]
    fn urls_of_the_gateway_stay() {
        let own = "see https://scim.example.com/a/scim/v2x/Users/1";
        assert_eq!(redactor().clean(own), own);
        assert_eq!(redactor().clean("https://scim.example.com.evil.example/a"), "[URL]");
    }

    #[test]
    fn short_and_on_one_line() {
        assert_eq!(redactor().clean(&"ä".repeat(1000)).chars().count(), 500);
        assert_eq!(redactor().clean("a\r\nb"), "a  b");
    }
}
