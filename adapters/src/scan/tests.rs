mod fake;
mod laws;

use bytes::Bytes;
use scimux_scim::list::Message;

use self::fake::{Fake, Shape};
use super::*;
use crate::fixture::configured;

fn scim_type(failure: &Failure) -> Option<ScimType> {
    match failure {
        Failure::Refused(error) => error.scim_type,
        Failure::Vendor { .. } => None,
    }
}

fn query(text: &str, fake: &Fake) -> ListQuery {
    ListQuery::parse(text, &fake.kind().canonical).expect(text)
}

fn many(count: u8) -> Vec<(u8, u8, bool)> {
    (0..count).map(|number| (number, number % 4, number % 2 == 0)).collect()
}

fn shape(paging: Paging, cap: u64, bound: u64) -> Shape {
    Shape { paging, cap, logical: false, bound }
}

#[test]
fn a_vendor_that_does_all_of_it_is_asked_once() {
    let fake = Fake::new(&shape(Paging::Index, 1000, 5), &many(30));
    let (listing, calls) = fake.list(&query("startIndex=11&count=10", &fake));
    let listing = listing.expect("a page");
    assert_eq!((listing.len(), listing.total_results, listing.start_index, calls), (10, Some(30), Some(11), 1));
    assert_eq!(fake.list(&query("filter=userName eq \"u3\"", &fake)).1, 1);
    let (past, _) = fake.list(&query("startIndex=31", &fake));
    assert_eq!(past.expect("a page").total_results, Some(30));
}

#[test]
fn trap_252_more_than_the_bound_is_too_many_and_names_it() {
    let fake = Fake::new(&shape(Paging::Index, 10, 20), &many(21));
    let (refused, calls) = fake.list(&query("filter=title pr", &fake));
    let Failure::Refused(error) = refused.expect_err("too many") else { panic!("no refusal of the gateway") };
    assert_eq!((error.status, error.scim_type, calls), (400, Some(ScimType::TooMany), 1));
    assert!(error.detail.contains("20") && error.detail.contains("scan_limit"), "{}", error.detail);
    let fake = Fake::new(&shape(Paging::Index, 10, 20), &many(20));
    let (listing, calls) = fake.list(&query("filter=title pr&count=3", &fake));
    assert_eq!((listing.expect("a page").total_results, calls), (Some(15), 2));
}

/// A page that needs less than the bound is answered, and what is behind it is counted, not read.
#[test]
fn a_plain_page_is_not_too_many_however_much_is_behind_it() {
    for (paging, text, expected) in [
        (Paging::Cursor, "count=3&startIndex=4", Ok((vec!["3", "4", "5"], 1))),
        (Paging::Cursor, "count=5&startIndex=16", Ok((vec!["15", "16", "17", "18", "19"], 2))),
        (Paging::Cursor, "count=5&startIndex=17", Err(ScimType::TooMany)),
        (Paging::Cursor, "count=3&sortBy=title", Err(ScimType::TooMany)),
        (Paging::Cursor, "count=3&filter=active eq true", Err(ScimType::TooMany)),
        (Paging::Index, "count=3&sortBy=title&cursor=", Err(ScimType::TooMany)),
    ] {
        let fake = Fake::new(&shape(paging, 10, 20), &many(50));
        let (listing, calls) = fake.list(&query(text, &fake));
        let got = listing.as_ref().map(|listing| (fake.ids(listing), listing.total_results, calls));
        let expected = expected.map(|(ids, calls)| (ids.iter().map(ToString::to_string).collect(), Some(50), calls));
        assert_eq!(got.map_err(|failure| scim_type(failure).expect("one")), expected, "{text}");
    }
}

/// However many pages there are: each is let go before the next one is asked for, and of all that was read no more stays
/// than the answer needs, in copies.
#[test]
fn no_page_is_kept() {
    for (text, kept) in [
        ("filter=active eq true&count=3", 3),
        ("filter=active eq true&count=3&startIndex=100", 3),
        ("sortBy=title&sortOrder=descending&count=4&startIndex=2", 5),
        ("filter=active eq true&count=0", 0),
    ] {
        for paging in [Paging::Index, Paging::Cursor] {
            let fake = Fake::new(&shape(paging, 10, 1000), &many(250));
            let asked = [("/Users".to_owned(), query(text, &fake))];
            let mut scan = Scan::plan(&asked, Types::One, &fake.target).expect("a plan");
            let mut pages = 0;
            while let Some((_, asked)) = scan.next_call() {
                let body = fake.body(&asked);
                scan.accept(Message::split(&body).and_then(Message::into_page).expect("a page"))
                    .expect("all goes well");
                pages += 1;
                assert!(body.is_unique(), "{text}: page {pages} is held");
                assert!(scan.window.len() <= kept, "{text}: {} resources are held", scan.window.len());
            }
            assert_eq!(pages, 25, "{text}");
        }
    }
}

#[test]
fn a_list_that_may_be_cut_is_never_presented_as_whole() {
    for (text, users, is_answered) in [
        ("count=5", 50, true),
        ("", 50, true),
        ("count=0", 50, true),
        ("count=5", 9, true),
        ("count=5&cursor=", 50, false),
        ("count=5&startIndex=6", 50, false),
        ("count=5&filter=active eq true", 50, false),
        ("count=5&sortBy=title", 50, false),
        ("count=5", 10, false),
    ] {
        let fake = Fake::new(&shape(Paging::None, 10, 1000), &many(users));
        match fake.list(&query(text, &fake)).0 {
            Ok(listing) => assert_eq!((is_answered, listing.total_results), (true, Some(u64::from(users))), "{text}"),
            Err(failure) => assert_eq!((is_answered, scim_type(&failure)), (false, Some(ScimType::TooMany)), "{text}"),
        }
    }
}

/// A vendor whose documents promise pages and that always shows the first one.
#[test]
fn a_vendor_that_does_not_page_is_found_out() {
    let mut fake = Fake::new(&shape(Paging::Index, 10, 1000), &many(30));
    fake.stuck = true;
    let (refused, calls) = fake.list(&query("filter=active eq true", &fake));
    assert_eq!((scim_type(&refused.expect_err("cut")), calls), (Some(ScimType::TooMany), 2));
    fake.silent = true;
    let refused = fake.list(&query("filter=active eq true", &fake)).0;
    assert_eq!(scim_type(&refused.expect_err("cut")), Some(ScimType::TooMany));
    fake.silent = false;
    fake.users.truncate(8);
    let (listing, _) = fake.list(&query("startIndex=5&count=2", &fake));
    let listing = listing.expect("all are there");
    assert_eq!((fake.ids(&listing), listing.total_results), (vec!["4".to_owned(), "5".to_owned()], Some(8)));
}

/// The first page answers each cursor, and the walk goes on behind what was shown.
#[test]
fn a_walk_over_a_vendor_that_does_not_page_ends() {
    for (users, silent) in [(9, false), (9, true), (1, false)] {
        let mut fake = Fake::new(&shape(Paging::Index, 10, 1000), &many(users));
        (fake.stuck, fake.silent) = (true, silent);
        let mut asked = query("cursor=&count=4", &fake);
        let mut ids = Vec::new();
        while let Some(cursor) = asked.cursor.take() {
            let listing = fake.list(&ListQuery { cursor: Some(cursor), ..asked.clone() }).0.expect("a page");
            ids.extend(fake.ids(&listing));
            assert!(ids.len() <= usize::from(users), "{ids:?}");
            asked.cursor = listing.next.map(Text::from);
        }
        let expected: Vec<String> = (0..users).map(|number| number.to_string()).collect();
        assert_eq!(ids, expected, "{silent}");
    }
}

#[test]
fn traps_318_321_foreign_cursors_are_refused() {
    let fake = Fake::new(&shape(Paging::Index, 10, 1000), &many(30));
    let page = fake.list(&query("cursor=&count=3", &fake)).0.expect("page one");
    let next = page.next.expect("there is more");
    let refused = |text: String| scim_type(&fake.list(&query(&text, &fake)).0.expect_err("refused"));
    assert_eq!(refused(format!("cursor={next}&count=4")), Some(ScimType::InvalidCount));
    assert_eq!(refused("cursor=x&count=3".to_owned()), Some(ScimType::InvalidCursor));
    let listing = fake.list(&query(&format!("cursor={next}&count=3"), &fake)).0.expect("page two");
    assert_eq!(fake.ids(&listing), ["3", "4", "5"]);
    let whole = fake.list(&query("cursor=&count=0", &fake)).0.expect("only the count");
    assert_eq!((whole.total_results, whole.next, whole.resources.len()), (Some(30), None, 0));
}

#[test]
fn elements_that_are_no_resources_are_not_understood() {
    let fake = Fake::new(&shape(Paging::Index, 10, 1000), &many(1));
    let text = "filter=title pr";
    let asked = [("/Users".to_owned(), query(text, &fake))];
    let mut scan = Scan::plan(&asked, Types::One, &fake.target).expect("a plan");
    assert!(scan.next_call().is_some());
    let page =
        Message::split(&Bytes::from_static(b"{\"Resources\":[7]}")).and_then(Message::into_page).expect("a page");
    let Err(Failure::Vendor { error, .. }) = scan.accept(page) else { panic!("7 is no resource") };
    assert_eq!(error.kind, VendorErrorKind::NotUnderstood);
}

/// Left out silently, its resources would be missing from what looks like a whole list.
#[test]
fn a_type_that_cannot_be_listed_is_not_left_out_of_a_search() {
    let mut target = configured("scim", |_| {}).expect("a target");
    target.types[1].profile.operations.list = false;
    let target = Arc::new(target);
    let plan = |text: &str| {
        let parameters = scimux_scim::Parameters::of_query(text).expect(text);
        let types = target.types.iter().map(|served| &served.canonical);
        let read = |known: &scimux_scim::ResourceType| ListQuery::read(&parameters, known, Types::All).expect(text);
        let queries: Vec<_> = types.map(|known| (known.endpoint.clone(), read(known))).collect();
        Scan::plan(&queries, Types::All, &target).map(|_| ())
    };
    assert_eq!(plan("").expect_err("groups are missing").status, 501);
    assert_eq!(plan("filter=userName pr"), Ok(()), "no group has one");
}

#[test]
fn trap_251_a_search_goes_over_all_types() {
    let fake = Fake::new(&shape(Paging::Index, 10, 1000), &many(3));
    let read = |text: &str| -> Vec<(String, ListQuery)> {
        let parameters = scimux_scim::Parameters::of_query(text).expect(text);
        let types = fake.target.types.iter().map(|served| &served.canonical);
        types
            .map(|known| (known.endpoint.clone(), ListQuery::read(&parameters, known, Types::All).expect(text)))
            .collect()
    };
    let asked = |text: &str| -> Vec<String> {
        let mut scan = Scan::plan(&read(text), Types::All, &fake.target).expect(text);
        let mut asked = Vec::new();
        while let Some((endpoint, _)) = scan.next_call() {
            asked.push(endpoint);
            scan.accept(Page { total_results: Some(0), ..Page::default() }).expect("empty");
        }
        assert_eq!(scan.finish().total_results, Some(0));
        asked
    };
    assert_eq!(asked("filter=displayName pr"), ["/Users", "/Groups"]);
    assert_eq!(asked("filter=userName eq \"a\""), ["/Users"]);
    assert_eq!(asked("filter=meta.resourceType eq \"Group\""), ["/Groups"]);
    assert_eq!(asked("filter=nothing eq \"a\"").len(), 0);
}
