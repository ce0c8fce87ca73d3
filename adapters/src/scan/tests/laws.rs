//! What must hold of a list whatever the vendor, its people and the query are.

use proptest::prelude::*;

use super::super::*;
use super::fake::{Fake, Shape};
use super::{query, scim_type};

fn filters() -> impl Strategy<Value = String> {
    let term = prop_oneof![
        (0u8..5).prop_map(|n| format!("userName eq \"U{n}\"")),
        Just("userName sw \"u\"".to_owned()),
        (1u8..4).prop_map(|n| format!("title eq \"t{n}\"")),
        Just("title pr".to_owned()),
        (1u8..4).prop_map(|n| format!("title gt \"t{n}\"")),
        any::<bool>().prop_map(|active| format!("active eq {active}")),
        Just("title ne \"T1\"".to_owned()),
    ];
    term.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

fn shapes() -> impl Strategy<Value = Shape> {
    let paging = prop_oneof![Just(Paging::Index), Just(Paging::Cursor), Just(Paging::Count), Just(Paging::None)];
    (paging, 1u64..9, any::<bool>(), prop_oneof![Just(1000u64), 1u64..20])
        .prop_map(|(paging, cap, logical, bound)| Shape { paging, cap, logical, bound })
}

fn queries() -> impl Strategy<Value = String> {
    let sort = prop_oneof![Just(""), Just("&sortBy=title"), Just("&sortBy=userName&sortOrder=descending")];
    (proptest::option::of(filters()), sort, 0u64..12, 1u64..9).prop_map(|(filter, sort, count, start)| {
        let filter = filter.map(|filter| format!("&filter={filter}")).unwrap_or_default();
        format!("count={count}&startIndex={start}{filter}{sort}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What is answered is what looking at everything gives, or it is refused as too much, and then it was.
    #[test]
    fn a_scan_is_the_filter_over_all(
        shape in shapes(),
        users in prop::collection::vec((0u8..5, 0u8..4, any::<bool>()), 0..25),
        text in queries(),
        silent in any::<bool>(),
        unpaged in any::<bool>(),
    ) {
        let mut fake = Fake::new(&shape, &users);
        fake.silent = silent;
        (fake.stuck, fake.boundless) = (unpaged, unpaged);
        let query = query(&text, &fake);
        let expected = fake.brute(&query);
        match fake.list(&query).0 {
            Ok(listing) => {
                prop_assert_eq!(listing.total_results, Some(expected.len() as u64), "{}", text);
                let skip = usize::try_from(query.start_index.expect("asked for") - 1).expect("small");
                let take = usize::try_from(query.count.expect("asked for")).expect("small");
                let window: Vec<String> = expected.into_iter().skip(skip).take(take).collect();
                let ids = fake.ids(&listing);
                // A page may be shorter than asked for (RFC 7644 section 3.4.2.4), never other.
                prop_assert_eq!(&ids[..], &window[..ids.len()], "{}", text);
                let short = shape.paging == Paging::Index && query.filter.is_none() && query.sort_by.is_none();
                prop_assert!(ids.len() == window.len() || short || ids.len() as u64 == shape.cap, "{}", text);
            }
            Err(failure) => {
                prop_assert_eq!(scim_type(&failure), Some(ScimType::TooMany));
                let pages = matches!(shape.paging, Paging::Index | Paging::Cursor);
                let may_be_cut = (!pages || silent && unpaged) && users.len() as u64 >= shape.cap;
                prop_assert!(users.len() as u64 > shape.bound || may_be_cut, "{}", text);
            }
        }
    }

    /// Pages by cursor, one after the other, are the whole list once.
    #[test]
    fn cursors_lead_through_all(
        shape in shapes(),
        users in prop::collection::vec((0u8..5, 0u8..4, any::<bool>()), 0..25),
        text in queries(),
        silent in any::<bool>(),
        unpaged in any::<bool>(),
    ) {
        let mut fake = Fake::new(&shape, &users);
        // What neither pages nor counts nor says where it begins cannot be walked.
        fake.silent = silent && !unpaged;
        (fake.stuck, fake.boundless) = (unpaged, unpaged);
        let mut query = query(&text, &fake);
        query.start_index = None;
        query.count = Some(query.count.expect("asked for").max(1));
        query.cursor = Some(Text::new());
        let expected = fake.brute(&query);
        let mut ids = Vec::new();
        for page in 0..200 {
            prop_assert!(page < 199, "it ends");
            let listing = match fake.list(&query).0 {
                Ok(listing) => listing,
                Err(failure) => {
                    prop_assert_eq!(scim_type(&failure), Some(ScimType::TooMany));
                    let walks = matches!(shape.paging, Paging::Index | Paging::Cursor) && query.sort_by.is_none();
                    prop_assert!(!walks, "a walk is never too long: {}", text);
                    prop_assert_eq!(page, 0, "a cursor that was handed out leads on: {}", text);
                    return Ok(());
                }
            };
            prop_assert!(listing.len() as u64 <= query.count.expect("asked for"));
            prop_assert_eq!(listing.start_index, None);
            ids.extend(fake.ids(&listing));
            match listing.next {
                Some(next) => query.cursor = Some(next.into()),
                None => break,
            }
        }
        prop_assert_eq!(ids, expected, "{}", text);
    }
}
