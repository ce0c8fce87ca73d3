use super::*;

#[test]
fn each_vendor_has_put_and_patch_and_a_refusal() {
    let all = scenes();
    assert!(all.len() >= 10);
    for vendor in ["veeva", "pingone", "huawei", "rsa"] {
        let own: Vec<&Scene> = all.iter().filter(|s| s.vendor == vendor).collect();
        assert!(own.iter().any(|s| s.method == "PUT"), "{vendor}");
        assert!(own.iter().any(|s| s.method == "PATCH"), "{vendor}");
        assert!(own.iter().any(|s| s.expect_status >= 400), "{vendor}");
    }
}

#[tokio::test]
async fn the_people_of_the_scenes_are_there() {
    for vendor in crate::vendors() {
        let sandbox = Sandbox::start(vendor, ([127, 0, 0, 1], 0).into()).await.expect("a free port");
        seed(&sandbox).await;
        let held = sandbox.resources("/Users");
        assert!(!held.is_empty(), "{vendor}");
        for id in scenes().iter().filter(|s| s.vendor == *vendor).filter_map(|s| s.resource_id) {
            assert!(held.iter().any(|user| user["id"] == id), "{vendor} {id}");
        }
    }
}
