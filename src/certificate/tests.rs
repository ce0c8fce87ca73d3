use proptest::prelude::*;
use rcgen::DnType::{CommonName, CountryName, OrganizationName, OrganizationalUnitName};

use super::fixture::Authority;
use super::{Name, names, pieces};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

#[test]
fn a_certificate_bears_what_it_was_issued_for() {
    let subject = [(CountryName, "CH"), (OrganizationName, "Acme, Inc."), (CommonName, "okta-agent")];
    let issued = Authority::new().issue(&subject, &["Okta.Example.com", "*.example.com", "spiffe://acme/okta"]);
    let found = names(&issued.der());
    let expected =
        ["dns:okta.example.com", "dns:*.example.com", "uri:spiffe://acme/okta", "CN=okta-agent, O=Acme\\, Inc., C=CH"];
    assert_eq!(found, expected.map(name), "in this order, the subject last");
    for other in ["CN=okta-agent", "cn=OKTA-agent,O=Acme\\, Inc.,C=CH", "dns:a.example.com", "uri:SPIFFE://acme/okta"] {
        assert!(!found.contains(&name(other)), "{other}");
    }
}

#[test]
fn what_looks_like_another_piece_is_none() {
    let sly = Authority::new().issue(&[(CommonName, "okta,O=Acme")], &[]);
    assert!(!names(&sly.der()).contains(&name("CN=okta,O=Acme")));
    assert!(names(&sly.der()).contains(&name("CN=okta\\,O=Acme")));
    let twice = Authority::new().issue(&[(CommonName, "okta"), (OrganizationalUnitName, "a")], &[]);
    assert!(!names(&twice.der()).contains(&name("CN=okta,OU=a,OU=a")));
}

#[test]
fn wrong_names_say_what_is_allowed() {
    for (text, words) in [
        ("okta", "must be \"dns:NAME\""),
        ("", "must be \"dns:NAME\""),
        ("dns:", "must be \"dns:NAME\""),
        ("X=okta", "no piece of a subject that is known"),
        ("CN=", "is empty"),
        ("CN=okta,", "must be"),
    ] {
        let message = Name::parse(text).expect_err(text);
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn a_subject_that_cannot_be_named_is_none() {
    // An empty one, a BMPString, an unknown type, a length beyond the end, an element cut off.
    assert_eq!(pieces(&[]), Some(Vec::new()));
    for subject in [
        &[0x31, 11, 0x30, 9, 0x06, 3, 0x55, 4, 3, 0x1e, 2, 0, 65][..],
        &[0x31, 10, 0x30, 8, 0x06, 3, 0x55, 4, 99, 0x0c, 1, 65],
        &[0x31, 10, 0x30, 8, 0x06, 3, 0x55, 4, 3, 0x0c, 9, 65],
        &[0x31, 0x84, 0, 0, 0, 1, 65],
        &[0x31],
    ] {
        assert_eq!(pieces(subject), None, "{subject:x?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = pieces(&bytes);
        let _ = names(&bytes.into());
    }
}
