//! The documents that describe a route: what they say, who may read them, and that a strict reader accepts them.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::independent::{printed, python};
use crate::world::{Answer, Gateway, PUBLIC, TOKEN, World, json as parse, sandbox};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const VAULT: &str = "urn:ietf:params:scim:schemas:extension:veevavault:2.0:User";

const DOCUMENTS: [&str; 5] = [
    "/ServiceProviderConfig",
    "/ResourceTypes",
    "/ResourceTypes/User",
    "/Schemas",
    "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
];

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let elements = list.as_array().expect("a list");
    elements.iter().find(|element| element["name"] == name).unwrap_or_else(|| panic!("no {name} in {list}"))
}

fn ids(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().expect("Resources").iter().map(|one| one["id"].as_str().expect("an id")).collect()
}

/// scim2-client raises on a wrong status, content type, unknown member or a schema that describes no model.
#[tokio::test]
async fn traps_300_to_309_a_strict_reader_accepts_the_documents_of_every_route() {
    let world = World::all().await;
    let mut reader = python("read_discovery.py");
    reader.arg(world.gateway().socket()).arg(TOKEN).args(scimux_sandbox::vendors());
    let told: Vec<Value> = printed(reader).await.lines().map(parse).collect();
    assert_eq!(told.len(), scimux_sandbox::vendors().len());
    for route in &told {
        assert_eq!((&route["patch"], &route["types"]["User"]), (&json!(true), &json!("/Users")), "{route}");
        let has_groups = matches!(route["route"].as_str(), Some("huawei" | "scim"));
        assert_eq!(route["types"].get("Group").is_some(), has_groups, "{route}");
    }
}

#[tokio::test]
async fn traps_300_to_309_the_documents_tell_what_is_true_of_the_route() {
    let world = World::start("veeva").await;
    let config = world.get("/ServiceProviderConfig").await.expect(200);
    assert_eq!(config, world.get("/ServiceProviderConfigs").await.expect(200));
    for (feature, works) in [("patch", true), ("bulk", true), ("filter", true), ("changePassword", false)] {
        assert_eq!(config[feature]["supported"], works, "{feature}");
    }
    let bounds = (&config["bulk"]["maxOperations"], &config["bulk"]["maxPayloadSize"]);
    assert_eq!(bounds, (&json!(1000), &json!(1_048_576)));
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
    assert_eq!(config["meta"]["location"], format!("{PUBLIC}/t/scim/v2/ServiceProviderConfig"));

    let types = world.get("/ResourceTypes").await.expect(200);
    let all = ["User", "SecurityProfile", "SecurityPolicy", "LicenseType"];
    assert_eq!((&types["totalResults"], ids(&types)), (&json!(4), all.to_vec()));
    let user = world.get("/ResourceTypes/User").await.expect(200);
    assert_eq!(user, types["Resources"][0]);
    let required = |urn: &str| {
        let extensions = user["schemaExtensions"].as_array().expect("extensions").iter();
        extensions.filter(|known| known["schema"] == urn).map(|known| known["required"].clone()).collect::<Vec<_>>()
    };
    // The sandbox's configuration has a default for all that Vault's extension demands.
    assert_eq!((required(VAULT), required(ENTERPRISE)), (vec![json!(false)], vec![json!(false)]));

    let schemas = world.get("/Schemas").await.expect(200);
    assert_eq!(ids(&schemas)[..3], [USER, ENTERPRISE, VAULT]);
    let schema = world.get(&format!("/Schemas/{USER}")).await.expect(200);
    assert_eq!(schema, schemas["Resources"][0]);
    let attributes = &schema["attributes"];
    assert_eq!(named(attributes, "displayName")["mutability"], "readOnly");
    assert_eq!(
        (&named(attributes, "name")["required"], &named(attributes, "timezone")["required"]),
        (&json!(true), &json!(false))
    );
    let emails = named(attributes, "emails");
    assert_eq!(
        (&emails["multiValued"], &named(&emails["subAttributes"], "type")["canonicalValues"]),
        (&json!(true), &json!(["work"]))
    );
    assert!(attributes.as_array().expect("a list").iter().all(|attribute| attribute["name"] != "nickName"));
    assert!(world.wire().is_empty(), "the vendor is not asked");
}

#[tokio::test]
async fn traps_303_304_310_what_is_refused() {
    let world = World::start("huawei").await;
    for path in DOCUMENTS {
        world.get(&format!("{path}?filter=id%20pr")).await.refused(403, "");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = world.send(method, path, json!({"schemas": []})).await;
            answer.refused(405, "");
            assert_eq!(answer.header("allow"), "GET, HEAD", "{method} {path}");
        }
        let head = world.send("HEAD", path, Value::Null).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-type"), "application/scim+json");
    }
    for path in ["/Schemas/urn:nobody:1.0:User", "/ResourceTypes/Device", "/Schemas/a/b", "/ServiceProviderConfig/x"] {
        world.get(path).await.refused(404, "");
    }
    let whole = world.get("/Schemas").await.expect(200);
    assert_eq!(world.get("/Schemas?count=1&startIndex=2&sortBy=id").await.expect(200), whole, "they do not page");
    assert_eq!(ids(&whole), [USER, ENTERPRISE, GROUP]);
    let schema = world.get(&format!("/Schemas/{USER}")).await.expect(200);
    for path in [USER.to_uppercase(), USER.replace(':', "%3A")] {
        assert_eq!(world.get(&format!("/Schemas/{path}")).await.expect(200), schema, "{path}");
    }
    assert!(world.wire().is_empty(), "the vendor is not asked");
}

async fn without_token(gateway: &Gateway, method: &str, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).body(Full::new(Bytes::new())).expect("a request");
    gateway.request(request).await
}

#[tokio::test]
async fn trap_302_a_route_may_be_described_to_everybody() {
    let sandbox = sandbox("rsa").await;
    let toml = format!(
        "[targets.t]\n{}\n[routes.t]\npublic_discovery = true\n[routes.closed]\ntarget = \"t\"\n",
        sandbox.target_toml()
    );
    let gateway = Gateway::start(&toml).await;
    for document in DOCUMENTS {
        without_token(&gateway, "GET", &format!("/t/scim/v2{document}")).await.expect(200);
        without_token(&gateway, "GET", &format!("/closed/scim/v2{document}")).await.refused(401, "");
        without_token(&gateway, "POST", &format!("/t/scim/v2{document}")).await.refused(405, "");
    }
    without_token(&gateway, "GET", "/t/scim/v2/Users").await.refused(401, "");
}

#[tokio::test]
async fn documents_go_through_the_mapping() {
    let lines = format!(
        "urns = {{ \"urn:acme:2.0:User\" = \"{VAULT}\" }}\nattributes = {{ userType = \"{VAULT}:licenseType.value\" }}"
    );
    let world = World::with("veeva", &lines).await;
    let schemas = world.get("/Schemas").await.expect(200);
    assert_eq!(ids(&schemas)[..3], [USER, ENTERPRISE, "urn:acme:2.0:User"]);
    named(&schemas["Resources"][0]["attributes"], "userType");
    assert!(!schemas.to_string().contains(VAULT), "{schemas}");
    let licence = named(&schemas["Resources"][2]["attributes"], "licenseType");
    assert_eq!(licence["subAttributes"].as_array().expect("what is left of it").len(), 1, "without value: {licence}");
    world.get(&format!("/Schemas/{VAULT}")).await.refused(404, "");
    world.get("/Schemas/urn:acme:2.0:User").await.expect(200);
}
