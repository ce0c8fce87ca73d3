use super::*;
use crate::fixture::target;

#[test]
fn who_filters_sorts_and_pages() {
    let of = |vendor: &str| list_capabilities(&target(vendor).types[0]).map(|(_, who)| who.as_str());
    assert_eq!(of("scim"), ["native", "native", "native", "emulated"]);
    assert_eq!(of("veeva"), ["emulated", "emulated", "native", "emulated"]);
    assert_eq!(of("pingone"), ["emulated", "emulated", "emulated", "emulated"]);
}
