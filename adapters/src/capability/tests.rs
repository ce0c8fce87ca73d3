use super::*;
use crate::fixture::{configured, target};

#[test]
fn who_filters_sorts_pages_and_compares() {
    let of = |target: &Target| features(&target.types[0]).map(|(_, who)| who.as_str()).join(" ");
    assert_eq!(of(&target("scim")), "native native native emulated native");
    assert_eq!(of(&target("veeva")), "emulated emulated native emulated emulated");
    assert_eq!(of(&target("pingone")), "emulated emulated emulated emulated emulated");
    let told = configured("scim", |settings| {
        settings
            .values
            .extend([("filter", "emulate"), ("sort", "emulate")].map(|(key, word)| (key.into(), word.into())));
    });
    assert_eq!(of(&told.expect("right")), "emulated emulated native emulated native");
    let mut blind = target("scim");
    blind.types[0].profile.operations.list = false;
    assert_eq!(of(&blind), "refused refused refused refused native");
}
