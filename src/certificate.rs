//! The names that a client's certificate bears, and their spelling in the configuration.
//!
//! Names are compared piece by piece, never as printed text: a common name may hold what looks like a further piece.

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// One name of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The whole subject: type and value of each piece, sorted, since tools print them in either order.
    Subject(Vec<(String, String)>),
    /// A DNS name of the subject's alternative names, in lower case. A wildcard is the name it is, and stands for no other.
    Dns(String),
    /// A URI of the subject's alternative names, as it is: a SPIFFE id, for example.
    Uri(String),
}

/// What a configured name may be, to end "must be …".
pub(crate) const FORM: &str = "\"dns:NAME\", \"uri:URI\", or the whole subject such as \"CN=okta,O=Acme\"";

/// The types of pieces that can be named, and their object identifiers as DER has them.
const TYPES: [(&str, &[u8]); 9] = [
    ("CN", &[0x55, 4, 3]),
    ("SERIALNUMBER", &[0x55, 4, 5]),
    ("C", &[0x55, 4, 6]),
    ("L", &[0x55, 4, 7]),
    ("ST", &[0x55, 4, 8]),
    ("O", &[0x55, 4, 10]),
    ("OU", &[0x55, 4, 11]),
    ("UID", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1]),
    ("DC", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25]),
];

impl Name {
    /// Reads a name as the configuration spells it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("dns", name)) if !name.is_empty() => Ok(Self::Dns(name.to_ascii_lowercase())),
            Some(("uri", uri)) if !uri.is_empty() => Ok(Self::Uri(uri.to_owned())),
            _ => subject(text).map(Self::Subject),
        }
    }
}

/// `CN=okta,O=Acme`; a backslash takes a comma or another backslash for what it is.
fn subject(text: &str) -> Result<Vec<(String, String)>, String> {
    let known = || TYPES.map(|(name, _)| name).join(", ");
    let mut pieces = Vec::new();
    for piece in split(text) {
        let (kind, value) = piece.split_once('=').ok_or_else(|| format!("{text:?} is no name; must be {FORM}"))?;
        let (kind, value) = (kind.trim().to_ascii_uppercase(), value.trim());
        if !TYPES.iter().any(|(name, _)| *name == kind) {
            return Err(format!("{kind:?} is no piece of a subject that is known here; they are {}", known()));
        }
        if value.is_empty() {
            return Err(format!("{kind} of {text:?} is empty"));
        }
        pieces.push((kind, value.to_owned()));
    }
    pieces.sort();
    Ok(pieces)
}

fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let last = pieces.len() - 1;
        match letter {
            ',' => pieces.push(String::new()),
            '\\' => pieces[last].extend(letters.next()),
            _ => pieces[last].push(letter),
        }
    }
    pieces
}

/// The names of a certificate that rustls has verified. A subject with a piece that cannot be named here is none.
pub(crate) fn names(certificate: &CertificateDer<'_>) -> Vec<Name> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    let dns = certificate.valid_dns_names().map(|name| Name::Dns(name.to_ascii_lowercase()));
    let uris = certificate.valid_uri_names().map(|uri| Name::Uri(uri.to_owned()));
    let mut names: Vec<Name> = dns.chain(uris).collect();
    names.extend(pieces(certificate.subject()).filter(|pieces| !pieces.is_empty()).map(Name::Subject));
    names
}

/// The pieces of a subject (RFC 5280 section 4.1.2.4), sorted: sets of sequences of an identifier and a string.
fn pieces(mut subject: &[u8]) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    while !subject.is_empty() {
        let mut set = take(&mut subject, |tag| tag == 0x31)?;
        while !set.is_empty() {
            let mut piece = take(&mut set, |tag| tag == 0x30)?;
            let identifier = take(&mut piece, |tag| tag == 0x06)?;
            // UTF8String, PrintableString, IA5String: the three that are UTF-8 as they are.
            let value = take(&mut piece, |tag| matches!(tag, 0x0c | 0x13 | 0x16))?;
            let (kind, _) = TYPES.iter().find(|(_, known)| *known == identifier)?;
            found.push(((*kind).to_owned(), std::str::from_utf8(value).ok()?.trim().to_owned()));
        }
    }
    found.sort();
    Some(found)
}

/// Takes one element with a tag that fits off the front of DER. Lengths of up to two bytes are more than a name has.
fn take<'a>(from: &mut &'a [u8], fits: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
    let (length, rest) = match **from {
        [tag, length @ 0..=0x7f, ref rest @ ..] if fits(tag) => (usize::from(length), rest),
        [tag, 0x81, length, ref rest @ ..] if fits(tag) => (usize::from(length), rest),
        [tag, 0x82, high, low, ref rest @ ..] if fits(tag) => (usize::from(u16::from_be_bytes([high, low])), rest),
        _ => return None,
    };
    let (element, rest) = rest.split_at_checked(length)?;
    *from = rest;
    Some(element)
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
