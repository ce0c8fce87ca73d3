//! Lists on every vendor: what it evaluates is sent, the rest is done here, and what cannot be whole is refused.

use scimux_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::world::{PUBLIC, World};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Seeds `count` people: `reader00` with family name Even, `reader01` with Odd, and so on.
fn seed(world: &World, count: usize) {
    for number in 0..count {
        let name = format!("reader{number:02}");
        let family = if number % 2 == 0 { "Even" } else { "Odd" };
        world.sandbox().seed(
            "/Users",
            json!({"userName": name, "displayName": name, "active": true,
                "name": {"givenName": "R", "familyName": family},
                "emails": [{"value": format!("{name}@x.io"), "type": "work", "primary": true}]}),
        );
    }
}

fn query(filter: &str) -> String {
    filter.replace('%', "%25").replace(' ', "%20").replace('"', "%22")
}

fn names(list: &Value) -> Vec<&str> {
    let resources = list["Resources"].as_array().expect("Resources");
    resources.iter().map(|user| user["userName"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn trap_239_every_vendor_filters_sorts_and_counts_exactly() {
    for vendor in scimux_sandbox::vendors() {
        let world = World::start(vendor).await;
        seed(&world, 30);
        let filter = query(r#"userName sw "READER" and name.familyName eq "even""#);
        let path = format!("/Users?filter={filter}&sortBy=userName&sortOrder=descending&startIndex=2&count=3");
        let list = world.get(&path).await.expect(200);
        assert_eq!(names(&list), ["reader26", "reader24", "reader22"], "{vendor}");
        let numbers = (&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]);
        assert_eq!(numbers, (&json!(15), &json!(2), &json!(3)), "{vendor}");
        let location = list["Resources"][0]["meta"]["location"].as_str().expect("a location");
        assert!(location.starts_with(&format!("{PUBLIC}/t/scim/v2/Users/")), "{location}");

        let list = world.get(&format!("/Users?filter={filter}&count=0")).await.expect(200);
        assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(15), &json!([])), "{vendor}: count 0");
        let list = world.get(&format!("/Users?filter={filter}&startIndex=16")).await.expect(200);
        assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(15), &json!([])), "{vendor}: past the end");
        let list = world.get(&format!("/Users?filter={filter}&startIndex=-4&count=-1")).await.expect(200);
        assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(15), &json!(1)), "{vendor}: negative");
        let nobody = query(r#"userName sw "reader" and userName ew "nobody""#);
        let list = world.get(&format!("/Users?filter={nobody}")).await.expect(200);
        assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(0), &json!([])), "{vendor}: no hit");
    }
}

#[tokio::test]
async fn the_part_the_vendor_knows_is_sent() {
    for vendor in ["veeva", "pingone", "huawei", "rsa"] {
        let world = World::start(vendor).await;
        seed(&world, 3);
        let filter = query(r#"name.familyName ne "Odd" and USERNAME eq "reader02""#);
        let list = world.get(&format!("/Users?filter={filter}")).await.expect(200);
        assert_eq!((names(&list), &list["totalResults"]), (vec!["reader02"], &json!(1)), "{vendor}");
        let sent = world.wire();
        let part = query(r#"filter=userName eq "reader02""#);
        assert!(sent.len() == 1 && sent[0].path.contains(&part), "{vendor}: {sent:?}");
        assert!(!sent[0].path.contains("familyName"), "{vendor}: {}", sent[0].path);
        let filter = query(r#"name.familyName eq "Odd" and userName eq "reader02""#);
        let list = world.get(&format!("/Users?filter={filter}")).await.expect(200);
        assert_eq!(list["totalResults"], 0, "{vendor}: the rest is evaluated here");
    }
}

/// rfc-traps 105 and 334: what is not computed is refused, whole.
#[tokio::test]
async fn trap_252_beyond_the_bound_is_too_many() {
    let world = World::with("veeva", "upstream.scan_limit = 10").await;
    seed(&world, 30);
    let detail =
        world.get(&format!("/Users?filter={}", query(r#"userName sw "reader""#))).await.refused(400, "tooMany");
    assert!(detail.contains("10") && detail.contains("userName"), "{detail}");
    let list = world.get(&format!("/Users?filter={}", query(r#"userName eq "reader07""#))).await.expect(200);
    assert_eq!(list["totalResults"], 1, "what the vendor evaluates needs no reading");
    assert_eq!(world.get("/Users?startIndex=20&count=2").await.expect(200)["itemsPerPage"], 2);
}

#[tokio::test]
async fn lists_that_may_be_cut_are_refused_by_the_vendors_cap() {
    for (vendor, count, cap) in [("huawei", 60, "50"), ("pingone", 210, "200")] {
        let world = World::start(vendor).await;
        seed(&world, count);
        let filter = query(r#"name.familyName eq "Even" and active eq true"#);
        if vendor == "huawei" {
            let refused = world.get(&format!("/Users?filter={filter}")).await.refused(400, "tooMany");
            assert!(refused.contains(cap), "{vendor}: {refused}");
        }
        for query in ["sortBy=userName", "cursor=", "cursor=&count=5"] {
            let refused = world.get(&format!("/Users?{query}")).await.refused(400, "tooMany");
            assert!(refused.contains(cap), "{vendor} {query}: {refused}");
        }
        let one = format!("/Users?filter={}", query(r#"userName eq "reader07""#));
        assert_eq!(world.get(&one).await.expect(200)["totalResults"], 1, "{vendor}");
    }
}

#[tokio::test]
async fn a_vendor_that_ignores_paging_is_read_once_and_cut_here() {
    let world = World::start("rsa").await;
    world.sandbox().set("paging", json!("ignore")).expect("a switch");
    seed(&world, 20);
    let all = world.get("/Users?count=200").await.expect(200);
    let list = world.get("/Users?startIndex=5&count=3").await.expect(200);
    assert_eq!((&list["totalResults"], names(&list)), (&all["totalResults"], names(&all)[4..7].to_vec()));
}

#[tokio::test]
async fn what_the_vendor_cannot_hold_or_never_shows_is_refused() {
    for (vendor, path, scim_type) in [
        ("veeva", format!("/Users?filter={}", query(r#"userName eq "a" and title eq "b""#)), "invalidFilter"),
        ("veeva", "/Users?sortBy=title".to_owned(), "invalidPath"),
        ("huawei", format!("/Groups?filter={}", query(r#"members[value eq "1"]"#)), "invalidFilter"),
        ("scim", format!("/Users?filter={}", query(r#"password sw "a""#)), "invalidFilter"),
        ("scim", "/Users?sortBy=password".to_owned(), "invalidPath"),
        ("scim", "/Users?sortBy=name".to_owned(), "invalidPath"),
        ("scim", "/Users?cursor=&startIndex=1".to_owned(), "invalidValue"),
        ("scim", "/Users?cursor=forged".to_owned(), "invalidCursor"),
    ] {
        let world = World::start(vendor).await;
        world.get(&path).await.refused(400, scim_type);
        assert!(world.wire().is_empty(), "{vendor} {path}: nothing reaches the vendor");
    }
}

#[tokio::test]
async fn traps_249_to_251_search_of_one_type_and_of_all() {
    let world = World::start("scim").await;
    seed(&world, 4);
    world.sandbox().seed("/Groups", json!({"displayName": "reader01"}));
    let body = json!({"schemas": [SEARCH], "filter": "userName sw \"reader\"", "attributes": ["userName"],
        "sortBy": "userName", "startIndex": 2, "count": 2});
    let list = world.send("POST", "/Users/.search", body.clone()).await.expect(200);
    assert_eq!((names(&list), &list["totalResults"]), (vec!["reader01", "reader02"], &json!(4)));
    let kept: Vec<&String> = list["Resources"][0].as_object().expect("a user").keys().collect();
    assert!(!kept.contains(&&"emails".to_owned()), "{kept:?}");
    let unknown = json!({"schemas": ["urn:x"], "filter": "userName eq \"reader03\""});
    assert_eq!(world.send("POST", "/Users/.search", unknown).await.expect(200)["totalResults"], 1);
    world.send("POST", "/Users/.search", json!({"filter": "userName xx \"a\""})).await.refused(400, "invalidFilter");
    world.send("POST", "/Users/.search", json!({"filter": 5, "count": true})).await.refused(400, "invalidValue");
    world.send("GET", "/Users/.search", Value::Null).await.refused(405, "");

    let body = json!({"schemas": [SEARCH], "filter": "displayName eq \"reader01\"", "sortBy": "userName"});
    let list = world.send("POST", "/.search", body).await.expect(200);
    let kinds: Vec<&Value> =
        list["Resources"].as_array().expect("Resources").iter().map(|one| &one["meta"]["resourceType"]).collect();
    assert_eq!((kinds, &list["totalResults"]), (vec![&json!("User"), &json!("Group")], &json!(2)));
    let path = format!("/?filter={}", query(r#"meta.resourceType eq "Group" and displayName pr"#));
    world.wire();
    let list = world.get(&path).await.expect(200);
    assert_eq!(list["totalResults"], 1);
    let location = list["Resources"][0]["meta"]["location"].as_str().expect("a location");
    assert!(location.starts_with(&format!("{PUBLIC}/t/scim/v2/Groups/")), "{location}");
    assert!(world.calls().iter().all(|call| call.starts_with("GET /Groups")), "users cannot match");
}

/// All pages by cursor; each page's size.
async fn walk(world: &World, path: &str) -> (Vec<String>, Vec<usize>) {
    let (mut all, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let list = world.get(&format!("{path}&cursor={cursor}")).await.expect(200);
        assert!(list.get("startIndex").is_none(), "{list}");
        all.extend(names(&list).into_iter().map(str::to_owned));
        sizes.push(names(&list).len());
        match list["nextCursor"].as_str() {
            Some(next) => {
                assert!(next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), "{next}");
                assert_ne!(next, cursor);
                next.clone_into(&mut cursor);
            }
            None => return (all, sizes),
        }
    }
}

#[tokio::test]
async fn traps_312_to_321_cursors_at_the_front_door() {
    for cursors in ["off", "on", "only"] {
        let world = World::start("scim").await;
        world.sandbox().set("cursors", json!(cursors)).expect("a switch");
        seed(&world, 9);
        let filter = query(r#"userName sw "reader""#);
        let (all, sizes) = walk(&world, &format!("/Users?filter={filter}&count=4")).await;
        let expected: Vec<String> = (0..9).map(|number| format!("reader{number:02}")).collect();
        assert_eq!((all, sizes), (expected, vec![4, 4, 1]), "{cursors}");
        let list = world.get(&format!("/Users?filter={filter}&startIndex=6&count=3")).await.expect(200);
        assert_eq!(names(&list), ["reader05", "reader06", "reader07"], "{cursors}: an index all the same");

        let page = world.get(&format!("/Users?filter={filter}&count=4&cursor")).await.expect(200);
        let next = page["nextCursor"].as_str().expect("there is more").to_owned();
        let other = query(r#"userName sw "r""#);
        world.get(&format!("/Users?filter={other}&count=4&cursor={next}")).await.refused(400, "invalidCursor");
        world.get(&format!("/Groups?count=4&cursor={next}")).await.refused(400, "invalidCursor");
        world.get(&format!("/Users?filter={filter}&count=5&cursor={next}")).await.refused(400, "invalidCount");
        let body = json!({"filter": "userName sw \"reader\"", "count": 4, "cursor": next});
        let list = world.send("POST", "/Users/.search", body).await.expect(200);
        assert_eq!(names(&list)[0], "reader04", "{cursors}: the same query by POST");
    }
}

/// A vendor that pages and counts: what lies behind the page asked for is not read, of whatever type it is.
#[tokio::test]
async fn trap_251_a_page_over_all_types_needs_no_more_than_it_holds() {
    let world = World::with("scim", "upstream.scan_limit = 10").await;
    let all = world.get("/Users?count=0").await.expect(200)["totalResults"].as_u64().expect("a number");
    let groups = world.get("/Groups?count=0").await.expect(200)["totalResults"].as_u64().expect("a number");
    seed(&world, 30);
    let list = world.get("/?count=3").await.expect(200);
    assert_eq!((list["totalResults"].as_u64(), &list["itemsPerPage"]), (Some(all + groups + 30), &json!(3)));
    let list = world.get("/?count=2&startIndex=9").await.expect(200);
    assert_eq!((list["totalResults"].as_u64(), &list["itemsPerPage"]), (Some(all + groups + 30), &json!(2)));
    for query in ["count=2&startIndex=10", "count=3&sortBy=id", "count=3&cursor="] {
        world.get(&format!("/?{query}")).await.refused(400, "tooMany");
    }
}

/// What would be more than `scan_limit` at once is a walk by cursor.
#[tokio::test]
async fn trap_313_a_walk_goes_beyond_the_bound() {
    let world = World::with("veeva", "upstream.scan_limit = 10").await;
    seed(&world, 30);
    let filter = query(r#"name.familyName eq "Odd""#);
    world.get(&format!("/Users?filter={filter}")).await.refused(400, "tooMany");
    let (all, sizes) = walk(&world, &format!("/Users?filter={filter}&count=100")).await;
    assert_eq!(all.len(), 15);
    assert!(sizes.len() > 1, "{sizes:?}");
}

#[tokio::test]
async fn a_list_that_breaks_on_a_later_page_is_an_error_and_no_half_answer() {
    let world = World::start("veeva").await;
    seed(&world, 250);
    let path = format!("/Users?filter={}", query(r#"userName sw "reader""#));
    assert_eq!(world.get(&path).await.expect(200)["totalResults"], 250);
    let pages = world.wire();
    assert!(pages.len() == 2 && pages[1].path.contains("startIndex=201"), "{pages:?}");
    for (kind, status) in [(FaultKind::HalfBody, 502), (FaultKind::NotJson, 502)] {
        let path_contains = Some("startIndex=201".to_owned());
        world.sandbox().fault(Fault { method: None, path_contains, times: 10, kind });
        world.get(&path).await.refused(status, "");
        world.sandbox().clear();
    }
}

#[tokio::test]
async fn a_plain_provider_that_lacks_filters_or_sorting_is_filtered_and_sorted_here() {
    let known = query(r#"userName eq "reader03""#);
    for (switch, value, setting) in [
        ("filter", json!("refuse"), ""),
        ("filter", json!("ignore"), ""),
        ("sort", json!(false), ""),
        ("filter", json!("refuse"), "filter = \"emulate\""),
        ("sort", json!(false), "sort = \"emulate\""),
    ] {
        let world = World::with("scim", setting).await;
        world.sandbox().set(switch, value.clone()).expect("a switch");
        seed(&world, 5);
        let list = world.get(&format!("/Users?filter={known}")).await.expect(200);
        assert_eq!((names(&list), &list["totalResults"]), (vec!["reader03"], &json!(1)), "{switch} {value}");
        let nobody = query(r#"userName eq "nobody""#);
        let list = world.get(&format!("/Users?filter={nobody}")).await.expect(200);
        assert_eq!((names(&list), &list["totalResults"]), (vec![], &json!(0)), "{switch} {value}");
        let readers = query(r#"userName eq "reader01" or userName eq "reader04""#);
        if value != "ignore" {
            let path = format!("/Users?filter={readers}&sortBy=userName&sortOrder=descending&count=1&startIndex=2");
            let list = world.get(&path).await.expect(200);
            assert_eq!((names(&list), &list["totalResults"]), (vec!["reader01"], &json!(2)), "{switch} {value}");
        }
        let refused = world.wire().iter().filter(|call| call.status == 501).count();
        assert_eq!(refused == 0, !setting.is_empty() || value == "ignore", "{switch} {value}: {setting}");
    }
}
